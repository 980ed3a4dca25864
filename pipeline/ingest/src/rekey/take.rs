//! The answer: rows written anew under the research ids it gives.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanBufferBuilder, FixedSizeBinaryArray, RecordBatch,
        UInt32Array,
    },
    buffer::{Buffer, NullBuffer},
    compute::take,
};
use pipeline_domain::{
    DatasetId, DomainId, HolderId, ResearchId, RowToken, Sha256Digest, VersionId,
};
use pipeline_exchange::{
    BatchPurpose, Location, Manifest, ParquetFile, ParquetSink, PartyRole, SignedManifest, Store,
    fixed_column,
    lake::{self, Part, VersionManifest},
    read_parquet, wire,
};
use rayon::prelude::*;
use time::Duration;
use tracing::info;

use super::{Last, RekeyRequest, Rekeyed, chain_path, tokens_path};
use crate::{
    Ingest, IngestError, Refusal,
    join::{Links, array},
    pass::{Ingested, Stop, fixed, refused},
    version::Versions,
};

/// Which research id takes the place of which.
type Renamed = HashMap<ResearchId, ResearchId>;

impl Ingest<'_> {
    /// Takes in what the TTP answered. Gives the domains whose standing tables still wait.
    pub(crate) fn take_rekeyed(
        &self,
        ingested: &mut Ingested,
    ) -> Result<BTreeSet<DomainId>, IngestError> {
        let mut waiting = BTreeSet::new();
        for request in self.rekey_requests()? {
            let name = request.batch.to_string();
            match self.rekey(&request) {
                Ok(Some(rekeyed)) => {
                    ingested.rekeyed.push(rekeyed);
                    continue;
                }
                Ok(None) => {}
                Err(Stop::Refused(refusal)) => {
                    let refused = refused(&name, refusal)?;
                    self.note_refusal(&refused)?;
                    ingested.refused.push(refused);
                }
                Err(Stop::Failed(error)) => return Err(error),
            }
            if request.permit.is_none() {
                waiting.insert(request.domain);
            }
        }
        Ok(waiting)
    }

    fn rekey(&self, request: &RekeyRequest) -> Result<Option<Rekeyed>, Stop> {
        let folder = format!("{}/link/", request.batch);
        let by = |party: &HolderId| self.register.signing_key(party, &[PartyRole::Ttp]);
        let answer = SignedManifest::read(self.inbox, &folder, by).map_err(Refusal::from)?;
        let Some(answer) = answer else {
            return Ok(None);
        };
        answers(&answer.manifest, request, self.name)?;
        answer.check_files(self.inbox, &folder).map_err(Refusal::from)?;
        let domain = request.permit.as_ref().map_or(request.domain, |permit| permit.domain);
        let key = self.key(domain)?;
        let links = Links::read(self.inbox, &folder, &answer.manifest, &key)?;
        let mut renamed = Renamed::new();
        for name in [wire::LINK_FILE, wire::LINKED_FILE] {
            self.rename(request, name, &links, &mut renamed)?;
        }
        let done = self.write_anew(request, domain, &answer.manifest, &renamed)?;
        if request.permit.is_none() {
            self.keep_pseudonyms(&answer.manifest, domain, &folder, &key)?;
            // The ids these lead to stand in no table any more.
            for batch in self.kept(domain)?.into_keys().filter(|batch| *batch != request.batch) {
                self.forget(domain, batch)?;
            }
        }
        let last = Last { sequence: request.chain.sequence, manifest: request.manifest };
        self.lake.write_json(&chain_path(request.domain), &last)?;
        self.drop_request(request.batch)?;
        self.delete(&request.batch.to_string())?;
        info!(batch = %done.batch, rows = done.rows, "re-keyed {} rows", done.rows);
        Ok(Some(done))
    }

    /// Adds which id takes the place of which, as the tokens of one file tell.
    fn rename(
        &self,
        request: &RekeyRequest,
        name: &str,
        links: &Links,
        renamed: &mut Renamed,
    ) -> Result<(), IngestError> {
        let path = tokens_path(request.batch, name);
        if !self.lake.exists(&path)? {
            return Ok(());
        }
        for rows in read_parquet(self.lake, &path)? {
            let rows = rows?;
            let tokens = fixed_column(&rows, &path, wire::ROW_TOKEN, RowToken::LEN)?;
            let ids = fixed_column(&rows, &path, wire::RESEARCH_ID, ResearchId::LEN)?;
            for row in 0..rows.num_rows() {
                let token = u128::from_be_bytes(array(tokens.value(row)));
                if let Some(new) = links.research_id(token) {
                    renamed.insert(ResearchId::new(array(ids.value(row))), *new);
                }
            }
        }
        Ok(())
    }

    /// Writes the versions of a request anew; those that a pass which died has written are left.
    fn write_anew(
        &self,
        request: &RekeyRequest,
        domain: DomainId,
        answer: &Manifest,
        renamed: &Renamed,
    ) -> Result<Rekeyed, IngestError> {
        drop(Versions::open(self)?);
        let elsewhere = match &request.permit {
            Some(permit) => Some(open(&permit.into)?),
            None => None,
        };
        let to = elsewhere.as_ref().unwrap_or(self.lake);
        let mut done = Rekeyed {
            batch: request.batch,
            domain,
            key_version: answer.key_version,
            versions: BTreeMap::new(),
            rows: 0,
            left_out: 0,
        };
        for (dataset, version) in &request.versions {
            let before = lake::manifest(self.lake, dataset, version)?;
            let manifest = match written(to, dataset, request)? {
                Some(manifest) => manifest,
                None => self.write_version(to, &before, request, domain, renamed)?,
            };
            done.rows += manifest.rows();
            done.left_out += before.rows().saturating_sub(manifest.rows());
            done.versions.insert(dataset.clone(), manifest.version);
        }
        Ok(done)
    }

    fn write_version(
        &self,
        to: &Store,
        before: &VersionManifest,
        request: &RekeyRequest,
        domain: DomainId,
        renamed: &Renamed,
    ) -> Result<VersionManifest, IngestError> {
        // Versions are told apart by the second, and the newest has the greatest name. It does not
        // depend on when the answer is taken in: what a pass that died has written is written over.
        let made = request.asked.max(before.made + Duration::SECOND);
        let content = Sha256Digest::of(format!("{} {}", before.dataset, request.batch).as_bytes());
        let mut manifest = VersionManifest {
            version: VersionId::new(made, &content),
            domain,
            made,
            rekeyed: Some(request.batch),
            parts: Vec::new(),
            software: self.software.to_owned(),
            ..before.clone()
        };
        let (from, folder) = (before.folder(), manifest.folder());
        manifest.parts = before
            .parts
            .par_iter()
            .map(|part| self.write_part_anew(&from, part, to, &folder, renamed))
            .collect::<Result<_, _>>()?;
        manifest.publish(to)?;
        Ok(manifest)
    }

    fn write_part_anew(
        &self,
        from: &str,
        part: &Part,
        to: &Store,
        folder: &str,
        renamed: &Renamed,
    ) -> Result<Part, IngestError> {
        let path = format!("{from}{}", part.name);
        let schema = Arc::clone(ParquetFile::open(self.lake, &path)?.schema());
        let mut sink = ParquetSink::create(to, folder, &part.name, schema)?;
        for rows in read_parquet(self.lake, &path)? {
            sink.write(&under_new_ids(&rows?, renamed)?)?;
        }
        let written = sink.finish()?;
        let (rows, bytes, sha256) = (written.rows, written.bytes, written.sha256);
        Ok(Part { rows, bytes, sha256, ..part.clone() })
    }
}

