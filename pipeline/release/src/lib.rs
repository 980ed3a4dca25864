//! A protected cube and its approvals become a sealed release package; a package can be verified.
//!
//! [`seal()`] takes nothing but a [`ProtectedCube`](pipeline_disclosure::ProtectedCube), so no number
//! that was not protected can leave. It refuses when the officer approved other cells, or asked for
//! the table himself. A [`Package`] is a set of named files; where they are written is the caller's
//! matter. Equal input gives equal bytes.
//!
//! | file | holds |
//! |---|---|
//! | `table.csv` | the table (RFC 4180); a hidden number is the word `hidden`, its status tells why |
//! | `table.parquet` | the same table; a hidden number is null |
//! | `table.csv-metadata.json` | what the columns mean (CSV on the Web) |
//! | `report.json`, `report.html` | how much is shown, by which rules, in four languages |
//! | `plan.json`, `rules.toml` | what was asked, and the rules in force |
//! | `manifest.json`, `manifest.sig` | every file with its digest, and the authority's signature |
//!
//! ```
//! use std::collections::BTreeMap;
//! use pipeline_release::{ReleaseError, verify};
//!
//! let nothing = BTreeMap::new();
//! let refused = verify(&nothing, None);
//! assert!(matches!(refused, Err(ReleaseError::Missing { .. })));
//! ```

mod csvw;
mod error;
mod manifest;
mod order;
mod report;
mod seal;
mod table;
mod verify;

pub use error::ReleaseError;
pub use manifest::{FileDigest, Manifest, OfficerMark, RulesMark};
pub use order::{OfficerApproval, PlanAnnex, ReleaseOrder};
pub use seal::{Package, seal};
pub use verify::{Verdict, verify};

/// The table as text.
pub const TABLE_CSV: &str = "table.csv";
/// The table as Parquet.
pub const TABLE_PARQUET: &str = "table.parquet";
/// What the columns of the table mean.
pub const TABLE_METADATA: &str = "table.csv-metadata.json";
/// How much is shown.
pub const REPORT_JSON: &str = "report.json";
/// How much is shown, as a page.
pub const REPORT_HTML: &str = "report.html";
/// What was asked.
pub const PLAN: &str = "plan.json";
/// The rules in force.
pub const RULES: &str = "rules.toml";
/// Every other file with its digest.
pub const MANIFEST: &str = "manifest.json";
/// The signature over the manifest.
pub const MANIFEST_SIGNATURE: &str = "manifest.sig";

/// What a signature under a release is made for.
const CONTEXT: &str = "HDABE-v1/release";
