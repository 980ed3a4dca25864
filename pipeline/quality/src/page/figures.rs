//! Which plots a page has, from which figures.

use std::ops::Bound;

use time::Date;

use super::{
    plots::{Bars, Captions, Change, Changed, Heat, Months, Point},
    texts::{Text, Words},
};
use crate::{
    batch::BatchQuality,
    drift::{Drift, DriftKind},
    months::{month, month_number, number_of},
    view::{ColumnQuality, DateSummary, NumberSummary, ViewQuality, share},
};

/// The plots of one view.
pub(super) type Figures = Vec<Bars>;

/// The last five years to the day of the batch; what is older, and what is later, is one bar.
const MONTHS_SHOWN: i32 = 60;
/// The months for which it is drawn how full each column is.
const FILLED_MONTHS: usize = 24;
/// A filled share that moved less is not drawn.
const SMALLEST_CHANGE: f64 = 0.005;
/// More rows than this no one reads in a plot; the table of findings has those that matter.
const MOST_CHANGES: usize = 24;
/// The most codes of a column that have a bar.
const MOST_CODES: usize = 12;

pub(super) fn heat(batch: &BatchQuality, words: Words) -> Heat {
    let full = |view: &ViewQuality| {
        let cells = view.columns.iter().map(|column| {
            let share = share(column.filled, view.rows);
            (column.name.clone(), share, words.percent(share))
        });
        (view.view.to_string(), cells.collect())
    };
    let cells =
        batch.views.iter().flat_map(|view| view.columns.iter().map(move |column| (view, column)));
    let lowest = cells
        .map(|(view, column)| (share(column.filled, view.rows), &view.view, &column.name))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let summary = lowest.map(|(share, view, column)| {
        let text = words.say(Text::LeastFilled).replace("{column}", &format!("{view} · {column}"));
        text.replace("{value}", &words.percent(share))
    });
    let views = batch.views.iter().filter(|view| view.rows > 0).map(full).collect();
    Heat::new(words.say(Text::HowFilled), summary.unwrap_or_default(), views)
}

pub(super) fn view_plots(view: &ViewQuality, today: Date, words: Words) -> Figures {
    let plots = view.columns.iter().flat_map(|column| {
        let months = column.dates.as_ref().map(|dates| months(column, dates, today, words));
        let lags = column.dates.as_ref().map(|dates| lags(column, dates, words));
        let numbers = column.numbers.as_ref().map(|numbers| steps(column, numbers, words));
        [months, lags, numbers, codes(column, words)]
    });
    plots.flatten().collect()
}

/// How full the columns are month by month; nothing where all of them always are.
pub(super) fn filled_by_month(view: &ViewQuality, words: Words) -> Option<Months> {
    let found = view.months.as_ref()?;
    let names = found.names();
    let start = names.len().saturating_sub(FILLED_MONTHS);
    let months = names.get(start..)?;
    let (from, to) = (months.first()?, months.last()?);
    let in_order = view.columns.iter().filter_map(|column| {
        let cells = found.rows.iter().zip(found.filled.get(&column.name)?).skip(start);
        let cells = cells.map(|(rows, filled)| {
            let share = share(*filled, *rows);
            (*rows > 0).then(|| (share, words.percent(share)))
        });
        Some((column.name.clone(), cells.collect()))
    });
    let columns: Vec<_> = in_order.collect();
    if columns.is_empty() {
        return None;
    }
    let captions = Captions {
        title: words.say(Text::FilledByMonth).replace("{column}", &found.column),
        summary: words.say(Text::FilledByMonthSummary).replace("{from}", from).replace("{to}", to),
        label_heading: words.say(Text::Month),
        rows_heading: words.say(Text::Filled),
        table_title: words.say(Text::AsTable),
    };
    Some(Months::new(captions, months, columns))
}

fn captions(
    title: Text,
    label: Text,
    column: &ColumnQuality,
    summary: String,
    words: Words,
) -> Captions {
    Captions {
        title: words.say(title).replace("{column}", &column.name),
        summary,
        label_heading: words.say(label),
        rows_heading: words.say(Text::Rows),
        table_title: words.say(Text::AsTable),
    }
}

fn point(label: String, rows: u64, words: Words) -> Point {
    Point { label, rows, shown: words.count(rows) }
}

