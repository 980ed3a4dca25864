//! The question: the pseudonyms of whoever has rows, under tokens that mean nothing.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch},
    buffer::Buffer,
    datatypes::SchemaRef,
};
use pipeline_domain::{DatasetId, Pseudonym, ResearchId, RowToken, VersionId};
use pipeline_exchange::{
    BatchMode, BatchPurpose, FileEntry, Manifest, ParquetSink, Release, Store, lake, read_parquet,
    wire,
};
use pipeline_keys::RowTokens;
use rayon::prelude::*;
use tracing::info;

use super::{REKEY, REQUEST, RekeyOrder, RekeyRequest, tokens_path};
use crate::{Ingest, IngestError, join::array, pass::fixed, version::Versions};

/// Rows that are written at once.
const ROWS_AT_ONCE: usize = 131_072;

/// The ids that stand in some datasets.
#[derive(Default)]
struct Ids {
    persons: HashSet<ResearchId>,
    linked: HashSet<ResearchId>,
}

/// What is sent for one id.
struct Asked {
    token: RowToken,
    id: ResearchId,
    pseudonym: Pseudonym,
}

impl Ingest<'_> {
    /// Asks the TTP to re-key what somebody ordered.
    pub fn ask_to_rekey(
        &self,
        order: &RekeyOrder,
        ttp: &Store,
    ) -> Result<RekeyRequest, IngestError> {
        // What a pass that died has left is mended first.
        drop(Versions::open(self)?);
        for waiting in self.rekey_requests()?.iter().filter(|known| known.domain == order.domain) {
            if order.instead_of != Some(waiting.batch) {
                return Err(IngestError::RekeyWaits { batch: waiting.batch });
            }
            self.drop_request(waiting.batch)?;
        }
        let versions = self.ordered(order)?;
        if versions.is_empty() {
            return Err(IngestError::NothingToRekey { domain: order.domain });
        }
        let ids = self.ids_in(&versions)?;
        let kept = self.kept(order.domain)?;
        let key_version = kept.values().map(|kept| kept.key_version).max().unwrap_or(1);
        let tokens = RowTokens::draw()?;
        let mut files = Vec::new();
        let folder = format!("{}/", order.batch);
        for (name, mut wanted) in
            [(wire::ID_FILE, ids.persons.clone()), (wire::LINKED_ID_FILE, ids.linked.clone())]
        {
            if name == wire::LINKED_ID_FILE && wanted.is_empty() {
                continue;
            }
            let link = if name == wire::ID_FILE { wire::LINK_FILE } else { wire::LINKED_FILE };
            let mut asked = Vec::with_capacity(wanted.len());
            for of_batch in &kept {
                let opened = self.open_pseudonyms(order.domain, of_batch, link, &mut wanted)?;
                asked.extend(opened.into_iter().map(|(id, pseudonym)| {
                    let token = tokens.of_research_id(&id);
                    Asked { token, id, pseudonym }
                }));
            }
            if !wanted.is_empty() {
                return Err(IngestError::NoPseudonyms { count: wanted.len() as u64 });
            }
            asked.par_sort_unstable_by_key(|row| row.token);
            self.note_tokens(order, link, &asked)?;
            files.push(send(ttp, &folder, name, asked, &tokens)?);
        }
        let manifest = self.question(order, files, key_version)?;
        let request = RekeyRequest {
            batch: order.batch,
            domain: order.domain,
            permit: order.permit.clone(),
            versions,
            persons: ids.persons.len() as u64,
            linked: ids.linked.len() as u64,
            chain: manifest.chain,
            manifest: manifest.digest()?,
            asked: self.now,
        };
        // Before the question: an answer must find what it is an answer to.
        self.lake.write_json(&format!("{REKEY}{}/{REQUEST}", order.batch), &request)?;
        manifest.write(ttp, &folder, self.keys)?;
        info!(batch = %order.batch, persons = request.persons, "asked for a re-keying");
        Ok(request)
    }

    /// The newest versions of the datasets an order is about.
    fn ordered(&self, order: &RekeyOrder) -> Result<BTreeMap<DatasetId, VersionId>, IngestError> {
        let named = order.permit.as_ref().map_or(&[][..], |permit| &permit.datasets);
        let mut versions = BTreeMap::new();
        for dataset in lake::datasets(self.lake)? {
            let is_named = named.is_empty() || named.contains(&dataset);
            let Some(version) = lake::head(self.lake, &dataset)?.filter(|_| is_named) else {
                continue;
            };
            if lake::manifest(self.lake, &dataset, &version)?.domain == order.domain {
                versions.insert(dataset, version);
            }
        }
        if let Some(missing) = named.iter().find(|dataset| !versions.contains_key(*dataset)) {
            return Err(IngestError::NoSuchDataset { dataset: missing.clone() });
        }
        Ok(versions)
    }

    /// The ids that stand in these versions.
    fn ids_in(&self, versions: &BTreeMap<DatasetId, VersionId>) -> Result<Ids, IngestError> {
        let mut ids = Ids::default();
        for (dataset, version) in versions {
            let manifest = lake::manifest(self.lake, dataset, version)?;
            for part in &manifest.parts {
                let path = format!("{}{}", manifest.folder(), part.name);
                for rows in read_parquet(self.lake, &path)? {
                    ids.add(&rows?);
                }
            }
        }
        Ok(ids)
    }

    /// Notes under which token each id was sent.
    fn note_tokens(
        &self,
        order: &RekeyOrder,
        name: &str,
        asked: &[Asked],
    ) -> Result<(), IngestError> {
        let schema = wire::asked_schema();
        let path = tokens_path(order.batch, "");
        let mut sink = ParquetSink::create(self.lake, &path, name, Arc::clone(&schema))?;
        for rows in asked.chunks(ROWS_AT_ONCE) {
            let tokens = rows.iter().flat_map(|row| *row.token.as_bytes()).collect();
            let ids = rows.iter().flat_map(|row| *row.id.as_bytes()).collect();
            sink.write(&two(&schema, tokens, ids, ResearchId::LEN)?)?;
        }
        sink.finish()?;
        Ok(())
    }

    fn question(
        &self,
        order: &RekeyOrder,
        files: Vec<FileEntry>,
        key_version: u32,
    ) -> Result<Manifest, IngestError> {
        Ok(Manifest {
            format: Manifest::format(),
            batch_id: order.batch,
            domain: order.domain,
            key_version,
            target: order.permit.as_ref().map(|permit| permit.domain),
            holder: self.name.clone(),
            signed_by: self.name.clone(),
            purpose: BatchPurpose::Rekey,
            mode: BatchMode::Append,
            chain: self.next_place(order.domain)?,
            release: Release::Bulk,
            payload_root: None,
            files,
            removed: None,
            not_after: order.not_after,
            created: self.now,
            software: self.software.to_owned(),
        })
    }
}

