//! The extraction itself: patients first, then records, then the two halves.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use pipeline_domain::{BatchId, DomainId, HolderId, RowToken, Signer, Timestamp};
use pipeline_exchange::{BatchPurpose, MANIFEST, Store};
use pipeline_identity::Subject;
use pipeline_keys::{HolderKey, IdType, RowTokens};
use pipeline_views::View;
use rayon::prelude::*;
use serde_json::Value;
use tracing::{info, instrument};

use crate::{
    ExtractError, ExtractReport, TypeCounts,
    half::{self, HDA_FOLDER, TTP_FOLDER},
    patients::Patients,
    payload::PayloadWriter,
    quarantine::{Place, Quarantine, SetAside},
    reader::{DEEPEST_BUNDLE, Kept, Looked, Reader, each_patient, parse},
    resource_types::is_r4,
    source::{RawDocument, read_file},
};

/// The folder of a batch that goes to the TTP.
pub const FOR_TTP: &str = TTP_FOLDER;
/// The folder of a batch that goes to the HDA.
pub const FOR_HDA: &str = HDA_FOLDER;
/// The report; written last, so a folder that has one holds a finished batch.
pub const REPORT: &str = "report.json";

/// What to extract, for whom, under which key.
#[derive(Debug)]
pub struct Extraction<'a> {
    /// Where the FHIR lies.
    pub source: &'a Store,
    /// The folder of the batch.
    pub out: &'a Store,
    /// The views to run.
    pub views: &'a [View],
    /// K1 of the domain.
    pub key: &'a HolderKey,
    /// Its version.
    pub key_version: u32,
    /// The domain.
    pub domain: DomainId,
    /// Who extracts.
    pub holder: &'a HolderId,
    /// The id of the batch.
    pub batch: BatchId,
    /// Records for the HDA, or people who opted out for the TTP.
    pub purpose: BatchPurpose,
    /// The patient identifier of a source that has no national numbers.
    pub identifier_system: Option<&'a str>,
    /// The moment of extraction; no event lies after its day.
    pub now: Timestamp,
    /// After this moment the TTP and the HDA refuse the batch.
    pub not_after: Timestamp,
    /// The version of this software.
    pub software: &'a str,
}

/// Extracts a batch. `progress` is told the bytes of the source that were read, twice each.
#[instrument(skip_all, fields(batch = %job.batch, holder = %job.holder))]
pub fn extract(
    job: &Extraction<'_>,
    signer: &dyn Signer,
    progress: &dyn Fn(u64),
) -> Result<ExtractReport, ExtractError> {
    if job.out.exists(REPORT)? {
        return Err(ExtractError::AlreadyFinished { location: job.out.location().to_owned() });
    }
    clear_unfinished(job)?;
    let files = job.source.list("")?;
    if files.is_empty() {
        return Err(ExtractError::EmptySource { location: job.source.location().to_owned() });
    }
    let patients = index_patients(job, &files, progress)?;
    let mut run = Run::start(job, &patients)?;
    let mut bytes = 0;
    for file in &files {
        run.file(file)?;
        let size = job.source.size(file)?;
        bytes += size;
        progress(size);
    }
    let report = run.finish(signer, files.len() as u64, bytes)?;
    let total = report.total();
    let (read, written, quarantined) = (total.read, total.written, total.quarantined);
    info!(
        read,
        written, quarantined, "extracted {written} of {read} records, set aside {quarantined}"
    );
    job.out.write_json(REPORT, &report)?;
    Ok(report)
}

/// What an extraction that died has left: the whole folder is written again under a new batch id.
fn clear_unfinished(job: &Extraction<'_>) -> Result<(), ExtractError> {
    for folder in [TTP_FOLDER, HDA_FOLDER] {
        // Without its manifest a half does not exist; it goes first.
        job.out.delete(&format!("{folder}{MANIFEST}"))?;
        for file in job.out.list(folder)? {
            job.out.delete(&file)?;
        }
    }
    Ok(())
}

/// Reads the source for its patients alone, so that a record may come before its patient.
fn index_patients(
    job: &Extraction<'_>,
    files: &[String],
    progress: &dyn Fn(u64),
) -> Result<Patients, ExtractError> {
    let rules = job.rules();
    let mut patients = Patients::default();
    for file in files {
        read_file(job.source, file, |chunk| -> Result<(), ExtractError> {
            let parsed: Vec<Value> = chunk
                .par_iter()
                .filter(|(_, bytes)| names_a_patient(bytes))
                .filter_map(|(_, bytes)| parse(bytes).ok())
                .collect();
            for document in &parsed {
                each_patient(document, None, DEEPEST_BUNDLE, &mut |patient, url| {
                    patients.add(patient, url, rules);
                });
            }
            Ok(())
        })?;
        progress(job.source.size(file)?);
    }
    Ok(patients)
}

/// Cheap, and wrong in the negative only for a type written with escaped letters: the records of
/// such a patient are set aside as unresolved, not lost.
fn names_a_patient(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\"Patient\"").is_some()
}

struct Run<'a> {
    job: &'a Extraction<'a>,
    reader: Reader<'a>,
    payloads: Vec<PayloadWriter>,
    persons: HashMap<Subject, RowToken>,
    tokens: RowTokens,
    quarantine: Quarantine,
    counts: BTreeMap<String, TypeCounts>,
    not_records: u64,
}