fn months(column: &ColumnQuality, dates: &DateSummary, today: Date, words: Words) -> Bars {
    let months = || dates.months.keys().filter_map(|month| month_number(month));
    // A date that lies far ahead by mistake does not push the others out of the picture.
    let now = number_of(today);
    let last = months().next_back().unwrap_or(now).min(now);
    let from = months().next().unwrap_or(last).clamp(last - MONTHS_SHOWN + 1, last);
    let (start, end) = (month(from), month(last));
    let older: u64 = dates.months.range(..start.clone()).map(|(_, rows)| rows).sum();
    let beyond = (Bound::Excluded(end.clone()), Bound::Unbounded);
    let later: u64 = dates.months.range(beyond).map(|(_, rows)| rows).sum();
    // A month without a row is a bar too: a gap is what one looks for.
    let between = (from..=last).map(month).map(|month| {
        let rows = dates.months.get(&month).copied().unwrap_or(0);
        point(month, rows, words)
    });
    let before = (older > 0).then(|| point(format!("< {start}"), older, words));
    let after = (later > 0).then(|| point(format!("> {end}"), later, words));
    let points = before.into_iter().chain(between).chain(after).collect();
    let summary = format!("{} … {}", dates.first, dates.last);
    Bars::new(captions(Text::ByMonth, Text::Month, column, summary, words), points)
}

fn lags(column: &ColumnQuality, dates: &DateSummary, words: Words) -> Bars {
    let labels = ["< 0", "0–7", "8–30", "31–90", "91–365", "≤ 730", "≤ 1826", "> 1826"];
    let points =
        labels.iter().zip(dates.lags).map(|(label, rows)| point((*label).to_owned(), rows, words));
    let [half, most, nearly] = dates.lag_days.map(|days| words.signed(days));
    let summary = words.say(Text::LagSummary).replace("{half}", &half);
    let summary = summary.replace("{most}", &most).replace("{nearly}", &nearly);
    Bars::new(captions(Text::ByLag, Text::Days, column, summary, words), points.collect())
}

fn steps(column: &ColumnQuality, numbers: &NumberSummary, words: Words) -> Bars {
    let points =
        numbers.histogram.iter().map(|(from, rows)| point(words.decimal(*from), *rows, words));
    let summary = words.say(Text::NumberSummary).replace("{mean}", &words.decimal(numbers.mean));
    let summary = summary.replace("{median}", &words.decimal(numbers.quantiles[3]));
    Bars::new(captions(Text::ByValue, Text::From, column, summary, words), points.collect())
}

fn codes(column: &ColumnQuality, words: Words) -> Option<Bars> {
    if column.codes.len() < 2 {
        return None;
    }
    let shown = column.codes.iter().take(MOST_CODES);
    let mut points: Vec<Point> =
        shown.map(|code| point(code.code.clone(), code.rows, words)).collect();
    let rest = column.filled.saturating_sub(points.iter().map(|point| point.rows).sum());
    if rest > 0 {
        points.push(point(words.say(Text::Others).to_owned(), rest, words));
    }
    let most = column.codes.first().map(|code| words.percent(share(code.rows, column.filled)));
    let summary = words.say(Text::MostFrequent).replace("{value}", &most.unwrap_or_default());
    Some(Bars::new(captions(Text::ByCode, Text::Code, column, summary, words), points))
}

pub(super) fn changes_of_volume(drift: &[Drift], words: Words) -> Option<Change> {
    let volumes =
        drift.iter().filter(|drift| matches!(drift.kind, DriftKind::Volume | DriftKind::ViewGone));
    let rows = volumes.map(|drift| Changed {
        name: drift.view.to_string(),
        before: drift.before,
        now: drift.now,
        figures: format!("{} → {}", words.decimal(drift.before), words.decimal(drift.now)),
    });
    let legend = (words.say(Text::Before), words.say(Text::Now));
    let summary = words.say(Text::VolumeSummary).to_owned();
    Change::new(words.say(Text::VolumeChange), summary, legend, rows.collect())
}

pub(super) fn changes_of_filled(drift: &[Drift], words: Words) -> Option<Change> {
    let mut filled: Vec<&Drift> = drift
        .iter()
        .filter(|drift| drift.kind == DriftKind::Filled && drift.size.abs() >= SMALLEST_CHANGE)
        .collect();
    filled.sort_by(|a, b| b.size.total_cmp(&a.size));
    filled.truncate(MOST_CHANGES);
    let rows = filled.into_iter().map(|drift| Changed {
        name: format!("{} · {}", drift.view, drift.column.as_deref().unwrap_or_default()),
        before: drift.before,
        now: drift.now,
        figures: format!("{} → {}", words.percent(drift.before), words.percent(drift.now)),
    });
    let legend = (words.say(Text::Before), words.say(Text::Now));
    let summary = words.say(Text::FilledSummary).to_owned();
    Change::new(words.say(Text::FilledChange), summary, legend, rows.collect())
}
