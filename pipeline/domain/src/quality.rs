//! What the quality of a batch is measured against: thresholds and checks, as data.
//!
//! The rules are written in `policies/rules/quality.toml`; who measures reads them as these types.
//! A rule that exists can be applied: a floor stops below the point where it warns, a ceiling above,
//! each names its source, and shapes of codes need no compiler. What is measured, and what is done
//! with a verdict, belongs to others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::DatasetId;

/// What a batch, a view or a figure deserves; a later one is worse.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may go.
    #[default]
    Pass,
    /// It may go, but a person should look.
    Warn,
    /// It may not go before a person has looked.
    Stop,
}

/// All the rules of quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRules {
    /// Which version of the rules this is.
    pub version: String,
    /// The texts that thresholds come from, by the short name they use.
    pub sources: BTreeMap<String, String>,
    /// What holds for the batch as a whole.
    pub batch: BatchRules,
    /// How far a batch may be from the one before it.
    pub drift: DriftRules,
    /// How far a month of events may be from the months before it.
    pub months: MonthRules,
    /// The values of code systems, by their IRI.
    #[serde(default)]
    pub systems: BTreeMap<String, CodeSet>,
    /// What holds for every view that does not say otherwise.
    pub default: ViewRules,
    /// What holds for one view.
    #[serde(default, rename = "view")]
    pub views: BTreeMap<DatasetId, ViewRules>,
}

/// What holds for the batch as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRules {
    /// The share of records set aside in quarantine.
    pub set_aside: Ceiling,
}

/// How far a batch may be from the one before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftRules {
    /// Views with fewer rows in either batch are not compared: their shares jump by chance.
    pub smallest_rows: u64,
    /// How many times more or fewer rows, as a factor from 1 on.
    pub volume: Ceiling,
    /// By how much the filled share of a column may fall.
    pub filled_drop: Ceiling,
    /// The population stability index of the codes of a column.
    pub codes_shift: Ceiling,
    /// By how many standard deviations a mean may move.
    pub mean_shift: Ceiling,
    /// The share of rows with a code that the batch before did not have.
    pub new_codes: Ceiling,
    /// The share of rows that, in the batch before, had a code that is gone.
    pub gone_codes: Ceiling,
}

/// How far a month of events may be from the months before it, a year of them at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthRules {
    /// Months in which fewer rows are expected are not judged: they jump by chance.
    pub smallest_rows: u64,
    /// How many months before it a month needs to be judged.
    pub least_before: usize,
    /// How many days after its end a month is judged: records come in late.
    pub settled_days: u16,
    /// By which share the rows of a month may fall below the median of the months before.
    pub rows_drop: Ceiling,
    /// By how much the filled share of a column may fall below that of the months before.
    pub filled_drop: Ceiling,
}

/// Thresholds and checks of one view.
///
/// Read from a text it holds what that text says; [`QualityRules::view`] completes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ViewRules {
    /// With fewer rows nothing stops the batch for a share: one row would decide.
    pub smallest_rows: Option<u64>,
    /// The filled share of a required column.
    pub filled: Option<Floor>,
    /// The share of values that are of the code system or list of their column.
    pub conforms: Option<Floor>,
    /// The share of values, or of pairs of values, that cannot be.
    pub implausible: Option<Ceiling>,
    /// The share of rows that repeat another row, token included.
    pub duplicates: Option<Ceiling>,
    /// Where a person has one row: the share of rows beyond the first.
    pub one_row_a_person: Option<Ceiling>,
    /// The median age in days of the events.
    pub lag_days: Option<Ceiling>,
    /// The column with the day of the event.
    pub event_date: Option<String>,
    /// The days a date may have.
    pub dates: Option<DateSpan>,
    /// What holds for one column.
    pub columns: BTreeMap<String, ColumnRules>,
    /// Pairs of dates that have an order.
    pub order: Vec<DateOrder>,
    /// Birth years that events must respect.
    pub born: Vec<Born>,
    /// Units and ranges of measured values, by the code of what was measured.
    pub measures: Option<Measures>,
    /// Pairs of values that exclude each other, such as a sex and a diagnosis.
    pub never: Vec<Never>,
    /// The values of code systems, by their IRI; handed down from the whole of the rules.
    pub systems: BTreeMap<String, CodeSet>,
}

/// What holds for one column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnRules {
    /// The profile asks for a value in every row.
    pub required: bool,
    /// The filled share, where the one of the view does not fit.
    pub filled: Option<Floor>,
    /// The share of conforming values, where the one of the view does not fit.
    pub conforms: Option<Floor>,
    /// The values it may have, where they are not those of its code system.
    pub values: Option<CodeSet>,
    /// The lowest number that can be.
    pub low: Option<f64>,
    /// The highest number that can be.
    pub high: Option<f64>,
    /// The days it may have, where those of the view do not fit.
    pub dates: Option<DateSpan>,
}

