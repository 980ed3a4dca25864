//! One piece of a source looked at: which records are in it, whom they are about, their rows.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use arrow::{array::RecordBatch, datatypes::SchemaRef, error::ArrowError};
use memchr::memmem::Finder;
use pipeline_domain::{DatasetId, RowToken, Treatment};
use pipeline_exchange::{BatchMode, BatchPurpose};
use pipeline_identity::{
    Conversion, ConversionError, LinkedId, LinkedKind, Subject, TransitPseudonym,
};
use pipeline_keys::IdType;
use pipeline_views::{Element, Frame, Program, Record, View, is_json, resource_type};
use tracing::warn;

use crate::{
    ExtractError, Extraction, Reason, TypeCounts,
    bundle::entries,
    columns::Columns,
    ids::IdRow,
    patients::{IdentifierRules, KEPT, KEPT_OF_PATIENT, Patients, subject_of, transit_of},
    payload::payload_schema,
    quarantine::{At, PlacesOfFile, SetAside},
    resource_types::is_r4,
    source::{Layout, Piece},
};

/// Bundles in Bundles in Bundles: more is no data.
const DEEPEST_BUNDLE: u8 = 4;
/// How an item of a message older than FHIR is counted that became no resource.
const LEGACY_ITEM: &str = "legacy item";
/// People a core remembers; whoever comes later is worked out again.
const REMEMBERED: usize = 1 << 17;

/// What a piece gave.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Lines of the file before it.
    pub(crate) first_line: u64,
    /// Lines in it, empty ones included.
    pub(crate) lines: u64,
    /// What was set aside; lines are counted from the first line that was given.
    pub(crate) asides: Vec<(At, SetAside)>,
    pub(crate) counts: BTreeMap<String, TypeCounts>,
    /// The type of the last record and its counts since the one before was of another.
    at_hand: (String, TypeCounts),
    pub(crate) not_records: u64,
    /// The rows of each view that has some.
    pub(crate) rows: Vec<(usize, RecordBatch)>,
    pub(crate) ids: Vec<IdRow>,
    /// Identifiers of linked columns that could not be read, by view and column.
    pub(crate) unlinkable: BTreeMap<(usize, usize), u64>,
    /// Pseudonyms that were converted.
    pub(crate) converted: u64,
    /// Records that are no more.
    pub(crate) removed: Vec<RowToken>,
}

/// What all cores share.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    job: &'a Extraction<'a>,
    program: Program,
    patients: Patients,
    schemas: Vec<SchemaRef>,
    treatments: Vec<Vec<Treatment>>,
    links: Vec<Vec<Option<LinkedKind>>>,
    /// Why the conversion service was given up: what failed as a whole is not asked again.
    given_up: OnceLock<ConversionError>,
}

/// What one core has for itself.
#[derive(Debug)]
pub(crate) struct Core {
    frame: Frame,
    /// Its views' rows.
    columns: Vec<Columns>,
    persons: HashMap<Subject, RowToken, foldhash::fast::RandomState>,
    linked: HashMap<LinkedId, RowToken, foldhash::fast::RandomState>,
}

/// The views that run, and what is kept of every record besides.
pub(crate) fn program(job: &Extraction<'_>) -> Program {
    // People who opted out have ids and no rows, so an exclude batch runs no view.
    let views = if job.purpose == BatchPurpose::Extract { job.views } else { &[] };
    Program::new(views.to_vec(), &KEPT, &[("Patient", &KEPT_OF_PATIENT)])
}

