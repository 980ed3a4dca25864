//! Conditions and categories of a plan as typed expressions.

use std::sync::Arc;

use arrow::{array::StringArray, datatypes::DataType};
use datafusion::{
    common::cast::as_string_array,
    error::DataFusionError,
    functions::expr_fn::{coalesce, left},
    logical_expr::{ColumnarValue, Expr, Volatility, cast, create_udf, try_cast, when},
    prelude::{ident, lit},
    scalar::ScalarValue,
};
use pipeline_domain::{ColumnKind, Period};
use pipeline_exchange::lake::VersionManifest;
use pipeline_plan::{Bound, Column, Dimension, Filter, Province, Step, Test, UNKNOWN, Value};
use time::{
    Date,
    macros::{date, format_description},
};

use crate::{
    AggregateError, calendar,
    references::{References, own_atc},
};

const EPOCH: Date = date!(1970 - 01 - 01);

/// Twenty digits before the point and six after it: a table of a billion such values still adds up
/// inside the 38 digits of a sum.
const AMOUNT: DataType = DataType::Decimal128(26, 6);
/// The first number that is too large for [`AMOUNT`].
const TOO_LARGE: f64 = 1e20;

/// The datasets a plan reads, to find its columns in.
pub(crate) struct Columns<'a> {
    pub(crate) events: &'a VersionManifest,
    pub(crate) persons: Option<&'a VersionManifest>,
    /// The reference data its sides are broken down by.
    pub(crate) references: &'a References,
    /// The column with the day of the event.
    pub(crate) day: Option<&'a Column>,
}

