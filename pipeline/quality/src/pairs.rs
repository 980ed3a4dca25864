//! What must hold between two columns of one row: dates in order, no event before birth, a unit and
//! a value that fit what was measured, no two values that exclude each other.

use std::collections::HashMap;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use foldhash::fast::FixedState;
use pipeline_domain::{
    ColumnKind,
    quality::{Born, DateOrder, Measure, Measures, Never, ViewRules},
};
use pipeline_exchange::wire::ColumnSpec;
use time::Date;

use crate::{
    column::typed,
    days::day,
    hash::HASHER,
    profiler::QualityError,
    view::{PairCheck, PairQuality, Tally},
};

/// A check whose columns are all in the view, with what came of it so far.
#[derive(Debug, Clone)]
pub(crate) enum Pair {
    /// Dates in order.
    Order { rule: DateOrder, earlier: usize, later: usize, tally: Tally },
    /// No event before birth, nobody too old.
    Born { rule: Born, birth_year: usize, event: Event, birth: Tally, age: Tally },
    /// Units and values of measurements.
    Measures(Box<MeasuresPair>),
    /// Values that exclude each other.
    Never { rule: Never, when: usize, then: usize, tally: Tally },
}

/// When the event was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// In this column.
    Column(usize),
    /// The state of a person on the day of the batch.
    Today(i32),
}

/// Measurements by code.
#[derive(Debug, Clone)]
pub(crate) struct MeasuresPair {
    columns: (usize, usize, usize),
    names: (String, String, String),
    known: HashMap<Box<str>, Known, FixedState>,
}

#[derive(Debug, Clone)]
struct Known {
    measure: Measure,
    unit: Tally,
    value: Tally,
}

/// The checks of these rules that this view has the columns for.
pub(crate) fn pairs(columns: &[ColumnSpec], rules: &ViewRules, today: Date) -> Vec<Pair> {
    // The row token comes first in the file.
    let place = |name: &str, kind: ColumnKind| {
        columns.iter().position(|spec| spec.name == name && spec.kind == kind).map(|at| at + 1)
    };
    let order = rules.order.iter().filter_map(|rule| {
        let earlier = place(&rule.earlier, ColumnKind::Date)?;
        let later = place(&rule.later, ColumnKind::Date)?;
        Some(Pair::Order { rule: rule.clone(), earlier, later, tally: Tally::default() })
    });
    let born = rules.born.iter().filter_map(|rule| {
        let birth_year = place(&rule.birth_year, ColumnKind::Integer)?;
        let event = match &rule.event {
            Some(name) => Event::Column(place(name, ColumnKind::Date)?),
            None => Event::Today(day(today)),
        };
        let (birth, age) = (Tally::default(), Tally::default());
        Some(Pair::Born { rule: rule.clone(), birth_year, event, birth, age })
    });
    let measures = rules.measures.iter().filter_map(|rule| {
        let code = place(&rule.code, ColumnKind::Text)?;
        let value = place(&rule.value, ColumnKind::Decimal)?;
        let unit = place(&rule.unit, ColumnKind::Text)?;
        Some(Pair::Measures(Box::new(MeasuresPair::new(rule, (code, value, unit)))))
    });
    let never = rules.never.iter().filter_map(|rule| {
        let when = place(&rule.when, ColumnKind::Text)?;
        let then = place(&rule.then, ColumnKind::Text)?;
        Some(Pair::Never { rule: rule.clone(), when, then, tally: Tally::default() })
    });
    order.chain(born).chain(measures).chain(never).collect()
}

