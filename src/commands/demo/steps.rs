//! The line, step by step.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use pipeline_domain::{BatchId, HolderId, PublicKey, ReleaseId, Signer, Timestamp};
use pipeline_exchange::{MANIFEST, Party, PartyRole};
use pipeline_extract::ExtractReport;
use pipeline_keys::{PartyKeys, SealedKey};
use portal_workflow::{Role, State};
use sample_data::{Compression, SampleOptions, generate};
use tokio::runtime::Runtime;

use super::{
    house::House,
    lists,
    plans::{BY_REFERENCE, DemoPlan, PENDING, RELEASED},
};
use crate::{
    clock,
    commands::{
        aggregate::{self, AggregateArgs},
        approve::write_signed,
        extract::{ExtractArgs, Mode, Purpose, make_batch},
        ingest::{IngestArgs, LakeAndKeys, take_in},
        keys::{seal_to, take_in as take_in_key},
        release::propose,
        submit::{self, SubmitArgs},
        ttp::{self, InitArgs},
        work::publish_approved,
    },
    config::Config,
    party, progress,
};

/// How often the TTP is looked at while it works.
const PAUSE: Duration = Duration::from_millis(200);
/// After so many looks without an answer something is wrong: ten minutes.
const MOST_LOOKS: u32 = 3_000;

/// What the line left.
pub(crate) struct Line {
    pub(crate) key: PublicKey,
    pub(crate) released: ReleaseId,
    /// With the one above.
    pub(crate) all_released: Vec<ReleaseId>,
    pub(crate) pending: ReleaseId,
    pub(crate) batches: Vec<BatchId>,
}

/// Walks the whole line; what was done before is left as it is.
pub(crate) fn walk(house: &House, runtime: &Runtime) -> anyhow::Result<Line> {
    let steps = Steps::new();
    steps.begin("generating the sources");
    sample(house)?;
    steps.begin("making the keys of every party");
    let key = keys(house)?;
    steps.begin("starting the trusted third party");
    let _ttp = TtpProcess::start(&house.ttp())?;
    steps.begin("extracting at the holders");
    let batches = extract_and_submit(house)?;
    steps.begin("waiting for pseudonyms");
    wait_for_links(house, &batches)?;
    steps.begin("publishing dataset versions");
    ingest(house)?;
    lists::import(house).context("publishing the sample reference data")?;
    steps.begin("running the approved plans");
    let config = house.config()?;
    let db = runtime.block_on(portal_store::Store::open(&config.database))?;
    accounts(&config, &db, runtime)?;
    let released = run_plan(house, &RELEASED, &config, &db, runtime)?;
    let by_reference = run_plan(house, &BY_REFERENCE, &config, &db, runtime)?;
    let pending = run_plan(house, &PENDING, &config, &db, runtime)?;
    steps.begin("releasing");
    let all_released = vec![released, by_reference];
    for release in &all_released {
        approve(*release, &db, runtime)?;
    }
    publish_approved(&config, &db, runtime.handle())?;
    runtime.block_on(db.close());
    Ok(Line { key, released, all_released, pending, batches })
}

/// Says on standard error which step is under way.
struct Steps {
    bar: indicatif::ProgressBar,
    number: std::cell::Cell<u8>,
}

impl Steps {
    fn new() -> Self {
        Self { bar: progress::spinner("starting"), number: std::cell::Cell::new(0) }
    }

