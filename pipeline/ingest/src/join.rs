//! Payload and link rows, joined on the row token; out comes the research id.
//!
//! A payload file is read once, row group by row group, several beside each other: its columns are
//! held against the manifest, its values are looked through for what must not be here, and what has
//! a partner is written. What is written counts only once its version has a manifest, so a finding
//! in the last row undoes the first.

use std::{collections::HashMap, ops::Range, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanBufferBuilder, FixedSizeBinaryArray, RecordBatch,
        UInt32Array,
    },
    buffer::{Buffer, NullBuffer},
    compute::take,
    datatypes::SchemaRef,
    error::ArrowError,
};
use pipeline_domain::{Pseudonym, ResearchId, RowToken};
use pipeline_exchange::{
    EncodedRows, ExchangeError, FileEntry, GroupEncoder, Manifest, ParquetSink, Release, Store,
    fixed_column, leaks::LeakScanner, read_parquet, wire,
};
use pipeline_keys::{HdaKey, RowKey};
use rayon::prelude::*;

use crate::{
    IngestError, Refusal,
    pass::{Ready, Stop},
    sealed::Payload,
};

/// At most so many row groups of a file are kept in memory beside each other.
const MOST_BESIDE: usize = 8;
/// Rows of a file that are worked on as one, at least; small row groups are taken together.
const PORTION_ROWS: u64 = 131_072;

/// Row tokens and their research ids, in the order of the tokens.
///
/// Tokens are random, so their first bits tell to within a few rows where one stands.
pub(crate) struct Links {
    rows: Vec<(u128, ResearchId)>,
    /// Where the tokens with these first bits begin.
    starts: Vec<usize>,
    /// How many bits of a token are not looked at to find its start.
    shift: u32,
    /// Where rows are sealed, the keys that were released.
    keys: HashMap<u128, RowKey>,
}

