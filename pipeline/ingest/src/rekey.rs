//! Re-keying: the HDA asks the TTP to lay keys over the pseudonyms it keeps, and writes its rows anew
//! under the research ids those give.
//!
//! One act serves three ends. After a rotation the standing tables get ids under the key in use, and
//! go on linking with what arrives. For a permit its datasets are written, in a place of their own,
//! under ids that nothing links with any other. And whoever opted out since is not in the answer, so
//! that their rows are not in the next version.
//!
//! While the standing tables of a domain wait for an answer, its batches wait too: what came in
//! between would have ids of before.

mod ask;
mod take;

use std::collections::BTreeMap;

use pipeline_domain::{BatchId, DatasetId, DomainId, Sha256Digest, Timestamp, VersionId};
use pipeline_exchange::{Chain, ExchangeError};
use serde::{Deserialize, Serialize};

use crate::{Ingest, IngestError};

/// What somebody wants re-keyed.
#[derive(Debug, Clone)]
pub struct RekeyOrder {
    /// The domain of the standing tables.
    pub domain: DomainId,
    /// A permit's own domain and where its datasets go; without it the standing tables themselves
    /// are written anew.
    pub permit: Option<ForPermit>,
    /// The id of the batch by which the TTP is asked (`UUIDv7`).
    pub batch: BatchId,
    /// A batch that was not answered, and whose place this one takes.
    pub instead_of: Option<BatchId>,
    /// After this moment the TTP does not answer any more.
    pub not_after: Timestamp,
}

/// A permit's own domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForPermit {
    /// The domain.
    pub domain: DomainId,
    /// Where its datasets are written, as a location.
    pub into: String,
    /// Which datasets; all where none is named.
    pub datasets: Vec<DatasetId>,
}

/// A re-keying the TTP was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RekeyRequest {
    /// The batch by which it was asked.
    pub batch: BatchId,
    /// The domain of the standing tables.
    pub domain: DomainId,
    /// Where it is for a permit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<ForPermit>,
    /// The versions that are written anew.
    pub versions: BTreeMap<DatasetId, VersionId>,
    /// How many people have rows in them.
    pub persons: u64,
    /// How many linked ids stand in them.
    pub linked: u64,
    /// Its place among the batches of the HDA in the domain.
    pub chain: Chain,
    /// The digest of its manifest.
    pub manifest: Sha256Digest,
    /// When it was asked.
    #[serde(with = "time::serde::rfc3339")]
    pub asked: Timestamp,
}

/// A re-keying that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rekeyed {
    /// The batch by which it was asked.
    pub batch: BatchId,
    /// The domain the rows are of now.
    pub domain: DomainId,
    /// The version of K2 under their ids.
    pub key_version: u32,
    /// The versions that were written.
    pub versions: BTreeMap<DatasetId, VersionId>,
    /// Their rows.
    pub rows: u64,
    /// Rows left out, of people who opted out since or are not in the cohort.
    pub left_out: u64,
}

/// The batch of the HDA that was answered last in a domain.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    sequence: u64,
    manifest: Sha256Digest,
}

const REKEY: &str = "_rekey/";
const REQUEST: &str = "request.json";

impl Ingest<'_> {
    /// The re-keyings that wait for an answer.
    pub fn rekey_requests(&self) -> Result<Vec<RekeyRequest>, IngestError> {
        let mut requests = Vec::new();
        for name in self.lake.folders(REKEY)? {
            let path = format!("{REKEY}{name}/{REQUEST}");
            if let Some(bytes) = self.lake.read_if_there(&path)? {
                let request = serde_json::from_slice(&bytes)
                    .map_err(|source| ExchangeError::Json { path, source })?;
                requests.push(request);
            }
        }
        Ok(requests)
    }

    /// The place of the next batch of the HDA in a domain.
    fn next_place(&self, domain: DomainId) -> Result<Chain, IngestError> {
        let path = chain_path(domain);
        if !self.lake.exists(&path)? {
            return Ok(Chain::FIRST);
        }
        let last: Last = self.lake.read_json(&path)?;
        Ok(Chain::after(last.sequence, last.manifest))
    }

    fn drop_request(&self, batch: BatchId) -> Result<(), IngestError> {
        self.lake.delete(&format!("{REKEY}{batch}/{REQUEST}"))?;
        Ok(self.lake.delete_all(&format!("{REKEY}{batch}/"))?)
    }
}

/// Where the tokens lie under which ids were sent.
fn tokens_path(batch: BatchId, file: &str) -> String {
    format!("{REKEY}{batch}/{file}")
}

fn chain_path(domain: DomainId) -> String {
    format!("{REKEY}{domain}.json")
}
