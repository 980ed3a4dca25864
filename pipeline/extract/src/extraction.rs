//! The extraction itself: patients first, then records, then the two halves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, PoisonError, mpsc},
};

use pipeline_domain::{
    BatchId, DatasetId, DomainId, HolderId, Language, RowToken, Signer, Timestamp, Treatment,
    quality::{QualityRules, Verdict},
};
use pipeline_exchange::{BatchMode, BatchPurpose, Chain, MANIFEST, Store};
use pipeline_identity::PseudonymConversion;
use pipeline_keys::{HolderKey, RowTokens};
use pipeline_legacy::Mapping;
use pipeline_quality::{BatchInfo, BatchQuality, Profiler, ViewQuality};
use pipeline_views::View;
use rayon::prelude::*;
use tracing::{info, instrument};

use crate::{
    ExtractError, ExtractReport, TypeCounts,
    half::{self, HDA_FOLDER, TTP_FOLDER},
    ids::{IdRows, RUNS},
    patients::Patients,
    payload::{Gathered, PayloadWriter},
    quarantine::{Place, Places, Quarantine},
    reader::{Core, Looked, Reader},
    sealed::{Sealing, seal_rows},
    source::{Piece, read_pieces},
};

/// The folder of a batch that goes to the TTP.
pub const FOR_TTP: &str = TTP_FOLDER;
/// The folder of a batch that goes to the HDA.
pub const FOR_HDA: &str = HDA_FOLDER;
/// The folder in which a fetched export keeps what its server deleted.
const DELETED: &str = ".deleted";
/// The quality of the batch in figures, to hold the next one against.
pub const QUALITY: &str = "quality.json";
/// The report; written last, so a folder that has one holds a finished batch.
pub const REPORT: &str = "report.json";

/// What to extract, for whom, under which key.
pub struct Extraction<'a> {
    /// Where the FHIR lies.
    pub source: &'a Store,
    /// The folder of the batch.
    pub out: &'a Store,
    /// The views to run.
    pub views: &'a [View],
    /// What the policy does to the columns of each view; what is not named leaves as it is.
    pub treatments: &'a BTreeMap<DatasetId, BTreeMap<String, Treatment>>,
    /// What the quality of the batch is held against.
    pub quality: &'a QualityRules,
    /// The quality of this holder's batch before, to see what changed.
    pub previous: Option<&'a BatchQuality>,
    /// Why the batch may go although the rules of quality would stop it.
    pub despite_quality: Option<&'a str>,
    /// K1 of the domain.
    pub key: &'a HolderKey,
    /// The row tokens of this batch.
    pub tokens: &'a RowTokens,
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
    /// What the batch does to what its holder sent before.
    pub mode: BatchMode,
    /// Its place among the batches of this holder in the domain.
    pub chain: Chain,
    /// With what payload rows are sealed; without, the HDA can read all of them.
    pub sealing: Option<Sealing<'a>>,
    /// Where patients are found beside the source: an increment brings those alone that changed.
    pub patients: Option<&'a Store>,
    /// The patient identifier of a source that has no national numbers.
    pub identifier_system: Option<&'a str>,
    /// What the columns of CSV files mean.
    pub csv_mapping: Option<&'a Mapping>,
    /// Who converts eHealth pseudonyms; without, their records wait in the quarantine.
    pub conversion: Option<&'a (dyn PseudonymConversion + Sync)>,
    /// Only these places of the source, such as those of an earlier quarantine.
    pub only: Option<&'a Places>,
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
    progress: &(dyn Fn(u64) + Sync),
) -> Result<ExtractReport, ExtractError> {
    if job.out.exists(REPORT)? {
        return Err(ExtractError::AlreadyFinished { location: job.out.location().to_owned() });
    }
    clear_unfinished(job)?;
    let mut files = job.source.list("")?;
    if job.mode == BatchMode::Increment {
        files.extend(job.source.list_hidden(DELETED)?);
    }
    if files.is_empty() {
        return Err(ExtractError::EmptySource { location: job.source.location().to_owned() });
    }
    let reader = Reader::new(job, Patients::default())?;
    let patients = index_patients(job, &reader, &files, progress)?;
    let reader = Reader::new(job, patients)?;
    let report = Run::start(job, &reader, &files)?.run(signer, progress)?;
    let total = report.total();
    let (read, written, quarantined) = (total.read, total.written, total.quarantined);
    info!(
        read,
        written, quarantined, "extracted {written} of {read} records, set aside {quarantined}"
    );
    job.out.write_json(REPORT, &report)?;
    Ok(report)
}

