//! The national number (INSS: NISS/INSZ) and the BIS number.

use std::{fmt, str::FromStr};

use time::{Date, Month};

/// A valid national or BIS number in its canonical form: eleven digits.
///
/// `YYMMDD`, a serial (odd for men, even for women), and `97 - (N mod 97)`, where N is the first
/// nine digits, with a 2 before them for people born in 2000 or later. No number fits both rules,
/// so the century follows from the number. BIS numbers add 20 or 40 to the month; month and day are
/// 00 where the birth date is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inss {
    digits: [u8; 11],
}

/// Why a text is no INSS. Says where the rule broke, never what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InssError {
    /// There are not exactly eleven ASCII digits.
    #[error("an INSS has eleven digits")]
    NotElevenDigits,
    /// The check digits fit neither century.
    #[error("the check digits do not fit")]
    BadCheck,
    /// The first six digits are no date a birth can have.
    #[error("the birth date in it does not exist")]
    BadDate,
    /// The birth date lies after the day of extraction.
    #[error("the birth date in it lies in the future")]
    BornInFuture,
    /// The serial is 000 or 999, which are given to nobody.
    #[error("the serial in it is given to nobody")]
    BadSerial,
}

impl InssError {
    /// The code of this reason in a quarantine.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotElevenDigits => "inss-not-eleven-digits",
            Self::BadCheck => "inss-check-digits",
            Self::BadDate => "inss-date",
            Self::BornInFuture => "inss-born-in-future",
            Self::BadSerial => "inss-serial",
        }
    }
}

impl Inss {
    /// Eleven ASCII digits: the canonical bytes that stage 1 hashes.
    #[must_use]
    pub fn canonical(&self) -> &[u8; 11] {
        &self.digits
    }

    /// Refuses a number whose birth date lies after this day.
    ///
    /// `93051822390` is arithmetically right, but only for somebody born in 2093.
    pub fn born_by(self, today: Date) -> Result<Self, InssError> {
        let first_day = |(year, month, day): (i32, u8, u8)| {
            let month = Month::try_from(month.max(1)).ok()?;
            Date::from_calendar_date(year, month, day.max(1)).ok()
        };
        match first_day(self.birth()) {
            Some(birth) if birth > today => Err(InssError::BornInFuture),
            _ => Ok(self),
        }
    }

    /// Year, month and day of birth; month and day are 0 where unknown.
    fn birth(&self) -> (i32, u8, u8) {
        let two = |at: usize| (self.digits[at] - b'0') * 10 + (self.digits[at + 1] - b'0');
        let century = if self.fits(2_000_000_000) { 2000 } else { 1900 };
        (century + i32::from(two(0)), two(2) % 20, two(4))
    }

    fn number(&self, range: std::ops::Range<usize>) -> u64 {
        self.digits[range].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    fn fits(&self, base: u64) -> bool {
        97 - (base + self.number(0..9)) % 97 == self.number(9..11)
    }

    fn has_a_possible_date(&self) -> bool {
        let (year, month, day) = self.birth();
        // 60 to 79 would pass the modulo by 20, but nobody gives such numbers.
        if self.number(2..4) >= 53 || month > 12 {
            return false;
        }
        if month == 0 || day == 0 {
            return day <= 31;
        }
        Month::try_from(month).is_ok_and(|month| Date::from_calendar_date(year, month, day).is_ok())
    }
}

impl FromStr for Inss {
    type Err = InssError;

    /// Accepts the eleven digits with `.`, `-` and spaces between them.
    fn from_str(text: &str) -> Result<Self, InssError> {
        let mut digits = [0; 11];
        let mut found = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'.' | b'-' | b' ')) {
            if found == 11 || !byte.is_ascii_digit() {
                return Err(InssError::NotElevenDigits);
            }
            digits[found] = byte;
            found += 1;
        }
        let inss = Self { digits };
        if found != 11 {
            return Err(InssError::NotElevenDigits);
        }
        if !inss.fits(0) && !inss.fits(2_000_000_000) {
            return Err(InssError::BadCheck);
        }
        if !inss.has_a_possible_date() {
            return Err(InssError::BadDate);
        }
        if matches!(inss.number(6..9), 0 | 999) {
            return Err(InssError::BadSerial);
        }
        Ok(inss)
    }
}

impl fmt::Debug for Inss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inss(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    #[test]
    fn the_rules_of_the_national_register_hold() {
        let cases = [
            ("93051822361", Ok(())),
            ("93.05.18-223.61", Ok(())),
            ("00010100105", Ok(())),
            ("00010100173", Ok(())),
            ("85073003328", Ok(())),
            ("85273003371", Ok(())),
            ("85473003317", Ok(())),
            ("00000000196", Ok(())),
            ("93051822360", Err(InssError::BadCheck)),
            ("93051822390", Err(InssError::BornInFuture)),
            ("9305182236", Err(InssError::NotElevenDigits)),
            ("930518223611", Err(InssError::NotElevenDigits)),
            ("93053222361", Err(InssError::BadCheck)),
            ("00000000097", Err(InssError::BadSerial)),
            ("９３０５１８２２３６１", Err(InssError::NotElevenDigits)),
            ("           ", Err(InssError::NotElevenDigits)),
            ("", Err(InssError::NotElevenDigits)),
        ];
        for (text, want) in cases {
            let parsed = text.parse::<Inss>().and_then(|inss| inss.born_by(date!(2026 - 11 - 25)));
            assert_eq!(parsed.map(|_| ()), want, "{text}");
        }
    }

    #[test]
    fn the_number_fixes_the_century() {
        let cases = [("00010100105", 2000), ("00010100173", 1900), ("85473003317", 1985)];
        for (text, year) in cases {
            assert_eq!(text.parse::<Inss>().unwrap().birth().0, year, "{text}");
        }
    }

    #[test]
    fn a_national_number_cannot_be_shown() {
        let inss: Inss = "93051822361".parse().unwrap();
        assert!(!format!("{inss:?} {inss:#?}").contains("93"));
    }

    proptest! {
        #[test]
        fn no_text_makes_parse_panic(text in "\\PC*") {
            let _ = text.parse::<Inss>();
        }

        #[test]
        fn one_changed_digit_is_always_found(serial in 1_u64..998, year in 0_u64..100, at in 0_usize..11, by in 1_u8..10) {
            let nine = year * 10_000_000 + 518_000 + serial;
            let check = 97 - nine % 97;
            let mut text = format!("{nine:09}{check:02}").into_bytes();
            prop_assume!(String::from_utf8(text.clone()).unwrap().parse::<Inss>().is_ok());
            text[at] = b'0' + (text[at] - b'0' + by) % 10;
            let changed = String::from_utf8(text).unwrap().parse::<Inss>();
            // A changed digit can at most turn the number into one of the other century.
            prop_assert!(changed.is_err() || changed.unwrap().birth().0 >= 2000);
        }
    }
}
