//! One pass over the inbox.

use pipeline_domain::{ApprovalId, BatchId, DomainId, HolderId, Signer, Timestamp};
use pipeline_exchange::{
    BatchPurpose, ExchangeError, MANIFEST, Manifest, Register, SignedManifest, Store, sentence,
    wire,
};
use pipeline_keys::{KeyError, PartyKeys, PayloadRoot, RotatedKey, TtpKey};
use serde::Serialize;
use tracing::{info, instrument, warn};

use crate::{
    Domain, Ledger, LedgerEvent, Refusal, TtpError,
    batch::{IdFile, believe, manifest_of},
    link,
    link::{Ids, Linking, Step},
    lists,
    lists::{FrozenOptOuts, Lists},
    rekey::Rekeying,
};

/// The trusted third party: its keys, its folder, its inbox and the inbox it answers to.
#[derive(Debug)]
pub struct Ttp<'a> {
    /// Its own name, as the register has it.
    pub name: &'a HolderId,
    /// Its keys.
    pub keys: &'a PartyKeys,
    /// Its folder: domains, opt-outs, ledger.
    pub folder: &'a Store,
    /// Where holders put their id rows.
    pub inbox: &'a Store,
    /// The inbox of the HDA.
    pub hda: &'a Store,
    /// The parties it knows.
    pub register: &'a Register,
    /// The version of this software.
    pub software: &'a str,
}

/// What one pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// Batches answered.
    pub answered: u64,
    /// Rows in them, padding included.
    pub rows: u64,
    /// Batches refused.
    pub refused: u64,
    /// Batches that wait for the one before them.
    pub waiting: u64,
}

