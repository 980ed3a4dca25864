//! The signed list of what a package holds, and by whose decisions.

use std::collections::BTreeMap;

use pipeline_disclosure::ProtectedCube;
use pipeline_domain::{
    ApprovalId, DatasetId, Language, PublicKey, ReleaseId, Sha256Digest, Timestamp, VersionId,
};
use serde::{Deserialize, Serialize};

use crate::ReleaseOrder;

/// The format this version writes and verifies.
pub(crate) const FORMAT: &str = "HDABE-v1/release";

/// Every file of a package with its digest, and where its numbers come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of the package.
    pub format: String,
    /// The release.
    pub release: ReleaseId,
    /// What it is called.
    pub title: BTreeMap<Language, String>,
    /// When it was sealed.
    #[serde(with = "time::serde::rfc3339")]
    pub made: Timestamp,
    /// The dataset it counts.
    pub dataset: DatasetId,
    /// The version of that dataset.
    pub version: VersionId,
    /// Every dataset version that was read.
    pub read: BTreeMap<DatasetId, VersionId>,
    /// The hash of the plan.
    pub plan: Sha256Digest,
    /// The digest of the protected cube.
    pub cube: Sha256Digest,
    /// The decision that let the plan run.
    pub approval: ApprovalId,
    /// Who asked.
    pub requester: String,
    /// Who approved the cells.
    pub officer: OfficerMark,
    /// By which rules the cube was protected.
    pub rules: RulesMark,
    /// The version of the software.
    pub software: String,
    /// The key that signs.
    pub key: PublicKey,
    /// The other files.
    pub files: Vec<FileDigest>,
}

/// Who approved the cells, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerMark {
    /// The officer.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
}

/// Which rules were in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesMark {
    /// Their version.
    pub version: String,
    /// The smallest number of persons that is shown.
    pub smallest_count: u64,
    /// The p of the p% rule.
    pub dominance_percent: u8,
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256Digest,
}

impl Manifest {
    pub(crate) fn new(
        cube: &ProtectedCube,
        order: &ReleaseOrder,
        files: &BTreeMap<String, Vec<u8>>,
        key: PublicKey,
    ) -> Self {
        let files = files.iter().map(|(name, bytes)| FileDigest {
            name: name.clone(),
            bytes: bytes.len() as u64,
            sha256: Sha256Digest::of(bytes),
        });
        Self {
            format: FORMAT.to_owned(),
            release: order.id,
            title: order.title.clone(),
            made: order.made,
            dataset: order.dataset.clone(),
            version: order.version.clone(),
            read: cube.source().versions.clone(),
            plan: order.plan.hash,
            cube: cube.digest(),
            approval: order.approval.clone(),
            requester: order.requester.clone(),
            officer: OfficerMark { by: order.officer.by.clone(), at: order.officer.at },
            rules: RulesMark {
                version: order.rules.version().to_owned(),
                smallest_count: order.rules.smallest_count(),
                dominance_percent: order.rules.dominance_percent(),
            },
            software: order.software.clone(),
            key,
            files: files.collect(),
        }
    }
}
