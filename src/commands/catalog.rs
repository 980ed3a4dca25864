//! `hda catalog`: descriptions in HealthDCAT-AP.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use catalog::{Authority, Declared, Record, describe, publish};
use clap::{Args, Subcommand, ValueEnum};
use pipeline_domain::{DatasetId, DatasetProfile, VersionId};
use pipeline_exchange::{ExchangeError, Location, Store};
use serde_json::json;

use crate::outcome::Outcome;

/// The profile a record was made from, beside it: exact counts, for the authority alone.
const PROFILES: &str = "_profiles";

/// Options of `hda catalog`.
#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Make every record again from the profiles in the catalogue, such as after a change of texts.
    #[command(after_help = "Example:\n  hda catalog build --catalog hda/catalogue")]
    Build {
        /// The catalogue.
        #[arg(long)]
        catalog: Location,
        /// The authority that publishes (TOML); the Belgian one where not given.
        #[arg(long)]
        authority: Option<PathBuf>,
    },
    /// Print the record of a dataset.
    #[command(
        after_help = "Example:\n  hda catalog export --catalog hda/catalogue --dataset vaccination --format turtle"
    )]
    Export {
        /// The catalogue.
        #[arg(long)]
        catalog: Location,
        /// The dataset.
        #[arg(long)]
        dataset: DatasetId,
        /// In which notation.
        #[arg(long, value_enum, default_value_t = Notation::Turtle)]
        format: Notation,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Notation {
    Turtle,
    JsonLd,
}

pub(crate) fn run(args: CatalogArgs) -> anyhow::Result<Outcome> {
    match args.command {
        CatalogCommand::Build { catalog, authority } => build(&catalog, authority.as_deref()),
        CatalogCommand::Export { catalog, dataset, format } => export(&catalog, &dataset, format),
    }
}

/// Describes a version and publishes the description, unless it breaks a rule of the profile.
pub(crate) fn publish_record(
    catalogue: &Store,
    profile: &DatasetProfile,
    authority: &Authority,
    smallest_count: u64,
) -> anyhow::Result<()> {
    let dataset = &profile.dataset;
    let declared = Declared::builtin(dataset)?;
    let record = describe(profile, &declared, authority, smallest_count)
        .with_context(|| format!("describing {dataset}"))?;
    let documents =
        publish(&record.graph()).with_context(|| format!("publishing the record of {dataset}"))?;
    catalogue.write_json(&format!("{PROFILES}/{dataset}.json"), profile)?;
    catalogue.write(&format!("{dataset}/record.ttl"), documents.turtle.into_bytes())?;
    catalogue.write(&format!("{dataset}/record.jsonld"), documents.json_ld.into_bytes())?;
    // The portal reads this one: it comes last, when the others are there.
    Ok(catalogue.write_json(&format!("{dataset}/record.json"), &record)?)
}

/// The version that the record of a dataset describes.
pub(crate) fn described_version(
    catalogue: &Store,
    dataset: &DatasetId,
) -> Result<Option<VersionId>, ExchangeError> {
    let path = format!("{dataset}/record.json");
    if !catalogue.exists(&path)? {
        return Ok(None);
    }
    Ok(Some(catalogue.read_json::<Record>(&path)?.version))
}

/// The authority in a file, or the Belgian one.
pub(crate) fn read_authority(path: Option<&Path>) -> anyhow::Result<Authority> {
    let Some(path) = path else {
        return Ok(Authority::belgium()?);
    };
    let reading = || format!("reading {}", path.display());
    toml::from_str(&fs::read_to_string(path).with_context(reading)?).with_context(reading)
}

fn build(location: &Location, authority: Option<&Path>) -> anyhow::Result<Outcome> {
    let catalogue = Store::open_existing(location)?;
    let (rules, authority) = (policies::DisclosureRules::in_force()?, read_authority(authority)?);
    let mut datasets = Vec::new();
    for path in catalogue.list(&format!("{PROFILES}/"))? {
        let profile: DatasetProfile = catalogue.read_json(&path)?;
        publish_record(&catalogue, &profile, &authority, rules.smallest_count())?;
        datasets.push(profile.dataset);
    }
    let text = format!("made {} records in {location}", datasets.len());
    Ok(Outcome::new(json!({ "datasets": datasets }), text))
}

fn export(location: &Location, dataset: &DatasetId, format: Notation) -> anyhow::Result<Outcome> {
    let catalogue = Store::open_source(location)?;
    let record: Record = catalogue
        .read_json(&format!("{dataset}/record.json"))
        .with_context(|| format!("there is no record of {dataset} in {location}"))?;
    let documents = publish(&record.graph())?;
    let text = match format {
        Notation::Turtle => documents.turtle,
        Notation::JsonLd => documents.json_ld,
    };
    Ok(Outcome::new(serde_json::to_value(&record)?, text))
}