impl Ttp<'_> {
    /// Opens a domain: makes the seed of its key and writes down who may send batches. Said again of
    /// one that is open it changes who may, how many rows and how they come, and no key: that is what
    /// [`rotate_key`](Self::rotate_key) is for. Gives the domain as it is now.
    pub fn open_domain(&self, domain: &Domain, now: Timestamp) -> Result<Domain, TtpError> {
        let opened = match Domain::kept(self.folder, domain.domain) {
            Err(TtpError::UnknownDomain { .. }) => domain.clone(),
            Err(error) => return Err(error),
            Ok(known) => {
                let versions = [known.first_version(), known.key_version];
                if known.source != domain.source || !versions.contains(&domain.key_version) {
                    return Err(TtpError::OpenOtherwise { domain: domain.domain });
                }
                let Domain { key_version, first_version, .. } = known;
                Domain { key_version, first_version, ..domain.clone() }
            }
        };
        if let Some(source) = opened.source {
            Domain::kept(self.folder, source)?;
        }
        self.keys.keyring().make_seed(opened.domain, opened.key_version)?;
        opened.keep(self.folder)?;
        self.add_once(LedgerEvent::DomainOpened { opened: opened.clone() }, now)?;
        Ok(opened)
    }

    /// Writes an act down that may have been done before by a process that died right after it.
    fn add_once(&self, event: LedgerEvent, now: Timestamp) -> Result<(), ExchangeError> {
        let mut ledger = self.ledger()?;
        if ledger.entries().iter().any(|entry| entry.event == event) {
            return Ok(());
        }
        ledger.add(event, now, self.keys)
    }

    /// Binds a domain to the opt-outs that have come by now: an approval is decided on a list, and
    /// runs on that list. Again for the same approval changes nothing; for another it is refused.
    pub fn freeze_opt_outs(
        &self,
        domain: DomainId,
        approval: &ApprovalId,
        now: Timestamp,
    ) -> Result<FrozenOptOuts, TtpError> {
        let known = Domain::kept(self.folder, domain)?;
        let frozen = match FrozenOptOuts::of(self.folder, domain)? {
            Some(frozen) if frozen.approval != *approval => {
                return Err(TtpError::FrozenForAnother { approval: frozen.approval });
            }
            Some(frozen) => frozen,
            None => FrozenOptOuts::freeze(self.folder, &known, approval)?,
        };
        let FrozenOptOuts { approval, batches, digest } = frozen.clone();
        self.add_once(LedgerEvent::OptOutsFrozen { domain, approval, batches, digest }, now)?;
        Ok(frozen)
    }

    /// Rotates the key of a domain: pseudonyms made so far stay linkable, by
    /// [`TtpKey::rotate`], with those made from now on. Gives the new version.
    pub fn rotate_key(&self, domain: DomainId, now: Timestamp) -> Result<u32, TtpError> {
        let mut known = Domain::kept(self.folder, domain)?;
        let before = known.key_version;
        let version = before.saturating_add(1);
        self.keys.keyring().make_seed(domain, version)?;
        // The ledger first: a rotation nobody wrote down must not happen.
        self.add_once(LedgerEvent::KeyRotated { domain, key_version: version }, now)?;
        known.first_version.get_or_insert(before);
        known.key_version = version;
        known.keep(self.folder)?;
        Ok(version)
    }

    fn ledger(&self) -> Result<Ledger<'_>, ExchangeError> {
        Ledger::open(self.folder, &self.keys.public_key())
    }

    /// Answers or refuses every complete batch in the inbox whose turn it is: opt-outs first, so that
    /// they hold for the records that came with them, and those of one holder in their order.
    #[instrument(skip_all)]
    pub fn pass(&self, now: Timestamp) -> Result<Answered, TtpError> {
        let mut ledger = self.ledger()?;
        let mut answered = Answered::default();
        for place in [self.inbox, self.folder] {
            place.clear_old_partial(now)?;
        }
        for batch in ledger.undeleted() {
            // What a pass that died has left of it.
            self.delete(batch, &mut ledger, now)?;
        }
        let mut waiting = Vec::new();
        for name in self.inbox.folders("")? {
            let folder = format!("{name}/");
            match manifest_of(self.inbox, &folder, self.register) {
                // An upload that broke off, or what a pass that died left of a batch.
                Ok(None) => self.inbox.clear_abandoned(&folder, now)?,
                Ok(Some(signed)) => waiting.push((folder, signed)),
                Err(refusal) => self.refuse(&folder, refusal, &mut ledger, &mut answered, now)?,
            }
        }
        waiting.sort_by_key(|(_, SignedManifest { manifest, .. })| {
            (!manifest.purpose.is_list(), manifest.chain.sequence, manifest.batch_id)
        });
        loop {
            let before = waiting.len();
            let mut later = Vec::new();
            for (folder, signed) in waiting {
                if comes_later(&signed.manifest, &ledger, now) {
                    later.push((folder, signed));
                } else {
                    self.take(&folder, &signed, &mut ledger, &mut answered, now)?;
                }
            }
            waiting = later;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        for (_, SignedManifest { manifest, .. }) in &waiting {
            let (batch, sequence) = (manifest.batch_id, manifest.chain.sequence);
            let next = ledger.next(manifest.domain, &manifest.holder).sequence;
            info!(%batch, sequence, next, "batch {sequence} of its holder waits for batch {next}");
        }
        answered.waiting = waiting.len() as u64;
        Ok(answered)
    }

    fn take(
        &self,
        folder: &str,
        signed: &SignedManifest,
        ledger: &mut Ledger<'_>,
        answered: &mut Answered,
        now: Timestamp,
    ) -> Result<(), TtpError> {
        match self.answer(folder, signed, ledger, now) {
            Ok(rows) => {
                answered.answered += 1;
                answered.rows += rows;
                // The ledger has it and the HDA has the answer: the id rows have done their work.
                self.delete(signed.manifest.batch_id, ledger, now)
            }
            Err(Stop::Refused(refusal)) => self.refuse(folder, refusal, ledger, answered, now),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn answer(
        &self,
        folder: &str,
        signed: &SignedManifest,
        ledger: &mut Ledger<'_>,
        now: Timestamp,
    ) -> Result<u64, Stop> {
        let manifest = &signed.manifest;
        let before = ledger.answered(manifest.batch_id);
        if before.is_some_and(|digest| digest != signed.digest) {
            return Err(Refusal::OtherContent.into());
        }
        let domain = Domain::of(self.folder, manifest.domain)?;
        let (is_list, target) = (manifest.purpose.is_list(), manifest.target);
        let lists = if is_list {
            Lists::default()
        } else {
            Lists::of(self.folder, manifest.domain, target, &ledger.lists(manifest.domain))?
        };
        believe(self.inbox, folder, signed, &domain, &lists, now)?;
        if before.is_none() {
            check_turn(manifest, &domain, ledger)?;
        }
        let is_rekey = manifest.purpose == BatchPurpose::Rekey;
        let column = if is_rekey { wire::PSEUDONYM } else { wire::TAG };
        let open = |name| IdFile::open(self.inbox, folder, name, column);
        let linked = manifest.file(wire::LINKED_ID_FILE).is_some();
        let linked = linked.then(|| open(wire::LINKED_ID_FILE)).transpose()?;
        let ids = Ids { persons: open(wire::ID_FILE)?, linked };
        let rows = ids.persons.rows + ids.linked.as_ref().map_or(0, |linked| linked.rows);
        if is_list {
            if manifest.purpose == BatchPurpose::Alias {
                // Once it is taken in, every batch of the domain leans on it.
                lists::alias_rows(self.inbox, folder)?;
            }
            self.keep_list(folder, manifest)?;
        } else if is_rekey {
            self.rekey(manifest, &domain, &ids, &lists)?;
        } else {
            if let Some(source_domain) = domain.source {
                let domain = domain.domain;
                let refusal = Refusal::NoRowsOfItsOwn { domain, source_domain };
                return Err(refusal.into());
            }
            let root = self.payload_root(manifest)?;
            let key = self.key(&domain).map_err(|error| not_in_use(error, domain.domain))?;
            let step = Step::Pseudonymise(&key, &lists);
            let linking = Linking { step, of_people: true, root: root.as_ref() };
            link::deliver(self, manifest, &ids, linking, domain.key_version)?;
        }
        if before.is_none() {
            let event = LedgerEvent::BatchAnswered {
                batch: manifest.batch_id,
                domain: manifest.domain,
                target,
                holder: manifest.holder.clone(),
                purpose: manifest.purpose,
                sequence: manifest.chain.sequence,
                rows,
                manifest: signed.digest,
                opt_outs: lists.opt_outs,
            };
            ledger.add(event, now, self.keys)?;
        }
        info!(batch = %manifest.batch_id, rows, "answered a batch of {rows} rows");
        Ok(rows)
    }

    /// Lays keys over pseudonyms of the HDA.
    fn rekey(
        &self,
        manifest: &Manifest,
        domain: &Domain,
        ids: &Ids,
        lists: &Lists,
    ) -> Result<(), Stop> {
        let (from, made_with) = (manifest.domain, manifest.key_version);
        if !(domain.first_version()..=domain.key_version).contains(&made_with) {
            return Err(Refusal::OtherVersion { version: made_with }.into());
        }
        let key = self.key(domain).map_err(|error| not_in_use(error, from))?;
        let rotations =
            self.keys_after(domain, made_with).map_err(|error| not_in_use(error, from))?;
        let target = match manifest.target {
            None => None,
            Some(target) => {
                let permit = Domain::of(self.folder, target)?;
                if permit.source != Some(from) {
                    return Err(Refusal::NotItsSource { domain: target }.into());
                }
                let key = self.key(&permit).map_err(|error| not_in_use(error, target))?;
                Some((key, permit.key_version))
            }
        };
        let version = target.as_ref().map_or(domain.key_version, |(_, version)| *version);
        let keys = Rekeying::new(rotations, target.map(|(key, _)| key));
        let lists = lists.map(|tag| key.pseudonym(tag));
        let linking = Linking { step: Step::Rekey(&keys, &lists), of_people: true, root: None };
        Ok(link::deliver(self, manifest, ids, linking, version)?)
    }

    /// Keeps a list of tags where the lists of its domain lie.
    fn keep_list(&self, folder: &str, manifest: &Manifest) -> Result<(), Stop> {
        let from = format!("{folder}{}", wire::ID_FILE);
        let base = lists::base(manifest.purpose, manifest.domain);
        let to = format!("{base}{}/{}", manifest.batch_id, wire::ID_FILE);
        Ok(self.inbox.copy_to(&from, self.folder, &to)?)
    }

    fn payload_root(&self, manifest: &Manifest) -> Result<Option<PayloadRoot>, Refusal> {
        let open = |sealed: &String| {
            PayloadRoot::open(self.keys, manifest.domain, manifest.batch_id, sealed)
        };
        manifest.payload_root.as_ref().map(open).transpose().map_err(|_| Refusal::NoRowKeys)
    }

    /// K2 of a domain, with every rotation since its first pseudonyms.
    fn key(&self, domain: &Domain) -> Result<RotatedKey, KeyError> {
        let first = domain.first_version();
        Ok(RotatedKey::new(self.key_of(domain, first)?, self.keys_after(domain, first)?))
    }

    /// K2 of each version of a domain after this one.
    fn keys_after(&self, domain: &Domain, version: u32) -> Result<Vec<TtpKey>, KeyError> {
        (version + 1..=domain.key_version).map(|version| self.key_of(domain, version)).collect()
    }

    /// K2 of one version of a domain.
    fn key_of(&self, domain: &Domain, version: u32) -> Result<TtpKey, KeyError> {
        let (keyring, of) = (self.keys.keyring(), domain.domain);
        // Under a rotation may stand a version that is compromised: nothing of it leaves.
        let is_last = version == domain.key_version;
        let seed = if is_last {
            keyring.seed(of, version)?
        } else {
            keyring.seed_for_rotation(of, version)?
        };
        Ok(TtpKey::derive(&keyring.root()?, &seed, of, version))
    }

    fn refuse(
        &self,
        folder: &str,
        refusal: Refusal,
        ledger: &mut Ledger<'_>,
        answered: &mut Answered,
        now: Timestamp,
    ) -> Result<(), TtpError> {
        // A store that does not answer says nothing of the batch, which is tried again.
        let refusal = match refusal {
            Refusal::NotBelieved(error) if error.is_outage() => return Err(error.into()),
            refusal => refusal,
        };
        let batch = folder.trim_end_matches('/').to_owned();
        let reason = sentence(&refusal);
        warn!(batch, reason, "refused a batch: {reason}");
        answered.refused += 1;
        let note = serde_json::json!({ "batch": batch, "reason": reason });
        self.folder.write_json(&format!("refused/{batch}.json"), &note)?;
        ledger.add(LedgerEvent::BatchRefused { batch, reason }, now, self.keys)?;
        self.remove(folder)
    }

    /// Deletes the id rows of a batch that was answered, and answers for it.
    fn delete(
        &self,
        batch: BatchId,
        ledger: &mut Ledger<'_>,
        now: Timestamp,
    ) -> Result<(), TtpError> {
        self.remove(&format!("{batch}/"))?;
        if ledger.undeleted().contains(&batch) {
            ledger.add(LedgerEvent::IdRowsDeleted { batch }, now, self.keys)?;
        }
        Ok(())
    }

    /// The manifest goes first: what has none does not exist.
    fn remove(&self, folder: &str) -> Result<(), TtpError> {
        self.inbox.delete(&format!("{folder}{MANIFEST}"))?;
        Ok(self.inbox.delete_all(folder)?)
    }
}

/// Is the turn of a batch still to come? One whose time is over waits no longer.
fn comes_later(manifest: &Manifest, ledger: &Ledger<'_>, now: Timestamp) -> bool {
    let next = ledger.next(manifest.domain, &manifest.holder);
    manifest.chain.sequence > next.sequence && manifest.not_after >= now
}

/// Is it this batch's turn, and may its holder send so many rows?
fn check_turn(manifest: &Manifest, domain: &Domain, ledger: &Ledger<'_>) -> Result<(), Refusal> {
    let (chain, next) = (manifest.chain, ledger.next(manifest.domain, &manifest.holder));
    if chain.sequence < next.sequence {
        return Err(Refusal::Replayed { sequence: chain.sequence });
    }
    if chain != next {
        return Err(Refusal::ChainBroken { sequence: chain.sequence });
    }
    let sent = ledger.rows_sent(manifest.domain, &manifest.holder);
    let rows = manifest.files.iter().fold(sent, |rows, file| rows.saturating_add(file.rows));
    match domain.quota {
        // What the HDA sends are no numbers it could try.
        _ if manifest.purpose == BatchPurpose::Rekey => Ok(()),
        Some(quota) if rows > quota => Err(Refusal::OverQuota { rows, quota }),
        _ => Ok(()),
    }
}

/// A key that is not in use is a matter of its domain: the batches of others go on.
fn not_in_use(error: KeyError, domain: DomainId) -> Stop {
    match error {
        KeyError::Destroyed(_) | KeyError::Compromised(_) | KeyError::PreActive(_) => {
            Refusal::KeyNotInUse { domain }.into()
        }
        other => other.into(),
    }
}

/// A batch was refused, or the TTP itself failed.
enum Stop {
    Refused(Refusal),
    Failed(TtpError),
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

failures!(TtpError, ExchangeError, KeyError);
