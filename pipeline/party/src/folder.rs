//! The folder of a party: its keys, its public card, and the parties it knows.

use std::{fs, path::Path};

use anyhow::Context;
use pipeline_domain::{HolderId, Signer};
use pipeline_exchange::{Party, PartyRole, Register};
use pipeline_keys::{Keyring, PartyKeys};

/// The public card of a party, in its own folder.
pub const CARD: &str = "card.json";
/// The cards of the parties it knows.
const REGISTER: &str = "register.json";

/// Makes the keys and the card of a new party.
pub fn create(folder: &Path, name: &HolderId, role: PartyRole) -> anyhow::Result<Party> {
    let keys = PartyKeys::create(folder)?;
    write_card(folder, name, role, &keys)
}

/// Opens the keys of a party, or makes them where a run before did not come that far.
pub fn open_or_create(
    folder: &Path,
    name: &HolderId,
    role: PartyRole,
) -> anyhow::Result<(PartyKeys, Party)> {
    let keys =
        if Keyring::is_in(folder) { PartyKeys::open(folder)? } else { PartyKeys::create(folder)? };
    let card = write_card(folder, name, role, &keys)?;
    Ok((keys, card))
}

/// Opens the keys of a party.
pub fn open(folder: &Path) -> anyhow::Result<PartyKeys> {
    PartyKeys::open(folder).with_context(|| format!("opening the keys in {}", folder.display()))
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
    let mut register = register(folder)?;
    for card in cards {
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

fn write_card(
    folder: &Path,
    name: &HolderId,
    role: PartyRole,
    keys: &PartyKeys,
) -> anyhow::Result<Party> {
    let card = Party {
        name: name.clone(),
        role,
        signing_key: keys.public_key(),
        sealing_key: keys.sealing_key(),
    };
    write_json(&folder.join(CARD), &card)?;
    Ok(card)
}
