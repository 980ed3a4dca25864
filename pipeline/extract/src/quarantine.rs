//! What was set aside: one JSON object a line, without any value of the record.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, Write},
};

use pipeline_exchange::{ExchangeError, Store, StoreWriter};
use serde::{Deserialize, Serialize};

use crate::{ExtractError, Reason, Severity};

/// The file name of the quarantine in the folder of a batch.
pub const QUARANTINE: &str = "quarantine.ndjson";

/// Where in a file a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) line: u64,
    pub(crate) entry: Option<u64>,
}

impl At {
    pub(crate) fn line(line: u64) -> Self {
        Self { line, entry: None }
    }
}

/// The places a quarantine names, to extract what was corrected there and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(HashMap<String, FilePlaces>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct FilePlaces {
    at: HashSet<At>,
    /// The file broke off here: everything from this line on was lost.
    from: Option<u64>,
}

/// The places of one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlacesOfFile<'a>(Option<&'a FilePlaces>);

#[derive(Deserialize)]
struct PlaceLine {
    file: String,
    line: u64,
    entry: Option<u64>,
    reason: String,
}

impl Places {
    /// Reads a quarantine. Lines whose record is no part of any dataset are left out.
    pub fn read(quarantine: impl io::BufRead) -> Result<Self, ExtractError> {
        let mut places = Self::default();
        for (number, line) in (1..).zip(quarantine.lines()) {
            let broken = |()| ExtractError::NotAQuarantine { line: number };
            let line = line.map_err(|_| broken(()))?;
            let place: PlaceLine = serde_json::from_str(&line).map_err(|_| broken(()))?;
            let reason = Reason::named(&place.reason).ok_or_else(|| broken(()))?;
            if reason.severity() == Severity::Info {
                continue;
            }
            let file = places.0.entry(place.file).or_default();
            match reason {
                Reason::Truncated | Reason::Unreadable | Reason::LineTooLong => {
                    let known = file.from.unwrap_or(place.line);
                    file.from = Some(known.min(place.line));
                }
                // Nothing of these was read.
                Reason::UnsupportedFormat | Reason::NotAMessage | Reason::NoMapping => {
                    file.from = Some(0);
                }
                // The header of a table.
                Reason::TableRow if place.line <= 1 => file.from = Some(0),
                _ => {
                    file.at.insert(At { line: place.line, entry: place.entry });
                }
            }
        }
        Ok(places)
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn of(&self, file: &str) -> PlacesOfFile<'_> {
        PlacesOfFile(self.0.get(file))
    }
}

impl PlacesOfFile<'_> {
    /// Is the file wanted from its beginning? What stands at no place of its own, such as an item of
    /// a message, is only looked at then.
    pub(crate) fn holds_all(self) -> bool {
        self.0.is_some_and(|file| file.from.is_some_and(|from| from <= 1))
    }

    /// A document is looked at when one of its entries is wanted; an entry when it is.
    pub(crate) fn holds(self, at: At) -> bool {
        self.0.is_some_and(|file| {
            let in_line = |known: &At| known.line == at.line;
            file.from.is_some_and(|from| at.line >= from)
                || file.at.contains(&at)
                || file.at.contains(&At::line(at.line))
                || (at.entry.is_none() && file.at.iter().any(in_line))
        })
    }
}

/// Where in the source something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// The file, inside the source.
    pub(crate) file: &'a str,
    /// The line, counted from 1; for a JSON document the line it begins on.
    pub(crate) line: u64,
    /// The entry in a Bundle, counted from 1.
    pub(crate) entry: Option<u64>,
}

/// Something that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetAside {
    pub(crate) resource: String,
    pub(crate) view: Option<String>,
    pub(crate) reason: Reason,
    pub(crate) path: Option<String>,
}

impl SetAside {
    pub(crate) fn new(resource: &str, reason: Reason) -> Self {
        Self { resource: resource.to_owned(), view: None, reason, path: None }
    }

    /// Is it a record that belongs to a dataset? A broken line has no resource type, and of a record
    /// that no dataset takes nothing is missing.
    fn is_missed(&self) -> bool {
        !self.resource.is_empty() && self.reason.severity() != Severity::Info
    }
}

#[derive(Serialize)]
struct QuarantineLine<'a> {
    source: &'a str,
    file: &'a str,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    resource: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<&'a str>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    severity: &'a str,
    advice: &'a str,
}

/// The quarantine of one extraction, written as it grows.
#[derive(Debug)]
pub(crate) struct Quarantine {
    source: String,
    lines: StoreWriter,
    counts: BTreeMap<Reason, u64>,
    missed: BTreeMap<Reason, u64>,
}

/// How often each reason stands in a quarantine.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) all: BTreeMap<String, u64>,
    /// Of records that belong to a dataset; never more than were read.
    pub(crate) missed: BTreeMap<String, u64>,
}

impl Quarantine {
    pub(crate) fn create(batch: &Store, source: &str) -> Result<Self, ExchangeError> {
        let lines = batch.writer(QUARANTINE)?;
        let (counts, missed) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { source: source.to_owned(), lines, counts, missed })
    }

    pub(crate) fn add(&mut self, place: Place<'_>, aside: &SetAside) -> Result<(), ExtractError> {
        *self.counts.entry(aside.reason).or_default() += 1;
        if aside.is_missed() {
            *self.missed.entry(aside.reason).or_default() += 1;
        }
        let line = QuarantineLine {
            source: &self.source,
            file: place.file,
            line: place.line,
            entry: place.entry,
            resource: &aside.resource,
            view: aside.view.as_deref(),
            reason: aside.reason.code(),
            path: aside.path.as_deref(),
            severity: aside.reason.severity().name(),
            advice: aside.reason.advice(),
        };
        let written = serde_json::to_writer(&mut self.lines, &line).map_err(io::Error::from);
        let written = written.and_then(|()| self.lines.write_all(b"\n"));
        written.map_err(|source| ExtractError::Quarantine { source })
    }

    /// Gives the file its name; tells how often each reason stands in it.
    pub(crate) fn finish(self) -> Result<Counts, ExchangeError> {
        self.lines.finish()?;
        let by_code = |counts: BTreeMap<Reason, u64>| {
            counts.into_iter().map(|(reason, n)| (reason.code().to_owned(), n)).collect()
        };
        Ok(Counts { all: by_code(self.counts), missed: by_code(self.missed) })
    }
}