    fn begin(&self, what: &str) {
        self.number.set(self.number.get() + 1);
        self.bar.println(format!("step {} of 8: {what}", self.number.get()));
        self.bar.set_message(what.to_owned());
        tracing::info!(step = self.number.get(), "{what}");
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn sample(house: &House) -> anyhow::Result<()> {
    let out = house.sources();
    // The report is the last file of a sample.
    if out.join("sample.json").exists() {
        return Ok(());
    }
    let options = SampleOptions {
        persons: house.settings.persons,
        seed: house.settings.seed,
        bad_share: 0.005,
        opt_out_share: 0.01,
        today: house.settings.today,
        compression: Compression::None,
    };
    let bar = progress::count("generating persons", options.persons);
    generate(&options, &out, &mut |done| bar.set_position(done))
        .context("generating the sources")?;
    bar.finish_and_clear();
    Ok(())
}

/// Keys, cards, registers, and K1 sealed to everyone who makes tags.
fn keys(house: &House) -> anyhow::Result<PublicKey> {
    let mut senders = House::holders()?;
    senders.push(House::registry()?);
    let (custodian, _) = party::open_or_create(
        &house.custodian().join("keys"),
        &"custodian".parse()?,
        PartyRole::Custodian,
    )?;
    let (hda, hda_card) =
        party::open_or_create(&house.hda().join("keys"), &"hda".parse()?, PartyRole::Hda)?;
    ttp::init(&InitArgs {
        dir: house.ttp(),
        name: "ttp".parse()?,
        inbox: text(&house.ttp().join("inbox")),
        hda: text(&house.hda().join("inbox")),
    })?;
    let ttp_card = party::card(&house.ttp().join("keys"))?;

    let mut cards: Vec<Party> = Vec::new();
    let mut sender_keys: Vec<PartyKeys> = Vec::new();
    for sender in &senders {
        let role = if *sender == House::registry()? {
            PartyRole::OptOutRegistry
        } else {
            PartyRole::Holder
        };
        let (keys, card) = party::open_or_create(&house.holder(sender).join("keys"), sender, role)?;
        sender_keys.push(keys);
        cards.push(card);
    }
    let everyone: Vec<Party> = cards.iter().cloned().chain([ttp_card, hda_card]).collect();
    // Holders know the TTP, which they seal rows for.
    let holders = senders.iter().map(|sender| house.holder(sender));
    for folder in [house.custodian(), house.ttp(), house.hda()].into_iter().chain(holders) {
        party::add_to_register(&folder.join("keys"), &everyone)?;
    }

    let domain = house.settings.domain;
    let sealed = house.custodian().join("sealed");
    let parties: Vec<&Party> = cards.iter().collect();
    let files =
        seal_to((&house.custodian().join("keys"), &custodian), domain, 1, &parties, &sealed)?;
    for ((file, keys), sender) in files.iter().zip(&sender_keys).zip(&senders) {
        let sealed: SealedKey = party::read_json(file)?;
        take_in_key((&house.holder(sender).join("keys"), keys), &sealed)?;
    }
    ttp::open_domain(&house.ttp(), domain, 1, senders)?;
    Ok(hda.public_key())
}

/// The TTP as a process of its own, which ends with this one.
struct TtpProcess(Child);

impl TtpProcess {
    fn start(dir: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        let child = Command::new(program)
            .args(["ttp", "run", "--watch", "--until-input-ends", "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("starting the TTP")?;
        Ok(Self(child))
    }
}

impl Drop for TtpProcess {
    fn drop(&mut self) {
        // Its input ends, so it finishes its pass and stops.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The opt-outs first, so that they hold for everything that follows.
fn extract_and_submit(house: &House) -> anyhow::Result<Vec<BatchId>> {
    let registry = House::registry()?;
    send(house, &registry, Purpose::Exclude)?;
    let holders = House::holders()?;
    holders.iter().map(|holder| send(house, holder, Purpose::Extract)).collect()
}

fn send(house: &House, holder: &HolderId, purpose: Purpose) -> anyhow::Result<BatchId> {
    let folder = house.holder(holder);
    let batch = folder.join("batch-1");
    if !batch.join(pipeline_extract::REPORT).exists() {
        make_batch(&ExtractArgs {
            source: text(&house.sources().join(holder.as_str())).parse()?,
            domain: house.settings.domain,
            key_version: 1,
            holder: holder.clone(),
            keys: folder.join("keys"),
            out: text(&batch).parse()?,
            from_quarantine: None,
            csv_mapping: None,
            previous_quality: None,
            // The made-up data has faults on purpose.
            despite_quality: Some("made-up data with planted faults".to_owned()),
            views: None,
            release: None,
            mode: Mode::Append,
            patients: None,
            identifier_system: None,
            instead_of: None,
            purpose,
            valid_days: 30,
            conversion: Box::default(),
        })?;
    }
    let report: ExtractReport = party::read_json(&batch.join(pipeline_extract::REPORT))?;
    if !is_taken_in(house, report.batch) {
        submit::run(&SubmitArgs {
            batch: text(&batch).parse()?,
            ttp: text(&house.ttp().join("inbox")).parse()?,
            hda: text(&house.hda().join("inbox")).parse()?,
        })?;
    }
    Ok(report.batch)
}

fn is_taken_in(house: &House, batch: BatchId) -> bool {
    house.hda().join("lake/_receipts").join(format!("{batch}.json")).exists()
}

fn wait_for_links(house: &House, batches: &[BatchId]) -> anyhow::Result<()> {
    for batch in batches {
        let link = house.hda().join("inbox").join(batch.to_string()).join("link").join(MANIFEST);
        let refused = house.ttp().join("refused").join(format!("{batch}.json"));
        let mut looks = 0;
        while !link.exists() && !is_taken_in(house, *batch) {
            if refused.exists() {
                bail!("the TTP refused a batch; see {}", refused.display());
            }
            looks += 1;
            if looks > MOST_LOOKS {
                bail!(
                    "the TTP does not answer; look at `hda ttp audit --dir {}`",
                    house.ttp().display()
                );
            }
            thread::sleep(PAUSE);
        }
    }
    Ok(())
}

fn ingest(house: &House) -> anyhow::Result<()> {
    let ingested = take_in(&IngestArgs {
        inbox: text(&house.hda().join("inbox")).parse()?,
        places: LakeAndKeys {
            lake: text(&house.hda().join("lake")).parse()?,
            keys: house.hda().join("keys"),
        },
        catalog: Some(text(&house.hda().join("catalogue")).parse()?),
        authority: None,
        watch: false,
    })?;
    match ingested.refused.first() {
        Some(refused) => bail!("the HDA refused batch {}: {}", refused.batch, refused.reason),
        None => Ok(()),
    }
}

fn accounts(config: &Config, db: &portal_store::Store, runtime: &Runtime) -> anyhow::Result<()> {
    for account in config.demo_accounts()?.unwrap_or_default() {
        let made = async {
            if db.account(&account.name).await?.is_none() {
                let organisation = "Demonstration";
                let now = clock::now();
                db.create_account(
                    &account.name,
                    &account.password,
                    account.role,
                    organisation,
                    now,
                )
                .await?;
            }
            anyhow::Ok(())
        };
        runtime.block_on(made)?;
    }
    Ok(())
}

/// Approval, cube and proposal of one plan.
fn run_plan(
    house: &House,
    plan: &DemoPlan,
    config: &Config,
    db: &portal_store::Store,
    runtime: &Runtime,
) -> anyhow::Result<ReleaseId> {
    let folder: PathBuf = house.hda().join("work").join(plan.approval);
    let approval = folder.join("approval.json");
    if !approval.exists() {
        let keys = party::open(&config.keys)?;
        write_signed(&approval, plan.approval(day(house))?, &keys)?;
    }
    let cube = folder.join("cube");
    if !cube.join(aggregate::REPORT).exists() {
        aggregate::run_plan(
            &AggregateArgs {
                lake: config.lake.parse()?,
                approval,
                plan: None,
                keys: config.keys.clone(),
                out: cube.clone(),
            },
            runtime,
        )
        .with_context(|| format!("running the plan {}", plan.approval))?;
    }
    propose(&cube, config, db, runtime)
}

/// Plans speak of the day the demonstration began, also when it is finished later.
fn day(house: &House) -> Timestamp {
    house.settings.today.midnight().assume_utc()
}

/// The officer of the demonstration approves, if nobody has decided yet.
fn approve(release: ReleaseId, db: &portal_store::Store, runtime: &Runtime) -> anyhow::Result<()> {
    runtime.block_on(async {
        let case = db.case(release).await?.context("the release was proposed a moment ago")?;
        if !matches!(case.state(), State::Proposed) {
            return Ok(());
        }
        let officer = db.account(&Role::PrivacyOfficer.name().parse()?).await?;
        let officer = officer.context("the demonstration has an officer")?.actor();
        let event = case.approve(&officer, &case.subject().digest, clock::now())?;
        Ok(db.record(release, &event).await?)
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
