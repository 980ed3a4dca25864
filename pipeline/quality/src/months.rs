//! A view month by month: how many rows each month of events has, and how full its columns are.
//!
//! A month that is missing, or half there, hides in the figures of a whole batch. Counters are kept
//! for five years, so that memory does not grow with rows or with wrong dates.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, Date32Array};
use pipeline_domain::{
    ColumnKind,
    quality::{MonthRules, ViewRules},
};
use pipeline_exchange::wire::ColumnSpec;
use time::{Date, Month};

use crate::{
    column::typed,
    days::day,
    profiler::QualityError,
    view::{MonthsQuality, share},
};

/// Months that have a counter, with that of the batch.
const MONTHS: usize = 60;
/// The counter of events in no such month.
const ELSEWHERE: u8 = 60;
/// A month is held against at most so many before it: a whole year, so that a season is no fall.
const MOST_BEFORE: usize = 12;

/// A counter a month, and one for what is in none of them.
type Counters = [u64; MONTHS + 1];

/// The months of one view in the making.
#[derive(Debug, Clone)]
pub(crate) struct Months {
    /// The place of the day of the event among the columns.
    event: usize,
    columns: Vec<String>,
    /// The month of the first counter.
    first: i32,
    /// Its first day, and for each day from there on its counter.
    first_day: i32,
    month_of_day: Vec<u8>,
    rows: Counters,
    /// Of each column, rows without a value: most columns have few.
    missing: Vec<Counters>,
    /// The months of the rows at hand; kept for its memory.
    at_hand: Vec<u8>,
}

impl Months {
    /// Counters for a view whose rules name the day of its events.
    pub(crate) fn of(columns: &[ColumnSpec], rules: &ViewRules, today: Date) -> Option<Self> {
        let name = rules.event_date.as_deref()?;
        let is_event = |spec: &ColumnSpec| spec.name == name && spec.kind == ColumnKind::Date;
        let event = columns.iter().position(is_event)?;
        let first = number_of(today) - i32::try_from(MONTHS).ok()? + 1;
        let mut month_of_day = Vec::new();
        for (counter, month) in (0..ELSEWHERE).zip(first..) {
            let days = first_day(month + 1)? - first_day(month)?;
            month_of_day.extend(std::iter::repeat_n(counter, usize::try_from(days).ok()?));
        }
        Some(Self {
            event,
            columns: columns.iter().map(|spec| spec.name.clone()).collect(),
            first,
            first_day: first_day(first)?,
            month_of_day,
            rows: [0; MONTHS + 1],
            missing: vec![[0; MONTHS + 1]; columns.len()],
            at_hand: Vec::new(),
        })
    }

    /// Counts these rows, of which these are the columns.
    pub(crate) fn observe(&mut self, columns: &[ArrayRef]) -> Result<(), QualityError> {
        let (Some(array), Some(name)) = (columns.get(self.event), self.columns.get(self.event))
        else {
            return Err(QualityError::OtherView);
        };
        let events = typed::<Date32Array>(array, name)?;
        let mut at_hand = std::mem::take(&mut self.at_hand);
        at_hand.clear();
        at_hand.extend(events.iter().map(|event| self.counter_of(event)));
        for month in &at_hand {
            count(&mut self.rows, *month, 1);
        }
        for (column, missing) in columns.iter().zip(&mut self.missing) {
            if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
                for (is_filled, month) in nulls.iter().zip(&at_hand) {
                    count(missing, *month, u64::from(!is_filled));
                }
            }
        }
        self.at_hand = at_hand;
        Ok(())
    }

    #[inline]
    fn counter_of(&self, event: Option<i32>) -> u8 {
        let day = event.map(|event| i64::from(event) - i64::from(self.first_day));
        let day = day.and_then(|day| usize::try_from(day).ok());
        day.and_then(|day| self.month_of_day.get(day)).copied().unwrap_or(ELSEWHERE)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        let ours = std::iter::once(&mut self.rows).chain(&mut self.missing);
        let theirs = std::iter::once(&other.rows).chain(&other.missing);
        for (counters, more) in ours.zip(theirs) {
            counters.iter_mut().zip(more).for_each(|(counter, more)| *counter += more);
        }
    }

    /// The months from the first with a row on; none where no event is recent.
    pub(crate) fn finish(&self) -> Option<MonthsQuality> {
        let start = self.rows.iter().take(MONTHS).position(|rows| *rows > 0)?;
        let recent = |counters: &Counters| -> Vec<u64> {
            counters.iter().copied().take(MONTHS).skip(start).collect()
        };
        let rows = recent(&self.rows);
        let mut filled = BTreeMap::new();
        for (name, missing) in self.columns.iter().zip(&self.missing) {
            let missing = recent(missing);
            if missing.iter().any(|missing| *missing > 0) {
                let counts = rows.iter().zip(missing).map(|(rows, missing)| rows - missing);
                filled.insert(name.clone(), counts.collect());
            }
        }
        let column = self.columns.get(self.event)?.clone();
        let first = month(self.first + i32::try_from(start).ok()?);
        Some(MonthsQuality { column, first, rows, filled })
    }
}

