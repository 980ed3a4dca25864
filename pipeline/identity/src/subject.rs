//! Who a record is about, as its source says it.

use std::fmt;

use time::Date;
use zeroize::Zeroize;

use crate::{Inss, InssError};

/// Systems whose values are national numbers.
const SSIN_SYSTEMS: [&str; 4] = [
    "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin",
    "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin",
    "urn:oid:2.16.840.1.113883.3.6777.5.1",
    "urn:oid:1.3.6.1.4.1.38101.4.1.1.1",
];

/// An identifier of a source that has no national numbers, such as a hospital's own patient number.
///
/// Hashed under its own id type, with its system, so that it can never meet an [`Inss`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SourceId(Vec<u8>);

/// Why a text is no source identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SourceIdError {
    /// There is nothing in it, or more than a keyed hash takes.
    #[error("a source identifier has 1 to 255 bytes, its system included")]
    BadLength,
}

impl SourceId {
    /// The identifier with this value, of the system that gave it: two hospitals may both have a
    /// patient 17.
    pub fn new(system: &str, value: &str) -> Result<Self, SourceIdError> {
        let value = value.trim();
        let named = format!("{system}|{value}");
        if value.is_empty() || named.len() > 255 {
            return Err(SourceIdError::BadLength);
        }
        Ok(Self(named.into_bytes()))
    }

    /// The bytes that stage 1 hashes.
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceId(hidden)")
    }
}

impl Drop for SourceId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A person a record is about, ready for stage 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// By national or BIS number.
    Inss(Inss),
    /// By an identifier of the source.
    Source(SourceId),
}

/// Why an identifier does not lead to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SubjectError {
    /// It claims to be an INSS and is not.
    #[error(transparent)]
    Inss(#[from] InssError),
    /// It claims to be an identifier of the source and is not.
    #[error(transparent)]
    Source(#[from] SourceIdError),
    /// It is a pseudonym of the eHealth platform: encrypted for one exchange, so that its text
    /// changes every time. Hashing the text would quietly break linkage.
    #[error("the subject is an eHealth pseudonym, which the TTP has to convert first")]
    EhealthPseudonym,
    /// Its system is not one that names people here.
    #[error("the identifier is of another system")]
    OtherSystem,
}

/// Decides what an identifier is, from its system, its value and whether it is marked as a
/// pseudonym (infsec extension `be-ext-pseudonymization`).
///
/// `own_system` is the patient identifier of a source that has no INSS.
pub fn classify(
    system: &str,
    value: &str,
    marked_pseudonym: bool,
    own_system: Option<&str>,
    today: Date,
) -> Result<Subject, SubjectError> {
    let is_ssin = SSIN_SYSTEMS.contains(&system);
    if !is_ssin && own_system != Some(system) {
        return Err(SubjectError::OtherSystem);
    }
    if marked_pseudonym || looks_like_pseudonym(value) {
        return Err(SubjectError::EhealthPseudonym);
    }
    if own_system == Some(system) && !is_ssin {
        return Ok(Subject::Source(SourceId::new(system, value)?));
    }
    Ok(Subject::Inss(value.parse::<Inss>()?.born_by(today)?))
}

/// `urn:be:fgov:...:pseudo:...`, or two long base64 halves with a dot between them.
fn looks_like_pseudonym(value: &str) -> bool {
    let base64 = |part: &str| {
        part.len() > 20
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte))
    };
    let urn = value.starts_with("urn:be:fgov:") && value.contains("pseudo");
    urn || value.split_once('.').is_some_and(|(first, second)| base64(first) && base64(second))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const CORE: &str = SSIN_SYSTEMS[0];
    const OWN: &str = "urn:hospital:patient";

    #[test]
    fn every_kind_of_subject_is_told_apart() {
        let pseudonym = "urn:be:fgov:ehealth:pseudo:v2:BAE:eyJhbGciOiJkaXIifQ..x";
        let halves = format!("{0}.{0}", "QUJDREVGR0hJSktMTU5PUFFSU1RVVg==");
        let cases = [
            (CORE, "93051822361", false, "inss"),
            (SSIN_SYSTEMS[1], "93.05.18-223.61", false, "inss"),
            (CORE, "93051822360", false, "check digits"),
            (CORE, pseudonym, false, "pseudonym"),
            (CORE, halves.as_str(), false, "pseudonym"),
            (CORE, "93051822361", true, "pseudonym"),
            (OWN, "A-17", false, "source"),
            (OWN, "  ", false, "1 to 255"),
            ("urn:other", "93051822361", false, "other system"),
        ];
        for (system, value, marked, want) in cases {
            let found = classify(system, value, marked, Some(OWN), date!(2026 - 11 - 25));
            let told = match found {
                Ok(Subject::Inss(_)) => "inss".to_owned(),
                Ok(Subject::Source(_)) => "source".to_owned(),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(want), "{system}: {told}");
        }
    }

    #[test]
    fn without_a_system_of_its_own_a_source_has_only_national_numbers() {
        let found = classify(OWN, "A-17", false, None, date!(2026 - 11 - 25));
        assert_eq!(found, Err(SubjectError::OtherSystem));
    }
}