impl<'a> Reader<'a> {
    pub(crate) fn new(job: &'a Extraction<'a>, patients: Patients) -> Result<Self, ExtractError> {
        let program = program(job);
        let links = program.views().iter().map(links).collect::<Result<_, _>>()?;
        let schemas =
            program.views().iter().map(|view| payload_schema(view.columns(), job.mode)).collect();
        let treatments = program.views().iter().map(|view| job.treatments_of(view)).collect();
        let given_up = OnceLock::new();
        Ok(Self { job, program, patients, schemas, treatments, links, given_up })
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn core(&self) -> Core {
        let views = self.program.views().iter().zip(&self.treatments);
        let columns = views.map(|(view, treatments)| {
            let kinds = view.columns().iter().map(|column| column.kind);
            Columns::new(kinds.zip(treatments.iter().copied()), self.job.mode.has_record_ids())
        });
        Core {
            frame: Frame::default(),
            columns: columns.collect(),
            persons: HashMap::default(),
            linked: HashMap::default(),
        }
    }

    /// Why the conversion service gave nothing, where it failed.
    pub(crate) fn conversion_failure(&self) -> Option<&ConversionError> {
        self.given_up.get()
    }

    /// All conversions, or none where the service fails: their records wait in the quarantine.
    fn convert(&self, pseudonyms: &[TransitPseudonym]) -> Vec<Conversion> {
        let service = self.job.conversion.filter(|_| self.given_up.get().is_none());
        let Some(service) = service else { return Vec::new() };
        service.convert(pseudonyms).unwrap_or_else(|error| {
            if self.given_up.get().is_none() {
                warn!("{error}; the records that need it stay in quarantine");
            }
            let _ = self.given_up.set(error);
            Vec::new()
        })
    }

    /// Looks at a piece.
    pub(crate) fn piece(
        &self,
        core: &mut Core,
        file: &str,
        piece: &Piece,
    ) -> Result<Looked, ArrowError> {
        let looked = Looked { first_line: piece.first_line, ..Looked::default() };
        let only = self.job.only.map(|only| only.of(file));
        let mut looking = Looking { reader: self, core, looked, only, waiting: Vec::new() };
        looking.piece(piece);
        looking.convert();
        let Looking { core, mut looked, .. } = looking;
        looked.settle();
        for (view, (columns, schema)) in core.columns.iter_mut().zip(&self.schemas).enumerate() {
            if columns.rows() > 0 {
                looked.rows.push((view, columns.finish(schema)?));
            }
        }
        if core.persons.len() > REMEMBERED {
            core.persons.clear();
        }
        if core.linked.len() > REMEMBERED {
            core.linked.clear();
        }
        Ok(looked)
    }

    /// The patients in a piece.
    pub(crate) fn patients(&self, piece: &Piece) -> Patients {
        patients_in(&self.program, piece, self.job.rules())
    }
}

struct Looking<'l, 'a> {
    reader: &'l Reader<'a>,
    core: &'l mut Core,
    looked: Looked,
    /// Only these places of the file are looked at.
    only: Option<PlacesOfFile<'l>>,
    /// Records whose subject has to be converted first.
    waiting: Vec<Waiting>,
}

/// A record whose subject is a pseudonym of the eHealth platform.
struct Waiting {
    at: At,
    kind: String,
    json: String,
    pseudonym: TransitPseudonym,
}

impl Looking<'_, '_> {
    fn piece(&mut self, piece: &Piece) {
        match piece.layout {
            Layout::Lines => self.lines(&piece.bytes),
            _ if piece.stopped.is_some() && piece.bytes.is_empty() => {}
            Layout::Document => self.text(At::line(1), &piece.bytes, true),
            Layout::Xml => self.legacy(&piece.bytes),
            Layout::Csv => self.table(&piece.bytes),
        }
        if let Some(reason) = piece.stopped {
            let lines = piece.layout == Layout::Lines;
            let line = if lines { self.looked.first_line + self.looked.lines + 1 } else { 1 };
            if self.wants(At::line(line)) {
                self.no_record(At::line(line), reason);
            }
        }
    }

    fn lines(&mut self, bytes: &[u8]) {
        // One check for all lines; only where it fails each has to be looked at.
        let whole = simdutf8::basic::from_utf8(bytes).ok();
        let (mut start, mut line) = (0, 0);
        let first = self.looked.first_line;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
            line += 1;
            match whole {
                Some(text) => self.document(At::line(first + line), &text[start..end]),
                None => self.text(At::line(first + line), &bytes[start..end], false),
            }
            start = end + 1;
        }
        self.looked.lines = line;
    }

    fn text(&mut self, at: At, bytes: &[u8], is_document: bool) {
        match std::str::from_utf8(bytes) {
            Ok("") if is_document && self.wants(at) => self.no_record(at, Reason::NotJson),
            Ok(text) => self.document(at, text),
            Err(_) if self.wants(at) => self.no_record(at, Reason::NotUtf8),
            Err(_) => {}
        }
    }