/// Values that are codes: a list, shapes, or a check digit. A value of either list or shape conforms,
/// and must pass the check if there is one. With none of the three, everything conforms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodeSet {
    /// The codes.
    pub codes: BTreeSet<String>,
    /// How codes look.
    pub shapes: Vec<Shape>,
    /// The rule of the code system that is more than a look.
    pub check: Option<CodeCheck>,
}

impl CodeSet {
    /// Is this text one of them?
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let listed = self.codes.is_empty() && self.shapes.is_empty()
            || self.codes.contains(text)
            || self.shapes.iter().any(|shape| shape.fits(text));
        listed && self.check.is_none_or(|check| check.holds(text))
    }
}

/// How a code looks: `A` is a capital letter, `9` a digit, a `*` at the end any rest; everything
/// else stands for itself.
///
/// ```
/// use pipeline_domain::quality::Shape;
/// let atc = Shape::from("A99AA".to_owned());
/// assert!(atc.fits("J07BB") && !atc.fits("J07B") && !atc.fits("JO7BB"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Shape(String);

impl From<String> for Shape {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<Shape> for String {
    fn from(shape: Shape) -> Self {
        shape.0
    }
}

impl Shape {
    /// Does the text look so?
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let (shape, open) = self.0.strip_suffix('*').map_or((&*self.0, false), |head| (head, true));
        let mut letters = text.bytes();
        for want in shape.bytes() {
            let fits = letters.next().is_some_and(|letter| match want {
                b'A' => letter.is_ascii_uppercase(),
                b'9' => letter.is_ascii_digit(),
                other => letter == other,
            });
            if !fits {
                return false;
            }
        }
        open || letters.next().is_none()
    }
}

/// Rules of code systems that are more than a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeCheck {
    /// A SNOMED CT identifier: 6 to 18 digits, the last by Verhoeff's scheme.
    Snomed,
    /// A LOINC: up to seven digits, a dash, and a check digit modulo 10.
    Loinc,
    /// A UCUM unit: printable ASCII without spaces, its brackets closed.
    Ucum,
}

impl CodeCheck {
    /// Does the text keep the rule?
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Snomed => (6..=18).contains(&text.len()) && verhoeff(text.as_bytes()),
            Self::Loinc => text.split_once('-').is_some_and(|(number, check)| {
                (1..=7).contains(&number.len()) && check.len() == 1 && luhn(number, check)
            }),
            Self::Ucum => is_unit(text),
        }
    }
}

/// SNOMED CT Technical Implementation Guide, "Check-digit computation": the group D5, a permutation
/// applied as often as the place says.
fn verhoeff(digits: &[u8]) -> bool {
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut sum = 0_u8;
    for (place, letter) in digits.iter().rev().enumerate() {
        if !letter.is_ascii_digit() {
            return false;
        }
        let digit = (0..place % 8).fold(letter - b'0', |digit, _| TURN[usize::from(digit)]);
        sum = in_d5(sum, digit);
    }
    sum == 0 && digits.first().is_some_and(|&first| first != b'0')
}

/// The product in the dihedral group of the pentagon: 0 to 4 turn it, 5 to 9 flip it.
fn in_d5(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// LOINC Users' Guide, "Check digit": modulo 10.
fn luhn(number: &str, check: &str) -> bool {
    let mut sum = 0_u32;
    for (place, letter) in number.bytes().rev().enumerate() {
        if !letter.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(letter - b'0') * if place % 2 == 0 { 2 } else { 1 };
        sum += digit / 10 + digit % 10;
    }
    check.parse() == Ok((10 - sum % 10) % 10)
}

fn is_unit(text: &str) -> bool {
    let mut open = Vec::new();
    for letter in text.bytes() {
        match letter {
            b'[' | b'{' | b'(' => open.push(letter),
            b']' if open.pop() != Some(b'[') => return false,
            b'}' if open.pop() != Some(b'{') => return false,
            b')' if open.pop() != Some(b'(') => return false,
            0x21..=0x7e => {}
            _ => return false,
        }
    }
    !text.is_empty() && open.is_empty()
}

/// The days a date may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateSpan {
    /// The first year.
    pub first_year: i32,
    /// How many days after the day of the batch.
    pub days_ahead: u32,
}

/// Two dates of a row that have an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateOrder {
    /// The column with the day that comes first, or is the same.
    pub earlier: String,
    /// The column with the day that follows.
    pub later: String,
}

