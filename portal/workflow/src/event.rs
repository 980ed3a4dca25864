//! What happened to a case: one entry of the log that is never changed.

use std::fmt;

use pipeline_domain::{Sha256Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Actor, Subject};

/// Something that happened, when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// What it changed.
    pub change: Change,
}

/// What an event changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A protected table was put forward.
    Proposed(Subject),
    /// The table with this digest may leave.
    Approved {
        /// The digest of the table the officer saw.
        digest: Sha256Digest,
    },
    /// The table may not leave like this.
    Returned {
        /// What the officer wrote to the requester.
        reason: Reason,
    },
    /// The package was sealed and is public.
    Published,
}

/// Why a table was sent back, in the officer's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

/// Why a text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// Nothing was written.
    #[error("the requester needs a reason")]
    Empty,
    /// More was written than a person reads.
    #[error("a reason has at most 2000 characters")]
    TooLong,
}

impl Reason {
    const LONGEST: usize = 2000;

    /// The words themselves.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, ReasonError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReasonError::Empty);
        }
        if text.chars().count() > Self::LONGEST {
            return Err(ReasonError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}