    fn document(&mut self, at: At, text: &str) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
        if !text.is_empty() && self.wants(at) {
            self.resource(at, text, &Patients::default(), DEEPEST_BUNDLE, None);
        }
    }

    fn wants(&self, at: At) -> bool {
        self.only.is_none_or(|only| only.holds(at))
    }

    /// Rows of a table, turned into resources by the mapping its holder declared.
    fn table(&mut self, bytes: &[u8]) {
        let Some(mapping) = self.reader.job.csv_mapping else {
            if self.wants(At::line(1)) {
                self.no_record(At::line(1), Reason::NoMapping);
            }
            return;
        };
        for row in pipeline_legacy::resources_of_csv(bytes, mapping) {
            match row {
                Ok((line, resource)) => {
                    self.document(At::line(line), &resource.to_string());
                }
                Err(error) => {
                    let at = At::line(error.line().unwrap_or(1));
                    if !self.wants(at) {
                        continue;
                    }
                    // Without its header, or past a row without an end, no row can be read.
                    let breaks_off = at.line > 1 && !error.is_of_one_row();
                    let reason = if breaks_off { Reason::Unreadable } else { Reason::TableRow };
                    let path = Some(error.code().to_owned());
                    self.looked.not_records += 1;
                    self.looked.asides.push((at, SetAside { path, ..SetAside::new("", reason) }));
                }
            }
        }
    }

    /// Messages older than FHIR, turned into resources first.
    fn legacy(&mut self, bytes: &[u8]) {
        match pipeline_legacy::resources_of_xml(bytes) {
            Ok(converted) => {
                for (number, resource) in (1..).zip(&converted.resources) {
                    let at = At { line: 1, entry: Some(number) };
                    if !self.wants(at) {
                        continue;
                    }
                    self.resource(at, &resource.to_string(), &Patients::default(), 0, None);
                }
                if !self.only.is_none_or(PlacesOfFile::holds_all) {
                    return;
                }
                for aside in converted.set_aside {
                    self.looked.count(LEGACY_ITEM, false);
                    let pipeline_legacy::SetAside { reason, transaction, item, line } = aside;
                    let path = format!("{}: transaction {transaction}, item {item}", reason.code());
                    let set_aside = SetAside {
                        path: Some(path),
                        ..SetAside::new(LEGACY_ITEM, Reason::LegacyItem)
                    };
                    self.looked.asides.push((At::line(line.into()), set_aside));
                }
            }
            Err(error) => {
                let at = At::line(error.line().unwrap_or(1));
                if !self.wants(at) {
                    return;
                }
                self.looked.not_records += 1;
                let path = Some(error.code().to_owned());
                let aside = SetAside { path, ..SetAside::new("", Reason::NotAMessage) };
                self.looked.asides.push((at, aside));
            }
        }
    }

    /// Looks at a resource; `subject` is given where it was found out before.
    fn resource(
        &mut self,
        at: At,
        json: &str,
        bundle: &Patients,
        deep: u8,
        subject: Option<&Subject>,
    ) {
        let Some(kind) = resource_type(json) else {
            let reason = if is_json(json) { Reason::NotAResource } else { Reason::NotJson };
            return self.no_record(at, reason);
        };
        if kind == "Bundle" && deep > 0 {
            return self.bundle(at, json, deep);
        }
        match self.look(&kind, json, bundle, subject) {
            Ok(()) => self.looked.count(&kind, true),
            Err(aside) if aside.reason == Reason::NotJson => self.no_record(at, Reason::NotJson),
            Err(aside) => {
                if let Some(pseudonym) = self.pseudonym(&kind, json, bundle, &aside) {
                    let (kind, json) = (kind.into_owned(), json.to_owned());
                    return self.waiting.push(Waiting { at, kind, json, pseudonym });
                }
                self.looked.count(&kind, false);
                self.looked.asides.push((at, aside));
            }
        }
    }

    fn bundle(&mut self, at: At, json: &str, deep: u8) {
        if !is_json(json) {
            return self.no_record(at, Reason::NotJson);
        }
        let entries = entries(json);
        if entries.is_empty() {
            return self.no_record(at, Reason::NotAResource);
        }
        let mut patients = Patients::default();
        let (program, rules) = (&self.reader.program, self.reader.job.rules());
        add_patients(program, json, None, deep, rules, &mut Frame::default(), &mut patients);
        for (number, entry) in (1..).zip(&entries) {
            let at = At { entry: Some(number), ..at };
            if !self.wants(at) {
                continue;
            }
            if let Some(url) = &entry.deletes {
                self.deletion(at, url);
            } else {
                self.resource(at, entry.resource, &patients, deep - 1, None);
            }
        }
    }

    /// A record was deleted at the source.
    fn deletion(&mut self, at: At, url: &str) {
        let job = self.reader.job;
        if job.mode != BatchMode::Increment {
            return self.no_record(at, Reason::DeletionNotApplied);
        }
        let mut names = url.trim_end_matches('/').rsplit('/');
        let (id, kind) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        // A search or a version in its place names no record.
        match RecordId::of(job, kind, Some(id)).filter(|_| is_r4(kind)) {
            Some(record) => self.looked.remove(&record),
            None => self.no_record(at, Reason::NoRecordId),
        }
    }

    fn look(
        &mut self,
        kind: &str,
        json: &str,
        bundle: &Patients,
        known: Option<&Subject>,
    ) -> Result<(), SetAside> {
        let aside = |reason| SetAside::new(counted_name(kind), reason);
        let Self { reader, core, looked, .. } = self;
        let job = reader.job;
        let Core { frame, columns, persons, linked } = &mut **core;
        let record = reader.program.read(kind, json, frame).map_err(|_| aside(Reason::NotJson))?;
        let is_listed = job.purpose != BatchPurpose::Extract && kind == "Patient";
        if record.views().is_empty() && !is_listed {
            return Err(aside(if is_r4(kind) { Reason::NoView } else { Reason::UnknownResource }));
        }
        let subject = match known {
            Some(subject) => Ok(subject.clone()),
            None => subject_of(kind, record.top(), bundle, &reader.patients, job.rules()),
        };
        let subject = subject.map_err(aside)?;
        let id = RecordId::of(job, kind, record.top().child("id").and_then(Element::text));
        if id.is_none() && job.mode == BatchMode::Increment && !is_listed {
            return Err(aside(Reason::NoRecordId));
        }
        let rows = Rows { reader, record, id, subject: &subject };
        rows.write(columns, persons, linked, looked, is_listed)
            .map_err(|aside| SetAside { resource: counted_name(kind).to_owned(), ..aside })
    }

    /// The pseudonym that has to be converted before this record can be used.
    fn pseudonym(
        &mut self,
        kind: &str,
        json: &str,
        bundle: &Patients,
        aside: &SetAside,
    ) -> Option<TransitPseudonym> {
        let reader = self.reader;
        if aside.reason != Reason::EhealthPseudonym || reader.job.conversion.is_none() {
            return None;
        }
        let record = reader.program.read(kind, json, &mut self.core.frame).ok()?;
        transit_of(kind, record.top(), bundle, &reader.patients, reader.job.rules())
    }

    /// Asks for all pseudonyms of the piece together, then looks at their records again.
    fn convert(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let asked: Vec<TransitPseudonym> =
            waiting.iter().map(|record| record.pseudonym.clone()).collect();
        let mut answers = self.reader.convert(&asked).into_iter();
        for Waiting { at, kind, json, .. } in waiting {
            match stable(answers.next()) {
                Ok(subject) => {
                    self.looked.converted += 1;
                    self.resource(at, &json, &Patients::default(), 0, Some(&subject));
                }
                Err(reason) => {
                    self.looked.count(&kind, false);
                    self.looked.asides.push((at, SetAside::new(counted_name(&kind), reason)));
                }
            }
        }
    }

    fn no_record(&mut self, at: At, reason: Reason) {
        self.looked.not_records += 1;
        self.looked.asides.push((at, SetAside::new("", reason)));
    }
}

