//! The signed list of what a batch holds.

use pipeline_domain::{
    BatchId, DomainId, HolderId, PublicKey, Sha256Digest, Signature, SignatureError, Signer,
    Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{ExchangeError, Store, wire::ColumnSpec};

/// The manifest's file name; it is written last.
pub const MANIFEST: &str = "manifest.json";
/// The file name of the detached signature over the manifest's bytes.
pub const MANIFEST_SIGNATURE: &str = "manifest.sig";

/// What a signature under a manifest is made for.
const CONTEXT: &str = "HDABE-PSN-v1/manifest";
/// The format this version writes and reads.
const FORMAT: &str = "HDABE-PSN-v1";

/// What the batch is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchPurpose {
    /// Records for the HDA, ids for the TTP.
    Extract,
    /// Ids of people who opted out (Art 71), for the TTP alone.
    Exclude,
    /// Ids of the people a domain is about, for the TTP alone: nobody else is released in it.
    Cohort,
    /// Pairs of ids, an old one and the one that took its place, for the TTP alone.
    Alias,
    /// Pseudonyms of the HDA, for the TTP to lay keys over: after a rotation, for a domain of their
    /// own, or to hear who has opted out since.
    Rekey,
}

impl BatchPurpose {
    /// Is it a list of people, which the TTP keeps?
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self, Self::Exclude | Self::Cohort | Self::Alias)
    }
}

/// How payload rows come to the HDA.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// As they are. Rows of people who opted out find no partner, and are dropped unread.
    #[default]
    Bulk,
    /// Sealed under a key a person; the TTP releases the keys of those whom the HDA may read.
    Sealed,
}

impl Release {
    /// Is it the way of every batch that does not say otherwise?
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        *self == Self::Bulk
    }
}

/// What a batch does to what its holder sent before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchMode {
    /// Its rows are added. They carry no record ids: nothing can take their place later.
    #[default]
    Append,
    /// Its rows take the place of everything the holder sent before.
    Replace,
    /// Its records take the place of those with the same ids, and those it names are removed.
    Increment,
}

impl BatchMode {
    /// Do its rows carry the ids of their records?
    #[must_use]
    pub fn has_record_ids(self) -> bool {
        !self.is_append()
    }

    /// Is it the mode of every batch that does not say otherwise?
    #[must_use]
    pub fn is_append(&self) -> bool {
        *self == Self::Append
    }
}

/// The place of a batch among those its holder makes in a domain: none can be left out, sent twice or
/// sent in another order without its being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Counted from 1.
    pub sequence: u64,
    /// The digest of the manifest for the TTP of the batch before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Sha256Digest>,
}

impl Chain {
    /// The place of the first batch.
    pub const FIRST: Self = Self { sequence: 1, previous: None };

    /// The place after a batch whose manifest for the TTP has this digest.
    #[must_use]
    pub fn after(sequence: u64, manifest: Sha256Digest) -> Self {
        Self { sequence: sequence.saturating_add(1), previous: Some(manifest) }
    }
}

/// A file of the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name in the folder of the batch.
    pub name: String,
    /// Its rows; for id rows the padded number.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
    /// The columns beside the row token, for payload files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnSpec>,
    /// The FHIR resource the rows were made from, for payload files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

/// One half of a batch, or the link rows that answer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of this manifest.
    pub format: String,
    /// The batch; the same in both halves.
    pub batch_id: BatchId,
    /// The domain its pseudonyms belong to.
    pub domain: DomainId,
    /// The version of the key that was used: K1 in a holder's half; K2 in the TTP's answer and under
    /// the pseudonyms the HDA sends.
    pub key_version: u32,
    /// The domain the answer belongs to, where it is another: pseudonyms are laid over for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<DomainId>,
    /// Who made the batch.
    pub holder: HolderId,
    /// Who made this manifest: the holder itself, or the TTP.
    pub signed_by: HolderId,
    /// What it is for.
    pub purpose: BatchPurpose,
    /// What it does to what its holder sent before.
    #[serde(default, skip_serializing_if = "BatchMode::is_append")]
    pub mode: BatchMode,
    /// Its place among the batches of its holder; the same in both halves.
    pub chain: Chain,
    /// How its payload rows come to the HDA; the same in both halves.
    #[serde(default, skip_serializing_if = "Release::is_bulk")]
    pub release: Release,
    /// The root of its row keys, which only the TTP can open: in the half for the TTP, where rows
    /// are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_root: Option<String>,
    /// The files.
    pub files: Vec<FileEntry>,
    /// The records of the holder that are no more, in an increment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<FileEntry>,
    /// After this moment nobody takes the batch any more.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: Timestamp,
    /// When its batch was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created: Timestamp,
    /// The version of the software that made it.
    pub software: String,
}

