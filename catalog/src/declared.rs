//! What people declare of a dataset, because no program can compute it.

use std::collections::BTreeMap;

use pipeline_domain::{DatasetId, HolderId, Language, Period, Purpose};
use serde::{Deserialize, Serialize};

use crate::{
    CatalogError,
    address::{Email, Namespace, WebAddress},
    codes::{
        Country, DataLanguage, Frequency, HealthActivity, HealthCategory, HealthTheme,
        PersonalData, PublisherType,
    },
};

/// One text in the languages it was written in.
pub type Text = BTreeMap<Language, String>;

/// Key words, in the languages they were written in.
pub type Keywords = BTreeMap<Language, Vec<String>>;

/// What a steward declares of one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Its name for the public.
    pub title: Text,
    /// What it is, for the public.
    pub description: Text,
    /// Words to find it by.
    pub keywords: Keywords,
    /// Whose data are in it and whose are not.
    pub population: Text,
    /// The categories of Art 51(1) it belongs to.
    pub health_categories: Vec<HealthCategory>,
    /// What it is about.
    pub health_themes: Vec<HealthTheme>,
    /// In the course of what the data came to be.
    pub activities: Vec<HealthActivity>,
    /// What it says of a person.
    pub personal_data: Vec<PersonalData>,
    /// The purposes it may be asked for.
    pub purposes: Vec<Purpose>,
    /// How often it gets new data.
    pub frequency: Frequency,
    /// The languages of the names and texts in the table.
    pub languages: Vec<DataLanguage>,
    /// Datasets with rows about the same persons.
    #[serde(default)]
    pub related: Vec<DatasetId>,
    /// Publications that used it.
    #[serde(default)]
    pub publications: Vec<WebAddress>,
    /// From when until when its data are kept.
    #[serde(default)]
    pub retention: Option<Period>,
}

/// The authority that publishes: one configuration for an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// What the IRI of everything it publishes starts with; also where its pages are.
    pub namespace: Namespace,
    /// Its name: the health data access body (Regulation (EU) 2025/327, Art 55).
    pub name: Text,
    /// What kind of body it is.
    pub kind: PublisherType,
    /// Where people write to.
    pub email: Email,
    /// The page that tells how to reach it.
    pub contact_page: WebAddress,
    /// The page where people ask for access to data.
    pub request_page: WebAddress,
    /// The country the data are from.
    pub place: Place,
    /// What the holders are called, where that is more than their id.
    #[serde(default)]
    pub holders: BTreeMap<HolderId, HolderName>,
}

/// A country with its place on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Which one.
    pub country: Country,
    /// The westernmost and easternmost longitude, the southernmost and northernmost latitude, as
    /// WKT `POLYGON`.
    pub bounding_box: Option<String>,
    /// The middle, as WKT `POINT`.
    pub centroid: Option<String>,
}

/// What a holder is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolderName {
    /// Its name.
    pub name: String,
    /// What kind of body it is.
    pub kind: PublisherType,
}

/// Texts that hold for every dataset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedTexts {
    /// How the data came to the lake.
    pub(crate) provenance: Text,
    /// Who gets at the rows, and how.
    pub(crate) conditions: Text,
    /// Who gets at a released table.
    pub(crate) release_conditions: Text,
    /// What the numbers beside a description are.
    pub(crate) numbers: Text,
    /// How a released table came to be.
    pub(crate) release_provenance: Text,
    /// What allows the second use.
    pub(crate) legal_basis: Text,
    /// The purposes in words.
    pub(crate) purposes: BTreeMap<Purpose, Text>,
}

macro_rules! declarations {
    ($($dataset:literal)*) => {
        /// The declarations this crate brings along, by dataset.
        const BUILTIN: &[(&str, &str)] = &[
            $(($dataset, include_str!(concat!("../declared/", $dataset, ".toml")))),*
        ];
    };
}

declarations!(
    "administration" "allergy" "care-plan" "care-team" "diagnostic-report" "dispense" "laboratory"
    "medication-line" "observation" "patient-summary" "person" "prescription" "problem" "procedure"
    "questionnaire" "referral" "vaccination"
);

impl Declared {
    /// Reads a declaration; the name only serves the message when it cannot be read.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, CatalogError> {
        read(name, text)
    }

    /// The declaration this crate brings along for one of the standing datasets.
    pub fn builtin(dataset: &DatasetId) -> Result<Self, CatalogError> {
        let found = BUILTIN.iter().find(|(name, _)| *name == dataset.as_str());
        let (name, text) =
            found.ok_or_else(|| CatalogError::NotDeclared { dataset: dataset.clone() })?;
        Self::from_toml(name, text)
    }

    /// The datasets that have such a declaration, by name.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }
}

impl SharedTexts {
    pub(crate) fn builtin() -> Result<Self, CatalogError> {
        read("texts", include_str!("../declared/texts.toml"))
    }
}

impl Authority {
    /// The authority of a Belgian installation that has not configured its own.
    pub fn belgium() -> Result<Self, CatalogError> {
        read("authority-belgium", include_str!("../declared/authority-belgium.toml"))
    }
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, CatalogError> {
    toml::from_str(text).map_err(|source| CatalogError::Declaration {
        name: name.to_owned(),
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_text_is_there_in_every_language() {
        for name in Declared::builtin_names() {
            let declared = Declared::builtin(&name.parse().unwrap()).unwrap();
            for language in Language::ALL {
                for text in [&declared.title, &declared.description, &declared.population] {
                    assert!(text.get(&language).is_some_and(|t| !t.trim().is_empty()), "{name}");
                }
                assert!(declared.keywords.get(&language).is_some_and(|k| k.len() >= 3), "{name}");
            }
            assert!(!declared.health_categories.is_empty(), "{name}");
            assert!(!declared.health_themes.is_empty(), "{name}");
        }
        let shared = SharedTexts::builtin().unwrap();
        let SharedTexts {
            numbers,
            provenance,
            conditions,
            release_conditions,
            release_provenance,
            legal_basis,
            purposes,
        } = shared;
        assert!(Purpose::ALL.iter().all(|purpose| purposes.contains_key(purpose)));
        let single =
            [numbers, provenance, conditions, release_conditions, release_provenance, legal_basis];
        for text in single.iter().chain(purposes.values()) {
            assert_eq!(text.len(), Language::ALL.len(), "{text:?}");
        }
    }

    #[test]
    fn a_dataset_is_related_to_declared_ones_only() {
        let known: Vec<_> = Declared::builtin_names().collect();
        for name in &known {
            let declared = Declared::builtin(&name.parse().unwrap()).unwrap();
            for other in declared.related {
                assert!(known.contains(&other.as_str()) && other.as_str() != *name, "{name}");
            }
        }
    }

    #[test]
    fn a_declaration_with_a_mistake_is_refused() {
        let good = include_str!("../declared/vaccination.toml");
        let mistakes = [
            good.replace("\"EHRS\"", "\"NOPE\""),
            good.replace("frequency = ", "how_often = "),
            good.replace("[title]", "[name]"),
            format!("colour = \"red\"\n{good}"),
            good.replace("\nde = ", "\nxx = "),
        ];
        for text in mistakes {
            assert_ne!(text, good);
            let refused = Declared::from_toml("vaccination", &text);
            assert!(matches!(refused, Err(CatalogError::Declaration { .. })));
        }
        let unknown = Declared::builtin(&"star-signs".parse().unwrap());
        assert!(matches!(unknown, Err(CatalogError::NotDeclared { .. })));
    }
}
