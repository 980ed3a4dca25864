//! `hda rekey`: rows under new research ids, through the TTP.

use clap::Args;
use pipeline_domain::{BatchId, DatasetId, DomainId};
use pipeline_exchange::{Location, Store};
use pipeline_ingest::{ForPermit, RekeyOrder};
use time::Duration;

use super::ingest::{Hda, LakeAndKeys};
use crate::{clock, outcome::Outcome, progress};

/// Options of `hda rekey`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda rekey --lake s3://lake --keys hda/keys --ttp s3://ttp-inbox \\\n      --domain 00112233-4455-6677-8899-aabbccddeeff\n\nThe TTP lays its keys over the pseudonyms the HDA keeps; `hda ingest` takes the answer in. The rows\nof the standing tables get ids under the key in use, and those of people who opted out since are\nnot in the new versions. Meanwhile the batches of the domain wait.\n\nFor a permit, whose ids nothing links with any other:\n  hda rekey --lake s3://lake --keys hda/keys --ttp s3://ttp-inbox \\\n      --domain 00112233-4455-6677-8899-aabbccddeeff \\\n      --permit aaaaaaaa-2233-4455-6677-8899aabbccdd --into s3://permit-17 --dataset vaccination"
)]
pub(crate) struct RekeyArgs {
    #[command(flatten)]
    places: LakeAndKeys,
    /// The inbox of the TTP.
    #[arg(long)]
    ttp: Location,
    /// The domain of the standing tables.
    #[arg(long)]
    domain: DomainId,
    /// A permit's own domain, which the TTP has laid over that one (`hda ttp domain --source`).
    #[arg(long, value_name = "DOMAIN", requires = "into")]
    permit: Option<DomainId>,
    /// Where the datasets of the permit go.
    #[arg(long, value_name = "LOCATION", requires = "permit")]
    into: Option<Location>,
    /// A dataset the permit speaks of; all where none is named.
    #[arg(long = "dataset", requires = "permit")]
    datasets: Vec<DatasetId>,
    /// Takes the place of a question that the TTP refused.
    #[arg(long, value_name = "BATCH")]
    instead_of: Option<BatchId>,
    /// How many days the TTP may answer.
    #[arg(long, default_value_t = 30)]
    valid_days: u16,
}

pub(crate) fn run(args: &RekeyArgs) -> anyhow::Result<Outcome> {
    let permit = args.permit.zip(args.into.as_ref()).map(|(domain, into)| ForPermit {
        domain,
        into: into.to_string(),
        datasets: args.datasets.clone(),
    });
    let order = RekeyOrder {
        domain: args.domain,
        permit,
        batch: clock::new_batch(),
        instead_of: args.instead_of,
        not_after: clock::now() + Duration::days(args.valid_days.into()),
    };
    let ttp = Store::open(&args.ttp)?;
    let spinner = progress::spinner("opening the pseudonyms of the domain");
    let request = Hda::open(&args.places)?.ask_to_rekey(&order, &ttp)?;
    spinner.finish_and_clear();
    let text = format!(
        "asked the TTP to re-key {} people and {} linked ids in {} datasets, as batch {}\n\
         once it has answered, `hda ingest` writes the new versions",
        request.persons,
        request.linked,
        request.versions.len(),
        request.batch
    );
    Ok(Outcome::new(serde_json::to_value(&request)?, text))
}
