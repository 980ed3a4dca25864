//! `hda extract`: FHIR at the holder to a batch.

use std::{
    collections::BTreeMap,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use pipeline_domain::{BatchId, DatasetId, DomainId, HolderId, PublicKey, Treatment};
use pipeline_exchange::{BatchMode, BatchPurpose, Location, PartyRole, Store};
use pipeline_extract::{ExtractReport, Extraction, Places, QUARANTINE, Sealing, extract};
use pipeline_fetch::{BackendSignIn, ConversionService, Patience, Url};
use pipeline_keys::{PayloadRoot, RowTokens};
use pipeline_legacy::Mapping;
use pipeline_quality::BatchQuality;
use pipeline_views::{View, built_in_views, views_in};
use policies::{ElementRules, ViewColumn};
use time::Duration;

use super::{
    chain,
    fetch::{SignInArgs, SystemClock},
};
use crate::{
    clock,
    config::SOFTWARE,
    outcome::{Outcome, RefusedByPolicy},
    party, progress,
};

/// Options of `hda extract`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda extract --source sources/hospital --domain 00112233-4455-6677-8899-aabbccddeeff \\\n      --holder hospital --keys hospital/keys --out hospital/batch-1\n\nReads .ndjson, .jsonl and .json (resources and Bundles), .xml (KMEHR, SUMEHR, PCDH) and .csv\n(with --csv-mapping), plain or as .gz or .zst.\nWhat cannot be used is in quarantine.ndjson, with file, line, reason and advice. Once it is\ncorrected at the source, extract just that:\n  hda extract ... --from-quarantine hospital/batch-1/quarantine.ndjson --out hospital/batch-2\n\nWhat changed since the last batch supersedes what was sent, and what was deleted goes:\n  hda extract ... --mode increment --source exports/20261125T180000Z --patients exports\n\nThe batches of a holder are a chain, so that none gets lost or comes twice. One that will not be\nsent, or was refused, is replaced by another in its place:\n  hda extract ... --instead-of 0199c1de-7f2a-7c6b-9d33-1f2e3d4c5b6a\n\nPseudonyms of the eHealth platform wait in the quarantine until the TTP converts them:\n  hda extract ... --conversion https://ttp.example/convert --conversion-domain hda_v1 \\\n      --client-id hospital --key client.pem --key-id k1 --token-url https://ttp.example/token"
)]
pub(crate) struct ExtractArgs {
    /// Where the FHIR lies: a folder of files.
    #[arg(long)]
    pub(crate) source: Location,
    /// The domain whose K1 makes the tags.
    #[arg(long)]
    pub(crate) domain: DomainId,
    /// The version of K1.
    #[arg(long, default_value_t = 1)]
    pub(crate) key_version: u32,
    /// The name of this holder.
    #[arg(long)]
    pub(crate) holder: HolderId,
    /// The keys of this holder.
    #[arg(long)]
    pub(crate) keys: PathBuf,
    /// The folder of the batch.
    #[arg(long)]
    pub(crate) out: Location,
    /// Only what this quarantine names: records that were corrected at the source since.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_quarantine: Option<PathBuf>,
    /// What the columns of CSV files mean; see the guide on legacy sources.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv_mapping: Option<PathBuf>,
    /// The `quality.json` of this holder's batch before, to see what changed since.
    #[arg(long, value_name = "FILE")]
    pub(crate) previous_quality: Option<PathBuf>,
    /// Why the batch may go although the rules of quality would stop it; stands in the report.
    #[arg(long, value_name = "REASON")]
    pub(crate) despite_quality: Option<String>,
    /// A folder of `ViewDefinition` files in the place of the built-in ones.
    #[arg(long)]
    pub(crate) views: Option<Location>,
    /// The system of the patient identifier, for a source without national numbers.
    #[arg(long)]
    pub(crate) identifier_system: Option<String>,
    /// Records for the HDA, or the people who opted out for the TTP.
    #[arg(long, value_enum, default_value_t = Purpose::Extract)]
    pub(crate) purpose: Purpose,
    /// How rows come to the HDA; sealed where nothing is said and the register knows the TTP.
    #[arg(long, value_enum)]
    pub(crate) release: Option<Released>,
    /// What the batch does to what this holder sent before.
    #[arg(long, value_enum, default_value_t = Mode::Append)]
    pub(crate) mode: Mode,
    /// Where patients are found beside the source, such as the full export an increment follows.
    #[arg(long, value_name = "LOCATION")]
    pub(crate) patients: Option<Location>,
    /// Takes the place of the batch made last, which will not be sent or was refused.
    #[arg(long, value_name = "BATCH")]
    pub(crate) instead_of: Option<BatchId>,
    /// How many days the TTP and the HDA take the batch.
    #[arg(long, default_value_t = 30)]
    pub(crate) valid_days: u16,
    #[command(flatten)]
    pub(crate) conversion: Box<ConversionArgs>,
}

