//! Identifiers of what is no person of the data: prescriptions, prescribers, organisations, records.
//!
//! They are pseudonymised like a person, each under its own id type, so that a prescription and its
//! dispensing can meet and nobody can look the prescriber up.

use std::fmt;

use zeroize::Zeroize;

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkedKind {
    /// A health professional or institution, by its NIHDI (RIZIV-INAMI) number.
    Nihdi,
    /// An enterprise, by its CBE (KBO-BCE) number.
    Cbe,
    /// A prescription, by the id its prescription server gave it (Recip-e RID).
    Prescription,
    /// A record of one holder, by its type and logical id.
    Record,
}

impl LinkedKind {
    /// The kind with this name, as a view tags a column: `nihdi`, `cbe`, `prescription`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "nihdi" => Some(Self::Nihdi),
            "cbe" => Some(Self::Cbe),
            "prescription" => Some(Self::Prescription),
            _ => None,
        }
    }
}

/// An identifier in its canonical form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LinkedId {
    kind: LinkedKind,
    canonical: Canonical,
}

/// Numbers, which come again and again, need no memory of their own.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Canonical {
    Number(Digits),
    Text(Vec<u8>),
}

/// The digits of a number; behind them zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Digits {
    digits: [u8; MOST_DIGITS],
    len: u8,
}

/// The longest number that identifies something.
const MOST_DIGITS: usize = 11;

/// Why a text is no identifier of its kind. Says where the rule broke, never what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LinkedIdError {
    /// It has too few or too many characters, or other ones than its kind takes.
    #[error("the identifier has not the form of its kind")]
    BadForm,
    /// Its check digits do not fit.
    #[error("the check digits do not fit")]
    BadCheck,
}

impl LinkedId {
    /// Reads an identifier.
    ///
    /// A NIHDI number is six digits, two check digits (`97 - first six mod 97`) and, for
    /// professionals, three digits of their qualification; whoever has two qualifications is one
    /// person, so the qualification does not count. A CBE number is eight digits, which begin with 0
    /// or 1, and two check digits; its first 0 is often left out.
    pub fn new(kind: LinkedKind, text: &str) -> Result<Self, LinkedIdError> {
        let canonical = match kind {
            LinkedKind::Nihdi => Canonical::Number(nihdi(text)?),
            LinkedKind::Cbe => Canonical::Number(cbe(text)?),
            LinkedKind::Prescription => Canonical::Text(prescription(text)?),
            LinkedKind::Record => Canonical::Text(record(text)?),
        };
        Ok(Self { kind, canonical })
    }

    /// The record of a holder, by its relative reference, such as `Immunization/17`.
    ///
    /// The key of stage 1 is the same for all holders of a domain, so the holder is part of the
    /// identifier: the first vaccination of one hospital is not that of another.
    pub fn record(holder: &str, reference: &str) -> Result<Self, LinkedIdError> {
        Self::new(LinkedKind::Record, &format!("{holder}/{reference}"))
    }

    /// What it names.
    #[must_use]
    pub fn kind(&self) -> LinkedKind {
        self.kind
    }

    /// The bytes that stage 1 hashes.
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        match &self.canonical {
            Canonical::Number(number) => number.as_slice(),
            Canonical::Text(text) => text,
        }
    }
}

impl fmt::Debug for LinkedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkedId({:?}, hidden)", self.kind)
    }
}

impl Drop for LinkedId {
    fn drop(&mut self) {
        match &mut self.canonical {
            Canonical::Number(number) => number.digits.zeroize(),
            Canonical::Text(text) => text.zeroize(),
        }
    }
}

fn nihdi(text: &str) -> Result<Digits, LinkedIdError> {
    let digits = digits("", text)?;
    match digits.as_slice() {
        [number @ .., _, _, _] if number.len() == 8 => checked(Digits::of(number), 6),
        number if number.len() == 8 => checked(digits, 6),
        _ => Err(LinkedIdError::BadForm),
    }
}

fn cbe(text: &str) -> Result<Digits, LinkedIdError> {
    let text = text.trim();
    let text = text.strip_prefix("BE").unwrap_or(text);
    let mut number = digits("", text)?;
    if number.len == 9 {
        number = digits("0", text)?;
    }
    match number.as_slice() {
        [b'0' | b'1', rest @ ..] if rest.len() == 9 => checked(number, 8),
        _ => Err(LinkedIdError::BadForm),
    }
}

