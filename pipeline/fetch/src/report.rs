//! What came of a run: counts, never a value.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use crate::{
    FetchError,
    folder::RunFolder,
    outcome::OperationOutcome,
    state::{FileKind, OpenRun},
};

/// What a run brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchReport {
    /// The name of the run.
    pub run: String,
    /// Its folder, which `hda extract --source` reads.
    pub folder: PathBuf,
    /// The moment up to which the server told all; where `--since last` goes on.
    pub transaction_time: String,
    /// The moment from which on it was asked.
    pub since: Option<String>,
    /// The records, by resource type.
    pub types: BTreeMap<String, Count>,
    /// What the server no longer has.
    pub deleted: Deleted,
    /// What the server says went wrong: how often, by severity and code.
    pub issues: BTreeMap<String, u64>,
    /// How many of these mean that something is missing.
    pub failures: u64,
    /// Files that hold another number of lines than the server counted.
    pub miscounted: Vec<Miscount>,
    /// How often something was asked again.
    pub retries: u64,
    /// Did it go on where an earlier one was cut?
    pub resumed: bool,
    /// Was the server told that it may forget the export?
    pub tidied: bool,
    /// Is nothing missing, as far as counts and issues tell?
    pub whole: bool,
}

/// Files, and what is in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many files.
    pub files: u64,
    /// How many lines that hold something.
    pub lines: u64,
    /// How many bytes, unpacked.
    pub bytes: u64,
}

/// Deletions, as the server tells them: a transaction Bundle a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Deleted {
    /// How many files.
    pub files: u64,
    /// How many resources they delete.
    pub resources: u64,
    /// How many lines are no Bundle.
    pub unreadable: u64,
}

/// A file that is not as long as the server said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miscount {
    /// The file.
    pub file: String,
    /// The lines the server counted.
    pub expected: u64,
    /// The lines that came.
    pub found: u64,
}

impl FetchReport {
    /// All records together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.types.values().fold(Count::default(), |sum, count| Count {
            files: sum.files + count.files,
            lines: sum.lines + count.lines,
            bytes: sum.bytes + count.bytes,
        })
    }
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Option<EntryRequest>,
}

#[derive(Deserialize)]
struct EntryRequest {
    method: String,
}

/// Counts what lies in the folder of a run.
pub(crate) fn report(
    open: &OpenRun,
    folder: &RunFolder,
    path: PathBuf,
) -> Result<FetchReport, FetchError> {
    let mut report = FetchReport {
        run: open.run.clone(),
        folder: path,
        transaction_time: open.transaction_time.clone().unwrap_or_default(),
        since: open.since.clone(),
        types: BTreeMap::new(),
        deleted: Deleted::default(),
        issues: BTreeMap::new(),
        failures: 0,
        miscounted: Vec::new(),
        retries: open.retries,
        resumed: false,
        tidied: false,
        whole: false,
    };
    for file in &open.files {
        let Some(fetched) = folder.fetched(&file.name) else { continue };
        match file.remote.kind {
            FileKind::Output => {
                let count = report.types.entry(file.remote.resource_type.clone()).or_default();
                count.files += 1;
                count.lines += fetched.lines;
                count.bytes += fetched.bytes;
            }
            FileKind::Deleted => {
                report.deleted.files += 1;
                each_line(folder, &file.name, |line| count_deleted(line, &mut report.deleted))?;
            }
            FileKind::Error => {
                each_line(folder, &file.name, |line| count_issues(line, &mut report))?;
            }
        }
        if let Some(expected) = file.remote.count
            && expected != fetched.lines
        {
            let (file, found) = (file.name.clone(), fetched.lines);
            report.miscounted.push(Miscount { file, expected, found });
        }
    }
    report.whole =
        report.miscounted.is_empty() && report.failures == 0 && report.deleted.unreadable == 0;
    Ok(report)
}

fn count_deleted(line: &[u8], deleted: &mut Deleted) {
    let Ok(bundle) = serde_json::from_slice::<Bundle>(line) else {
        deleted.unreadable += 1;
        return;
    };
    let methods = bundle.entry.iter().filter_map(|entry| entry.request.as_ref());
    deleted.resources += methods.filter(|request| request.method == "DELETE").count() as u64;
}

fn count_issues(line: &[u8], report: &mut FetchReport) {
    // A line that says nothing readable still says that something went wrong.
    let outcome: OperationOutcome = serde_json::from_slice(line).unwrap_or_default();
    if outcome.issue.is_empty() {
        *report.issues.entry("unknown other".to_owned()).or_default() += 1;
        report.failures += 1;
    }
    for issue in &outcome.issue {
        *report.issues.entry(issue.key()).or_default() += 1;
        report.failures += u64::from(issue.is_failure());
    }
}

fn each_line(
    folder: &RunFolder,
    name: &str,
    mut take: impl FnMut(&[u8]),
) -> Result<(), FetchError> {
    let mut reader = BufReader::new(folder.read(name)?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(FetchError::folder("reading", name))? > 0 {
        if !line.trim_ascii().is_empty() {
            take(&line);
        }
        line.clear();
    }
    Ok(())
}
