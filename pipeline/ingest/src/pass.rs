//! One pass over the inbox of the HDA.

use std::collections::BTreeSet;

use pipeline_domain::{
    BatchId, DatasetId, DatasetProfile, DomainId, HolderId, Sha256Digest, Timestamp, VersionId,
};
use pipeline_exchange::{
    BatchMode, BatchPurpose, ExchangeError, MANIFEST, Manifest, PartyRole, Register,
    SignedManifest, Store,
    lake::{self, VersionManifest},
    sentence,
};
use pipeline_keys::{HdaKey, KeyError, PartyKeys};
use serde::{Deserialize, Serialize};
use tracing::{info, instrument, warn};

use crate::{
    IngestError, Refusal, Rekeyed,
    join::Links,
    profile::profile,
    supersede::{Touched, touched},
    version::Versions,
};

/// The number of the export K3 is derived for; a permit's own exports get others.
pub(crate) const EXPORT: u32 = 1;

/// The HDA's door: its keys, its inbox, its lake.
#[derive(Debug)]
pub struct Ingest<'a> {
    /// Its own name, as the register of the TTP has it.
    pub name: &'a HolderId,
    /// Its keys.
    pub keys: &'a PartyKeys,
    /// Where the halves of batches arrive.
    pub inbox: &'a Store,
    /// Where dataset versions are published.
    pub lake: &'a Store,
    /// The parties it knows.
    pub register: &'a Register,
    /// The smallest group of people a profile speaks of.
    pub smallest_count: u64,
    /// The moment of the pass.
    pub now: Timestamp,
    /// The version of this software.
    pub software: &'a str,
}

/// What one pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ingested {
    /// Batches taken in, with their rows.
    pub receipts: Vec<Receipt>,
    /// Batches refused, and why.
    pub refused: Vec<Refused>,
    /// Re-keyings that were answered.
    pub rekeyed: Vec<Rekeyed>,
    /// Batches that wait until the standing tables of their domain are re-keyed.
    pub waiting: u64,
    /// The dataset versions that were published.
    #[serde(skip)]
    pub versions: Vec<VersionManifest>,
}

/// A batch that is in the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The batch.
    pub batch: BatchId,
    /// Who sent it.
    pub holder: HolderId,
    /// The domain of its pseudonyms.
    pub domain: DomainId,
    /// What it did to what its holder sent before.
    #[serde(default)]
    pub mode: BatchMode,
    /// The digest of its payload manifest.
    pub manifest: Sha256Digest,
    /// Rows that arrived.
    pub rows: u64,
    /// When it was taken in.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
}

/// A batch that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The batch, by the name of its folder.
    pub batch: String,
    /// Why.
    pub reason: String,
}

/// What a folder of the inbox holds.
enum Came {
    /// Both halves.
    Whole(Box<Ready>),
    /// Both, and ids under a key the standing tables do not have yet.
    Early,
    /// Not both of them.
    Nothing,
}

/// A batch whose two halves are here and believed.
pub(crate) struct Ready {
    pub(crate) manifest: Manifest,
    pub(crate) digest: Sha256Digest,
    pub(crate) payload: String,
    pub(crate) answer: Manifest,
    pub(crate) links: Links,
    /// The records whose earlier rows go.
    pub(crate) touched: Touched,
}

