//! How far a batch is from the one before it. It measures everything; rules decide what matters.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_domain::DatasetId;
use serde::{Deserialize, Serialize};

use crate::{
    batch::BatchQuality,
    view::{ColumnQuality, ViewQuality, share},
};

/// In the population stability index a share is at least this, so that a code that is new or gone
/// weighs much, but not without bound.
const SMALLEST_SHARE: f64 = 1e-4;

/// A difference from the batch before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// What differs.
    pub kind: DriftKind,
    /// In which view.
    pub view: DatasetId,
    /// In which column, where it is one column.
    pub column: Option<String>,
    /// The figure of the batch before.
    pub before: f64,
    /// The figure of this batch.
    pub now: f64,
    /// How large the difference is, in the measure of its kind.
    pub size: f64,
    /// The rows that it rests on: those of the smaller batch.
    pub rows: u64,
    /// The codes that are new or gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// What can differ, and in which measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// Rows of a view: the factor between them, from 1 on.
    Volume,
    /// A view that had rows has none.
    ViewGone,
    /// The filled share of a column: by how much it fell; negative where it rose.
    Filled,
    /// The codes of a column: the population stability index.
    Codes,
    /// The mean of a column: in standard deviations of the batch before.
    Mean,
    /// Codes that the batch before did not have: the share of rows with one.
    NewCodes,
    /// Codes that are gone: the share of rows that had one.
    GoneCodes,
}

impl BatchQuality {
    /// Every difference from a batch before, by view and column.
    #[must_use]
    pub fn compare(&self, previous: &Self) -> Vec<Drift> {
        let names: BTreeSet<&DatasetId> =
            self.views.iter().chain(&previous.views).map(|view| &view.view).collect();
        let pairs =
            names.into_iter().filter_map(|view| Some((previous.view(view)?, self.view(view))));
        pairs.filter(|(before, _)| before.rows > 0).flat_map(compare_views).collect()
    }
}

fn compare_views((before, now): (&ViewQuality, Option<&ViewQuality>)) -> Vec<Drift> {
    let base = Drift {
        kind: DriftKind::ViewGone,
        view: before.view.clone(),
        column: None,
        before: real(before.rows),
        now: 0.0,
        size: real(before.rows),
        rows: before.rows,
        codes: Vec::new(),
    };
    let Some(now) = now.filter(|now| now.rows > 0) else {
        return vec![base];
    };
    let base = Drift { rows: before.rows.min(now.rows), ..base };
    let factor = real(now.rows) / real(before.rows);
    let volume = Drift {
        kind: DriftKind::Volume,
        now: real(now.rows),
        size: factor.max(1.0 / factor),
        // One large batch is enough to see that the other is small.
        rows: before.rows.max(now.rows),
        ..base.clone()
    };
    let mut drifts = vec![volume];
    for column in &now.columns {
        if let Some(earlier) = before.column(&column.name) {
            let base = Drift { column: Some(column.name.clone()), ..base.clone() };
            let shares = (share(earlier.filled, before.rows), share(column.filled, now.rows));
            drifts.push(Drift {
                kind: DriftKind::Filled,
                before: shares.0,
                now: shares.1,
                size: shares.0 - shares.1,
                ..base.clone()
            });
            drifts.extend(compare_codes(earlier, column, &base));
            drifts.extend(compare_means(earlier, column, &base));
        }
    }
    drifts
}

fn compare_means(before: &ColumnQuality, now: &ColumnQuality, base: &Drift) -> Option<Drift> {
    let (before, now) = (before.numbers.as_ref()?, now.numbers.as_ref()?);
    // Where all numbers were the same there is no measure for a distance.
    (before.deviation > 0.0).then(|| Drift {
        kind: DriftKind::Mean,
        before: before.mean,
        now: now.mean,
        size: (now.mean - before.mean).abs() / before.deviation,
        rows: before.rows.min(now.rows),
        ..base.clone()
    })
}

fn compare_codes(before: &ColumnQuality, now: &ColumnQuality, base: &Drift) -> Vec<Drift> {
    if before.codes.is_empty() || now.codes.is_empty() {
        return Vec::new();
    }
    let base = Drift { rows: before.filled.min(now.filled), ..base.clone() };
    let (had, has) = (shares(before), shares(now));
    let stability = Drift {
        kind: DriftKind::Codes,
        before: real(before.codes.len() as u64),
        now: real(now.codes.len() as u64),
        size: stability_index(before, now),
        ..base.clone()
    };
    let mut drifts = vec![stability];
    // A code can only be called new or gone where the other list of codes is a full one.
    if before.other_codes() == 0 {
        drifts.extend(only_in(&has, &had).map(|(codes, share)| Drift {
            kind: DriftKind::NewCodes,
            before: 0.0,
            now: share,
            size: share,
            codes,
            ..base.clone()
        }));
    }
    if now.other_codes() == 0 {
        drifts.extend(only_in(&had, &has).map(|(codes, share)| Drift {
            kind: DriftKind::GoneCodes,
            before: share,
            now: 0.0,
            size: share,
            codes,
            ..base.clone()
        }));
    }
    drifts
}

