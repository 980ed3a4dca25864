//! The runner against test files in the form of the standard: our own, and the standard's where
//! they lie beside the project.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test itself")]

use std::path::Path;

use pipeline_exchange::Store;
use pipeline_views::conformance::{ConformanceError, Report, run};

/// Where the standard's tests lie, for those who have them.
const STANDARD: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sql-on-fhir-tests");

fn report(folder: &Path) -> Result<Report, ConformanceError> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    run(&Store::open(&folder.to_str().unwrap().parse().unwrap()).unwrap())
}

fn failures(report: &Report) -> Vec<String> {
    let failed = report.tests().filter(|(_, test)| !test.passed());
    failed.map(|(file, test)| format!("{file}, {}: {:?}", test.name, test.failure)).collect()
}

#[test]
fn our_own_tests_pass() {
    let report =
        report(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance"))).unwrap();
    assert_eq!(failures(&report), Vec::<String>::new());
    assert!(report.conforms());
    assert_eq!(report.files.len(), 3);
}

#[test]
#[expect(clippy::print_stderr, reason = "says that it looked at nothing")]
fn the_tests_of_the_standard_pass_where_they_are() {
    let folder = Path::new(STANDARD);
    if !folder.exists() {
        eprintln!("skipped: the tests of the standard are not there");
        return;
    }
    let report = report(folder).unwrap();
    assert_eq!(failures(&report), Vec::<String>::new());
    let shareable = report.tests().filter(|(_, test)| test.shareable).count();
    assert_eq!((report.files.len(), report.tests().count(), shareable), (22, 134, 123));
}

#[test]
fn a_test_that_fails_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let tests = serde_json::json!({
        "title": "wrong", "resources": [{"resourceType": "Patient", "id": "p"}],
        "tests": [
            test("rows", &serde_json::json!({"expect": [{"id": "q"}]})),
            test("count", &serde_json::json!({"expectCount": 2})),
            test("columns", &serde_json::json!({"expectColumns": ["key"]})),
            test("error", &serde_json::json!({"expectError": true})),
            test("right", &serde_json::json!({"expect": [{"id": "p"}], "tags": ["experimental"]})),
        ],
    });
    std::fs::write(folder.path().join("wrong.json"), tests.to_string()).unwrap();
    std::fs::write(folder.path().join("schema.json"), "{}").unwrap();
    let report = report(folder.path()).unwrap();
    assert!(!report.conforms());
    insta::assert_json_snapshot!(report.to_json());
}

fn test(title: &str, expectation: &serde_json::Value) -> serde_json::Value {
    let mut test = serde_json::json!({
        "title": title, "tags": ["shareable"],
        "view": {"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id"}]}]},
    });
    for (key, value) in expectation.as_object().unwrap() {
        test[key] = value.clone();
    }
    test
}

#[test]
fn a_folder_without_tests_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(report(folder.path()), Err(ConformanceError::NoTests { .. })));
    std::fs::write(folder.path().join("broken.json"), r#"{"tests": [1], "resources": []}"#)
        .unwrap();
    assert!(matches!(report(folder.path()), Err(ConformanceError::NotATestFile { .. })));
}