/// Who converts pseudonyms of the eHealth platform.
#[derive(Debug, Default, Args)]
#[command(mut_arg("client_id", |client_id| client_id.requires("conversion")))]
pub(crate) struct ConversionArgs {
    /// Where the TTP converts pseudonyms of the eHealth platform.
    #[arg(long, value_name = "URL", requires = "conversion_domain")]
    pub(crate) conversion: Option<Url>,
    /// The domain into which it converts them.
    #[arg(long, value_name = "NAME", requires = "conversion")]
    pub(crate) conversion_domain: Option<String>,
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Purpose {
    /// Records for the HDA.
    Extract,
    /// People who opted out, from their registry.
    Exclude,
    /// The people a domain is about, from the owner of the cohort.
    Cohort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Released {
    /// Sealed under a key a person: the HDA reads those whose key the TTP releases.
    Sealed,
    /// As they are, faster; where nobody is left out, or where the TTP's domain says so.
    Bulk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Rows are added; nothing sent before changes, and nothing can take their place later.
    Append,
    /// Rows take the place of everything sent before.
    Replace,
    /// Records take the place of those with the same ids; deleted ones are removed.
    Increment,
}

impl From<Mode> for BatchMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Append => Self::Append,
            Mode::Replace => Self::Replace,
            Mode::Increment => Self::Increment,
        }
    }
}

pub(crate) fn run(args: &ExtractArgs) -> anyhow::Result<Outcome> {
    let report = make_batch(args)?;
    let total = report.total();
    let mut lines = vec![format!(
        "batch {}: {} records read = {} written + {} quarantined; {} persons; {} lines or files that are no record",
        report.batch,
        total.read,
        total.written,
        total.quarantined,
        report.persons,
        report.not_records
    )];
    if report.removed > 0 {
        lines.push(format!("{} records are no more: their earlier rows go", report.removed));
    }
    for (reason, count) in &report.quarantined {
        lines.push(format!("  {count:>10}  {reason}"));
    }
    if let Some(failure) = &report.conversion_failed {
        lines.push(format!("pseudonyms wait: {failure}"));
    }
    if !report.quarantined.is_empty() {
        lines.push(format!("see {}/{QUARANTINE}", args.out));
    }
    Ok(Outcome::new(serde_json::to_value(&report)?, lines.join("\n")))
}

/// What the policy does to the columns of the views; a view that would let out who somebody is does
/// not run.
pub(crate) fn treatments(
    views: &[View],
) -> anyhow::Result<BTreeMap<DatasetId, BTreeMap<String, Treatment>>> {
    let rules = ElementRules::in_force()?;
    let mut treatments = BTreeMap::new();
    for view in views {
        let paths = view.paths();
        let columns = view.columns().iter().enumerate().flat_map(|(at, column)| {
            let link = view.link(at);
            paths[at].iter().map(move |path| ViewColumn {
                name: &column.name,
                path,
                element: column.element.as_deref(),
                link,
            })
        });
        let columns: Vec<ViewColumn<'_>> = columns.collect();
        match rules.check_view(&view.name().to_string(), &columns) {
            Ok(found) => treatments.insert(view.name().clone(), found),
            Err(refusals) => {
                let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                return Err(RefusedByPolicy(told.join("\n")).into());
            }
        };
    }
    Ok(treatments)
}

fn places(quarantine: &Path) -> anyhow::Result<Places> {
    let file = File::open(quarantine)
        .with_context(|| format!("opening the quarantine {}", quarantine.display()))?;
    let places = Places::read(BufReader::new(file))?;
    anyhow::ensure!(
        !places.is_empty(),
        "{} asks for nothing to be corrected",
        quarantine.display()
    );
    Ok(places)
}

fn mapping(file: &Path) -> anyhow::Result<Mapping> {
    let read = || format!("reading the mapping {}", file.display());
    let text = std::fs::read_to_string(file).with_context(read)?;
    Mapping::from_toml(&text).with_context(read)
}