impl Ingest<'_> {
    /// Takes in every batch whose two halves have arrived and publishes new dataset versions.
    #[instrument(skip_all)]
    pub fn pass(&self) -> Result<Ingested, IngestError> {
        let mut ingested = Ingested::default();
        let mut ready = Vec::new();
        for place in [self.inbox, self.lake] {
            place.clear_old_partial(self.now)?;
        }
        let names = self.inbox.folders("")?;
        let rekeying = self.take_rekeyed(&mut ingested)?;
        for name in names {
            match self.batch(&name, &rekeying) {
                Ok(Came::Whole(batch)) => ready.push(*batch),
                Ok(Came::Early) => ingested.waiting += 1,
                Ok(Came::Nothing) => {}
                Err(Stop::Refused(refusal)) => {
                    let refused = refused(&name, refusal)?;
                    self.note_refusal(&refused)?;
                    ingested.refused.push(refused);
                }
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        // Also where nothing is ready: what a pass that died has left is mended.
        loop {
            let later = after_this_round(&mut ready);
            self.round(ready, &mut ingested)?;
            if later.is_empty() {
                return Ok(ingested);
            }
            ready = later;
        }
    }

    /// Takes in batches that do not change one another.
    fn round(&self, mut ready: Vec<Ready>, ingested: &mut Ingested) -> Result<(), IngestError> {
        let versions = Versions::open(self)?;
        let (mut unwanted, known) = (Vec::new(), self.known_batches()?);
        for batch in &ready {
            if let Some(later) = self.later(&batch.manifest, &known)? {
                unwanted.push((batch.manifest.batch_id, Refusal::OutOfOrder { later }));
            }
        }
        let mut all_refused = Vec::new();
        let staged = loop {
            for (batch, refusal) in unwanted {
                ready.retain(|kept| kept.manifest.batch_id != batch);
                all_refused.push(refused(&batch.to_string(), refusal)?);
            }
            let staged = versions.stage(&ready)?;
            if staged.refused.is_empty() {
                break staged;
            }
            // What was written for the others stands beside what must not be there: once more.
            versions.undo(&staged)?;
            unwanted = staged.refused.into_iter().collect();
        };
        for refused in &all_refused {
            self.note_refusal(refused)?;
        }
        ingested.refused.extend(all_refused);
        ingested.versions.extend(versions.publish(staged)?);
        for batch in ready {
            ingested.receipts.push(self.finish(&batch)?);
        }
        Ok(())
    }

    /// A batch of the same holder that was made later and is in the lake already, where one of the
    /// two changes what was sent before: only in the order in which they were made do they mean
    /// what they meant.
    fn later(
        &self,
        manifest: &Manifest,
        known: &[BatchId],
    ) -> Result<Option<BatchId>, IngestError> {
        // Ids begin with the time, so only what is greater can be later.
        for batch in known.iter().filter(|known| **known > manifest.batch_id) {
            let receipt: Receipt = self.lake.read_json(&receipt_path(*batch))?;
            let matters = !(manifest.mode.is_append() && receipt.mode.is_append());
            if receipt.holder == manifest.holder && receipt.domain == manifest.domain && matters {
                return Ok(Some(*batch));
            }
        }
        Ok(None)
    }

    /// The batches that were taken in.
    fn known_batches(&self) -> Result<Vec<BatchId>, IngestError> {
        let id = |path: &String| {
            path.strip_prefix(RECEIPTS)?.strip_suffix(".json")?.parse::<BatchId>().ok()
        };
        Ok(self.lake.list(RECEIPTS)?.iter().filter_map(id).collect())
    }

    /// The profiles of the newest versions that nobody has described yet; `described` tells which
    /// version of a dataset has a record. A pass that died between the two loses no record so.
    pub fn undescribed(
        &self,
        described: impl Fn(&DatasetId) -> Result<Option<VersionId>, ExchangeError>,
    ) -> Result<Vec<DatasetProfile>, IngestError> {
        let mut profiles = Vec::new();
        for dataset in lake::datasets(self.lake)? {
            let Some(version) = lake::head(self.lake, &dataset)? else {
                continue;
            };
            if described(&dataset)?.as_ref() != Some(&version) {
                let manifest = lake::manifest(self.lake, &dataset, &version)?;
                profiles.push(profile(self, &manifest)?);
            }
        }
        Ok(profiles)
    }

    /// A batch, once both halves are there.
    fn batch(&self, name: &str, rekeying: &BTreeSet<DomainId>) -> Result<Came, Stop> {
        let (payload, link) = (format!("{name}/payload/"), format!("{name}/link/"));
        let by = |role| move |party: &HolderId| self.register.signing_key(party, &[role]);
        let half = |folder: &str, role| -> Result<_, Stop> {
            Ok(SignedManifest::read(self.inbox, folder, by(role)).map_err(Refusal::from)?)
        };
        let Some(sent) = half(&payload, PartyRole::Holder)? else {
            // An upload that broke off, or what a pass that died left of a batch.
            self.inbox.clear_abandoned(&format!("{name}/"), self.now)?;
            return Ok(Came::Nothing);
        };
        let Some(answer) = half(&link, PartyRole::Ttp)? else {
            return Ok(Came::Nothing);
        };
        self.compare(name, &sent.manifest, &answer.manifest)?;
        if self.is_known(&sent)? {
            // It came again after it was taken in: nothing is added.
            self.delete(name)?;
            return Ok(Came::Nothing);
        }
        if self.comes_early(&answer.manifest, rekeying)? {
            return Ok(Came::Early);
        }
        sent.check_files(self.inbox, &payload).map_err(Refusal::from)?;
        answer.check_files(self.inbox, &link).map_err(Refusal::from)?;
        let key = self.key(sent.manifest.domain)?;
        let links = Links::read(self.inbox, &link, &answer.manifest, &key)?;
        let touched = touched(self.inbox, &payload, &sent.manifest, &links)?;
        let SignedManifest { manifest, digest } = sent;
        let answer = answer.manifest;
        Ok(Came::Whole(Box::new(Ready { manifest, digest, payload, answer, links, touched })))
    }

    /// Was a batch answered under a key that the standing tables of its domain do not have yet? One
    /// that was answered under a key they have no more must be answered again.
    fn comes_early(&self, answer: &Manifest, rekeying: &BTreeSet<DomainId>) -> Result<bool, Stop> {
        if rekeying.contains(&answer.domain) {
            return Ok(true);
        }
        let kept = self.kept(answer.domain)?;
        let Some(ours) = kept.values().map(|kept| kept.key_version).max() else {
            return Ok(false);
        };
        let theirs = answer.key_version;
        if theirs < ours {
            return Err(Refusal::OlderKey { theirs, ours }.into());
        }
        if theirs > ours {
            let (batch, domain) = (answer.batch_id, answer.domain);
            warn!(%batch, %domain, "the key of the domain was rotated: run `hda rekey`");
        }
        Ok(theirs > ours)
    }

    fn compare(&self, name: &str, sent: &Manifest, answer: &Manifest) -> Result<(), Refusal> {
        let same = sent.batch_id == answer.batch_id
            && sent.batch_id.to_string() == name
            && sent.domain == answer.domain
            && sent.holder == answer.holder
            && sent.chain == answer.chain
            && sent.release == answer.release
            && sent.signed_by == sent.holder
            && sent.purpose == BatchPurpose::Extract;
        if !same {
            return Err(Refusal::HalvesDiffer);
        }
        if sent.not_after < self.now {
            return Err(Refusal::Expired { not_after: sent.not_after });
        }
        Ok(())
    }

    fn is_known(&self, sent: &SignedManifest) -> Result<bool, Stop> {
        let path = receipt_path(sent.manifest.batch_id);
        if !self.lake.exists(&path)? {
            return Ok(false);
        }
        let receipt: Receipt = self.lake.read_json(&path)?;
        if receipt.manifest == sent.digest { Ok(true) } else { Err(Refusal::OtherContent.into()) }
    }

    pub(crate) fn key(&self, domain: DomainId) -> Result<HdaKey, KeyError> {
        let keyring = self.keys.keyring();
        keyring.make_seed(domain, EXPORT)?;
        let seed = keyring.seed(domain, EXPORT)?;
        Ok(HdaKey::derive(&keyring.root()?, &seed, domain, EXPORT))
    }

    /// The rows are in the lake: the halves, with their tokens and pseudonyms, go.
    fn finish(&self, batch: &Ready) -> Result<Receipt, IngestError> {
        let receipt = Receipt {
            batch: batch.manifest.batch_id,
            holder: batch.manifest.holder.clone(),
            domain: batch.manifest.domain,
            mode: batch.manifest.mode,
            manifest: batch.digest,
            rows: batch.manifest.files.iter().map(|file| file.rows).sum(),
            at: self.now,
        };
        let (link, domain) = (format!("{}/link/", receipt.batch), receipt.domain);
        self.keep_pseudonyms(&batch.answer, domain, &link, &self.key(domain)?)?;
        self.lake.write_json(&receipt_path(receipt.batch), &receipt)?;
        self.delete(&receipt.batch.to_string())?;
        info!(batch = %receipt.batch, rows = receipt.rows, "took in a batch of {} rows", receipt.rows);
        Ok(receipt)
    }

    pub(crate) fn note_refusal(&self, refused: &Refused) -> Result<(), IngestError> {
        warn!(
            batch = refused.batch,
            reason = refused.reason,
            "refused a batch: {}",
            refused.reason
        );
        self.lake.write_json(&format!("_refused/{}.json", refused.batch), refused)?;
        self.delete(&refused.batch)
    }

    /// The manifests go first: what has none does not exist.
    pub(crate) fn delete(&self, name: &str) -> Result<(), IngestError> {
        for half in ["payload", "link"] {
            self.inbox.delete(&format!("{name}/{half}/{MANIFEST}"))?;
        }
        Ok(self.inbox.delete_all(&format!("{name}/"))?)
    }
}

/// Keeps the batches that go together and hands back those whose turn comes later: where a batch
/// changes what its holder sent before, each of that holder's has a round of its own.
fn after_this_round(ready: &mut Vec<Ready>) -> Vec<Ready> {
    ready.sort_by_key(|batch| batch.manifest.batch_id);
    let changes = |batch: &&Ready| !batch.manifest.mode.is_append();
    let alone: BTreeSet<HolderId> =
        ready.iter().filter(changes).map(|batch| batch.manifest.holder.clone()).collect();
    let mut seen = BTreeSet::new();
    let (now, later) = std::mem::take(ready).into_iter().partition(|batch| {
        let holder = &batch.manifest.holder;
        !alone.contains(holder) || seen.insert(holder.clone())
    });
    *ready = now;
    later
}

/// A width as Arrow has it.
pub(crate) fn fixed(len: usize) -> i32 {
    i32::try_from(len).unwrap_or(i32::MAX)
}

/// Receipts stand beside the datasets; no dataset name begins with `_`.
const RECEIPTS: &str = "_receipts/";

fn receipt_path(batch: BatchId) -> String {
    format!("{RECEIPTS}{batch}.json")
}

pub(crate) fn refused(name: &str, refusal: Refusal) -> Result<Refused, IngestError> {
    // A store that does not answer says nothing of the batch, which is tried again.
    let refusal = match refusal {
        Refusal::NotBelieved(error) if error.is_outage() => return Err(error.into()),
        refusal => refusal,
    };
    Ok(Refused { batch: name.to_owned(), reason: sentence(&refusal) })
}

/// A batch was refused, or the HDA itself failed.
pub(crate) enum Stop {
    Refused(Refusal),
    Failed(IngestError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

macro_rules! failures {
    ($($error:ty),*) => {$(
        impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self::Failed(error.into())
            }
        }
    )*};
}

failures!(IngestError, ExchangeError, KeyError);
