//! Makes up a Belgian-like population and the health data three holders have on it, as FHIR R4
//! NDJSON: a hospital, a first-line vault and a prescription server, with the registry of people
//! who opted out and the lists that give every code a label.
//!
//! The same options give the same bytes, on any machine. A person depends on nothing but the seed,
//! the day and its own index, so a sample of ten is the beginning of a sample of ten million, and
//! both are written in a stream. Nobody in it exists: numbers are well-formed INSS dealt out by
//! chance, names and streets come from short lists, product codes are none of the market's.
//!
//! A share of the rows is bad on purpose, each for one known and counted reason. A bad row is an
//! extra one (a spoiled copy after a good row), so what is true about a sample does not depend on
//! how much of it is bad.
//!
//! This crate knows no other of the workspace. It writes identification numbers with code of its
//! own, so that reading and writing can prove each other wrong.
//!
//! ```
//! use sample_data::{Compression, Holder, ResourceKind, SampleOptions, generate};
//! use time::macros::date;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let options = SampleOptions { persons: 20, ..SampleOptions::new(date!(2026 - 11 - 01)) };
//! let report = generate(&options, folder.path(), &mut |_done| {})?;
//!
//! let vaccinations = &report.holders[&Holder::Vault][&ResourceKind::Immunization];
//! let file = std::fs::read_to_string(folder.path().join("vault/Immunization.ndjson"))?;
//! assert_eq!(file.lines().count() as u64, vaccinations.written);
//! # Ok(())
//! # }
//! ```

mod care;
mod damage;
mod draw;
mod fhir;
mod inss;
#[cfg(test)]
mod laws;
mod output;
mod person;
mod population;
mod record;
mod references;
mod report;
mod write;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use time::Date;
use time::macros::date;

pub use report::{BadReason, FileReport, Holder, ResourceKind, SampleReport};

use draw::{Draws, Topic};
use fhir::Day;
use output::LineFile;
use person::{Person, World};
use record::{Record, Subject};

/// How the NDJSON files are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all: `.ndjson`.
    #[default]
    None,
    /// `.ndjson.gz`.
    Gzip,
    /// `.ndjson.zst`.
    Zstd,
}

impl Compression {
    const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    fn file_name(self, name: &str) -> String {
        match self {
            Self::None => format!("{name}.ndjson"),
            Self::Gzip => format!("{name}.ndjson.gz"),
            Self::Zstd => format!("{name}.ndjson.zst"),
        }
    }
}

/// What sample to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleOptions {
    /// Persons in the sample; some twenty million fit the age pyramid.
    pub persons: u64,
    /// Another seed, another population.
    pub seed: u64,
    /// Share of all rows that is bad: from 0 to at most 0.5.
    pub bad_share: f64,
    /// Share of the persons who opted out (EHDS Art 71): from 0 to 1.
    pub opt_out_share: f64,
    /// The day on which the sample is made: nobody is born and nothing happens after it.
    pub today: Date,
    /// How the files are packed.
    pub compression: Compression,
}

impl SampleOptions {
    /// A thousand persons of seed 1, half a percent of bad rows, one percent of opt-outs.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            persons: 1000,
            seed: 1,
            bad_share: 0.005,
            opt_out_share: 0.01,
            today,
            compression: Compression::None,
        }
    }

    /// The sample committed in `sample-data/small`.
    #[must_use]
    pub fn small() -> Self {
        let opt_out_share = 0.1;
        Self { persons: 16, bad_share: 0.02, opt_out_share, ..Self::new(date!(2026 - 11 - 01)) }
    }
}

/// Why no sample was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// More persons than birth days and serial numbers allow.
    #[error("{asked} persons asked, {possible} are possible")]
    TooManyPersons {
        /// What was asked for.
        asked: u64,
        /// What the age pyramid has room for.
        possible: u64,
    },
    /// The share of bad rows is no number from 0 to 0.5.
    #[error("the share of bad rows must lie between 0 and 0.5")]
    BadShare,
    /// The share of opt-outs is no number from 0 to 1.
    #[error("the share of opt-outs must lie between 0 and 1")]
    OptOutShare,
    /// The numbers of the people alive on that day need both century rules and no third.
    #[error("the day of the sample must lie between 2005 and 2099")]
    Today,
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A resource could not be written as JSON.
    #[error("a resource cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A reference list could not be written as CSV.
    #[error("a reference list cannot be written as CSV")]
    Csv(#[from] csv::Error),
}

