//! Payload and link rows, joined on the row token; out comes the research id.

use std::sync::Arc;

use arrow::{
    array::{FixedSizeBinaryBuilder, RecordBatch, UInt32Array},
    compute::take_arrays,
};
use pipeline_domain::{Pseudonym, ResearchId, RowToken};
use pipeline_exchange::{
    FileEntry, ParquetSink, Store, fixed_column, leaks::LeakScanner, read_parquet, wire,
};
use pipeline_keys::HdaKey;
use rayon::prelude::*;

use crate::{IngestError, Refusal};

/// Row tokens and their research ids, in the order of the tokens.
pub(crate) struct Links(Vec<(RowToken, ResearchId)>);

impl Links {
    /// Reads the link rows and takes stage 3 at once: a pseudonym is never kept.
    pub(crate) fn read(inbox: &Store, path: &str, key: &HdaKey) -> Result<Self, Refusal> {
        let mut links = Vec::new();
        for batch in read_parquet(inbox, path)? {
            let batch = batch?;
            let tokens = fixed_column(&batch, path, wire::ROW_TOKEN, RowToken::LEN)?;
            let pseudonyms = fixed_column(&batch, path, wire::PSEUDONYM, Pseudonym::LEN)?;
            let rows: Vec<_> = tokens.iter().flatten().zip(pseudonyms.iter().flatten()).collect();
            links.par_extend(rows.into_par_iter().map(|(token, pseudonym)| {
                let research_id = key.research_id(&Pseudonym::new(array(pseudonym)));
                (RowToken::new(array(token)), research_id)
            }));
        }
        links.par_sort_unstable_by_key(|(token, _)| *token);
        Ok(Self(links))
    }

    fn research_id(&self, token: &RowToken) -> Option<&ResearchId> {
        let at = self.0.binary_search_by_key(&token, |(known, _)| known).ok()?;
        self.0.get(at).map(|(_, research_id)| research_id)
    }
}

/// Looks through a payload file for what must not be in it, and for the columns it declares.
pub(crate) fn inspect(inbox: &Store, folder: &str, file: &FileEntry) -> Result<(), Refusal> {
    let path = format!("{folder}{}", file.name);
    let schema = wire::payload_schema(&file.columns);
    let mut scanner = LeakScanner::default();
    for batch in read_parquet(inbox, &path)? {
        let batch = batch?;
        let found = batch.schema();
        let differs =
            schema.fields().iter().zip(found.fields()).find(|(declared, found)| declared != found);
        if differs.is_some() || schema.fields().len() != found.fields().len() {
            let column = differs
                .map_or_else(|| "(count)".to_owned(), |(declared, _)| declared.name().clone());
            return Err(Refusal::OtherColumns { file: file.name.clone(), column });
        }
        scanner.scan(&batch);
    }
    let leaks = scanner.finish();
    let Some(leak) = leaks.into_iter().next() else {
        return Ok(());
    };
    let rows: Vec<String> = leak.rows.iter().map(u64::to_string).collect();
    Err(Refusal::Leak {
        file: file.name.clone(),
        column: leak.column,
        count: leak.count,
        rows: rows.join(", "),
    })
}

/// Writes one payload file as a part of the lake; tells the part's entry.
pub(crate) fn write_part(
    inbox: &Store,
    payload: &str,
    file: &FileEntry,
    links: &Links,
    lake: &Store,
    folder: &str,
    name: &str,
) -> Result<FileEntry, IngestError> {
    let path = format!("{payload}{}", file.name);
    let mut sink = ParquetSink::create(lake, folder, name, wire::lake_schema(&file.columns))?;
    for batch in read_parquet(inbox, &path)? {
        let joined = join(&batch?, &path, file, links)?;
        sink.write(&joined)?;
    }
    Ok(sink.finish()?)
}

fn join(
    batch: &RecordBatch,
    path: &str,
    file: &FileEntry,
    links: &Links,
) -> Result<RecordBatch, IngestError> {
    let tokens = fixed_column(batch, path, wire::ROW_TOKEN, RowToken::LEN)?;
    let len = i32::try_from(ResearchId::LEN).unwrap_or_default();
    let mut research_ids = FixedSizeBinaryBuilder::with_capacity(batch.num_rows(), len);
    let mut kept = Vec::with_capacity(batch.num_rows());
    for (row, token) in (0..).zip(tokens.iter().flatten()) {
        if let Some(research_id) = links.research_id(&RowToken::new(array(token))) {
            research_ids.append_value(research_id.as_bytes())?;
            kept.push(row);
        }
    }
    let mut columns = take_arrays(&batch.columns()[1..], &UInt32Array::from(kept), None)?;
    columns.insert(0, Arc::new(research_ids.finish()));
    Ok(RecordBatch::try_new(wire::lake_schema(&file.columns), columns)?)
}

/// The column has this width; `fixed_column` checked it.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}
