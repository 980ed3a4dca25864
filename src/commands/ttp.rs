//! `hda ttp`: the trusted third party, a process of its own.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use pipeline_domain::{DomainId, HolderId};
use pipeline_exchange::{Location, PartyRole, Store};
use pipeline_ttp::{Answered, Domain, Ledger, Ttp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{clock, config::SOFTWARE, outcome::Outcome, party};

/// The keys, inside the folder of the TTP.
const KEYS: &str = "keys";
/// Where its inbox and the HDA's are.
const SETTINGS: &str = "ttp.json";
/// How long it waits between two looks into its inbox.
const PAUSE: Duration = Duration::from_millis(500);

/// Options of `hda ttp`.
#[derive(Debug, Args)]
pub(crate) struct TtpArgs {
    #[command(subcommand)]
    command: TtpCommand,
}

#[derive(Debug, Subcommand)]
enum TtpCommand {
    /// Make the keys and the folder of a TTP.
    #[command(
        after_help = "Example:\n  hda ttp init --dir ttp --inbox s3://ttp-inbox --hda s3://hda-inbox"
    )]
    Init(InitArgs),
    /// Open a domain: make its key and say who may send batches.
    #[command(
        after_help = "Example:\n  hda ttp domain --dir ttp --domain 00112233-4455-6677-8899-aabbccddeeff --holder hospital --holder vault"
    )]
    Domain {
        /// The folder of the TTP.
        #[arg(long)]
        dir: PathBuf,
        /// The domain.
        #[arg(long)]
        domain: DomainId,
        /// The version of its key.
        #[arg(long, default_value_t = 1)]
        version: u32,
        /// A party that may send batches.
        #[arg(long = "holder", required = true)]
        holders: Vec<HolderId>,
    },
    /// Answer the batches in the inbox.
    #[command(after_help = "Example:\n  hda ttp run --dir ttp --watch")]
    Run {
        /// The folder of the TTP.
        #[arg(long)]
        dir: PathBuf,
        /// Go on until stopped (Ctrl-C or SIGTERM).
        #[arg(long)]
        watch: bool,
        /// Stop, too, when standard input ends: with the process that started this one.
        #[arg(long, requires = "watch")]
        until_input_ends: bool,
    },
    /// Check the ledger and print it.
    #[command(after_help = "Example:\n  hda ttp audit --dir ttp --json")]
    Audit {
        /// The folder of the TTP.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// Options of `hda ttp init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder of the TTP.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Its name.
    #[arg(long, default_value = "ttp")]
    pub(crate) name: HolderId,
    /// Where holders put their id rows.
    #[arg(long)]
    pub(crate) inbox: String,
    /// The inbox of the HDA, where link rows go.
    #[arg(long)]
    pub(crate) hda: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: HolderId,
    inbox: String,
    hda: String,
}

pub(crate) fn run(args: TtpArgs) -> anyhow::Result<Outcome> {
    match args.command {
        TtpCommand::Init(args) => init(&args),
        TtpCommand::Domain { dir, domain, version, holders } => {
            open_domain(&dir, domain, version, holders)
        }
        TtpCommand::Run { dir, watch, until_input_ends } => answer(&dir, watch, until_input_ends),
        TtpCommand::Audit { dir } => audit(&dir),
    }
}

/// Makes the folder of a TTP; one that is there already is completed.
pub(crate) fn init(args: &InitArgs) -> anyhow::Result<Outcome> {
    // Both places are read before anything is written.
    let _: (Location, Location) = (args.inbox.parse()?, args.hda.parse()?);
    let (_, card) = party::open_or_create(&args.dir.join(KEYS), &args.name, PartyRole::Ttp)?;
    let settings =
        Settings { name: args.name.clone(), inbox: args.inbox.clone(), hda: args.hda.clone() };
    party::write_json(&args.dir.join(SETTINGS), &settings)?;
    let text = format!("made the TTP {} in {}", args.name, args.dir.display());
    Ok(Outcome::new(serde_json::to_value(card)?, text))
}

