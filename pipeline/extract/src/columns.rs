//! Rows as columns, filled cell by cell, with what the policy does to each value on the way.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, BooleanBufferBuilder, FixedSizeBinaryArray, PrimitiveArray,
        RecordBatch, StringArray,
    },
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{Date32Type, Float64Type, Int64Type, SchemaRef},
    error::ArrowError,
};
use pipeline_domain::{ColumnKind, RowToken, Treatment};
use pipeline_views::CellRef;
use time::{Date, Month, macros::date};

/// Day 0 of the `Date32` type.
const EPOCH: Date = date!(1970 - 01 - 01);

/// The columns of one view, while rows come in.
#[derive(Debug)]
pub(crate) struct Columns {
    tokens: Vec<u8>,
    cells: Vec<Column>,
    /// The records of the rows, where the batch tells them.
    records: Option<Column>,
}

#[derive(Debug)]
struct Column {
    values: Values,
    valid: BooleanBufferBuilder,
    treatment: Treatment,
}

#[derive(Debug)]
enum Values {
    Text { bytes: Vec<u8>, ends: Vec<i32> },
    Date(Vec<i32>),
    Integer(Vec<i64>),
    Decimal(Vec<f64>),
    Boolean(Vec<bool>),
    Linked(Vec<u8>),
}

impl Columns {
    pub(crate) fn new(
        kinds: impl Iterator<Item = (ColumnKind, Treatment)>,
        has_record_ids: bool,
    ) -> Self {
        let column = |(kind, treatment)| Column {
            values: Values::new(kind),
            valid: BooleanBufferBuilder::new(1024),
            treatment,
        };
        let records = has_record_ids.then(|| column((ColumnKind::Linked, Treatment::Keep)));
        Self { tokens: Vec::new(), cells: kinds.map(column).collect(), records }
    }

    pub(crate) fn rows(&self) -> usize {
        self.tokens.len() / RowToken::LEN
    }

    /// Adds a row. `shift` moves the dates whose policy asks for it; `link` turns the identifier of
    /// a linked column into its token.
    pub(crate) fn add(
        &mut self,
        token: RowToken,
        record: Option<RowToken>,
        cells: &[CellRef<'_>],
        shift: &dyn Fn(u16) -> i32,
        link: &mut dyn FnMut(usize, &str) -> Option<RowToken>,
    ) {
        self.tokens.extend_from_slice(token.as_bytes());
        for (at, (column, cell)) in self.cells.iter_mut().zip(cells).enumerate() {
            let filled = column.values.push(cell, column.treatment, shift, &mut |id| link(at, id));
            column.valid.append(filled);
        }
        if let Some(records) = &mut self.records {
            records.valid.append(records.values.push_token(record));
        }
    }

    /// Takes rows away again: those of a record that turned out to have a fault.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.tokens.truncate(rows * RowToken::LEN);
        for column in self.cells.iter_mut().chain(&mut self.records) {
            column.valid.truncate(rows);
            column.values.truncate(rows);
        }
    }

    /// The rows so far, which leave.
    pub(crate) fn finish(&mut self, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        let len = i32::try_from(RowToken::LEN).unwrap_or(i32::MAX);
        let tokens = Buffer::from_vec(std::mem::take(&mut self.tokens));
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.cells.len() + 1);
        arrays.push(Arc::new(FixedSizeBinaryArray::try_new(len, tokens, None)?));
        for column in self.cells.iter_mut().chain(&mut self.records) {
            arrays.push(column.finish()?);
        }
        RecordBatch::try_new(Arc::clone(schema), arrays)
    }
}

impl Column {
    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let valid: BooleanBuffer = self.valid.finish();
        let nulls = Some(NullBuffer::new(valid)).filter(|nulls| nulls.null_count() > 0);
        Ok(match &mut self.values {
            Values::Text { bytes, ends } => {
                let values = Buffer::from_vec(std::mem::take(bytes));
                let ends = std::mem::replace(ends, vec![0]);
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(StringArray::try_new(offsets, values, nulls)?)
            }
            Values::Date(values) => {
                Arc::new(PrimitiveArray::<Date32Type>::try_new(taken(values), nulls)?)
            }
            Values::Integer(values) => {
                Arc::new(PrimitiveArray::<Int64Type>::try_new(taken(values), nulls)?)
            }
            Values::Decimal(values) => {
                Arc::new(PrimitiveArray::<Float64Type>::try_new(taken(values), nulls)?)
            }
            Values::Boolean(values) => {
                let values = BooleanBuffer::from(std::mem::take(values));
                Arc::new(BooleanArray::new(values, nulls))
            }
            Values::Linked(values) => {
                let len = i32::try_from(RowToken::LEN).unwrap_or(i32::MAX);
                let values = Buffer::from_vec(std::mem::take(values));
                Arc::new(FixedSizeBinaryArray::try_new(len, values, nulls)?)
            }
        })
    }
}

