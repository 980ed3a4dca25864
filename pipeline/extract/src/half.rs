//! The two halves of a batch, each with its signed manifest.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use arrow::{
    array::{FixedSizeBinaryArray, FixedSizeBinaryBuilder, RecordBatch},
    datatypes::SchemaRef,
};
use pipeline_domain::{HolderTag, RowToken, Sha256Digest, Signer};
use pipeline_exchange::{FileEntry, Manifest, ParquetSink, Release, wire};

use crate::{
    ExtractError, Extraction,
    ids::{IdRow, IdRows},
    sealed::Sealing,
};

/// The half for the TTP, inside the folder of a batch.
pub(crate) const TTP_FOLDER: &str = "for-ttp/";
/// The half for the HDA.
pub(crate) const HDA_FOLDER: &str = "for-hda/";

/// Writes the id rows, one an identifier, in the order of their tokens: those of people, and those of
/// prescriptions, prescribers, organisations and records. Lists of people say nothing of the latter.
pub(crate) fn write_ids(
    job: &Extraction<'_>,
    ids: &mut IdRows<'_>,
) -> Result<WrittenIds, ExtractError> {
    let mut persons = 0;
    let identifiers = ids.each(&mut |row| {
        persons += u64::from(row.of_person);
        Ok(())
    })?;
    let linked = identifiers - persons;
    // The numbers of padding rows are those after the people's, so that no two are the same.
    let padded = wire::padded_rows(persons);
    let mut files = vec![write_padded(job, ids, wire::ID_FILE, true, persons..padded)?];
    if linked > 0 {
        let numbers = padded..padded + wire::padded_rows(linked) - linked;
        files.push(write_padded(job, ids, wire::LINKED_ID_FILE, false, numbers)?);
    }
    Ok(WrittenIds { files, identifiers, persons })
}

/// Writes one file of id rows, with so many that are of nobody.
///
/// Padding comes before signing: a signed count of real rows would tell the TTP how many people a
/// hospital treated that month.
fn write_padded(
    job: &Extraction<'_>,
    ids: &mut IdRows<'_>,
    name: &str,
    of_person: bool,
    padding: Range<u64>,
) -> Result<FileEntry, ExtractError> {
    let padding = padding.map(|number| job.tokens.padding(number));
    let mut padding: Vec<IdRow> =
        padding.map(|(token, tag)| IdRow { token, tag, of_person }).collect();
    padding.sort_unstable();
    let mut padding = padding.into_iter().peekable();
    let sink = ParquetSink::create(job.out, TTP_FOLDER, name, wire::id_schema())?;
    let mut file = IdFile { sink, rows: Vec::new() };
    ids.each(&mut |row| {
        if row.of_person != of_person {
            return Ok(());
        }
        while let Some(between) = padding.next_if(|between| *between < row) {
            file.add(between)?;
        }
        file.add(row)
    })?;
    for row in padding {
        file.add(row)?;
    }
    file.flush()?;
    Ok(file.sink.finish()?)
}

/// The files of ids, and what the holder alone knows of them.
pub(crate) struct WrittenIds {
    pub(crate) files: Vec<FileEntry>,
    pub(crate) identifiers: u64,
    pub(crate) persons: u64,
}

struct IdFile {
    sink: ParquetSink,
    rows: Vec<IdRow>,
}

impl IdFile {
    fn add(&mut self, row: IdRow) -> Result<(), ExtractError> {
        self.rows.push(row);
        if self.rows.len() == 65_536 { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ExtractError> {
        let batch = id_batch(&self.rows)
            .map_err(|source| ExtractError::Rows { view: wire::ID_FILE.to_owned(), source })?;
        self.rows.clear();
        Ok(self.sink.write(&batch)?)
    }
}

/// Writes the records that are no more, in the order of their tokens.
pub(crate) fn write_removed(
    job: &Extraction<'_>,
    removed: &BTreeSet<RowToken>,
) -> Result<FileEntry, ExtractError> {
    let schema = wire::removed_schema();
    let mut sink =
        ParquetSink::create(job.out, HDA_FOLDER, wire::REMOVED_FILE, SchemaRef::clone(&schema))?;
    let tokens = FixedSizeBinaryArray::try_from_iter(removed.iter().map(RowToken::as_bytes));
    let rows = tokens.and_then(|tokens| RecordBatch::try_new(schema, vec![Arc::new(tokens)]));
    let view = wire::REMOVED_FILE.to_owned();
    sink.write(&rows.map_err(|source| ExtractError::Rows { view, source })?)?;
    Ok(sink.finish()?)
}

/// Signs a half, which makes it whole; gives the digest of its manifest.
pub(crate) fn seal(
    job: &Extraction<'_>,
    folder: &str,
    files: Vec<FileEntry>,
    removed: Option<FileEntry>,
    signer: &dyn Signer,
) -> Result<Sha256Digest, ExtractError> {
    let payload_root = match job.sealing {
        Some(Sealing { root, ttp }) if folder == TTP_FOLDER => {
            Some(root.seal(job.domain, job.batch, ttp)?)
        }
        _ => None,
    };
    let manifest = Manifest {
        format: Manifest::format(),
        batch_id: job.batch,
        domain: job.domain,
        key_version: job.key_version,
        target: None,
        holder: job.holder.clone(),
        signed_by: job.holder.clone(),
        purpose: job.purpose,
        mode: job.mode,
        chain: job.chain,
        release: if job.sealing.is_some() { Release::Sealed } else { Release::Bulk },
        payload_root,
        files,
        removed,
        not_after: job.not_after,
        created: job.now,
        software: job.software.to_owned(),
    };
    Ok(manifest.write(job.out, folder, signer)?)
}

fn id_batch(ids: &[IdRow]) -> Result<RecordBatch, arrow::error::ArrowError> {
    let builder = |len: usize| {
        FixedSizeBinaryBuilder::with_capacity(ids.len(), i32::try_from(len).unwrap_or_default())
    };
    let (mut tokens, mut tags) = (builder(RowToken::LEN), builder(HolderTag::LEN));
    for IdRow { token, tag, .. } in ids {
        tokens.append_value(token.as_bytes())?;
        tags.append_value(tag.as_bytes())?;
    }
    RecordBatch::try_new(
        wire::id_schema(),
        vec![Arc::new(tokens.finish()), Arc::new(tags.finish())],
    )
}
