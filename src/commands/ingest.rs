//! `hda ingest`: batches to dataset versions and their catalogue records.

use std::{path::PathBuf, sync::atomic::Ordering, thread, time::Duration};

use anyhow::Context;
use clap::Args;
use pipeline_domain::HolderId;
use pipeline_exchange::{Location, Register, Store};
use pipeline_ingest::{Ingest, Ingested, RekeyOrder, RekeyRequest, Rekeyed};
use pipeline_keys::PartyKeys;
use policies::DisclosureRules;
use serde_json::json;

use crate::{
    clock,
    commands::{
        catalog::{described_version, publish_record, read_authority},
        ttp::stop_signal,
    },
    config::SOFTWARE,
    outcome::Outcome,
    party, progress,
};

/// How long it waits between two looks into the inbox.
const PAUSE: Duration = Duration::from_millis(500);

/// Options of `hda ingest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda ingest --inbox s3://hda-inbox --lake s3://lake --keys hda/keys --catalog hda/catalogue\n\nA batch is taken in when both its halves have arrived; taking it in again changes nothing."
)]
pub(crate) struct IngestArgs {
    /// Where the halves of batches arrive.
    #[arg(long)]
    pub(crate) inbox: Location,
    #[command(flatten)]
    pub(crate) places: LakeAndKeys,
    /// Where catalogue records go.
    #[arg(long)]
    pub(crate) catalog: Option<Location>,
    /// The authority that publishes (TOML); the Belgian one where not given.
    #[arg(long)]
    pub(crate) authority: Option<PathBuf>,
    /// Go on until stopped (Ctrl-C or SIGTERM).
    #[arg(long)]
    pub(crate) watch: bool,
}

/// The lake and the keys of the HDA.
#[derive(Debug, Clone, Args)]
pub(crate) struct LakeAndKeys {
    /// Where dataset versions are published.
    #[arg(long)]
    pub(crate) lake: Location,
    /// The keys of the HDA; their register knows the holders and the TTP.
    #[arg(long)]
    pub(crate) keys: PathBuf,
}

/// The HDA at its lake, opened.
pub(crate) struct Hda {
    name: HolderId,
    keys: PartyKeys,
    register: Register,
    lake: Store,
    rules: DisclosureRules,
}

impl Hda {
    pub(crate) fn open(places: &LakeAndKeys) -> anyhow::Result<Self> {
        Ok(Self {
            name: party::card(&places.keys)?.name,
            keys: party::open(&places.keys)?,
            register: party::register(&places.keys)?,
            lake: Store::open(&places.lake)?,
            rules: DisclosureRules::in_force()?,
        })
    }

    /// What it does at an inbox.
    fn at<'a>(&'a self, inbox: &'a Store) -> Ingest<'a> {
        Ingest {
            name: &self.name,
            keys: &self.keys,
            inbox,
            lake: &self.lake,
            register: &self.register,
            smallest_count: self.rules.smallest_count(),
            now: clock::now(),
            software: SOFTWARE,
        }
    }

    /// Asks the TTP to re-key what was ordered.
    pub(crate) fn ask_to_rekey(
        &self,
        order: &RekeyOrder,
        ttp: &Store,
    ) -> anyhow::Result<RekeyRequest> {
        // The question looks into no inbox of its own.
        let nowhere = Store::open(&"memory:".parse()?)?;
        Ok(self.at(&nowhere).ask_to_rekey(order, ttp)?)
    }
}

pub(crate) fn run(args: &IngestArgs) -> anyhow::Result<Outcome> {
    let stop = stop_signal();
    let mut all = Ingested::default();
    loop {
        let pass = take_in(args)?;
        all.receipts.extend(pass.receipts);
        all.refused.extend(pass.refused);
        all.versions.extend(pass.versions);
        all.rekeyed.extend(pass.rekeyed);
        all.waiting = pass.waiting;
        if !args.watch || stop.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep(PAUSE);
    }
    let taken = format!("took in {} batches, refused {}", all.receipts.len(), all.refused.len());
    let published = all
        .versions
        .iter()
        .map(|made| format!("  {} {}: {} records", made.dataset, made.version, made.rows()));
    let rekeyed = all.rekeyed.iter().map(|done| {
        let Rekeyed { domain, rows, left_out, .. } = done;
        format!("  re-keyed for {domain}: {rows} records, {left_out} left out")
    });
    let waiting = (all.waiting > 0).then(|| {
        format!(
            "  {} batches wait until the tables of their domain are re-keyed (`hda rekey`)",
            all.waiting
        )
    });
    let text: Vec<String> =
        std::iter::once(taken).chain(published).chain(rekeyed).chain(waiting).collect();
    let versions: Vec<_> = all
        .versions
        .iter()
        .map(|made| json!({ "dataset": made.dataset, "version": made.version, "records": made.rows() }))
        .collect();
    let answer = json!({
        "batches": all.receipts, "refused": all.refused, "versions": versions,
        "rekeyed": all.rekeyed, "waiting": all.waiting,
    });
    let refusals: Vec<_> =
        all.refused.iter().map(|refused| (refused.batch.clone(), refused.reason.clone())).collect();
    Ok(Outcome::new(answer, text.join("\n")).with_refusals(&refusals))
}

/// One pass over the inbox, and a record for every version it published.
pub(crate) fn take_in(args: &IngestArgs) -> anyhow::Result<Ingested> {
    let (hda, inbox) = (Hda::open(&args.places)?, Store::open(&args.inbox)?);
    let ingest = hda.at(&inbox);
    let spinner = progress::spinner("taking in batches");
    let ingested = ingest.pass().context("taking in batches")?;
    spinner.finish_and_clear();
    if let Some(location) = &args.catalog {
        let (catalogue, authority) =
            (Store::open(location)?, read_authority(args.authority.as_deref())?);
        for profile in &ingest.undescribed(|dataset| described_version(&catalogue, dataset))? {
            publish_record(&catalogue, profile, &authority, ingest.smallest_count)?;
        }
    }
    Ok(ingested)
}
