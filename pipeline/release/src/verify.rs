//! Is this package what the authority sealed, and does it keep its own rules?

use std::collections::BTreeMap;

use pipeline_domain::{PublicKey, Sha256Digest, Signature};
use policies::DisclosureRules;

use crate::{
    CONTEXT, MANIFEST, MANIFEST_SIGNATURE, Manifest, PLAN, RULES, ReleaseError, TABLE_CSV,
    TABLE_PARQUET,
    manifest::FORMAT,
    table::{HIDDEN, TextTable, is_shown},
};

/// What a package that holds turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its manifest, now known to be true to the package.
    pub manifest: Manifest,
    /// Was the key that signed one the caller trusts? Without, the package holds together, but
    /// anybody could have made it.
    pub is_trusted: bool,
    /// Rows of the table.
    pub rows: usize,
    /// Numbers shown.
    pub shown: usize,
    /// Numbers hidden.
    pub hidden: usize,
}

/// Checks a package offline: signature, digests, that nothing is missing or added, and that its
/// tables agree and keep the rules.
pub fn verify(
    files: &BTreeMap<String, Vec<u8>>,
    trusted: Option<&PublicKey>,
) -> Result<Verdict, ReleaseError> {
    let manifest = signed_manifest(files, trusted)?;
    check_files(&manifest, files)?;
    if Sha256Digest::of(file(files, PLAN)?) != manifest.plan {
        return Err(ReleaseError::PlanDiffers);
    }
    let rules = rules(files)?;
    if rules.smallest_count() != manifest.rules.smallest_count
        || rules.dominance_percent() != manifest.rules.dominance_percent
        || rules.version() != manifest.rules.version
    {
        return Err(ReleaseError::RulesDiffer);
    }
    let table = TextTable::from_csv(file(files, TABLE_CSV)?)?;
    same(&table, &TextTable::from_parquet(file(files, TABLE_PARQUET)?)?)?;
    let (shown, hidden) = count(&table)?;
    check_threshold(&table, &rules)?;
    let rows = table.rows.len();
    Ok(Verdict { manifest, is_trusted: trusted.is_some(), rows, shown, hidden })
}

fn signed_manifest(
    files: &BTreeMap<String, Vec<u8>>,
    trusted: Option<&PublicKey>,
) -> Result<Manifest, ReleaseError> {
    let bytes = file(files, MANIFEST)?;
    let signature = signature(file(files, MANIFEST_SIGNATURE)?)?;
    // The key that signs stands in the manifest, so it is read before it can be believed; nothing
    // else of it is used until the signature holds.
    let manifest: Manifest = serde_json::from_slice(bytes)
        .map_err(|source| ReleaseError::Json { file: MANIFEST, source })?;
    manifest.key.verify(CONTEXT, bytes, &signature).map_err(ReleaseError::NotSigned)?;
    if trusted.is_some_and(|trusted| *trusted != manifest.key) {
        return Err(ReleaseError::NotTrusted { key: manifest.key });
    }
    if manifest.format != FORMAT {
        return Err(ReleaseError::OtherFormat { format: manifest.format });
    }
    Ok(manifest)
}

/// Only the one way of writing a signature is taken: other letters for the same bytes are a change.
fn signature(bytes: &[u8]) -> Result<Signature, ReleaseError> {
    let text = str::from_utf8(bytes).map_err(|_| ReleaseError::NotASignature)?;
    let signature: Signature = text.trim_end().parse().map_err(|_| ReleaseError::NotASignature)?;
    if text == format!("{signature}\n") { Ok(signature) } else { Err(ReleaseError::NotASignature) }
}

fn check_files(manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Result<(), ReleaseError> {
    for entry in &manifest.files {
        let bytes = file(files, &entry.name)?;
        if bytes.len() as u64 != entry.bytes || Sha256Digest::of(bytes) != entry.sha256 {
            return Err(ReleaseError::Changed { file: entry.name.clone() });
        }
    }
    let belongs = |name: &str| {
        name == MANIFEST
            || name == MANIFEST_SIGNATURE
            || manifest.files.iter().any(|entry| entry.name == name)
    };
    match files.keys().find(|name| !belongs(name)) {
        Some(extra) => Err(ReleaseError::Extra { file: extra.clone() }),
        None => Ok(()),
    }
}

fn rules(files: &BTreeMap<String, Vec<u8>>) -> Result<DisclosureRules, ReleaseError> {
    let text = String::from_utf8_lossy(file(files, RULES)?);
    DisclosureRules::from_text(&text).map_err(|source| ReleaseError::Rules { file: RULES, source })
}

fn same(csv: &TextTable, parquet: &TextTable) -> Result<(), ReleaseError> {
    let differ = |place: String| Err(ReleaseError::TablesDiffer { place });
    if csv.names != parquet.names {
        return differ("their columns".to_owned());
    }
    if csv.rows.len() != parquet.rows.len() {
        return differ("their number of rows".to_owned());
    }
    match csv.rows.iter().zip(&parquet.rows).position(|(one, other)| one != other) {
        Some(row) => differ(format!("line {}", line(row))),
        None => Ok(()),
    }
}

/// How many numbers are shown and how many hidden; each must be what its status says.
fn count(table: &TextTable) -> Result<(usize, usize), ReleaseError> {
    let (mut shown, mut hidden) = (0, 0);
    for (row, texts) in table.rows.iter().enumerate() {
        for (number, status) in table.measures() {
            let is_hidden = texts.get(number).is_none_or(|text| text == HIDDEN);
            let says_shown = texts.get(status).is_some_and(|status| is_shown(status));
            if is_hidden == says_shown {
                let line = line(row);
                return Err(ReleaseError::StatusContradicts { file: TABLE_CSV, line });
            }
            if is_hidden { hidden += 1 } else { shown += 1 }
        }
    }
    Ok((shown, hidden))
}

fn check_threshold(table: &TextTable, rules: &DisclosureRules) -> Result<(), ReleaseError> {
    let Some((persons, _)) = table.measure("persons") else {
        return Ok(());
    };
    let is_too_small = |texts: &Vec<String>| {
        let text = texts.get(persons).map_or("", String::as_str);
        text != HIDDEN && !text.parse().is_ok_and(|count| rules.shows(count))
    };
    match table.rows.iter().position(is_too_small) {
        Some(row) => Err(ReleaseError::BelowThreshold {
            file: TABLE_CSV,
            line: line(row),
            smallest_count: rules.smallest_count(),
        }),
        None => Ok(()),
    }
}

/// The line of a row in the CSV; the header is line 1.
fn line(row: usize) -> usize {
    row + 2
}

fn file<'a>(files: &'a BTreeMap<String, Vec<u8>>, name: &str) -> Result<&'a [u8], ReleaseError> {
    files
        .get(name)
        .map(Vec::as_slice)
        .ok_or_else(|| ReleaseError::Missing { file: name.to_owned() })
}

#[cfg(test)]
mod tests;