impl fmt::Debug for Extraction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction")
            .field("batch", &self.batch)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

impl Extraction<'_> {
    /// What the policy does to each column of a view.
    pub(crate) fn treatments_of(&self, view: &View) -> Vec<Treatment> {
        let of_view = self.treatments.get(view.name());
        let of = |name: &str| of_view.and_then(|columns| columns.get(name)).copied();
        view.columns().iter().map(|column| of(&column.name).unwrap_or(Treatment::Keep)).collect()
    }
}

/// What an extraction that died has left: the whole folder is written again under a new batch id.
fn clear_unfinished(job: &Extraction<'_>) -> Result<(), ExtractError> {
    job.out.clear_partial()?;
    job.out.delete_all(RUNS)?;
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
    reader: &Reader<'_>,
    files: &[String],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Patients, ExtractError> {
    let mut patients = Patients::default();
    in_parallel(
        job.source,
        files,
        |piece| reader.patients(piece),
        |_, piece, found| {
            progress(piece.stored);
            patients.merge(found);
            Ok(())
        },
    )?;
    if let Some(beside) = job.patients {
        let mut others = Patients::default();
        in_parallel(
            beside,
            &beside.list("")?,
            |piece| reader.patients(piece),
            |_, _, found| {
                others.merge(found);
                Ok(())
            },
        )?;
        patients.fill_up(others);
    }
    Ok(patients)
}

/// Reads the pieces of the source ahead, looks at them on all cores, and takes what they gave in
/// the order of the source.
fn in_parallel<T: Send>(
    source: &Store,
    files: &[String],
    look: impl Fn(&Piece) -> T + Sync,
    mut take: impl FnMut(&str, &Piece, T) -> Result<(), ExtractError> + Send,
) -> Result<(), ExtractError> {
    let cores = rayon::current_num_threads();
    let spares: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let spare = || spares.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    let (send, receive) = mpsc::sync_channel::<Piece>(2 * cores);
    std::thread::scope(|scope| {
        let spare = &spare;
        // The channel closes with the reading, which therefore owns its end; the other end hangs up
        // when something failed there, which is told there.
        let reading = scope.spawn(move || {
            read_pieces(source, files, spare, &mut |piece| send.send(piece).is_ok())
        });
        let outcome = take_pieces(&receive, cores, files, &spares, &look, &mut take);
        drop(receive);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome.and(read.map_err(ExtractError::from))
    })
}

fn take_pieces<T: Send>(
    receive: &mpsc::Receiver<Piece>,
    cores: usize,
    files: &[String],
    spares: &Mutex<Vec<Vec<u8>>>,
    look: &(impl Fn(&Piece) -> T + Sync),
    take: &mut (impl FnMut(&str, &Piece, T) -> Result<(), ExtractError> + Send),
) -> Result<(), ExtractError> {
    let mut hand_on = |pieces: Vec<(Piece, T)>| {
        for (mut piece, looked) in pieces {
            take(files.get(piece.file).map_or("", String::as_str), &piece, looked)?;
            piece.bytes.clear();
            spares.lock().unwrap_or_else(PoisonError::into_inner).push(piece.bytes);
        }
        Ok(())
    };
    let mut before = Vec::new();
    loop {
        let window = next_window(receive, 2 * cores);
        if window.is_empty() {
            return hand_on(before);
        }
        // While some cores look at these pieces, one hands on what those before them gave.
        let (looked, handed_on) = rayon::join(
            || window.par_iter().map(look).collect::<Vec<T>>(),
            || hand_on(std::mem::take(&mut before)),
        );
        handed_on?;
        before = window.into_iter().zip(looked).collect();
    }
}

/// The pieces that were read, at least one; none at the end of the source.
fn next_window(receive: &mpsc::Receiver<Piece>, most: usize) -> Vec<Piece> {
    let mut window: Vec<Piece> = receive.recv().into_iter().collect();
    while !window.is_empty()
        && window.len() < most
        && let Ok(piece) = receive.try_recv()
    {
        window.push(piece);
    }
    window
}

struct Run<'a> {
    job: &'a Extraction<'a>,
    reader: &'a Reader<'a>,
    files: &'a [String],
    payloads: Vec<PayloadWriter>,
    profilers: Vec<Profiler>,
    ids: IdRows<'a>,
    quarantine: Quarantine,
    /// Records that are no more.
    removed: BTreeSet<RowToken>,
    report: ExtractReport,
}

