//! The inputs that fuzzing kept, through the law it kept them for: see `tests/fuzz`.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test itself")]

use std::{fs, path::Path};

#[path = "../../../tests/fuzz/src/messages.rs"]
mod messages;

#[test]
fn what_fuzzing_found_makes_no_message_panic_and_nothing_is_lost() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/messages");
    let mut checked = 0;
    for file in fs::read_dir(folder).unwrap() {
        messages::check(&fs::read(file.unwrap().path()).unwrap());
        checked += 1;
    }
    assert!(checked > 3, "{checked}");
}

#[test]
fn what_is_nested_without_end_is_refused() {
    let kmehr = "http://www.ehealth.fgov.be/standards/kmehr/schema/v1";
    for start in ["", &format!("<kmehrmessage xmlns='{kmehr}'><folder><patient>")] {
        messages::check(format!("{start}{}", "<item>".repeat(200_000)).as_bytes());
    }
}
