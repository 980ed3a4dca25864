//! Plots as inline SVG: places are computed here, the markup is in the templates.

use askama::Template;

/// The width of every plot, in its own units.
const WIDTH: f64 = 640.0;
/// The room for bars, above the labels.
const BARS_HEIGHT: f64 = 140.0;
const BARS_TOP: f64 = 18.0;
/// About so many labels fit below the bars.
const LABELS: usize = 8;
/// The room for names at the left.
const NAMES_WIDTH: f64 = 190.0;
const ROW_HEIGHT: f64 = 26.0;
/// The room for figures at the right.
const FIGURES_WIDTH: f64 = 130.0;

/// Names and figures of a plot.
pub(super) struct Point {
    pub(super) label: String,
    pub(super) rows: u64,
    pub(super) shown: String,
}

/// Columns over an axis: months, lags, steps of a number.
#[derive(Template)]
#[template(path = "bars.html")]
pub(super) struct Bars {
    title: String,
    summary: String,
    label_heading: &'static str,
    rows_heading: &'static str,
    table_title: &'static str,
    highest: String,
    points: Vec<Point>,
    marks: Vec<Bar>,
}

struct Bar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    middle: f64,
    has_label: bool,
}

/// What a plot is called, for those who see it and those who do not.
pub(super) struct Captions {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) label_heading: &'static str,
    pub(super) rows_heading: &'static str,
    pub(super) table_title: &'static str,
}

impl Bars {
    pub(super) fn new(captions: Captions, points: Vec<Point>) -> Self {
        let most = points.iter().map(|point| point.rows).max().unwrap_or(0).max(1);
        let highest = points.iter().max_by_key(|point| point.rows);
        let highest = highest.map(|point| point.shown.clone()).unwrap_or_default();
        let step = WIDTH / real(points.len().max(1));
        let every = points.len().div_ceil(LABELS).max(1);
        let bars = points.iter().enumerate().map(|(at, point)| {
            let height = BARS_HEIGHT * crate::view::share(point.rows, most);
            // A bar for a single row among millions can still be seen.
            let height = if point.rows > 0 { height.max(1.5) } else { 0.0 };
            let x = step * real(at);
            Bar {
                x: tenth(x + step * 0.08),
                y: tenth(BARS_TOP + BARS_HEIGHT - height),
                width: tenth(step * 0.84),
                height: tenth(height),
                middle: tenth(x + step / 2.0),
                has_label: at % every == 0,
            }
        });
        Self {
            title: captions.title,
            summary: captions.summary,
            label_heading: captions.label_heading,
            rows_heading: captions.rows_heading,
            table_title: captions.table_title,
            highest,
            marks: bars.collect(),
            points,
        }
    }
}

/// A cell a column, a row a view: how full, as a shade and as a figure.
#[derive(Template)]
#[template(path = "heat.html")]
pub(super) struct Heat {
    title: &'static str,
    summary: String,
    height: f64,
    width: f64,
    rows: Vec<HeatRow>,
}

struct HeatRow {
    name: String,
    y: f64,
    cells: Vec<HeatCell>,
}

struct HeatCell {
    x: f64,
    band: u8,
    name: String,
    shown: String,
}

/// A view of the heat map: its name, and for each column its name, share and figure.
pub(super) type HeatView = (String, Vec<(String, f64, String)>);

impl Heat {
    pub(super) fn new(title: &'static str, summary: String, views: Vec<HeatView>) -> Self {
        const CELL: f64 = 104.0;
        const NAMES: f64 = 130.0;
        const ROW: f64 = 46.0;
        /// A view with more columns goes on in the next row.
        const CELLS: usize = 8;
        let cell = |(place, (name, share, shown)): (usize, (String, f64, String))| HeatCell {
            x: NAMES + CELL * real(place),
            band: band(share),
            name: shortened(name, 15),
            shown,
        };
        let mut rows = Vec::new();
        for (view, columns) in views {
            let mut name = shortened(view, 18);
            let mut columns = columns.into_iter().peekable();
            while columns.peek().is_some() {
                let y = ROW * real(rows.len()) + 2.0;
                let cells = columns.by_ref().take(CELLS).enumerate().map(cell).collect();
                rows.push(HeatRow { name: std::mem::take(&mut name), y, cells });
            }
        }
        let (height, width) = (ROW * real(rows.len()) + 4.0, NAMES + CELL * real(CELLS));
        Self { title, summary, height, width, rows }
    }
}

