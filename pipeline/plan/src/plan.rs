//! The plan itself: how it is written, and its hash.

use std::collections::BTreeMap;

use pipeline_domain::{DatasetId, Language, Period, Sha256Digest, VersionId};
use serde::{Deserialize, Serialize};
use time::{Date, macros::format_description};

use crate::{AgeStarts, Column, Refusal};

/// A valid plan. Made by [`Plan::from_json`] or [`PlanDraft::validate`], never changed after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PlanDraft", into = "PlanDraft")]
pub struct Plan(PlanDraft);

/// The parts of a plan as somebody wrote them, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDraft {
    /// What the table is called, in one language at least.
    pub title: BTreeMap<Language, String>,
    /// The dataset whose records are counted.
    pub dataset: DatasetId,
    /// The version of it; none means the newest there is when the plan runs.
    #[serde(default)]
    pub version: Option<VersionId>,
    /// Which days count.
    #[serde(default)]
    pub period: Option<EventPeriod>,
    /// Which records count: those that meet every condition.
    #[serde(default)]
    pub cohort: Vec<Filter>,
    /// What the table is broken down by.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// What stands in its cells.
    pub measures: Vec<Measure>,
    /// Dimensions over which a total is asked; this version publishes none.
    #[serde(default)]
    pub margins: Vec<Column>,
}

/// The days that count, and the date column that tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventPeriod {
    /// The day of the event.
    pub column: Column,
    /// The days that count.
    pub within: Period,
}

/// One condition a record meets. A record without a value meets none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FilterForm", into = "FilterForm")]
pub struct Filter {
    /// The column that is looked at.
    pub column: Column,
    /// What its value must be.
    pub test: Test,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// One of these.
    Is(Vec<Value>),
    /// A text that begins with one of these.
    StartsWith(Vec<String>),
    /// From the first to the second, both included.
    Between(Bound, Bound),
}

/// A value a column is held against.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A code or category, or a day like `2025-01-01`.
    Text(String),
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "BoundForm", into = "BoundForm")]
pub enum Bound {
    /// A whole number.
    Integer(i64),
    /// A day.
    Day(Date),
}

/// One side of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// The column.
    pub column: Column,
    /// How its values are made coarser.
    #[serde(default, skip_serializing_if = "Step::is_whole")]
    pub by: Step,
}

/// How values become categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Each value is a category.
    #[default]
    Whole,
    /// The first characters of a code.
    Prefix(u8),
    /// The age at the event, in bands of so many years. The column is a year of birth, which gives
    /// the age in the year of the event, or a date of birth, which gives it in its month.
    AgeBand(u8),
    /// The same, in groups that begin at these ages.
    AgeFrom(AgeStarts),
    /// The year of a day.
    Year,
    /// The quarter of a day.
    Quarter,
    /// The month of a day.
    Month,
    /// The province of a NIS code.
    Province,
    /// The region of a NIS code.
    Region,
    /// The arrondissement of a NIS code, from the reference data.
    Arrondissement,
    /// The primary-care zone of a NIS code, from the reference data.
    PrimaryCareZone,
    /// The group of this level (1 to 5) an ATC code lies in, from the reference data.
    AtcLevel(u8),
    /// The same by product: the ATC code of the record, or else that of its CNK code, the column.
    AtcOfCnk(u8),
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How many different persons.
    Persons,
    /// How many records.
    Records,
    /// The sum of a numeric column of the record.
    Sum(Column),
}

/// Why a text is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The JSON has another shape than a plan.
    #[error("the plan cannot be read at {place}: {source}")]
    NotAPlan {
        /// Where, like `cohort[1].column`.
        place: String,
        /// What was wrong there.
        source: serde_json::Error,
    },
    /// It is a plan, but not one that may run.
    #[error("the plan is refused: {0}")]
    Refused(#[from] Refusal),
}

