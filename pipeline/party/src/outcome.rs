//! What a command answers.

use std::fmt::Write;

use serde_json::Value;

/// The answer of a command, as one JSON object and as text.
#[derive(Debug)]
pub struct Outcome {
    /// For programs.
    pub json: Value,
    /// For people.
    pub text: String,
    /// Did all of it succeed? A refused batch leaves the rest standing and still is no success.
    pub complete: bool,
}

impl Outcome {
    /// An answer to something that succeeded.
    #[must_use]
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), complete: true }
    }

    /// The same, with what was refused on the way.
    #[must_use]
    pub fn with_refusals(self, refusals: &[(String, String)]) -> Self {
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
pub struct RefusedByPolicy(pub String);