impl SampleError {
    fn at(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}

/// Writes a sample under `out` and tells what it wrote; `progress` hears how many persons are done.
///
/// Files appear under their names only when they are whole, `out/sample.json` last of all.
pub fn generate(
    options: &SampleOptions,
    out: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<SampleReport, SampleError> {
    let world = world(options)?;
    let mut sample = Sample::create(options, out)?;
    for index in 0..options.persons {
        sample.write_person(&world, index)?;
        progress(index + 1);
    }
    sample.finish()
}

fn world(options: &SampleOptions) -> Result<World, SampleError> {
    if !(0.0..=0.5).contains(&options.bad_share) {
        return Err(SampleError::BadShare);
    }
    if !(0.0..=1.0).contains(&options.opt_out_share) {
        return Err(SampleError::OptOutShare);
    }
    if !(2005..=2099).contains(&options.today.year()) {
        return Err(SampleError::Today);
    }
    let world = World::new(options.seed, options.today);
    let possible = world.population.seats();
    if options.persons > possible {
        return Err(SampleError::TooManyPersons { asked: options.persons, possible });
    }
    Ok(world)
}

/// A sample in the making.
struct Sample<'a> {
    options: &'a SampleOptions,
    out: &'a Path,
    files: BTreeMap<(Holder, ResourceKind), LineFile>,
    registry: LineFile,
    report: SampleReport,
    /// Chance that a good row gets a bad one after it.
    spoiling: f64,
    lines: Vec<u8>,
}

impl<'a> Sample<'a> {
    fn create(options: &'a SampleOptions, out: &'a Path) -> Result<Self, SampleError> {
        let mark = out.join("sample.json");
        output::remove(&mark).map_err(|error| SampleError::at(&mark, error))?;
        let mut files = BTreeMap::new();
        for holder in Holder::ALL {
            for kind in holder.kinds() {
                let folder = out.join(holder.folder());
                let file = LineFile::create(&folder, kind.name(), options.compression)?;
                files.insert((holder, *kind), file);
            }
        }
        let registry = LineFile::create(&out.join("registry"), "Patient", options.compression)?;
        Ok(Self {
            options,
            out,
            files,
            registry,
            report: empty_report(options),
            // One bad row to so many good ones makes the share of all rows.
            spoiling: options.bad_share / (1.0 - options.bad_share),
            lines: Vec::with_capacity(4096),
        })
    }

    fn write_person(&mut self, world: &World, index: u64) -> Result<(), SampleError> {
        let person = Person::new(world, index);
        let mut damage = world.draws(index, Topic::Damage);
        for holder in Holder::ALL {
            if person.is_known_to(holder) {
                self.write_patient(&person, holder, &mut damage)?;
            }
        }
        for record in care::history(world, &person) {
            self.write_record(&person, record, &mut damage)?;
        }
        if world.draws(index, Topic::OptOut).share(self.options.opt_out_share) {
            self.write_opt_out(&person)?;
        }
        Ok(())
    }

    fn write_patient(
        &mut self,
        person: &Person,
        holder: Holder,
        damage: &mut Draws,
    ) -> Result<(), SampleError> {
        let kind = ResourceKind::Patient;
        let id = person.patient_id(holder);
        let named = (id.as_str(), person.inss.digits());
        write::patient_line(&mut self.lines, kind.name(), (person, holder), named)?;
        let bad = self.bad_reason(kind, damage);
        if let Some(reason) = bad {
            damage::spoil_patient(&mut self.lines, reason, (person, holder), damage)?;
        }
        self.keep((holder, kind), bad)
    }

    fn write_record(
        &mut self,
        person: &Person,
        mut record: Record,
        damage: &mut Draws,
    ) -> Result<(), SampleError> {
        let (holder, kind) = (record.holder, record.fact.kind());
        let subject = Subject::of(person, holder, record.naming);
        write::record_line(&mut self.lines, kind.name(), (person, &record), subject)?;
        let bad = self.bad_reason(kind, damage);
        if let Some(reason) = bad {
            damage::spoil_record(&mut self.lines, reason, (person, &mut record), damage)?;
        }
        self.keep((holder, kind), bad)
    }

    fn write_opt_out(&mut self, person: &Person) -> Result<(), SampleError> {
        let id = format!("opt-out-{}", self.report.opted_out + 1);
        write::opted_out_line(&mut self.lines, &id, person)?;
        self.report.opted_out += 1;
        self.registry.write(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    fn bad_reason(&self, kind: ResourceKind, damage: &mut Draws) -> Option<BadReason> {
        damage.share(self.spoiling).then(|| damage.pick(BadReason::of_kind(kind)))
    }

    /// Writes the lines at hand, a good one and perhaps a bad one, and counts them.
    fn keep(
        &mut self,
        (holder, kind): (Holder, ResourceKind),
        bad: Option<BadReason>,
    ) -> Result<(), SampleError> {
        if let Some(file) = self.files.get_mut(&(holder, kind)) {
            file.write(&self.lines)?;
        }
        self.lines.clear();
        let counts = self.report.holders.entry(holder).or_default().entry(kind).or_default();
        counts.written += 1;
        if let Some(reason) = bad {
            counts.written += 1;
            *counts.bad.entry(reason).or_default() += 1;
        }
        Ok(())
    }

    fn finish(self) -> Result<SampleReport, SampleError> {
        for file in self.files.into_values() {
            file.finish()?;
        }
        self.registry.finish()?;
        let folder = self.out.join("references");
        fs::create_dir_all(&folder).map_err(|error| SampleError::at(&folder, error))?;
        for (name, list) in references::lists() {
            output::write_whole(&folder.join(name), &list?)?;
        }
        let mut json = serde_json::to_vec_pretty(&self.report)?;
        json.push(b'\n');
        output::write_whole(&self.out.join("sample.json"), &json)?;
        Ok(self.report)
    }
}

fn empty_report(options: &SampleOptions) -> SampleReport {
    let files =
        |holder: Holder| holder.kinds().iter().map(|kind| (*kind, FileReport::default())).collect();
    SampleReport {
        persons: options.persons,
        seed: options.seed,
        today: Day(options.today).to_string(),
        opted_out: 0,
        holders: Holder::ALL.map(|holder| (holder, files(holder))).into(),
    }
}
