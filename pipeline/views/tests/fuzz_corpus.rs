//! The inputs that fuzzing kept, through the law it kept them for: see `tests/fuzz`.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test itself")]

use std::{fs, path::Path};

#[path = "../../../tests/fuzz/src/views.rs"]
mod views;

#[test]
fn what_fuzzing_found_makes_no_view_panic_and_both_engines_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/views");
    let mut checked = 0;
    for file in fs::read_dir(folder).unwrap() {
        views::check(&fs::read(file.unwrap().path()).unwrap());
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn what_is_nested_without_end_is_refused() {
    for (open, close) in [("(", ")"), ("where(", ")"), ("-", ""), ("1 + ", ""), ("id.", "")] {
        let path = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        views::check(format!("{path}\n{{\"resourceType\":\"Patient\"}}").as_bytes());
    }
    for (open, close) in [("[", "]"), (r#"{"item":"#, "}")] {
        let item = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        for kind in ["QuestionnaireResponse", "Patient"] {
            let resource = format!("{{\"resourceType\":\"{kind}\",\"item\":{item}}}");
            views::check(format!("\n{resource}").as_bytes());
        }
    }
    let selects = format!("{}1{}", r#"[{"select":"#.repeat(60_000), "}]".repeat(60_000));
    let view = format!(r#"{{"resource":"Patient","select":{selects}}}"#);
    views::check(format!("{view}\n{{\"resourceType\":\"Patient\"}}").as_bytes());
}
