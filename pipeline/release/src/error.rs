//! Why a table is not released, or a package not believed.

use pipeline_domain::{PublicKey, Sha256Digest, SignatureError};

/// Why sealing or verifying stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The officer looked at other cells.
    #[error(
        "the officer approved the cube {approved}, but this is {cube}; let the officer look again"
    )]
    OtherCube {
        /// The digest the officer approved.
        approved: Sha256Digest,
        /// The digest of the cube to be released.
        cube: Sha256Digest,
    },
    /// One person would both ask and approve.
    #[error("{who} asked for the table and cannot approve its release; another officer must")]
    OwnRequest {
        /// The person.
        who: String,
    },
    /// The approval comes after the sealing.
    #[error("the officer's approval is later than the release itself")]
    ApprovedLater,
    /// The order names another plan than the cube was counted by.
    #[error("the order carries the plan {order}, but the cube was counted by {cube}")]
    OtherPlan {
        /// The plan of the order.
        order: Sha256Digest,
        /// The plan of the cube.
        cube: Sha256Digest,
    },
    /// The order names another dataset version than was read.
    #[error("the cube was not counted from the dataset version that the order names")]
    OtherVersion,
    /// The order carries other rules than the cube was protected by.
    #[error("the cube was protected by other rules than those of the order")]
    OtherRules,
    /// The table cannot be written.
    #[error("{file} cannot be written or read as CSV")]
    Csv {
        /// The file.
        file: &'static str,
        /// What the CSV library said.
        source: csv::Error,
    },
    /// The table cannot be written.
    #[error("{file} cannot be written or read as Parquet")]
    Parquet {
        /// The file.
        file: &'static str,
        /// What the Parquet library said.
        source: parquet::errors::ParquetError,
    },
    /// The table cannot be written.
    #[error("{file} has columns that are no table of a release")]
    Arrow {
        /// The file.
        file: &'static str,
        /// What the Arrow library said.
        source: arrow::error::ArrowError,
    },
    /// A file of the package is no JSON of the right shape.
    #[error("{file} is not the JSON it should be")]
    Json {
        /// The file.
        file: &'static str,
        /// Where it broke.
        source: serde_json::Error,
    },
    /// The rules in the package are none.
    #[error("{file} holds no rules that can be applied")]
    Rules {
        /// The file.
        file: &'static str,
        /// Why.
        source: policies::PolicyError,
    },
    /// A file that must be there is not.
    #[error("{file} is missing from the package")]
    Missing {
        /// The file.
        file: String,
    },
    /// A file is there that the manifest does not name.
    #[error("{file} does not belong to the package")]
    Extra {
        /// The file.
        file: String,
    },
    /// A file has other bytes than when it was sealed.
    #[error("{file} was changed after the package was sealed")]
    Changed {
        /// The file.
        file: String,
    },
    /// The signature file is no signature.
    #[error("{file} is no signature", file = crate::MANIFEST_SIGNATURE)]
    NotASignature,
    /// The signature does not hold.
    #[error(
        "{signature} does not belong to {manifest}: the manifest was changed, or another key \
         signed it",
        signature = crate::MANIFEST_SIGNATURE, manifest = crate::MANIFEST
    )]
    NotSigned(#[source] SignatureError),
    /// The signature holds, but is not that of the authority.
    #[error("{manifest} is signed by {key}, which is not the trusted key", manifest = crate::MANIFEST)]
    NotTrusted {
        /// The key that signed.
        key: PublicKey,
    },
    /// The manifest is of a format this version does not know.
    #[error("{manifest} has the format {format}, which this version cannot verify", manifest = crate::MANIFEST)]
    OtherFormat {
        /// Its format.
        format: String,
    },
    /// The plan in the package is not the one the manifest names.
    #[error("{plan} is not the plan whose hash stands in {manifest}", plan = crate::PLAN, manifest = crate::MANIFEST)]
    PlanDiffers,
    /// The rules in the package are not those of the manifest.
    #[error("{rules} gives other numbers than {manifest}", rules = crate::RULES, manifest = crate::MANIFEST)]
    RulesDiffer,
    /// The two tables tell different things.
    #[error("{csv} and {parquet} differ in {place}", csv = crate::TABLE_CSV, parquet = crate::TABLE_PARQUET)]
    TablesDiffer {
        /// Where.
        place: String,
    },
    /// A number is hidden but has the status shown, or the other way round.
    #[error("{file}, line {line}: the number and its status contradict each other")]
    StatusContradicts {
        /// The file.
        file: &'static str,
        /// The line, the header being line 1.
        line: usize,
    },
    /// A number about too few persons is shown.
    #[error("{file}, line {line} shows fewer than {smallest_count} persons")]
    BelowThreshold {
        /// The file.
        file: &'static str,
        /// The line, the header being line 1.
        line: usize,
        /// The smallest number that may be shown.
        smallest_count: u64,
    },
}
