//! Whole journeys through the command, as its users make them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test fail like the test itself"
)]

mod architecture;
mod cli;
mod country;
mod extraction;
mod increments;
mod interruption;
mod journey;
mod keys;
mod kills;
mod leaks;
mod object_store;
mod portal;
mod pseudonyms;
mod rekey;
mod rights;
mod sealed;
mod sources;
mod support;
mod tools;
