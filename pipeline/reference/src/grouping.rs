//! What a table can be broken down by: which category a code falls into, and every category there
//! is.
//!
//! The categories come from the version alone, never from the records, so that the grid of a table
//! is complete and public: that a category is empty shows in the table, not in its absence.

use std::collections::{BTreeMap, HashMap};

use pipeline_domain::Language;

use crate::{AtcCode, AtcGroup, Medicine, Names, Place, PlaceLevel, place::today};

/// Municipalities of regions without zones, so that they are told from unknown places.
const NO_ZONE: &str = "none";

/// A name in each language.
type Labels = BTreeMap<Language, String>;

/// Codes and the categories they fall into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    rule: Rule,
    categories: BTreeMap<String, Labels>,
}

/// How a code finds its category.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// By a list.
    Listed(HashMap<String, String>),
    /// By the first characters of an ATC code: a substance the list does not know yet lies in a
    /// group it knows.
    AtcLevel(u8),
}

impl Grouping {
    /// The arrondissements, by NIS code of a municipality. One that was merged counts where it lies
    /// now.
    #[must_use]
    pub fn of_arrondissements(places: &[Place]) -> Self {
        let now = municipalities_now(places);
        let of = now.into_iter().filter_map(|(code, place)| {
            Some((code.to_owned(), place.arrondissement.as_ref()?.to_string()))
        });
        let categories = named(places, PlaceLevel::Arrondissement);
        Self { rule: Rule::Listed(of.collect()), categories }
    }

    /// The primary-care zones, by NIS code of a municipality; `none` where there are no zones.
    #[must_use]
    pub fn of_primary_care_zones(places: &[Place]) -> Self {
        let now = municipalities_now(places);
        let of = now.into_iter().map(|(code, place)| {
            let zone = place.primary_care_zone.clone();
            (code.to_owned(), zone.unwrap_or_else(|| NO_ZONE.to_owned()))
        });
        let mut categories = named(places, PlaceLevel::PrimaryCareZone);
        let mut none = Names::default();
        none.set(Language::Nl, "geen eerstelijnszone");
        none.set(Language::Fr, "aucune zone de première ligne");
        none.set(Language::De, "keine Zone der Primärversorgung");
        none.set(Language::En, "no primary-care zone");
        categories.insert(NO_ZONE.to_owned(), none.in_every_language(NO_ZONE));
        Self { rule: Rule::Listed(of.collect()), categories }
    }

    /// The ATC groups of a level, by any code of that level or a finer one.
    #[must_use]
    pub fn of_atc(groups: &[AtcGroup], level: u8) -> Self {
        let of_level = groups.iter().filter(|group| group.level == level);
        let categories = of_level.map(|group| {
            let code = group.code.to_string();
            let labels = with_code(&code, group.names().in_every_language(&code));
            (code, labels)
        });
        Self { rule: Rule::AtcLevel(level), categories: categories.collect() }
    }

    /// The ATC groups of a level, by the CNK code of a package.
    #[must_use]
    pub fn of_medicines(medicines: &[Medicine], groups: &[AtcGroup], level: u8) -> Self {
        let atc = Self::of_atc(groups, level);
        let of = medicines.iter().filter_map(|medicine| {
            let group = atc.of(medicine.atc.as_ref()?.as_str())?;
            Some((medicine.cnk.to_string(), group.to_owned()))
        });
        Self { rule: Rule::Listed(of.collect()), categories: atc.categories }
    }

    /// The category of a code.
    #[must_use]
    pub fn of(&self, code: &str) -> Option<&str> {
        let category = match &self.rule {
            Rule::Listed(of) => of.get(code)?.clone(),
            Rule::AtcLevel(level) => code.parse::<AtcCode>().ok()?.at_level(*level)?.into(),
        };
        self.categories.get_key_value(&category).map(|(code, _)| code.as_str())
    }

    /// Every category, by its code, with its names.
    #[must_use]
    pub fn categories(&self) -> &BTreeMap<String, Labels> {
        &self.categories
    }

    /// The same with fewer categories: those a condition of the plan leaves open.
    #[must_use]
    pub fn only(mut self, wanted: impl Fn(&str) -> bool) -> Self {
        self.categories.retain(|code, _| wanted(code));
        self
    }
}

/// Every municipality, also those of before a merger, with the one that stands there now.
fn municipalities_now(places: &[Place]) -> HashMap<&str, &Place> {
    let municipalities: HashMap<&str, &Place> = places
        .iter()
        .filter(|place| place.level == PlaceLevel::Municipality)
        .map(|place| (place.code.as_str(), place))
        .collect();
    let now = |code: &str| today(code, |code| municipalities.get(code).copied());
    municipalities.keys().filter_map(|code| Some((*code, now(code)?))).collect()
}

fn named(places: &[Place], level: PlaceLevel) -> BTreeMap<String, Labels> {
    let of_level = places.iter().filter(|place| place.level == level);
    of_level.map(|place| (place.code.clone(), place.names.in_every_language(&place.code))).collect()
}

/// A group of the ATC is known by its code as much as by its name.
fn with_code(code: &str, names: Labels) -> Labels {
    let both = |name: String| if name == code { name } else { format!("{code} {name}") };
    names.into_iter().map(|(language, name)| (language, both(name))).collect()
}