/// The codes of the first that the second lacks, and the share they have together.
fn only_in<'a>(
    first: &BTreeMap<&'a str, f64>,
    second: &BTreeMap<&'a str, f64>,
) -> Option<(Vec<String>, f64)> {
    let only = || first.iter().filter(|(code, _)| !second.contains_key(*code));
    let codes: Vec<String> = only().map(|(code, _)| (*code).to_owned()).collect();
    (!codes.is_empty()).then(|| (codes, only().map(|(_, share)| share).sum()))
}

fn shares(column: &ColumnQuality) -> BTreeMap<&str, f64> {
    column.codes.iter().map(|code| (&*code.code, share(code.rows, column.filled))).collect()
}

/// The population stability index over the codes; all codes that either list leaves out are one.
fn stability_index(before: &ColumnQuality, now: &ColumnQuality) -> f64 {
    let (had, has) = (shares(before), shares(now));
    let is_full = before.other_codes() == 0 && now.other_codes() == 0;
    let codes: BTreeSet<&str> = if is_full {
        had.keys().chain(has.keys()).copied().collect()
    } else {
        had.keys().filter(|code| has.contains_key(*code)).copied().collect()
    };
    let of = |shares: &BTreeMap<&str, f64>, code: &str| shares.get(code).copied().unwrap_or(0.0);
    let rest =
        |shares: &BTreeMap<&str, f64>| 1.0 - codes.iter().map(|code| of(shares, code)).sum::<f64>();
    let listed = codes.iter().map(|code| (of(&had, code), of(&has, code)));
    listed.chain([(rest(&had), rest(&has))]).map(|(had, has)| term(had, has)).sum()
}

fn term(before: f64, now: f64) -> f64 {
    let (before, now) = (before.max(SMALLEST_SHARE), now.max(SMALLEST_SHARE));
    (now - before) * (now / before).ln()
}

fn real(rows: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    let real = rows as f64;
    real
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{batch, with_codes};

    fn size(drifts: &[Drift], kind: DriftKind) -> Option<f64> {
        drifts.iter().find(|drift| drift.kind == kind).map(|drift| drift.size)
    }

    #[test]
    fn a_batch_does_not_differ_from_itself() {
        let batch = batch();
        for drift in batch.compare(&batch) {
            let none = if drift.kind == DriftKind::Volume { 1.0 } else { 0.0 };
            assert!((drift.size - none).abs() < 1e-12, "{drift:?}");
        }
    }

    #[test]
    fn codes_are_compared_by_their_shares() {
        // before, now, stability index, share of new codes, share of gone codes
        type Codes<'a> = &'a [(&'a str, u64)];
        type Case<'a> = (Codes<'a>, Codes<'a>, f64, Option<f64>, Option<f64>);
        let cases: [Case<'_>; 4] = [
            (&[("a", 50), ("b", 50)], &[("a", 500), ("b", 500)], 0.0, None, None),
            (&[("a", 50), ("b", 50)], &[("a", 60), ("b", 40)], 0.0405, None, None),
            (&[("a", 100)], &[("a", 50), ("b", 50)], 4.604, Some(0.5), None),
            (&[("a", 50), ("b", 50)], &[("b", 100)], 4.604, None, Some(0.5)),
        ];
        for (before, now, index, new, gone) in cases {
            let drifts = with_codes(now).compare(&with_codes(before));
            let found = size(&drifts, DriftKind::Codes).unwrap();
            assert!((found - index).abs() < 0.001, "{before:?} {now:?}: {found}");
            assert_eq!(size(&drifts, DriftKind::NewCodes), new, "{before:?} {now:?}");
            assert_eq!(size(&drifts, DriftKind::GoneCodes), gone, "{before:?} {now:?}");
        }
    }

    #[test]
    fn a_view_without_rows_is_gone_and_a_new_one_is_no_drift() {
        let full = batch();
        let mut empty = full.clone();
        empty.views.clear();
        assert!(empty.compare(&full).iter().all(|drift| drift.kind == DriftKind::ViewGone));
        assert_eq!(empty.compare(&full).len(), full.views.len());
        assert!(full.compare(&empty).is_empty());
    }
}
