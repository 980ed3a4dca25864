//! Rows that are no rows: where they stood and why.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// How many are kept one by one; all are counted.
const MOST_KEPT: usize = 10_000;
/// How much of a bad code is repeated.
const LONGEST_CODE: usize = 40;

/// Why a row was set aside. A list of the world outside, so it may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The row has more or fewer fields than the header.
    WrongWidth,
    /// The CNK code has not 7 digits.
    NotACnk,
    /// The ATC code has not the shape of one.
    NotAnAtc,
    /// The NIS code has not 5 digits.
    NotANis,
    /// The code of the zone is empty, too long, or has odd characters.
    NotAZone,
    /// There is no name in any language.
    NoName,
    /// A number is none, or not finite, or negative.
    NotANumber,
    /// A day is none.
    NotADay,
    /// It ends before it begins.
    EndsBeforeItBegins,
    /// Another row has the same code and says something else.
    Duplicate,
    /// Another row has the same code and a later validity.
    Superseded,
    /// The group or area it belongs to is not in the list.
    UnknownParent,
    /// What it was merged into is not in the list, or leads back to itself.
    UnknownMerger,
    /// The municipality a zone names is not in the list.
    UnknownMunicipality,
    /// The level is none of this list (a country, a part of a municipality).
    OtherLevel,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongWidth => "the row has not as many fields as the header",
            Self::NotACnk => "a CNK code has 7 digits",
            Self::NotAnAtc => "the ATC code has not the shape of one",
            Self::NotANis => "a NIS code has 5 digits",
            Self::NotAZone => "the code of a zone has 1 to 20 letters, digits, '-' or '_'",
            Self::NoName => "there is no name in any language",
            Self::NotANumber => "an amount is no number from 0 up",
            Self::NotADay => "a day is not like 2025-01-31 or 31/01/2025",
            Self::EndsBeforeItBegins => "its last day is before its first",
            Self::Duplicate => "another row has the same code and says something else",
            Self::Superseded => "another row with the same code is valid later",
            Self::UnknownParent => "what it belongs to is not in the list",
            Self::UnknownMerger => "what it was merged into is not in the list",
            Self::UnknownMunicipality => "the municipality is not in the list",
            Self::OtherLevel => "the level is none of this list",
        })
    }
}

/// One row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The file.
    pub file: String,
    /// The line in it, counted from 1.
    pub line: u64,
    /// The code the row had, as far as it can be shown.
    pub code: String,
    /// Why.
    pub reason: Reason,
}

/// What was set aside: all of it counted, the first of it one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// How many, by reason.
    pub counts: BTreeMap<Reason, u64>,
    /// The first ten thousand.
    pub rows: Vec<SetAside>,
}

impl Record {
    pub(crate) fn add(&mut self, file: &str, line: u64, code: &str, reason: Reason) {
        *self.counts.entry(reason).or_default() += 1;
        if self.rows.len() < MOST_KEPT {
            let shown = |c: &char| !c.is_control();
            let code = code.chars().filter(shown).take(LONGEST_CODE).collect();
            self.rows.push(SetAside { file: file.to_owned(), line, code, reason });
        }
    }

    /// How many rows were set aside.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The reason that holds for most of them.
    #[must_use]
    pub fn mostly(&self) -> Option<Reason> {
        self.counts.iter().max_by_key(|(_, count)| **count).map(|(reason, _)| *reason)
    }
}

/// What was read from published files: rows that hold, sorted by code, and the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Import<T> {
    /// The rows of the list.
    pub rows: Vec<T>,
    /// Rows read, whatever became of them.
    pub read: u64,
    /// Rows that say the very same as another one, such as a package listed for pharmacies and for
    /// hospitals, or that add to one, such as a second route of administration.
    pub folded: u64,
    /// What was set aside.
    pub set_aside: Record,
    /// Names of the files that were read, with their digests.
    pub files: Vec<crate::version::SourceDigest>,
}
