//! What may leave the holder: shares in whole per cent, so coarse that no small number shows.

use pipeline_domain::DatasetId;
use serde::{Deserialize, Serialize};

use crate::{
    batch::BatchQuality,
    view::{ColumnQuality, Tally, ViewQuality},
};

/// The quality of a batch without a small number, a code, a date or an extreme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicSummary {
    /// The views with enough rows to say anything of.
    pub views: Vec<PublicView>,
}

/// The quality of a view that may be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicView {
    /// The view.
    pub view: DatasetId,
    /// Its rows, rounded down to two digits.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<PublicColumn>,
    /// Rows that repeat no other.
    pub unique: PublicShare,
}

/// The quality of a column that may be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicColumn {
    /// Its name.
    pub name: String,
    /// Rows with a value.
    pub filled: Option<PublicShare>,
    /// Values of its code system or list.
    pub conforming: Option<PublicShare>,
    /// Values that can be.
    pub plausible: Option<PublicShare>,
}

/// A share in whole per cent that hides whether a part is small or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicShare {
    /// Rounded.
    About(u8),
    /// The rest is smaller than the smallest count, or none.
    AtLeast(u8),
    /// It is smaller than the smallest count, or none.
    AtMost(u8),
}

impl BatchQuality {
    /// What may leave the holder. The counts here are of rows, and a person can have many, so codes
    /// and extremes are left out altogether: they are counted by person where the authority makes
    /// its tables. A part below `smallest_count` looks the same as none.
    #[must_use]
    pub fn public_summary(&self, smallest_count: u64) -> PublicSummary {
        let enough = |view: &&ViewQuality| view.rows >= smallest_count.saturating_mul(2).max(1);
        let views = self.views.iter().filter(enough);
        PublicSummary { views: views.map(|view| public_view(view, smallest_count)).collect() }
    }
}

fn public_view(view: &ViewQuality, smallest_count: u64) -> PublicView {
    let of_column = |column: &ColumnQuality| PublicColumn {
        name: column.name.clone(),
        filled: public_share(column.filled, view.rows, smallest_count),
        conforming: column.conforming.and_then(|tally| passed(tally, smallest_count)),
        plausible: column.plausible.and_then(|tally| passed(tally, smallest_count)),
    };
    let repeats = view.duplicates;
    let unique = Tally { checked: repeats.examined, failed: repeats.repeated };
    PublicView {
        view: view.view.clone(),
        rows: two_digits(view.rows),
        columns: view.columns.iter().map(of_column).collect(),
        unique: passed(unique, smallest_count).unwrap_or(PublicShare::AtLeast(0)),
    }
}

fn passed(tally: Tally, smallest_count: u64) -> Option<PublicShare> {
    public_share(tally.checked - tally.failed, tally.checked, smallest_count)
}

/// Nothing where the whole is too small to be split into two parts that are not.
fn public_share(part: u64, whole: u64, smallest_count: u64) -> Option<PublicShare> {
    if whole < smallest_count.saturating_mul(2).max(1) {
        return None;
    }
    let percent =
        |part: u64| u8::try_from(u128::from(part) * 100 / u128::from(whole)).unwrap_or(100);
    Some(if whole - part < smallest_count {
        PublicShare::AtLeast(percent(whole - smallest_count))
    } else if part < smallest_count {
        PublicShare::AtMost(percent(smallest_count) + 1)
    } else {
        PublicShare::About(percent(part))
    })
}

/// 123,456 becomes 120,000.
fn two_digits(rows: u64) -> u64 {
    let step = 10_u64.pow(rows.checked_ilog10().unwrap_or(0).saturating_sub(1));
    rows / step * step
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::batch;

    #[test]
    fn a_small_part_looks_like_none() {
        let cases = [
            (100, 100, Some(PublicShare::AtLeast(90))),
            (91, 100, Some(PublicShare::AtLeast(90))),
            (90, 100, Some(PublicShare::About(90))),
            (10, 100, Some(PublicShare::About(10))),
            (9, 100, Some(PublicShare::AtMost(11))),
            (0, 100, Some(PublicShare::AtMost(11))),
            (19, 19, None),
            (0, 0, None),
        ];
        for (part, whole, want) in cases {
            assert_eq!(public_share(part, whole, 10), want, "{part} of {whole}");
        }
    }

    proptest! {
        #[test]
        fn parts_below_the_smallest_count_cannot_be_told_apart(
            whole in 1_u64..10_000, smallest in 1_u64..50, small in 0_u64..50, other in 0_u64..50,
        ) {
            let (small, other) = (small % smallest, other % smallest);
            prop_assume!(whole >= small.max(other));
            let share = |part| public_share(part, whole, smallest);
            prop_assert_eq!(share(small), share(other));
            prop_assert_eq!(share(whole - small), share(whole - other));
        }
    }

    #[test]
    fn the_summary_has_shares_alone() {
        insta::assert_json_snapshot!(batch().public_summary(10));
    }
}
