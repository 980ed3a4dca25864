//! What a thing is called in the four languages, as far as its source says.

use std::collections::BTreeMap;

use pipeline_domain::Language;
use serde::{Deserialize, Serialize};

/// The longest name that is kept, in characters; published lists stay far below.
const LONGEST: usize = 300;

/// A name in some languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Names {
    /// In Dutch.
    #[serde(rename = "name_nl")]
    pub nl: Option<String>,
    /// In French.
    #[serde(rename = "name_fr")]
    pub fr: Option<String>,
    /// In German.
    #[serde(rename = "name_de")]
    pub de: Option<String>,
    /// In English.
    #[serde(rename = "name_en")]
    pub en: Option<String>,
}

impl Names {
    /// The same name in every language.
    #[must_use]
    pub fn everywhere(name: &str) -> Self {
        let name = clean(name);
        Self { nl: name.clone(), fr: name.clone(), de: name.clone(), en: name }
    }

    /// The name in one language, where the source has it.
    #[must_use]
    pub fn get(&self, language: Language) -> Option<&str> {
        match language {
            Language::Nl => self.nl.as_deref(),
            Language::Fr => self.fr.as_deref(),
            Language::De => self.de.as_deref(),
            Language::En => self.en.as_deref(),
        }
    }

    /// Sets the name in one language; an empty one is none.
    pub fn set(&mut self, language: Language, name: &str) {
        let slot = match language {
            Language::Nl => &mut self.nl,
            Language::Fr => &mut self.fr,
            Language::De => &mut self.de,
            Language::En => &mut self.en,
        };
        *slot = clean(name);
    }

    /// Is there a name in no language?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Language::ALL.into_iter().all(|language| self.get(language).is_none())
    }

    /// A name in each language: where the source has none, the one people most likely know.
    #[must_use]
    pub fn in_every_language(&self, code: &str) -> BTreeMap<Language, String> {
        let else_in = [Language::En, Language::Nl, Language::Fr, Language::De];
        let other = else_in.into_iter().find_map(|language| self.get(language)).unwrap_or(code);
        let name = |language| (language, self.get(language).unwrap_or(other).to_owned());
        Language::ALL.into_iter().map(name).collect()
    }
}

/// One line of printable text, or nothing.
pub(crate) fn clean(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!line.is_empty()).then_some(line)
}
