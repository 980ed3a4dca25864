//! Why health data may be used a second time, in words.

use std::collections::BTreeMap;

use pipeline_domain::{Language, Purpose};
use serde::Deserialize;

use crate::{PolicyError, read, said};

const NAME: &str = "purposes";
const IN_FORCE: &str = include_str!("../rules/purposes.toml");

/// The purposes of the law with their words; each purpose has exactly one entry.
#[derive(Debug, Clone)]
pub struct Purposes {
    source: String,
    entries: BTreeMap<Purpose, Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    source: String,
    purpose: Vec<Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Purpose,
    point: char,
    label: Labels,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    nl: String,
    fr: String,
    de: String,
    en: String,
}

impl Purposes {
    /// The purposes that are compiled in.
    pub fn in_force() -> Result<Self, PolicyError> {
        Self::from_text(IN_FORCE)
    }

    /// The purposes in this text.
    pub fn from_text(text: &str) -> Result<Self, PolicyError> {
        let form: Form = read(NAME, text)?;
        said(NAME, "source", &form.source)?;
        let mut entries = BTreeMap::new();
        for entry in form.purpose {
            let purpose = entry.name;
            if entries.insert(purpose, entry).is_some() {
                return Err(PolicyError::PurposeMissing { purpose });
            }
        }
        match Purpose::ALL.into_iter().find(|purpose| !entries.contains_key(purpose)) {
            Some(purpose) => Err(PolicyError::PurposeMissing { purpose }),
            None => Ok(Self { source: form.source, entries }),
        }
    }

    /// What a purpose is called.
    #[must_use]
    pub fn label(&self, purpose: Purpose, language: Language) -> &str {
        self.entries.get(&purpose).map_or(purpose.name(), |entry| match language {
            Language::Nl => &entry.label.nl,
            Language::Fr => &entry.label.fr,
            Language::De => &entry.label.de,
            Language::En => &entry.label.en,
        })
    }

    /// The point of the law it stands in, like `Regulation (EU) 2025/327, Art 53(1), point (c)`.
    #[must_use]
    pub fn article(&self, purpose: Purpose) -> String {
        match self.entries.get(&purpose) {
            Some(entry) => format!("{}, point ({})", self.source, entry.point),
            None => self.source.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_of_the_law_has_its_words() {
        let purposes = Purposes::in_force().unwrap();
        let want = "Regulation (EU) 2025/327, Art 53(1), point (c)";
        assert_eq!(purposes.article(Purpose::Statistics), want);
        for (purpose, point) in Purpose::ALL.into_iter().zip('a'..) {
            assert!(purposes.article(purpose).ends_with(&format!("({point})")), "{purpose}");
            for language in Language::ALL {
                assert!(!purposes.label(purpose, language).is_empty(), "{purpose} {language}");
            }
        }
    }

    #[test]
    fn a_purpose_cannot_be_missing_or_stand_twice() {
        for (old, new) in [("education", "research"), ("name = \"education\"", "name = \"fun\"")] {
            assert!(Purposes::from_text(&IN_FORCE.replacen(old, new, 1)).is_err(), "{new}");
        }
    }
}
