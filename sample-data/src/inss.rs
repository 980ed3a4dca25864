//! Writes Belgian identification numbers of social security (INSS).
//!
//! This is a second, independent author of such numbers: it shares no line with the code that
//! reads them elsewhere in this workspace, so each can convict the other of a mistake.

use std::fmt;

use time::Date;

/// Which register gave the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Register {
    /// The national register: residents.
    National,
    /// The bis register, sex not known when the number was given: month + 20.
    BisSexUnknown,
    /// The bis register, sex known: month + 40.
    BisSexKnown,
}

impl Register {
    fn added_to_month(self) -> u64 {
        match self {
            Self::National => 0,
            Self::BisSexUnknown => 20,
            Self::BisSexKnown => 40,
        }
    }
}

/// An identification number of social security.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inss {
    first_nine: u64,
    check: u64,
}

impl Inss {
    /// The number of the `serial`-th person (odd: men, even: women) registered for a birth date.
    pub(crate) fn new(birth: Date, serial: u32, register: Register) -> Self {
        let year = u64::from(birth.year().rem_euclid(100).unsigned_abs());
        let month = u64::from(u8::from(birth.month())) + register.added_to_month();
        let day = u64::from(birth.day());
        let first_nine = year * 10_000_000 + month * 100_000 + day * 1_000 + u64::from(serial);
        let century = if birth.year() >= 2000 { 2_000_000_000 } else { 0 };
        Self { first_nine, check: 97 - (century + first_nine) % 97 }
    }

    /// The same number with check digits that fit neither century.
    pub(crate) fn with_wrong_check(self) -> Self {
        // One step away is never the other century's check: those two differ by 29 or 68.
        Self { check: self.check % 97 + 1, ..self }
    }

    /// The eleven digits.
    pub(crate) fn digits(self) -> String {
        format!("{:09}{:02}", self.first_nine, self.check)
    }
}

impl fmt::Debug for Inss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inss(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn known_numbers_come_out_digit_by_digit() {
        let cases = [
            (date!(1993 - 05 - 18), 223, Register::National, "93051822361"),
            (date!(2000 - 01 - 01), 1, Register::National, "00010100105"),
            (date!(1900 - 01 - 01), 1, Register::National, "00010100173"),
            (date!(1985 - 07 - 30), 33, Register::National, "85073003328"),
            (date!(1985 - 07 - 30), 33, Register::BisSexUnknown, "85273003371"),
            (date!(1985 - 07 - 30), 33, Register::BisSexKnown, "85473003317"),
        ];
        for (birth, serial, register, want) in cases {
            assert_eq!(Inss::new(birth, serial, register).digits(), want);
        }
    }

    #[test]
    fn a_wrong_check_fits_neither_century() {
        for serial in 1..998 {
            for birth in [date!(1961 - 12 - 31), date!(2019 - 02 - 03)] {
                let wrong = Inss::new(birth, serial, Register::National).with_wrong_check();
                for century in [0, 2_000_000_000] {
                    assert_ne!(97 - (century + wrong.first_nine) % 97, wrong.check);
                }
            }
        }
    }

    #[test]
    fn a_number_is_not_shown() {
        let inss = Inss::new(date!(1993 - 05 - 18), 223, Register::National);
        assert_eq!(format!("{inss:?}"), "Inss(hidden)");
    }
}
