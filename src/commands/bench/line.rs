//! `hda bench line`: every step of the line in one process, each timed.
//!
//! The steps are those of the commands, with files between them as always; only the views are those
//! of the benchmark, which asks for other columns than the standard ones.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use pipeline_aggregate::{Limits, aggregate};
use pipeline_disclosure::protect;
use pipeline_domain::{DomainId, HolderId, Treatment};
use pipeline_exchange::{BatchMode, BatchPurpose, Chain, PartyRole, Store};
use pipeline_extract::{ExtractReport, Extraction, extract};
use pipeline_keys::{RowTokens, SealedKey, random_bytes};
use pipeline_views::views_in;
use serde_json::json;
use time::Duration;
use uuid::Builder;

use super::{
    Places,
    job::{self, LEVELS, Table},
};
use crate::{
    clock,
    commands::{
        ingest::{IngestArgs, LakeAndKeys, take_in},
        keys::{seal_to, take_in as take_in_key},
        submit::{self, SubmitArgs},
        ttp::{self, InitArgs},
    },
    config::SOFTWARE,
    outcome::Outcome,
    party,
};

/// Options of `hda bench line`.
#[derive(Debug, Args)]
pub(crate) struct LineArgs {
    #[command(flatten)]
    places: Places,
    /// How many threads work.
    #[arg(long)]
    threads: Option<usize>,
    /// Taken and not used: the line makes its own keys.
    #[arg(long, hide = true)]
    key: Option<String>,
}

pub(crate) fn run(args: &LineArgs) -> anyhow::Result<Outcome> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let mut times = Times::start();
    let line = Line::create(&args.places.out)?;
    times.mark("parties");
    line.extract(&args.places)?;
    times.mark("extract");
    submit::run(&SubmitArgs {
        batch: text(&line.batch()).parse()?,
        ttp: text(&line.ttp().join("inbox")).parse()?,
        hda: text(&line.hda().join("inbox")).parse()?,
    })?;
    times.mark("submit");
    ttp::answer(&line.ttp(), false, false)?;
    times.mark("ttp");
    line.ingest()?;
    times.mark("ingest");
    let rows = line.aggregate(args)?;
    times.mark("aggregate");
    let phases = times.finish();
    writeln!(io::stderr(), "{}", in_words(&phases))?;
    let answer = json!({ "rows": rows, "phases": phases, "out": args.places.out });
    Ok(Outcome::new(
        answer,
        format!("{rows} rows in {}", args.places.out.join(AGGREGATE).display()),
    ))
}

/// The table of the job.
const AGGREGATE: &str = "agg.csv";
/// The version of every key.
const KEY_VERSION: u32 = 1;

/// The folders of the parties.
pub(super) struct Line {
    dir: PathBuf,
    domain: DomainId,
    holder: HolderId,
}

