//! The id rows of a batch: each identifier once, in the order of its token, whatever their number.
//!
//! They are gathered, and what is more than memory should hold goes into sorted runs beside the
//! batch, which are merged at the end and then deleted. Tokens and tags alone: no identifier.

use std::io::{self, BufRead, Read, Write};

use pipeline_domain::{HolderTag, RowToken};
use pipeline_exchange::{ExchangeError, Store, StoreReader};

use crate::ExtractError;

/// The folder of the runs in the folder of a batch.
pub(crate) const RUNS: &str = "id-runs/";
/// Rows that are kept in memory: 49 bytes each.
const MOST_IN_MEMORY: usize = 1 << 18;
const ROW: usize = RowToken::LEN + HolderTag::LEN + 1;

/// A row token and its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdRow {
    pub(crate) token: RowToken,
    pub(crate) tag: HolderTag,
    /// Whether it names a person of the data; only the holder knows, to count them.
    pub(crate) of_person: bool,
}

/// Gathers id rows.
#[derive(Debug)]
pub(crate) struct IdRows<'a> {
    batch: &'a Store,
    rows: Vec<IdRow>,
    most: usize,
    runs: usize,
}

impl<'a> IdRows<'a> {
    pub(crate) fn new(batch: &'a Store) -> Self {
        Self { batch, rows: Vec::new(), most: MOST_IN_MEMORY, runs: 0 }
    }

    pub(crate) fn add(&mut self, rows: Vec<IdRow>) -> Result<(), ExtractError> {
        self.rows.extend(rows);
        if self.rows.len() < self.most {
            return Ok(());
        }
        self.settle();
        // Only what is new makes a run: people come again and again.
        if self.rows.len() >= self.most / 2 { self.spill() } else { Ok(()) }
    }

    /// Each row once, in order, to `take`; tells how many there are. Call it as often as needed.
    pub(crate) fn each(
        &mut self,
        take: &mut dyn FnMut(IdRow) -> Result<(), ExtractError>,
    ) -> Result<u64, ExtractError> {
        self.settle();
        let mut sources: Vec<Box<dyn Iterator<Item = Result<IdRow, ExtractError>> + '_>> =
            vec![Box::new(self.rows.iter().copied().map(Ok))];
        for run in 0..self.runs {
            sources.push(Box::new(Run(self.batch.reader(&run_path(run))?)));
        }
        merge(sources, take)
    }

    /// Removes the runs.
    pub(crate) fn clear(self) -> Result<(), ExchangeError> {
        if self.runs > 0 { self.batch.delete_all(RUNS) } else { Ok(()) }
    }

    fn settle(&mut self) {
        self.rows.sort_unstable();
        self.rows.dedup();
    }

    fn spill(&mut self) -> Result<(), ExtractError> {
        let path = run_path(self.runs);
        let mut writer = self.batch.writer(&path)?;
        for IdRow { token, tag, of_person } in &self.rows {
            let written = [&token.as_bytes()[..], tag.as_bytes(), &[u8::from(*of_person)]]
                .into_iter()
                .try_for_each(|bytes| writer.write_all(bytes));
            written.map_err(|source| ExtractError::IdRuns { source })?;
        }
        writer.finish()?;
        self.runs += 1;
        self.rows.clear();
        Ok(())
    }
}

fn run_path(run: usize) -> String {
    format!("{RUNS}{run:05}")
}

struct Run(StoreReader);

impl Iterator for Run {
    type Item = Result<IdRow, ExtractError>;

    fn next(&mut self) -> Option<Self::Item> {
        match read_row(&mut self.0) {
            Ok(row) => row.map(Ok),
            Err(source) => Some(Err(ExtractError::IdRuns { source })),
        }
    }
}

fn read_row(reader: &mut StoreReader) -> io::Result<Option<IdRow>> {
    if reader.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut row = [0; ROW];
    reader.read_exact(&mut row)?;
    let (mut token, mut tag) = ([0; RowToken::LEN], [0; HolderTag::LEN]);
    token.copy_from_slice(&row[..RowToken::LEN]);
    tag.copy_from_slice(&row[RowToken::LEN..ROW - 1]);
    let (token, tag) = (RowToken::new(token), HolderTag::new(tag));
    Ok(Some(IdRow { token, tag, of_person: row[ROW - 1] != 0 }))
}

type Sorted<'s> = Box<dyn Iterator<Item = Result<IdRow, ExtractError>> + 's>;

fn merge(
    mut sources: Vec<Sorted<'_>>,
    take: &mut dyn FnMut(IdRow) -> Result<(), ExtractError>,
) -> Result<u64, ExtractError> {
    let mut heads = std::collections::BinaryHeap::new();
    for (at, source) in sources.iter_mut().enumerate() {
        if let Some(row) = source.next().transpose()? {
            heads.push(std::cmp::Reverse((row, at)));
        }
    }
    let (mut count, mut last) = (0, None);
    while let Some(std::cmp::Reverse((row, at))) = heads.pop() {
        if last != Some(row) {
            take(row)?;
            count += 1;
            last = Some(row);
        }
        if let Some(next) = sources.get_mut(at).and_then(Iterator::next).transpose()? {
            heads.push(std::cmp::Reverse((next, at)));
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_runs_each_row_comes_once_and_in_order() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let batch = Store::open(&"memory:".parse().unwrap()).unwrap();
        let row = |number: u64| {
            let mut token = [0; RowToken::LEN];
            token[..8].copy_from_slice(&(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_be_bytes());
            let (token, tag) = (RowToken::new(token), HolderTag::new([7; HolderTag::LEN]));
            IdRow { token, tag, of_person: true }
        };
        let mut ids = IdRows { most: 100, ..IdRows::new(&batch) };
        for start in 0..40 {
            ids.add((start * 25..start * 25 + 50).map(row).collect()).unwrap();
        }
        assert!(ids.runs > 3);
        let mut rows = Vec::new();
        let count = ids
            .each(&mut |row| {
                rows.push(row);
                Ok(())
            })
            .unwrap();
        assert_eq!((count, rows.len()), (1_025, 1_025));
        assert!(rows.is_sorted());
        assert_eq!(ids.each(&mut |_| Ok(())).unwrap(), 1_025);
        ids.clear().unwrap();
        assert!(batch.list(RUNS).unwrap().is_empty());
    }
}
