//! The name of a column, of the dataset itself or of the person a row is about.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The column that stands for the person; no plan may name it.
const RESEARCH_ID: &str = "research_id";
/// What stands before the columns of the dataset `person`.
const PERSON: &str = "person.";

/// A column of the plan's dataset (`atc`), or of the dataset `person`, joined by research id
/// (`person.sex`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Column {
    of_person: bool,
    name: String,
}

/// Why a text is no column of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// It has other characters than a column name may.
    #[error(
        "a column is written with lower-case letters, digits and '_', a letter first, \
         with 'person.' before a column of the person"
    )]
    NotAColumn,
    /// It stands for the person.
    #[error("research_id stands for a person and cannot be asked for in a plan")]
    StandsForAPerson,
}

impl Column {
    /// Does it belong to the person, not to the record?
    #[must_use]
    pub fn is_of_person(&self) -> bool {
        self.of_person
    }

    /// The name in its own dataset, without `person.`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name in a released table: `person.sex` becomes `person_sex`.
    #[must_use]
    pub fn flat_name(&self) -> String {
        if self.of_person { format!("person_{}", self.name) } else { self.name.clone() }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of_person {
            f.write_str(PERSON)?;
        }
        f.write_str(&self.name)
    }
}

impl FromStr for Column {
    type Err = ColumnError;

    fn from_str(text: &str) -> Result<Self, ColumnError> {
        let (of_person, name) = match text.strip_prefix(PERSON) {
            Some(name) => (true, name),
            None => (false, text),
        };
        if name == RESEARCH_ID {
            return Err(ColumnError::StandsForAPerson);
        }
        if !is_column_name(name) {
            return Err(ColumnError::NotAColumn);
        }
        Ok(Self { of_person, name: name.to_owned() })
    }
}

impl TryFrom<String> for Column {
    type Error = ColumnError;

    fn try_from(text: String) -> Result<Self, ColumnError> {
        text.parse()
    }
}

impl From<Column> for String {
    fn from(column: Column) -> Self {
        column.to_string()
    }
}

fn is_column_name(text: &str) -> bool {
    text.len() <= 63
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_plain_name_and_never_the_person() {
        let cases = [
            ("atc", Ok(())),
            ("person.birth_year", Ok(())),
            ("research_id", Err(ColumnError::StandsForAPerson)),
            ("person.research_id", Err(ColumnError::StandsForAPerson)),
            ("", Err(ColumnError::NotAColumn)),
            ("person.", Err(ColumnError::NotAColumn)),
            ("person.a.b", Err(ColumnError::NotAColumn)),
            ("atc; drop table", Err(ColumnError::NotAColumn)),
            ("Atc", Err(ColumnError::NotAColumn)),
        ];
        for (text, want) in cases {
            let column = text.parse::<Column>();
            assert_eq!(column.clone().map(|_| ()), want, "{text}");
            if let Ok(column) = column {
                assert_eq!(column.to_string(), text);
            }
        }
    }
}
