//! What an element of a record says of a person, and what is done with it before it leaves.

use serde::{Deserialize, Serialize};

/// How much an element says of who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ElementClass {
    /// Names a person by itself: a name, a number, an address.
    DirectIdentifier,
    /// Narrows down who it is together with others: birth date, place, rare dates.
    QuasiIdentifier,
    /// Says something of a person's health or life, not of who it is.
    Sensitive,
    /// Says nothing of a person.
    Plain,
}

/// What is done with the values of a column at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// It leaves as it is.
    Keep,
    /// Of a date the year leaves.
    Year,
    /// Of a date the month leaves.
    Month,
    /// A place leaves as its municipality (NIS code).
    Municipality,
    /// Of a code its first characters leave.
    RollUp {
        /// How many.
        characters: u8,
    },
    /// A code that few persons of the batch have is rolled up.
    Rare {
        /// Fewer persons than this are few.
        persons: u16,
        /// How many characters are left of it.
        characters: u8,
    },
    /// A date is moved by a number of days that is the same for all dates of a person.
    ShiftDays {
        /// At most so many, back or forth.
        most: u16,
    },
    /// Nothing leaves.
    Drop,
}
