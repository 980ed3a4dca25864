//! The two halves of a batch, each with its signed manifest.

use std::sync::Arc;

use arrow::array::{FixedSizeBinaryBuilder, RecordBatch};
use pipeline_domain::{HolderTag, RowToken, Signer};
use pipeline_exchange::{FileEntry, Manifest, ParquetSink, wire};
use pipeline_keys::RowTokens;

use crate::{ExtractError, Extraction};

/// The half for the TTP, inside the folder of a batch.
pub(crate) const TTP_FOLDER: &str = "for-ttp/";
/// The half for the HDA.
pub(crate) const HDA_FOLDER: &str = "for-hda/";

/// Writes the id rows: one a person, padded, in the order of their tokens.
pub(crate) fn write_ids(
    job: &Extraction<'_>,
    mut ids: Vec<(RowToken, HolderTag)>,
    tokens: &RowTokens,
) -> Result<FileEntry, ExtractError> {
    // Padding comes before signing: a signed count of real rows would tell the TTP how many people
    // a hospital treated that month.
    let padded = wire::padded_rows(ids.len() as u64);
    while (ids.len() as u64) < padded {
        ids.push(tokens.draw_padding()?);
    }
    ids.sort_unstable_by_key(|(token, _)| *token);
    let mut sink = ParquetSink::create(job.out, TTP_FOLDER, wire::ID_FILE, wire::id_schema())?;
    for chunk in ids.chunks(65_536) {
        let batch = id_batch(chunk)
            .map_err(|source| ExtractError::Rows { view: wire::ID_FILE.to_owned(), source })?;
        sink.write(&batch)?;
    }
    Ok(sink.finish()?)
}

/// Signs a half, which makes it whole.
pub(crate) fn seal(
    job: &Extraction<'_>,
    folder: &str,
    files: Vec<FileEntry>,
    signer: &dyn Signer,
) -> Result<(), ExtractError> {
    let manifest = Manifest {
        format: Manifest::format(),
        batch_id: job.batch,
        domain: job.domain,
        key_version: job.key_version,
        holder: job.holder.clone(),
        signed_by: job.holder.clone(),
        purpose: job.purpose,
        files,
        not_after: job.not_after,
        created: job.now,
        software: job.software.to_owned(),
    };
    Ok(manifest.write(job.out, folder, signer)?)
}

fn id_batch(ids: &[(RowToken, HolderTag)]) -> Result<RecordBatch, arrow::error::ArrowError> {
    let builder = |len: usize| {
        FixedSizeBinaryBuilder::with_capacity(ids.len(), i32::try_from(len).unwrap_or_default())
    };
    let (mut tokens, mut tags) = (builder(RowToken::LEN), builder(HolderTag::LEN));
    for (token, tag) in ids {
        tokens.append_value(token.as_bytes())?;
        tags.append_value(tag.as_bytes())?;
    }
    RecordBatch::try_new(
        wire::id_schema(),
        vec![Arc::new(tokens.finish()), Arc::new(tags.finish())],
    )
}
