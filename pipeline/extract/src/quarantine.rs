//! What was set aside: one JSON object a line, without any value of the record.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use pipeline_exchange::{ExchangeError, Store, StoreWriter};
use serde::Serialize;

use crate::{ExtractError, Reason};

/// The file name of the quarantine in the folder of a batch.
pub const QUARANTINE: &str = "quarantine.ndjson";

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
}

impl Quarantine {
    pub(crate) fn create(batch: &Store, source: &str) -> Result<Self, ExchangeError> {
        let lines = batch.writer(QUARANTINE)?;
        Ok(Self { source: source.to_owned(), lines, counts: BTreeMap::new() })
    }

    pub(crate) fn add(&mut self, place: Place<'_>, aside: &SetAside) -> Result<(), ExtractError> {
        *self.counts.entry(aside.reason).or_default() += 1;
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
    pub(crate) fn finish(self) -> Result<BTreeMap<Reason, u64>, ExchangeError> {
        self.lines.finish()?;
        Ok(self.counts)
    }
}