impl Links {
    /// Reads the link rows and takes stage 3 at once: a pseudonym is never kept.
    pub(crate) fn read(
        inbox: &Store,
        folder: &str,
        answer: &Manifest,
        key: &HdaKey,
    ) -> Result<Self, Refusal> {
        let (mut links, mut keys) = (Vec::new(), HashMap::new());
        for file in &answer.files {
            let path = format!("{folder}{}", file.name);
            for batch in read_parquet(inbox, &path)? {
                let batch = batch?;
                let tokens = fixed_column(&batch, &path, wire::ROW_TOKEN, RowToken::LEN)?;
                let token = |row| u128::from_be_bytes(array(tokens.value(row)));
                let pseudonyms = fixed_column(&batch, &path, wire::PSEUDONYM, Pseudonym::LEN)?;
                links.par_extend((0..batch.num_rows()).into_par_iter().map(|row| {
                    let pseudonym = Pseudonym::new(array(pseudonyms.value(row)));
                    (token(row), key.research_id(&pseudonym))
                }));
                if answer.release == Release::Sealed && file.name == wire::LINK_FILE {
                    let released = fixed_column(&batch, &path, wire::ROW_KEY, RowKey::LEN)?;
                    let key = |row| RowKey::from_column(array(released.value(row)));
                    keys.extend((0..batch.num_rows()).map(|row| (token(row), key(row))));
                }
            }
        }
        let links = Self { keys, ..Self::of(links) };
        if links.rows.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Refusal::RepeatedTokens);
        }
        Ok(links)
    }

    /// The key of the rows with this token, if the TTP released it.
    pub(crate) fn row_key(&self, token: u128) -> Option<&RowKey> {
        self.keys.get(&token)
    }

    fn of(mut rows: Vec<(u128, ResearchId)>) -> Self {
        rows.par_sort_unstable_by_key(|(token, _)| *token);
        let bits = (rows.len() + 1).ilog2().max(1);
        let shift = u128::BITS - bits;
        let mut starts = vec![0; (1 << bits) + 1];
        for (token, _) in &rows {
            starts[first_bits(*token, shift) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self { rows, starts, shift, keys: HashMap::new() }
    }

    pub(crate) fn research_id(&self, token: u128) -> Option<&ResearchId> {
        let first = first_bits(token, self.shift);
        let alike = self.rows.get(*self.starts.get(first)?..*self.starts.get(first + 1)?)?;
        let at = alike.binary_search_by_key(&token, |(known, _)| *known).ok()?;
        alike.get(at).map(|(_, research_id)| research_id)
    }
}

fn first_bits(token: u128, shift: u32) -> usize {
    usize::try_from(token >> shift).unwrap_or_default()
}

/// Writes one payload file as a part of the lake; tells the part's entry, or why its batch must
/// not come in.
pub(crate) fn write_part(
    inbox: &Store,
    file: &FileEntry,
    batch: &Ready,
    lake: &Store,
    folder: &str,
    name: &str,
) -> Result<FileEntry, Stop> {
    let Ready { payload, links, .. } = batch;
    let source = Payload::open(inbox, payload, &batch.manifest, file)?;
    let has_record_ids = batch.manifest.mode.has_record_ids();
    let schema = in_full(&wire::lake_schema(&file.columns), has_record_ids);
    let mut sink = ParquetSink::create(lake, folder, name, schema)?;
    let encoder = sink.encoder();
    let part = Part { source: &source, links, encoder: &encoder };
    let mut scanner = LeakScanner::default();
    for beside in portions(&source.groups()).chunks(MOST_BESIDE) {
        let written: Vec<_> =
            beside.par_iter().map(|portion| part.write(portion)).collect::<Result<_, _>>()?;
        for (scanned, rows) in written {
            scanner.add(scanned);
            sink.append(rows)?;
        }
    }
    refuse_leaks(scanner, file)?;
    Ok(sink.finish()?)
}

pub(crate) fn in_full(schema: &SchemaRef, has_record_ids: bool) -> SchemaRef {
    if has_record_ids { wire::with_record_ids(schema) } else { SchemaRef::clone(schema) }
}

fn refuse_leaks(scanner: LeakScanner, file: &FileEntry) -> Result<(), Refusal> {
    let Some(leak) = scanner.finish().into_iter().next() else {
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

/// Some row groups of a file, and the number of their first row.
struct Portion {
    groups: Range<usize>,
    first_row: u64,
}

/// Takes small row groups together. The rows of the file alone decide, never the number of threads.
fn portions(groups: &[u64]) -> Vec<Portion> {
    let mut portions = Vec::new();
    let (mut begin, mut first_row, mut rows) = (0, 0, 0);
    for (at, count) in groups.iter().enumerate() {
        rows += count;
        if rows >= PORTION_ROWS || at + 1 == groups.len() {
            portions.push(Portion { groups: begin..at + 1, first_row });
            (begin, first_row, rows) = (at + 1, first_row + rows, 0);
        }
    }
    portions
}

/// One payload file on its way into the lake.
struct Part<'a> {
    source: &'a Payload,
    links: &'a Links,
    encoder: &'a GroupEncoder,
}

impl Part<'_> {
    fn write(&self, portion: &Portion) -> Result<(LeakScanner, EncodedRows), Stop> {
        let mut scanner = LeakScanner::starting_at(portion.first_row);
        let mut joined = Vec::new();
        for group in portion.groups.clone() {
            for batch in self.source.read_group(group, self.links)? {
                let batch = batch?;
                scanner.scan(&batch);
                let path = self.source.path();
                let tokens = fixed_column(&batch, path, wire::ROW_TOKEN, RowToken::LEN)
                    .map_err(Refusal::from)?;
                joined.push(join(&batch, tokens, self.links).map_err(IngestError::from)?);
            }
        }
        let rows = self.encoder.encode(joined.into_iter().map(Ok::<_, ExchangeError>))?;
        Ok((scanner, rows))
    }
}

/// The rows whose person is linked, with their research ids in the place of tokens.
fn join(
    batch: &RecordBatch,
    tokens: &FixedSizeBinaryArray,
    links: &Links,
) -> Result<RecordBatch, ArrowError> {
    let mut ids = Vec::with_capacity(batch.num_rows() * ResearchId::LEN);
    let mut kept = Vec::with_capacity(batch.num_rows());
    for row in 0..tokens.len() {
        if let Some(id) = links.research_id(u128::from_be_bytes(array(tokens.value(row)))) {
            ids.extend_from_slice(id.as_bytes());
            kept.push(u32::try_from(row).unwrap_or_default());
        }
    }
    let all = kept.len() == batch.num_rows();
    let kept = UInt32Array::from(kept);
    let mut columns = vec![fixed(ids, None)?];
    for column in &batch.columns()[1..] {
        let column = if all { Arc::clone(column) } else { take(column, &kept, None)? };
        columns.push(match column.as_fixed_size_binary_opt() {
            Some(tokens) => linked(tokens, links)?,
            None => column,
        });
    }
    RecordBatch::try_new(schema_of(batch), columns)
}

/// The research ids of a linked column; none where the TTP made no pseudonym.
fn linked(tokens: &FixedSizeBinaryArray, links: &Links) -> Result<ArrayRef, ArrowError> {
    let mut ids = Vec::with_capacity(tokens.len() * ResearchId::LEN);
    let mut known = BooleanBufferBuilder::new(tokens.len());
    let nobody = ResearchId::new([0; ResearchId::LEN]);
    for row in 0..tokens.len() {
        let token = || u128::from_be_bytes(array(tokens.value(row)));
        let id = if tokens.is_null(row) { None } else { links.research_id(token()) };
        ids.extend_from_slice(id.unwrap_or(&nobody).as_bytes());
        known.append(id.is_some());
    }
    fixed(ids, Some(NullBuffer::new(known.finish())))
}

fn fixed(ids: Vec<u8>, known: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let len = i32::try_from(ResearchId::LEN).unwrap_or_default();
    Ok(Arc::new(FixedSizeBinaryArray::try_new(len, Buffer::from_vec(ids), known)?))
}

/// The columns of a payload, with the research id in the place of the row token.
fn schema_of(batch: &RecordBatch) -> SchemaRef {
    let key = Arc::clone(&wire::lake_schema(&[]).fields()[0]);
    let rest = batch.schema_ref().fields().iter().skip(1).map(Arc::clone);
    Arc::new(arrow::datatypes::Schema::new(std::iter::once(key).chain(rest).collect::<Vec<_>>()))
}

/// The column has this width; `fixed_column` or the schema checked it.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_token_is_found_and_no_other(
            tokens in prop::collection::hash_map(any::<u128>(), any::<[u8; 16]>(), 0..300),
            others in prop::collection::vec(any::<u128>(), 0..50),
            // An answer whose tokens are not random is slower to search, not wrong.
            alike in any::<bool>(),
        ) {
            let fold = |token: u128| if alike { token >> 100 } else { token };
            let known: HashMap<u128, ResearchId> =
                tokens.into_iter().map(|(token, id)| (fold(token), ResearchId::new(id))).collect();
            let links = Links::of(known.iter().map(|(token, id)| (*token, *id)).collect());
            for token in known.keys().copied().chain(others).chain([0, u128::MAX]) {
                prop_assert_eq!(links.research_id(token), known.get(&token));
            }
        }

        #[test]
        fn portions_hold_every_row_group_once(groups in prop::collection::vec(0_u64..300_000, 0..40)) {
            let portions = portions(&groups);
            let (mut next, mut row) = (0, 0);
            for portion in &portions {
                prop_assert_eq!((portion.groups.start, portion.first_row), (next, row));
                next = portion.groups.end;
                row += groups[portion.groups.clone()].iter().sum::<u64>();
            }
            prop_assert_eq!(next, groups.len());
        }
    }
}
