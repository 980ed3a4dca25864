//! Runs the standard's own test files against this runner.
//!
//! A file has resources and tests; a test has a view and either the rows it must give, their
//! number, or that it must be refused. The report is in the standard's `test_report.json` form.

use std::collections::BTreeMap;

use pipeline_exchange::{ExchangeError, Store};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{View, view::is_json};

/// The mark of a test that every runner must pass.
const SHAREABLE: &str = "shareable";

/// How the tests of a folder went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The test files, by name.
    pub files: BTreeMap<String, Vec<TestResult>>,
}

/// How one test went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The title of the test.
    pub name: String,
    /// Must every runner pass it?
    pub shareable: bool,
    /// Why it failed; nothing where it passed.
    pub failure: Option<String>,
}

/// Why the tests of a folder cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConformanceError {
    /// The folder cannot be read.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A file has tests, and not in the form of the standard.
    #[error("{file} is not a test file of SQL on FHIR")]
    NotATestFile {
        /// The file.
        file: String,
        /// Where it broke.
        source: serde_json::Error,
    },
    /// No file has tests.
    #[error("{location} holds no test file of SQL on FHIR")]
    NoTests {
        /// The folder.
        location: String,
    },
}

#[derive(Deserialize)]
struct TestFile {
    resources: Vec<Value>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    view: Value,
    expect: Option<Vec<Value>>,
    expect_columns: Option<Vec<String>>,
    expect_count: Option<usize>,
    #[serde(default)]
    expect_error: bool,
}

/// What a view gives: the names of its columns, and its rows.
type Given = (Vec<String>, Vec<Map<String, Value>>);

/// Runs every test file (`*.json` with `tests`) of a folder.
pub fn run(folder: &Store) -> Result<Report, ConformanceError> {
    let mut report = Report::default();
    for file in folder.list("")?.into_iter().filter(|file| is_json(file)) {
        let not_a_test_file =
            |source| ConformanceError::NotATestFile { file: file.clone(), source };
        let content: Value =
            serde_json::from_slice(&folder.read(&file)?).map_err(not_a_test_file)?;
        // Such as a schema, or a report that lies beside the tests.
        if !content["tests"].is_array() {
            continue;
        }
        let tests: TestFile = serde_json::from_value(content).map_err(not_a_test_file)?;
        let results = tests.tests.iter().map(|test| test.run(&tests.resources)).collect();
        report.files.insert(file, results);
    }
    if report.files.is_empty() {
        return Err(ConformanceError::NoTests { location: folder.location().to_owned() });
    }
    Ok(report)
}

impl Report {
    /// All tests, with their files.
    pub fn tests(&self) -> impl Iterator<Item = (&str, &TestResult)> {
        self.files
            .iter()
            .flat_map(|(file, tests)| tests.iter().map(move |test| (file.as_str(), test)))
    }

    /// Does every test pass that every runner must pass?
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.tests().all(|(_, test)| test.passed() || !test.shareable)
    }

    /// The report as the standard's `test_report.json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let result = |test: &TestResult| match &test.failure {
            None => json!({"passed": true}),
            Some(reason) => json!({"passed": false, "reason": reason}),
        };
        let named = |test: &TestResult| json!({"name": test.name, "result": result(test)});
        let files = self.files.iter().map(|(file, tests)| {
            let tests: Vec<Value> = tests.iter().map(named).collect();
            (file.clone(), json!({"tests": tests}))
        });
        Value::Object(files.collect())
    }
}

impl TestResult {
    /// Did it pass?
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

impl Test {
    fn run(&self, resources: &[Value]) -> TestResult {
        let failure = self.check(self.given(resources)).err();
        let shareable = self.tags.iter().any(|tag| tag == SHAREABLE);
        TestResult { name: self.title.clone(), shareable, failure }
    }

    fn given(&self, resources: &[Value]) -> Result<Given, String> {
        let view = View::parse("view.json", self.view.to_string().as_bytes())
            .map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        for resource in resources {
            rows.extend(view.json_rows(resource).map_err(|fault| fault.to_string())?);
        }
        Ok((view.columns().iter().map(|column| column.name.clone()).collect(), rows))
    }

    fn check(&self, given: Result<Given, String>) -> Result<(), String> {
        if self.expect_error {
            return match given {
                Err(_) => Ok(()),
                Ok((_, rows)) => Err(format!("should be refused, gives {} rows", rows.len())),
            };
        }
        let (columns, rows) = given.map_err(|error| format!("is refused: {error}"))?;
        if let Some(want) = &self.expect_columns
            && *want != columns
        {
            return Err(format!("columns {}, expected {}", columns.join(", "), want.join(", ")));
        }
        if let Some(want) = self.expect_count
            && want != rows.len()
        {
            return Err(format!("{} rows, expected {want}", rows.len()));
        }
        let Some(want) = &self.expect else {
            return Ok(());
        };
        compare(rows.into_iter().map(Value::Object), want)
    }
}

/// The order of rows says nothing.
fn compare(given: impl Iterator<Item = Value>, want: &[Value]) -> Result<(), String> {
    let sorted = |mut rows: Vec<String>| {
        rows.sort_unstable();
        rows
    };
    let given = sorted(given.map(|row| canonical(&row)).collect());
    let want = sorted(want.iter().map(canonical).collect());
    if given.len() != want.len() {
        return Err(format!("{} rows, expected {}", given.len(), want.len()));
    }
    match given.iter().zip(&want).find(|(given, want)| given != want) {
        None => Ok(()),
        Some((given, want)) => Err(format!("row {given}, expected {want}")),
    }
}

/// One text for equal values: members by name, `1` and `1.0` alike.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN).to_string(),
        Value::Array(values) => {
            format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let members: BTreeMap<&String, String> =
                members.iter().map(|(name, value)| (name, canonical(value))).collect();
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("{{{}}}", members.join(", "))
        }
        _ => value.to_string(),
    }
}
