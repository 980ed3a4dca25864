//! `OperationOutcome`: how a FHIR server says that something went wrong.

use serde::Deserialize;

/// Codes that mean: the same request may succeed later (value set `issue-type`, below `transient`).
const TRANSIENT: [&str; 5] = ["transient", "throttled", "timeout", "lock-error", "incomplete"];

#[derive(Debug, Default, Deserialize)]
pub(crate) struct OperationOutcome {
    #[serde(default)]
    pub(crate) issue: Vec<Issue>,
}

/// What of an issue is safe to show: its severity and code, which come from closed lists. Its text
/// may hold anything.
#[derive(Debug, Deserialize)]
pub(crate) struct Issue {
    #[serde(default)]
    severity: String,
    #[serde(default)]
    code: String,
}

impl OperationOutcome {
    /// The outcome in a text; none where the text is something else.
    pub(crate) fn in_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(crate) fn is_transient(&self) -> bool {
        self.issue.iter().any(|issue| TRANSIENT.contains(&issue.code.as_str()))
    }

    pub(crate) fn codes(&self) -> Vec<String> {
        self.issue.iter().map(|issue| code(&issue.code).to_owned()).collect()
    }
}

impl Issue {
    /// Does it say that something is missing, and not merely that something is worth knowing?
    pub(crate) fn is_failure(&self) -> bool {
        !matches!(self.severity.as_str(), "warning" | "information" | "success")
    }

    /// Severity and code, as one key to count by.
    pub(crate) fn key(&self) -> String {
        let severity = match self.severity.as_str() {
            known @ ("fatal" | "error" | "warning" | "information" | "success") => known,
            _ => "unknown",
        };
        format!("{severity} {}", code(&self.code))
    }
}

/// A code of the value set, or a word in the place of what could be anything.
fn code(code: &str) -> &str {
    let plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if plain && (1..=32).contains(&code.len()) { code } else { "other" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_says_only_words_of_closed_lists() {
        let cases = [
            (
                r#"{"issue":[{"severity":"error","code":"transient"}]}"#,
                "error transient",
                true,
                true,
            ),
            (
                r#"{"issue":[{"severity":"warning","code":"not-found"}]}"#,
                "warning not-found",
                false,
                false,
            ),
            (
                r#"{"issue":[{"severity":"93051822361","code":"Jan Peeters"}]}"#,
                "unknown other",
                false,
                true,
            ),
            (r#"{"issue":[{}]}"#, "unknown other", false, true),
        ];
        for (text, key, transient, failure) in cases {
            let outcome = OperationOutcome::in_text(text);
            assert_eq!(outcome.issue[0].key(), key);
            assert_eq!(outcome.is_transient(), transient, "{text}");
            assert_eq!(outcome.issue[0].is_failure(), failure, "{text}");
        }
        assert!(OperationOutcome::in_text("<html>").issue.is_empty());
    }
}
