//! Payload rows under a key a person, so that the HDA reads those alone whose keys the TTP releases.
//!
//! The rows of one person in one portion of a view become one value: an Arrow IPC message without its
//! schema, which the manifest tells, compressed with zstd, its length in front, padded to a step, and
//! sealed with AES-256-GCM under the row key.

use std::{fmt, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, BinaryArray, RecordBatch, UInt64Array},
    error::ArrowError,
    ipc::{
        MetadataVersion,
        writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions},
    },
};
use pipeline_domain::{PublicKey, RowToken};
use pipeline_exchange::{FileEntry, ParquetSink, Store, read_parquet, wire};
use pipeline_keys::{PayloadRoot, SealedPlace};
use rayon::prelude::*;

use crate::{ExtractError, Extraction, half::HDA_FOLDER};

/// With what payload rows are sealed, and for whom.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The root of the row keys of this batch.
    pub root: &'a PayloadRoot,
    /// The sealing key of the TTP, which alone can release them.
    pub ttp: &'a PublicKey,
}

impl fmt::Debug for Sealing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing(hidden)")
    }
}

/// How hard rows are compressed: they are few, so that more effort gains nothing.
const LEVEL: i32 = 1;

/// Puts the sealed rows of a view in the place of its rows.
pub(crate) fn seal_rows(
    job: &Extraction<'_>,
    sealing: Sealing<'_>,
    view: u32,
    entry: FileEntry,
) -> Result<FileEntry, ExtractError> {
    let batch: &Store = job.out;
    let path = format!("{HDA_FOLDER}{}", entry.name);
    // The file appears under its name when it is finished, and only then takes the other's place.
    let mut sink = ParquetSink::create(batch, HDA_FOLDER, &entry.name, wire::sealed_schema())?;
    let mut number = 0;
    for rows in read_parquet(batch, &path)? {
        let rows = rows?;
        let failed = |source| ExtractError::Rows { view: entry.name.clone(), source };
        let people = people(&rows);
        let sealed: Vec<Vec<u8>> = people
            .par_iter()
            .enumerate()
            .map_init(compressor, |compressor, (at, (token, begin, len))| {
                let place = SealedPlace { batch: job.batch, view, number: number + at as u64 };
                let rows = packed(&rows.slice(*begin, *len), compressor.as_mut().ok())?;
                sealing
                    .root
                    .row_key(token)
                    .seal(&place, token, rows)
                    .map_err(|error| ArrowError::ExternalError(Box::new(error)))
            })
            .collect::<Result<_, ArrowError>>()
            .map_err(failed)?;
        let written = (|| {
            let tokens = arrow::array::FixedSizeBinaryArray::try_from_iter(
                people.iter().map(|(token, _, _)| token.as_bytes()),
            )?;
            let numbers = UInt64Array::from_iter_values(number..number + people.len() as u64);
            let sealed = BinaryArray::from_iter_values(sealed);
            let columns: Vec<ArrayRef> =
                vec![Arc::new(tokens), Arc::new(numbers), Arc::new(sealed)];
            RecordBatch::try_new(wire::sealed_schema(), columns)
        })();
        sink.write(&written.map_err(failed)?)?;
        number += people.len() as u64;
    }
    let sealed = sink.finish()?;
    Ok(FileEntry { columns: entry.columns, resource: entry.resource, ..sealed })
}

/// The people of rows that lie in the order of their tokens: token, first row, rows.
fn people(rows: &RecordBatch) -> Vec<(RowToken, usize, usize)> {
    let mut people: Vec<(RowToken, usize, usize)> = Vec::new();
    for (row, bytes) in rows.column(0).as_fixed_size_binary().iter().flatten().enumerate() {
        let mut token = [0; RowToken::LEN];
        token.copy_from_slice(bytes);
        let token = RowToken::new(token);
        match people.last_mut() {
            Some((last, _, len)) if *last == token => *len += 1,
            _ => people.push((token, row, 1)),
        }
    }
    people
}

fn compressor() -> std::io::Result<zstd::bulk::Compressor<'static>> {
    zstd::bulk::Compressor::new(LEVEL)
}

/// The rows of one person without their token, as padded bytes.
fn packed(
    rows: &RecordBatch,
    compressor: Option<&mut zstd::bulk::Compressor<'static>>,
) -> Result<Vec<u8>, ArrowError> {
    let health: Vec<usize> = (1..rows.num_columns()).collect();
    let rows = rows.project(&health)?;
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?;
    let mut tracker = DictionaryTracker::new(false);
    let (_, message) = IpcDataGenerator::default().encode(
        &rows,
        &mut tracker,
        &options,
        &mut IpcWriteContext::default(),
    )?;
    let (head, body) = (message.ipc_message, message.arrow_data);
    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    let plain = [&len(&head)[..], &head, &body].concat();
    let packed = match compressor {
        Some(compressor) => compressor.compress(&plain),
        None => zstd::bulk::compress(&plain, LEVEL),
    };
    let packed = packed.map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
    let mut padded = [&len(&packed)[..], &packed].concat();
    let steps = wire::padded_bytes(padded.len() as u64);
    padded.resize(usize::try_from(steps).unwrap_or(padded.len()), 0);
    Ok(padded)
}
