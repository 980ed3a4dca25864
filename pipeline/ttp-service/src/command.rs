//! The acts of the third party and their options.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use pipeline_domain::{ApprovalId, DomainId, HolderId};
use pipeline_exchange::{Location, PartyRole, Release, Store};
use pipeline_party::{
    clock,
    confirm::Confirmation,
    folder,
    outcome::Outcome,
    process::{pause, stop_signal, stop_when_input_ends},
};
use pipeline_ttp::{Answered, Domain, Ledger};
use serde_json::json;
use tracing::info;

use crate::{
    LogFormat, Program,
    backoff::Backoff,
    listen::{listen, loopback},
    place::{KEYS, Place, Settings, location},
    status::Shared,
    watch::Worker,
};

/// The longest a worker waits between two looks, in seconds.
const LONGEST_WAIT: u64 = 60;

/// What the third party does.
#[derive(Debug, Subcommand)]
pub enum TtpCommand {
    /// Make the keys and the folder of a TTP.
    #[command(
        after_help = "Example:\n  hda ttp init --dir ttp --inbox s3://ttp-inbox --hda s3://hda-inbox"
    )]
    Init(InitArgs),
    /// Open a domain: make its key and say who may send batches.
    #[command(
        after_help = "Example:\n  hda ttp domain --dir ttp --domain 00112233-4455-6677-8899-aabbccddeeff --holder hospital --holder vault"
    )]
    Domain(DomainArgs),
    /// Answer the batches in the inbox.
    #[command(
        after_help = "Example:\n  hda ttp run --dir ttp --watch --listen 127.0.0.1:9464 --log-format json\n\nSeveral workers may run in one folder: they take turns, and one goes on where another ended."
    )]
    Run(RunArgs),
    /// Make the next key of a domain; pseudonyms made so far stay linkable through the HDA's re-keying.
    #[command(
        alias = "rotate",
        after_help = "Example:\n  hda ttp rekey --dir ttp --domain 00112233-4455-6677-8899-aabbccddeeff\n\nWhoever arrives from now on gets pseudonyms under the new key. The HDA then runs `hda rekey`, and its\ntables follow; until then batches answered under the new key wait there. No identifier is needed."
    )]
    Rekey {
        /// The folder of the TTP.
        #[arg(long)]
        dir: PathBuf,
        /// The domain.
        #[arg(long)]
        domain: DomainId,
        /// Whether it was answered for.
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Bind a domain to the opt-outs that have come by now, for an approval.
    #[command(
        alias = "freeze",
        after_help = "Example:\n  hda ttp optout --dir ttp --domain 00112233-4455-6677-8899-aabbccddeeff --approval permit-2026-17\n\nOpt-outs that come later are kept, and hold in the domains that are not bound."
    )]
    Optout {
        /// The folder of the TTP.
        #[arg(long)]
        dir: PathBuf,
        /// The domain.
        #[arg(long)]
        domain: DomainId,
        /// The decision that binds it.
        #[arg(long)]
        approval: ApprovalId,
    },
    /// Check the ledger and print it.
    #[command(after_help = "Example:\n  hda ttp audit --dir ttp --json")]
    Audit {
        /// The folder of the TTP.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder of the TTP.
    #[arg(long)]
    pub dir: PathBuf,
    /// Its name.
    #[arg(long, default_value = "ttp")]
    pub name: HolderId,
    /// Where holders put their id rows.
    #[arg(long)]
    pub inbox: String,
    /// The inbox of the HDA, where link rows go.
    #[arg(long)]
    pub hda: String,
}

