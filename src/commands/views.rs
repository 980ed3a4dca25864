//! `hda views`: tools for a person who writes a view, at the holder.

use std::{
    fmt::Write,
    fs,
    io::BufRead,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use pipeline_exchange::{Location, Store};
use pipeline_views::{
    View, ViewError, built_in_views,
    conformance::{self, Report},
};
use serde_json::{Map, Value, json};
use tracing::{debug, warn};

use crate::outcome::Outcome;

/// Deeper than Bundles stand in Bundles.
const DEEPEST_BUNDLE: usize = 4;

/// Options of `hda views`.
#[derive(Debug, Args)]
pub(crate) struct ViewsArgs {
    #[command(subcommand)]
    command: ViewsCommand,
}

#[derive(Debug, Subcommand)]
enum ViewsCommand {
    /// List the views that come with the program.
    #[command(after_help = "Example:\n  hda views list")]
    List,
    /// Check ViewDefinition files and tell everything that is wrong with them.
    #[command(after_help = "Example:\n  hda views check views/*.json")]
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Run a view over FHIR files and print its rows.
    ///
    /// It prints what the view selects, as it stands in the records: names and numbers of people
    /// too, if the view selects them. It is a tool of the holder, for the holder's eyes.
    #[command(
        after_help = "Example:\n  hda views run views/vaccination.json --source exports/2026-11 --limit 5 --format csv\n\nReads .ndjson, .jsonl and .json (resources and Bundles), not compressed. A record the view\nfails on is told on standard error, and makes the exit code 1."
    )]
    Run {
        /// The ViewDefinition.
        file: PathBuf,
        /// Where the FHIR lies: a folder of files.
        #[arg(long)]
        source: Location,
        /// How many rows at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Ndjson)]
        format: Format,
    },
    /// Run the test files of the standard SQL on FHIR.
    ///
    /// The exit code is 1 where a test fails that every runner must pass (`shareable`).
    #[command(
        after_help = "Example:\n  hda views test sql-on-fhir-v2/tests --report test_report.json"
    )]
    Test {
        /// The folder of test files.
        folder: Location,
        /// Write the standard's `test_report.json` here.
        #[arg(long)]
        report: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

pub(crate) fn run(args: ViewsArgs) -> anyhow::Result<Outcome> {
    match args.command {
        ViewsCommand::List => list(),
        ViewsCommand::Check { files } => check(&files),
        ViewsCommand::Run { file, source, limit, format } => {
            run_view(&file, &source, limit, format)
        }
        ViewsCommand::Test { folder, report } => test(&folder, report.as_deref()),
    }
}

fn list() -> anyhow::Result<Outcome> {
    let (mut listed, mut text) = (Vec::new(), String::new());
    for view in built_in_views()? {
        let columns: Vec<&str> = view.columns().iter().map(|column| column.name.as_str()).collect();
        let (name, resource) = (view.name(), view.resource());
        writeln!(text, "{name} ({resource}): {}", columns.join(", "))?;
        listed.push(json!({"name": name, "resource": resource, "columns": columns}));
    }
    Ok(Outcome::new(json!({ "views": listed }), text))
}

fn check(files: &[PathBuf]) -> anyhow::Result<Outcome> {
    let (mut checked, mut text, mut complete) = (Vec::new(), String::new(), true);
    for file in files {
        let name = file.display().to_string();
        let errors = match read_view(file)? {
            Ok(view) => {
                let columns = view.columns().len();
                writeln!(text, "{name}: {} ({columns} columns) can run", view.name())?;
                Vec::new()
            }
            Err(errors) => errors,
        };
        complete &= errors.is_empty();
        if !errors.is_empty() {
            writeln!(text, "{name}: cannot run")?;
        }
        for error in &errors {
            writeln!(text, "  {}", told(error))?;
            for line in error.excerpt().iter().flat_map(|excerpt| excerpt.lines()) {
                writeln!(text, "      {line}")?;
            }
        }
        let errors: Vec<String> = errors.iter().map(told).collect();
        checked.push(json!({"file": name, "errors": errors}));
    }
    Ok(Outcome { complete, ..Outcome::new(json!({ "files": checked }), text) })
}

fn read_view(file: &Path) -> anyhow::Result<Result<View, Vec<ViewError>>> {
    let json = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(View::check(&file.display().to_string(), &json))
}

/// An error with what lies below it.
fn told(error: &ViewError) -> String {
    match error {
        ViewError::NotAView { source, .. } => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

/// The rows a view gave, and what it read for them.
#[derive(Debug, Default)]
struct Found {
    rows: Vec<Map<String, Value>>,
    resources: u64,
    faults: u64,
}

fn run_view(
    file: &Path,
    source: &Location,
    limit: usize,
    format: Format,
) -> anyhow::Result<Outcome> {
    let view = match read_view(file)? {
        Ok(view) => view,
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(told).collect();
            bail!("{}", errors.join("; "));
        }
    };
    let mut found = Found::default();
    let source = Store::open_source(source)?;
    for path in source.list("")? {
        if each_resource(&source, &path, &mut |line, resource| {
            found.add(&view, &path, line, resource, limit)
        })?
        .is_break()
        {
            break;
        }
    }
    found.rows.truncate(limit);
    let columns: Vec<&str> = view.columns().iter().map(|column| column.name.as_str()).collect();
    let text = match format {
        Format::Ndjson => ndjson(&columns, &found.rows),
        Format::Csv => csv(&columns, &found.rows)?,
    };
    let Found { rows, resources, faults } = found;
    let answer = json!({
        "view": view.name(), "columns": columns, "rows": rows, "resources": resources,
        "faults": faults,
    });
    Ok(Outcome { complete: faults == 0, ..Outcome::new(answer, text) })
}

impl Found {
    fn add(
        &mut self,
        view: &View,
        path: &str,
        line: u64,
        resource: &Value,
        limit: usize,
    ) -> ControlFlow<()> {
        self.resources += 1;
        match view.json_rows(resource) {
            Ok(rows) => self.rows.extend(rows),
            Err(fault) => {
                self.faults += 1;
                warn!(file = path, line, "a record gives no rows: {fault}");
            }
        }
        if self.rows.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Hands on every resource of a file with the line it begins on, Bundles unwrapped.
fn each_resource(
    source: &Store,
    path: &str,
    take: &mut dyn FnMut(u64, &Value) -> ControlFlow<()>,
) -> anyhow::Result<ControlFlow<()>> {
    let broken = |line: u64| format!("reading {path}, line {line}");
    match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("json") => {
            let document = serde_json::from_slice(&source.read(path)?);
            Ok(unwrap_bundle(&document.with_context(|| broken(1))?, 1, DEEPEST_BUNDLE, take))
        }
        Some("ndjson" | "jsonl") => {
            for (line, text) in (1..).zip(source.reader(path)?.lines()) {
                let text = text.with_context(|| broken(line))?;
                if text.trim().is_empty() {
                    continue;
                }
                let document = serde_json::from_str(text.trim_start_matches('\u{feff}'));
                let document = document.with_context(|| broken(line))?;
                if unwrap_bundle(&document, line, DEEPEST_BUNDLE, take).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        }
        // Records stand in it, most likely, and none of them is seen.
        Some("gz" | "zst") => {
            warn!(file = path, "left aside: unpack it first");
            Ok(ControlFlow::Continue(()))
        }
        _ => {
            debug!(file = path, "left aside: neither .ndjson, .jsonl nor .json");
            Ok(ControlFlow::Continue(()))
        }
    }
}

fn unwrap_bundle(
    document: &Value,
    line: u64,
    deep: usize,
    take: &mut dyn FnMut(u64, &Value) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if document["resourceType"] != "Bundle" || deep == 0 {
        return take(line, document);
    }
    for entry in document["entry"].as_array().into_iter().flatten() {
        // Some sources put the resource itself into `entry`, without `resource`.
        let resource = entry.get("resource").unwrap_or(entry);
        unwrap_bundle(resource, line, deep - 1, take)?;
    }
    ControlFlow::Continue(())
}

/// Objects with the columns in their order, which a JSON object of its own would not keep.
fn ndjson(columns: &[&str], rows: &[Map<String, Value>]) -> String {
    let member = |row: &Map<String, Value>, column: &str| format!("{column:?}:{}", row[column]);
    let line = |row: &Map<String, Value>| {
        let members: Vec<String> = columns.iter().map(|column| member(row, column)).collect();
        format!("{{{}}}", members.join(","))
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn csv(columns: &[&str], rows: &[Map<String, Value>]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(columns.iter().map(|column| cell(&row[*column])))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn test(folder: &Location, report_file: Option<&Path>) -> anyhow::Result<Outcome> {
    let report = conformance::run(&Store::open_source(folder)?)?;
    if let Some(file) = report_file {
        let text = serde_json::to_vec_pretty(&report.to_json())?;
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    let outcome = Outcome::new(report.to_json(), table(&report)?);
    Ok(Outcome { complete: report.conforms(), ..outcome })
}

/// The files with how many tests passed, then the failures.
fn table(report: &Report) -> anyhow::Result<String> {
    let mut text = String::new();
    let mut line = |name: &str, tests: &[&conformance::TestResult]| {
        let count = |shareable: bool| {
            let of_kind = || tests.iter().filter(move |test| test.shareable == shareable);
            format!("{}/{}", of_kind().filter(|test| test.passed()).count(), of_kind().count())
        };
        writeln!(text, "{name:<28} {:>12} {:>12}", count(true), count(false))
    };
    for (file, tests) in &report.files {
        line(file, &tests.iter().collect::<Vec<_>>())?;
    }
    line("all", &report.tests().map(|(_, test)| test).collect::<Vec<_>>())?;
    let mut text = format!("{:<28} {:>12} {:>12}\n{text}", "passed", "shareable", "other");
    for (file, test) in report.tests() {
        if let Some(reason) = &test.failure {
            let weight = if test.shareable { "shareable" } else { "other" };
            writeln!(text, "failed ({weight}): {file}, {}: {reason}", test.name)?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source of two patients, one of them in a Bundle, and a view of their names.
    fn source() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let lines = [
            json!({"resourceType": "Patient", "id": "1", "name": [{"family": "A, \"b\""}]}),
            json!({"resourceType": "Bundle", "entry": [
                {"resource": {"resourceType": "Patient", "id": "2"}},
                {"resource": {"resourceType": "Patient", "id": "3", "name": [{"family": "C"}, {"family": "D"}]}},
                {"resource": {"resourceType": "Observation", "id": "4"}},
            ]}),
        ];
        fs::create_dir(folder.path().join("source")).unwrap();
        let text = lines.map(|line| format!("{line}\n\n")).concat();
        fs::write(folder.path().join("source/a.ndjson"), text).unwrap();
        let view = json!({"resource": "Patient", "select": [{"column": [
            {"name": "id", "path": "id", "type": "id"},
            {"name": "family", "path": "name.family", "type": "string"},
        ]}]});
        fs::write(folder.path().join("names.json"), view.to_string()).unwrap();
        folder
    }

    fn run_names(limit: usize, format: Format) -> Outcome {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = source();
        let location = folder.path().join("source").to_str().unwrap().parse().unwrap();
        run_view(&folder.path().join("names.json"), &location, limit, format).unwrap()
    }

    #[test]
    fn a_view_gives_its_rows_in_the_order_of_its_columns_and_tells_what_it_failed_on() {
        let outcome = run_names(10, Format::Ndjson);
        assert_eq!(
            outcome.text,
            "{\"id\":\"1\",\"family\":\"A, \\\"b\\\"\"}\n{\"id\":\"2\",\"family\":null}"
        );
        assert_eq!(
            (outcome.json["resources"].as_u64(), outcome.json["faults"].as_u64()),
            (Some(4), Some(1))
        );
        assert!(!outcome.complete);
        let outcome = run_names(10, Format::Csv);
        assert_eq!(outcome.text, "id,family\n1,\"A, \"\"b\"\"\"\n2,\n");
        let outcome = run_names(1, Format::Csv);
        assert_eq!(outcome.text.lines().count(), 2);
        assert!(outcome.complete);
    }

    #[test]
    fn a_check_tells_every_error_with_a_mark_and_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wrong.json");
        let view = json!({"name": "wrong", "resource": "Patient", "where": [{"path": "%b"}],
            "select": [{"column": [{"name": "id", "path": "id.frist()"}]}]});
        fs::write(&file, view.to_string()).unwrap();
        let outcome = check(&[file]).unwrap();
        assert!(!outcome.complete);
        let (_, told) = outcome.text.split_once("cannot run\n").unwrap();
        assert_eq!(
            told,
            "  view wrong, where[0]: the view defines no constant %b (character 1)\n      %b\n      ^\n  \
             view wrong, column id: this runner has no function frist() (character 4)\n      \
             id.frist()\n         ^\n"
        );
    }

    #[test]
    fn the_built_in_views_are_listed_with_their_columns() {
        let outcome = list().unwrap();
        assert!(outcome.text.contains("vaccination (Immunization): "), "{}", outcome.text);
    }
}