impl Line {
    /// Keys, cards and registers of a holder, a TTP and an HDA, in a new folder.
    pub(super) fn create(out: &Path) -> anyhow::Result<Self> {
        let dir = std::path::absolute(out.join("line")).context("finding the folder")?;
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
        }
        let mut id = [0; 16];
        id.copy_from_slice(&random_bytes::<16>()?);
        let domain = DomainId::new(Builder::from_random_bytes(id).into_uuid());
        let line = Self { dir, domain, holder: "hospital".parse()? };
        line.keys()?;
        Ok(line)
    }

    fn keys(&self) -> anyhow::Result<()> {
        let folder = |name: &str| self.dir.join(name).join("keys");
        let (custodian, _) = party::open_or_create(
            &folder("custodian"),
            &"custodian".parse()?,
            PartyRole::Custodian,
        )?;
        let (holder, holder_card) =
            party::open_or_create(&folder("holder"), &self.holder, PartyRole::Holder)?;
        let (_, hda_card) = party::open_or_create(&folder("hda"), &"hda".parse()?, PartyRole::Hda)?;
        ttp::init(&InitArgs {
            dir: self.ttp(),
            name: "ttp".parse()?,
            inbox: text(&self.ttp().join("inbox")),
            hda: text(&self.hda().join("inbox")),
        })?;
        let everyone = [holder_card.clone(), party::card(&folder("ttp"))?, hda_card];
        for name in ["custodian", "ttp", "hda"] {
            party::add_to_register(&folder(name), &everyone)?;
        }
        let sealed = self.dir.join("custodian/sealed");
        let custodian = (&*folder("custodian"), &custodian);
        for file in seal_to(custodian, self.domain, KEY_VERSION, &[&holder_card], &sealed)? {
            let sealed: SealedKey = party::read_json(&file)?;
            take_in_key((&folder("holder"), &holder), &sealed)?;
        }
        ttp::open_domain(&self.ttp(), self.domain, KEY_VERSION, vec![self.holder.clone()])?;
        Ok(())
    }

    fn ttp(&self) -> PathBuf {
        self.dir.join("ttp")
    }

    fn hda(&self) -> PathBuf {
        self.dir.join("hda")
    }

    pub(super) fn batch(&self) -> PathBuf {
        self.dir.join("holder/batch")
    }

    pub(super) fn extract(&self, places: &Places) -> anyhow::Result<ExtractReport> {
        let Places { source, views, .. } = places;
        let keys = party::open(&self.dir.join("holder/keys"))?;
        let now = clock::now();
        // Of a birth date only the month leaves.
        let month = BTreeMap::from([("birth_month".to_owned(), Treatment::Month)]);
        let report = extract(
            &Extraction {
                source: &Store::open_source(&text(source).parse()?)?,
                out: &Store::open(&text(&self.batch()).parse()?)?,
                views: &views_in(&Store::open_source(&text(views).parse()?)?)?,
                treatments: &BTreeMap::from([("person".parse()?, month)]),
                quality: &policies::quality()?,
                previous: None,
                // Rows of the kit have faults on purpose; what is measured is the line.
                despite_quality: Some("a benchmark"),
                key: &keys.keyring().holder_key(self.domain, KEY_VERSION)?,
                tokens: &RowTokens::draw()?,
                key_version: KEY_VERSION,
                domain: self.domain,
                holder: &self.holder,
                batch: clock::new_batch(),
                purpose: BatchPurpose::Extract,
                mode: BatchMode::Append,
                chain: Chain::FIRST,
                sealing: None,
                patients: None,
                identifier_system: None,
                csv_mapping: None,
                conversion: None,
                only: None,
                now,
                not_after: now + Duration::days(1),
                software: SOFTWARE,
            },
            &keys,
            &|_| {},
        );
        report.with_context(|| format!("extracting {}", source.display()))
    }

    fn ingest(&self) -> anyhow::Result<()> {
        let ingested = take_in(&IngestArgs {
            inbox: text(&self.hda().join("inbox")).parse()?,
            places: LakeAndKeys {
                lake: text(&self.hda().join("lake")).parse()?,
                keys: self.hda().join("keys"),
            },
            catalog: None,
            authority: None,
            watch: false,
        })?;
        match ingested.refused.first() {
            Some(refused) => bail!("the HDA refused the batch: {}", refused.reason),
            None => Ok(()),
        }
    }

    /// Counts and protects the five tables of the job; tells the number of its rows.
    fn aggregate(&self, args: &LineArgs) -> anyhow::Result<usize> {
        let lake = Store::open_source(&text(&self.hda().join("lake")).parse()?)?;
        let mut workers = tokio::runtime::Builder::new_multi_thread();
        if let Some(threads) = args.threads {
            workers.worker_threads(threads);
        }
        // The stack is that of the command's own runtime: query plans recurse.
        let workers = workers.enable_all().thread_stack_size(16 << 20).build()?;
        let limits = Limits { threads: args.threads, ..Limits::default() };
        let rules = job::rules()?;
        let mut table = Table::default();
        for (level, characters) in LEVELS {
            let plan = job::plan(characters)?;
            let (cube, _) = workers.block_on(aggregate(&lake, &plan, &limits))?;
            table.add(level, &protect(cube, &rules))?;
        }
        workers.shutdown_background();
        table.write(&args.places.out.join(AGGREGATE))
    }
}

/// What each step took: its name, seconds on the clock, seconds of processor.
type Phase = (&'static str, f64, Option<f64>);

/// A clock that is looked at after each step.
struct Times {
    begun: Instant,
    at: Instant,
    cpu: Option<f64>,
    phases: Vec<Phase>,
}

impl Times {
    fn start() -> Self {
        let now = now();
        Self { begun: now, at: now, cpu: cpu_seconds(), phases: Vec::new() }
    }

    fn mark(&mut self, phase: &'static str) {
        let (now, cpu) = (now(), cpu_seconds());
        let used = cpu.zip(self.cpu).map(|(now, before)| now - before);
        self.phases.push((phase, (now - self.at).as_secs_f64(), used));
        (self.at, self.cpu) = (now, cpu);
    }

    fn finish(mut self) -> Vec<Phase> {
        self.phases.push(("all", (self.at - self.begun).as_secs_f64(), self.cpu));
        self.phases
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring is what a bench is for")]
pub(super) fn now() -> Instant {
    Instant::now()
}

fn in_words(phases: &[Phase]) -> String {
    let mut line = String::from("wall/cpu seconds:");
    for (phase, wall, cpu) in phases {
        // Writing into a string cannot fail.
        let _ = match cpu {
            Some(cpu) => write!(line, " {phase} {wall:.2}/{cpu:.2}"),
            None => write!(line, " {phase} {wall:.2}/-"),
        };
    }
    line
}

/// What this process has used of the processors, where the system tells (Linux, in hundredths).
pub(super) fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold spaces.
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