impl Looked {
    fn remove(&mut self, record: &RecordId) {
        self.removed.push(record.0.token);
        self.ids.push(record.0);
    }

    fn count(&mut self, resource: &str, written: bool) {
        if self.at_hand.0 != resource {
            self.settle();
            resource.clone_into(&mut self.at_hand.0);
        }
        let counts = &mut self.at_hand.1;
        counts.read += 1;
        counts.written += u64::from(written);
        counts.quarantined += u64::from(!written);
    }

    fn settle(&mut self) {
        let (resource, counts) = &mut self.at_hand;
        if counts.read > 0 {
            let known = self.counts.entry(counted_name(resource).to_owned()).or_default();
            known.add(std::mem::take(counts));
        }
    }
}

/// A pseudonym of the eHealth platform becomes one that stays, or the record waits.
fn stable(answer: Option<Conversion>) -> Result<Subject, Reason> {
    match answer {
        Some(Conversion::Stable(stable)) => {
            stable.identifier().map(Subject::Source).map_err(|_| Reason::SourceIdentifier)
        }
        Some(Conversion::Expired) => Err(Reason::EhealthPseudonymExpired),
        _ => Err(Reason::EhealthPseudonym),
    }
}

/// What the linked columns of a view name.
fn links(view: &View) -> Result<Vec<Option<LinkedKind>>, ExtractError> {
    let kind = |at: usize| match view.link(at) {
        None => Ok(None),
        Some(name) => LinkedKind::named(name).map(Some).ok_or_else(|| ExtractError::UnknownLink {
            view: view.name().to_string(),
            column: view.columns()[at].name.clone(),
        }),
    };
    (0..view.columns().len()).map(kind).collect()
}

