//! How the dates of a column are spread: a counter a day, from which everything else follows.

use std::collections::BTreeMap;

use pipeline_domain::quality::DateSpan;
use time::{Date, Duration, Month};

use crate::view::{DateSummary, Tally, rank};

/// Days of the civil calendar that have a counter of their own, from the epoch: 1850 to 2149. A
/// date before or after is counted as such.
const FIRST_DAY: i32 = -43_829;
const LAST_DAY: i32 = 65_743;

/// The most days that each band of lag reaches; the last band has no end.
const LAG_BANDS: [i32; 7] = [-1, 7, 30, 90, 365, 730, 1826];

/// The dates of one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days {
    /// The day of the first counter.
    first: i32,
    rows: Vec<u64>,
    before: u64,
    after: u64,
}

impl Days {
    #[inline]
    pub(crate) fn add(&mut self, day: i32) {
        self.add_rows(day, 1);
    }

    #[inline]
    fn add_rows(&mut self, day: i32, rows: u64) {
        let at = usize::try_from(i64::from(day) - i64::from(self.first)).ok();
        match at.and_then(|at| self.rows.get_mut(at)) {
            Some(counter) => *counter += rows,
            None => self.add_afar(day, rows),
        }
    }

    /// A day without a counter yet, or ever.
    #[cold]
    fn add_afar(&mut self, day: i32, rows: u64) {
        match day {
            ..FIRST_DAY => self.before += rows,
            FIRST_DAY..=LAST_DAY => {
                self.reach(day);
                self.add_rows(day, rows);
            }
            _ => self.after += rows,
        }
    }

    /// Makes counters up to this day, and as many again, so that a slow drift of dates does not
    /// move them each time.
    fn reach(&mut self, day: i32) {
        let spare = i32::try_from(self.rows.len()).unwrap_or(i32::MAX).clamp(32, 4096);
        if self.rows.is_empty() {
            self.first = day;
            self.rows.push(0);
        } else if day < self.first {
            let first = day.saturating_sub(spare).max(FIRST_DAY);
            let more = usize::try_from(self.first - first).unwrap_or(0);
            self.rows.splice(0..0, std::iter::repeat_n(0, more));
            self.first = first;
        } else {
            let last = day.saturating_add(spare).min(LAST_DAY);
            self.rows.resize(usize::try_from(last - self.first + 1).unwrap_or(0), 0);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.before += other.before;
        self.after += other.after;
        for (day, rows) in other.counted() {
            self.add_rows(day, rows);
        }
    }

    /// Days with rows, in order.
    fn counted(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> + '_ {
        let days = self.rows.iter().enumerate().filter(|(_, rows)| **rows > 0);
        days.filter_map(|(at, rows)| Some((self.first + i32::try_from(at).ok()?, *rows)))
    }

    /// How many dates can be, on the day of the batch.
    pub(crate) fn within(&self, span: DateSpan, today: Date) -> Tally {
        let first =
            Date::from_calendar_date(span.first_year, Month::January, 1).map_or(i32::MIN, day);
        let last = day(today).saturating_add_unsigned(span.days_ahead);
        let inside: u64 = self
            .counted()
            .filter(|(day, _)| (first..=last).contains(day))
            .map(|(_, rows)| rows)
            .sum();
        let checked = self.total();
        Tally { checked, failed: checked - inside }
    }

    fn total(&self) -> u64 {
        self.before + self.after + self.counted().map(|(_, rows)| rows).sum::<u64>()
    }

    /// The days in figures; none where no date is within reach.
    pub(crate) fn summary(&self, today: Date) -> Option<DateSummary> {
        let first = date(self.counted().next()?.0)?;
        let last = date(self.counted().next_back()?.0)?;
        let mut months = BTreeMap::<String, u64>::new();
        for (day, rows) in self.counted() {
            let month =
                date(day).map(|date| format!("{:04}-{:02}", date.year(), u8::from(date.month())));
            *months.entry(month?).or_default() += rows;
        }
        let lag_days = [0.5, 0.9, 0.99].map(|share| self.lag_at(share, day(today)));
        let lags = self.lags(day(today));
        let out_of_reach = self.before + self.after;
        Some(DateSummary { first, last, months, lag_days, lags, out_of_reach })
    }

    fn lags(&self, today: i32) -> [u64; 8] {
        let mut lags = [0; 8];
        for (day, rows) in self.counted() {
            let lag = today - day;
            let band = LAG_BANDS.iter().position(|most| lag <= *most).unwrap_or(LAG_BANDS.len());
            if let Some(band) = lags.get_mut(band) {
                *band += rows;
            }
        }
        lags
    }

    /// The lag that this share of the rows does not exceed.
    fn lag_at(&self, share: f64, today: i32) -> i64 {
        let wanted = rank(self.counted().map(|(_, rows)| rows).sum(), share);
        let mut passed = 0;
        let reached = self.counted().rev().find(|(_, rows)| {
            passed += rows;
            passed >= wanted
        });
        reached.map_or(0, |(day, _)| i64::from(today) - i64::from(day))
    }
}

/// The day of a date, counted from the epoch as Arrow does.
pub(crate) fn day(date: Date) -> i32 {
    date.to_julian_day() - EPOCH
}

fn date(day: i32) -> Option<Date> {
    Date::from_julian_day(EPOCH).ok()?.checked_add(Duration::days(i64::from(day)))
}

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn days(days: &[i32]) -> Days {
        let mut all = Days::default();
        for day in days {
            all.add(*day);
        }
        all
    }

    const TODAY: Date = date!(2026 - 11 - 25);
    const SPAN: DateSpan = DateSpan { first_year: 1900, days_ahead: 1 };

    #[test]
    fn the_counters_reach_from_1850_to_2149() {
        assert_eq!(day(date!(1850 - 01 - 01)), FIRST_DAY);
        assert_eq!(day(date!(2149 - 12 - 31)), LAST_DAY);
    }

    #[test]
    fn dates_that_cannot_be_are_counted() {
        let cases = [
            (date!(0001 - 01 - 01), 1),
            (date!(1899 - 12 - 31), 1),
            (date!(1900 - 01 - 01), 0),
            (date!(2026 - 11 - 26), 0),
            (date!(2026 - 11 - 27), 1),
            (date!(9999 - 12 - 31), 1),
        ];
        for (date, failed) in cases {
            let tally = days(&[day(date)]).within(SPAN, TODAY);
            assert_eq!(tally, Tally { checked: 1, failed }, "{date}");
        }
    }

    #[test]
    fn the_lag_is_the_age_of_the_events() {
        let mut all = Days::default();
        let today = day(TODAY);
        (0..100).for_each(|lag| all.add(today - lag));
        let summary = all.summary(TODAY).unwrap();
        assert_eq!(summary.lag_days, [49, 89, 98]);
        assert_eq!(summary.months["2026-11"], 25);
    }

    proptest! {
        #[test]
        fn the_spread_depends_on_the_days_alone(
            values in prop::collection::vec(any::<i32>().prop_map(|day| day % 60_000), 0..50),
            cut in 0_usize..50,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = days(right);
            merged.merge(&days(left));
            let whole = days(&values);
            prop_assert_eq!(merged.summary(TODAY), whole.summary(TODAY));
            prop_assert_eq!(merged.within(SPAN, TODAY), whole.within(SPAN, TODAY));
        }
    }
}
