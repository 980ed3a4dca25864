//! Sums that come out the same in whatever order they are added.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How many decimals an amount has.
const DECIMALS: u8 = 6;
const SCALE: u128 = 1_000_000;

/// A number with six decimals, written without the zeros at its end: `12.5`.
///
/// Exact where a binary fraction is not: the same rows in another order give the same sum, so two
/// runs over one dataset version give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(i128);

/// The text is not a number with at most six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a number with at most six decimals, like 12.5")]
pub struct AmountError;

impl Amount {
    /// How many decimals it has.
    pub const DECIMALS: u8 = DECIMALS;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths.
    #[must_use]
    pub fn from_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// How many millionths it is.
    #[must_use]
    pub fn millionths(self) -> i128 {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / SCALE, self.0.unsigned_abs() % SCALE);
        let sign = if self.0 < 0 { "-" } else { "" };
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let decimals = format!("{rest:06}");
        write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > usize::from(DECIMALS) {
            return Err(AmountError);
        }
        let all = format!("{whole}{decimals:0<6}").parse::<i128>().map_err(|_| AmountError)?;
        Ok(Self(if text.starts_with('-') { -all } else { all }))
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_written_without_useless_zeros() {
        let cases = [
            (0, "0"),
            (12_500_000, "12.5"),
            (-1, "-0.000001"),
            (30_000_000, "30"),
            (-2_250_000, "-2.25"),
        ];
        for (millionths, want) in cases {
            assert_eq!(Amount::from_millionths(millionths).to_string(), want);
        }
        for text in ["", "-", ".5", "1.", "1e3", "+1", "1.0000001", "NaN", "1 000"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_is_read_as_it_is_written(millionths in -(1_i128 << 100)..(1_i128 << 100)) {
            let amount = Amount::from_millionths(millionths);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
    }
}