/// The rows of one record.
struct Rows<'r, 'a, 'f> {
    reader: &'r Reader<'a>,
    record: Record<'f>,
    id: Option<RecordId>,
    subject: &'r Subject,
}

/// What the id of a record becomes, where the batch tells it.
struct RecordId(IdRow);

impl RecordId {
    fn of(job: &Extraction<'_>, kind: &str, id: Option<&str>) -> Option<Self> {
        // Of people who opted out the TTP learns who they are, and of no record.
        if !job.mode.has_record_ids() || job.purpose != BatchPurpose::Extract {
            return None;
        }
        let reference = format!("{kind}/{}", id?);
        let id = LinkedId::record(job.holder.as_str(), &reference).ok()?;
        let token = job.tokens.token(IdType::Record, id.canonical());
        let tag = job.key.tag(IdType::Record, id.canonical());
        Some(Self(IdRow { token, tag, of_person: false }))
    }
}

type Tokens<K> = HashMap<K, RowToken, foldhash::fast::RandomState>;

impl Rows<'_, '_, '_> {
    fn write(
        &self,
        columns: &mut [Columns],
        persons: &mut Tokens<Subject>,
        linked: &mut Tokens<LinkedId>,
        looked: &mut Looked,
        is_listed: bool,
    ) -> Result<(), SetAside> {
        let aside = |reason| SetAside::new("", reason);
        let job = self.reader.job;
        let known = persons.get(self.subject).copied();
        let token = known.unwrap_or_else(|| {
            let (id_type, canonical) = canonical(self.subject);
            job.tokens.token(id_type, canonical)
        });
        let shift = |most| {
            let (id_type, canonical) = canonical(self.subject);
            job.key.date_shift(id_type, canonical, most)
        };
        let record = self.id.as_ref().map(|id| id.0.token);
        let before: Vec<(usize, usize)> =
            self.record.views().iter().map(|&view| (view, columns[view].rows())).collect();
        let ids_before = looked.ids.len();
        let (mut written, mut fresh) = (0, Vec::new());
        for &view in self.record.views() {
            let mut link =
                Link { reader: self.reader, view, linked: &mut *linked, fresh: &mut fresh, looked };
            let given = self.record.rows(view, job.now.date(), &mut |cells| {
                columns[view].add(token, record, cells, &shift, &mut |at, id| link.token(at, id));
                written += 1;
            });
            if let Err(fault) = given {
                for (view, rows) in before {
                    columns[view].truncate(rows);
                }
                // Their id rows go, so whoever is named again needs one again.
                looked.ids.truncate(ids_before);
                for id in &fresh {
                    linked.remove(id);
                }
                return Err(SetAside {
                    view: Some(self.reader.view_name(view).to_string()),
                    path: Some(fault.path),
                    ..aside(fault.kind.into())
                });
            }
        }
        if written == 0 && !is_listed {
            // It may have had rows before.
            if let Some(id) = self.id.as_ref().filter(|_| job.mode == BatchMode::Increment) {
                looked.remove(id);
            }
            return Err(aside(Reason::LeftOutByView));
        }
        looked.ids.extend(self.id.as_ref().map(|id| id.0));
        if known.is_none() {
            persons.insert(self.subject.clone(), token);
            let (id_type, canonical) = canonical(self.subject);
            let tag = job.key.tag(id_type, canonical);
            looked.ids.push(IdRow { token, tag, of_person: true });
        }
        Ok(())
    }
}

/// Turns the identifiers of linked columns into tokens.
struct Link<'l, 'a> {
    reader: &'l Reader<'a>,
    view: usize,
    linked: &'l mut Tokens<LinkedId>,
    /// What this record brought into `linked`.
    fresh: &'l mut Vec<LinkedId>,
    looked: &'l mut Looked,
}

