//! What stops an ingest, and why a batch is refused.

use pipeline_exchange::ExchangeError;
use pipeline_keys::KeyError;

/// Why nothing can be ingested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// A place is no location.
    #[error("the datasets of a permit have no place")]
    Location {
        /// Why.
        source: pipeline_exchange::LocationError,
    },
    /// A re-keying of the domain is asked for already.
    #[error(
        "the re-keying {batch} of this domain was not answered yet; let the TTP answer and `hda \
         ingest` take it in, or say `--instead-of {batch}` if the TTP refused it"
    )]
    RekeyWaits {
        /// The batch by which it was asked.
        batch: pipeline_domain::BatchId,
    },
    /// The lake has no rows of the domain.
    #[error("the lake has no dataset of the domain {domain}")]
    NothingToRekey {
        /// The domain.
        domain: pipeline_domain::DomainId,
    },
    /// The lake has no such dataset of the domain.
    #[error("the lake has no dataset {dataset} of this domain")]
    NoSuchDataset {
        /// The dataset.
        dataset: pipeline_domain::DatasetId,
    },
    /// Some ids have no pseudonym that was kept.
    #[error(
        "of {count} ids in the datasets no pseudonym is kept, since they came before pseudonyms were; \
         have their holders send everything once with `--mode replace`"
    )]
    NoPseudonyms {
        /// How many.
        count: u64,
    },
    /// Rows cannot be put together.
    #[error("the rows of a part cannot be put together")]
    Rows(#[from] arrow::error::ArrowError),
}

/// Why a batch is refused. Its payload is deleted, since it may hold what must not be here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A manifest, a signature or a file is not what it should be.
    #[error(transparent)]
    NotBelieved(#[from] ExchangeError),
    /// The folder has another name than the batch in it, or its halves are of two batches.
    #[error("the two halves are not of the same batch")]
    HalvesDiffer,
    /// The batch came after its time.
    #[error("the batch was valid until {not_after} only; extract it again")]
    Expired {
        /// Its last moment.
        not_after: pipeline_domain::Timestamp,
    },
    /// It was answered under a key that the standing tables have no more.
    #[error(
        "its ids were made under version {theirs} of the key, and the tables have version {ours}; \
         submit the batch again"
    )]
    OlderKey {
        /// Of the batch.
        theirs: u32,
        /// Of the tables.
        ours: u32,
    },
    /// A payload file has a name that is no dataset.
    #[error("the payload file {file} is not named after a dataset")]
    NotADataset {
        /// The file.
        file: String,
    },
    /// A column is not the one the manifest declares.
    #[error("{file}: the column {column} is not the one the manifest declares")]
    OtherColumns {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// The dataset has other columns already.
    #[error(
        "the dataset {dataset} has other columns than this batch; all holders must use one view"
    )]
    OtherView {
        /// The dataset.
        dataset: String,
    },
    /// A column holds what looks like national numbers.
    #[error(
        "{file}: the column {column} holds what looks like national numbers, in {count} rows, first in rows {rows}"
    )]
    Leak {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// How many rows.
        count: u64,
        /// The first of them, counted from 0.
        rows: String,
    },
    /// It came after a batch that was made later, and one of them changes what was sent before.
    #[error("a later batch of this holder, {later}, was taken in already; extract it again")]
    OutOfOrder {
        /// The later batch.
        later: pipeline_domain::BatchId,
    },
    /// Rows with and without record ids do not go together.
    #[error(
        "the holder sent {dataset} in another mode before; send everything once with --mode replace"
    )]
    OtherMode {
        /// The dataset.
        dataset: String,
    },
    /// Released rows cannot be opened: they were changed, swapped, or sealed with another root.
    #[error("{file}: rows whose key was released cannot be opened; extract the batch again")]
    NotOpened {
        /// The file.
        file: String,
    },
    /// Two link rows have one token.
    #[error("two link rows of the batch have the same row token")]
    RepeatedTokens,
    /// The same batch id with another content.
    #[error("another batch was ingested under this id")]
    OtherContent,
}
