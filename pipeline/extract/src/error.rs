//! What stops an extraction as a whole. Bad records never do; see [`Reason`](crate::Reason).

use pipeline_exchange::ExchangeError;
use pipeline_keys::KeyError;
use pipeline_views::ViewError;

/// Why nothing was extracted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// A file of the batch cannot be written, or the source not be listed.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Row tokens cannot be drawn.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// A view cannot be used.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The source has no file at all.
    #[error("{location} holds no file to extract from")]
    EmptySource {
        /// The source.
        location: String,
    },
    /// The folder of the batch holds a finished one.
    #[error(
        "{location} holds a finished batch; send it with `hda submit`, or choose another folder"
    )]
    AlreadyFinished {
        /// The folder.
        location: String,
    },
    /// A view links a column to something nobody knows.
    #[error("view {view}, column {column}: hda/link is nihdi, cbe or prescription")]
    UnknownLink {
        /// The view.
        view: String,
        /// The column.
        column: String,
    },
    /// What was given as a quarantine is none.
    #[error("line {line} of the quarantine is not one that `hda extract` wrote")]
    NotAQuarantine {
        /// The line, from 1.
        line: u64,
    },
    /// The id rows that do not fit into memory cannot be written beside the batch.
    #[error("the id rows cannot be written beside the batch; is there room for them?")]
    IdRuns {
        /// What the system said.
        source: std::io::Error,
    },
    /// The rules of quality say that a person has to look first.
    #[error(
        "the batch was stopped: {finding}; look at quality.en.html in {location}, then repair the source, or send it with --despite-quality and the reason"
    )]
    QualityStops {
        /// The folder of the batch.
        location: String,
        /// The worst finding.
        finding: String,
    },
    /// The quality cannot be measured.
    #[error(transparent)]
    Quality(#[from] pipeline_quality::QualityError),
    /// The quarantine cannot be written: what was set aside would be lost.
    #[error("the quarantine cannot be written")]
    Quarantine {
        /// What the system said.
        source: std::io::Error,
    },
    /// Rows cannot be put together; the columns of a view changed on the way.
    #[error("the rows of view {view} do not fit its columns")]
    Rows {
        /// The view.
        view: String,
        /// What Arrow said.
        source: arrow::error::ArrowError,
    },
    /// Some record was neither written nor set aside.
    #[error(
        "the numbers do not add up: {read} {resource} records were read, {accounted} accounted for"
    )]
    DoesNotReconcile {
        /// The resource type.
        resource: String,
        /// Records read.
        read: u64,
        /// Records written or quarantined.
        accounted: u64,
    },
}
