//! Whole extractions, from a source in memory to the two halves of a batch.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test itself")]

mod conversion;
mod corrections;
mod links;
mod quality;
mod support;
mod threads;
