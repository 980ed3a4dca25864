//! What can go wrong between two parties.

use pipeline_domain::{BatchId, HolderId, SignatureError};

/// Why a file could not be written, read or believed. Messages name files, never their content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The place itself cannot be used.
    #[error("cannot use the location {location}")]
    Unusable {
        /// The location as it was given.
        location: String,
        /// What the storage said.
        source: Box<opendal::Error>,
    },
    /// The place is not there.
    #[error("{location} does not exist; check the path, or create it first")]
    Missing {
        /// The location as it was given.
        location: String,
    },
    /// Something was to be written where things are only read.
    #[error("{location} is only read here; give another place for what is written")]
    OnlyRead {
        /// The location as it was given.
        location: String,
    },
    /// Reading or writing one file failed.
    #[error("{action} {path} failed")]
    Storage {
        /// What was being done, like `reading`.
        action: &'static str,
        /// The file, inside its location.
        path: String,
        /// What the storage said.
        source: Box<opendal::Error>,
    },
    /// The keeper of a place does not let us do that there.
    #[error(
        "{action} {path} is not allowed: ask whoever keeps the place for this right, or look whether AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the user, are the ones for it"
    )]
    Denied {
        /// What was being done, like `reading`.
        action: &'static str,
        /// The file and its location.
        path: String,
        /// What the storage said.
        source: Box<opendal::Error>,
    },
    /// A Parquet file cannot be written or read.
    #[error("{path} is not a Parquet file this system can use")]
    Parquet {
        /// The file.
        path: String,
        /// What the Parquet library said.
        source: parquet::errors::ParquetError,
    },
    /// A Parquet file has other columns than the wire format says.
    #[error("{path} has no column {column} of the type {expected}")]
    Column {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// The type it should have.
        expected: String,
    },
    /// A JSON file cannot be read.
    #[error("{path} is not the JSON it should be")]
    Json {
        /// The file.
        path: String,
        /// Where it broke.
        source: serde_json::Error,
    },
    /// The signature under a manifest does not hold.
    #[error("the manifest in {path} is not signed by {holder}")]
    NotSigned {
        /// The batch folder.
        path: String,
        /// The party whose key was tried.
        holder: HolderId,
        /// Why.
        source: SignatureError,
    },
    /// The register does not know a party.
    #[error(
        "{party} is not in the register of parties; add its public card with `hda keys register`"
    )]
    UnknownParty {
        /// The party.
        party: HolderId,
    },
    /// A file differs from what its manifest says.
    #[error("{path} differs from its manifest: {what}")]
    Differs {
        /// The file.
        path: String,
        /// What differs.
        what: &'static str,
    },
    /// A ledger was changed.
    #[error("line {line} of the ledger is not what its party wrote there: it was changed")]
    LedgerChanged {
        /// Counted from 1.
        line: u64,
    },
    /// A batch with this id was already delivered with other content.
    #[error("batch {batch} was already delivered with other content; make a new batch")]
    OtherContent {
        /// The batch.
        batch: BatchId,
    },
}

impl ExchangeError {
    pub(crate) fn denied(action: &'static str, path: String, source: opendal::Error) -> Self {
        Self::Denied { action, path, source: Box::new(source) }
    }

    /// The failure of a stream from or into a file.
    pub(crate) fn stream(action: &'static str, path: &str) -> impl Fn(std::io::Error) -> Self {
        move |error| {
            let source = error.downcast::<opendal::Error>().unwrap_or_else(|error| {
                opendal::Error::new(opendal::ErrorKind::Unexpected, error.to_string())
            });
            match source.kind() {
                opendal::ErrorKind::PermissionDenied => {
                    Self::denied(action, path.to_owned(), source)
                }
                _ => Self::Storage { action, path: path.to_owned(), source: Box::new(source) },
            }
        }
    }

    /// Is it the right that is missing?
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// Did the storage fail, so that nothing is known of the file itself? Trying again may help.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unusable { .. } | Self::Denied { .. } => true,
            Self::Storage { source, .. } => source.kind() != opendal::ErrorKind::NotFound,
            _ => false,
        }
    }
}

/// An error and what lies beneath it, in one sentence, as a refused batch is answered with.
#[must_use]
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
