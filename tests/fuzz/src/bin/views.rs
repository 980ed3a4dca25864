//! Any JSON through any view: nothing panics, and the compiled form of a view gives the same rows
//! as the general interpreter.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pipeline_views::{CellRef, Frame, Program, built_in_views, resource_type};

static PROGRAM: LazyLock<Program> =
    LazyLock::new(|| Program::new(built_in_views().unwrap(), &["id"], &[]));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(kind) = resource_type(text) else { return };
    let mut frame = Frame::default();
    let Ok(record) = PROGRAM.read(&kind, text, &mut frame) else { return };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    // A repeated key means another value to each reader of JSON.
    if value.to_string().len() != text.split_ascii_whitespace().collect::<String>().len() {
        return;
    }
    let today = time::macros::date!(2026 - 11 - 25);
    for &view in record.views() {
        let mut compiled: Vec<Vec<String>> = Vec::new();
        let outcome = record.rows(view, today, &mut |cells| {
            compiled.push(cells.iter().map(|cell| format!("{cell:?}")).collect());
        });
        let interpreted = PROGRAM.views()[view].rows(&value, today);
        match (outcome, interpreted) {
            (Ok(()), Ok(rows)) => {
                let rows: Vec<Vec<String>> = rows
                    .into_iter()
                    .map(|row| row.into_iter().map(|c| format!("{:?}", CellRef::from(c))).collect())
                    .collect();
                assert_eq!(compiled, rows);
            }
            (Err(left), Err(right)) => assert_eq!(left.kind, right.kind),
            (left, right) => panic!("{left:?} {right:?}"),
        }
    }
});
