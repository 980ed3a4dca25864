//! Numbers as they stand in a table: exact decimal text, never rounded by a float on the way.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A decimal number, like `1204` or `-3.75`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(String);

impl Amount {
    /// The number as text, with a point.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Near enough for the length of a bar; the text stays the exact one.
    #[must_use]
    pub fn approximately(&self) -> f64 {
        // The text holds digits, one sign and one point, which always make a float.
        self.0.parse().unwrap_or_default()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<u64> for Amount {
    fn from(count: u64) -> Self {
        Self(count.to_string())
    }
}

/// The text is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a decimal number, like 1204 or -3.75")]
pub struct NotAnAmount;

impl FromStr for Amount {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let valid = match unsigned.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(unsigned),
        };
        if valid && text.len() <= 64 { Ok(Self(text.to_owned())) } else { Err(NotAnAmount) }
    }
}

impl TryFrom<String> for Amount {
    type Error = NotAnAmount;

    fn try_from(text: String) -> Result<Self, NotAnAmount> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_decimal_numbers_are_amounts() {
        for text in ["0", "1204", "-3.75", "0.10"] {
            assert_eq!(text.parse::<Amount>().map(|a| a.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "-", ".5", "5.", "1e3", "NaN", "1,5", "+1", "1 000"] {
            assert_eq!(text.parse::<Amount>(), Err(NotAnAmount), "{text}");
        }
    }
}
