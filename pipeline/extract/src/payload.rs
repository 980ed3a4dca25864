//! The payload of one view: rows gathered, put in the order of their tokens, written as Parquet.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::interleave,
    datatypes::SchemaRef,
    error::ArrowError,
};
use pipeline_domain::{RowToken, Treatment};
use pipeline_exchange::{
    BatchMode, FileEntry, ParquetSink, Store, read_parquet,
    wire::{self, ColumnSpec},
};
use pipeline_views::View;

use crate::{ExtractError, half::HDA_FOLDER, rare::RareCodes};

/// Rows gathered before they are put in order.
const GATHERED: usize = 131_072;

/// Writes the rows of one view.
#[derive(Debug)]
pub(crate) struct PayloadWriter {
    pub(crate) view: String,
    resource: String,
    columns: Vec<ColumnSpec>,
    mode: BatchMode,
    sink: ParquetSink,
    gathered: Vec<RecordBatch>,
    rows: usize,
    rare: RareCodes,
    pub(crate) filled: Vec<u64>,
}

/// Rows that were gathered and not yet put in order.
#[derive(Debug)]
pub(crate) struct Gathered(Vec<RecordBatch>);

impl PayloadWriter {
    pub(crate) fn create(
        batch: &Store,
        view: &View,
        treatments: &[Treatment],
        mode: BatchMode,
    ) -> Result<Self, ExtractError> {
        let schema = payload_schema(view.columns(), mode);
        let name = format!("{}.parquet", view.name());
        Ok(Self {
            view: view.name().to_string(),
            resource: view.resource().to_owned(),
            columns: view.columns().to_vec(),
            mode,
            sink: ParquetSink::create(batch, HDA_FOLDER, &name, schema)?,
            gathered: Vec::new(),
            rows: 0,
            rare: RareCodes::new(treatments),
            filled: vec![0; view.columns().len()],
        })
    }

    /// Adds rows; hands back what is enough to be put in order. That depends on the rows alone, not
    /// on who works beside, so that the same source always makes the same file.
    pub(crate) fn add(&mut self, rows: RecordBatch) -> Option<Gathered> {
        for (filled, column) in self.filled.iter_mut().zip(&rows.columns()[1..]) {
            *filled += (column.len() - column.null_count()) as u64;
        }
        self.rows += rows.num_rows();
        self.gathered.push(rows);
        if self.rows >= GATHERED { self.take() } else { None }
    }

    /// What is left.
    pub(crate) fn take(&mut self) -> Option<Gathered> {
        self.rows = 0;
        let gathered = std::mem::take(&mut self.gathered);
        if gathered.is_empty() { None } else { Some(Gathered(gathered)) }
    }

    /// Writes rows that were put in order.
    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<(), ExtractError> {
        self.rare.observe(rows);
        Ok(self.sink.write(rows)?)
    }

    pub(crate) fn finish(self, batch: &Store) -> Result<FileEntry, ExtractError> {
        let mut entry = self.sink.finish()?;
        if self.rare.is_any() {
            let path = format!("{HDA_FOLDER}{}", entry.name);
            let schema = payload_schema(&self.columns, self.mode);
            let mut sink = ParquetSink::create(batch, HDA_FOLDER, &entry.name, schema)?;
            for rows in read_parquet(batch, &path)? {
                let rolled = self.rare.rolled_up(&rows?);
                let rows_error = |source| ExtractError::Rows { view: self.view.clone(), source };
                sink.write(&rolled.map_err(rows_error)?)?;
            }
            entry = sink.finish()?;
        }
        Ok(FileEntry { columns: self.columns, resource: Some(self.resource), ..entry })
    }
}

/// The columns of a payload file in a batch of this mode.
pub(crate) fn payload_schema(columns: &[ColumnSpec], mode: BatchMode) -> SchemaRef {
    let schema = wire::payload_schema(columns);
    if mode.has_record_ids() { wire::with_record_ids(&schema) } else { schema }
}

impl Gathered {
    /// The order of a source may say something of the people in it; that of random tokens does not.
    pub(crate) fn in_order(&self) -> Result<RecordBatch, ArrowError> {
        let mut order: Vec<([u8; RowToken::LEN], u32, u32)> = Vec::new();
        for (batch, rows) in (0..).zip(&self.0) {
            let tokens = rows.column(0).as_fixed_size_binary();
            order.extend((0..).zip(tokens.iter().flatten()).map(|(row, bytes)| {
                let mut token = [0; RowToken::LEN];
                token.copy_from_slice(bytes);
                (token, batch, row)
            }));
        }
        order.sort_unstable();
        let order: Vec<(usize, usize)> =
            order.iter().map(|(_, batch, row)| (*batch as usize, *row as usize)).collect();
        let Some(schema) = self.0.first().map(RecordBatch::schema) else {
            return Err(ArrowError::InvalidArgumentError("no rows".to_owned()));
        };
        let columns = (0..schema.fields().len()).map(|column| {
            let parts: Vec<&dyn Array> =
                self.0.iter().map(|rows| rows.column(column).as_ref()).collect();
            interleave(&parts, &order)
        });
        let columns = columns.collect::<Result<_, _>>()?;
        RecordBatch::try_new(SchemaRef::clone(&schema), columns)
    }
}