fn taken<T: arrow::datatypes::ArrowNativeType>(values: &mut Vec<T>) -> ScalarBuffer<T> {
    ScalarBuffer::from(std::mem::take(values))
}

impl Values {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text { bytes: Vec::new(), ends: vec![0] },
            ColumnKind::Date => Self::Date(Vec::new()),
            ColumnKind::Integer => Self::Integer(Vec::new()),
            ColumnKind::Decimal => Self::Decimal(Vec::new()),
            ColumnKind::Boolean => Self::Boolean(Vec::new()),
            ColumnKind::Linked => Self::Linked(Vec::new()),
        }
    }

    /// Adds a value; tells whether there is one.
    #[inline]
    fn push(
        &mut self,
        cell: &CellRef<'_>,
        treatment: Treatment,
        shift: &dyn Fn(u16) -> i32,
        link: &mut dyn FnMut(&str) -> Option<RowToken>,
    ) -> bool {
        let dropped = treatment == Treatment::Drop;
        match (self, cell) {
            (Self::Text { bytes, ends }, cell) => {
                let text = match cell {
                    CellRef::Text(text) if !dropped => coarsened(text, treatment),
                    _ => None,
                };
                bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
                ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                text.is_some()
            }
            (Self::Date(values), CellRef::Date(day)) if !dropped => {
                values.push(moved(*day, treatment, shift));
                true
            }
            (Self::Integer(values), CellRef::Integer(number)) if !dropped => {
                values.push(*number);
                true
            }
            (Self::Decimal(values), CellRef::Decimal(number)) if !dropped => {
                values.push(*number);
                true
            }
            (Self::Boolean(values), CellRef::Boolean(truth)) if !dropped => {
                values.push(*truth);
                true
            }
            (values @ Self::Linked(_), CellRef::Text(id)) if !dropped => {
                values.push_token(link(id))
            }
            (values, _) => {
                values.push_none();
                false
            }
        }
    }

    /// Adds the token of something linked; tells whether there is one.
    fn push_token(&mut self, token: Option<RowToken>) -> bool {
        match (self, token) {
            (Self::Linked(values), Some(token)) => {
                values.extend_from_slice(token.as_bytes());
                true
            }
            (values, _) => {
                values.push_none();
                false
            }
        }
    }

    fn push_none(&mut self) {
        match self {
            Self::Text { bytes, ends } => ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX)),
            Self::Date(values) => values.push(0),
            Self::Integer(values) => values.push(0),
            Self::Decimal(values) => values.push(0.0),
            Self::Boolean(values) => values.push(false),
            Self::Linked(values) => values.extend_from_slice(&[0; RowToken::LEN]),
        }
    }

    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Text { bytes, ends } => {
                ends.truncate(rows + 1);
                let end = ends.last().copied().unwrap_or_default();
                bytes.truncate(usize::try_from(end).unwrap_or_default());
            }
            Self::Date(values) => values.truncate(rows),
            Self::Integer(values) => values.truncate(rows),
            Self::Decimal(values) => values.truncate(rows),
            Self::Boolean(values) => values.truncate(rows),
            Self::Linked(values) => values.truncate(rows * RowToken::LEN),
        }
    }
}

/// A text as the policy lets it go.
fn coarsened(text: &str, treatment: Treatment) -> Option<&str> {
    match treatment {
        Treatment::RollUp { characters } => {
            let end = text.char_indices().nth(characters.into()).map_or(text.len(), |(at, _)| at);
            text.get(..end)
        }
        // A NIS code of a municipality has five digits; anything finer or else does not leave.
        Treatment::Municipality => {
            let is_nis = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_nis.then_some(text)
        }
        _ => Some(text),
    }
}

