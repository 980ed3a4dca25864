//! Sealed rows, opened with the keys the TTP released. Of everybody else nothing is read, because
//! nothing can be.

use std::{collections::HashMap, panic, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch},
    buffer::Buffer,
    compute::concat_batches,
    datatypes::{Schema, SchemaRef, UInt64Type},
    error::ArrowError,
    ipc::{self, MetadataVersion, reader::read_record_batch, root_as_message},
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
        // The frame tells its size, so that a small one does not take the room of the largest.
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok()).ok_or(NotOpened)?;
        if size > MOST_UNPACKED {
            return Err(NotOpened);
        }
        let plain = zstd::bulk::decompress(packed, size).map_err(|_| NotOpened)?;
        let (head, body) = counted(&plain).ok_or(NotOpened)?;
        let rows = self.rows(head, body).map_err(|_| NotOpened)?;
        let token = std::iter::repeat_n(Some(token), rows.num_rows());
        let tokens = FixedSizeBinaryArray::try_from_sparse_iter_with_size(token, TOKEN_LEN);
        let tokens: ArrayRef = Arc::new(tokens.map_err(|_| NotOpened)?);
        let columns = std::iter::once(tokens).chain(rows.columns().iter().cloned()).collect();
        RecordBatch::try_new(SchemaRef::clone(&self.schema), columns).map_err(|_| NotOpened)
    }

    /// Reads an Arrow IPC message.
    fn rows(&self, head: &[u8], body: &[u8]) -> Result<RecordBatch, ArrowError> {
        let unreadable = || ArrowError::IpcError("no record batch".to_owned());
        let message = root_as_message(head).map_err(|_| unreadable())?;
        let batch = message.header_as_record_batch().ok_or_else(unreadable)?;
        if !lies_within(&batch, body.len()) {
            return Err(unreadable());
        }
        // The library panics at some messages no writer makes. One holder must not end the pass.
        let read = panic::catch_unwind(|| {
            let schema = SchemaRef::clone(&self.health);
            let (body, none) = (Buffer::from(body), HashMap::new());
            read_record_batch(&body, batch, schema, &none, None, &MetadataVersion::V5)
        });
        read.unwrap_or_else(|_| Err(unreadable()))
    }
}

const TOKEN_LEN: i32 = 16;

/// Sealed rows that their key does not open, or that hold something else than rows.
struct NotOpened;

/// Do the columns lie where the body has room, and count what they may? The library takes the
/// message's word for it.
fn lies_within(batch: &ipc::RecordBatch<'_>, body: usize) -> bool {
    let rows = batch.length();
    let counts = batch
        .nodes()
        .into_iter()
        .flatten()
        .all(|column| column.length() == rows && (0..=rows).contains(&column.null_count()));
    let within = batch.buffers().into_iter().flatten().all(|buffer| {
        let end = buffer.offset().checked_add(buffer.length());
        let end = end.and_then(|end| usize::try_from(end).ok());
        buffer.offset() >= 0 && buffer.length() >= 0 && end.is_some_and(|end| end <= body)
    });
    // What is compressed a second time could unpack to any size.
    let most_rows = i64::try_from(MOST_UNPACKED).unwrap_or(i64::MAX);
    (0..=most_rows).contains(&rows) && counts && within && batch.compression().is_none()
}

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

#[cfg(test)]
mod tests {
    use arrow::{
        array::{Date32Array, Int64Array, StringArray},
        datatypes::{DataType, Field},
        ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions},
    };
    use proptest::prelude::*;

    use super::*;

    fn sealed() -> Sealed {
        let field = |name: &str, kind| Field::new(name, kind, true);
        let health = SchemaRef::new(Schema::new(vec![
            field("code", DataType::Utf8),
            field("count", DataType::Int64),
            field("day", DataType::Date32),
            field("prescriber", DataType::FixedSizeBinary(TOKEN_LEN)),
        ]));
        let batch = "0199c1de-7f2a-7c6b-9d33-1f2e3d4c5b6a".parse().unwrap();
        Sealed { batch, view: 0, schema: SchemaRef::clone(&health), health }
    }

    /// Two rows as an IPC message: its head and its body.
    fn message(of: &Sealed) -> (Vec<u8>, Vec<u8>) {
        let ids = [Some([7; 16]), None].into_iter();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("44054006"), None])),
            Arc::new(Int64Array::from(vec![None, Some(3)])),
            Arc::new(Date32Array::from(vec![Some(20_000), Some(20_001)])),
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, TOKEN_LEN).unwrap()),
        ];
        let rows = RecordBatch::try_new(SchemaRef::clone(&of.health), columns).unwrap();
        let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).unwrap();
        let mut tracker = DictionaryTracker::new(false);
        let (_, message) = IpcDataGenerator::default()
            .encode(&rows, &mut tracker, &options, &mut IpcWriteContext::default())
            .unwrap();
        (message.ipc_message, message.arrow_data)
    }

    proptest! {
        // A holder has the keys of its own rows, so that what they open to is its word alone.
        #[test]
        fn whatever_a_holder_sealed_is_rows_or_an_error_and_never_a_panic(
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            in_head in any::<bool>(), cut in 0_usize..64,
        ) {
            let sealed = sealed();
            let (mut head, mut body) = message(&sealed);
            let part = if in_head { &mut head } else { &mut body };
            for (at, byte) in flips {
                let at = at.index(part.len());
                part[at] ^= byte;
            }
            part.truncate(part.len().saturating_sub(cut));
            if let Ok(rows) = sealed.rows(&head, &body) {
                prop_assert_eq!(rows.num_columns(), 4);
            }
        }
    }

    #[test]
    fn a_message_that_lost_half_its_rows_is_an_error() {
        let sealed = sealed();
        let (head, body) = message(&sealed);
        assert!(sealed.rows(&head, &body[..body.len() / 2]).is_err());
        assert!(sealed.rows(&head[..head.len() / 2], &body).is_err());
    }

    #[test]
    fn rows_come_out_as_they_went_in() {
        let sealed = sealed();
        let (head, body) = message(&sealed);
        let rows = sealed.rows(&head, &body).unwrap();
        let codes = rows.column(0).as_string::<i32>();
        assert_eq!(
            (rows.num_rows(), codes.value(0), rows.column(0).is_null(1)),
            (2, "44054006", true)
        );
    }
}
