//! What every plan must be before anybody reads it.
//!
//! Only what can be seen in the plan alone; whether the dataset has these columns is seen when the
//! plan runs, and whether the table is a sparing one is a matter of the policies.

use std::{collections::HashSet, fmt::Debug, hash::Hash};

use crate::{Bound, Dimension, Filter, Measure, Plan, PlanDraft, Refusal, Step, Test, Value};

/// More than six sides make a table of mostly empty cells that nobody can read.
const MOST_DIMENSIONS: usize = 6;
const LONGEST_TITLE: usize = 200;
const MOST_VALUES: usize = 1000;
const LONGEST_VALUE: usize = 100;

impl PlanDraft {
    /// The plan, or the first reason why this is none.
    pub fn validate(self) -> Result<Plan, Refusal> {
        if !self.margins.is_empty() {
            return Err(Refusal::Margins);
        }
        self.titles()?;
        self.dates()?;
        self.cohort.iter().try_for_each(condition)?;
        if self.dimensions.len() > MOST_DIMENSIONS {
            let count = self.dimensions.len();
            return Err(Refusal::TooManyDimensions { count, most: MOST_DIMENSIONS });
        }
        self.dimensions.iter().try_for_each(step)?;
        if self.measures.is_empty() {
            return Err(Refusal::NoMeasure);
        }
        self.measures.iter().try_for_each(sum)?;
        self.repeats()?;
        Ok(Plan::of_valid(self))
    }

    fn titles(&self) -> Result<(), Refusal> {
        let is_title = |title: &String| {
            !title.trim().is_empty()
                && title.chars().count() <= LONGEST_TITLE
                && !title.chars().any(char::is_control)
        };
        let fine = !self.title.is_empty() && self.title.values().all(is_title);
        if fine { Ok(()) } else { Err(Refusal::NoTitle) }
    }

    fn dates(&self) -> Result<(), Refusal> {
        let asks_age = self.dimensions.iter().any(|d| d.by.narrowest_ages().is_some());
        match &self.period {
            None if asks_age => Err(Refusal::AgeWithoutPeriod),
            Some(period) if period.column.is_of_person() => {
                Err(Refusal::PeriodOfPerson { column: period.column.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// A column may be a side of the table once only: of two steps the finer tells the coarser, and
    /// the two together cut cells for nothing.
    fn repeats(&self) -> Result<(), Refusal> {
        let columns = self.dimensions.iter().map(|dimension| dimension.column.to_string());
        let names = self.dimensions.iter().map(Dimension::name);
        let measures = self.measures.iter().map(Measure::name);
        let conditions = self.cohort.iter().map(|filter| format!("{filter:?}"));
        once(columns)?;
        once(names.chain(measures))?;
        match once(conditions) {
            Ok(()) => Ok(()),
            Err(_) => Err(Refusal::Repeated { what: "a condition of the cohort".to_owned() }),
        }
    }
}

fn condition(filter: &Filter) -> Result<(), Refusal> {
    let column = || filter.column.to_string();
    let fine = match &filter.test {
        Test::Is(values) => all_usable(values, |value| match value {
            Value::Text(text) => is_text(text),
            Value::Integer(_) | Value::Boolean(_) => true,
        }),
        Test::StartsWith(prefixes) => all_usable(prefixes, |prefix| is_text(prefix)),
        Test::Between(first, last) => {
            return if in_order(*first, *last) {
                Ok(())
            } else {
                Err(Refusal::BadRange { column: column() })
            };
        }
    };
    if fine { Ok(()) } else { Err(Refusal::BadValues { column: column() }) }
}

fn all_usable<T>(values: &[T], usable: impl Fn(&T) -> bool) -> bool {
    (1..=MOST_VALUES).contains(&values.len()) && values.iter().all(usable)
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_VALUE && !text.chars().any(char::is_control)
}

fn in_order(first: Bound, last: Bound) -> bool {
    match (first, last) {
        (Bound::Integer(first), Bound::Integer(last)) => first <= last,
        (Bound::Day(first), Bound::Day(last)) => first <= last,
        _ => false,
    }
}

fn step(dimension: &Dimension) -> Result<(), Refusal> {
    let fine = match dimension.by {
        Step::Prefix(length) => (1..=20).contains(&length),
        Step::AgeBand(years) => (1..=50).contains(&years),
        Step::AtcLevel(level) | Step::AtcOfCnk(level) => (1..=5).contains(&level),
        _ => true,
    };
    if fine { Ok(()) } else { Err(Refusal::BadStep { column: dimension.column.to_string() }) }
}

fn sum(measure: &Measure) -> Result<(), Refusal> {
    match measure {
        Measure::Sum(column) if column.is_of_person() => {
            Err(Refusal::SumOfPerson { column: column.to_string() })
        }
        _ => Ok(()),
    }
}

fn once<T: Eq + Hash + Clone + Debug + ToString>(
    items: impl Iterator<Item = T>,
) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for item in items {
        if !seen.insert(item.clone()) {
            return Err(Refusal::Repeated { what: item.to_string() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{PlanError, plan::tests::FULL};

    use super::*;

    #[test]
    fn a_plan_that_cannot_run_is_refused_with_its_reason() {
        let cases = [
            (r#""margins": []"#, r#""margins": ["person.sex"]"#, "publishes none"),
            (r#"["persons", "records", {"sum": "quantity"}]"#, "[]", "measures nothing"),
            (r#"{"sum": "quantity"}"#, r#"{"sum": "person.age"}"#, "cannot be summed"),
            (r#"{"sum": "quantity"}"#, r#""persons""#, "persons stands twice"),
            (r#"{"column": "person.sex"}"#, r#"{"column": "atc"}"#, "atc stands twice"),
            (r#"["J01", "J02"]"#, "[]", "condition on atc"),
            (r#"["J01", "J02"]"#, r#"[""]"#, "condition on atc"),
            ("[1940, 2010]", "[2010, 1940]", "range of person.birth_year"),
            ("[1940, 2010]", r#"[1940, "2010-01-01"]"#, "range of person.birth_year"),
            (r#"{"prefix": 5}"#, r#"{"prefix": 0}"#, "step of atc"),
            (r#"{"age_band": 10}"#, r#"{"age_band": 0}"#, "step of person.birth_year"),
            (r#"{"prefix": 5}"#, r#"{"atc_level": 6}"#, "step of atc"),
            (r#"{"prefix": 5}"#, r#"{"atc_of_cnk": 0}"#, "step of atc"),
            (
                r#"{"column": "handed_over", "within""#,
                r#"{"column": "person.x", "within""#,
                "happened",
            ),
            (
                r#""period": {"column": "handed_over", "within": "2025-01-01/2025-12-31"},"#,
                "",
                "age in the year",
            ),
            (r#""en": "Antibiotics dispensed", "nl""#, r#""en": " ", "nl""#, "no title"),
            (
                r#"{"column": "status", "is": ["completed"]}"#,
                r#"{"column": "atc", "starts_with": ["J01", "J02"]}"#,
                "condition of the cohort stands twice",
            ),
            (
                r#"{"column": "person.sex"}"#,
                r#"{"column": "a"}, {"column": "b"}, {"column": "c"}"#,
                "7 dimensions",
            ),
        ];
        for (old, new, want) in cases {
            let text = FULL.replacen(old, new, 1);
            assert_ne!(text, FULL, "{old}");
            match Plan::from_json(text.as_bytes()) {
                Err(PlanError::Refused(refusal)) => {
                    assert!(refusal.to_string().contains(want), "{new}: {refusal}");
                }
                other => panic!("{new}: {other:?}"),
            }
        }
    }
}