impl<'a> Run<'a> {
    fn start(
        job: &'a Extraction<'a>,
        reader: &'a Reader<'a>,
        files: &'a [String],
    ) -> Result<Self, ExtractError> {
        let views = reader.program().views();
        let payloads = views
            .iter()
            .map(|view| PayloadWriter::create(job.out, view, &job.treatments_of(view), job.mode));
        let profilers = views.iter().map(|view| {
            let rules = job.quality.view(view.name());
            Profiler::new(view.name(), view.columns(), &rules, job.now.date())
        });
        let profilers = profilers.collect();
        Ok(Self {
            job,
            reader,
            files,
            payloads: payloads.collect::<Result<_, _>>()?,
            profilers,
            ids: IdRows::new(job.out),
            quarantine: Quarantine::create(job.out, job.holder.as_str())?,
            removed: BTreeSet::new(),
            report: ExtractReport::empty(job, files.len() as u64),
        })
    }

    fn run(
        mut self,
        signer: &dyn Signer,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<ExtractReport, ExtractError> {
        let reader = self.reader;
        let cores: Vec<Mutex<Core>> =
            (0..rayon::current_num_threads().max(1)).map(|_| Mutex::new(reader.core())).collect();
        let files = self.files;
        let look = |piece: &Piece| {
            let core = rayon::current_thread_index().unwrap_or_default() % cores.len();
            let mut core = cores[core].lock().unwrap_or_else(PoisonError::into_inner);
            let file = files.get(piece.file).map_or("", String::as_str);
            reader.piece(&mut core, file, piece)
        };
        in_parallel(self.job.source, files, look, |file, piece, looked| {
            progress(piece.stored);
            self.report.bytes += piece.stored;
            let looked = looked.map_err(rows_error(file))?;
            self.take(file, looked)
        })?;
        self.finish(signer)
    }

    /// Takes what a piece gave, in the order of the source.
    fn take(&mut self, file: &str, looked: Looked) -> Result<(), ExtractError> {
        for (at, aside) in &looked.asides {
            self.quarantine.add(Place { file, line: at.line, entry: at.entry }, aside)?;
        }
        for (resource, counts) in looked.counts {
            let by_file = self.report.by_file.entry(file.to_owned()).or_default();
            by_file.entry(resource.clone()).or_default().add(counts);
            self.report.resources.entry(resource).or_default().add(counts);
        }
        self.report.not_records += looked.not_records;
        self.report.converted += looked.converted;
        for ((view, column), count) in looked.unlinkable {
            let view = &self.reader.program().views()[view];
            let columns = self.report.unlinkable.entry(view.name().to_string()).or_default();
            *columns.entry(view.columns()[column].name.clone()).or_default() += count;
        }
        self.removed.extend(looked.removed);
        self.ids.add(looked.ids)?;
        let mut full = Vec::new();
        for (view, rows) in looked.rows {
            full.extend(self.payloads[view].add(rows).map(|gathered| (view, gathered)));
        }
        self.write(&full)
    }

    fn write(&mut self, full: &[(usize, Gathered)]) -> Result<(), ExtractError> {
        let ordered: Vec<_> = full.par_iter().map(|(_, gathered)| gathered.in_order()).collect();
        for ((view, _), rows) in full.iter().zip(ordered) {
            let (payload, profiler) = (&mut self.payloads[*view], &mut self.profilers[*view]);
            let rows = rows.map_err(rows_error(&payload.view))?;
            // Quality is a matter of the columns of the view; which record a row is of is none.
            let columns: Vec<usize> = (0..=payload.filled.len()).collect();
            let judged = rows.project(&columns).map_err(rows_error(&payload.view))?;
            let (written, observed) =
                rayon::join(|| payload.write(&rows), || profiler.observe(&judged));
            written?;
            observed?;
        }
        Ok(())
    }

    fn finish(mut self, signer: &dyn Signer) -> Result<ExtractReport, ExtractError> {
        reconcile(&self.report.resources)?;
        let payloads = self.payloads.iter_mut().enumerate();
        let rest: Vec<_> =
            payloads.filter_map(|(view, payload)| Some((view, payload.take()?))).collect();
        self.write(&rest)?;
        let Self { job, payloads, profilers, mut ids, quarantine, removed, mut report, .. } = self;
        let mut entries = Vec::new();
        for (payload, view) in payloads.into_iter().zip(self.reader.program().views()) {
            let columns = view.columns().iter().map(|column| column.name.clone());
            let filled = columns.zip(payload.filled.iter().copied()).collect();
            report.filled.insert(view.name().to_string(), filled);
            let entry = payload.finish(job.out)?;
            report.rows.insert(view.name().to_string(), entry.rows);
            let number = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            entries.push(match job.sealing {
                Some(sealing) => seal_rows(job, sealing, number, entry)?,
                None => entry,
            });
        }
        let ids_written = half::write_ids(job, &mut ids)?;
        ids.clear()?;
        report.identifiers = ids_written.identifiers;
        report.persons = ids_written.persons;
        let quarantined = quarantine.finish()?;
        report.quarantined = quarantined.all;
        report.conversion_failed = self.reader.conversion_failure().map(ToString::to_string);
        let views = profilers.into_iter().map(Profiler::finish).collect();
        judge(job, &mut report, quarantined.missed, views)?;
        report.removed = removed.len() as u64;
        if job.purpose == BatchPurpose::Extract {
            let any = !removed.is_empty();
            let removed = any.then(|| half::write_removed(job, &removed)).transpose()?;
            half::seal(job, HDA_FOLDER, entries, removed, signer)?;
        }
        let manifest = half::seal(job, TTP_FOLDER, ids_written.files, None, signer)?;
        report.manifest = Some(manifest);
        Ok(report)
    }
}

/// Measures the quality of the batch and shows it to its steward; what the rules stop goes nowhere
/// before somebody says why it may.
fn judge(
    job: &Extraction<'_>,
    report: &mut ExtractReport,
    set_aside: BTreeMap<String, u64>,
    views: Vec<ViewQuality>,
) -> Result<(), ExtractError> {
    let info = BatchInfo {
        batch: job.batch,
        holder: job.holder.clone(),
        domain: job.domain,
        day: job.now.date(),
        persons: report.persons,
        read: report.total().read,
        set_aside,
    };
    let quality = BatchQuality::new(info, views);
    let drift = job.previous.map(|previous| quality.compare(previous)).unwrap_or_default();
    let judgement = quality.judge(job.quality, &drift);
    for language in Language::ALL {
        let page = pipeline_quality::html(&quality, &judgement, &drift, language);
        job.out.write(&format!("quality.{language}.html"), page.into_bytes())?;
    }
    job.out.write_json(QUALITY, &quality)?;
    let stopped = judgement.verdict == Verdict::Stop;
    let first = judgement.findings.first().map(|finding| finding.sentence.clone());
    report.quality = Some(judgement);
    report.despite_quality = job.despite_quality.map(str::to_owned);
    if stopped && job.despite_quality.is_none() && job.purpose == BatchPurpose::Extract {
        let finding = first.unwrap_or_default();
        return Err(ExtractError::QualityStops {
            location: job.out.location().to_owned(),
            finding,
        });
    }
    Ok(())
}

fn rows_error(view: &str) -> impl FnOnce(arrow::error::ArrowError) -> ExtractError {
    let view = view.to_owned();
    move |source| ExtractError::Rows { view, source }
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
