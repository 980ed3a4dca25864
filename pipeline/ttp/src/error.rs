//! What stops the TTP, and why it refuses a batch.

use pipeline_domain::DomainId;
use pipeline_exchange::ExchangeError;
use pipeline_keys::KeyError;

/// Why the TTP cannot work at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TtpError {
    /// A folder cannot be read or written.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The domain is not served here.
    #[error("the domain {domain} is not served by this TTP; open it with `hda ttp domain`")]
    UnknownDomain {
        /// The domain.
        domain: DomainId,
    },
    /// The domain is open with another key, or over another domain.
    #[error(
        "the domain {domain} is open already, with another version of its key or over another domain; \
         a new version is made by `hda ttp rotate`"
    )]
    OpenOtherwise {
        /// The domain.
        domain: DomainId,
    },
    /// The domain is bound to the opt-outs of another approval.
    #[error("the opt-outs of the domain are frozen for the approval {approval} already")]
    FrozenForAnother {
        /// That approval.
        approval: pipeline_domain::ApprovalId,
    },
    /// A list that was taken in cannot be read any more.
    #[error("a list of people in the folder of the TTP cannot be read; restore it from a copy")]
    List(#[source] Box<Refusal>),
    /// A list that was taken in is not there any more.
    #[error(
        "the list of people that came with batch {batch} is gone from the folder of the TTP; \
         nothing is released before it is restored from a copy"
    )]
    ListGone {
        /// The batch it came with.
        batch: pipeline_domain::BatchId,
    },
    /// Link rows cannot be put together.
    #[error("the link rows cannot be written")]
    Rows(#[from] arrow::error::ArrowError),
}

impl TtpError {
    /// A list of people that was taken in and cannot be read; a store that fails is that alone.
    pub(crate) fn list(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotBelieved(error) if error.is_outage() => error.into(),
            refusal => Self::List(Box::new(refusal)),
        }
    }
}

/// Why a batch is refused. Nothing of it is used, and nothing is written but this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The manifest, its signature or a file is not what it should be.
    #[error(transparent)]
    NotBelieved(#[from] ExchangeError),
    /// The folder has another name than the batch in it.
    #[error("the folder is not named after the batch in it")]
    OtherName,
    /// The domain is not served here.
    #[error("the domain {domain} is not served by this TTP; open it with `hda ttp domain`")]
    UnknownDomain {
        /// The domain.
        domain: DomainId,
    },
    /// The key of the domain is destroyed, compromised or not active yet.
    #[error(
        "the key of the domain {domain} is not in use; ask the TTP which domain to extract for"
    )]
    KeyNotInUse {
        /// The domain.
        domain: DomainId,
    },
    /// The domain is laid over another and has no rows of its own.
    #[error(
        "the domain {domain} is laid over {source_domain}; extract for that one, and let the HDA re-key"
    )]
    NoRowsOfItsOwn {
        /// The domain.
        domain: DomainId,
        /// The one it is laid over.
        source_domain: DomainId,
    },
    /// The target of a re-keying is not laid over the domain of the pseudonyms.
    #[error(
        "the domain {domain} is not laid over the one these pseudonyms are of; open it with \
         `hda ttp domain --source`"
    )]
    NotItsSource {
        /// The target.
        domain: DomainId,
    },
    /// Pseudonyms of a version the domain never had.
    #[error("the domain has no version {version} of its key under which pseudonyms are kept")]
    OtherVersion {
        /// The version.
        version: u32,
    },
    /// The holder is not one of the domain.
    #[error("the sender is no holder of the domain {domain}")]
    NotAHolder {
        /// The domain.
        domain: DomainId,
    },
    /// The batch came after its time.
    #[error("the batch was valid until {not_after} only; extract it again")]
    Expired {
        /// Its last moment.
        not_after: pipeline_domain::Timestamp,
    },
    /// The sender has another part in the domain than the batch says.
    #[error(
        "its sender may not send a batch of this purpose: records come from holders, opt-outs from \
         their registry, a cohort from its owner, replaced numbers from the identity service"
    )]
    NotItsPart,
    /// There is no id file, or more than that.
    #[error("a batch for the TTP holds the id file alone, and one with records that of linked ids")]
    OtherFiles,
    /// The root of the row keys is missing, cannot be opened, or is there without sealed rows.
    #[error("the keys of its rows cannot be released; extract it again with this TTP's card")]
    NoRowKeys,
    /// People are left out, and the HDA could read their rows.
    #[error(
        "its rows are not sealed, and in this domain people are left out; extract it again with \
         `--release sealed`"
    )]
    NotSealed,
    /// A file is too small for the rows it says it has.
    #[error("the id file is too small for {rows} rows")]
    TooShort {
        /// What it says.
        rows: u64,
    },
    /// The tokens do not ascend strictly: a row stands there twice, or out of order.
    #[error("row {row}: the row tokens do not ascend strictly")]
    TokensOutOfOrder {
        /// Counted from 0.
        row: u64,
    },
    /// A person stands there twice.
    #[error("{count} tags stand in the batch more than once")]
    RepeatedTags {
        /// How many.
        count: u64,
    },
    /// The number of rows is not a size step.
    #[error("{rows} rows are no step of the padding")]
    NotPadded {
        /// The rows.
        rows: u64,
    },
    /// Its place among the batches of its holder was taken before.
    #[error(
        "its holder has sent batch {sequence} of this domain before, under another id; if this one \
         was never sent, extract it again"
    )]
    Replayed {
        /// The place.
        sequence: u64,
    },
    /// It was not made after the batch that stands before it.
    #[error(
        "batch {sequence} does not name the batch before it as it was answered here; extract it \
         again"
    )]
    ChainBroken {
        /// The place.
        sequence: u64,
    },
    /// The holder has sent more rows than the domain allows.
    #[error("with this batch its holder would have sent {rows} rows of the {quota} it may send")]
    OverQuota {
        /// What it would have sent in all.
        rows: u64,
        /// What it may send.
        quota: u64,
    },
    /// The same batch id with another content.
    #[error("another batch was answered under this id")]
    OtherContent,
}
