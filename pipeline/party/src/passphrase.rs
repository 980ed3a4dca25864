//! Where a passphrase comes from: a file that the environment names, as a service manager hands it
//! over, or the terminal, unseen.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use pipeline_keys::Passphrase;

/// Names the file whose first line is the passphrase.
pub const PASSPHRASE_FILE: &str = "HDA_PASSPHRASE_FILE";

/// The passphrase of a keyring that is there.
pub(crate) fn known(folder: &Path) -> anyhow::Result<Passphrase> {
    match file() {
        Some(file) => read(&file),
        None => ask(&format!("Passphrase of the keys in {}: ", folder.display())),
    }
}

/// A new passphrase, asked twice where it is typed.
pub(crate) fn new() -> anyhow::Result<Passphrase> {
    if let Some(file) = file() {
        return read(&file);
    }
    let typed = prompt("New passphrase: ")?;
    if prompt("The same again: ")? != typed {
        bail!("the two were not the same; nothing was done");
    }
    Ok(Passphrase::new(typed.into_bytes()))
}

fn file() -> Option<PathBuf> {
    std::env::var_os(PASSPHRASE_FILE).map(PathBuf::from)
}

fn read(path: &Path) -> anyhow::Result<Passphrase> {
    let open = || Passphrase::read(BufReader::new(File::open(path)?));
    open().with_context(|| format!("reading the passphrase in {}", path.display()))
}

fn ask(question: &str) -> anyhow::Result<Passphrase> {
    prompt(question).map(|typed| Passphrase::new(typed.into_bytes()))
}

fn prompt(question: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        bail!("these keys open with a passphrase; name a file that holds it in {PASSPHRASE_FILE}");
    }
    rpassword::prompt_password(question).context("asking for the passphrase")
}