impl<'a> Run<'a> {
    fn start(job: &'a Extraction<'a>, patients: &'a Patients) -> Result<Self, ExtractError> {
        let views = if job.purpose == BatchPurpose::Extract { job.views } else { &[] };
        let payloads = views.iter().map(|view| PayloadWriter::create(job.out, view));
        Ok(Self {
            job,
            reader: Reader::new(job, patients),
            payloads: payloads.collect::<Result<_, _>>()?,
            persons: HashMap::new(),
            tokens: RowTokens::default(),
            quarantine: Quarantine::create(job.out, job.holder.as_str())?,
            counts: BTreeMap::new(),
            not_records: 0,
        })
    }

    fn file(&mut self, file: &str) -> Result<(), ExtractError> {
        let stopped = read_file(self.job.source, file, |chunk| self.chunk(file, &chunk))?;
        if let Some((line, reason)) = stopped {
            self.not_records += 1;
            self.quarantine.add(Place { file, line, entry: None }, &SetAside::new("", reason))?;
        }
        Ok(())
    }

    /// Looks at the documents on all cores, then keeps what they gave in their order.
    fn chunk(&mut self, file: &str, chunk: &[RawDocument]) -> Result<(), ExtractError> {
        let reader = &self.reader;
        let looked: Vec<Vec<Looked>> =
            chunk.par_iter().map(|(line, bytes)| reader.document(*line, bytes)).collect();
        for looked in looked.into_iter().flatten() {
            self.keep(file, looked)?;
        }
        Ok(())
    }

    fn keep(&mut self, file: &str, looked: Looked) -> Result<(), ExtractError> {
        let place = Place { file, line: looked.at.line, entry: looked.at.entry };
        if looked.resource.is_empty() {
            self.not_records += 1;
        } else {
            let name = counted_name(&looked.resource);
            let counts = self.counts.entry(name.to_owned()).or_default();
            counts.read += 1;
            counts.written += u64::from(looked.outcome.is_ok());
            counts.quarantined += u64::from(looked.outcome.is_err());
        }
        match looked.outcome {
            Ok(kept) => self.write(kept),
            Err(aside) => {
                let named =
                    SetAside { resource: counted_name(&aside.resource).to_owned(), ..aside };
                self.quarantine.add(place, &named)
            }
        }
    }

    fn write(&mut self, kept: Kept) -> Result<(), ExtractError> {
        let token = match self.persons.entry(kept.subject) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(self.tokens.draw()?),
        };
        for (view, rows) in kept.rows {
            self.payloads[view].add(token, rows)?;
        }
        Ok(())
    }

    fn finish(
        self,
        signer: &dyn Signer,
        files: u64,
        bytes: u64,
    ) -> Result<ExtractReport, ExtractError> {
        let Self { job, payloads, persons, tokens, quarantine, counts, not_records, .. } = self;
        reconcile(&counts)?;
        let (mut rows, mut filled, mut entries) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (payload, view) in payloads.into_iter().zip(job.views) {
            let columns = view.columns().iter().map(|column| column.name.clone());
            filled.insert(
                view.name().to_string(),
                columns.zip(payload.filled.iter().copied()).collect(),
            );
            let entry = payload.finish()?;
            rows.insert(view.name().to_string(), entry.rows);
            entries.push(entry);
        }
        let ids: Vec<_> =
            persons.par_iter().map(|(subject, token)| (*token, tag(job.key, subject))).collect();
        let persons = ids.len() as u64;
        let id_file = half::write_ids(job, ids, &tokens)?;
        let quarantined = quarantine.finish()?;
        if job.purpose == BatchPurpose::Extract {
            half::seal(job, HDA_FOLDER, entries, signer)?;
        }
        half::seal(job, TTP_FOLDER, vec![id_file], signer)?;
        Ok(ExtractReport {
            batch: job.batch,
            holder: job.holder.clone(),
            domain: job.domain,
            files,
            bytes,
            persons,
            resources: counts,
            not_records,
            quarantined: quarantined
                .into_iter()
                .map(|(reason, n)| (reason.code().to_owned(), n))
                .collect(),
            rows,
            filled,
        })
    }
}

/// A type that FHIR does not know is a free text of the source: it is counted, not repeated.
fn counted_name(resource: &str) -> &str {
    if resource.is_empty() || is_r4(resource) { resource } else { "unknown" }
}

fn tag(key: &HolderKey, subject: &Subject) -> pipeline_domain::HolderTag {
    match subject {
        Subject::Inss(inss) => key.tag(IdType::Inss, inss.canonical()),
        Subject::Source(id) => key.tag(IdType::Foreign, id.canonical()),
    }
}

fn reconcile(counts: &BTreeMap<String, TypeCounts>) -> Result<(), ExtractError> {
    for (resource, counts) in counts {
        let accounted = counts.written + counts.quarantined;
        if counts.read != accounted {
            let resource = resource.clone();
            return Err(ExtractError::DoesNotReconcile { resource, read: counts.read, accounted });
        }
    }
    Ok(())
}