impl Ids {
    fn add(&mut self, rows: &RecordBatch) {
        for (at, column) in rows.columns().iter().enumerate() {
            if let Some(ids) = column.as_fixed_size_binary_opt() {
                let to = if at == 0 { &mut self.persons } else { &mut self.linked };
                to.extend(ids.iter().flatten().map(|id| ResearchId::new(array(id))));
            }
        }
    }
}

/// Writes the pseudonyms in the order of their tokens, padded like every file of ids.
fn send(
    ttp: &Store,
    folder: &str,
    name: &str,
    asked: Vec<Asked>,
    tokens: &RowTokens,
) -> Result<FileEntry, IngestError> {
    let count = asked.len() as u64;
    let mut rows: Vec<_> = asked.into_iter().map(|row| (row.token, row.pseudonym)).collect();
    // Numbers that no other file of the batch pads with.
    let first = if name == wire::ID_FILE { 0 } else { 1 << 40 };
    let padding = (0..wire::padded_rows(count) - count).map(|number| {
        let (token, nobody) = tokens.padding(first + number);
        (token, Pseudonym::new(*nobody.as_bytes()))
    });
    rows.extend(padding);
    rows.par_sort_unstable_by_key(|(token, _)| *token);
    let schema = wire::link_schema();
    let mut sink = ParquetSink::create(ttp, folder, name, Arc::clone(&schema))?;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let tokens = rows.iter().flat_map(|(token, _)| *token.as_bytes()).collect();
        let pseudonyms = rows.iter().flat_map(|(_, pseudonym)| *pseudonym.as_bytes()).collect();
        sink.write(&two(&schema, tokens, pseudonyms, Pseudonym::LEN)?)?;
    }
    Ok(sink.finish()?)
}

/// Row tokens beside something of this length.
fn two(
    schema: &SchemaRef,
    tokens: Vec<u8>,
    others: Vec<u8>,
    len: usize,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let column = |bytes, len| -> Result<ArrayRef, arrow::error::ArrowError> {
        Ok(Arc::new(FixedSizeBinaryArray::try_new(fixed(len), Buffer::from_vec(bytes), None)?))
    };
    let columns = vec![column(tokens, RowToken::LEN)?, column(others, len)?];
    RecordBatch::try_new(SchemaRef::clone(schema), columns)
}
