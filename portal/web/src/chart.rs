//! Bars for the first number of a small table, drawn from what is shown and never from a sum.
//!
//! The chart says nothing the table beside it does not say; hidden cells have no bar.

use portal_workflow::{ColumnRole, TableCell, TableView};

use crate::{frame::Frame, numbers};

/// More bars than this are no picture.
const MOST_BARS: usize = 48;

/// A bar chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) measure: crate::frame::Words,
    pub(crate) bars: Vec<Bar>,
}

/// One bar with what stands left and right of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    /// The label of the first dimension, where it is another than in the row above.
    pub(crate) group: Option<String>,
    pub(crate) label: String,
    /// Absent where the number is hidden.
    pub(crate) value: Option<String>,
    /// In tenths of a per cent of the longest, as an SVG length.
    pub(crate) length: String,
}

impl Chart {
    /// The chart of a table with one or two dimensions, unless it is too long for one.
    pub(crate) fn new(page: &Frame, table: &TableView) -> Option<Self> {
        let columns = table.columns();
        let measure = columns.iter().position(|column| column.role == ColumnRole::Measure)?;
        let is_dimension = |at: &usize| {
            columns.get(*at).is_some_and(|column| column.role == ColumnRole::Dimension)
        };
        let dimensions: Vec<usize> = (0..columns.len()).filter(is_dimension).collect();
        if !(1..=2).contains(&dimensions.len()) || !(2..=MOST_BARS).contains(&table.rows().len()) {
            return None;
        }
        let longest =
            table.rows().iter().filter_map(|row| amount(row, measure)).fold(0.0, f64::max);
        let mut above = None;
        let mut bars = Vec::with_capacity(table.rows().len());
        for row in table.rows() {
            bars.push(bar(page, row, &dimensions, measure, longest, above));
            above = dimensions.first().and_then(|first| label(row, *first));
        }
        Some(Self { measure: page.words(&columns.get(measure)?.label), bars })
    }
}

fn bar(
    page: &Frame,
    row: &[TableCell],
    dimensions: &[usize],
    measure: usize,
    longest: f64,
    above: Option<&str>,
) -> Bar {
    let first = dimensions.first().and_then(|at| label(row, *at));
    let grouped = dimensions.len() == 2;
    let group = first.filter(|first| grouped && above != Some(first)).map(str::to_owned);
    let label = dimensions.last().and_then(|at| label(row, *at)).unwrap_or_default().to_owned();
    let value = match row.get(measure) {
        Some(TableCell::Number(amount)) => Some(numbers::number(page.language, amount.as_str())),
        _ => None,
    };
    let share = amount(row, measure).map_or(0.0, |amount| 100.0 * amount.max(0.0) / longest);
    let length = if share.is_finite() { format!("{share:.1}%") } else { "0%".to_owned() };
    Bar { group, label, value, length }
}

fn label(row: &[TableCell], at: usize) -> Option<&str> {
    match row.get(at)? {
        TableCell::Label(label) => Some(label),
        TableCell::Number(_) | TableCell::Hidden(_) => None,
    }
}

fn amount(row: &[TableCell], at: usize) -> Option<f64> {
    match row.get(at)? {
        TableCell::Number(amount) => Some(amount.approximately()),
        TableCell::Label(_) | TableCell::Hidden(_) => None,
    }
}
