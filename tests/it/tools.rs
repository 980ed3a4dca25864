//! The tools around the line, by the real command: a view from draft to rows, and a list of codes
//! through two versions.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{answer, run};

/// A folder with files, and how to name one on a command line.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    fn put(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

fn view_of(path: &str) -> Value {
    json!({
        "resourceType": "ViewDefinition", "name": "doses", "resource": "Immunization",
        "where": [{"path": "status = 'completed'"}],
        "select": [{"column": [
            {"name": "day", "path": path, "type": "dateTime"},
            {"name": "code", "path": "vaccineCode.coding.code.first()", "type": "code"},
        ]}],
    })
}

fn dose(status: &str, day: &str) -> Value {
    json!({"resourceType": "Immunization", "status": status, "occurrenceDateTime": day,
        "vaccineCode": {"coding": [{"code": "871895005"}]}})
}

#[test]
fn a_view_is_checked_corrected_and_run() {
    let desk = Desk::new();
    let file = desk.put("doses.json", &view_of("occurrence.ofType(dateTime").to_string());
    let (code, told, _) = run(&["views", "check", &file]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("column day") && told.contains('^'), "it points at the place: {told}");
    let (code, _, error) = run(&["views", "run", &file, "--source", &desk.path("")]);
    assert_eq!(code, 1, "what cannot run does not: {error}");

    desk.put("doses.json", &view_of("occurrence.ofType(dateTime)").to_string());
    let checked = answer(&["views", "check", &file]);
    assert_eq!(checked["files"][0]["errors"], json!([]));

    let records = [dose("completed", "2025-10-02"), dose("not-done", "2025-10-03")];
    desk.put("source/Immunization.ndjson", &records.map(|record| format!("{record}\n")).concat());
    let bundle = json!({"resourceType": "Bundle", "type": "collection",
        "entry": [{"resource": dose("completed", "2025-11-04")}]});
    desk.put("source/bundle.json", &bundle.to_string());
    let source = desk.path("source");
    let (code, csv, error) = run(&["views", "run", &file, "--source", &source, "--format", "csv"]);
    assert_eq!(code, 0, "{error}");
    let mut rows: Vec<&str> = csv.lines().collect();
    rows.sort_unstable();
    assert_eq!(rows, ["2025-10-02,871895005", "2025-11-04,871895005", "day,code"]);
    let found = answer(&["views", "run", &file, "--source", &source, "--limit", "1"]);
    assert_eq!(found["rows"].as_array().unwrap().len(), 1);
    assert_eq!(found["columns"], json!(["day", "code"]));

    let listed = answer(&["views", "list"]);
    let names = listed["views"].as_array().unwrap().iter().map(|view| view["name"].as_str());
    assert!(names.flatten().any(|name| name == "vaccination"));
}

/// A file of the tests of the standard, with what its one test should give.
fn test_file(expected: &str, tag: &str) -> String {
    json!({
        "title": "days", "description": "", "fhirVersion": ["4.0.1"],
        "resources": [{"resourceType": "Patient", "id": "1", "birthDate": "1985-07-30"}],
        "tests": [{
            "title": "a day", "tags": [tag],
            "view": {"resource": "Patient", "select": [{"column": [
                {"name": "born", "path": "birthDate", "type": "date"}]}]},
            "expect": [{"born": expected}],
        }],
    })
    .to_string()
}

#[test]
fn the_tests_of_the_standard_are_run_counted_and_reported() {
    let cases = [
        ("passed", "1985-07-30", "shareable", 0),
        ("must-pass", "1900-01-01", "shareable", 1),
        ("may-fail", "1900-01-01", "experimental", 0),
    ];
    for (name, expected, tag, want) in cases {
        let desk = Desk::new();
        desk.put("tests/days.json", &test_file(expected, tag));
        let report = desk.path("report.json");
        let (code, told, error) = run(&["views", "test", &desk.path("tests"), "--report", &report]);
        assert_eq!(code, want, "{name}: {told}{error}");
        assert_eq!(told.contains("failed ("), expected != "1985-07-30", "{name}: {told}");
        let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
        let passed = &report["days.json"]["tests"][0]["result"]["passed"];
        assert_eq!(*passed, json!(expected == "1985-07-30"), "{name}: {report}");
    }
}

const EARLIER: &str = "code,name_en,ddd,unit,route\nJ,Infections,,,\nJ01,Antibiotics,,,\n\
    J01C,Penicillins,,,\nJ01CA,Broad penicillins,,,\nJ01CA04,amoxicillin,1,g,O\n";

#[test]
fn a_list_is_imported_shown_and_compared_with_its_next_version() {
    let desk = Desk::new();
    let lake = desk.path("lake");
    let import = |name: &str, text: &str, label: &str| {
        let file = desk.put(name, text);
        answer(&[
            "reference",
            "import",
            "--kind",
            "atc",
            "--from",
            &file,
            "--lake",
            &lake,
            "--version-label",
            label,
            "--source",
            "a test",
            "--source-date",
            "2026-10-01",
            "--licence",
            "none",
        ])
    };
    let first = import("2026-10.csv", EARLIER, "2026-10");
    assert_eq!((&first["new"], &first["version"]["rows"]), (&json!(true), &json!(5)));
    assert_eq!(import("2026-10.csv", EARLIER, "2026-10")["new"], false, "again makes no second");
    let later = EARLIER.replace("amoxicillin,1,g", "amoxicillin,1.5,g");
    let later = format!("{later}J01CA01,ampicillin,6,g,P\n");
    import("2026-11.csv", &later, "2026-11");

    let listed = answer(&["reference", "list", "--lake", &lake]);
    let labels: Vec<&Value> =
        listed["versions"].as_array().unwrap().iter().map(|version| &version["label"]).collect();
    assert_eq!(labels, [&json!("2026-10"), &json!("2026-11")]);

    let shown = |version: &[&str]| {
        let show = ["reference", "show", "atc", "J01CA04", "--lake", &lake];
        let (code, text, error) = run(&[&show, version].concat());
        assert_eq!(code, 0, "{error}");
        text
    };
    assert!(shown(&[]).contains("1.5"), "the newest where none is named: {}", shown(&[]));
    assert!(!shown(&["--version", "2026-10"]).contains("1.5"));

    let between = ["reference", "diff", "atc:2026-10", "atc:2026-11", "--lake", &lake];
    let found = &answer(&between)["difference"];
    assert_eq!(found["added"][0]["code"], "J01CA01", "{found}");
    assert_eq!(found["changed"][0]["code"], "J01CA04", "{found}");
    assert_eq!(found["removed"], json!([]));
    let (_, text, _) = run(&between);
    assert!(text.starts_with("1 added, 0 removed, 1 changed"), "{text}");
}

#[test]
fn a_list_of_which_much_is_wrong_is_not_published() {
    let desk = Desk::new();
    let file = desk.put("atc.csv", &format!("{EARLIER}j-01,wrong,,,\n"));
    let lake = desk.path("lake");
    let import = ["reference", "import", "--kind", "atc", "--from", &file, "--lake", &lake];
    let (code, _, error) = run(&import);
    assert_eq!(code, 1, "{error}");
    let (_, listed, _) = run(&["reference", "list", "--lake", &lake]);
    assert!(listed.contains("`hda reference import`"), "{listed}");
    let (code, told, error) = run(&[&import[..], &["--most-set-aside", "20"]].concat());
    assert_eq!(code, 0, "{error}");
    assert!(told.contains("set aside 1"), "{told}");
}
