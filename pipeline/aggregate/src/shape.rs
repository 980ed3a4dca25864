//! Rows of the query to a cube with its sides and labels.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, AsArray, Decimal128Array, Int64Array, RecordBatch, StringArray};
use pipeline_disclosure::{
    Amount, Category, Contributions, CubeDimension, CubeMeasure, MeasureKind, RawCell, RawCube,
    Source,
};
use pipeline_domain::Language;
use pipeline_plan::{Dimension, Measure, Plan, Step, UNKNOWN};

use crate::{
    AggregateError, contributions,
    references::References,
    run::{lost, side, sum_of, sums},
};

/// Puts the rows into a cube.
pub(crate) fn cube(
    plan: &Plan,
    source: Source,
    references: &References,
    batches: &[RecordBatch],
) -> Result<RawCube, AggregateError> {
    let mut dimensions = Vec::new();
    let mut places: Vec<BTreeMap<String, usize>> = Vec::new();
    for (at, dimension) in plan.dimensions().iter().enumerate() {
        let codes = match references.categories(dimension) {
            Some(codes) => codes,
            None => categories(dimension, at, batches)?,
        };
        places.push(codes.iter().cloned().zip(0..).collect());
        dimensions.push(CubeDimension {
            name: dimension.name(),
            label: labels(|language| dimension.label(language)),
            categories: codes
                .into_iter()
                .map(|code| category(dimension, references, code))
                .collect(),
        });
    }
    let mut cells = Vec::new();
    for batch in batches {
        let columns = Columns::of(plan, batch)?;
        let mut known: Vec<HashMap<Raw<'_>, usize>> = vec![HashMap::new(); places.len()];
        for row in 0..batch.num_rows() {
            let mut at = Vec::with_capacity(places.len());
            for (number, dimension) in plan.dimensions().iter().enumerate() {
                let raw = columns.sides[number].raw(row);
                let place = if let Some(place) = known[number].get(&raw) {
                    *place
                } else {
                    let place = places[number].get(&code(dimension, raw)).copied();
                    *known[number].entry(raw).or_insert(place.ok_or_else(unexpected)?)
                };
                at.push(place);
            }
            cells.push(columns.cell(at, row)?);
        }
    }
    Ok(RawCube::new(source, dimensions, measures(plan), cells)?)
}

/// Refuses sums from which a value was left out because it is no number that can be added.
pub(crate) fn check_amounts(plan: &Plan, batches: &[RecordBatch]) -> Result<(), AggregateError> {
    for (at, column) in sums(plan).enumerate() {
        if batches.iter().all(|batch| batch.column_by_name(&lost(at)).is_none()) {
            continue;
        }
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
    let mut sum = 0;
    for batch in batches {
        let column = wholes(batch, name)?;
        for row in 0..batch.num_rows() {
            sum += whole(column, row)?;
        }
    }
    Ok(sum)
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
        let sides = Side::of(batch, at)?;
        let mut last = None;
        for row in 0..batch.num_rows() {
            let raw = sides.raw(row);
            if last != Some(raw) {
                found.insert(raw);
                last = Some(raw);
            }
        }
    }
    let mut codes: Vec<(bool, Option<i64>, String)> = Vec::new();
    for raw in found {
        let number = match raw {
            Raw::Number(number) => Some(number),
            Raw::Text(text) => text.parse().ok(),
            Raw::Unknown => None,
        };
        let code = code(dimension, raw);
        codes.push((code == UNKNOWN, number, code));
    }
    codes.sort_unstable();
    codes.dedup();
    Ok(codes.into_iter().map(|(_, _, code)| code).collect())
}

/// The categories of one side of the table, row by row.
enum Side<'a> {
    Numbers(&'a Int64Array),
    Texts(&'a StringArray),
}

/// A category as the query answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Raw<'a> {
    Number(i64),
    Text(&'a str),
    Unknown,
}

impl<'a> Side<'a> {
    fn of(batch: &'a RecordBatch, at: usize) -> Result<Self, AggregateError> {
        let column = batch.column_by_name(&side(at)).ok_or_else(unexpected)?.as_any();
        let numbers = column.downcast_ref().map(Self::Numbers);
        numbers.or_else(|| column.downcast_ref().map(Self::Texts)).ok_or_else(unexpected)
    }

    fn raw(&self, row: usize) -> Raw<'a> {
        match self {
            Self::Numbers(numbers) if numbers.is_valid(row) => Raw::Number(numbers.value(row)),
            Self::Texts(texts) if texts.is_valid(row) => Raw::Text(texts.value(row)),
            _ => Raw::Unknown,
        }
    }
}