impl Pair {
    pub(crate) fn observe(&mut self, batch: &RecordBatch) -> Result<(), QualityError> {
        match self {
            Self::Order { rule, earlier, later, tally } => {
                let earlier = at::<Date32Array>(batch, *earlier, &rule.earlier)?;
                let later = at::<Date32Array>(batch, *later, &rule.later)?;
                for (earlier, later) in earlier.iter().zip(later) {
                    if let (Some(earlier), Some(later)) = (earlier, later) {
                        count(tally, earlier <= later);
                    }
                }
            }
            Self::Born { rule, birth_year, event, birth, age } => {
                let years = at::<Int64Array>(batch, *birth_year, &rule.birth_year)?;
                match *event {
                    Event::Column(place) => {
                        let name = rule.event.as_deref().unwrap_or_default();
                        let days = at::<Date32Array>(batch, place, name)?;
                        years.iter().zip(days).for_each(|row| lived(rule, row, birth, age));
                    }
                    Event::Today(today) => {
                        years.iter().for_each(|year| lived(rule, (year, Some(today)), birth, age));
                    }
                }
            }
            Self::Measures(measures) => measures.observe(batch)?,
            Self::Never { rule, when, then, tally } => {
                let when = at::<StringArray>(batch, *when, &rule.when)?;
                let then = at::<StringArray>(batch, *then, &rule.then)?;
                for (when, then) in when.iter().zip(then) {
                    if let (Some(when), Some(then)) = (when, then)
                        && when == rule.is
                    {
                        count(tally, !rule.not.iter().any(|shape| shape.fits(then)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes in what another profiler saw of the same check.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), QualityError> {
        match (self, other) {
            (Self::Order { tally, .. }, Self::Order { tally: more, .. })
            | (Self::Never { tally, .. }, Self::Never { tally: more, .. }) => {
                *tally = tally.and(more);
            }
            (Self::Born { birth, age, .. }, Self::Born { birth: births, age: ages, .. }) => {
                *birth = birth.and(births);
                *age = age.and(ages);
            }
            (Self::Measures(measures), Self::Measures(more)) => measures.merge(&more),
            _ => return Err(QualityError::OtherView),
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Vec<PairQuality> {
        let found = |check, column: String, against: String, tally| PairQuality {
            check,
            column,
            against,
            tally,
        };
        match self {
            Self::Order { rule, tally, .. } => {
                vec![found(PairCheck::Order, rule.later, rule.earlier, tally)]
            }
            Self::Born { rule, birth, age, .. } => {
                // Without an event the year itself is at fault.
                let (column, against) = match rule.event {
                    Some(event) => (event, rule.birth_year),
                    None => (rule.birth_year, String::new()),
                };
                vec![
                    found(PairCheck::Birth, column.clone(), against.clone(), birth),
                    found(PairCheck::Age, column, against, age),
                ]
            }
            Self::Measures(measures) => measures.finish(),
            Self::Never { rule, tally, .. } => {
                vec![found(PairCheck::Never, rule.then, rule.when, tally)]
            }
        }
    }
}

impl MeasuresPair {
    fn new(rule: &Measures, columns: (usize, usize, usize)) -> Self {
        let mut known = HashMap::with_hasher(HASHER);
        for (code, measure) in &rule.of {
            let (unit, value) = (Tally::default(), Tally::default());
            known.insert(code.as_str().into(), Known { measure: measure.clone(), unit, value });
        }
        Self { columns, names: (rule.code.clone(), rule.value.clone(), rule.unit.clone()), known }
    }

    fn observe(&mut self, batch: &RecordBatch) -> Result<(), QualityError> {
        let (code, value, unit) = self.columns;
        let codes = at::<StringArray>(batch, code, &self.names.0)?;
        let values = at::<Float64Array>(batch, value, &self.names.1)?;
        let units = at::<StringArray>(batch, unit, &self.names.2)?;
        for ((code, value), unit) in codes.iter().zip(values).zip(units) {
            if let Some(known) = code.and_then(|code| self.known.get_mut(code)) {
                known.observe(value, unit);
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: &Self) {
        for (code, more) in &other.known {
            if let Some(known) = self.known.get_mut(code) {
                known.unit = known.unit.and(more.unit);
                known.value = known.value.and(more.value);
            }
        }
    }

    fn finish(self) -> Vec<PairQuality> {
        let (_, value, unit) = self.names;
        let mut known: Vec<(Box<str>, Known)> = self.known.into_iter().collect();
        known.retain(|(_, known)| known.unit.checked > 0);
        known.sort_by(|a, b| a.0.cmp(&b.0));
        let found = known.into_iter().flat_map(|(code, known)| {
            let against = format!("{} ({code})", known.measure.name);
            let of = |check, column: &str, tally| PairQuality {
                check,
                column: column.to_owned(),
                against: against.clone(),
                tally,
            };
            [of(PairCheck::Unit, &unit, known.unit), of(PairCheck::Measure, &value, known.value)]
        });
        found.collect()
    }
}

impl Known {
    /// A value needs a unit; the range holds for the first of its units.
    fn observe(&mut self, value: Option<f64>, unit: Option<&str>) {
        let Some(value) = value else { return };
        let units = &self.measure.units;
        count(&mut self.unit, unit.is_some_and(|unit| units.iter().any(|known| known == unit)));
        if unit.is_some() && unit == units.first().map(String::as_str) {
            count(&mut self.value, (self.measure.low..=self.measure.high).contains(&value));
        }
    }
}

fn at<'a, A: arrow::array::Array + 'static>(
    batch: &'a RecordBatch,
    place: usize,
    name: &str,
) -> Result<&'a A, QualityError> {
    let array: &ArrayRef = batch.columns().get(place).ok_or(QualityError::OtherView)?;
    typed(array, name)
}

#[inline]
fn count(tally: &mut Tally, passes: bool) {
    tally.checked += 1;
    tally.failed += u64::from(!passes);
}

/// Was this person born when it happened, and not older than people get?
fn lived(rule: &Born, row: (Option<i64>, Option<i32>), birth: &mut Tally, age: &mut Tally) {
    let (Some(year), Some(event)) = row else { return };
    let event = i64::from(event);
    count(birth, new_year(year) <= event);
    // In the year of the oldest birthday one still has that age.
    count(age, event < new_year(year.saturating_add(i64::from(rule.oldest_age) + 1)));
}

/// The first of January, in days from the epoch.
fn new_year(year: i64) -> i64 {
    // Far beyond any calendar the answer is the same: long before, long after.
    let past = year.clamp(-1_000_000, 1_000_000) - 1;
    365 * past + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) - 719_162
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn the_year_begins_on_its_first_day() {
        for (year, first) in [
            (1970, date!(1970 - 01 - 01)),
            (1900, date!(1900 - 01 - 01)),
            (2000, date!(2000 - 01 - 01)),
            (2025, date!(2025 - 01 - 01)),
            (1, date!(0001 - 01 - 01)),
        ] {
            assert_eq!(new_year(year), i64::from(day(first)), "{year}");
        }
    }

    #[test]
    fn events_are_held_against_a_lifetime() {
        let rule = Born { birth_year: "birth_year".into(), event: None, oldest_age: 120 };
        let cases = [
            (1980, date!(1980 - 01 - 01), 0, 0),
            (1980, date!(1979 - 12 - 31), 1, 0),
            (1880, date!(2000 - 12 - 31), 0, 0),
            (1880, date!(2001 - 01 - 01), 0, 1),
            (i64::MIN, date!(2001 - 01 - 01), 0, 1),
            (i64::MAX, date!(2001 - 01 - 01), 1, 0),
        ];
        for (year, event, before, old) in cases {
            let (mut birth, mut age) = (Tally::default(), Tally::default());
            lived(&rule, (Some(year), Some(day(event))), &mut birth, &mut age);
            assert_eq!((birth.failed, age.failed), (before, old), "{year} {event}");
        }
    }
}
