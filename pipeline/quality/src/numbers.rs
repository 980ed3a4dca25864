//! How the numbers of a column are spread, in buckets as wide as a fixed part of the number.
//!
//! Buckets are added, never averaged, and the sum is kept in whole millionths: the result is the
//! same to the last bit in whatever order the rows came.

use hashbrown::HashTable;

use crate::{
    hash::mixed,
    view::{NumberSummary, Tally, rank},
};

/// Bits of the mantissa that name a bucket: decimals to within 0.8 %, whole numbers exactly up to
/// 4,096, so that years stay years.
const DECIMAL_BITS: u32 = 7;
const WHOLE_BITS: u32 = 11;
/// The bars of a histogram.
const BARS: usize = 24;
/// No quantity in a record is larger; what is, is a mistake and not part of any mean.
const LARGEST: f64 = 1e12;
/// The part of a unit in which sums are kept.
const MILLIONTH: f64 = 1e6;

/// The numbers of one column.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    buckets: HashTable<Bucket>,
    shift: u32,
    millionths: i128,
    lowest: f64,
    highest: f64,
    range: Option<(f64, f64)>,
    beyond: u64,
    impossible: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    name: u64,
    rows: u64,
}

impl Numbers {
    pub(crate) fn decimal(range: Option<(f64, f64)>) -> Self {
        Self::with_bits(DECIMAL_BITS, range)
    }

    pub(crate) fn whole(range: Option<(f64, f64)>) -> Self {
        Self::with_bits(WHOLE_BITS, range)
    }

