//! The chain of a holder's batches in a domain: which place the next one takes.
//!
//! It stands beside the keys of the holder, who alone can go on with it.

use std::path::{Path, PathBuf};

use anyhow::bail;
use pipeline_domain::{BatchId, DomainId, Sha256Digest};
use pipeline_exchange::{Chain, Store};
use pipeline_extract::{ExtractReport, REPORT};
use serde::{Deserialize, Serialize};

use crate::party;

/// The batch made last.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    batch: BatchId,
    chain: Chain,
    /// The digest of its manifest for the TTP.
    manifest: Sha256Digest,
}

/// The place of the next batch. Where the folder it goes into has a finished one that was not
/// recorded, since the process died just then, that is recorded first.
pub(crate) fn next(keys: &Path, domain: DomainId, out: &Store) -> anyhow::Result<Chain> {
    let next = after(last(keys, domain)?.as_ref());
    if out.exists(REPORT)? {
        let report: ExtractReport = out.read_json(REPORT)?;
        if report.domain == domain && report.chain == next {
            record(keys, &report)?;
            return Ok(after(last(keys, domain)?.as_ref()));
        }
    }
    Ok(next)
}

/// The place of the batch made last, for another one.
pub(crate) fn again(keys: &Path, domain: DomainId, batch: BatchId) -> anyhow::Result<Chain> {
    match last(keys, domain)? {
        Some(last) if last.batch == batch => Ok(last.chain),
        Some(last) => bail!(
            "{batch} is not the batch made last, which is {}; later batches name those before them",
            last.batch
        ),
        None => {
            bail!("no batch of the domain {domain} was made with the keys in {}", keys.display())
        }
    }
}

/// Remembers a batch that was made.
pub(crate) fn record(keys: &Path, report: &ExtractReport) -> anyhow::Result<()> {
    let Some(manifest) = report.manifest else {
        bail!("the report of batch {} names no manifest", report.batch);
    };
    let last = Last { batch: report.batch, chain: report.chain, manifest };
    party::write_json(&path(keys, report.domain), &last)
}

fn after(last: Option<&Last>) -> Chain {
    last.map_or(Chain::FIRST, |last| Chain::after(last.chain.sequence, last.manifest))
}

fn last(keys: &Path, domain: DomainId) -> anyhow::Result<Option<Last>> {
    let path = path(keys, domain);
    if path.exists() { party::read_json(&path).map(Some) } else { Ok(None) }
}

fn path(keys: &Path, domain: DomainId) -> PathBuf {
    keys.join("chain").join(format!("{domain}.json"))
}
