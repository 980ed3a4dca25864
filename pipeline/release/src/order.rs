//! The order to release a table: what, by which decision, with whose approval.

use std::collections::BTreeMap;

use pipeline_domain::{
    ApprovalId, DatasetId, Language, ReleaseId, Sha256Digest, Timestamp, VersionId,
};
use policies::DisclosureRules;

/// Everything a release says about itself beside its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseOrder {
    /// The release.
    pub id: ReleaseId,
    /// What it is called.
    pub title: BTreeMap<Language, String>,
    /// The plan that was run.
    pub plan: PlanAnnex,
    /// The decision that let it run.
    pub approval: ApprovalId,
    /// The dataset it counts.
    pub dataset: DatasetId,
    /// The version of that dataset.
    pub version: VersionId,
    /// Who asked for the table.
    pub requester: String,
    /// The officer who looked at its cells and approved them.
    pub officer: OfficerApproval,
    /// The rules it was protected by.
    pub rules: DisclosureRules,
    /// When it is sealed.
    pub made: Timestamp,
    /// The version of the software.
    pub software: String,
}

/// The plan as it goes into the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanAnnex {
    /// Its hash.
    pub hash: Sha256Digest,
    /// Its canonical JSON, whose digest is the hash.
    pub json: String,
    /// What it asks, in plain sentences.
    pub text: BTreeMap<Language, String>,
}

/// An officer's approval of the cells of one cube.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerApproval {
    /// The officer.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The digest of the cube that was looked at.
    pub digest: Sha256Digest,
}