/// The version of a dataset that was written for this request already.
fn written(
    to: &Store,
    dataset: &DatasetId,
    request: &RekeyRequest,
) -> Result<Option<VersionManifest>, IngestError> {
    let Some(head) = lake::head(to, dataset)? else {
        return Ok(None);
    };
    let head = lake::manifest(to, dataset, &head)?;
    Ok(Some(head).filter(|head| head.rekeyed == Some(request.batch)))
}

/// Is this what was asked?
fn answers(answer: &Manifest, request: &RekeyRequest, name: &HolderId) -> Result<(), Refusal> {
    let same = answer.batch_id == request.batch
        && answer.purpose == BatchPurpose::Rekey
        && answer.domain == request.domain
        && answer.target == request.permit.as_ref().map(|permit| permit.domain)
        && answer.chain == request.chain
        && answer.holder == *name;
    if same { Ok(()) } else { Err(Refusal::HalvesDiffer) }
}

/// The rows of those who have a new id, with every id replaced. A linked id always has one: no list
/// speaks of it.
fn under_new_ids(
    rows: &RecordBatch,
    renamed: &Renamed,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let mut kept = Vec::with_capacity(rows.num_rows());
    if let Some(ids) = rows.column(0).as_fixed_size_binary_opt() {
        for row in 0..ids.len() {
            if renamed.contains_key(&ResearchId::new(array(ids.value(row)))) {
                kept.push(u32::try_from(row).unwrap_or_default());
            }
        }
    }
    let kept = UInt32Array::from(kept);
    let columns = rows.columns().iter().map(|column| {
        let column = take(column, &kept, None)?;
        match column.as_fixed_size_binary_opt() {
            Some(ids) => renamed_column(ids, renamed),
            None => Ok(column),
        }
    });
    RecordBatch::try_new(rows.schema(), columns.collect::<Result<_, _>>()?)
}

fn renamed_column(
    ids: &FixedSizeBinaryArray,
    renamed: &Renamed,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    let mut bytes = Vec::with_capacity(ids.len() * ResearchId::LEN);
    let mut known = BooleanBufferBuilder::new(ids.len());
    let nobody = ResearchId::new([0; ResearchId::LEN]);
    for row in 0..ids.len() {
        let old = (!ids.is_null(row)).then(|| ResearchId::new(array(ids.value(row))));
        let new = old.and_then(|old| renamed.get(&old));
        bytes.extend_from_slice(new.unwrap_or(&nobody).as_bytes());
        known.append(new.is_some());
    }
    let known = Some(NullBuffer::new(known.finish())).filter(|known| known.null_count() > 0);
    let len = fixed(ResearchId::LEN);
    Ok(Arc::new(FixedSizeBinaryArray::try_new(len, Buffer::from_vec(bytes), known)?))
}

fn open(location: &str) -> Result<Store, IngestError> {
    let location: Location = location.parse().map_err(|source| IngestError::Location { source })?;
    Ok(Store::open(&location)?)
}
