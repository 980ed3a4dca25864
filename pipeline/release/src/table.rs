//! The table of a cube, as CSV and as Parquet, and back.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Decimal128Array, Int64Array, RecordBatch, RecordBatchOptions,
        RecordBatchReader, StringArray,
    },
    datatypes::{DataType, Decimal128Type, Field, Int64Type, Schema},
    error::ArrowError,
};
use bytes::Bytes;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};
use pipeline_disclosure::{Amount, MeasureKind, Number, ProtectedCube, Status};

use crate::{ReleaseError, TABLE_CSV, TABLE_PARQUET};

/// What stands in the CSV where a number is hidden.
pub(crate) const HIDDEN: &str = "hidden";
/// What the name of a status column ends in.
pub(crate) const STATUS: &str = "_status";
/// The most digits of a sum in Parquet.
const PRECISION: u8 = 38;
/// Six decimals, as in [`Amount`].
const SCALE: i8 = 6;

/// A table: names, and in each row one entry a column, none where the number is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<TableColumn>,
    pub(crate) rows: Vec<Vec<Option<Entry>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A category or a status.
    Text,
    Count,
    Sum,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Text(String),
    Number(Number),
}

impl Table {
    /// One row a cell: its categories, then for each measure the number and its status.
    pub(crate) fn of(cube: &ProtectedCube) -> Self {
        let sides = cube
            .dimensions()
            .iter()
            .map(|side| TableColumn { name: side.name.clone(), kind: EntryKind::Text });
        let measures = cube.measures().iter().flat_map(|measure| {
            let kind = match measure.kind {
                MeasureKind::Persons | MeasureKind::Records => EntryKind::Count,
                MeasureKind::Sum => EntryKind::Sum,
            };
            [
                TableColumn { name: measure.name.clone(), kind },
                TableColumn { name: format!("{}{STATUS}", measure.name), kind: EntryKind::Text },
            ]
        });
        let columns = sides.chain(measures).collect();
        let rows = cube
            .cells()
            .iter()
            .map(|cell| {
                let codes = cube.codes(cell).map(|code| Some(Entry::Text(code.to_owned())));
                let values = cell.values.iter().flat_map(|value| {
                    let status = Entry::Text(value.status().word().to_owned());
                    [value.number().map(Entry::Number), Some(status)]
                });
                codes.chain(values).collect()
            })
            .collect();
        Self { columns, rows }
    }

    /// The table as people and programs read it in CSV.
    pub(crate) fn texts(&self) -> TextTable {
        let text = |entry: &Option<Entry>| match entry {
            None => HIDDEN.to_owned(),
            Some(Entry::Text(text)) => text.clone(),
            Some(Entry::Number(number)) => number.to_string(),
        };
        TextTable {
            names: self.columns.iter().map(|column| column.name.clone()).collect(),
            rows: self.rows.iter().map(|row| row.iter().map(text).collect()).collect(),
        }
    }

    /// The table as Parquet.
    pub(crate) fn to_parquet(&self) -> Result<Vec<u8>, ReleaseError> {
        let batch = self.to_batch().map_err(not_arrow)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("hda".to_owned())
            .build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))
            .map_err(not_parquet)?;
        writer.write(&batch).map_err(not_parquet)?;
        writer.close().map_err(not_parquet)?;
        Ok(bytes)
    }

    fn to_batch(&self) -> Result<RecordBatch, ArrowError> {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|column| match column.kind {
                EntryKind::Text => Field::new(&column.name, DataType::Utf8, false),
                EntryKind::Count => Field::new(&column.name, DataType::Int64, true),
                EntryKind::Sum => {
                    Field::new(&column.name, DataType::Decimal128(PRECISION, SCALE), true)
                }
            })
            .collect();
        let arrays = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| self.array(at, column.kind))
            .collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
    }

    fn array(&self, at: usize, kind: EntryKind) -> Result<ArrayRef, ArrowError> {
        let entries = self.rows.iter().map(|row| row.get(at).and_then(Option::as_ref));
        Ok(match kind {
            EntryKind::Text => {
                Arc::new(StringArray::from_iter_values(entries.map(|entry| match entry {
                    Some(Entry::Text(text)) => text.as_str(),
                    _ => "",
                })))
            }
            EntryKind::Count => {
                let counts = entries.map(|entry| match entry {
                    Some(Entry::Number(Number::Count(count))) => i64::try_from(*count).ok(),
                    _ => None,
                });
                Arc::new(counts.collect::<Int64Array>())
            }
            EntryKind::Sum => {
                let sums = entries.map(|entry| match entry {
                    Some(Entry::Number(Number::Sum(sum))) => Some(sum.millionths()),
                    _ => None,
                });
                let array: Decimal128Array = sums.collect();
                Arc::new(array.with_precision_and_scale(PRECISION, SCALE)?)
            }
        })
    }
}

