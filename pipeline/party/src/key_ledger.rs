//! What a party did with its keys: a signed ledger beside them, which says nothing of any key but
//! what it is for.
//!
//! A change of state is written down first and done then. Whoever opens the keys afterwards brings a
//! key that is behind the ledger to where it says: after a crash, and after somebody laid an older
//! copy of its file over it.

use std::path::Path;

use anyhow::Context;
use pipeline_domain::{DomainId, HolderId, PublicKey, Signer};
use pipeline_exchange::{
    Location, PartyRole, Store,
    ledger::{Ledger, LedgerEntry},
};
use pipeline_keys::{KeyError, KeyState, PartyKeys, SecretKind};
use serde::{Deserialize, Serialize};

use crate::clock;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum KeyEvent {
    /// A party got its keys.
    KeysMade {
        /// Its name.
        party: HolderId,
        /// What it does.
        role: PartyRole,
        /// What opens them.
        vault: Vault,
    },
    /// The card of another party was taken into the register.
    PartyRegistered {
        /// Its name.
        party: HolderId,
        /// What it does.
        role: PartyRole,
        /// Verifies what it signs.
        signing_key: PublicKey,
    },
    /// K1 of a domain was made.
    DomainKeyMade {
        /// The domain.
        domain: DomainId,
        /// The version of the key.
        version: u32,
    },
    /// K1 of a domain was sealed to a holder.
    DomainKeySealed {
        /// The domain.
        domain: DomainId,
        /// The version of the key.
        version: u32,
        /// Who alone can open it.
        holder: HolderId,
    },
    /// K1 of a domain came from the custodian.
    DomainKeyReceived {
        /// The domain.
        domain: DomainId,
        /// The version of the key.
        version: u32,
    },
    /// A key came into another state.
    StateChanged {
        /// Which of the two a domain has.
        key: KeyKind,
        /// The domain.
        domain: DomainId,
        /// The version of the key.
        version: u32,
        /// The state.
        state: State,
    },
    /// All keys were wrapped anew.
    Rewrapped {
        /// What opens them from now on.
        vault: Vault,
    },
}

/// What opens the keys of a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Vault {
    /// A key in a file beside them.
    File,
    /// A passphrase.
    Passphrase,
}

/// A key that belongs to a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// K1, of a custodian or a holder.
    K1,
    /// The seed of K2 or K3, of the TTP or the HDA.
    Seed,
}

/// The state of a key, as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// In use.
    Active,
    /// Followed by another.
    Retired,
    /// Known to somebody else, or feared to be.
    Compromised,
    /// Gone.
    Destroyed,
}

impl From<KeyKind> for SecretKind {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::K1 => Self::HolderKey,
            KeyKind::Seed => Self::Seed,
        }
    }
}

impl From<State> for KeyState {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Retired => Self::Retired,
            State::Compromised => Self::Compromised,
            State::Destroyed => Self::Destroyed,
        }
    }
}

/// What the ledger of a party's keys holds, checked against the key on its card.
pub fn entries(folder: &Path, key: &PublicKey) -> anyhow::Result<Vec<LedgerEntry<KeyEvent>>> {
    let store = store(folder)?;
    Ok(open(&store, key)?.entries().to_vec())
}

/// Writes an act down. What happens once stands there once, however often it is said.
pub fn note(folder: &Path, keys: &PartyKeys, event: KeyEvent) -> anyhow::Result<()> {
    let store = store(folder)?;
    let mut ledger = open(&store, &keys.public_key())?;
    let happens_once = !matches!(event, KeyEvent::StateChanged { .. } | KeyEvent::Rewrapped { .. });
    if happens_once && ledger.entries().iter().any(|entry| entry.event == event) {
        return Ok(());
    }
    ledger.add(event, clock::now(), keys).context("writing the ledger of the keys")
}

/// Brings keys that are behind the ledger to where it says.
pub(crate) fn catch_up(folder: &Path, keys: &PartyKeys) -> anyhow::Result<()> {
    let keyring = keys.keyring();
    for entry in entries(folder, &keys.public_key())? {
        let KeyEvent::StateChanged { key, domain, version, state } = entry.event else {
            continue;
        };
        let (kind, to) = (key.into(), KeyState::from(state));
        match keyring.state(kind, domain, version) {
            Ok(now) if now < to && now.may_become(to) => {
                keyring.set_state(kind, domain, version, to)?;
            }
            // A key whose file is gone cannot be used either.
            Ok(_) | Err(KeyError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn open<'a>(store: &'a Store, key: &PublicKey) -> anyhow::Result<Ledger<'a, KeyEvent>> {
    Ledger::open(store, key).context("checking the ledger of the keys")
}

fn store(folder: &Path) -> anyhow::Result<Store> {
    let location: Location = folder.to_string_lossy().parse()?;
    Ok(Store::open(&location)?)
}
