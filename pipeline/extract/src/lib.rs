//! FHIR to payload rows and id rows: the only step that ever sees who a record is about.
//!
//! A source (NDJSON, Bundles, folders of both, compressed or not) is read once for its patients and
//! once for its records. Each record is turned into rows by the views (SQL-on-FHIR v2) of its
//! resource type, and its subject into a row token. What cannot be used is set aside with file,
//! line and reason; nothing stops the rest. Out come two halves that travel apart: payload (token,
//! health columns) for the HDA, and id rows (token, tag) for the TTP. No identifier is written
//! anywhere, not even to a temporary file.

mod bundle;
mod columns;
mod error;
mod extraction;
mod half;
mod ids;
mod patients;
mod payload;
mod quarantine;
mod rare;
mod reader;
mod reason;
mod report;
mod resource_types;
mod sealed;
mod source;

pub use error::ExtractError;
pub use extraction::{Extraction, FOR_HDA, FOR_TTP, QUALITY, REPORT, extract};
pub use quarantine::{Places, QUARANTINE};
pub use reason::{Reason, Severity};
pub use report::{ExtractReport, TypeCounts};
pub use sealed::Sealing;