impl Columns<'_> {
    /// The type of a column, and the expression that reads it.
    pub(crate) fn find(&self, column: &Column) -> Result<(ColumnKind, Expr), AggregateError> {
        let manifest = match self.persons {
            Some(persons) if column.is_of_person() => persons,
            _ => self.events,
        };
        let found = manifest.columns.iter().find(|known| known.name == column.name());
        let found = found.ok_or_else(|| AggregateError::NoColumn {
            dataset: manifest.dataset.clone(),
            column: column.name().to_owned(),
            known: manifest
                .columns
                .iter()
                .map(|known| known.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        Ok((found.kind, ident(column.flat_name())))
    }

    /// The days that count.
    pub(crate) fn within(&self, column: &Column, period: Period) -> Result<Expr, AggregateError> {
        match self.find(column)? {
            (ColumnKind::Date, day) => {
                Ok(day.between(day_literal(period.first()), day_literal(period.last())))
            }
            _ => Err(wrong(column, "a period needs a date column")),
        }
    }

    /// A condition of the cohort.
    pub(crate) fn condition(&self, filter: &Filter) -> Result<Expr, AggregateError> {
        let (kind, column) = self.find(&filter.column)?;
        match &filter.test {
            Test::Is(values) => {
                let literals = values.iter().map(|value| literal(value, kind, &filter.column));
                Ok(column.in_list(literals.collect::<Result<_, _>>()?, false))
            }
            Test::StartsWith(prefixes) if kind == ColumnKind::Text => {
                let tests = prefixes.iter().map(|prefix| begins(&column, prefix));
                Ok(tests.reduce(Expr::or).unwrap_or_else(|| lit(false)))
            }
            Test::StartsWith(_) => Err(wrong(&filter.column, "only a text begins with something")),
            Test::Between(low, high) => {
                let literal = |bound| bound_literal(bound, kind, &filter.column);
                Ok(column.between(literal(low)?, literal(high)?))
            }
        }
    }

    /// The category of a record on one side of the table: a number where [`shape`](crate::shape)
    /// names it, and null where there is none; or else a text.
    pub(crate) fn category(&self, dimension: &Dimension) -> Result<Expr, AggregateError> {
        let (kind, column) = self.find(&dimension.column)?;
        let needs = |wanted: ColumnKind, what| {
            if kind == wanted { Ok(()) } else { Err(wrong(&dimension.column, what)) }
        };
        let category = match dimension.by {
            Step::Whole if kind == ColumnKind::Decimal => {
                return Err(wrong(&dimension.column, "a number with decimals is no category"));
            }
            Step::Whole if kind == ColumnKind::Linked => {
                return Err(wrong(&dimension.column, "it stands for somebody"));
            }
            Step::Whole => text(column),
            Step::Prefix(length) => {
                needs(ColumnKind::Text, "only a code has first characters")?;
                left(column, lit(i64::from(length)))
            }
            Step::AgeBand(_) | Step::AgeFrom(_) => {
                let day = self.day.ok_or(AggregateError::AgeWithoutPeriod)?;
                let group = calendar::age_group(dimension.by, self.find(day)?.1, column, kind);
                let what = "bands of age need a year or a date of birth";
                return group.ok_or_else(|| wrong(&dimension.column, what));
            }
            Step::Year => {
                needs(ColumnKind::Date, "only a date has a year")?;
                return Ok(calendar::year(column));
            }
            Step::Quarter => {
                needs(ColumnKind::Date, "only a date has a quarter")?;
                return Ok(calendar::quarter(column));
            }
            Step::Month => {
                needs(ColumnKind::Date, "only a date has a month")?;
                return Ok(calendar::month(column));
            }
            Step::Province => {
                needs(ColumnKind::Text, "only a NIS code has a province")?;
                place("province_of_nis", column, Province::code)
            }
            Step::Region => {
                needs(ColumnKind::Text, "only a NIS code has a region")?;
                place("region_of_nis", column, |province| province.region().code())
            }
            Step::Arrondissement | Step::PrimaryCareZone => {
                needs(ColumnKind::Text, "only a NIS code lies in an area")?;
                self.references.category(dimension, column)?
            }
            Step::AtcLevel(_) => {
                needs(ColumnKind::Text, "only an ATC code has a level")?;
                self.references.category(dimension, column)?
            }
            Step::AtcOfCnk(_) => {
                needs(ColumnKind::Text, "only a CNK code has an ATC code")?;
                self.by_product(dimension, column)?
            }
        };
        let is_known = category.clone().is_not_null().and(category.clone().not_eq(lit("")));
        when(is_known, category).otherwise(lit(UNKNOWN)).map_err(engine)
    }

    /// The ATC group of a record by its own code, where the dataset has one and it is listed, or
    /// else by its product.
    fn by_product(&self, dimension: &Dimension, cnk: Expr) -> Result<Expr, AggregateError> {
        let by_product = self.references.category(dimension, cnk)?;
        match own_atc(dimension).map(|column| self.find(&column)) {
            Some(Ok((ColumnKind::Text, atc))) => {
                let own = self.references.own_category(dimension, atc)?;
                Ok(coalesce(vec![own, by_product]))
            }
            _ => Ok(by_product),
        }
    }

    /// One where a record has a value that [`amount`](Self::amount) cannot take. The value itself is
    /// looked at: that a failed cast is null, the optimiser may reason away.
    pub(crate) fn no_amount(&self, column: &Column) -> Result<Option<Expr>, AggregateError> {
        let (kind, value) = self.find(column)?;
        if kind != ColumnKind::Decimal {
            return Ok(None);
        }
        let is_amount = value.clone().gt(lit(-TOO_LARGE)).and(value.lt(lit(TOO_LARGE)));
        let counted = when(is_amount.is_false(), lit(1_i64)).otherwise(lit(0_i64));
        counted.map(Some).map_err(engine)
    }

    /// A numeric column in exact millionths, so that the order of adding changes nothing.
    pub(crate) fn amount(&self, column: &Column) -> Result<Expr, AggregateError> {
        match self.find(column)? {
            (ColumnKind::Integer | ColumnKind::Decimal, value) => Ok(try_cast(value, AMOUNT)),
            _ => Err(wrong(column, "only numbers can be added up")),
        }
    }
}

/// The code of the province or region a municipality lies in.
fn place(name: &str, nis: Expr, code: fn(Province) -> &'static str) -> Expr {
    let find = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let places = as_string_array(&arrays[0])?.iter();
        let codes: StringArray = places.map(|nis| Province::of_nis(nis?).map(code)).collect();
        Ok(ColumnarValue::Array(Arc::new(codes)))
    };
    let arguments = vec![DataType::Utf8];
    let function =
        create_udf(name, arguments, DataType::Utf8, Volatility::Immutable, Arc::new(find));
    function.call(vec![text(nis)])
}

fn begins(column: &Expr, prefix: &str) -> Expr {
    let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
    left(column.clone(), lit(length)).eq(lit(prefix))
}

fn text(value: Expr) -> Expr {
    cast(value, DataType::Utf8)
}

fn literal(value: &Value, kind: ColumnKind, column: &Column) -> Result<Expr, AggregateError> {
    match (value, kind) {
        (Value::Text(text), ColumnKind::Text) => Ok(lit(text.as_str())),
        (Value::Text(text), ColumnKind::Date) => {
            let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
            day.map(day_literal)
                .map_err(|_| wrong(column, "a date is held against a day like 2025-01-01"))
        }
        (Value::Integer(number), ColumnKind::Integer | ColumnKind::Decimal) => Ok(lit(*number)),
        (Value::Boolean(truth), ColumnKind::Boolean) => Ok(lit(*truth)),
        _ => Err(wrong(column, "it is held against a value of another type")),
    }
}

fn bound_literal(bound: &Bound, kind: ColumnKind, column: &Column) -> Result<Expr, AggregateError> {
    match (bound, kind) {
        (Bound::Integer(number), ColumnKind::Integer | ColumnKind::Decimal) => Ok(lit(*number)),
        (Bound::Day(day), ColumnKind::Date) => Ok(day_literal(*day)),
        _ => Err(wrong(column, "it is held against bounds of another type")),
    }
}

fn day_literal(day: Date) -> Expr {
    lit(ScalarValue::Date32(Some(day.to_julian_day() - EPOCH.to_julian_day())))
}

fn wrong(column: &Column, what: &'static str) -> AggregateError {
    AggregateError::WrongType { column: column.to_string(), what }
}

fn engine(_: datafusion::error::DataFusionError) -> AggregateError {
    AggregateError::Engine { stage: "putting the query together" }
}