/// A manifest whose signature was verified, with the bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedManifest {
    /// What it says.
    pub manifest: Manifest,
    /// The digest of its bytes.
    pub digest: Sha256Digest,
}

impl Manifest {
    /// The value of `format` this version writes.
    #[must_use]
    pub fn format() -> String {
        FORMAT.to_owned()
    }

    /// The digest of its bytes, as they are signed.
    pub fn digest(&self) -> Result<Sha256Digest, ExchangeError> {
        self.bytes(MANIFEST).map(|bytes| Sha256Digest::of(&bytes))
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, ExchangeError> {
        serde_json::to_vec_pretty(self)
            .map_err(|source| ExchangeError::Json { path: path.to_owned(), source })
    }

    /// Signs the manifest and writes it into a folder whose files are all there; gives its digest.
    pub fn write(
        &self,
        store: &Store,
        folder: &str,
        signer: &dyn Signer,
    ) -> Result<Sha256Digest, ExchangeError> {
        let path = format!("{folder}{MANIFEST}");
        let bytes = self.bytes(&path)?;
        let signature = signer.sign(CONTEXT, &bytes);
        store
            .write(&format!("{folder}{MANIFEST_SIGNATURE}"), signature.to_string().into_bytes())?;
        let digest = Sha256Digest::of(&bytes);
        store.write(&path, bytes)?;
        Ok(digest)
    }

    /// Every file of the half: its rows, and the records it removes.
    pub fn all_files(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().chain(&self.removed)
    }

    /// The file with this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.name == name)
    }
}

impl SignedManifest {
    /// Reads the manifest of a folder; nothing where the folder is not complete yet.
    ///
    /// `key_of` answers with the key of a party, or with why there is none.
    pub fn read(
        store: &Store,
        folder: &str,
        key_of: impl Fn(&HolderId) -> Result<PublicKey, ExchangeError>,
    ) -> Result<Option<Self>, ExchangeError> {
        let path = format!("{folder}{MANIFEST}");
        let Some(bytes) = store.read_if_there(&path)? else {
            return Ok(None);
        };
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|source| ExchangeError::Json { path: path.clone(), source })?;
        if manifest.format != FORMAT {
            return Err(ExchangeError::Differs { path, what: "another format" });
        }
        let holder = manifest.signed_by.clone();
        let key = key_of(&holder)?;
        let written = store.read(&format!("{folder}{MANIFEST_SIGNATURE}"))?;
        // In one writing alone: whoever changes a bit of a batch changes the batch.
        let written = String::from_utf8_lossy(&written);
        written
            .parse::<Signature>()
            .and_then(|signature| {
                if signature.to_string() != written {
                    return Err(SignatureError::NotASignature);
                }
                key.verify(CONTEXT, &bytes, &signature)
            })
            .map_err(|source| ExchangeError::NotSigned {
                path: folder.to_owned(),
                holder,
                source,
            })?;
        Ok(Some(Self { manifest, digest: Sha256Digest::of(&bytes) }))
    }

    /// Holds every file of the folder against the manifest.
    pub fn check_files(&self, store: &Store, folder: &str) -> Result<(), ExchangeError> {
        for file in self.manifest.all_files() {
            file.check(store, folder)?;
        }
        Ok(())
    }
}

impl FileEntry {
    /// Holds the file against this entry: size and digest.
    pub fn check(&self, store: &Store, folder: &str) -> Result<(), ExchangeError> {
        let path = format!("{folder}{}", self.name);
        // The name comes from outside and must stay in its folder.
        if !self.name.split('/').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            return Err(ExchangeError::Differs { path, what: "a name that leaves the folder" });
        }
        if store.size(&path)? != self.bytes {
            return Err(ExchangeError::Differs { path, what: "another size" });
        }
        if digest_of(store, &path)? != self.sha256 {
            return Err(ExchangeError::Differs { path, what: "another digest" });
        }
        Ok(())
    }
}

fn digest_of(store: &Store, path: &str) -> Result<Sha256Digest, ExchangeError> {
    let mut reader = store.reader(path)?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    loop {
        let chunk = reader.fill_buf().map_err(ExchangeError::stream("reading", path))?;
        if chunk.is_empty() {
            return Ok(Sha256Digest::finish(context));
        }
        let len = chunk.len();
        context.update(chunk);
        reader.consume(len);
    }
}
