//! Parquet files, written as a stream with their digest, read batch by batch.

use std::io::{self, Write};

use arrow::{
    array::{Array, FixedSizeBinaryArray, RecordBatch},
    datatypes::{DataType, SchemaRef},
};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use pipeline_domain::Sha256Digest;

use crate::{ExchangeError, FileEntry, Store, StoreWriter};

/// Rows a batch when reading.
const BATCH_ROWS: usize = 65_536;
/// Rows a row group when writing; bounds what is kept in memory for one file.
const GROUP_ROWS: usize = 262_144;

/// A Parquet file being written; [`finish`](ParquetSink::finish) tells its entry in the manifest.
pub struct ParquetSink {
    name: String,
    path: String,
    writer: ArrowWriter<Hashing>,
    rows: u64,
}

impl std::fmt::Debug for ParquetSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetSink")
            .field("path", &self.path)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl ParquetSink {
    /// Starts the file `name` in a folder of the store.
    pub fn create(
        store: &Store,
        folder: &str,
        name: &str,
        schema: SchemaRef,
    ) -> Result<Self, ExchangeError> {
        let path = format!("{folder}{name}");
        let properties = properties(&schema);
        let hashing = Hashing {
            inner: store.writer(&path)?,
            context: ring::digest::Context::new(&ring::digest::SHA256),
            bytes: 0,
        };
        let writer =
            ArrowWriter::try_new(hashing, schema, Some(properties)).map_err(unusable(&path))?;
        Ok(Self { name: name.to_owned(), path, writer, rows: 0 })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ExchangeError> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(unusable(&self.path))
    }

    /// Closes the file, which now appears under its name.
    pub fn finish(self) -> Result<FileEntry, ExchangeError> {
        let hashing = self.writer.into_inner().map_err(unusable(&self.path))?;
        hashing.inner.finish()?;
        Ok(FileEntry {
            name: self.name,
            rows: self.rows,
            bytes: hashing.bytes,
            sha256: Sha256Digest::finish(hashing.context),
            columns: Vec::new(),
            resource: None,
        })
    }
}

/// The record batches of a Parquet file.
pub fn read_parquet(
    store: &Store,
    path: &str,
) -> Result<impl Iterator<Item = Result<RecordBatch, ExchangeError>> + use<>, ExchangeError> {
    let bytes = store.read(path)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))
        .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
        .map_err(unusable(path))?;
    let path = path.to_owned();
    Ok(reader.map(move |batch| batch.map_err(|error| unusable(&path)(error.into()))))
}

/// A column of fixed-size bytes, by name and width.
pub fn fixed_column<'a>(
    batch: &'a RecordBatch,
    path: &str,
    name: &str,
    len: usize,
) -> Result<&'a FixedSizeBinaryArray, ExchangeError> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<FixedSizeBinaryArray>())
        .filter(|column| {
            usize::try_from(column.value_length()) == Ok(len) && column.null_count() == 0
        })
        .ok_or_else(|| ExchangeError::Column {
            path: path.to_owned(),
            column: name.to_owned(),
            expected: format!("FixedSizeBinary({len})"),
        })
}

/// Columns of fixed-size bytes are random: no dictionary, no compression, and no statistics, whose
/// smallest and largest value would put single values into the footer.
fn properties(schema: &SchemaRef) -> WriterProperties {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let mut properties = WriterProperties::builder()
        .set_compression(zstd)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("hda ", env!("CARGO_PKG_VERSION")).to_owned());
    for field in schema.fields() {
        if matches!(field.data_type(), DataType::FixedSizeBinary(_)) {
            let column = ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_compression(column.clone(), Compression::UNCOMPRESSED)
                .set_column_statistics_enabled(column, EnabledStatistics::None);
        }
    }
    properties.build()
}

fn unusable(path: &str) -> impl FnOnce(parquet::errors::ParquetError) -> ExchangeError {
    let path = path.to_owned();
    move |source| ExchangeError::Parquet { path, source }
}

/// Passes bytes on and keeps their digest and number.
struct Hashing {
    inner: StoreWriter,
    context: ring::digest::Context,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.context.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