/// Opens a domain at a TTP.
pub(crate) fn open_domain(
    dir: &Path,
    domain: DomainId,
    version: u32,
    holders: Vec<HolderId>,
) -> anyhow::Result<Outcome> {
    let names: Vec<&str> = holders.iter().map(HolderId::as_str).collect();
    let text = format!("serves the domain {domain} for {}", names.join(", "));
    let answer = json!({ "domain": domain, "version": version, "holders": holders });
    let opened = Domain { domain, key_version: version, holders };
    with_ttp(dir, |ttp| Ok(ttp.open_domain(&opened, clock::now())?))?;
    Ok(Outcome::new(answer, text))
}

/// Answers the batches in the inbox of a TTP.
pub(crate) fn answer(dir: &Path, watch: bool, until_input_ends: bool) -> anyhow::Result<Outcome> {
    let total = with_ttp(dir, |ttp| {
        let _alone = work_alone(dir)?;
        let stop = stop_signal();
        if until_input_ends {
            stop_when_input_ends(&stop);
        }
        let mut total = Answered::default();
        loop {
            let pass = ttp.pass(clock::now())?;
            total.answered += pass.answered;
            total.rows += pass.rows;
            total.refused += pass.refused;
            if !watch || stop.load(Ordering::Relaxed) {
                return Ok(total);
            }
            thread::sleep(PAUSE);
        }
    })?;
    let text = format!(
        "answered {} batches ({} rows), refused {}",
        total.answered, total.rows, total.refused
    );
    let complete = total.refused == 0;
    Ok(Outcome { complete, ..Outcome::new(serde_json::to_value(&total)?, text) })
}

/// Two processes in one folder would write two ledgers: the second waits for the first.
fn work_alone(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("ttp.lock");
    let lock = File::create(&path).with_context(|| format!("opening {}", path.display()))?;
    lock.lock().with_context(|| format!("waiting for {}", path.display()))?;
    Ok(lock)
}

fn stop_when_input_ends(stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    thread::spawn(move || {
        // Whatever comes in means nothing; that it ends does.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        stop.store(true, Ordering::Relaxed);
    });
}

fn audit(dir: &Path) -> anyhow::Result<Outcome> {
    let folder = Store::open_existing(&folder(dir)?)?;
    let ledger = Ledger::open(&folder).context("checking the ledger")?;
    let lines: Vec<String> =
        ledger.entries().iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let text = format!("{}\nthe chain of {} entries is whole", lines.join("\n"), lines.len());
    Ok(Outcome::new(serde_json::to_value(ledger.entries())?, text))
}

fn with_ttp<T>(dir: &Path, act: impl FnOnce(&Ttp<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let settings: Settings = party::read_json(&dir.join(SETTINGS)).with_context(|| {
        format!("{} is no folder of a TTP; make one with `hda ttp init`", dir.display())
    })?;
    let keys = party::open(&dir.join(KEYS))?;
    let register = party::register(&dir.join(KEYS))?;
    let (folder, inbox, hda) = (
        Store::open(&folder(dir)?)?,
        Store::open(&settings.inbox.parse()?)?,
        Store::open(&settings.hda.parse()?)?,
    );
    act(&Ttp {
        name: &settings.name,
        keys: &keys,
        folder: &folder,
        inbox: &inbox,
        hda: &hda,
        register: &register,
        software: SOFTWARE,
    })
}

fn folder(dir: &Path) -> anyhow::Result<Location> {
    Ok(dir.to_string_lossy().parse()?)
}

/// Set when the process is asked to stop; the pass under way is finished first.
pub(crate) fn stop_signal() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    tokio::spawn(async move {
        wait_for_stop().await;
        told.store(true, Ordering::Relaxed);
    });
    stop
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn wait_for_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
