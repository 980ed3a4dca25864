//! Why a plan did not run.

use std::path::PathBuf;

use pipeline_disclosure::{CubeError, MOST_CELLS};
use pipeline_domain::{DatasetId, VersionId};
use pipeline_exchange::ExchangeError;
use pipeline_reference::ReferenceError;

/// Why there is no cube.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AggregateError {
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] ExchangeError),
    /// The reference data the plan needs is not there or cannot be read.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The lake has no version of a dataset.
    #[error("the lake has no version of the dataset {dataset}")]
    NoVersion {
        /// The dataset.
        dataset: DatasetId,
    },
    /// The dataset has no such column.
    #[error("the dataset {dataset} has no column {column}; it has {known}")]
    NoColumn {
        /// The dataset.
        dataset: DatasetId,
        /// The column the plan names.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// The plan does with a column what its type does not allow.
    #[error("the column {column} cannot be used so: {what}")]
    WrongType {
        /// The column.
        column: String,
        /// What was asked of it.
        what: &'static str,
    },
    /// An age needs the day of the event.
    #[error("bands of age need a period in the plan, whose column says when the event was")]
    AgeWithoutPeriod,
    /// A file of the lake is not what its manifest says.
    #[error("{part} differs from its manifest: {what}")]
    Differs {
        /// The file.
        part: String,
        /// What differs.
        what: &'static str,
    },
    /// The research ids of the two datasets belong to different domains, so nobody would be found.
    #[error("the newest version of person belongs to another domain than {dataset} {version}")]
    OtherDomain {
        /// The plan's dataset.
        dataset: DatasetId,
        /// Its version.
        version: VersionId,
    },
    /// One of the two has its new research ids and the other has not, so nobody would be found.
    #[error(
        "the newest versions of person and {dataset} {version} have research ids of before and \
         after a re-keying; run `hda ingest`, which brings it to its end"
    )]
    BeingRekeyed {
        /// The plan's dataset.
        dataset: DatasetId,
        /// Its version.
        version: VersionId,
    },
    /// Values that cannot be added up without a loss.
    #[error(
        "{records} records have a {column} that is no finite number below 10^20; they cannot be \
         added up"
    )]
    NotANumber {
        /// The column.
        column: String,
        /// How many records that count have such a value.
        records: u64,
    },
    /// There are more cells with somebody in them than a table may have.
    #[error("the table has more than {MOST_CELLS} cells; take fewer dimensions, or coarser steps")]
    TooManyCells,
    /// The folder for temporary files cannot be used.
    #[error("cannot use {} for temporary files", folder.display())]
    Spill {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The run needs more memory than it may take.
    #[error("the run needs more than the {megabytes} MiB of memory it may take; allow it more")]
    OutOfMemory {
        /// What it may take.
        megabytes: usize,
    },
    /// The query engine failed.
    #[error("the query engine failed while {stage}")]
    Engine {
        /// What it was doing.
        stage: &'static str,
    },
    /// The table cannot be protected.
    #[error(transparent)]
    Cube(#[from] CubeError),
}