impl Plan {
    /// Reads and validates a plan.
    pub fn from_json(json: &[u8]) -> Result<Self, PlanError> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let draft: PlanDraft = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let place = error.path().to_string();
            PlanError::NotAPlan { place, source: error.into_inner() }
        })?;
        let ended = reader.end();
        ended.map_err(|source| PlanError::NotAPlan { place: "its end".to_owned(), source })?;
        Ok(draft.validate()?)
    }

    /// What the table is called.
    #[must_use]
    pub fn title(&self) -> &BTreeMap<Language, String> {
        &self.0.title
    }

    /// The dataset whose records are counted.
    #[must_use]
    pub fn dataset(&self) -> &DatasetId {
        &self.0.dataset
    }

    /// The version asked for, or none for the newest.
    #[must_use]
    pub fn version(&self) -> Option<&VersionId> {
        self.0.version.as_ref()
    }

    /// Which days count.
    #[must_use]
    pub fn period(&self) -> Option<&EventPeriod> {
        self.0.period.as_ref()
    }

    /// Which records count.
    #[must_use]
    pub fn cohort(&self) -> &[Filter] {
        &self.0.cohort
    }

    /// What the table is broken down by.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.0.dimensions
    }

    /// What stands in its cells.
    #[must_use]
    pub fn measures(&self) -> &[Measure] {
        &self.0.measures
    }

    /// The one way this plan is written: no white space, fields in the order of [`PlanDraft`].
    #[must_use]
    pub fn canonical_json(&self) -> String {
        canonical(&self.0)
    }

    /// The digest of the canonical JSON; two plans with one hash ask for the same tables.
    #[must_use]
    pub fn hash(&self) -> Sha256Digest {
        Sha256Digest::of(self.canonical_json().as_bytes())
    }

    /// The parts, to write another plan from them.
    #[must_use]
    pub fn to_draft(&self) -> PlanDraft {
        self.0.clone()
    }

    /// The title in a language, or in the first language there is.
    #[must_use]
    pub fn title_in(&self, language: Language) -> &str {
        let title = self.0.title.get(&language).or_else(|| self.0.title.values().next());
        title.map_or("", String::as_str)
    }

    /// Only `validate` calls this.
    pub(crate) fn of_valid(draft: PlanDraft) -> Self {
        Self(draft)
    }
}

#[expect(clippy::expect_used, reason = "a draft has text keys and no value JSON cannot write")]
fn canonical(draft: &PlanDraft) -> String {
    serde_json::to_string(draft).expect("a draft can be written as JSON")
}

impl TryFrom<PlanDraft> for Plan {
    type Error = Refusal;

    fn try_from(draft: PlanDraft) -> Result<Self, Refusal> {
        draft.validate()
    }
}

impl From<Plan> for PlanDraft {
    fn from(plan: Plan) -> Self {
        plan.0
    }
}

impl Step {
    /// Is each value a category?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }

    /// How many characters of a code it leaves, where it leaves the beginning of one: what a rule
    /// on the length of prefixes looks at.
    #[must_use]
    pub fn code_characters(&self) -> Option<u8> {
        match self {
            Self::Prefix(length) => Some(*length),
            Self::AtcLevel(level) | Self::AtcOfCnk(level) => {
                [1, 3, 4, 5, 7].get(usize::from(*level).checked_sub(1)?).copied()
            }
            _ => None,
        }
    }
}

impl Step {
    /// The years of its narrowest group of age, where it makes such groups: what a rule on their
    /// width looks at.
    #[must_use]
    pub fn narrowest_ages(&self) -> Option<u8> {
        match self {
            Self::AgeBand(years) => Some(*years),
            Self::AgeFrom(starts) => Some(starts.narrowest()),
            _ => None,
        }
    }
}