/// A cell a month, a row a column: how full, as a shade, with the figures in a table below.
#[derive(Template)]
#[template(path = "months.html")]
pub(super) struct Months {
    title: String,
    summary: String,
    month_heading: &'static str,
    table_title: &'static str,
    height: f64,
    cell_width: f64,
    rows: Vec<MonthsRow>,
    labels: Vec<(f64, String)>,
    lines: Vec<MonthsLine>,
}

struct MonthsRow {
    name: String,
    y: f64,
    cells: Vec<MonthCell>,
}

struct MonthCell {
    x: f64,
    middle: f64,
    /// No shade where the month has no row.
    band: Option<u8>,
}

struct MonthsLine {
    month: String,
    cells: Vec<String>,
}

/// A column of the plot of months: its name, and for each month its share and figure.
pub(super) type FilledMonths = (String, Vec<Option<(f64, String)>>);

impl Months {
    pub(super) fn new(captions: Captions, months: &[String], columns: Vec<FilledMonths>) -> Self {
        const ROW: f64 = 22.0;
        let step = (WIDTH - NAMES_WIDTH) / real(months.len().max(1));
        let start = |at: usize| NAMES_WIDTH + step * real(at);
        let every = months.len().div_ceil(LABELS).max(1);
        let labels = months.iter().enumerate().step_by(every);
        let labels = labels.map(|(at, month)| (tenth(start(at) + step / 2.0), month.clone()));
        let line = |(at, month): (usize, &String)| {
            let cells = columns.iter().map(|(_, cells)| match cells.get(at) {
                Some(Some((_, shown))) => shown.clone(),
                _ => "–".to_owned(),
            });
            MonthsLine { month: month.clone(), cells: cells.collect() }
        };
        let lines = months.iter().enumerate().map(line).collect();
        let height = ROW * real(columns.len()) + 22.0;
        let rows = columns.into_iter().enumerate().map(|(row, (name, cells))| {
            let cells = cells.into_iter().enumerate().map(|(at, cell)| MonthCell {
                x: tenth(start(at)),
                middle: tenth(start(at) + step / 2.0),
                band: cell.map(|(share, _)| band(share)),
            });
            MonthsRow {
                name: shortened(name, 28),
                y: ROW * real(row) + 2.0,
                cells: cells.collect(),
            }
        });
        Self {
            title: captions.title,
            summary: captions.summary,
            month_heading: captions.label_heading,
            table_title: captions.table_title,
            height,
            cell_width: tenth(step * 0.9),
            rows: rows.collect(),
            labels: labels.collect(),
            lines,
        }
    }
}

/// Five shades, from nearly empty to nearly full.
fn band(share: f64) -> u8 {
    let limits = [0.25, 0.5, 0.8, 0.95];
    u8::try_from(limits.iter().filter(|limit| share >= **limit).count()).unwrap_or(0)
}

/// Rows with a mark for before and one for now.
#[derive(Template)]
#[template(path = "change.html")]
pub(super) struct Change {
    title: &'static str,
    summary: String,
    legend: (&'static str, &'static str),
    height: f64,
    rows: Vec<ChangeRow>,
}

struct ChangeRow {
    name: String,
    y: f64,
    before: f64,
    now: f64,
    figures: String,
}

/// A row of the plot of changes: its name, both values, and how they are written.
pub(super) struct Changed {
    pub(super) name: String,
    pub(super) before: f64,
    pub(super) now: f64,
    pub(super) figures: String,
}

impl Change {
    /// Nothing changed, no plot.
    pub(super) fn new(
        title: &'static str,
        summary: String,
        legend: (&'static str, &'static str),
        changed: Vec<Changed>,
    ) -> Option<Self> {
        let most = changed.iter().flat_map(|row| [row.before, row.now]).fold(0.0, f64::max);
        if changed.is_empty() || most <= 0.0 {
            return None;
        }
        let room = WIDTH - NAMES_WIDTH - FIGURES_WIDTH - 20.0;
        let place = |value: f64| tenth(NAMES_WIDTH + 10.0 + room * value / most);
        let height = ROW_HEIGHT * real(changed.len()) + 30.0;
        let rows = changed.into_iter().enumerate().map(|(at, row)| ChangeRow {
            name: shortened(row.name, 28),
            y: 40.0 + ROW_HEIGHT * real(at),
            before: place(row.before),
            now: place(row.now),
            figures: row.figures,
        });
        Some(Self { title, summary, legend, height, rows: rows.collect() })
    }
}

/// Cuts a name to the room it has; the whole name stands in the tables.
fn shortened(name: String, most: usize) -> String {
    if name.chars().count() <= most {
        return name;
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

/// A tenth of a unit is finer than a screen.
fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "a plot has some hundreds of marks")]
fn real(count: usize) -> f64 {
    count as f64
}
