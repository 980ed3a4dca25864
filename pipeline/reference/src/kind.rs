//! The reference datasets there are.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A reference dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Packaged medicines by CNK code.
    Medicine,
    /// Municipalities by NIS code, and the areas they lie in.
    Municipality,
    /// The ATC classification.
    Atc,
}

/// There is no such reference dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reference dataset is one of medicine, municipality and atc")]
pub struct UnknownKind;

impl Kind {
    /// Every reference dataset.
    pub const ALL: [Self; 3] = [Self::Medicine, Self::Municipality, Self::Atc];

    /// Its name, also that of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Medicine => "medicine",
            Self::Municipality => "municipality",
            Self::Atc => "atc",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(UnknownKind)
    }
}
