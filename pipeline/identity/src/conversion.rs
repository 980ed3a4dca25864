//! What the TTP does with an eHealth pseudonym before stage 1: turns it into one that stays.
//!
//! The platform encrypts a pseudonym anew for every exchange, so that its text names nobody twice
//! and dies within a day. Who may convert it gets a *stable* pseudonym of a domain. Here are the
//! words and the trait; the service itself is spoken to over HTTP, elsewhere.

use std::{error::Error, fmt};

use zeroize::Zeroize;

use crate::{Inss, SourceId, SourceIdError};

/// Stable pseudonyms have this system, followed by their domain.
pub const STABLE_PSEUDONYM_SYSTEM: &str = "urn:be:fgov:ehealth:pseudo:";

/// The longest transit pseudonym: a point of a curve and its encrypted transit info.
const LONGEST_TRANSIT: usize = 4_096;
/// The longest stable pseudonym; with its system it still fits a keyed hash.
const LONGEST_STABLE: usize = 160;
/// The longest name of a domain.
const LONGEST_DOMAIN: usize = 32;

/// A pseudonym as it stands in a record: encrypted for one exchange, worth nothing as a key.
///
/// Whoever may convert it learns a person by it, so it is hidden and wiped like an identifier.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TransitPseudonym(String);

/// Why a text is no pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PseudonymError {
    /// It is empty or longer than any.
    #[error("a pseudonym is neither empty nor endless")]
    BadLength,
    /// It holds a space, a control character or a letter outside ASCII.
    #[error("a pseudonym has printable ASCII characters only")]
    BadCharacter,
    /// It is a national number, which no pseudonym ever is.
    #[error("a national number stands where a pseudonym should")]
    NationalNumber,
    /// Its domain is not a short name of small letters, digits, `-` and `_`.
    #[error("a domain of pseudonyms is a short name of small letters, digits, - and _")]
    BadDomain,
}

impl TransitPseudonym {
    /// The pseudonym in this text.
    pub fn new(text: &str) -> Result<Self, PseudonymError> {
        Ok(Self(checked(text.trim(), LONGEST_TRANSIT)?))
    }

    /// Its text, for the service that converts it and for nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TransitPseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransitPseudonym(hidden)")
    }
}

impl Drop for TransitPseudonym {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A pseudonym that stays the same for a person within one domain of the platform.
///
/// For stage 1 it is an identifier of id type 05 under the system
/// `urn:be:fgov:ehealth:pseudo:<domain>`, so that it never meets an [`Inss`].
///
/// ```
/// use pipeline_identity::StablePseudonym;
///
/// let stable = StablePseudonym::new("hda_v1", "BAEx-17")?;
/// assert_eq!(stable.system(), "urn:be:fgov:ehealth:pseudo:hda_v1");
/// assert_eq!(stable.identifier()?.canonical(), b"urn:be:fgov:ehealth:pseudo:hda_v1|BAEx-17");
/// assert_eq!(format!("{stable:?}"), "StablePseudonym(hidden)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StablePseudonym {
    domain: String,
    value: String,
}

impl StablePseudonym {
    /// The pseudonym with this value in this domain.
    pub fn new(domain: &str, value: &str) -> Result<Self, PseudonymError> {
        let short = !domain.is_empty() && domain.len() <= LONGEST_DOMAIN;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if !short || !domain.bytes().all(|byte| plain(byte) || b"-_".contains(&byte)) {
            return Err(PseudonymError::BadDomain);
        }
        Ok(Self { domain: domain.to_owned(), value: checked(value, LONGEST_STABLE)? })
    }

    /// The system under which it names a person.
    #[must_use]
    pub fn system(&self) -> String {
        format!("{STABLE_PSEUDONYM_SYSTEM}{}", self.domain)
    }

    /// Its text, for stage 1 and for nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// The identifier that stage 1 hashes.
    pub fn identifier(&self) -> Result<SourceId, SourceIdError> {
        SourceId::new(&self.system(), &self.value)
    }
}

impl fmt::Debug for StablePseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StablePseudonym(hidden)")
    }
}

