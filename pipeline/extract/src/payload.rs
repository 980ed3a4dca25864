//! The payload of one view: rows gathered, put in the order of their tokens, written as Parquet.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryBuilder, Float64Array, Int64Array,
        RecordBatch, StringArray, new_null_array,
    },
    datatypes::SchemaRef,
    error::ArrowError,
};
use pipeline_domain::{ColumnKind, RowToken};
use pipeline_exchange::{
    FileEntry, ParquetSink, Store,
    wire::{self, ColumnSpec},
};

use pipeline_views::{Cell, Row, View};

use crate::{ExtractError, half::HDA_FOLDER};

/// Rows gathered before they are written.
const GATHERED: usize = 65_536;

/// Writes the rows of one view.
#[derive(Debug)]
pub(crate) struct PayloadWriter {
    view: String,
    resource: String,
    columns: Vec<ColumnSpec>,
    schema: SchemaRef,
    sink: ParquetSink,
    gathered: Vec<(RowToken, Row)>,
    pub(crate) filled: Vec<u64>,
}

impl PayloadWriter {
    pub(crate) fn create(batch: &Store, view: &View) -> Result<Self, ExtractError> {
        let schema = wire::payload_schema(view.columns());
        let name = format!("{}.parquet", view.name());
        Ok(Self {
            view: view.name().to_string(),
            resource: view.resource().to_owned(),
            columns: view.columns().to_vec(),
            sink: ParquetSink::create(batch, HDA_FOLDER, &name, Arc::clone(&schema))?,
            schema,
            gathered: Vec::new(),
            filled: vec![0; view.columns().len()],
        })
    }

    pub(crate) fn add(&mut self, token: RowToken, rows: Vec<Row>) -> Result<(), ExtractError> {
        for row in rows {
            for (filled, cell) in self.filled.iter_mut().zip(&row) {
                *filled += u64::from(*cell != Cell::Null);
            }
            self.gathered.push((token, row));
        }
        if self.gathered.len() >= GATHERED { self.flush() } else { Ok(()) }
    }

    pub(crate) fn finish(mut self) -> Result<FileEntry, ExtractError> {
        self.flush()?;
        let entry = self.sink.finish()?;
        Ok(FileEntry { columns: self.columns, resource: Some(self.resource), ..entry })
    }

    /// The order of a source may say something of the people in it; that of random tokens does not.
    fn flush(&mut self) -> Result<(), ExtractError> {
        let mut rows = std::mem::take(&mut self.gathered);
        rows.sort_by_key(|(token, _)| *token);
        let rows_error = |source| ExtractError::Rows { view: self.view.clone(), source };
        let batch = batch(&self.schema, &self.columns, &rows).map_err(rows_error)?;
        Ok(self.sink.write(&batch)?)
    }
}

fn batch(
    schema: &SchemaRef,
    columns: &[ColumnSpec],
    rows: &[(RowToken, Row)],
) -> Result<RecordBatch, ArrowError> {
    let len = i32::try_from(RowToken::LEN).unwrap_or_default();
    let mut tokens = FixedSizeBinaryBuilder::with_capacity(rows.len(), len);
    for (token, _) in rows {
        tokens.append_value(token.as_bytes())?;
    }
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(tokens.finish())];
    arrays.extend(columns.iter().enumerate().map(|(at, column)| array(column.kind, at, rows)));
    RecordBatch::try_new(Arc::clone(schema), arrays)
}

fn array(kind: ColumnKind, at: usize, rows: &[(RowToken, Row)]) -> ArrayRef {
    macro_rules! collect {
        ($array:ty, $variant:pat => $value:expr) => {
            Arc::new(
                rows.iter()
                    .map(|(_, row)| match &row[at] {
                        $variant => Some($value),
                        _ => None,
                    })
                    .collect::<$array>(),
            )
        };
    }
    match kind {
        ColumnKind::Text => collect!(StringArray, Cell::Text(text) => text.as_str()),
        ColumnKind::Date => collect!(Date32Array, Cell::Date(day) => *day),
        ColumnKind::Integer => collect!(Int64Array, Cell::Integer(number) => *number),
        ColumnKind::Decimal => collect!(Float64Array, Cell::Decimal(number) => *number),
        ColumnKind::Boolean => collect!(BooleanArray, Cell::Boolean(truth) => *truth),
        ColumnKind::Linked => new_null_array(&wire::data_type(kind), rows.len()),
    }
}
