//! What was found in one view: plain figures, as they are written to the report.

use std::collections::BTreeMap;

use pipeline_domain::{ColumnKind, DatasetId};
use serde::{Deserialize, Serialize};
use time::Date;

time::serde::format_description!(pub(crate) iso_day, Date, "[year]-[month]-[day]");

/// The quality of one view of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewQuality {
    /// The view.
    pub view: DatasetId,
    /// Its rows.
    pub rows: u64,
    /// Its columns, in order, without the row token.
    pub columns: Vec<ColumnQuality>,
    /// Rows that repeat another one, token included.
    pub duplicates: Repeats,
    /// Rows beyond the first of a person, where the rules say that a person has one.
    pub repeated_persons: Option<Repeats>,
    /// What was checked between columns.
    pub pairs: Vec<PairQuality>,
    /// Its months; none where the rules name no day of the event, or no event is recent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<MonthsQuality>,
}

impl ViewQuality {
    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnQuality> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The quality of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnQuality {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Rows in which it has a value.
    pub filled: u64,
    /// Values that are of its code system or list; none where the rules know neither.
    pub conforming: Option<Tally>,
    /// Numbers and dates that can be; none where the rules set no bounds.
    pub plausible: Option<Tally>,
    /// How many different values it has; for texts and links.
    pub distinct: Option<Distinct>,
    /// Its most frequent codes; none for a column that declares no code system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeCount>,
    /// How the values look that do not conform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
    /// Its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumberSummary>,
    /// Its dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateSummary>,
    /// Rows in which it says yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes: Option<u64>,
}

impl ColumnQuality {
    /// Rows with a value that is not among the codes reported.
    #[must_use]
    pub fn other_codes(&self) -> u64 {
        self.filled.saturating_sub(self.codes.iter().map(|code| code.rows).sum())
    }
}

/// How many were looked at, and how many of them did not pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Looked at.
    pub checked: u64,
    /// Did not pass.
    pub failed: u64,
}

impl Tally {
    /// Two counts of different rows.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { checked: self.checked + other.checked, failed: self.failed + other.failed }
    }

    /// The share that passed; one where nothing was looked at.
    #[must_use]
    pub fn passed_share(self) -> f64 {
        1.0 - self.failed_share()
    }

    /// The share that did not pass; zero where nothing was looked at.
    #[must_use]
    pub fn failed_share(self) -> f64 {
        share(self.failed, self.checked)
    }
}

/// How many different values a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct {
    /// The number, or the bound that was passed.
    pub values: u64,
    /// It is the number; otherwise there are more than that.
    pub exact: bool,
}

/// A code and the rows that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeCount {
    /// The code.
    pub code: String,
    /// Rows that have it.
    pub rows: u64,
}

/// How values look, with letters as `A` and `a` and digits as `9`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The look.
    pub look: String,
    /// Rows that look so.
    pub rows: u64,
}

/// How often something came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Rows looked at.
    pub examined: u64,
    /// Rows that repeat an earlier one.
    pub repeated: u64,
    /// One in so many different rows was looked at, chosen by its hash; 1 is all of them.
    pub one_in: u64,
}

impl Repeats {
    /// The share of rows that repeat another.
    #[must_use]
    pub fn share(self) -> f64 {
        share(self.repeated, self.examined)
    }
}

/// The numbers of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberSummary {
    /// How many there are.
    pub rows: u64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
    /// The quantiles at 1, 5, 25, 50, 75, 95 and 99 %, to within 1 % of the number.
    pub quantiles: [f64; 7],
    /// Where each bar starts and its rows, from the 1st to the 99th percentile; what lies outside
    /// is in the first and the last bar.
    pub histogram: Vec<(f64, u64)>,
}

/// The dates of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateSummary {
    /// The first day.
    #[serde(with = "iso_day")]
    pub first: Date,
    /// The last day.
    #[serde(with = "iso_day")]
    pub last: Date,
    /// Rows by month, written like `2026-11`.
    pub months: BTreeMap<String, u64>,
    /// Days from the event to the day of the batch: half, 90 % and 99 % of the rows have no more.
    pub lag_days: [i64; 3],
    /// Rows by lag: an event after the day of the batch, up to 7, 30, 90, 365 days before it, up to
    /// two and up to five years, and more.
    pub lags: [u64; 8],
    /// Dates before 1850 or after 2149, which are in none of the figures.
    pub out_of_reach: u64,
}

/// A view month by month, from its first event to the batch, five years at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthsQuality {
    /// The column with the day of the event.
    pub column: String,
    /// The first month, written like `2026-11`.
    pub first: String,
    /// Rows of each month, a month without any too; the last is the month of the batch.
    pub rows: Vec<u64>,
    /// Of each column, the rows of each month with a value; a column that is not here is filled in
    /// every row.
    pub filled: BTreeMap<String, Vec<u64>>,
}

/// What can be wrong with a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MonthCheck {
    /// It has no row, and the months before it do.
    Gap,
    /// It has far fewer rows than the months before it.
    Fewer,
    /// A column is far less filled than in the months before it.
    Filled,
}

/// What is checked between columns of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairCheck {
    /// One date does not come before the other.
    Order,
    /// No event before the year of birth.
    Birth,
    /// Nobody is older than people get.
    Age,
    /// The unit fits what was measured.
    Unit,
    /// The value can be, for what was measured.
    Measure,
    /// Two values do not exclude each other.
    Never,
}

/// What came of a check between columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairQuality {
    /// What was checked.
    pub check: PairCheck,
    /// The column that is at fault when it fails.
    pub column: String,
    /// What it was held against: another column, or what was measured; empty where it is the day of
    /// the batch.
    pub against: String,
    /// What came of it.
    pub tally: Tally,
}

/// A part of a whole; zero of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The place of a quantile among so many, from 1 on.
pub(crate) fn rank(rows: u64, share: f64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count of rows is a count of rows"
    )]
    let rank = (rows as f64 * share).ceil() as u64;
    rank.clamp(1, rows.max(1))
}
