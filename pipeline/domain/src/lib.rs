//! The words every part of the pipeline shares: who, which batch, which dataset, which period.
//!
//! A value of one of these types is valid; nothing downstream checks it again. There is no I/O
//! here, no clock and no randomness: time and chance arrive as values.
//!
//! ```
//! use pipeline_domain::{DatasetId, Period};
//!
//! let dataset: DatasetId = "vaccination".parse()?;
//! let year: Period = "2025-01-01/2025-12-31".parse()?;
//! assert_eq!(format!("{dataset} {year}"), "vaccination 2025-01-01/2025-12-31");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod element;
mod ids;
mod language;
mod period;
mod profile;
mod purpose;
pub mod quality;
mod rows;
mod signing;

pub use digest::Sha256Digest;
pub use element::{ElementClass, Treatment};
pub use ids::{ApprovalId, BatchId, DatasetId, DomainId, HolderId, IdError, ReleaseId, VersionId};
pub use language::{Language, UnknownLanguage};
pub use period::{Period, PeriodError};
pub use profile::{ColumnKind, ColumnProfile, DatasetProfile};
pub use purpose::{Purpose, UnknownPurpose};
pub use rows::{HolderTag, Pseudonym, ResearchId, RowToken};
pub use signing::{PublicKey, Signature, SignatureError, Signer};

/// A moment in UTC, always handed in by the caller.
pub type Timestamp = time::OffsetDateTime;
