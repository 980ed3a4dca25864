//! Parquet files as they are written: a stream of row groups, with the digest of the whole.
//!
//! Columns are encoded side by side, and who has rows in larger portions can have whole row groups
//! encoded side by side ([`ParquetSink::encoder`]). Where a row group ends depends on the rows
//! alone, so the same rows give the same bytes whatever the number of threads.

use std::{
    io::{self, Write},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::{DataType, FieldRef, SchemaRef},
};
use bytes::Bytes;
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_writer::{
            ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
        },
    },
    basic::{Compression, ZstdLevel},
    column::writer::ColumnCloseResult,
    errors::ParquetError,
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::{ColumnDescPtr, ColumnPath},
};
use pipeline_domain::Sha256Digest;
use rayon::prelude::*;

use crate::{
    ExchangeError, FileEntry, Store, StoreWriter,
    plain_column::{PlainColumn, is_plain},
};

/// Rows a row group when writing; bounds what is kept in memory for one file.
pub(crate) const GROUP_ROWS: usize = 262_144;

/// A Parquet file being written; [`finish`](ParquetSink::finish) tells its entry in the manifest.
pub struct ParquetSink {
    name: String,
    path: String,
    file: SerializedFileWriter<Hashing>,
    encoder: GroupEncoder,
    open: Option<OpenGroup>,
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
        let (file, factory) = ArrowWriter::try_new(hashing, Arc::clone(&schema), Some(properties))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(unusable(&path))?;
        let plain = schema.fields().iter().zip(file.schema_descr().columns());
        let plain = plain.map(|(field, column)| is_plain(field).then(|| Arc::clone(column)));
        let encoder = GroupEncoder {
            path: Arc::from(path.as_str()),
            factory: Arc::new(factory),
            plain: plain.collect(),
            schema,
        };
        Ok(Self { name: name.to_owned(), path, file, encoder, open: None, rows: 0 })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ExchangeError> {
        let mut rest = batch.clone();
        while rest.num_rows() > 0 {
            let mut group = match self.open.take() {
                Some(group) => group,
                None => self.encoder.begin()?,
            };
            let taken = rest.num_rows().min(GROUP_ROWS - group.rows);
            group.write(&self.encoder, &rest.slice(0, taken))?;
            rest = rest.slice(taken, rest.num_rows() - taken);
            if group.rows == GROUP_ROWS {
                self.append_group(group.close(&self.encoder)?)?;
            } else {
                self.open = Some(group);
            }
        }
        Ok(())
    }

    /// Encodes row groups of this file beside each other, to be added in order by
    /// [`append`](Self::append).
    #[must_use]
    pub fn encoder(&self) -> GroupEncoder {
        self.encoder.clone()
    }

    /// Adds rows that were encoded.
    pub fn append(&mut self, rows: EncodedRows) -> Result<(), ExchangeError> {
        if let Some(group) = self.open.take() {
            self.append_group(group.close(&self.encoder)?)?;
        }
        rows.groups.into_iter().try_for_each(|group| self.append_group(group))
    }

    /// Closes the file, which now appears under its name.
    pub fn finish(mut self) -> Result<FileEntry, ExchangeError> {
        if let Some(group) = self.open.take() {
            self.append_group(group.close(&self.encoder)?)?;
        }
        let hashing = self.file.into_inner().map_err(unusable(&self.path))?;
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

    fn append_group(&mut self, group: EncodedGroup) -> Result<(), ExchangeError> {
        self.rows += group.rows as u64;
        let append = || {
            let mut writer = self.file.next_row_group()?;
            for chunk in group.chunks {
                match chunk {
                    EncodedColumn::Any(chunk) => chunk.append_to_row_group(&mut writer)?,
                    EncodedColumn::Plain(pages, closed) => writer.append_column(&pages, closed)?,
                }
            }
            writer.close().map(|_| ())
        };
        append().map_err(unusable(&self.path))
    }
}

/// Encodes row groups of one file.
#[derive(Clone)]
pub struct GroupEncoder {
    path: Arc<str>,
    factory: Arc<ArrowRowGroupWriterFactory>,
    /// The columns that are copied, at their places.
    plain: Arc<[Option<ColumnDescPtr>]>,
    schema: SchemaRef,
}

impl std::fmt::Debug for GroupEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupEncoder").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Rows of a file, encoded and compressed, not yet in the file.
#[derive(Debug, Default)]
pub struct EncodedRows {
    groups: Vec<EncodedGroup>,
}

#[derive(Debug)]
struct EncodedGroup {
    chunks: Vec<EncodedColumn>,
    rows: usize,
}

#[derive(Debug)]
enum EncodedColumn {
    Any(ArrowColumnChunk),
    Plain(Bytes, ColumnCloseResult),
}

impl GroupEncoder {
    /// Encodes rows, as one row group or, where they are many, as several.
    pub fn encode(
        &self,
        batches: impl Iterator<Item = Result<RecordBatch, ExchangeError>>,
    ) -> Result<EncodedRows, ExchangeError> {
        let mut groups = Vec::new();
        let mut open: Option<OpenGroup> = None;
        for batch in batches {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            let mut group = match open.take() {
                Some(group) => group,
                None => self.begin()?,
            };
            group.write(self, &batch)?;
            if group.rows >= GROUP_ROWS {
                groups.push(group.close(self)?);
            } else {
                open = Some(group);
            }
        }
        if let Some(group) = open {
            groups.push(group.close(self)?);
        }
        Ok(EncodedRows { groups })
    }

