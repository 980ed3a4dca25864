//! libFuzzer around the law of `../messages.rs`.
#![no_main]

#[path = "../messages.rs"]
mod messages;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| messages::check(bytes));