impl ConversionArgs {
    /// The service, where there is one.
    fn service<'a>(
        &'a self,
        who: Option<&'a BackendSignIn>,
    ) -> anyhow::Result<Option<ConversionService<'a>>> {
        let (Some(endpoint), Some(domain)) = (&self.conversion, &self.conversion_domain) else {
            return Ok(None);
        };
        let patience = Patience::default();
        let service =
            ConversionService::new(endpoint, domain, who, patience, &SystemClock, SOFTWARE);
        Ok(Some(service.context("preparing the conversion of pseudonyms")?))
    }
}

/// The sealing key of the TTP, where rows are to be sealed.
fn sealed_for(args: &ExtractArgs) -> anyhow::Result<Option<PublicKey>> {
    if args.release == Some(Released::Bulk) || !matches!(args.purpose, Purpose::Extract) {
        return Ok(None);
    }
    let register = party::register(&args.keys)?;
    let ttp = register.parties.iter().find(|party| party.role == PartyRole::Ttp);
    anyhow::ensure!(
        ttp.is_some() || args.release.is_none(),
        "rows are sealed for a TTP, and the register in {} knows none; add its card with `hda keys register`",
        args.keys.display()
    );
    Ok(ttp.map(|ttp| ttp.sealing_key))
}

/// Makes the batch.
pub(crate) fn make_batch(args: &ExtractArgs) -> anyhow::Result<ExtractReport> {
    let keys = party::open(&args.keys)?;
    let key = keys.keyring().holder_key(args.domain, args.key_version)?;
    let source = Store::open_source(&args.source)?;
    let views = match &args.views {
        Some(folder) => views_in(&Store::open_source(folder)?)?,
        None => built_in_views()?,
    };
    let out = Store::open(&args.out)?;
    let only = args.from_quarantine.as_deref().map(places).transpose()?;
    let csv_mapping = args.csv_mapping.as_deref().map(mapping).transpose()?;
    let patients = args.patients.as_ref().map(Store::open_source).transpose()?;
    anyhow::ensure!(
        only.is_none() || args.mode != Mode::Replace,
        "--mode replace would leave nothing of this holder but what was corrected; use --mode increment"
    );
    let who = args.conversion.sign_in.read()?;
    let service = args.conversion.service(who.as_ref())?;
    let tokens = RowTokens::draw()?;
    let root = PayloadRoot::draw()?;
    let ttp = sealed_for(args)?;
    let treatments = treatments(&views)?;
    let quality = policies::quality()?;
    let previous: Option<BatchQuality> =
        args.previous_quality.as_deref().map(party::read_json).transpose()?;
    let now = clock::now();
    let chain = match args.instead_of {
        Some(batch) => chain::again(&args.keys, args.domain, batch)?,
        None => chain::next(&args.keys, args.domain, &out)?,
    };
    let job = Extraction {
        source: &source,
        out: &out,
        views: &views,
        treatments: &treatments,
        quality: &quality,
        previous: previous.as_ref(),
        despite_quality: args.despite_quality.as_deref(),
        key: &key,
        tokens: &tokens,
        key_version: args.key_version,
        domain: args.domain,
        holder: &args.holder,
        batch: clock::new_batch(),
        purpose: match args.purpose {
            Purpose::Extract => BatchPurpose::Extract,
            Purpose::Exclude => BatchPurpose::Exclude,
            Purpose::Cohort => BatchPurpose::Cohort,
        },
        mode: args.mode.into(),
        chain,
        sealing: ttp.as_ref().map(|ttp| Sealing { root: &root, ttp }),
        patients: patients.as_ref(),
        identifier_system: args.identifier_system.as_deref(),
        csv_mapping: csv_mapping.as_ref(),
        conversion: service.as_ref().map(|service| service as _),
        only: only.as_ref(),
        now,
        not_after: now + Duration::days(args.valid_days.into()),
        software: SOFTWARE,
    };
    let total = source.list("")?.iter().map(|file| source.size(file)).sum::<Result<u64, _>>()?;
    let bar = progress::bytes(&format!("extracting {}", args.holder), total * 2);
    let report = extract(&job, &keys, &|bytes| bar.inc(bytes))
        .with_context(|| format!("extracting {}", args.source))?;
    bar.finish_and_clear();
    chain::record(&args.keys, &report)?;
    Ok(report)
}
