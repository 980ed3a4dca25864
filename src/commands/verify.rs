//! `hda verify`: is this what the authority released?

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use pipeline_domain::PublicKey;
use pipeline_exchange::{
    Store,
    ledger::{LEDGER, Ledger},
};
use pipeline_release::{MANIFEST, verify};
use serde_json::{Value, json};

use crate::{outcome::Outcome, party};

/// Options of `hda verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda verify releases/0199c1de-7f2a-8c6b-9d33-1f2e3d4c5b6a --key 1f3a...\n\nPATH is a release package, a folder of packages, the folder of a TTP, or of a party's keys, with\nits ledger.\nWithout --key a package is checked against the key it names itself, and a ledger against the\ncard beside it."
)]
pub(crate) struct VerifyArgs {
    /// A release package, a folder of packages, or a folder with a ledger.
    path: PathBuf,
    /// The signing key of the authority, as it publishes it.
    #[arg(long)]
    key: Option<PublicKey>,
}

pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<Outcome> {
    let path = &args.path;
    if !path.is_dir() {
        bail!("{} is no folder; name the folder of a release package", path.display());
    }
    if path.join(LEDGER).exists() {
        return ledger(path, args.key.as_ref());
    }
    let packages = packages(path)?;
    if packages.is_empty() {
        bail!("{} holds no release package and no ledger", path.display());
    }
    let (mut verdicts, mut text) = (Vec::new(), Vec::new());
    for package in packages {
        let (verdict, line) = release(&package, args.key.as_ref())?;
        verdicts.push(verdict);
        text.push(line);
    }
    let answer =
        if verdicts.len() == 1 { verdicts.remove(0) } else { json!({ "releases": verdicts }) };
    Ok(Outcome::new(answer, text.join("\n")))
}

/// The folder itself, or the packages in it.
fn packages(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.join(MANIFEST).exists() {
        return Ok(vec![path.to_owned()]);
    }
    let mut packages = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("reading {}", path.display()))? {
        let folder = entry?.path();
        if folder.join(MANIFEST).exists() {
            packages.push(folder);
        }
    }
    packages.sort();
    Ok(packages)
}

fn release(folder: &Path, key: Option<&PublicKey>) -> anyhow::Result<(Value, String)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        files.insert(name, bytes);
    }
    let verdict = verify(&files, key)
        .with_context(|| format!("{} is not a release as it was sealed", folder.display()))?;
    let release = verdict.manifest.release;
    let trust = if verdict.is_trusted {
        "signed by the key you gave"
    } else {
        "signed by the key it names; give --key to know whose that is"
    };
    let text = format!(
        "release {release} is whole: {} rows, {} numbers shown, {} hidden; {trust}",
        verdict.rows, verdict.shown, verdict.hidden
    );
    let answer = json!({
        "release": release, "valid": true, "trusted": verdict.is_trusted,
        "rows": verdict.rows, "shown": verdict.shown, "hidden": verdict.hidden,
        "key": verdict.manifest.key, "cube": verdict.manifest.cube,
    });
    Ok((answer, text))
}

fn ledger(path: &Path, key: Option<&PublicKey>) -> anyhow::Result<Outcome> {
    let folder = Store::open_source(&path.to_string_lossy().parse()?)?;
    // Of a TTP the card lies in the folder of its keys; of a party's keys, beside their ledger.
    let within = path.join("keys");
    let card = if within.is_dir() { within } else { path.to_owned() };
    let key = match key {
        Some(key) => *key,
        None if card.join(party::CARD).exists() => party::card(&card)?.signing_key,
        None => bail!(
            "{} has no card of the party whose ledger it is; give its signing key with --key",
            path.display()
        ),
    };
    let entries = Ledger::<Value>::open(&folder, &key)?.entries().len();
    let text = format!("the ledger in {} is whole: {entries} entries", path.display());
    Ok(Outcome::new(json!({ "valid": true, "entries": entries }), text))
}
