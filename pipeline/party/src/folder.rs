//! The folder of a party: its keys, its public card, and the parties it knows.

use std::{fs, path::Path};

use anyhow::Context;
use pipeline_domain::{HolderId, Signer};
use pipeline_exchange::{Party, PartyRole, Register};
use pipeline_keys::{FileVault, KeyVault, Keyring, PartyKeys, PassphraseVault, VaultKind};

use crate::{
    key_ledger::{self, KeyEvent, Vault, note},
    passphrase,
};

/// The public card of a party, in its own folder.
pub const CARD: &str = "card.json";
/// The cards of the parties it knows.
const REGISTER: &str = "register.json";

/// Makes the keys and the card of a new party.
pub fn create(
    folder: &Path,
    name: &HolderId,
    role: PartyRole,
    vault: Vault,
) -> anyhow::Result<Party> {
    let keys = PartyKeys::create_with(folder, new_vault(vault)?)?;
    complete(folder, name, role, vault, &keys)
}

/// Opens the keys of a party, or makes them where a run before did not come that far.
pub fn open_or_create(
    folder: &Path,
    name: &HolderId,
    role: PartyRole,
) -> anyhow::Result<(PartyKeys, Party)> {
    let keys = if Keyring::is_in(folder) { open(folder)? } else { PartyKeys::create(folder)? };
    let card = complete(folder, name, role, Vault::File, &keys)?;
    Ok((keys, card))
}

/// Opens the keys of a party, by whatever opens them, and brings them to the states its ledger tells.
pub fn open(folder: &Path) -> anyhow::Result<PartyKeys> {
    let opened = || -> anyhow::Result<PartyKeys> {
        let keys = match VaultKind::of(folder) {
            Some(VaultKind::Passphrase) => {
                let vault = PassphraseVault::open(folder, &passphrase::known(folder)?)?;
                PartyKeys::open_with(folder, Box::new(vault))?
            }
            _ => PartyKeys::open(folder)?,
        };
        key_ledger::catch_up(folder, &keys)?;
        Ok(keys)
    };
    opened().with_context(|| format!("opening the keys in {}", folder.display()))
}

/// A new vault of this kind.
pub fn new_vault(vault: Vault) -> anyhow::Result<Box<dyn KeyVault>> {
    Ok(match vault {
        Vault::File => Box::new(FileVault::draw()?),
        Vault::Passphrase => Box::new(PassphraseVault::new(&passphrase::new()?)?),
    })
}

/// The public card of a party.
pub fn card(folder: &Path) -> anyhow::Result<Party> {
    read_json(&folder.join(CARD))
}

/// The parties a party knows; none yet is an empty register.
pub fn register(folder: &Path) -> anyhow::Result<Register> {
    let path = folder.join(REGISTER);
    if path.exists() { read_json(&path) } else { Ok(Register::default()) }
}

/// Adds cards to the register of a party.
pub fn add_to_register(folder: &Path, cards: &[Party]) -> anyhow::Result<Register> {
    let keys = open(folder)?;
    let mut register = register(folder)?;
    for card in cards {
        let Party { name, role, signing_key, .. } = card.clone();
        note(folder, &keys, KeyEvent::PartyRegistered { party: name, role, signing_key })?;
        register.add(card.clone());
    }
    write_json(&folder.join(REGISTER), &register)?;
    Ok(register)
}

/// Reads a JSON file.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("reading {}", path.display()))
}

/// Writes a JSON file: aside first, then under its name.
pub fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Writes a file: aside first, then under its name.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let aside = path.with_extension("partial");
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&aside, bytes))
        .and_then(|()| fs::rename(&aside, path));
    written.with_context(|| format!("writing {}", path.display()))
}

/// Writes the card of a party beside its keys, and in their ledger that it has them.
fn complete(
    folder: &Path,
    name: &HolderId,
    role: PartyRole,
    vault: Vault,
    keys: &PartyKeys,
) -> anyhow::Result<Party> {
    note(folder, keys, KeyEvent::KeysMade { party: name.clone(), role, vault })?;
    let card = Party {
        name: name.clone(),
        role,
        signing_key: keys.public_key(),
        sealing_key: keys.sealing_key(),
    };
    write_json(&folder.join(CARD), &card)?;
    Ok(card)
}
