//! Rows of the query to a cube with its sides and labels.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use pipeline_disclosure::{
    Amount, Category, Contributions, CubeDimension, CubeMeasure, MeasureKind, RawCell, RawCube,
    Source,
};
use pipeline_domain::Language;
use pipeline_plan::{Dimension, Measure, Plan, Step, UNKNOWN};

use crate::{
    AggregateError,
    run::{lost, side, sums},
};

/// Puts the rows into a cube.
pub(crate) fn cube(
    plan: &Plan,
    source: Source,
    batches: &[RecordBatch],
) -> Result<RawCube, AggregateError> {
    let mut dimensions = Vec::new();
    let mut places: Vec<BTreeMap<String, usize>> = Vec::new();
    for (at, dimension) in plan.dimensions().iter().enumerate() {
        let codes = categories(dimension, at, batches)?;
        places.push(codes.iter().cloned().zip(0..).collect());
        dimensions.push(CubeDimension {
            name: dimension.name(),
            label: labels(|language| dimension.label(language)),
            categories: codes.into_iter().map(|code| category(dimension, code)).collect(),
        });
    }
    let sums = sums(plan).count();
    let mut cells = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            cells.push(cell(plan, batch, row, &places, sums)?);
        }
    }
    Ok(RawCube::new(source, dimensions, measures(plan), cells)?)
}

/// Refuses sums from which a value was left out because it is no number that can be added.
pub(crate) fn check_amounts(plan: &Plan, batches: &[RecordBatch]) -> Result<(), AggregateError> {
    for (at, column) in sums(plan).enumerate() {
        let records = total(batches, &lost(at))?;
        if records > 0 {
            return Err(AggregateError::NotANumber { column: column.to_string(), records });
        }
    }
    Ok(())
}

/// The records in all cells together.
pub(crate) fn records(batches: &[RecordBatch]) -> Result<u64, AggregateError> {
    total(batches, "records")
}

fn total(batches: &[RecordBatch], name: &str) -> Result<u64, AggregateError> {
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    rows.map(|(batch, row)| whole(batch, name, row)).sum()
}

fn measures(plan: &Plan) -> Vec<CubeMeasure> {
    let measure = |measure: &Measure| CubeMeasure {
        name: measure.name(),
        kind: match measure {
            Measure::Persons => MeasureKind::Persons,
            Measure::Records => MeasureKind::Records,
            Measure::Sum(_) => MeasureKind::Sum,
        },
        label: labels(|language| measure.label(language)),
    };
    plan.measures().iter().map(measure).collect()
}

/// The codes of a side that occur, in the order people read them; unknown comes last.
fn categories(
    dimension: &Dimension,
    at: usize,
    batches: &[RecordBatch],
) -> Result<Vec<String>, AggregateError> {
    let mut found = BTreeSet::new();
    for batch in batches {
        for raw in texts(batch, &side(at))?.iter().flatten() {
            found.insert((raw == UNKNOWN, raw.parse::<i64>().ok(), code(dimension, raw)));
        }
    }
    Ok(found.into_iter().map(|(_, _, code)| code).collect())
}

/// The query counts bands and quarters as numbers; a table names them.
fn code(dimension: &Dimension, raw: &str) -> String {
    let Ok(number) = raw.parse::<i64>() else {
        return raw.to_owned();
    };
    match dimension.by {
        Step::AgeBand(1) => number.to_string(),
        Step::AgeBand(years) => {
            let years = i64::from(years);
            format!("{}-{}", number * years, number * years + years - 1)
        }
        Step::Quarter => format!("{}-Q{}", number / 10, number % 10),
        Step::Month => format!("{}-{:02}", number / 100, number % 100),
        _ => raw.to_owned(),
    }
}

fn category(dimension: &Dimension, code: String) -> Category {
    Category { label: labels(|language| dimension.category_label(&code, language)), code }
}

fn labels(of: impl Fn(Language) -> String) -> BTreeMap<Language, String> {
    Language::ALL.into_iter().map(|language| (language, of(language))).collect()
}

fn cell(
    plan: &Plan,
    batch: &RecordBatch,
    row: usize,
    places: &[BTreeMap<String, usize>],
    sums: usize,
) -> Result<RawCell, AggregateError> {
    let mut at = Vec::new();
    for (number, (dimension, places)) in plan.dimensions().iter().zip(places).enumerate() {
        let raw = texts(batch, &side(number))?.value(row);
        at.push(places.get(&code(dimension, raw)).copied().ok_or_else(unexpected)?);
    }
    let sums = (0..sums).map(|number| contributions(batch, row, number));
    Ok(RawCell {
        at,
        persons: whole(batch, "persons", row)?,
        records: whole(batch, "records", row)?,
        sums: sums.collect::<Result<_, _>>()?,
    })
}

fn contributions(
    batch: &RecordBatch,
    row: usize,
    number: usize,
) -> Result<Contributions, AggregateError> {
    let amount = |name: &str| amount(batch, &format!("{name}_{number}"), row);
    Ok(Contributions {
        persons: whole(batch, &format!("contributors_{number}"), row)?,
        total: amount("total")?,
        magnitude: amount("magnitude")?,
        largest: amount("largest")?,
        second: amount("second")?,
    })
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, AggregateError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref());
    column.ok_or_else(unexpected)
}

fn whole(batch: &RecordBatch, name: &str, row: usize) -> Result<u64, AggregateError> {
    let column =
        batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref::<Int64Array>());
    let column = column.ok_or_else(unexpected)?;
    if column.is_null(row) {
        return Ok(0);
    }
    u64::try_from(column.value(row)).map_err(|_| unexpected())
}

fn amount(batch: &RecordBatch, name: &str, row: usize) -> Result<Amount, AggregateError> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<Decimal128Array>());
    let column = column.ok_or_else(unexpected)?;
    // Nobody has a value, or nobody comes second: nothing is contributed.
    Ok(if column.is_null(row) { Amount::ZERO } else { Amount::from_millionths(column.value(row)) })
}

fn unexpected() -> AggregateError {
    AggregateError::Engine { stage: "reading its own answer" }
}