/// Options of `domain`.
#[derive(Debug, Args)]
pub struct DomainArgs {
    /// The folder of the TTP.
    #[arg(long)]
    pub dir: PathBuf,
    /// The domain.
    #[arg(long)]
    pub domain: DomainId,
    /// The version of its key.
    #[arg(long, default_value_t = 1)]
    pub version: u32,
    /// A party that may send batches.
    #[arg(long = "holder", required_unless_present = "source")]
    pub holders: Vec<HolderId>,
    /// Lay its pseudonyms over those of this domain, as for a permit: nobody extracts for it, the HDA
    /// re-keys.
    #[arg(long, value_name = "DOMAIN", conflicts_with = "holders")]
    pub source: Option<DomainId>,
    /// How many id rows each of them may send in all, padding included.
    #[arg(long, value_name = "ROWS")]
    pub quota: Option<u64>,
    /// How rows come to the HDA. Where nothing is said they must be sealed as soon as a list of
    /// opt-outs or of a cohort is there.
    #[arg(long, value_enum)]
    pub release: Option<ReleaseArg>,
}

/// How payload rows come to the HDA.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ReleaseArg {
    /// Always sealed under a key a person.
    Sealed,
    /// As they are allowed to be, even where people are left out.
    Bulk,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The folder of the TTP.
    #[arg(long)]
    pub dir: PathBuf,
    /// Go on until stopped (Ctrl-C or SIGTERM).
    #[arg(long)]
    pub watch: bool,
    /// Stop, too, when standard input ends: with the process that started this one, which waits for
    /// the answers, so look at least once a second.
    #[arg(long, requires = "watch")]
    pub until_input_ends: bool,
    /// Answer `GET /healthz` and `GET /metrics` (Prometheus) here, on a loopback address.
    #[arg(long, requires = "watch", value_name = "ADDRESS", value_parser = loopback)]
    pub listen: Option<SocketAddr>,
    /// The longest wait between two looks, in seconds (60 where not given).
    #[arg(long, requires = "watch", value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=LONGEST_WAIT))]
    pub longest_wait: Option<u64>,
    /// How logs are written on standard error; as JSON they hold ids and counts only.
    #[arg(long, value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl TtpCommand {
    /// How the act wants its logs.
    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        match self {
            Self::Run(args) => args.log_format,
            _ => LogFormat::default(),
        }
    }
}

/// Does what was asked for. Needs a tokio runtime to be entered.
pub fn run(command: TtpCommand, program: Program) -> anyhow::Result<Outcome> {
    match command {
        TtpCommand::Init(args) => init(&args),
        TtpCommand::Domain(args) => open_domain(args, program),
        TtpCommand::Run(args) => run_worker(&args, program),
        TtpCommand::Rekey { dir, domain, confirmation } => {
            rekey(&dir, domain, confirmation, program)
        }
        TtpCommand::Optout { dir, domain, approval } => freeze(&dir, domain, &approval, program),
        TtpCommand::Audit { dir } => audit(&dir),
    }
}

/// Makes the folder of a TTP; one that is there already is completed.
pub fn init(args: &InitArgs) -> anyhow::Result<Outcome> {
    // Both places are read before anything is written.
    let _: (Location, Location) = (args.inbox.parse()?, args.hda.parse()?);
    let (_, card) = folder::open_or_create(&args.dir.join(KEYS), &args.name, PartyRole::Ttp)?;
    let settings =
        Settings { name: args.name.clone(), inbox: args.inbox.clone(), hda: args.hda.clone() };
    settings.keep(&args.dir)?;
    let text = format!("made the TTP {} in {}", args.name, args.dir.display());
    Ok(Outcome::new(serde_json::to_value(card)?, text))
}

/// Opens a domain at a TTP.
pub fn open_domain(args: DomainArgs, program: Program) -> anyhow::Result<Outcome> {
    let opened = Domain {
        domain: args.domain,
        key_version: args.version,
        holders: args.holders,
        quota: args.quota,
        first_version: None,
        source: args.source,
        release: args.release.map(|release| match release {
            ReleaseArg::Sealed => Release::Sealed,
            ReleaseArg::Bulk => Release::Bulk,
        }),
    };
    let place = Place::open(&args.dir, program)?;
    let opened = place.act(|ttp| Ok(ttp.open_domain(&opened, clock::now())?))?;
    let names: Vec<&str> = opened.holders.iter().map(HolderId::as_str).collect();
    let text = match opened.source {
        Some(source) => format!("serves the domain {}, laid over {source}", opened.domain),
        None => format!("serves the domain {} for {}", opened.domain, names.join(", ")),
    };
    let mut answer = json!({
        "domain": opened.domain, "version": opened.key_version, "holders": opened.holders,
    });
    if let Some(source) = opened.source {
        answer["source"] = json!(source);
    }
    if let Some(quota) = opened.quota {
        answer["quota"] = quota.into();
    }
    Ok(Outcome::new(answer, text))
}

