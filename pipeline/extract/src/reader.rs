//! One document looked at: which records are in it, whom they are about, which rows they give.

use std::collections::HashMap;

use pipeline_exchange::BatchPurpose;
use pipeline_identity::Subject;
use pipeline_views::Row;
use serde_json::Value;

use crate::{
    Extraction, Reason,
    patients::{IdentifierRules, Patients, subject_of},
    quarantine::SetAside,
    resource_types::is_r4,
};

/// Bundles in Bundles in Bundles: more is no data.
pub(crate) const DEEPEST_BUNDLE: u8 = 4;

/// Where in a file a record stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) line: u64,
    pub(crate) entry: Option<u64>,
}

/// A record that was looked at.
pub(crate) struct Looked {
    pub(crate) at: At,
    /// Empty for what is no record at all.
    pub(crate) resource: String,
    pub(crate) outcome: Result<Kept, SetAside>,
}

/// A record that gives rows: whose, and which rows of which view.
pub(crate) struct Kept {
    pub(crate) subject: Subject,
    pub(crate) rows: Vec<(usize, Vec<Row>)>,
}

/// Looks at documents; shared by all cores.
pub(crate) struct Reader<'a> {
    job: &'a Extraction<'a>,
    patients: &'a Patients,
    views_of: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(job: &'a Extraction<'a>, patients: &'a Patients) -> Self {
        let mut views_of: HashMap<&str, Vec<usize>> = HashMap::new();
        // People who opted out have ids and no rows, so an exclude batch runs no view.
        let views = if job.purpose == BatchPurpose::Exclude { &[] } else { job.views };
        for (at, view) in views.iter().enumerate() {
            views_of.entry(view.resource()).or_default().push(at);
        }
        Self { job, patients, views_of }
    }

    pub(crate) fn document(&self, line: u64, bytes: &[u8]) -> Vec<Looked> {
        let at = At { line, entry: None };
        match parse(bytes) {
            Ok(document) => self.resource(&document, at, &Patients::default(), DEEPEST_BUNDLE),
            Err(reason) => vec![no_record(at, reason)],
        }
    }

    fn resource(&self, resource: &Value, at: At, bundle: &Patients, deep: u8) -> Vec<Looked> {
        let Some(kind) = resource["resourceType"].as_str() else {
            return vec![no_record(at, Reason::NotAResource)];
        };
        if kind != "Bundle" || deep == 0 {
            let outcome = self.look(kind, resource, bundle);
            return vec![Looked { at, resource: kind.to_owned(), outcome }];
        }
        let entries = entries(resource);
        if entries.is_empty() {
            return vec![no_record(at, Reason::NotAResource)];
        }
        let mut patients = Patients::default();
        each_patient(resource, None, DEEPEST_BUNDLE, &mut |patient, url| {
            patients.add(patient, url, self.job.rules());
        });
        let mut looked = Vec::new();
        for (number, entry) in (1..).zip(entries) {
            let at = At { entry: Some(number), ..at };
            looked.extend(self.resource(resource_of(entry), at, &patients, deep - 1));
        }
        looked
    }

    fn look(&self, kind: &str, resource: &Value, bundle: &Patients) -> Result<Kept, SetAside> {
        let aside = |reason| SetAside::new(kind, reason);
        if self.job.purpose == BatchPurpose::Exclude && kind == "Patient" {
            let subject = subject_of(resource, bundle, self.patients, self.job.rules());
            return Ok(Kept { subject: subject.map_err(aside)?, rows: Vec::new() });
        }
        let Some(views) = self.views_of.get(kind) else {
            return Err(aside(if is_r4(kind) { Reason::NoView } else { Reason::UnknownResource }));
        };
        let subject =
            subject_of(resource, bundle, self.patients, self.job.rules()).map_err(aside)?;
        let mut rows = Vec::new();
        for &at in views {
            let view = &self.job.views[at];
            let given = view.rows(resource, self.job.now.date()).map_err(|fault| SetAside {
                view: Some(view.name().to_string()),
                path: Some(fault.path),
                ..aside(fault.kind.into())
            })?;
            rows.push((at, given));
        }
        if rows.iter().all(|(_, given)| given.is_empty()) {
            return Err(aside(Reason::LeftOutByView));
        }
        Ok(Kept { subject, rows })
    }
}

impl Extraction<'_> {
    pub(crate) fn rules(&self) -> IdentifierRules<'_> {
        IdentifierRules { own_system: self.identifier_system, today: self.now.date() }
    }
}

/// Calls `found` for every Patient of a document, with its full URL in a Bundle.
pub(crate) fn each_patient<'a>(
    document: &'a Value,
    url: Option<&str>,
    deep: u8,
    found: &mut impl FnMut(&'a Value, Option<&str>),
) {
    match document["resourceType"].as_str() {
        Some("Patient") => found(document, url),
        Some("Bundle") if deep > 0 => {
            for entry in entries(document) {
                each_patient(resource_of(entry), entry["fullUrl"].as_str(), deep - 1, found);
            }
        }
        _ => {}
    }
}

fn entries(bundle: &Value) -> &[Value] {
    bundle["entry"].as_array().map_or(&[], Vec::as_slice)
}

/// Some sources put the resource itself into `entry`, without `resource`.
fn resource_of(entry: &Value) -> &Value {
    if entry["resource"].is_object() { &entry["resource"] } else { entry }
}

pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Reason> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if std::str::from_utf8(text).is_err() {
        return Err(Reason::NotUtf8);
    }
    serde_json::from_slice(text).map_err(|_| Reason::NotJson)
}

fn no_record(at: At, reason: Reason) -> Looked {
    Looked { at, resource: String::new(), outcome: Err(SetAside::new("", reason)) }
}
