//! What an extraction did, in numbers; stays with the holder.

use std::collections::BTreeMap;

use pipeline_domain::{BatchId, DomainId, HolderId};
use serde::{Deserialize, Serialize};

/// The report of one extraction. It holds counts only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractReport {
    /// The batch that was made.
    pub batch: BatchId,
    /// Who made it.
    pub holder: HolderId,
    /// The domain its tags belong to.
    pub domain: DomainId,
    /// Files in the source.
    pub files: u64,
    /// Bytes read from it, as stored.
    pub bytes: u64,
    /// Persons with at least one row.
    pub persons: u64,
    /// Records by resource type.
    pub resources: BTreeMap<String, TypeCounts>,
    /// Lines and files that are no record at all, such as broken JSON.
    pub not_records: u64,
    /// What was set aside, by reason code.
    pub quarantined: BTreeMap<String, u64>,
    /// Rows written, by view.
    pub rows: BTreeMap<String, u64>,
    /// Rows with a value, by view and column.
    pub filled: BTreeMap<String, BTreeMap<String, u64>>,
}

/// What became of the records of one type: `read = written + quarantined`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCounts {
    /// Records found.
    pub read: u64,
    /// Records that gave at least one row.
    pub written: u64,
    /// Records set aside.
    pub quarantined: u64,
}

impl ExtractReport {
    /// All records together.
    #[must_use]
    pub fn total(&self) -> TypeCounts {
        self.resources.values().fold(TypeCounts::default(), |sum, counts| TypeCounts {
            read: sum.read + counts.read,
            written: sum.written + counts.written,
            quarantined: sum.quarantined + counts.quarantined,
        })
    }
}