fn prescription(text: &str) -> Result<Vec<u8>, LinkedIdError> {
    let text = text.trim();
    let fits = matches!(text.len(), 1..=64)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
    if fits { Ok(text.to_ascii_uppercase().into_bytes()) } else { Err(LinkedIdError::BadForm) }
}

/// FHIR allows an id 64 letters, digits, `-` and `.`; sources also write others.
fn record(text: &str) -> Result<Vec<u8>, LinkedIdError> {
    let parts: Vec<&str> = text.splitn(3, '/').collect();
    let fits = matches!(parts[..], [holder, kind, id]
        if !holder.is_empty() && !kind.is_empty() && matches!(id.len(), 1..=255));
    if fits { Ok(text.as_bytes().to_vec()) } else { Err(LinkedIdError::BadForm) }
}

impl Digits {
    fn as_slice(&self) -> &[u8] {
        self.digits.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn of(digits: &[u8]) -> Self {
        let mut these = Self::default();
        for digit in digits {
            these.push(*digit);
        }
        these
    }

    /// Adds a digit; tells whether there was room.
    fn push(&mut self, digit: u8) -> bool {
        let free = self.digits.get_mut(usize::from(self.len));
        free.map(|free| *free = digit).inspect(|()| self.len += 1).is_some()
    }
}

/// The digits of a text, after some that stand before it.
fn digits(before: &str, text: &str) -> Result<Digits, LinkedIdError> {
    let mut digits = Digits::of(before.as_bytes());
    for byte in text.bytes().filter(|byte| !matches!(byte, b'.' | b'-' | b'/' | b' ')) {
        if !byte.is_ascii_digit() || !digits.push(byte) {
            return Err(LinkedIdError::BadForm);
        }
    }
    Ok(digits)
}

fn checked(digits: Digits, body: usize) -> Result<Digits, LinkedIdError> {
    let number = |digits: &[u8]| {
        digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let (body, check) = digits.as_slice().split_at(body);
    if 97 - number(body) % 97 == number(check) { Ok(digits) } else { Err(LinkedIdError::BadCheck) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(kind: LinkedKind, text: &str) -> Result<String, LinkedIdError> {
        LinkedId::new(kind, text).map(|id| String::from_utf8(id.canonical().to_vec()).unwrap())
    }

    #[test]
    fn identifiers_are_read_in_any_writing_and_only_when_they_can_be_true() {
        use LinkedIdError::{BadCheck, BadForm};
        use LinkedKind::{Cbe, Nihdi, Prescription, Record};
        // 97 - 100000 mod 97 = 7; 97 - 4030192 mod 97 = 61.
        let cases = [
            (Nihdi, "10000007004", Ok("10000007")),
            (Nihdi, "1-00000-07-004", Ok("10000007")),
            (Nihdi, "10000007", Ok("10000007")),
            (Nihdi, "10000008004", Err(BadCheck)),
            (Nihdi, "1000000700", Err(BadForm)),
            (Nihdi, "1000000A", Err(BadForm)),
            (Cbe, "0403019262", Err(BadCheck)),
            (Cbe, "0403.019.261", Ok("0403019261")),
            (Cbe, "BE 403 019 261", Ok("0403019261")),
            (Cbe, "2403019261", Err(BadForm)),
            (Prescription, " bep0abc12345 ", Ok("BEP0ABC12345")),
            (Prescription, "", Err(BadForm)),
            (Prescription, "two words", Err(BadForm)),
            (Record, "hospital/Immunization/17", Ok("hospital/Immunization/17")),
            (Record, "hospital/Immunization/", Err(BadForm)),
            (Record, "Immunization/17", Err(BadForm)),
        ];
        for (kind, text, want) in cases {
            let want = want.map(str::to_owned);
            assert_eq!(canonical(kind, text), want, "{kind:?} {text}");
        }
    }

    proptest! {
        #[test]
        fn reading_the_canonical_form_again_changes_nothing(text in "[0-9A-Za-z ./-]{0,14}") {
            for kind in [LinkedKind::Nihdi, LinkedKind::Cbe, LinkedKind::Prescription] {
                if let Ok(once) = canonical(kind, &text) {
                    prop_assert_eq!(canonical(kind, &once), Ok(once.clone()));
                }
            }
        }
    }
}
