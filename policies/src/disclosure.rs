//! What a released table may show.

use pipeline_domain::Language;
use serde::Deserialize;

use crate::{PolicyError, read, said};

const NAME: &str = "disclosure";
const IN_FORCE: &str = include_str!("../rules/disclosure.toml");

/// In a cell of two persons each knows the other; from three on a threshold protects at all.
const LOWEST_THRESHOLD: u64 = 3;

/// The rules of disclosure, checked, with the text they were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureRules {
    text: String,
    version: String,
    smallest_count: u64,
    dominance_percent: u8,
    sources: [String; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: String,
    threshold: Threshold,
    dominance: Dominance,
    margins: Margins,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    smallest_count: u64,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dominance {
    percent: u8,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Margins {
    published: bool,
    source: String,
}

impl DisclosureRules {
    /// The rules that are compiled in.
    pub fn in_force() -> Result<Self, PolicyError> {
        Self::from_text(IN_FORCE)
    }

    /// The rules in this text.
    pub fn from_text(text: &str) -> Result<Self, PolicyError> {
        let form: Form = read(NAME, text)?;
        let sources = [form.threshold.source, form.dominance.source, form.margins.source];
        said(NAME, "version", &form.version)?;
        sources.iter().try_for_each(|source| said(NAME, "source", source))?;
        if form.threshold.smallest_count < LOWEST_THRESHOLD {
            return Err(PolicyError::ThresholdTooLow);
        }
        if !(1..=100).contains(&form.dominance.percent) {
            return Err(PolicyError::NotAPercentage);
        }
        if form.margins.published {
            return Err(PolicyError::Margins);
        }
        Ok(Self {
            text: text.to_owned(),
            version: form.version,
            smallest_count: form.threshold.smallest_count,
            dominance_percent: form.dominance.percent,
            sources,
        })
    }

    /// The text they were read from, which goes into every release.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which version of the rules this is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The smallest number of persons that is shown.
    #[must_use]
    pub fn smallest_count(&self) -> u64 {
        self.smallest_count
    }

    /// The p of the p% rule.
    #[must_use]
    pub fn dominance_percent(&self) -> u8 {
        self.dominance_percent
    }

    /// Where the threshold, the dominance rule and the rule on margins come from.
    #[must_use]
    pub fn sources(&self) -> &[String; 3] {
        &self.sources
    }

    /// May a number about so many persons be shown?
    #[must_use]
    pub fn shows(&self, persons: u64) -> bool {
        persons >= self.smallest_count
    }

    /// The rules in plain sentences.
    #[must_use]
    pub fn explain(&self, language: Language) -> String {
        let (count, percent) = (self.smallest_count, self.dominance_percent);
        match language {
            Language::Nl => format!(
                "Een getal over minder dan {count} personen wordt verborgen, ook een nul. Een som \
                 wordt verborgen als de op één na grootste bijdrager de grootste tot op {percent} % \
                 zou kunnen schatten. Totalen worden niet gepubliceerd."
            ),
            Language::Fr => format!(
                "Un nombre portant sur moins de {count} personnes est masqué, un zéro aussi. Une \
                 somme est masquée si le deuxième contributeur pouvait estimer le premier à {percent} \
                 % près. Aucun total n’est publié."
            ),
            Language::De => format!(
                "Eine Zahl über weniger als {count} Personen wird verborgen, auch eine Null. Eine \
                 Summe wird verborgen, wenn der zweitgrößte Beitragende den größten auf {percent} % \
                 genau schätzen könnte. Gesamtzahlen werden nicht veröffentlicht."
            ),
            Language::En => format!(
                "A number about fewer than {count} persons is hidden, a zero too. A sum is hidden \
                 when the second largest contributor could estimate the largest one to within \
                 {percent} %. No totals are published."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cases {
        case: Vec<Case>,
        refused: Vec<Refused>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        persons: u64,
        shown: bool,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Refused {
        replace: String,
        by: String,
        says: String,
    }

    fn cases() -> Cases {
        toml::from_str(include_str!("../cases/disclosure.toml")).unwrap()
    }

    #[test]
    fn the_rules_in_force_answer_their_cases() {
        let rules = DisclosureRules::in_force().unwrap();
        for Case { persons, shown } in cases().case {
            assert_eq!(rules.shows(persons), shown, "{persons}");
        }
    }

    #[test]
    fn rules_that_protect_nobody_or_name_no_source_do_not_load() {
        for Refused { replace, by, says } in cases().refused {
            let text = IN_FORCE.replacen(&replace, &by, 1);
            assert_ne!(text, IN_FORCE, "{replace}");
            let error = DisclosureRules::from_text(&text).unwrap_err().to_string();
            assert!(error.contains(&says), "{by}: {error}");
        }
    }

    #[test]
    fn the_explanation_names_the_numbers() {
        let rules = DisclosureRules::in_force().unwrap();
        for language in Language::ALL {
            let text = rules.explain(language);
            assert!(text.contains("10 person") || text.contains("10 Person"), "{text}");
            assert!(text.contains("10 %"), "{text}");
        }
    }
}
