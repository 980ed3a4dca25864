//! Parquet files as they are read: row group by row group, so that a file of any size takes the
//! memory of one of them.

use std::{
    io::Cursor,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{Array, FixedSizeBinaryArray, RecordBatch},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use bytes::Bytes;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
            ParquetRecordBatchReaderBuilder,
        },
    },
    errors::ParquetError,
    file::{
        metadata::{ColumnChunkMetaData, RowGroupMetaData},
        reader::{ChunkReader, Length},
    },
};

use crate::{ExchangeError, Store, parquet_file::unusable};

/// Rows a batch when reading.
const BATCH_ROWS: usize = 65_536;

/// A Parquet file whose footer was read.
pub struct ParquetFile {
    store: Store,
    path: String,
    len: u64,
    metadata: ArrowReaderMetadata,
    /// Only this column is read.
    only: Option<usize>,
}

impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ParquetFile {
    /// Opens a file.
    pub fn open(store: &Store, path: &str) -> Result<Self, ExchangeError> {
        let len = store.size(path)?;
        let footer = Ranges::of(store, path, len);
        let metadata = ArrowReaderMetadata::load(&footer, ArrowReaderOptions::new());
        let metadata = metadata.map_err(footer.failed(path))?;
        if !metadata.metadata().row_groups().iter().all(|group| lies_within(group, len)) {
            let error = ParquetError::General("a column lies outside the file".to_owned());
            return Err(unusable(path)(error));
        }
        Ok(Self { store: store.clone(), path: path.to_owned(), len, metadata, only: None })
    }

    /// Its columns.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// The rows of each of its row groups.
    #[must_use]
    pub fn groups(&self) -> Vec<u64> {
        let groups = self.metadata.metadata().row_groups().iter();
        groups.map(|group| u64::try_from(group.num_rows()).unwrap_or_default()).collect()
    }

    /// The same file with texts read as codes and the list of them, which is how they lie in it:
    /// less to copy, and what is asked of a text is asked once for each code.
    pub fn with_codes(self) -> Result<Self, ExchangeError> {
        let coded = |field: &Arc<Field>| match field.data_type() {
            DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(codes())),
            _ => Arc::clone(field),
        };
        let schema = self.schema();
        let schema = Schema::new_with_metadata(
            schema.fields().iter().map(coded).collect::<Vec<_>>(),
            schema.metadata().clone(),
        );
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), options)
            .map_err(unusable(&self.path))?;
        Ok(Self { metadata, ..self })
    }

    /// The same file, of which one column is read.
    pub fn with_only(self, column: &str) -> Result<Self, ExchangeError> {
        let at = self.schema().index_of(column);
        let at = at.map_err(|error| unusable(&self.path)(error.into()))?;
        Ok(Self { only: Some(at), ..self })
    }

    /// The rows of one row group.
    pub fn read_group(
        &self,
        group: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ExchangeError>> + use<>, ExchangeError>
    {
        let path = self.path.clone();
        let rows = self.reader(group)?;
        Ok(rows.map(move |batch| batch.map_err(|error| unusable(&path)(error.into()))))
    }

    fn reader(&self, group: usize) -> Result<ParquetRecordBatchReader, ExchangeError> {
        let mut file = Ranges::of(&self.store, &self.path, self.len);
        if let Some(metadata) = self.metadata.metadata().row_groups().get(group) {
            file.keep(extent(metadata)).map_err(file.failed(&self.path))?;
        }
        let mut rows =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(BATCH_ROWS);
        if let Some(only) = self.only {
            let mask = ProjectionMask::roots(rows.parquet_schema(), [only]);
            rows = rows.with_projection(mask);
        }
        rows.build().map_err(unusable(&self.path))
    }
}

/// The record batches of a Parquet file.
pub fn read_parquet(
    store: &Store,
    path: &str,
) -> Result<impl Iterator<Item = Result<RecordBatch, ExchangeError>> + use<>, ExchangeError> {
    let file = ParquetFile::open(store, path)?;
    let groups = 0..file.groups().len();
    Ok(groups.flat_map(move |group| {
        let (rows, failed) = match file.read_group(group) {
            Ok(rows) => (Some(rows), None),
            Err(error) => (None, Some(Err(error))),
        };
        rows.into_iter().flatten().chain(failed)
    }))
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

/// The type of a text that is read as codes.
pub(crate) fn codes() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Do the columns lie where a file of this size has room? The library takes the footer's word.
fn lies_within(group: &RowGroupMetaData, len: u64) -> bool {
    group.num_rows() >= 0
        && group.columns().iter().all(|column| {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            start >= 0
                && column.compressed_size() >= 0
                && end.and_then(|end| u64::try_from(end).ok()).is_some_and(|end| end <= len)
        })
}

/// Where a row group begins and ends.
fn extent(group: &RowGroupMetaData) -> (u64, u64) {
    let chunks = || group.columns().iter().map(ColumnChunkMetaData::byte_range);
    let begin = chunks().map(|(start, _)| start).min().unwrap_or_default();
    let end = chunks().map(|(start, len)| start + len).max().unwrap_or_default();
    (begin, end)
}

/// A file of a store, read by range; one range may be kept in memory.
struct Ranges {
    store: Store,
    path: String,
    len: u64,
    kept: (u64, Bytes),
    /// What the storage said, which the Parquet library would turn into a text.
    outage: Mutex<Option<ExchangeError>>,
}

impl Ranges {
    fn of(store: &Store, path: &str, len: u64) -> Self {
        let kept = (0, Bytes::new());
        Self { store: store.clone(), path: path.to_owned(), len, kept, outage: Mutex::new(None) }
    }

    /// Reads a range at once: a row group has many small parts.
    fn keep(&mut self, (begin, end): (u64, u64)) -> Result<(), ParquetError> {
        let bytes = self.range(begin, end.saturating_sub(begin))?;
        self.kept = (begin, bytes);
        Ok(())
    }

    fn range(&self, start: u64, len: u64) -> Result<Bytes, ParquetError> {
        let (begin, kept) = &self.kept;
        let within = start.checked_sub(*begin).and_then(|from| {
            let from = usize::try_from(from).ok()?;
            let to = from.checked_add(usize::try_from(len).ok()?)?;
            (to <= kept.len()).then(|| kept.slice(from..to))
        });
        if let Some(bytes) = within {
            return Ok(bytes);
        }
        if start.checked_add(len).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF("a part lies beyond the end of the file".to_owned()));
        }
        self.store.read_range(&self.path, start, len).map_err(|error| {
            let told = ParquetError::General("the storage failed".to_owned());
            *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            told
        })
    }

    /// What a failure of the Parquet library was about: the storage, or the file.
    fn failed(&self, path: &str) -> impl FnOnce(ParquetError) -> ExchangeError {
        let outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner).take();
        let path = path.to_owned();
        move |error| outage.unwrap_or_else(|| unusable(&path)(error))
    }
}

impl Length for Ranges {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Ranges {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let (begin, kept) = &self.kept;
        let kept = *begin..begin + kept.len() as u64;
        let end = if kept.contains(&start) { kept.end } else { self.len.max(start) };
        self.range(start, end - start).map(Cursor::new)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.range(start, length as u64)
    }
}