fn rekey(
    dir: &Path,
    domain: DomainId,
    confirmation: Confirmation,
    program: Program,
) -> anyhow::Result<Outcome> {
    let place = Place::open(dir, program)?;
    confirmation.ask(&format!("makes the next key of the domain {domain}"))?;
    let version = place.act(|ttp| Ok(ttp.rotate_key(domain, clock::now())?))?;
    let text = format!(
        "the domain {domain} has version {version} of its key; the HDA now runs `hda rekey`"
    );
    Ok(Outcome::new(json!({ "domain": domain, "version": version }), text))
}

fn freeze(
    dir: &Path,
    domain: DomainId,
    approval: &ApprovalId,
    program: Program,
) -> anyhow::Result<Outcome> {
    let place = Place::open(dir, program)?;
    let frozen = place.act(|ttp| Ok(ttp.freeze_opt_outs(domain, approval, clock::now())?))?;
    let text = format!(
        "the domain {domain} is bound to {} batches of opt-outs, digest {}",
        frozen.batches.len(),
        frozen.digest
    );
    Ok(Outcome::new(serde_json::to_value(frozen)?, text))
}

/// Answers the batches in the inbox of a TTP: once, or until it is stopped.
pub fn run_worker(args: &RunArgs, program: Program) -> anyhow::Result<Outcome> {
    let place = Place::open(&args.dir, program)?;
    let total = if args.watch {
        watch(args, &place)?
    } else {
        place.act(|ttp| Ok(ttp.pass(clock::now())?))?
    };
    let text = format!(
        "answered {} batches ({} rows), refused {}",
        total.answered, total.rows, total.refused
    );
    // A worker that was stopped did what it was to do, whatever it refused in its days.
    let complete = args.watch || total.refused == 0;
    Ok(Outcome { complete, ..Outcome::new(serde_json::to_value(&total)?, text) })
}

fn watch(args: &RunArgs, place: &Place) -> anyhow::Result<Answered> {
    let (stop, status) = (stop_signal(), Shared::default());
    if args.until_input_ends {
        stop_when_input_ends(&stop);
    }
    if let Some(address) = args.listen {
        let address = listen(address, status.clone())?;
        let port = address.port();
        info!(port, "answers /healthz and /metrics on port {port}");
    }
    let usual = if args.until_input_ends { 1 } else { LONGEST_WAIT };
    let longest = Duration::from_secs(args.longest_wait.unwrap_or(usual));
    Worker {
        look: &mut || place.look(),
        wait: &mut |wait| pause(wait, &stop),
        is_stopped: &|| stop.load(Ordering::Relaxed),
        now: &clock::now,
    }
    .work(Backoff::up_to(longest), &status);
    info!("stopped, as it was asked to");
    let total = status.lock().total.clone();
    Ok(total)
}

/// Against the key on the card: whoever audits need not open a key.
fn audit(dir: &Path) -> anyhow::Result<Outcome> {
    let store = Store::open_existing(&location(dir)?)?;
    let card = folder::card(&dir.join(KEYS))?;
    let ledger = Ledger::open(&store, &card.signing_key).context("checking the ledger")?;
    let lines: Vec<String> =
        ledger.entries().iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let text = format!("{}\nthe chain of {} entries is whole", lines.join("\n"), lines.len());
    Ok(Outcome::new(serde_json::to_value(ledger.entries())?, text))
}
