//! What a command answers.

use std::fmt::Write;

use serde_json::Value;

/// The answer of a command, as one JSON object and as text.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) json: Value,
    pub(crate) text: String,
    /// Did all of it succeed? A refused batch leaves the rest standing and still is no success.
    pub(crate) complete: bool,
}

impl Outcome {
    pub(crate) fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), complete: true }
    }

    /// The same, with what was refused on the way.
    pub(crate) fn with_refusals(self, refusals: &[(String, String)]) -> Self {
        let mut text = self.text;
        for (what, reason) in refusals {
            // Writing into a string cannot fail.
            let _ = write!(text, "\nrefused {what}: {reason}");
        }
        Self { text, complete: self.complete && refusals.is_empty(), ..self }
    }
}

/// A policy said no: exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct RefusedByPolicy(pub(crate) String);