#[inline]
fn count(counters: &mut Counters, month: u8, rows: u64) {
    if let Some(counter) = counters.get_mut(usize::from(month)) {
        *counter += rows;
    }
}

/// A month, and by how much it lies below the months before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fall {
    /// The month, written like `2026-11`.
    pub(crate) month: String,
    /// From 0 to 1.
    pub(crate) size: f64,
}

/// The months that lie below those before them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Falls {
    /// How many months could be judged.
    pub(crate) judged: u64,
    /// Those that fell, in order.
    pub(crate) months: Vec<Fall>,
}

impl Falls {
    /// The month that fell the most, the first of them.
    pub(crate) fn deepest(&self) -> Option<&Fall> {
        self.months.iter().rev().max_by(|a, b| a.size.total_cmp(&b.size))
    }

    /// The months that have nothing at all, and the others.
    pub(crate) fn split(self) -> (Self, Self) {
        let (gone, fewer) = self.months.into_iter().partition(|fall| fall.size >= 1.0);
        (Self { months: gone, ..self }, Self { judged: self.judged, months: fewer })
    }
}

impl MonthsQuality {
    /// The name of each month, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let first = month_number(&self.first).unwrap_or_default();
        (first..).zip(&self.rows).map(|(number, _)| month(number)).collect()
    }

    /// Months with fewer rows than the median of those before.
    pub(crate) fn rows_falls(&self, rules: &MonthRules, today: Date) -> Falls {
        let fall = |at: usize| {
            let expected = median(self.rows.get(before(at, rules)?)?)?;
            let rows = *self.rows.get(at)?;
            (expected >= rules.smallest_rows).then(|| 1.0 - share(rows, expected))
        };
        self.falls(rules, today, fall)
    }

    /// Months in which a column is less filled than in those before, taken together.
    pub(crate) fn filled_falls(&self, column: &str, rules: &MonthRules, today: Date) -> Falls {
        let filled = self.filled.get(column).map(Vec::as_slice).unwrap_or_default();
        let fall = |at: usize| {
            let before = before(at, rules)?;
            let sum = |counts: &[u64]| counts.iter().sum::<u64>();
            let rows_before = sum(self.rows.get(before.clone())?);
            let filled_before = sum(filled.get(before)?);
            let (rows, filled) = (*self.rows.get(at)?, *filled.get(at)?);
            (rows.min(rows_before) >= rules.smallest_rows)
                .then(|| share(filled_before, rows_before) - share(filled, rows))
        };
        self.falls(rules, today, fall)
    }

    fn falls(&self, rules: &MonthRules, today: Date, fall: impl Fn(usize) -> Option<f64>) -> Falls {
        let mut falls = Falls::default();
        let first = month_number(&self.first).unwrap_or_default();
        for (at, number) in (0..self.rows.len()).zip(first..) {
            if !has_settled(number, rules, today) {
                break;
            }
            let Some(size) = fall(at) else { continue };
            falls.judged += 1;
            if size > 0.0 {
                falls.months.push(Fall { month: month(number), size });
            }
        }
        falls
    }
}

/// The months that this one is held against, if they are enough.
fn before(at: usize, rules: &MonthRules) -> Option<std::ops::Range<usize>> {
    let months = at.saturating_sub(MOST_BEFORE)..at;
    (months.len() >= rules.least_before.max(1)).then_some(months)
}

fn has_settled(number: i32, rules: &MonthRules, today: Date) -> bool {
    let end = first_day(number + 1);
    end.is_some_and(|end| end + i32::from(rules.settled_days) <= day(today))
}

/// The lower one of two in the middle.
fn median(counts: &[u64]) -> Option<u64> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// A month counted from the year zero, as people write it.
pub(crate) fn month(number: i32) -> String {
    format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1)
}

/// Months from the year zero.
pub(crate) fn month_number(month: &str) -> Option<i32> {
    let (year, month) = month.split_once('-')?;
    Some(year.parse::<i32>().ok()? * 12 + month.parse::<i32>().ok()? - 1)
}

/// The month of a day.
pub(crate) fn number_of(day: Date) -> i32 {
    day.year() * 12 + i32::from(u8::from(day.month())) - 1
}