    fn begin(&self) -> Result<OpenGroup, ExchangeError> {
        // The number of a group matters to encryption alone, which is not used.
        let writers = self.factory.create_column_writers(0).map_err(unusable(&self.path))?;
        let open = |(any, plain): (_, &Option<ColumnDescPtr>)| match plain {
            Some(column) => OpenColumn::Plain(PlainColumn::new(Arc::clone(column))),
            None => OpenColumn::Any(Box::new(any)),
        };
        Ok(OpenGroup {
            writers: writers.into_iter().zip(&*self.plain).map(open).collect(),
            rows: 0,
        })
    }
}

/// A column into which values are still encoded.
enum OpenColumn {
    Any(Box<ArrowColumnWriter>),
    Plain(PlainColumn),
}

impl OpenColumn {
    fn write(&mut self, field: &FieldRef, values: &ArrayRef) -> Result<(), ParquetError> {
        match self {
            Self::Any(writer) => {
                compute_leaves(field, values)?.iter().try_for_each(|leaf| writer.write(leaf))
            }
            Self::Plain(column) => column.write(values),
        }
    }

    fn close(self) -> Result<EncodedColumn, ParquetError> {
        match self {
            Self::Any(writer) => writer.close().map(EncodedColumn::Any),
            Self::Plain(column) => {
                column.close().map(|(pages, closed)| EncodedColumn::Plain(pages, closed))
            }
        }
    }
}

/// A row group into which rows are still encoded.
struct OpenGroup {
    writers: Vec<OpenColumn>,
    rows: usize,
}

impl OpenGroup {
    fn write(&mut self, of: &GroupEncoder, batch: &RecordBatch) -> Result<(), ExchangeError> {
        self.rows += batch.num_rows();
        let columns = of.schema.fields().par_iter().zip(batch.columns().par_iter());
        self.writers
            .par_iter_mut()
            .zip(columns)
            .try_for_each(|(writer, (field, column))| writer.write(field, column))
            .map_err(unusable(&of.path))
    }

    fn close(self, of: &GroupEncoder) -> Result<EncodedGroup, ExchangeError> {
        let chunks = self.writers.into_par_iter().map(OpenColumn::close);
        let chunks = chunks.collect::<Result<_, ParquetError>>().map_err(unusable(&of.path))?;
        Ok(EncodedGroup { chunks, rows: self.rows })
    }
}

/// What stands for somebody is random: no compression, and no statistics, whose smallest and
/// largest value would put single values into the footer. The key of a row is different in most
/// rows; linked ids return, so they have a dictionary. Of the rest only days are searched by range.
fn properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_created_by(concat!("hda ", env!("CARGO_PKG_VERSION")).to_owned());
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        match field.data_type() {
            // Sealed rows are as good as random, too.
            DataType::Binary => {
                properties = properties
                    .set_column_dictionary_enabled(column.clone(), false)
                    .set_column_compression(column, Compression::UNCOMPRESSED);
            }
            DataType::FixedSizeBinary(_) => {
                properties = properties
                    .set_column_dictionary_enabled(column.clone(), field.is_nullable())
                    .set_column_compression(column, Compression::UNCOMPRESSED);
            }
            DataType::Date32 => {
                properties =
                    properties.set_column_statistics_enabled(column, EnabledStatistics::Chunk);
            }
            _ => {}
        }
    }
    properties.build()
}

pub(crate) fn unusable(path: &str) -> impl FnOnce(ParquetError) -> ExchangeError {
    let path = path.to_owned();
    move |source| match source {
        // The storage failed beneath the file.
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(error) => ExchangeError::stream("writing", &path)(*error),
            Err(source) => ExchangeError::Parquet { path, source: ParquetError::External(source) },
        },
        source => ExchangeError::Parquet { path, source },
    }
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
