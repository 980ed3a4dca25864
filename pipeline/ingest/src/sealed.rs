//! Sealed rows, opened with the keys the TTP released. Of everybody else nothing is read, because
//! nothing can be.

use std::collections::HashMap;

use arrow::{
    array::{ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch},
    buffer::Buffer,
    compute::concat_batches,
    datatypes::{Schema, SchemaRef, UInt64Type},
    error::ArrowError,
    ipc::{MetadataVersion, reader::read_record_batch, root_as_message},
};
use pipeline_domain::{BatchId, RowToken};
use pipeline_exchange::{FileEntry, Manifest, ParquetFile, Release, Store, fixed_column, wire};
use pipeline_keys::{RowKey, SealedPlace};
use rayon::prelude::*;

use crate::{
    Refusal,
    join::{Links, array, in_full},
};

/// What the rows of one person may become when they are unpacked, in bytes. A holder may not fill the
/// HDA's memory with a few bytes.
const MOST_UNPACKED: usize = 64 << 20;

/// A payload file, whose rows lie there as they are or sealed.
pub(crate) struct Payload {
    file: ParquetFile,
    path: String,
    sealed: Option<Sealed>,
}

struct Sealed {
    batch: BatchId,
    view: u32,
    /// The columns of the rows, the token among them.
    schema: SchemaRef,
    /// The same without the token.
    health: SchemaRef,
}

impl Payload {
    /// Opens a file of a batch, and holds its columns against those its manifest declares.
    pub(crate) fn open(
        inbox: &Store,
        folder: &str,
        manifest: &Manifest,
        file: &FileEntry,
    ) -> Result<Self, Refusal> {
        let path = format!("{folder}{}", file.name);
        let source = ParquetFile::open(inbox, &path)?;
        let schema = in_full(&wire::payload_schema(&file.columns), manifest.mode.has_record_ids());
        if manifest.release == Release::Bulk {
            check_columns(&schema, source.schema(), file)?;
            return Ok(Self { file: source.with_codes()?, path, sealed: None });
        }
        check_columns(&wire::sealed_schema(), source.schema(), file)?;
        let view = manifest.files.iter().position(|other| other.name == file.name);
        let view = view.and_then(|view| u32::try_from(view).ok()).unwrap_or(u32::MAX);
        let health = schema.fields().iter().skip(1).cloned().collect::<Vec<_>>();
        let health = SchemaRef::new(Schema::new(health));
        let sealed = Some(Sealed { batch: manifest.batch_id, view, schema, health });
        Ok(Self { file: source, path, sealed })
    }

    /// The rows of each of its row groups.
    pub(crate) fn groups(&self) -> Vec<u64> {
        self.file.groups()
    }

    /// The path, for messages.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The rows of a row group that may be read.
    pub(crate) fn read_group<'a>(
        &'a self,
        group: usize,
        links: &'a Links,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, Refusal>> + 'a, Refusal> {
        let batches = self.file.read_group(group)?;
        Ok(batches.map(move |batch| match &self.sealed {
            None => Ok(batch?),
            Some(sealed) => sealed.open(&batch?, &self.path, links),
        }))
    }
}

impl Sealed {
    fn open(&self, batch: &RecordBatch, path: &str, links: &Links) -> Result<RecordBatch, Refusal> {
        let tokens = fixed_column(batch, path, wire::ROW_TOKEN, RowToken::LEN)?;
        let numbers = batch.column(1).as_primitive::<UInt64Type>();
        let sealed = batch.column(2).as_binary::<i32>();
        let opened: Vec<RecordBatch> = (0..batch.num_rows())
            .into_par_iter()
            .filter_map(|row| {
                let token: [u8; RowToken::LEN] = array(tokens.value(row));
                let key = links.row_key(u128::from_be_bytes(token))?;
                let number = numbers.value(row);
                let place = SealedPlace { batch: self.batch, view: self.view, number };
                Some(self.open_one(key, &place, token, sealed.value(row).to_vec()))
            })
            .collect::<Result<_, _>>()
            .map_err(|NotOpened| Refusal::NotOpened { file: path.to_owned() })?;
        concat_batches(&self.schema, &opened)
            .map_err(|_| Refusal::NotOpened { file: path.to_owned() })
    }

    fn open_one(
        &self,
        key: &RowKey,
        place: &SealedPlace,
        token: [u8; RowToken::LEN],
        sealed: Vec<u8>,
    ) -> Result<RecordBatch, NotOpened> {
        let padded = key.open(place, &RowToken::new(token), sealed).map_err(|_| NotOpened)?;
        let (packed, _) = counted(&padded).ok_or(NotOpened)?;
        let plain = zstd::bulk::decompress(packed, MOST_UNPACKED).map_err(|_| NotOpened)?;
        let (head, body) = counted(&plain).ok_or(NotOpened)?;
        let rows = self.rows(head, body).map_err(|_| NotOpened)?;
        let token = std::iter::repeat_n(Some(token), rows.num_rows());
        let tokens = FixedSizeBinaryArray::try_from_sparse_iter_with_size(token, TOKEN_LEN);
        let tokens: ArrayRef = std::sync::Arc::new(tokens.map_err(|_| NotOpened)?);
        let columns = std::iter::once(tokens).chain(rows.columns().iter().cloned()).collect();
        RecordBatch::try_new(SchemaRef::clone(&self.schema), columns).map_err(|_| NotOpened)
    }

    /// Reads an Arrow IPC message, which the library checks as something from outside.
    fn rows(&self, head: &[u8], body: &[u8]) -> Result<RecordBatch, ArrowError> {
        let unreadable = || ArrowError::IpcError("no record batch".to_owned());
        let message = root_as_message(head).map_err(|_| unreadable())?;
        let batch = message.header_as_record_batch().ok_or_else(unreadable)?;
        let schema = SchemaRef::clone(&self.health);
        read_record_batch(
            &Buffer::from(body),
            batch,
            schema,
            &HashMap::new(),
            None,
            &MetadataVersion::V5,
        )
    }
}

const TOKEN_LEN: i32 = 16;

/// Sealed rows that their key does not open, or that hold something else than rows.
struct NotOpened;

/// Bytes behind their length, and what follows them.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

fn check_columns(declared: &SchemaRef, found: &SchemaRef, file: &FileEntry) -> Result<(), Refusal> {
    let mut pairs = declared.fields().iter().zip(found.fields());
    let differs = pairs.find(|(declared, found)| declared != found);
    if differs.is_none() && declared.fields().len() == found.fields().len() {
        return Ok(());
    }
    let column =
        differs.map_or_else(|| "(count)".to_owned(), |(declared, _)| declared.name().clone());
    Err(Refusal::OtherColumns { file: file.name.clone(), column })
}