/// A birth year that an event must respect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Born {
    /// The column with the birth year.
    pub birth_year: String,
    /// The column with the day of the event; without it, the day of the batch.
    pub event: Option<String>,
    /// The oldest age in years at the event.
    pub oldest_age: u16,
}

/// Units and ranges of measured values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// The column with the code of what was measured.
    pub code: String,
    /// The column with the value.
    pub value: String,
    /// The column with its unit.
    pub unit: String,
    /// What is known, by code.
    pub of: BTreeMap<String, Measure>,
}

/// What is known of one measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What it is, for people.
    pub name: String,
    /// The units it is measured in; the range holds for the first.
    pub units: Vec<String>,
    /// The lowest value that can be.
    pub low: f64,
    /// The highest value that can be.
    pub high: f64,
}

/// Two values that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    /// The column of the first, such as a sex.
    pub when: String,
    /// Its value.
    pub is: String,
    /// The column of the second, such as a diagnosis.
    pub then: String,
    /// How the second looks.
    pub not: Vec<Shape>,
}

/// A share or amount that should not be lower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Limits", into = "Limits")]
pub struct Floor(Limits);

/// A share or amount that should not be higher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Limits", into = "Limits")]
pub struct Ceiling(Limits);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    warn: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop: Option<f64>,
    source: String,
}

/// Why two numbers are no threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// A batch would be stopped before it is warned of.
    #[error("a batch is warned of first and stopped later")]
    StopsBeforeItWarns,
    /// Nobody says where it comes from.
    #[error("a threshold names its source")]
    NoSource,
}

impl Limits {
    fn checked(self, in_order: impl Fn(f64, f64) -> bool) -> Result<Self, ThresholdError> {
        if self.source.trim().is_empty() {
            return Err(ThresholdError::NoSource);
        }
        // A number that is none is in no order with any other.
        if !in_order(self.warn, self.stop.unwrap_or(self.warn)) {
            return Err(ThresholdError::StopsBeforeItWarns);
        }
        Ok(self)
    }
}

impl TryFrom<Limits> for Floor {
    type Error = ThresholdError;

    fn try_from(limits: Limits) -> Result<Self, ThresholdError> {
        limits.checked(|warn, stop| stop <= warn).map(Self)
    }
}

impl TryFrom<Limits> for Ceiling {
    type Error = ThresholdError;

    fn try_from(limits: Limits) -> Result<Self, ThresholdError> {
        limits.checked(|warn, stop| stop >= warn).map(Self)
    }
}

impl From<Floor> for Limits {
    fn from(floor: Floor) -> Self {
        floor.0
    }
}

impl From<Ceiling> for Limits {
    fn from(ceiling: Ceiling) -> Self {
        ceiling.0
    }
}

/// What a threshold says of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged<'a> {
    /// Pass, warn or stop.
    pub verdict: Verdict,
    /// The number the value was held against: the one that stops, or the one that warns.
    pub limit: f64,
    /// The short name of the source.
    pub source: &'a str,
}

impl Floor {
    /// What it says of this value.
    #[must_use]
    pub fn judge(&self, value: f64) -> Judged<'_> {
        self.0.judge(|limit| value < limit)
    }

    /// The short name of its source.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }
}

impl Ceiling {
    /// What it says of this value.
    #[must_use]
    pub fn judge(&self, value: f64) -> Judged<'_> {
        self.0.judge(|limit| value > limit)
    }

    /// The short name of its source.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }
}

impl Limits {
    fn judge(&self, is_beyond: impl Fn(f64) -> bool) -> Judged<'_> {
        let source = &*self.source;
        match self.stop {
            Some(stop) if is_beyond(stop) => Judged { verdict: Verdict::Stop, limit: stop, source },
            _ if is_beyond(self.warn) => {
                Judged { verdict: Verdict::Warn, limit: self.warn, source }
            }
            _ => Judged { verdict: Verdict::Pass, limit: self.warn, source },
        }
    }
}

impl QualityRules {
    /// The rules of one view: its own, completed by the default ones and the code systems.
    #[must_use]
    pub fn view(&self, view: &DatasetId) -> ViewRules {
        let mut rules = self.views.get(view).cloned().unwrap_or_default();
        let default = &self.default;
        rules.smallest_rows = rules.smallest_rows.or(default.smallest_rows);
        rules.filled = rules.filled.or_else(|| default.filled.clone());
        rules.conforms = rules.conforms.or_else(|| default.conforms.clone());
        rules.implausible = rules.implausible.or_else(|| default.implausible.clone());
        rules.duplicates = rules.duplicates.or_else(|| default.duplicates.clone());
        rules.lag_days = rules.lag_days.or_else(|| default.lag_days.clone());
        rules.dates = rules.dates.or(default.dates);
        for (name, column) in &default.columns {
            rules.columns.entry(name.clone()).or_insert_with(|| column.clone());
        }
        for (iri, codes) in &self.systems {
            rules.systems.entry(iri.clone()).or_insert_with(|| codes.clone());
        }
        rules
    }

