//! What the TTP did: a text file, one JSON object a line, each with the hash of the line before.

use pipeline_domain::{BatchId, DomainId, HolderId, Sha256Digest, Timestamp};
use pipeline_exchange::{BatchPurpose, ExchangeError, Store};
use serde::{Deserialize, Serialize};

use crate::TtpError;

/// The file name of the ledger.
pub const LEDGER: &str = "ledger.ndjson";

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Counted from 1.
    pub number: u64,
    /// The SHA-256 of the line before, without its line end; of nothing for the first.
    pub previous: Sha256Digest,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: LedgerEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum LedgerEvent {
    /// A domain was opened.
    DomainOpened {
        /// The domain.
        domain: DomainId,
        /// The version of its key.
        key_version: u32,
    },
    /// A batch was answered and its id rows were deleted.
    BatchAnswered {
        /// The batch.
        batch: BatchId,
        /// The domain.
        domain: DomainId,
        /// Who sent it.
        holder: HolderId,
        /// What it was for.
        purpose: BatchPurpose,
        /// Rows received, padding included.
        rows: u64,
        /// The digest of its manifest.
        manifest: Sha256Digest,
        /// Opt-out batches that were applied.
        opt_outs: Vec<BatchId>,
    },
    /// A batch was refused.
    BatchRefused {
        /// The batch, by the name of its folder.
        batch: String,
        /// Why.
        reason: String,
    },
}

/// The ledger, opened and checked.
#[derive(Debug)]
pub struct Ledger<'a> {
    folder: &'a Store,
    text: Vec<u8>,
    entries: Vec<LedgerEntry>,
}

impl<'a> Ledger<'a> {
    /// Opens the ledger of a folder and checks every link of its chain.
    pub fn open(folder: &'a Store) -> Result<Self, TtpError> {
        let text = folder.read_if_there(LEDGER)?.unwrap_or_default();
        let mut entries = Vec::new();
        let mut previous = Sha256Digest::of(b"");
        for (number, line) in
            (1..).zip(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()))
        {
            let changed = TtpError::LedgerChanged { line: number };
            let entry: LedgerEntry = serde_json::from_slice(line)
                .map_err(|_| TtpError::LedgerChanged { line: number })?;
            if entry.number != number || entry.previous != previous {
                return Err(changed);
            }
            previous = Sha256Digest::of(line);
            entries.push(entry);
        }
        Ok(Self { folder, text, entries })
    }

    /// What it holds, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// The digest of the manifest under which a batch was answered, if it was.
    #[must_use]
    pub fn answered(&self, wanted: BatchId) -> Option<Sha256Digest> {
        self.entries.iter().find_map(|entry| match &entry.event {
            LedgerEvent::BatchAnswered { batch, manifest, .. } if *batch == wanted => {
                Some(*manifest)
            }
            _ => None,
        })
    }

    /// Adds an entry.
    pub fn add(&mut self, event: LedgerEvent, at: Timestamp) -> Result<(), TtpError> {
        let last = self.text.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
        let previous = Sha256Digest::of(last.unwrap_or_default());
        let entry = LedgerEntry { number: self.entries.len() as u64 + 1, previous, at, event };
        let line = serde_json::to_vec(&entry)
            .map_err(|source| ExchangeError::Json { path: LEDGER.to_owned(), source })?;
        self.text.extend_from_slice(&line);
        self.text.push(b'\n');
        self.entries.push(entry);
        Ok(self.folder.write(LEDGER, self.text.clone())?)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_changed_ledger_is_found() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = Store::open(&"memory:".parse().unwrap()).unwrap();
        let mut ledger = Ledger::open(&folder).unwrap();
        for number in 0..3 {
            let event =
                LedgerEvent::BatchRefused { batch: number.to_string(), reason: "test".to_owned() };
            ledger.add(event, datetime!(2026-11-25 12:00 UTC)).unwrap();
        }
        assert_eq!(Ledger::open(&folder).unwrap().entries().len(), 3);

        let whole = String::from_utf8(folder.read(LEDGER).unwrap()).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        let changes = [
            whole.replacen("\"batch\":\"1\"", "\"batch\":\"7\"", 1),
            [lines[0], lines[2]].join("\n"),
            [lines[1], lines[0], lines[2]].join("\n"),
            whole.replacen('{', "", 1),
        ];
        for changed in changes {
            folder.write(LEDGER, changed.into_bytes()).unwrap();
            assert!(matches!(Ledger::open(&folder), Err(TtpError::LedgerChanged { .. })));
        }
    }
}
