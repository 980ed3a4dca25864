//! The folder of a TTP: where its keys, its ledger and the places of its inboxes are.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::Context;
use pipeline_domain::{HolderId, Signer};
use pipeline_exchange::{Location, Store};
use pipeline_keys::PartyKeys;
use pipeline_party::{
    clock::{self, Stopwatch},
    folder,
};
use pipeline_ttp::{Answered, Ledger, LedgerEvent, Ttp, TtpError};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::{
    Program,
    status::{End, Look, Trouble},
};

/// The keys, inside the folder of the TTP.
pub(crate) const KEYS: &str = "keys";
/// Its name, and where its inbox and the HDA's are.
const SETTINGS: &str = "ttp.json";
/// Held while the ledger may be written.
const LOCK: &str = "ttp.lock";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) name: HolderId,
    pub(crate) inbox: String,
    pub(crate) hda: String,
}

impl Settings {
    pub(crate) fn keep(&self, dir: &Path) -> anyhow::Result<()> {
        folder::write_json(&dir.join(SETTINGS), self)
    }
}

/// An opened folder of a TTP.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    settings: Settings,
    keys: PartyKeys,
    folder: Store,
    inbox: Store,
    hda: Store,
    software: &'static str,
}

impl Place {
    pub(crate) fn open(dir: &Path, program: Program) -> anyhow::Result<Self> {
        let settings: Settings = folder::read_json(&dir.join(SETTINGS)).with_context(|| {
            format!(
                "{} is no folder of a TTP; make one with `{} init`",
                dir.display(),
                program.name
            )
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            keys: folder::open(&dir.join(KEYS))?,
            folder: Store::open(&location(dir)?)?,
            inbox: Store::open(&settings.inbox.parse()?)?,
            hda: Store::open(&settings.hda.parse()?)?,
            settings,
            software: program.software,
        })
    }

    /// Lets the TTP act, alone in its folder: waits for whoever is at it.
    ///
    /// An entry of the ledger stands on the one before, so two that write it at the same moment would
    /// lose one of two entries. The lock ends with its process, however that ends.
    pub(crate) fn act<T>(
        &self,
        act: impl FnOnce(&Ttp<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let path = self.dir.join(LOCK);
        let _alone = File::create(&path)
            .and_then(|lock| lock.lock().map(|()| lock))
            .with_context(|| format!("waiting for {}", path.display()))?;
        self.with_ttp(act)
    }

    /// One look into the inbox, and a pass unless another worker is at it.
    pub(crate) fn look(&self) -> Look {
        let watch = Stopwatch::start();
        let mut look =
            Look { found: None, done: Answered::default(), took: watch.elapsed(), end: End::Done };
        if let Err(error) = self.pass(&mut look) {
            let trouble = trouble(&error);
            warn!(
                cause = trouble.word(),
                error = format!("{error:#}"),
                "a pass failed and is tried again"
            );
            look.end = End::Failed(trouble);
        }
        look.took = watch.elapsed();
        look
    }

    fn pass(&self, look: &mut Look) -> anyhow::Result<()> {
        let found = self.inbox.folders("").map_err(TtpError::from)?.len() as u64;
        look.found = Some(found);
        let alone = File::create(self.dir.join(LOCK)).context("opening the lock")?;
        match alone.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                look.end = End::StoodBy;
                return Ok(());
            }
            Err(TryLockError::Error(error)) => return Err(error).context("taking the lock"),
        }
        // Nothing waits, nothing is added: the ledger need not be read to know how long it is.
        let entries = if found == 0 { 0 } else { self.ledger()?.entries().len() };
        let passed = self.with_ttp(|ttp| Ok(ttp.pass(clock::now())?));
        match passed {
            Ok(done) => {
                look.done = done;
                Ok(())
            }
            Err(error) => {
                // What it did before it failed stands in the ledger, which is ours as long as the
                // lock is.
                look.done = self.ledger().map(|ledger| since(&ledger, entries)).unwrap_or_default();
                Err(error)
            }
        }
    }

    /// The register is read each time: a card that was added holds from the next pass on.
    fn with_ttp<T>(&self, act: impl FnOnce(&Ttp<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let register = folder::register(&self.dir.join(KEYS))?;
        act(&Ttp {
            name: &self.settings.name,
            keys: &self.keys,
            folder: &self.folder,
            inbox: &self.inbox,
            hda: &self.hda,
            register: &register,
            software: self.software,
        })
    }
}

impl Place {
    fn ledger(&self) -> anyhow::Result<Ledger<'_>> {
        Ok(Ledger::open(&self.folder, &self.keys.public_key()).map_err(TtpError::from)?)
    }
}

/// What happened after so many entries.
fn since(ledger: &Ledger<'_>, entries: usize) -> Answered {
    let mut done = Answered::default();
    for entry in ledger.entries().iter().skip(entries) {
        match &entry.event {
            LedgerEvent::BatchAnswered { rows, .. } => {
                done.answered += 1;
                done.rows += rows;
            }
            LedgerEvent::BatchRefused { .. } => done.refused += 1,
            _ => {}
        }
    }
    done
}

/// Which part failed; what is no error of the TTP is one of its folder.
fn trouble(error: &anyhow::Error) -> Trouble {
    match error.downcast_ref::<TtpError>() {
        Some(TtpError::Exchange(error)) if error.is_outage() => Trouble::Storage,
        Some(TtpError::Keys(_)) => Trouble::Keys,
        _ => Trouble::Folder,
    }
}

pub(crate) fn location(dir: &Path) -> anyhow::Result<Location> {
    Ok(dir.to_string_lossy().parse()?)
}