    fn with_bits(bits: u32, range: Option<(f64, f64)>) -> Self {
        Self {
            buckets: HashTable::new(),
            shift: f64::MANTISSA_DIGITS - 1 - bits,
            millionths: 0,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
            range,
            beyond: 0,
            impossible: 0,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, number: f64) {
        if number.is_nan() || number.abs() > LARGEST {
            self.impossible += 1;
            return;
        }
        // A zero has two signs, but is one number.
        let number = number + 0.0;
        self.count(ordered(number) >> self.shift, 1);
        #[expect(clippy::cast_possible_truncation, reason = "1e18 at most")]
        let millionths = (number * MILLIONTH) as i64;
        self.millionths += i128::from(millionths);
        self.lowest = self.lowest.min(number);
        self.highest = self.highest.max(number);
        let (low, high) = self.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        self.beyond += u64::from(number < low || number > high);
    }

    #[inline]
    fn count(&mut self, name: u64, rows: u64) {
        let hash = mixed(0, name);
        if let Some(bucket) = self.buckets.find_mut(hash, |bucket| bucket.name == name) {
            bucket.rows += rows;
        } else {
            let bucket = Bucket { name, rows };
            self.buckets.insert_unique(hash, bucket, |bucket| mixed(0, bucket.name));
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for bucket in &other.buckets {
            self.count(bucket.name, bucket.rows);
        }
        self.millionths += other.millionths;
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        self.beyond += other.beyond;
        self.impossible += other.impossible;
    }

    /// How many numbers can be; a number that is none cannot.
    pub(crate) fn within(&self) -> Option<Tally> {
        self.range?;
        let checked = self.buckets.iter().map(|bucket| bucket.rows).sum::<u64>() + self.impossible;
        Some(Tally { checked, failed: self.beyond + self.impossible })
    }

    /// The numbers in figures; none where there is no number.
    pub(crate) fn summary(&self) -> Option<NumberSummary> {
        let mut buckets: Vec<(f64, u64)> =
            self.buckets.iter().map(|bucket| (self.middle(bucket.name), bucket.rows)).collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rows: u64 = buckets.iter().map(|(_, rows)| rows).sum();
        if rows == 0 {
            return None;
        }
        let mean = as_f64(self.millionths) / MILLIONTH / real(rows);
        let squares = buckets.iter().map(|(value, rows)| (value - mean).powi(2) * real(*rows));
        let deviation = (squares.sum::<f64>() / real(rows)).sqrt();
        let at = |share| quantile(&buckets, rows, share).clamp(self.lowest, self.highest);
        let quantiles = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map(at);
        let histogram = histogram(&buckets, quantiles[0], quantiles[6]);
        Some(NumberSummary {
            rows,
            lowest: self.lowest,
            highest: self.highest,
            mean: written(mean),
            deviation: written(deviation),
            quantiles: quantiles.map(written),
            histogram: histogram.into_iter().map(|(from, rows)| (written(from), rows)).collect(),
        })
    }

    /// The number a bucket stands for: its middle, or for whole numbers its edge, which is whole.
    fn middle(&self, bucket: u64) -> f64 {
        let edge = unordered(bucket << self.shift);
        let other = unordered((bucket << self.shift) | ((1 << self.shift) - 1));
        let (near, far) = if edge.abs() < other.abs() { (edge, other) } else { (other, edge) };
        let is_whole = self.shift == f64::MANTISSA_DIGITS - 1 - WHOLE_BITS;
        if is_whole || near == 0.0 { near } else { f64::midpoint(near, far) }
    }
}

/// Six digits: what is behind them is noise, and would not come back from every reader of JSON.
fn written(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// The bits of a number, in an order that is the one of the numbers.
fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

fn unordered(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

fn quantile(buckets: &[(f64, u64)], rows: u64, share: f64) -> f64 {
    let wanted = rank(rows, share);
    let mut passed = 0;
    let found = buckets.iter().find(|(_, rows)| {
        passed += rows;
        passed >= wanted
    });
    found.map_or(0.0, |(value, _)| *value)
}

/// Rows by equal steps from one number to another; what lies outside is in the first and last bar.
fn histogram(buckets: &[(f64, u64)], from: f64, to: f64) -> Vec<(f64, u64)> {
    let distinct = buckets.iter().filter(|(value, _)| (from..=to).contains(value)).count().max(1);
    let bars = distinct.min(BARS);
    let step = (to - from) / real(bars as u64);
    let mut histogram: Vec<(f64, u64)> =
        (0..bars).map(|bar| (from + step * real(bar as u64), 0)).collect();
    for (value, rows) in buckets {
        let after = histogram.partition_point(|(start, _)| start <= value);
        if let Some(bar) = histogram.get_mut(after.saturating_sub(1)) {
            bar.1 += rows;
        }
    }
    histogram
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than the digits of an f64")]
fn as_f64(sum: i128) -> f64 {
    sum as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(values: &[f64]) -> Numbers {
        let mut numbers = Numbers::decimal(Some((0.0, 100.0)));
        for value in values {
            numbers.add(*value);
        }
        numbers
    }

    #[test]
    fn years_stay_years() {
        let mut years = Numbers::whole(None);
        (1950..=2000).for_each(|year| years.add(f64::from(year)));
        let summary = years.summary().unwrap();
        assert!((summary.quantiles[3] - 1975.0).abs() < 1e-9, "{summary:?}");
        assert!((summary.mean - 1975.0).abs() < 1e-9);
        assert_eq!((summary.lowest, summary.highest), (1950.0, 2000.0));
    }

    #[test]
    fn numbers_out_of_range_and_numbers_that_are_none_are_counted() {
        let tally = numbers(&[-1.0, 0.0, -0.0, 100.0, 100.1, f64::NAN, f64::INFINITY]).within();
        assert_eq!(tally, Some(Tally { checked: 7, failed: 4 }));
    }

    proptest! {
        #[test]
        fn the_spread_depends_on_the_numbers_alone(
            values in prop::collection::vec(any::<f64>(), 0..60), cut in 0_usize..60,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = numbers(right);
            merged.merge(&numbers(left));
            prop_assert_eq!(merged.summary(), numbers(&values).summary());
            prop_assert_eq!(merged.within(), numbers(&values).within());
        }

        #[test]
        fn a_quantile_is_near_the_true_one(values in prop::collection::vec(-1e6_f64..1e6, 1..200)) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let summary = numbers(&values).summary().unwrap();
            let median = sorted[(sorted.len() - 1) / 2];
            prop_assert!((summary.quantiles[3] - median).abs() <= median.abs() * 0.008 + 1e-9);
            prop_assert_eq!(summary.histogram.iter().map(|bar| bar.1).sum::<u64>(), values.len() as u64);
        }
    }
}
