//! Rows of a list to and from Parquet. Serde names the columns, so that a row is written once.

use std::{cmp::Ordering, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    },
    datatypes::{Date32Type, Field, Float64Type, Int64Type, Schema, SchemaRef},
    error::ArrowError,
};
use pipeline_domain::ColumnKind;
use pipeline_exchange::wire::data_type;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use time::{Date, Duration, macros::date};

use crate::{Kind, csv_file::day};

const EPOCH: Date = date!(1970 - 01 - 01);

/// A row as names and values, in the order of its columns.
pub type Row = Map<String, Value>;

/// A row of a reference list.
pub trait Entry: Clone + PartialEq + Serialize + DeserializeOwned {
    /// The list.
    const KIND: Kind;
    /// Its columns, named as serde names the fields.
    const COLUMNS: &'static [(&'static str, ColumnKind)];

    /// The order in which rows stand; two rows that are equal in it are one and the same thing.
    fn order(&self, other: &Self) -> Ordering;
}

/// The schema of a list.
pub(crate) fn schema<T: Entry>() -> SchemaRef {
    let field = |(name, kind): &(&str, ColumnKind)| Field::new(*name, data_type(*kind), true);
    Arc::new(Schema::new(T::COLUMNS.iter().map(field).collect::<Vec<_>>()))
}

/// A row as names and values; fields without a value are left out.
pub(crate) fn row<T: Entry>(entry: &T) -> Row {
    let object = match serde_json::to_value(entry) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    object.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Rows as one record batch.
pub(crate) fn batch<T: Entry>(entries: &[T]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<Row> = entries.iter().map(row).collect();
    let columns = T::COLUMNS.iter().map(|(name, kind)| column(&rows, name, *kind));
    RecordBatch::try_new(schema::<T>(), columns.collect())
}

/// The rows of a record batch; none where it is no batch of this list.
pub(crate) fn entries<T: Entry>(batch: &RecordBatch) -> Option<Vec<T>> {
    let mut rows = vec![Row::new(); batch.num_rows()];
    for (name, kind) in T::COLUMNS {
        let column = batch.column_by_name(name)?;
        if *column.data_type() != data_type(*kind) {
            return None;
        }
        for (at, row) in rows.iter_mut().enumerate() {
            if column.is_valid(at) {
                row.insert((*name).to_owned(), value(column, *kind, at)?);
            }
        }
    }
    rows.into_iter().map(|row| serde_json::from_value(Value::Object(row)).ok()).collect()
}

fn column(rows: &[Row], name: &str, kind: ColumnKind) -> ArrayRef {
    let values = rows.iter().map(|row| row.get(name));
    match kind {
        ColumnKind::Decimal => {
            Arc::new(values.map(|value| value?.as_f64()).collect::<Float64Array>())
        }
        ColumnKind::Integer => {
            Arc::new(values.map(|value| value?.as_i64()).collect::<Int64Array>())
        }
        ColumnKind::Date => {
            let days = |value: Option<&Value>| {
                day(value?.as_str()?).map(|day| day.to_julian_day() - EPOCH.to_julian_day())
            };
            Arc::new(values.map(days).collect::<Date32Array>())
        }
        _ => Arc::new(values.map(|value| value?.as_str()).collect::<StringArray>()),
    }
}

fn value(column: &ArrayRef, kind: ColumnKind, at: usize) -> Option<Value> {
    Some(match kind {
        ColumnKind::Decimal => column.as_primitive::<Float64Type>().value(at).into(),
        ColumnKind::Integer => column.as_primitive::<Int64Type>().value(at).into(),
        ColumnKind::Date => {
            let days = column.as_primitive::<Date32Type>().value(at);
            EPOCH.checked_add(Duration::days(days.into()))?.to_string().into()
        }
        ColumnKind::Text => column.as_string::<i32>().value(at).into(),
        ColumnKind::Boolean | ColumnKind::Linked => return None,
    })
}
