//! What a plan asks beyond need, seen before a person reads it.

use pipeline_plan::{Column, Dimension, Plan, Step};
use serde::Deserialize;

use crate::{PolicyError, read, said};

const NAME: &str = "minimisation";
const IN_FORCE: &str = include_str!("../rules/minimisation.toml");

/// The rules of data minimisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinimisationRules {
    version: String,
    source: String,
    narrowest_age_band_years: u8,
    longest_code_prefix: u8,
    most_dimensions: usize,
    too_fine_whole: Vec<TooFine>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TooFine {
    column: Column,
    instead: String,
}

/// Something a reviewer should ask the requester.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where in the plan, like `dimensions[0]`.
    pub place: String,
    /// What there is.
    pub kind: FindingKind,
}

/// What a plan asks beyond need. A new kind should make every page that explains them think.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// Age bands are narrow.
    #[error("age bands of {years} years are narrower than {narrowest}; are they needed?")]
    NarrowAgeBand {
        /// The bands asked.
        years: u8,
        /// The narrowest that pass without a question.
        narrowest: u8,
    },
    /// Codes are asked in great detail.
    #[error("codes of {length} characters are finer than {longest}; would a group do?")]
    LongPrefix {
        /// The characters asked.
        length: u8,
        /// The most that pass without a question.
        longest: u8,
    },
    /// A column is asked as it stands.
    #[error("{column} is too fine as it stands; take {instead}")]
    TooFine {
        /// The column.
        column: String,
        /// The steps to take.
        instead: String,
    },
    /// The table has many sides.
    #[error("{count} dimensions mostly make empty cells; would {most} do?")]
    ManyDimensions {
        /// How many are asked.
        count: usize,
        /// How many pass without a question.
        most: usize,
    },
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

impl MinimisationRules {
    /// The rules that are compiled in.
    pub fn in_force() -> Result<Self, PolicyError> {
        Self::from_text(IN_FORCE)
    }

    /// The rules in this text.
    pub fn from_text(text: &str) -> Result<Self, PolicyError> {
        let rules: Self = read(NAME, text)?;
        said(NAME, "version", &rules.version)?;
        said(NAME, "source", &rules.source)?;
        Ok(rules)
    }

    /// Which version of the rules this is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where they come from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What a reviewer should ask about this plan; nothing means the plan is a sparing one.
    #[must_use]
    pub fn findings(&self, plan: &Plan) -> Vec<Finding> {
        let count = plan.dimensions().len();
        let many = (count > self.most_dimensions).then(|| Finding {
            place: "dimensions".to_owned(),
            kind: FindingKind::ManyDimensions { count, most: self.most_dimensions },
        });
        let sides = plan.dimensions().iter().enumerate().filter_map(|(at, side)| {
            let kind = self.finding(side)?;
            Some(Finding { place: format!("dimensions[{at}]"), kind })
        });
        many.into_iter().chain(sides).collect()
    }

    fn finding(&self, side: &Dimension) -> Option<FindingKind> {
        let narrowest = self.narrowest_age_band_years;
        if let Some(years) = side.by.narrowest_ages().filter(|years| *years < narrowest) {
            return Some(FindingKind::NarrowAgeBand { years, narrowest });
        }
        let longest = self.longest_code_prefix;
        if let Some(length) = side.by.code_characters().filter(|length| *length > longest) {
            return Some(FindingKind::LongPrefix { length, longest });
        }
        if side.by != Step::Whole {
            return None;
        }
        let rule = self.too_fine_whole.iter().find(|rule| rule.column == side.column)?;
        let (column, instead) = (rule.column.to_string(), rule.instead.clone());
        Some(FindingKind::TooFine { column, instead })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cases {
        case: Vec<Case>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        dimensions: String,
        findings: Vec<String>,
    }

    #[test]
    fn the_rules_in_force_answer_their_cases() {
        let rules = MinimisationRules::in_force().unwrap();
        let cases: Cases = toml::from_str(include_str!("../cases/minimisation.toml")).unwrap();
        for Case { dimensions, findings } in cases.case {
            let json = format!(
                r#"{{"title":{{"en":"t"}},"dataset":"dispense",
                    "period":{{"column":"handed_over","within":"2025-01-01/2025-12-31"}},
                    "dimensions":{dimensions},"measures":["persons"]}}"#
            );
            let plan = Plan::from_json(json.as_bytes()).unwrap();
            let places: Vec<String> =
                rules.findings(&plan).into_iter().map(|finding| finding.place).collect();
            assert_eq!(places, findings, "{dimensions}");
        }
    }

    #[test]
    fn the_same_detail_is_asked_back_about_however_a_plan_words_it() {
        let rules = MinimisationRules::in_force().unwrap();
        let step = |text: &str| serde_json::from_str::<Step>(text).unwrap();
        let cases = [
            (r#"{"prefix":5}"#, None),
            (r#"{"prefix":7}"#, Some(7)),
            (r#"{"atc_level":4}"#, None),
            (r#"{"atc_level":5}"#, Some(7)),
            (r#"{"atc_of_cnk":4}"#, None),
            (r#"{"atc_of_cnk":5}"#, Some(7)),
        ];
        for (by, length) in cases {
            let side = Dimension { column: "atc".parse().unwrap(), by: step(by) };
            let want = length.map(|length| FindingKind::LongPrefix { length, longest: 5 });
            assert_eq!(rules.finding(&side), want, "{by}");
        }
    }
}