/// A day as the policy lets it go.
fn moved(day: i32, treatment: Treatment, shift: &dyn Fn(u16) -> i32) -> i32 {
    let first_of = |whole_year: bool| {
        let date = Date::from_julian_day(day + EPOCH.to_julian_day()).ok()?;
        let month = if whole_year { Month::January } else { date.month() };
        let first = Date::from_calendar_date(date.year(), month, 1).ok()?;
        Some(first.to_julian_day() - EPOCH.to_julian_day())
    };
    match treatment {
        Treatment::Year => first_of(true).unwrap_or(day),
        Treatment::Month => first_of(false).unwrap_or(day),
        Treatment::ShiftDays { most } => day + shift(most),
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{Array, AsArray},
        datatypes::{Field, Schema},
    };
    use pipeline_exchange::wire::data_type;

    use super::*;

    fn columns(of: &[(ColumnKind, Treatment)]) -> (Columns, SchemaRef) {
        let mut fields = vec![Field::new("t", data_type(ColumnKind::Linked), false)];
        for (at, (kind, _)) in of.iter().enumerate() {
            fields.push(Field::new(format!("c{at}"), data_type(*kind), true));
        }
        (Columns::new(of.iter().copied(), false), Arc::new(Schema::new(fields)))
    }

    #[test]
    fn the_policy_decides_what_of_a_value_leaves() {
        let text = |text: &'static str| CellRef::Text(text.into());
        let cases = [
            (ColumnKind::Text, Treatment::Keep, text("J07BB02"), "J07BB02"),
            (ColumnKind::Text, Treatment::RollUp { characters: 4 }, text("J07BB02"), "J07B"),
            (ColumnKind::Text, Treatment::Municipality, text("21004"), "21004"),
            (ColumnKind::Text, Treatment::Municipality, text("Rue de la Loi 1"), "-"),
            (ColumnKind::Text, Treatment::Drop, text("J07BB02"), "-"),
            (ColumnKind::Date, Treatment::Keep, CellRef::Date(20_000), "20000"),
            (ColumnKind::Date, Treatment::Month, CellRef::Date(20_000), "19997"),
            (ColumnKind::Date, Treatment::Year, CellRef::Date(20_000), "19723"),
            (ColumnKind::Date, Treatment::ShiftDays { most: 7 }, CellRef::Date(20_000), "20007"),
            (ColumnKind::Date, Treatment::Drop, CellRef::Date(20_000), "-"),
        ];
        for (kind, treatment, cell, want) in cases {
            let (mut columns, schema) = columns(&[(kind, treatment)]);
            let token = RowToken::new([1; 16]);
            columns.add(token, None, &[cell], &i32::from, &mut |_, _| None);
            let batch = columns.finish(&schema).unwrap();
            let column = batch.column(1);
            let told = match kind {
                _ if column.is_null(0) => "-".to_owned(),
                ColumnKind::Text => column.as_string::<i32>().value(0).to_owned(),
                _ => column.as_primitive::<Date32Type>().value(0).to_string(),
            };
            assert_eq!(told, want, "{treatment:?}");
        }
    }

    #[test]
    fn rows_of_a_faulty_record_leave_no_trace() {
        let all = [
            ColumnKind::Text,
            ColumnKind::Date,
            ColumnKind::Integer,
            ColumnKind::Decimal,
            ColumnKind::Boolean,
            ColumnKind::Linked,
        ]
        .map(|kind| (kind, Treatment::Keep));
        let full = [
            CellRef::Text("a".into()),
            CellRef::Date(1),
            CellRef::Integer(2),
            CellRef::Decimal(3.0),
            CellRef::Boolean(true),
            CellRef::Text("BEP0".into()),
        ];
        let none = vec![CellRef::Null; 6];
        let token = |number| RowToken::new([number; 16]);
        let mut link = |at: usize, _: &str| (at == 5).then(|| token(9));
        let (mut kept, schema) = columns(&all);
        let (mut cut, _) = columns(&all);
        for (rows, columns) in [(2, &mut kept), (5, &mut cut)] {
            for row in 0..rows {
                let cells = if row % 2 == 0 { &full[..] } else { &none[..] };
                columns.add(token(row), None, cells, &i32::from, &mut link);
            }
        }
        cut.truncate(2);
        assert_eq!(cut.rows(), 2);
        assert_eq!(kept.finish(&schema).unwrap(), cut.finish(&schema).unwrap());
        assert_eq!(cut.rows(), 0);
    }
}
