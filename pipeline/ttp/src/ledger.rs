//! What the TTP did.

use std::collections::BTreeSet;

use pipeline_domain::{
    ApprovalId, BatchId, DomainId, HolderId, PublicKey, Sha256Digest, Signer, Timestamp,
};
use pipeline_exchange::{BatchPurpose, Chain, ExchangeError, Store, ledger};
use serde::{Deserialize, Serialize};

use crate::Domain;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum LedgerEvent {
    /// A domain was opened, or opened anew for others.
    DomainOpened {
        /// The domain, and for whom.
        opened: Domain,
    },
    /// A domain was bound to the opt-outs that had come.
    OptOutsFrozen {
        /// The domain.
        domain: DomainId,
        /// The decision that binds it.
        approval: ApprovalId,
        /// The batches of opt-outs.
        batches: Vec<BatchId>,
        /// The digest of their tags.
        digest: Sha256Digest,
    },
    /// The key of a domain was rotated.
    KeyRotated {
        /// The domain.
        domain: DomainId,
        /// The new version of its key.
        key_version: u32,
    },
    /// A batch was answered.
    BatchAnswered {
        /// The batch.
        batch: BatchId,
        /// The domain.
        domain: DomainId,
        /// The domain of the answer, where it is another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<DomainId>,
        /// Who sent it.
        holder: HolderId,
        /// What it was for.
        purpose: BatchPurpose,
        /// Its place among the batches of its holder in the domain.
        sequence: u64,
        /// Rows received, padding included.
        rows: u64,
        /// The digest of its manifest.
        manifest: Sha256Digest,
        /// Opt-out batches that were applied.
        opt_outs: Vec<BatchId>,
    },
    /// Nothing is left of the id rows of a batch; the TTP answers for it with its signature.
    IdRowsDeleted {
        /// The batch.
        batch: BatchId,
    },
    /// A batch was refused.
    BatchRefused {
        /// The batch, by the name of its folder.
        batch: String,
        /// Why.
        reason: String,
    },
}

/// The ledger of the TTP, opened and checked.
#[derive(Debug)]
pub struct Ledger<'a>(ledger::Ledger<'a, LedgerEvent>);

impl<'a> Ledger<'a> {
    /// Opens the ledger of a folder, checked against the key of its TTP.
    pub fn open(folder: &'a Store, key: &PublicKey) -> Result<Self, ExchangeError> {
        ledger::Ledger::open(folder, key).map(Self)
    }

    /// What it holds, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[ledger::LedgerEntry<LedgerEvent>] {
        self.0.entries()
    }

    /// Adds an entry.
    pub fn add(
        &mut self,
        event: LedgerEvent,
        at: Timestamp,
        signer: &dyn Signer,
    ) -> Result<(), ExchangeError> {
        self.0.add(event, at, signer)
    }

    /// The digest of the manifest under which a batch was answered, if it was.
    #[must_use]
    pub fn answered(&self, wanted: BatchId) -> Option<Sha256Digest> {
        self.events().find_map(|event| match event {
            LedgerEvent::BatchAnswered { batch, manifest, .. } if *batch == wanted => {
                Some(*manifest)
            }
            _ => None,
        })
    }

    /// The place of the next batch of a holder in a domain.
    #[must_use]
    pub fn next(&self, of: DomainId, by: &HolderId) -> Chain {
        let answered = self.events().filter_map(|event| match event {
            LedgerEvent::BatchAnswered { domain, holder, sequence, manifest, .. }
                if *domain == of && holder == by =>
            {
                Some(Chain::after(*sequence, *manifest))
            }
            _ => None,
        });
        answered.last().unwrap_or(Chain::FIRST)
    }

    /// How many rows a holder has sent in a domain, padding included.
    #[must_use]
    pub fn rows_sent(&self, of: DomainId, by: &HolderId) -> u64 {
        let rows = self.events().map(|event| match event {
            LedgerEvent::BatchAnswered { domain, holder, rows, .. }
                if *domain == of && holder == by =>
            {
                *rows
            }
            _ => 0,
        });
        rows.sum()
    }

    /// The lists of people that were taken in for a domain.
    #[must_use]
    pub fn lists(&self, of: DomainId) -> Vec<(BatchPurpose, BatchId)> {
        let lists = self.events().filter_map(|event| match event {
            LedgerEvent::BatchAnswered { domain, purpose, batch, .. }
                if *domain == of && purpose.is_list() =>
            {
                Some((*purpose, *batch))
            }
            _ => None,
        });
        lists.collect()
    }

    /// Batches that were answered and whose id rows nobody said were deleted: the TTP died between
    /// the two.
    #[must_use]
    pub fn undeleted(&self) -> Vec<BatchId> {
        let deleted: BTreeSet<BatchId> = self
            .events()
            .filter_map(|event| match event {
                LedgerEvent::IdRowsDeleted { batch } => Some(*batch),
                _ => None,
            })
            .collect();
        self.events()
            .filter_map(|event| match event {
                LedgerEvent::BatchAnswered { batch, .. } if !deleted.contains(batch) => {
                    Some(*batch)
                }
                _ => None,
            })
            .collect()
    }

    fn events(&self) -> impl Iterator<Item = &LedgerEvent> {
        self.0.entries().iter().map(|entry| &entry.event)
    }
}
