//! What an increment does to the rows its holder sent before: records that came again, or are no
//! more, lose their earlier rows.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{AsArray, BooleanArray, FixedSizeBinaryArray, RecordBatch},
    compute::filter_record_batch,
};
use pipeline_domain::{ResearchId, RowToken};
use pipeline_exchange::{
    BatchMode, ExchangeError, Manifest, ParquetFile, ParquetSink, Store, fixed_column, lake::Part,
    read_parquet, wire::RECORD_ID,
};

use crate::{
    IngestError, Refusal,
    join::{Links, array},
    sealed::Payload,
};

/// The records an increment speaks of, by their research ids.
pub(crate) type Touched = HashSet<ResearchId>;

/// The records a batch brings again or removes; nothing for a batch that is no increment.
pub(crate) fn touched(
    inbox: &Store,
    payload: &str,
    manifest: &Manifest,
    links: &Links,
) -> Result<Touched, Refusal> {
    let mut touched = Touched::new();
    if manifest.mode != BatchMode::Increment {
        return Ok(touched);
    }
    for file in &manifest.files {
        let source = Payload::open(inbox, payload, manifest, file)?;
        for group in 0..source.groups().len() {
            for rows in source.read_group(group, links)? {
                if let Some(tokens) = record_ids(&rows?) {
                    add(&mut touched, tokens, links);
                }
            }
        }
    }
    if let Some(removed) = &manifest.removed {
        let path = format!("{payload}{}", removed.name);
        for rows in read_parquet(inbox, &path)? {
            add(&mut touched, fixed_column(&rows?, &path, RECORD_ID, RowToken::LEN)?, links);
        }
    }
    Ok(touched)
}

fn add(touched: &mut Touched, tokens: &FixedSizeBinaryArray, links: &Links) {
    let tokens = tokens.iter().flatten().map(|token| u128::from_be_bytes(array(token)));
    touched.extend(tokens.filter_map(|token| links.research_id(token).copied()));
}

fn record_ids(rows: &RecordBatch) -> Option<&FixedSizeBinaryArray> {
    rows.column_by_name(RECORD_ID)?.as_fixed_size_binary_opt()
}

/// Is a row of this part of one of these records? Reads no other column than their ids.
pub(crate) fn speaks_of(
    lake: &Store,
    folder: &str,
    part: &Part,
    touched: &[&Touched],
) -> Result<bool, IngestError> {
    if touched.iter().all(|touched| touched.is_empty()) {
        return Ok(false);
    }
    let file = ParquetFile::open(lake, &format!("{folder}{}", part.name))?.with_only(RECORD_ID)?;
    for group in 0..file.groups().len() {
        for rows in file.read_group(group)? {
            if record_ids(&rows?).is_some_and(|ids| ids.iter().any(|id| is_in(id, touched))) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Writes a part without the rows of these records, into the folder of another version.
pub(crate) fn write_without(
    lake: &Store,
    from: &str,
    to: &str,
    part: &Part,
    touched: &[&Touched],
) -> Result<Part, IngestError> {
    let path = format!("{from}{}", part.name);
    let schema = Arc::clone(ParquetFile::open(lake, &path)?.schema());
    let mut sink = ParquetSink::create(lake, to, &part.name, schema)?;
    for rows in read_parquet(lake, &path)? {
        let rows = rows?;
        let Some(ids) = record_ids(&rows) else {
            let what = "a part without the record ids its manifest promises";
            return Err(ExchangeError::Differs { path, what }.into());
        };
        let kept: BooleanArray = ids.iter().map(|id| Some(!is_in(id, touched))).collect();
        sink.write(&filter_record_batch(&rows, &kept)?)?;
    }
    let written = sink.finish()?;
    Ok(Part { rows: written.rows, bytes: written.bytes, sha256: written.sha256, ..part.clone() })
}

fn is_in(id: Option<&[u8]>, touched: &[&Touched]) -> bool {
    id.is_some_and(|id| {
        let id = ResearchId::new(array(id));
        touched.iter().any(|touched| touched.contains(&id))
    })
}