impl Link<'_, '_> {
    fn token(&mut self, column: usize, id: &str) -> Option<RowToken> {
        let kind = (*self.reader.links.get(self.view)?.get(column)?)?;
        let Ok(id) = LinkedId::new(kind, id) else {
            *self.looked.unlinkable.entry((self.view, column)).or_default() += 1;
            return None;
        };
        // Prescribers come again and again; a prescription comes once or twice.
        let remembers = matches!(kind, LinkedKind::Nihdi | LinkedKind::Cbe);
        if remembers && let Some(token) = self.linked.get(&id) {
            return Some(*token);
        }
        let id_type = match kind {
            LinkedKind::Nihdi => IdType::Nihdi,
            LinkedKind::Cbe => IdType::Cbe,
            LinkedKind::Prescription => IdType::Prescription,
            LinkedKind::Record => IdType::Record,
        };
        let job = self.reader.job;
        let token = job.tokens.token(id_type, id.canonical());
        let tag = job.key.tag(id_type, id.canonical());
        self.looked.ids.push(IdRow { token, tag, of_person: false });
        if remembers {
            self.fresh.push(id.clone());
            self.linked.insert(id, token);
        }
        Some(token)
    }
}

impl Reader<'_> {
    fn view_name(&self, view: usize) -> &DatasetId {
        self.program.views()[view].name()
    }
}

/// The bytes stage 1 hashes, and their kind.
pub(crate) fn canonical(subject: &Subject) -> (IdType, &[u8]) {
    match subject {
        Subject::Inss(inss) => (IdType::Inss, inss.canonical()),
        Subject::Source(id) => (IdType::Foreign, id.canonical()),
    }
}

/// A type that FHIR does not know is a free text of the source: it is counted, not repeated.
fn counted_name(resource: &str) -> &str {
    if is_r4(resource) || resource == LEGACY_ITEM { resource } else { "unknown" }
}

impl Extraction<'_> {
    pub(crate) fn rules(&self) -> IdentifierRules<'_> {
        IdentifierRules { own_system: self.identifier_system, today: self.now.date() }
    }
}

fn patients_in(program: &Program, piece: &Piece, rules: IdentifierRules<'_>) -> Patients {
    let (mut patients, mut frame) = (Patients::default(), Frame::default());
    let mut look = |bytes: &[u8]| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
            add_patients(program, text, None, DEEPEST_BUNDLE, rules, &mut frame, &mut patients);
        }
    };
    match piece.layout {
        Layout::Document => look(&piece.bytes),
        Layout::Lines => {
            let bytes = &piece.bytes;
            let finder = Finder::new(PATIENT);
            let mut from = 0;
            while let Some(at) = next_patient(&finder, bytes, from) {
                let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
                let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
                look(&bytes[start..end]);
                from = end;
            }
        }
        Layout::Xml | Layout::Csv => {}
    }
    patients
}

const PATIENT: &[u8] = b"\"Patient\"";

/// Where the next Patient may stand: the value `"Patient"` of a member. Cheap, and wrong in the
/// negative only for a type written with escaped letters: the records of such a patient are set
/// aside as unresolved, not lost.
fn next_patient(finder: &Finder<'_>, bytes: &[u8], mut from: usize) -> Option<usize> {
    const MEMBER: &[u8] = b"\"resourceType\"";
    loop {
        let at = from + finder.find(bytes.get(from..)?)?;
        let before = bytes[..at].trim_ascii_end();
        let before = before.strip_suffix(b":").map(<[u8]>::trim_ascii_end);
        if before.is_some_and(|before| before.ends_with(MEMBER)) {
            return Some(at);
        }
        from = at + PATIENT.len();
    }
}

/// Remembers every Patient of a document, with its full URL in a Bundle.
fn add_patients(
    program: &Program,
    json: &str,
    url: Option<&str>,
    deep: u8,
    rules: IdentifierRules<'_>,
    frame: &mut Frame,
    patients: &mut Patients,
) {
    match resource_type(json).as_deref() {
        Some("Patient") => {
            if let Ok(record) = program.read("Patient", json, frame) {
                patients.add(record.top(), url, rules);
            }
        }
        Some("Bundle") if deep > 0 && is_json(json) => {
            for entry in entries(json) {
                let url = entry.full_url.as_deref();
                add_patients(program, entry.resource, url, deep - 1, rules, frame, patients);
            }
        }
        _ => {}
    }
}
