//! Why a plan did not run.

use pipeline_disclosure::CubeError;
use pipeline_domain::DatasetId;
use pipeline_exchange::ExchangeError;

/// Why there is no cube.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AggregateError {
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] ExchangeError),
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
