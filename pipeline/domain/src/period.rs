//! A span of days, both ends included.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, macros::format_description};

/// From the first day to the last, both included; written `2025-01-01/2025-12-31` (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    first: Date,
    last: Date,
}

/// Why a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It is not two dates with a '/' between them.
    #[error("a period is two dates, like 2025-01-01/2025-12-31")]
    NotTwoDates,
    /// The last day comes before the first.
    #[error("the last day of a period comes before its first")]
    EndsBeforeItStarts,
}

impl Period {
    /// The period between two days.
    pub fn new(first: Date, last: Date) -> Result<Self, PeriodError> {
        if last < first {
            return Err(PeriodError::EndsBeforeItStarts);
        }
        Ok(Self { first, last })
    }

    /// The first day.
    #[must_use]
    pub fn first(&self) -> Date {
        self.first
    }

    /// The last day, still inside.
    #[must_use]
    pub fn last(&self) -> Date {
        self.last
    }

    /// Does the other period lie within this one?
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.last)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let day = format_description!("[year]-[month]-[day]");
        let (first, last) = text.split_once('/').ok_or(PeriodError::NotTwoDates)?;
        let first = Date::parse(first, day).map_err(|_| PeriodError::NotTwoDates)?;
        let last = Date::parse(last, day).map_err(|_| PeriodError::NotTwoDates)?;
        Self::new(first, last)
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_they_are_written() {
        let cases = [
            ("2025-01-01/2025-12-31", Ok(())),
            ("2025-01-01/2025-01-01", Ok(())),
            ("2025-12-31/2025-01-01", Err(PeriodError::EndsBeforeItStarts)),
            ("2025-01-01", Err(PeriodError::NotTwoDates)),
            ("2025-02-30/2025-12-31", Err(PeriodError::NotTwoDates)),
        ];
        for (text, want) in cases {
            let period = text.parse::<Period>();
            assert_eq!(period.map(|_| ()), want, "{text}");
            if let Ok(period) = period {
                assert_eq!(period.to_string(), text);
            }
        }
    }
}
