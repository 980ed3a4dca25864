//! What an extraction did, in numbers; stays with the holder.

use std::collections::BTreeMap;

use pipeline_domain::{BatchId, DomainId, HolderId, Sha256Digest};
use pipeline_exchange::{BatchMode, Chain};
use pipeline_quality::Judgement;
use serde::{Deserialize, Serialize};

use crate::Extraction;

/// The report of one extraction. It holds counts only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtractReport {
    /// The batch that was made.
    pub batch: BatchId,
    /// Who made it.
    pub holder: HolderId,
    /// The domain its tags belong to.
    pub domain: DomainId,
    /// Its place among the batches of its holder in the domain.
    pub chain: Chain,
    /// The digest of its manifest for the TTP, which the next batch names.
    pub manifest: Option<Sha256Digest>,
    /// Files in the source.
    pub files: u64,
    /// Bytes read from it, as stored.
    pub bytes: u64,
    /// Persons with at least one row.
    pub persons: u64,
    /// Rows of the id file that name somebody or something: persons, prescriptions, prescribers.
    pub identifiers: u64,
    /// Records by resource type.
    pub resources: BTreeMap<String, TypeCounts>,
    /// Records by file and resource type, for files that had any.
    pub by_file: BTreeMap<String, BTreeMap<String, TypeCounts>>,
    /// Lines and files that are no record at all, such as broken JSON.
    pub not_records: u64,
    /// What was set aside, by reason code.
    pub quarantined: BTreeMap<String, u64>,
    /// Rows written, by view.
    pub rows: BTreeMap<String, u64>,
    /// Identifiers of prescriptions, prescribers and organisations that could not be read, by view
    /// and column; the row stands without a link.
    pub unlinkable: BTreeMap<String, BTreeMap<String, u64>>,
    /// eHealth pseudonyms that were converted.
    pub converted: u64,
    /// Why the conversion service gave nothing more, where it failed as a whole.
    #[serde(default)]
    pub conversion_failed: Option<String>,
    /// What the batch does to what its holder sent before.
    #[serde(default)]
    pub mode: BatchMode,
    /// Records that are no more, or that no dataset takes any longer, in an increment.
    #[serde(default)]
    pub removed: u64,
    /// What the rules of quality say of the batch; figures and plots stand beside this report.
    pub quality: Option<Judgement>,
    /// Why the batch went although the rules stopped it.
    pub despite_quality: Option<String>,
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

impl TypeCounts {
    /// Adds those of another part.
    pub(crate) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.written += other.written;
        self.quarantined += other.quarantined;
    }
}

impl ExtractReport {
    pub(crate) fn empty(job: &Extraction<'_>, files: u64) -> Self {
        Self {
            batch: job.batch,
            holder: job.holder.clone(),
            domain: job.domain,
            chain: job.chain,
            manifest: None,
            files,
            bytes: 0,
            persons: 0,
            identifiers: 0,
            resources: BTreeMap::new(),
            by_file: BTreeMap::new(),
            not_records: 0,
            quarantined: BTreeMap::new(),
            rows: BTreeMap::new(),
            unlinkable: BTreeMap::new(),
            converted: 0,
            conversion_failed: None,
            mode: job.mode,
            removed: 0,
            quality: None,
            despite_quality: None,
            filled: BTreeMap::new(),
        }
    }

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
