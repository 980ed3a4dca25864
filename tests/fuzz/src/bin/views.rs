//! libFuzzer around the law of `../views.rs`.
#![no_main]

#[path = "../views.rs"]
mod views;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| views::check(bytes));