impl Dimension {
    /// The name of its column in a table: `person_nis_province`, `atc_prefix_5`, `sex`.
    #[must_use]
    pub fn name(&self) -> String {
        let column = self.column.flat_name();
        match self.by {
            Step::Whole => column,
            Step::Prefix(length) => format!("{column}_prefix_{length}"),
            Step::AgeBand(years) => format!("age_band_{years}"),
            Step::AgeFrom(starts) => {
                let ages: Vec<String> = starts.ages().map(|age| age.to_string()).collect();
                format!("age_from_{}", ages.join("_"))
            }
            Step::Year => format!("{column}_year"),
            Step::Quarter => format!("{column}_quarter"),
            Step::Month => format!("{column}_month"),
            Step::Province => format!("{column}_province"),
            Step::Region => format!("{column}_region"),
            Step::Arrondissement => format!("{column}_arrondissement"),
            Step::PrimaryCareZone => format!("{column}_primary_care_zone"),
            Step::AtcLevel(level) => format!("{column}_level_{level}"),
            Step::AtcOfCnk(level) => format!("{column}_atc_level_{level}"),
        }
    }
}

impl Measure {
    /// The name of its column in a table: `persons`, `records`, `sum_quantity`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Persons => "persons".to_owned(),
            Self::Records => "records".to_owned(),
            Self::Sum(column) => format!("sum_{}", column.flat_name()),
        }
    }
}

/// How a filter is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterForm {
    column: Column,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    starts_with: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    between: Option<(Bound, Bound)>,
}

#[derive(Debug, thiserror::Error)]
#[error("a condition has a column and exactly one of is, starts_with and between")]
struct NotOneTest;

impl TryFrom<FilterForm> for Filter {
    type Error = NotOneTest;

    fn try_from(form: FilterForm) -> Result<Self, NotOneTest> {
        let test = match (form.is, form.starts_with, form.between) {
            (Some(values), None, None) => Test::Is(values),
            (None, Some(prefixes), None) => Test::StartsWith(prefixes),
            (None, None, Some((first, last))) => Test::Between(first, last),
            _ => return Err(NotOneTest),
        };
        Ok(Self { column: form.column, test })
    }
}

impl From<Filter> for FilterForm {
    fn from(filter: Filter) -> Self {
        let mut form = Self { column: filter.column, is: None, starts_with: None, between: None };
        match filter.test {
            Test::Is(values) => form.is = Some(values),
            Test::StartsWith(prefixes) => form.starts_with = Some(prefixes),
            Test::Between(first, last) => form.between = Some((first, last)),
        }
        form
    }
}

/// How an end of a range is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum BoundForm {
    Integer(i64),
    Day(String),
}

#[derive(Debug, thiserror::Error)]
#[error("an end of a range is a whole number or a day like 2025-01-01")]
struct NotABound;

impl TryFrom<BoundForm> for Bound {
    type Error = NotABound;

    fn try_from(form: BoundForm) -> Result<Self, NotABound> {
        match form {
            BoundForm::Integer(number) => Ok(Self::Integer(number)),
            BoundForm::Day(text) => Date::parse(&text, format_description!("[year]-[month]-[day]"))
                .map(Self::Day)
                .map_err(|_| NotABound),
        }
    }
}