/// A table in which everything is text; what the two files of a package are compared as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextTable {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl TextTable {
    /// The table as CSV (RFC 4180).
    pub(crate) fn to_csv(&self) -> Result<Vec<u8>, ReleaseError> {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(&self.names).map_err(not_csv)?;
        for row in &self.rows {
            writer.write_record(row).map_err(not_csv)?;
        }
        writer.into_inner().map_err(|error| not_csv(error.into_error().into()))
    }

    pub(crate) fn from_csv(bytes: &[u8]) -> Result<Self, ReleaseError> {
        let mut reader = csv::Reader::from_reader(bytes);
        let names = reader.headers().map_err(not_csv)?.iter().map(str::to_owned).collect();
        let rows = reader
            .records()
            .map(|record| Ok(record.map_err(not_csv)?.iter().map(str::to_owned).collect()))
            .collect::<Result<_, ReleaseError>>()?;
        Ok(Self { names, rows })
    }

    pub(crate) fn from_parquet(bytes: &[u8]) -> Result<Self, ReleaseError> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes))
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(not_parquet)?;
        let names = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        let mut rows = Vec::new();
        for batch in reader {
            let batch = batch.map_err(not_arrow)?;
            let columns = batch
                .columns()
                .iter()
                .map(texts)
                .collect::<Result<Vec<_>, _>>()
                .map_err(not_arrow)?;
            let row = |at: usize| columns.iter().filter_map(|c| c.get(at).cloned()).collect();
            rows.extend((0..batch.num_rows()).map(row));
        }
        Ok(Self { names, rows })
    }

    /// The position of a measure and of its status, where there is one with this name.
    pub(crate) fn measure(&self, name: &str) -> Option<(usize, usize)> {
        let at = self.names.iter().position(|found| found == name)?;
        let status = self.names.get(at + 1)?;
        (*status == format!("{name}{STATUS}")).then_some((at, at + 1))
    }

    /// Every measure: the position of the number and that of its status.
    pub(crate) fn measures(&self) -> impl Iterator<Item = (usize, usize)> {
        self.names.iter().filter_map(|name| self.measure(name))
    }
}

/// A column as the CSV would write it.
fn texts(array: &ArrayRef) -> Result<Vec<String>, ArrowError> {
    let hidden = || HIDDEN.to_owned();
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            Ok(texts.iter().map(|text| text.map_or_else(hidden, str::to_owned)).collect())
        }
        DataType::Int64 => {
            let counts = array.as_primitive::<Int64Type>();
            Ok(counts.iter().map(|n| n.map_or_else(hidden, |n| n.to_string())).collect())
        }
        DataType::Decimal128(_, SCALE) => {
            let sums = array.as_primitive::<Decimal128Type>();
            let text = |sum: i128| Amount::from_millionths(sum).to_string();
            Ok(sums.iter().map(|sum| sum.map_or_else(hidden, text)).collect())
        }
        other => Err(ArrowError::SchemaError(format!("a released table has no column of {other}"))),
    }
}

/// Does a status word say that the number is shown?
pub(crate) fn is_shown(status: &str) -> bool {
    status == Status::Shown.word()
}

fn not_csv(source: csv::Error) -> ReleaseError {
    ReleaseError::Csv { file: TABLE_CSV, source }
}

fn not_parquet(source: ParquetError) -> ReleaseError {
    ReleaseError::Parquet { file: TABLE_PARQUET, source }
}

fn not_arrow(source: ArrowError) -> ReleaseError {
    ReleaseError::Arrow { file: TABLE_PARQUET, source }
}
