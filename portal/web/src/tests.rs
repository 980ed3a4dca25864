//! The portal as a browser meets it: whole requests against a store in a temporary folder.

mod browser;
#[path = "../examples/preview/invented.rs"]
mod invented;
mod pages;
mod security;
mod words;
