//! The answer to a batch: link rows, signed, in the inbox of the HDA.

use std::sync::Arc;

use arrow::array::{FixedSizeBinaryBuilder, RecordBatch};
use pipeline_domain::{Pseudonym, RowToken, Timestamp};
use pipeline_exchange::{Manifest, ParquetSink, wire};
use pipeline_keys::TtpKey;
use rayon::prelude::*;

use crate::{Ttp, TtpError, batch::IdRows, opt_out::OptOuts};

/// Where the link rows of a batch go, inside the inbox of the HDA.
pub(crate) fn folder_of(manifest: &Manifest) -> String {
    format!("{}/link/", manifest.batch_id)
}

/// Stage 2 for everyone who did not opt out, in the order of the tokens.
pub(crate) fn link_rows(
    ids: &IdRows,
    key: &TtpKey,
    opt_outs: &OptOuts,
) -> Vec<(RowToken, Pseudonym)> {
    ids.par_iter()
        .filter(|(_, tag)| !opt_outs.contains(tag))
        .map(|(token, tag)| (*token, key.pseudonym(tag)))
        .collect()
}

/// Writes the link rows and, last, their manifest.
pub(crate) fn deliver(
    ttp: &Ttp<'_>,
    asked: &Manifest,
    rows: &[(RowToken, Pseudonym)],
    key_version: u32,
    now: Timestamp,
) -> Result<(), TtpError> {
    let folder = folder_of(asked);
    let mut sink = ParquetSink::create(ttp.hda, &folder, wire::LINK_FILE, wire::link_schema())?;
    for chunk in rows.chunks(65_536) {
        sink.write(&record_batch(chunk)?)?;
    }
    let manifest = Manifest {
        key_version,
        signed_by: ttp.name.clone(),
        files: vec![sink.finish()?],
        created: now,
        software: ttp.software.to_owned(),
        ..asked.clone()
    };
    manifest.write(ttp.hda, &folder, ttp.keys)?;
    Ok(())
}

fn record_batch(rows: &[(RowToken, Pseudonym)]) -> Result<RecordBatch, arrow::error::ArrowError> {
    let builder = |len: usize| {
        FixedSizeBinaryBuilder::with_capacity(rows.len(), i32::try_from(len).unwrap_or_default())
    };
    let (mut tokens, mut pseudonyms) = (builder(RowToken::LEN), builder(Pseudonym::LEN));
    for (token, pseudonym) in rows {
        tokens.append_value(token.as_bytes())?;
        pseudonyms.append_value(pseudonym.as_bytes())?;
    }
    RecordBatch::try_new(
        wire::link_schema(),
        vec![Arc::new(tokens.finish()), Arc::new(pseudonyms.finish())],
    )
}