/// The query counts bands and quarters as numbers; a table names them.
fn code(dimension: &Dimension, raw: Raw<'_>) -> String {
    let number = match raw {
        Raw::Number(number) => number,
        Raw::Text(text) => return text.to_owned(),
        Raw::Unknown => return UNKNOWN.to_owned(),
    };
    match dimension.by {
        Step::AgeBand(1) => number.to_string(),
        Step::AgeBand(years) => {
            let years = i64::from(years);
            format!("{}-{}", number * years, number * years + years - 1)
        }
        Step::AgeFrom(starts) => {
            let name =
                usize::try_from(number).ok().and_then(|at| starts.names().into_iter().nth(at));
            name.unwrap_or_else(|| UNKNOWN.to_owned())
        }
        Step::Quarter => format!("{}-Q{}", number.div_euclid(4), number.rem_euclid(4) + 1),
        Step::Month => format!("{}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1),
        _ => number.to_string(),
    }
}

fn category(dimension: &Dimension, references: &References, code: String) -> Category {
    let label = match references.labels(dimension, &code) {
        Some(names) => names.clone(),
        None => labels(|language| dimension.category_label(&code, language)),
    };
    Category { label, code }
}

fn labels(of: impl Fn(Language) -> String) -> BTreeMap<Language, String> {
    Language::ALL.into_iter().map(|language| (language, of(language))).collect()
}

/// The columns of a batch of the answer.
struct Columns<'a> {
    sides: Vec<Side<'a>>,
    persons: &'a Int64Array,
    records: &'a Int64Array,
    sums: Vec<Sum<'a>>,
}

/// The columns of one sum.
struct Sum<'a> {
    contributors: &'a Int64Array,
    total: &'a Decimal128Array,
    magnitude: &'a Decimal128Array,
    largest: &'a Decimal128Array,
    second: &'a Decimal128Array,
}

impl<'a> Columns<'a> {
    fn of(plan: &Plan, batch: &'a RecordBatch) -> Result<Self, AggregateError> {
        let sides = (0..plan.dimensions().len()).map(|at| Side::of(batch, at));
        let sums = (0..sums(plan).count()).map(|at| Sum::of(batch, at));
        Ok(Self {
            sides: sides.collect::<Result<_, _>>()?,
            persons: wholes(batch, "persons")?,
            records: wholes(batch, "records")?,
            sums: sums.collect::<Result<_, _>>()?,
        })
    }

    fn cell(&self, at: Vec<usize>, row: usize) -> Result<RawCell, AggregateError> {
        let sums = self.sums.iter().map(|sum| sum.contributions(row));
        Ok(RawCell {
            at,
            persons: whole(self.persons, row)?,
            records: whole(self.records, row)?,
            sums: sums.collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> Sum<'a> {
    fn of(batch: &'a RecordBatch, at: usize) -> Result<Self, AggregateError> {
        let all = batch.column_by_name(&sum_of(at)).and_then(|column| column.as_struct_opt());
        let all = all.ok_or_else(unexpected)?;
        let amounts = |name: &str| {
            let column = all.column_by_name(name);
            column.and_then(|column| column.as_primitive_opt()).ok_or_else(unexpected)
        };
        let contributors = all.column_by_name(contributions::CONTRIBUTORS);
        Ok(Self {
            contributors: contributors
                .and_then(|column| column.as_primitive_opt())
                .ok_or_else(unexpected)?,
            total: amounts(contributions::SUM)?,
            magnitude: amounts(contributions::MAGNITUDE)?,
            largest: amounts(contributions::LARGEST)?,
            second: amounts(contributions::SECOND)?,
        })
    }

    fn contributions(&self, row: usize) -> Result<Contributions, AggregateError> {
        let amount = |column: &Decimal128Array| Amount::from_millionths(column.value(row));
        Ok(Contributions {
            persons: whole(self.contributors, row)?,
            total: amount(self.total),
            magnitude: amount(self.magnitude),
            largest: amount(self.largest),
            second: amount(self.second),
        })
    }
}

fn wholes<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array, AggregateError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt());
    column.ok_or_else(unexpected)
}

fn whole(column: &Int64Array, row: usize) -> Result<u64, AggregateError> {
    if column.is_null(row) {
        return Ok(0);
    }
    u64::try_from(column.value(row)).map_err(|_| unexpected())
}

fn unexpected() -> AggregateError {
    AggregateError::Engine { stage: "reading its own answer" }
}