/// The first day of a month.
fn first_day(number: i32) -> Option<i32> {
    let month = u8::try_from(number.rem_euclid(12) + 1).ok()?;
    let month = Month::try_from(month).ok()?;
    Date::from_calendar_date(number.div_euclid(12), month, 1).ok().map(day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;
    use crate::testing::{TODAY, observation_profiler, observations, row_on, rules};

    fn months(rows: &[u64], filled: &[u64]) -> MonthsQuality {
        // The last month is that of the batch.
        let first = number_of(TODAY) - i32::try_from(rows.len()).unwrap() + 1;
        MonthsQuality {
            column: "effective".to_owned(),
            first: month(first),
            rows: rows.to_vec(),
            filled: [("note".to_owned(), filled.to_vec())].into(),
        }
    }

    fn told(falls: &Falls) -> String {
        let months = falls.months.iter().map(|fall| format!(" {} {:.2}", fall.month, fall.size));
        format!("{}:{}", falls.judged, months.collect::<String>())
    }

    #[test]
    fn a_month_is_held_against_the_median_of_those_before() {
        let cases: [(&[u64], &str); 7] = [
            // The month of the batch is not over, and too few months have enough before them.
            (&[20, 20, 20, 0], "0:"),
            (&[20, 20, 20, 20, 0], "1:"),
            (&[20, 20, 20, 0, 20, 20, 0], "3: 2026-08 1.00"),
            (&[20, 20, 20, 5, 20, 20, 0], "3: 2026-08 0.75"),
            // So few that they jump by chance.
            (&[7, 7, 7, 0, 7, 7, 0], "0:"),
            // One month of a flood is no measure for the next.
            (&[20, 20, 20, 900, 20, 20, 0], "3:"),
            // A season that comes back is no fall.
            (&[10, 10, 10, 200, 200, 200, 10, 10, 10, 10, 10, 10, 0], "9:"),
        ];
        for (rows, want) in cases {
            let found = months(rows, rows).rows_falls(&rules().months, TODAY);
            assert_eq!(told(&found), want, "{rows:?}");
        }
    }

    #[test]
    fn the_share_of_values_is_held_against_the_months_before_together() {
        let rows = [20, 20, 20, 20, 4, 20, 0];
        let cases = [
            ([20, 20, 20, 20, 4, 20, 0], "2:"),
            ([20, 20, 20, 5, 4, 20, 0], "2: 2026-08 0.75"),
            // A month with a handful of rows is not judged.
            ([10, 10, 10, 10, 0, 0, 0], "2: 2026-10 0.48"),
        ];
        for (filled, want) in cases {
            let found = months(&rows, &filled).filled_falls("note", &rules().months, TODAY);
            assert_eq!(told(&found), want, "{filled:?}");
        }
    }

    #[test]
    fn a_month_is_judged_once_it_has_settled() {
        let cases = [
            (date!(2026 - 10 - 31), false),
            (date!(2026 - 11 - 14), false),
            (date!(2026 - 11 - 15), true),
        ];
        let october = number_of(date!(2026 - 10 - 01));
        for (today, want) in cases {
            assert_eq!(has_settled(october, &rules().months, today), want, "{today}");
        }
    }

    #[test]
    fn the_deepest_fall_is_the_first_of_those_as_deep() {
        let falls = months(&[20, 20, 20, 0, 0, 5, 0], &[]).rows_falls(&rules().months, TODAY);
        assert_eq!(falls.deepest().unwrap().month, "2026-08");
        let (gaps, fewer) = falls.split();
        assert_eq!((gaps.months.len(), fewer.months.len()), (2, 1));
        assert_eq!((gaps.judged, fewer.judged), (3, 3));
    }

    proptest! {
        #[test]
        fn every_recent_row_is_in_its_month_and_no_other(
            days in prop::collection::vec(prop::option::of(15_000_i32..22_000), 0..80),
        ) {
            let mut profiler = observation_profiler();
            let rows: Vec<_> = (0_u8..).zip(&days).map(|(at, day)| row_on(at, *day)).collect();
            profiler.observe(&observations(&rows)).unwrap();
            let found = profiler.finish().months;
            let mut want = BTreeMap::<String, (u64, u64)>::new();
            for row in &rows {
                let Some(day) = row.effective else { continue };
                let day = Date::from_julian_day(day + 2_440_588).unwrap();
                let age = number_of(TODAY) - number_of(day);
                if (0..i32::try_from(MONTHS).unwrap()).contains(&age) {
                    let (rows, notes) = want.entry(month(number_of(day))).or_default();
                    *rows += 1;
                    *notes += u64::from(row.note.is_some());
                }
            }
            let found = found.map_or_else(BTreeMap::new, |found| {
                let notes = found.filled.get("note").unwrap_or(&found.rows);
                let counts = found.rows.iter().copied().zip(notes.iter().copied());
                found.names().into_iter().zip(counts).filter(|(_, (rows, _))| *rows > 0).collect()
            });
            prop_assert_eq!(found, want);
        }
    }
}
