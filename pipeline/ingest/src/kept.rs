//! The pseudonyms of a domain, kept sealed beside the lake until a re-keying opens them.
//!
//! `_pseudonyms/<domain>/<batch>/` holds those of one batch: of people, and of linked ids, each with
//! its research id. `kept.json` is written last; what has none does not exist.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, FixedSizeBinaryArray, RecordBatch},
    buffer::Buffer,
    datatypes::SchemaRef,
};
use pipeline_domain::{BatchId, DomainId, Pseudonym, ResearchId};
use pipeline_exchange::{ExchangeError, Manifest, ParquetSink, fixed_column, read_parquet, wire};
use pipeline_keys::{HdaKey, KeptPseudonyms, KeyError, random_bytes};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Ingest, IngestError,
    join::array,
    pass::{EXPORT, fixed},
};

/// Written last.
const KEPT: &str = "kept.json";

/// What is kept of one batch.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// The version of K2 the pseudonyms were made with.
    pub(crate) key_version: u32,
    /// The files, each with the salt of its key.
    files: BTreeMap<String, [u8; KeptPseudonyms::SALT_LEN]>,
}

impl Ingest<'_> {
    /// Keeps the pseudonyms of an answer of the TTP.
    pub(crate) fn keep_pseudonyms(
        &self,
        answer: &Manifest,
        domain: DomainId,
        folder: &str,
        key: &HdaKey,
    ) -> Result<(), IngestError> {
        let to = of_batch(domain, answer.batch_id);
        let mut kept = Kept { key_version: answer.key_version, files: BTreeMap::new() };
        for file in &answer.files {
            let salt = random_bytes()?;
            let seal = self.kept_key(domain, &salt)?;
            let schema = wire::kept_schema();
            let mut sink = ParquetSink::create(self.lake, &to, &file.name, Arc::clone(&schema))?;
            let (path, mut first) = (format!("{folder}{}", file.name), 0);
            for rows in read_parquet(self.inbox, &path)? {
                let rows = rows?;
                let pseudonyms = fixed_column(&rows, &path, wire::PSEUDONYM, Pseudonym::LEN)?;
                sink.write(&sealed(pseudonyms, first, key, &seal, &schema)?)?;
                first += rows.num_rows() as u64;
            }
            sink.finish()?;
            kept.files.insert(file.name.clone(), salt);
        }
        Ok(self.lake.write_json(&format!("{to}{KEPT}"), &kept)?)
    }

    /// What is kept of a domain, by batch.
    pub(crate) fn kept(&self, domain: DomainId) -> Result<BTreeMap<BatchId, Kept>, IngestError> {
        let mut all = BTreeMap::new();
        for name in self.lake.folders(&of_domain(domain))? {
            let Ok(batch) = name.parse() else { continue };
            let path = format!("{}{KEPT}", of_batch(domain, batch));
            if let Some(bytes) = self.lake.read_if_there(&path)? {
                let kept = serde_json::from_slice(&bytes)
                    .map_err(|source| ExchangeError::Json { path, source })?;
                all.insert(batch, kept);
            }
        }
        Ok(all)
    }

    /// Forgets what was kept of a batch; what says that it is there goes first.
    pub(crate) fn forget(&self, domain: DomainId, batch: BatchId) -> Result<(), IngestError> {
        let folder = of_batch(domain, batch);
        self.lake.delete(&format!("{folder}{KEPT}"))?;
        Ok(self.lake.delete_all(&folder)?)
    }

    /// Opens the pseudonyms of these ids, as far as one file of a batch has them, and takes them off
    /// the list.
    pub(crate) fn open_pseudonyms(
        &self,
        domain: DomainId,
        (batch, kept): (&BatchId, &Kept),
        file: &str,
        wanted: &mut HashSet<ResearchId>,
    ) -> Result<Vec<(ResearchId, Pseudonym)>, IngestError> {
        let mut opened = Vec::new();
        let Some(salt) = kept.files.get(file) else {
            return Ok(opened);
        };
        let key = self.kept_key(domain, salt)?;
        let (path, mut first) = (format!("{}{file}", of_batch(domain, *batch)), 0);
        for rows in read_parquet(self.lake, &path)? {
            let rows = rows?;
            let ids = fixed_column(&rows, &path, wire::RESEARCH_ID, ResearchId::LEN)?;
            let sealed = fixed_column(&rows, &path, wire::SEALED, KeptPseudonyms::SEALED_LEN)?;
            for row in 0..rows.num_rows() {
                let id = ResearchId::new(array(ids.value(row)));
                if wanted.remove(&id) {
                    opened.push((id, key.open(first + row as u64, sealed.value(row))?));
                }
            }
            first += rows.num_rows() as u64;
        }
        Ok(opened)
    }

    fn kept_key(
        &self,
        domain: DomainId,
        salt: &[u8; KeptPseudonyms::SALT_LEN],
    ) -> Result<KeptPseudonyms, KeyError> {
        let keyring = self.keys.keyring();
        let seed = keyring.seed(domain, EXPORT)?;
        Ok(KeptPseudonyms::derive(&keyring.root()?, &seed, domain, EXPORT, salt))
    }
}

/// Research ids beside their sealed pseudonyms.
fn sealed(
    pseudonyms: &FixedSizeBinaryArray,
    first: u64,
    key: &HdaKey,
    seal: &KeptPseudonyms,
    schema: &SchemaRef,
) -> Result<RecordBatch, IngestError> {
    let row = |row: usize| -> Result<_, KeyError> {
        let pseudonym = Pseudonym::new(array(pseudonyms.value(row)));
        Ok((key.research_id(&pseudonym), seal.seal(first + row as u64, &pseudonym)?))
    };
    let made: Vec<_> =
        (0..pseudonyms.len()).into_par_iter().map(row).collect::<Result<_, KeyError>>()?;
    let ids: Vec<u8> = made.iter().flat_map(|(id, _)| *id.as_bytes()).collect();
    let sealed: Vec<u8> = made.iter().flat_map(|(_, sealed)| *sealed).collect();
    let column = |bytes, len| -> Result<ArrayRef, arrow::error::ArrowError> {
        Ok(Arc::new(FixedSizeBinaryArray::try_new(fixed(len), Buffer::from_vec(bytes), None)?))
    };
    let columns = vec![column(ids, ResearchId::LEN)?, column(sealed, KeptPseudonyms::SEALED_LEN)?];
    Ok(RecordBatch::try_new(SchemaRef::clone(schema), columns)?)
}

fn of_domain(domain: DomainId) -> String {
    format!("_pseudonyms/{domain}/")
}

fn of_batch(domain: DomainId, batch: BatchId) -> String {
    format!("{}{batch}/", of_domain(domain))
}
