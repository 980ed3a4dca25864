//! Codes that are parsed once: what exists is well formed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It is no CNK code.
    #[error("a CNK code has 7 digits")]
    NotACnk,
    /// It is no ATC code.
    #[error("an ATC code is written like J, J01, J01C, J01CA or J01CA04")]
    NotAnAtc,
    /// It is no NIS code.
    #[error("a NIS code has 5 digits")]
    NotANis,
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $is:path, $error:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                if $is(text.as_bytes()) { Ok(Self(text.to_owned())) } else { Err(CodeError::$error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(text: String) -> Result<Self, CodeError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

code!(
    /// A Belgian package code, leading zeros included. A code that lost them in a spreadsheet is
    /// refused, not repaired: of two packages one would be guessed.
    Cnk,
    is_cnk,
    NotACnk
);
code!(
    /// A code of the ATC classification, of any of its five levels.
    AtcCode,
    is_atc,
    NotAnAtc
);
code!(
    /// A code of Statbel's REFNIS list, of any level.
    NisCode,
    is_nis,
    NotANis
);

/// The anatomical main groups of the WHO.
const MAIN_GROUPS: &[u8] = b"ABCDGHJLMNPRSV";
/// Characters of an ATC code, by level.
const ATC_LENGTHS: [usize; 5] = [1, 3, 4, 5, 7];

impl AtcCode {
    /// Its level, 1 to 5.
    #[must_use]
    pub fn level(&self) -> u8 {
        (1..).zip(ATC_LENGTHS).find(|(_, len)| *len == self.0.len()).map_or(5, |(level, _)| level)
    }

    /// The group it lies in at a level that is not finer than its own.
    #[must_use]
    pub fn at_level(&self, level: u8) -> Option<Self> {
        let length = ATC_LENGTHS.get(usize::from(level).checked_sub(1)?)?;
        self.0.get(..*length).map(|text| Self(text.to_owned()))
    }

    /// The group right above it; a main group has none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.at_level(self.level() - 1)
    }
}

impl NisCode {
    /// The arrondissement, which the first two digits name.
    #[must_use]
    pub fn arrondissement(&self) -> Self {
        Self(format!("{}000", &self.0[..2]))
    }

    /// The province, where it lies in one. Brabant was split in 1995 and its arrondissements kept
    /// their digits, so its halves have codes of another shape.
    #[must_use]
    pub fn province(&self) -> Option<Self> {
        let code = match &self.0[..2] {
            "23" | "24" => "20001",
            "25" => "20002",
            digits => match &digits[..1] {
                "0" | "2" => return None,
                "1" => "10000",
                "3" => "30000",
                "4" => "40000",
                "5" => "50000",
                "6" => "60000",
                "7" => "70000",
                "8" => "80000",
                _ => "90000",
            },
        };
        Some(Self(code.to_owned()))
    }

    /// The region, where there is one.
    #[must_use]
    pub fn region(&self) -> Option<Self> {
        let code = match &self.0[..2] {
            "21" => "04000",
            "25" => "03000",
            "23" | "24" => "02000",
            digits => match &digits[..1] {
                "1" | "3" | "4" | "7" => "02000",
                "5" | "6" | "8" | "9" => "03000",
                _ => return None,
            },
        };
        Some(Self(code.to_owned()))
    }
}

fn is_cnk(text: &[u8]) -> bool {
    text.len() == 7 && text.iter().all(u8::is_ascii_digit)
}

fn is_nis(text: &[u8]) -> bool {
    text.len() == 5 && text.iter().all(u8::is_ascii_digit)
}

fn is_atc(text: &[u8]) -> bool {
    let fits = |(at, byte): (usize, &u8)| match at {
        0 => MAIN_GROUPS.contains(byte),
        3 | 4 => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit(),
    };
    ATC_LENGTHS.contains(&text.len()) && text.iter().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_well_formed_or_none() {
        let atc = ["J", "J01", "J01C", "J01CA", "J01CA04"];
        for (level, text) in (1..).zip(atc) {
            assert_eq!(text.parse::<AtcCode>().map(|code| code.level()), Ok(level), "{text}");
        }
        for text in ["", "E", "j01", "J0", "J01C0", "J01CA0", "J01CA004", "QJ01", "J01CÀ04"] {
            assert_eq!(text.parse::<AtcCode>(), Err(CodeError::NotAnAtc), "{text}");
        }
        for text in ["", "123456", "12345678", "123456a", "１２３４５６７"] {
            assert_eq!(text.parse::<Cnk>(), Err(CodeError::NotACnk), "{text}");
        }
        for text in ["", "4402", "440211", "4402a"] {
            assert_eq!(text.parse::<NisCode>(), Err(CodeError::NotANis), "{text}");
        }
    }

    #[test]
    fn a_group_lies_in_those_above_it() {
        let code: AtcCode = "J01CA04".parse().unwrap();
        let above: Vec<String> =
            std::iter::successors(Some(code), AtcCode::parent).map(String::from).collect();
        assert_eq!(above, ["J01CA04", "J01CA", "J01C", "J01", "J"]);
    }

    #[test]
    fn a_place_lies_where_its_digits_say() {
        let cases = [
            ("11002", "11000", Some("10000"), Some("02000")),
            ("21004", "21000", None, Some("04000")),
            ("23027", "23000", Some("20001"), Some("02000")),
            ("25112", "25000", Some("20002"), Some("03000")),
            ("62063", "62000", Some("60000"), Some("03000")),
            ("73028", "73000", Some("70000"), Some("02000")),
            ("01000", "01000", None, None),
        ];
        for (text, arrondissement, province, region) in cases {
            let code: NisCode = text.parse().unwrap();
            assert_eq!(code.arrondissement().as_str(), arrondissement, "{text}");
            assert_eq!(code.province().as_ref().map(NisCode::as_str), province, "{text}");
            assert_eq!(code.region().as_ref().map(NisCode::as_str), region, "{text}");
        }
    }
}
