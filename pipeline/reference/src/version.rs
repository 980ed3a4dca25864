//! Versions of a list in the lake: immutable, with where they came from.

use std::collections::BTreeMap;

use pipeline_domain::{Sha256Digest, Timestamp, VersionId};
use pipeline_exchange::{MANIFEST, ParquetSink, Store, read_parquet};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::{Entry, Import, Kind, Reason, ReferenceError, Row, table};

/// The folder of the lake in which reference data lies.
pub const AREA: &str = "_reference";
/// The rows of a version.
const PART: &str = "part-00000.parquet";
/// What was no row.
const SET_ASIDE: &str = "set-aside.json";

/// What a version is and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceManifest {
    /// The list.
    pub dataset: Kind,
    /// The version.
    pub version: VersionId,
    /// What people call it, like `2026-11`.
    pub label: String,
    /// Its rows.
    pub rows: u64,
    /// The file with the rows.
    pub part: String,
    /// The size of that file in bytes.
    pub bytes: u64,
    /// The digest of that file.
    pub sha256: Sha256Digest,
    /// Where the rows came from.
    pub source: Provenance,
    /// Rows read from the source files.
    pub read: u64,
    /// Rows of the source that say the same as another one, or add to one.
    pub folded: u64,
    /// Rows that were set aside, by reason; one by one in `set-aside.json`.
    pub set_aside: BTreeMap<Reason, u64>,
    /// When it was imported.
    #[serde(with = "time::serde::rfc3339")]
    pub imported: Timestamp,
    /// The software that imported it.
    pub software: String,
}

/// Who published a list, when, and what others may do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Who publishes it, like `FAMHP, SAM v2 export`.
    pub name: String,
    /// The day of the publication.
    #[serde(with = "iso")]
    pub date: Date,
    /// Its licence.
    pub licence: String,
    /// The files that were read.
    pub files: Vec<SourceDigest>,
}

time::serde::format_description!(iso, Date, "[year]-[month]-[day]");

/// A file of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDigest {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
}

/// A version that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The version.
    pub manifest: ReferenceManifest,
    /// Was it made now? The same rows under the same label make no second version.
    pub is_new: bool,
}

/// Publishes a list as its newest version.
pub fn publish<T: Entry>(
    lake: &Store,
    import: &Import<T>,
    label: &str,
    source: Provenance,
    imported: Timestamp,
    software: &str,
) -> Result<Published, ReferenceError> {
    let kind = T::KIND;
    let content = content(&import.rows);
    let version = VersionId::new(imported, &content);
    let folder = folder(kind, &version);
    if let Some(manifest) = newest(lake, kind)?
        && manifest.label == label
        && manifest.version.as_str()[17..] == version.as_str()[17..]
        && rows::<T>(lake, &manifest)? == import.rows
    {
        return Ok(Published { manifest, is_new: false });
    }
    let batch = table::batch(&import.rows).map_err(|_| differs(&folder, "its columns"))?;
    let mut sink = ParquetSink::create(lake, &folder, PART, table::schema::<T>())?;
    sink.write(&batch)?;
    let file = sink.finish()?;
    lake.write_json(&format!("{folder}{SET_ASIDE}"), &import.set_aside)?;
    let manifest = ReferenceManifest {
        dataset: kind,
        version,
        label: label.to_owned(),
        rows: file.rows,
        part: file.name,
        bytes: file.bytes,
        sha256: file.sha256,
        source: Provenance { files: import.files.clone(), ..source },
        read: import.read,
        folded: import.folded,
        set_aside: import.set_aside.counts.clone(),
        imported,
        software: software.to_owned(),
    };
    lake.write_json(&format!("{folder}{MANIFEST}"), &manifest)?;
    lake.write(&head_path(kind), format!("{}\n", manifest.version).into_bytes())?;
    Ok(Published { manifest, is_new: true })
}

/// The newest version of a list.
pub fn head(lake: &Store, kind: Kind) -> Result<ReferenceManifest, ReferenceError> {
    newest(lake, kind)?.ok_or(ReferenceError::NoVersion { kind })
}

/// The manifest of a version.
pub fn manifest(
    lake: &Store,
    kind: Kind,
    version: &VersionId,
) -> Result<ReferenceManifest, ReferenceError> {
    Ok(lake.read_json(&format!("{}{MANIFEST}", folder(kind, version)))?)
}

/// Every version of a list, the oldest first.
pub fn versions(lake: &Store, kind: Kind) -> Result<Vec<ReferenceManifest>, ReferenceError> {
    let mut found = Vec::new();
    for name in lake.folders(&format!("{AREA}/{kind}/"))? {
        let Ok(version) = name.parse() else { continue };
        // A folder without a manifest is an import that died: it does not exist.
        if lake.exists(&format!("{}{MANIFEST}", folder(kind, &version)))? {
            found.push(manifest(lake, kind, &version)?);
        }
    }
    found.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(found)
}

/// The rows of a version, after a look at its digest.
pub fn rows<T: Entry>(
    lake: &Store,
    manifest: &ReferenceManifest,
) -> Result<Vec<T>, ReferenceError> {
    let path = format!("{}{}", folder(manifest.dataset, &manifest.version), manifest.part);
    if manifest.dataset != T::KIND {
        return Err(ReferenceError::OtherKind { one: manifest.dataset, other: T::KIND });
    }
    if Sha256Digest::of(&lake.read(&path)?) != manifest.sha256 {
        return Err(differs(&path, "its digest"));
    }
    let mut rows = Vec::new();
    for batch in read_parquet(lake, &path)? {
        rows.extend(table::entries::<T>(&batch?).ok_or_else(|| differs(&path, "its columns"))?);
    }
    Ok(rows)
}

/// The rows of a version as names and values, whatever the list.
pub fn plain_rows(lake: &Store, manifest: &ReferenceManifest) -> Result<Vec<Row>, ReferenceError> {
    fn plain<T: Entry>(rows: &[T]) -> Vec<Row> {
        rows.iter().map(table::row).collect()
    }
    Ok(match manifest.dataset {
        Kind::Medicine => plain(&rows::<crate::Medicine>(lake, manifest)?),
        Kind::Municipality => plain(&rows::<crate::Place>(lake, manifest)?),
        Kind::Atc => plain(&rows::<crate::AtcGroup>(lake, manifest)?),
    })
}

fn newest(lake: &Store, kind: Kind) -> Result<Option<ReferenceManifest>, ReferenceError> {
    let path = head_path(kind);
    let Some(bytes) = lake.read_if_there(&path)? else {
        return Ok(None);
    };
    let version = String::from_utf8_lossy(&bytes).trim().parse();
    let version = version.map_err(|_| differs(&path, "it holds no version id"))?;
    manifest(lake, kind, &version).map(Some)
}

/// The digest of the rows themselves, so that the same rows have the same mark in their version.
fn content<T: Entry>(rows: &[T]) -> Sha256Digest {
    let mut text = String::new();
    for entry in rows {
        text.push_str(&serde_json::Value::Object(table::row(entry)).to_string());
        text.push('\n');
    }
    Sha256Digest::of(text.as_bytes())
}

fn folder(kind: Kind, version: &VersionId) -> String {
    format!("{AREA}/{kind}/{version}/")
}

fn head_path(kind: Kind) -> String {
    format!("{AREA}/{kind}/HEAD")
}

fn differs(path: &str, what: &'static str) -> ReferenceError {
    ReferenceError::Differs { path: path.to_owned(), what }
}
