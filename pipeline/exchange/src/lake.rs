//! The lake: immutable versions of datasets, keyed by research id.
//!
//! `<dataset>/<version>/part-NNNNN.parquet` and `manifest.json`; a version exists once its manifest
//! does. `<dataset>/HEAD` names the newest.

use pipeline_domain::{BatchId, DatasetId, DomainId, HolderId, Sha256Digest, Timestamp, VersionId};
use serde::{Deserialize, Serialize};

use crate::{ExchangeError, MANIFEST, Store, wire::ColumnSpec};

/// What one version of a dataset is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionManifest {
    /// The dataset.
    pub dataset: DatasetId,
    /// The version.
    pub version: VersionId,
    /// The domain whose research ids key the rows.
    pub domain: DomainId,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub made: Timestamp,
    /// The re-keying its research ids come from, after the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rekeyed: Option<BatchId>,
    /// The FHIR resource its rows were made from.
    pub resource: String,
    /// Its columns beside the research id, in order.
    pub columns: Vec<ColumnSpec>,
    /// Its files.
    pub parts: Vec<Part>,
    /// The version of the software that made it.
    pub software: String,
}

/// One Parquet file of a version: the rows of one batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The file name in the folder of the version.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
    /// The batch it was made from.
    pub batch: BatchId,
    /// Who sent that batch.
    pub holder: HolderId,
    /// Whether its rows carry the ids of their records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub record_ids: bool,
}

impl VersionManifest {
    /// The folder of the version, with a `/` at its end.
    #[must_use]
    pub fn folder(&self) -> String {
        folder(&self.dataset, &self.version)
    }

    /// The rows of all parts together.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Writes the manifest, which makes the version exist, and then points HEAD at it.
    pub fn publish(&self, lake: &Store) -> Result<(), ExchangeError> {
        lake.write_json(&format!("{}{MANIFEST}", self.folder()), self)?;
        lake.write(&head_path(&self.dataset), format!("{}\n", self.version).into_bytes())
    }
}

/// The folder of a version, with a `/` at its end.
#[must_use]
pub fn folder(dataset: &DatasetId, version: &VersionId) -> String {
    format!("{dataset}/{version}/")
}

/// The newest version of a dataset, where there is one.
pub fn head(lake: &Store, dataset: &DatasetId) -> Result<Option<VersionId>, ExchangeError> {
    let path = head_path(dataset);
    let Some(bytes) = lake.read_if_there(&path)? else {
        return Ok(None);
    };
    let version = String::from_utf8_lossy(&bytes).trim().parse();
    version.map(Some).map_err(|_| ExchangeError::Differs { path, what: "no version id in it" })
}

/// The manifest of a version.
pub fn manifest(
    lake: &Store,
    dataset: &DatasetId,
    version: &VersionId,
) -> Result<VersionManifest, ExchangeError> {
    lake.read_json(&format!("{}{MANIFEST}", folder(dataset, version)))
}

/// The datasets that have a version.
pub fn datasets(lake: &Store) -> Result<Vec<DatasetId>, ExchangeError> {
    let named = lake.folders("")?;
    Ok(named.iter().filter_map(|name| name.parse().ok()).collect())
}

fn head_path(dataset: &DatasetId) -> String {
    format!("{dataset}/HEAD")
}
