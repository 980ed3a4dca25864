//! The inputs that fuzzing kept, through the law it kept them for: see `tests/fuzz`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of a test fail like the test itself"
)]

use std::{fs, path::Path};

#[path = "../../../tests/fuzz/src/lines.rs"]
mod lines;

#[test]
fn what_fuzzing_found_stops_no_extraction_and_nothing_is_lost() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/lines");
    let mut checked = 0;
    for file in fs::read_dir(folder).unwrap() {
        lines::check(&fs::read(file.unwrap().path()).unwrap());
        checked += 1;
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn what_is_nested_without_end_is_set_aside_like_any_other_text() {
    let starts = [
        "",
        r#"{"x":"#,
        r#"{"resourceType":"Patient","x":"#,
        r#"{"resourceType":"Patient","address":"#,
        r#"{"resourceType":"Bundle","entry":"#,
        r#"{"resourceType":"QuestionnaireResponse","item":"#,
    ];
    for name in ["a.ndjson", "increment.json"] {
        for start in starts {
            for open in ["[", r#"{"item":"#] {
                let input = format!("{name}\n{start}{}", open.repeat(200_000));
                lines::check(input.as_bytes());
            }
        }
    }
    lines::check(format!("a.xml\n{}", "<a>".repeat(200_000)).as_bytes());
}