    /// The short names of sources that thresholds use, each once.
    #[must_use]
    pub fn sources_used(&self) -> BTreeSet<&str> {
        let (drift, months) = (&self.drift, &self.months);
        let whole = [
            &self.batch.set_aside,
            &drift.volume,
            &drift.filled_drop,
            &drift.codes_shift,
            &drift.mean_shift,
            &drift.new_codes,
            &drift.gone_codes,
            &months.rows_drop,
            &months.filled_drop,
        ];
        let views = self.views.values().chain([&self.default]);
        whole.into_iter().map(Ceiling::source).chain(views.flat_map(ViewRules::sources)).collect()
    }
}

impl ViewRules {
    fn sources(&self) -> impl Iterator<Item = &str> {
        let ceilings =
            [&self.implausible, &self.duplicates, &self.one_row_a_person, &self.lag_days];
        let columns = self.columns.values().flat_map(|column| [&column.filled, &column.conforms]);
        let floors = [&self.filled, &self.conforms].into_iter().chain(columns);
        let floors = floors.flatten().map(Floor::source);
        floors.chain(ceilings.into_iter().flatten().map(Ceiling::source))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn codes_are_held_against_their_system() {
        let cases = [
            (CodeCheck::Snomed, "73211009", true),
            (CodeCheck::Snomed, "50851000172106", true),
            (CodeCheck::Snomed, "73211008", false),
            (CodeCheck::Snomed, "73211 09", false),
            (CodeCheck::Snomed, "00000", false),
            (CodeCheck::Snomed, "000000", false),
            (CodeCheck::Loinc, "8302-2", true),
            (CodeCheck::Loinc, "29463-7", true),
            (CodeCheck::Loinc, "8302-3", false),
            (CodeCheck::Loinc, "8302", false),
            (CodeCheck::Loinc, "-0", false),
            (CodeCheck::Ucum, "mm[Hg]", true),
            (CodeCheck::Ucum, "10*9/L", true),
            (CodeCheck::Ucum, "mm[Hg", false),
            (CodeCheck::Ucum, "per day", false),
            (CodeCheck::Ucum, "", false),
        ];
        for (check, text, want) in cases {
            assert_eq!(check.holds(text), want, "{check:?} {text}");
        }
    }

    #[test]
    fn a_shape_says_how_a_code_looks() {
        let cases = [
            ("A99", "J07", true),
            ("A99", "J07B", false),
            ("A99", "j07", false),
            ("A99*", "J07BB01", true),
            ("9999999", "2345678", true),
            ("9999999", "234567", false),
            ("ab-9", "ab-1", true),
            ("*", "", true),
        ];
        for (shape, text, want) in cases {
            assert_eq!(Shape::from(shape.to_owned()).fits(text), want, "{shape} {text}");
        }
    }

    #[test]
    fn a_threshold_warns_before_it_stops_and_names_its_source() {
        let source = "own";
        let cases = [
            (json!({"warn": 0.9, "stop": 0.5, "source": source}), true, false),
            (json!({"warn": 0.1, "stop": 0.5, "source": source}), false, true),
            (json!({"warn": 0.5, "source": source}), true, true),
            (json!({"warn": 0.5, "source": " "}), false, false),
            (json!({"warn": 0.5}), false, false),
        ];
        for (limits, floor, ceiling) in cases {
            assert_eq!(from_value::<Floor>(limits.clone()).is_ok(), floor, "{limits}");
            assert_eq!(from_value::<Ceiling>(limits.clone()).is_ok(), ceiling, "{limits}");
        }
    }

    #[test]
    fn a_value_is_held_against_the_worse_limit_it_crosses() {
        let floor: Floor = from_value(json!({"warn": 0.9, "stop": 0.5, "source": "own"})).unwrap();
        let cases = [
            (0.95, Verdict::Pass, 0.9),
            (0.9, Verdict::Pass, 0.9),
            (0.6, Verdict::Warn, 0.9),
            (0.4, Verdict::Stop, 0.5),
        ];
        for (value, verdict, limit) in cases {
            let judged = Judged { verdict, limit, source: "own" };
            assert_eq!(floor.judge(value), judged, "{value}");
        }
    }
}
