//! The profile of a dataset version: one pass over its rows.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{Array, Date32Array, Int64Array, RecordBatch};
use pipeline_domain::{ColumnKind, ColumnProfile, DatasetProfile, Period, ResearchId};
use pipeline_exchange::{fixed_column, lake::VersionManifest, read_parquet, wire};
use time::{Date, macros::date};

use crate::{Ingest, IngestError, join::array};

/// Where the dates of Arrow begin.
const EPOCH: Date = date!(1970 - 01 - 01);
/// The column that tells how old people are.
const BIRTH_YEAR: &str = "birth_year";

/// Counts a version.
///
/// Its period and its ages leave out the extremes of fewer than `smallest_count` rows: the oldest
/// person of a country is one person.
pub(crate) fn profile(
    ingest: &Ingest<'_>,
    manifest: &VersionManifest,
) -> Result<DatasetProfile, IngestError> {
    let mut counts = Counts::new(manifest);
    for part in &manifest.parts {
        let path = format!("{}{}", manifest.folder(), part.name);
        for batch in read_parquet(ingest.lake, &path)? {
            counts.add(&batch?, &path)?;
        }
    }
    let mut holders: Vec<_> = manifest.parts.iter().map(|part| part.holder.clone()).collect();
    holders.sort_unstable();
    holders.dedup();
    let least = ingest.smallest_count;
    Ok(DatasetProfile {
        dataset: manifest.dataset.clone(),
        version: manifest.version.clone(),
        domain: manifest.domain,
        made: manifest.made,
        holders,
        records: manifest.rows(),
        persons: counts.persons.len() as u64,
        period: counts.period(least),
        ages: counts.ages(manifest.made.year(), least),
        resource: manifest.resource.clone(),
        columns: counts.columns(manifest),
    })
}

struct Counts {
    persons: HashSet<ResearchId>,
    filled: Vec<u64>,
    date_column: Option<usize>,
    /// Rows by day.
    days: BTreeMap<i32, u64>,
    /// Rows by year of birth.
    birth_years: BTreeMap<i64, u64>,
}

impl Counts {
    fn new(manifest: &VersionManifest) -> Self {
        let date_column =
            manifest.columns.iter().position(|column| column.kind == ColumnKind::Date);
        Self {
            persons: HashSet::new(),
            filled: vec![0; manifest.columns.len()],
            date_column,
            days: BTreeMap::new(),
            birth_years: BTreeMap::new(),
        }
    }

    fn add(&mut self, batch: &RecordBatch, path: &str) -> Result<(), IngestError> {
        let ids = fixed_column(batch, path, wire::RESEARCH_ID, ResearchId::LEN)?;
        self.persons.extend(ids.iter().flatten().map(|id| ResearchId::new(array(id))));
        for (filled, column) in self.filled.iter_mut().zip(&batch.columns()[1..]) {
            *filled += (column.len() - column.null_count()) as u64;
        }
        if let Some(at) = self.date_column
            && let Some(days) = batch.column(at + 1).as_any().downcast_ref::<Date32Array>()
        {
            for day in days.iter().flatten() {
                *self.days.entry(day).or_default() += 1;
            }
        }
        let years = batch
            .column_by_name(BIRTH_YEAR)
            .and_then(|column| column.as_any().downcast_ref::<Int64Array>());
        for year in years.into_iter().flatten().flatten() {
            *self.birth_years.entry(year).or_default() += 1;
        }
        Ok(())
    }

    fn period(&self, smallest: u64) -> Option<Period> {
        let (first, last) = inner_range(&self.days, smallest)?;
        let date = |day: i32| Date::from_julian_day(EPOCH.to_julian_day() + day).ok();
        Period::new(date(first)?, date(last)?).ok()
    }

    fn ages(&self, year: i32, smallest: u64) -> Option<(u16, u16)> {
        let (eldest, youngest) = inner_range(&self.birth_years, smallest)?;
        let age = |born: i64| u16::try_from(i64::from(year) - born).ok();
        Some((age(youngest)?, age(eldest)?))
    }

    fn columns(&self, manifest: &VersionManifest) -> Vec<ColumnProfile> {
        let columns = manifest.columns.iter().zip(&self.filled);
        let profile = |(column, filled): (&wire::ColumnSpec, &u64)| ColumnProfile {
            name: column.name.clone(),
            kind: column.kind,
            description: column.description.clone(),
            element: column.element.clone(),
            code_system: column.code_system.clone(),
            filled: *filled,
        };
        columns.map(profile).collect()
    }
}

/// The values that have at least so many rows at or beyond them, at either end.
fn inner_range<T: Copy + Ord>(counts: &BTreeMap<T, u64>, smallest: u64) -> Option<(T, T)> {
    let reached = |sum: &mut u64, (value, count): (&T, &u64)| {
        *sum += count;
        Some((*value, *sum))
    };
    let first = counts.iter().scan(0, reached).find(|(_, sum)| *sum >= smallest)?.0;
    let last = counts.iter().rev().scan(0, reached).find(|(_, sum)| *sum >= smallest)?.0;
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_leaves_out_what_too_few_people_reach() {
        let years = BTreeMap::from([(1915, 1), (1930, 9), (1950, 40), (2020, 12), (2026, 3)]);
        let cases = [
            (1, Some((1915, 2026))),
            (10, Some((1930, 2020))),
            (40, Some((1950, 1950))),
            (100, None),
        ];
        for (least, want) in cases {
            assert_eq!(inner_range(&years, least), want, "{least}");
        }
        assert_eq!(inner_range(&BTreeMap::<i32, u64>::new(), 1), None);
    }
}