impl From<Bound> for BoundForm {
    fn from(bound: Bound) -> Self {
        match bound {
            Bound::Integer(number) => Self::Integer(number),
            Bound::Day(day) => Self::Day(day.to_string()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plan of the tests: it has everything a plan can have.
    pub(crate) const FULL: &str = r#"{
        "title": {"en": "Antibiotics dispensed", "nl": "Afgeleverde antibiotica"},
        "dataset": "dispense", "version": null,
        "period": {"column": "handed_over", "within": "2025-01-01/2025-12-31"},
        "cohort": [
            {"column": "atc", "starts_with": ["J01", "J02"]},
            {"column": "status", "is": ["completed"]},
            {"column": "person.sex", "is": ["female", "male"]},
            {"column": "person.birth_year", "between": [1940, 2010]},
            {"column": "handed_over", "between": ["2025-02-01", "2025-11-30"]}
        ],
        "dimensions": [
            {"column": "person.nis", "by": "province"},
            {"column": "person.birth_year", "by": {"age_band": 10}},
            {"column": "person.sex"},
            {"column": "handed_over", "by": "quarter"},
            {"column": "atc", "by": {"prefix": 5}}
        ],
        "measures": ["persons", "records", {"sum": "quantity"}],
        "margins": []
    }"#;

    #[test]
    fn an_error_names_its_place() {
        let cases = [
            (r#""dataset": "dispense""#, r#""dataset": "Dispense!""#, "dataset"),
            (r#""by": "quarter""#, r#""by": "week""#, "dimensions[3].by"),
            (r#""column": "status""#, r#""column": "research_id""#, "cohort[1]"),
            (r#""is": ["completed"]"#, r#""has": 1"#, "cohort[1]"),
            (r#""margins": []"#, r#""totals": []"#, "totals"),
            ("[1940, 2010]", r#"["1940", 2010]"#, "cohort[3]"),
            (r#"{"sum": "quantity"}"#, r#"{"mean": "quantity"}"#, "measures[2]"),
            ("2025-01-01/2025-12-31", "2025", "period.within"),
        ];
        for (old, new, want) in cases {
            let text = FULL.replace(old, new);
            assert_ne!(text, FULL, "{old}");
            match Plan::from_json(text.as_bytes()) {
                Err(PlanError::NotAPlan { place, .. }) => {
                    assert!(place.starts_with(want), "{new}: {place}");
                }
                other => panic!("{new}: {other:?}"),
            }
        }
        assert!(Plan::from_json(format!("{FULL} x").as_bytes()).is_err());
    }

    #[test]
    fn the_hash_is_that_of_the_meaning_not_of_the_writing() {
        let plan = Plan::from_json(FULL.as_bytes()).unwrap();
        // serde_json sorts the keys of a map by name: another order than the plan's own.
        let value: serde_json::Value = serde_json::from_str(FULL).unwrap();
        let shuffled = Plan::from_json(value.to_string().as_bytes()).unwrap();
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        let shorter = FULL.replace(r#", "version": null"#, "").replace(r#""margins": []"#, "");
        let shorter = shorter.trim_end().trim_end_matches('}').trim_end().trim_end_matches(',');
        let shorter = Plan::from_json(format!("{shorter}}}").as_bytes()).unwrap();

        assert_eq!(plan.hash(), shuffled.hash());
        assert_eq!(plan.hash(), Plan::from_json(&pretty).unwrap().hash());
        assert_eq!(plan.hash(), shorter.hash());
        insta::assert_snapshot!(plan.canonical_json());
    }

    #[test]
    fn columns_of_a_table_are_named_after_their_step() {
        let plan = Plan::from_json(FULL.as_bytes()).unwrap();
        let names: Vec<String> = plan
            .dimensions()
            .iter()
            .map(Dimension::name)
            .chain(plan.measures().iter().map(Measure::name))
            .collect();
        assert_eq!(
            names,
            [
                "person_nis_province",
                "age_band_10",
                "person_sex",
                "handed_over_quarter",
                "atc_prefix_5",
                "persons",
                "records",
                "sum_quantity"
            ]
        );
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer),
            "[ -~]{1,20}".prop_map(Value::Text),
        ]
    }

    fn tests_of_values() -> impl Strategy<Value = Test> {
        prop_oneof![
            prop::collection::vec(values(), 1..4).prop_map(Test::Is),
            prop::collection::vec("[ -~]{1,9}", 1..4).prop_map(Test::StartsWith),
            (-9_i64..9, 9_i64..99)
                .prop_map(|(a, b)| Test::Between(Bound::Integer(a), Bound::Integer(b))),
        ]
    }

    fn filters() -> impl Strategy<Value = Filter> {
        ("(person\\.)?[a-q][a-z0-9_]{0,9}", tests_of_values())
            .prop_map(|(column, test)| Filter { column: column.parse().unwrap(), test })
    }

    proptest! {
        #[test]
        fn a_plan_is_read_as_it_is_written(filters in prop::collection::vec(filters(), 0..4)) {
            let mut draft = Plan::from_json(FULL.as_bytes()).unwrap().to_draft();
            draft.cohort = filters;
            if let Ok(plan) = draft.validate() {
                let again = Plan::from_json(plan.canonical_json().as_bytes()).unwrap();
                prop_assert_eq!(again, plan);
            }
        }

        #[test]
        fn no_input_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Plan::from_json(&bytes);
        }
    }
}