impl Drop for StablePseudonym {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

fn checked(text: &str, longest: usize) -> Result<String, PseudonymError> {
    if text.is_empty() || text.len() > longest {
        return Err(PseudonymError::BadLength);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(PseudonymError::BadCharacter);
    }
    if text.parse::<Inss>().is_ok() {
        return Err(PseudonymError::NationalNumber);
    }
    Ok(text.to_owned())
}

/// What became of one transit pseudonym.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conversion {
    /// It names a person in our domain.
    Stable(StablePseudonym),
    /// Its transit info had run out: the record has to be fetched again.
    Expired,
    /// The service does not convert it for us: it is of another domain, or no pseudonym at all.
    Refused,
}

/// Why a whole call gave nothing. The records stay in quarantine, and another run may succeed.
#[derive(Debug, thiserror::Error)]
pub enum ConversionError {
    /// The service was not there, was busy each time, or failed.
    #[error("the conversion service gives no answer; try again later")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The service does not let us in.
    #[error("the conversion service does not let this holder in; ask the TTP to check its access")]
    NotAdmitted(#[source] Box<dyn Error + Send + Sync>),
    /// What it answered cannot be trusted, so none of it is used.
    #[error("the answer of the conversion service cannot be used: {0}")]
    BadAnswer(AnswerFault),
}

/// What was wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AnswerFault {
    /// It is not the JSON that was agreed.
    #[error("it is not of the agreed form")]
    NotTheForm,
    /// It is for another domain than the one asked for.
    #[error("it is of another domain")]
    OtherDomain,
    /// It has more or fewer results than there were questions.
    #[error("it has not as many results as were asked for")]
    OtherLength,
    /// Its results are not in the order of the questions, or one is there twice.
    #[error("its results are not in the order they were asked for")]
    OtherOrder,
    /// A value in it is no pseudonym, or is the very text that was to be converted.
    #[error("a value in it is no stable pseudonym")]
    NotStable,
}

/// Who turns transit pseudonyms into stable ones: the service of the TTP, or a table in a test.
pub trait PseudonymConversion: Sync {
    /// One conversion for each pseudonym, in their order; all of them or none.
    fn convert(&self, pseudonyms: &[TransitPseudonym]) -> Result<Vec<Conversion>, ConversionError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pseudonym_never_becomes_one() {
        let long = "x".repeat(LONGEST_STABLE + 1);
        let cases = [
            ("hda_v1", "BAE.eyJ-_=", Ok(())),
            ("hda_v1", "", Err(PseudonymError::BadLength)),
            ("hda_v1", long.as_str(), Err(PseudonymError::BadLength)),
            ("hda_v1", "two words", Err(PseudonymError::BadCharacter)),
            ("hda_v1", "naïve", Err(PseudonymError::BadCharacter)),
            ("hda_v1", "93051822361", Err(PseudonymError::NationalNumber)),
            ("hda_v1", "93.05.18-223.61", Err(PseudonymError::NationalNumber)),
            ("", "BAE", Err(PseudonymError::BadDomain)),
            ("hda:v1", "BAE", Err(PseudonymError::BadDomain)),
            ("HDA", "BAE", Err(PseudonymError::BadDomain)),
        ];
        for (domain, value, want) in cases {
            assert_eq!(StablePseudonym::new(domain, value).map(|_| ()), want, "{domain} {value}");
        }
        assert_eq!(TransitPseudonym::new(" \n").unwrap_err(), PseudonymError::BadLength);
    }

    #[test]
    fn the_longest_stable_pseudonym_still_fits_stage_1() {
        let domain = "d".repeat(LONGEST_DOMAIN);
        let stable = StablePseudonym::new(&domain, &"x".repeat(LONGEST_STABLE)).unwrap();
        assert!(stable.identifier().is_ok());
    }

    #[test]
    fn no_pseudonym_shows_itself() {
        let transit = TransitPseudonym::new("urn:be:fgov:ehealth:pseudo:v2:BAE:eyJ").unwrap();
        let stable = Conversion::Stable(StablePseudonym::new("hda_v1", "BAE17").unwrap());
        let shown = format!("{transit:?} {stable:?}");
        assert!(!shown.contains("eyJ") && !shown.contains("BAE"), "{shown}");
    }

    #[test]
    fn the_same_value_of_two_domains_is_two_identifiers() {
        let of = |domain| StablePseudonym::new(domain, "BAE17").unwrap().identifier().unwrap();
        assert_ne!(of("hda_v1"), of("hda_v2"));
        assert_eq!(of("hda_v1"), of("hda_v1"));
    }
}
