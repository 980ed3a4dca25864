//! The one way from a raw cube to a protected one.

use std::collections::BTreeSet;

use crate::{
    Amount, Cell, Contributions, CubeDimension, MeasureKind, Number, ProtectedCube, RawCell,
    RawCube, Reason, Rules, Value, protected::places,
};

/// Hides what would tell something about one person.
///
/// A cell with fewer persons than the threshold is hidden whole, a cell nobody is in like any other:
/// a shown zero would tell that nobody has the trait. Categories of which no cell is shown disappear,
/// because their name alone tells that somebody is in them.
#[must_use]
pub fn protect(raw: RawCube, rules: &Rules) -> ProtectedCube {
    let kept: Vec<Vec<usize>> = kept_categories(&raw, rules);
    let kept_at = |at: &[usize]| -> Vec<usize> {
        at.iter().zip(&kept).filter_map(|(&at, side)| side.get(at).copied()).collect()
    };
    let dimensions: Vec<CubeDimension> = raw
        .dimensions
        .iter()
        .zip(&kept)
        .map(|(side, kept)| CubeDimension {
            name: side.name.clone(),
            label: side.label.clone(),
            categories: kept.iter().filter_map(|&at| side.categories.get(at).cloned()).collect(),
        })
        .collect();
    let cells = places(&dimensions)
        .map(|at| {
            let values = values(raw.cells.get(&kept_at(&at)), &raw, rules);
            Cell { at, values }
        })
        .collect();
    ProtectedCube::of_protected(raw.source, *rules, dimensions, raw.measures, cells)
}

/// For each side the categories that have a shown cell, in their order.
fn kept_categories(raw: &RawCube, rules: &Rules) -> Vec<Vec<usize>> {
    let mut kept = vec![BTreeSet::new(); raw.dimensions.len()];
    let shown = raw
        .cells
        .values()
        .filter(|cell| values(Some(cell), raw, rules).iter().any(|value| value.number().is_some()));
    for cell in shown {
        for (side, &at) in kept.iter_mut().zip(&cell.at) {
            side.insert(at);
        }
    }
    kept.into_iter().map(|side| side.into_iter().collect()).collect()
}

fn values(cell: Option<&RawCell>, raw: &RawCube, rules: &Rules) -> Vec<Value> {
    let Some(cell) = cell.filter(|cell| cell.persons >= rules.smallest_count()) else {
        return vec![Value::Hidden(Reason::TooFewPersons); raw.measures.len()];
    };
    let mut sums = cell.sums.iter();
    raw.measures
        .iter()
        .map(|measure| match measure.kind {
            MeasureKind::Persons => Value::Shown(Number::Count(cell.persons)),
            MeasureKind::Records => Value::Shown(Number::Count(cell.records)),
            // A cube has one sum for each measure of this kind; without one nothing is shown.
            MeasureKind::Sum => sums
                .next()
                .map_or(Value::Hidden(Reason::TooFewPersons), |sum| sum_value(sum, rules)),
        })
        .collect()
}

/// A sum is about those who contribute to it, not about everybody in the cell.
fn sum_value(sum: &Contributions, rules: &Rules) -> Value {
    if sum.persons < rules.smallest_count() {
        Value::Hidden(Reason::TooFewPersons)
    } else if is_dominated(sum, rules) {
        Value::Hidden(Reason::Dominance)
    } else {
        Value::Shown(Number::Sum(sum.total))
    }
}

/// The p% rule (ESS handbook on statistical disclosure control, section 4.2.2): the second largest
/// contributor subtracts its own part from the total and knows the largest one to within the rest.
fn is_dominated(sum: &Contributions, rules: &Rules) -> bool {
    let [all, first, second] = [sum.magnitude, sum.largest, sum.second].map(Amount::millionths);
    let rest = all.saturating_sub(first).saturating_sub(second);
    rest.saturating_mul(100) < first.saturating_mul(i128::from(rules.dominance_percent()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pipeline_domain::Sha256Digest;
    use proptest::prelude::*;

    use crate::{Category, CubeMeasure, Source, Status};

    use super::*;

    const MARKER: u64 = 987_654_321;

    fn source() -> Source {
        Source { plan: Sha256Digest::of(b"plan"), versions: BTreeMap::new() }
    }

    fn side(name: &str, categories: usize) -> CubeDimension {
        let category = |at: usize| Category { code: format!("{name}{at}"), label: BTreeMap::new() };
        CubeDimension {
            name: name.to_owned(),
            label: BTreeMap::new(),
            categories: (0..categories).map(category).collect(),
        }
    }

    fn measure(name: &str, kind: MeasureKind) -> CubeMeasure {
        CubeMeasure { name: name.to_owned(), kind, label: BTreeMap::new() }
    }

    fn measures() -> Vec<CubeMeasure> {
        vec![
            measure("persons", MeasureKind::Persons),
            measure("records", MeasureKind::Records),
            measure("sum_quantity", MeasureKind::Sum),
        ]
    }

    fn amount(number: i128) -> Amount {
        Amount::from_millionths(number * 1_000_000)
    }

    /// What these persons contribute.
    fn contributions(parts: &[i64]) -> Contributions {
        let mut sizes: Vec<i128> = parts.iter().map(|part| i128::from(part.abs())).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let size = |at: usize| amount(sizes.get(at).copied().unwrap_or(0));
        Contributions {
            persons: parts.iter().filter(|part| **part != 0).count() as u64,
            total: amount(parts.iter().map(|part| i128::from(*part)).sum()),
            magnitude: amount(sizes.iter().sum()),
            largest: size(0),
            second: size(1),
        }
    }

    fn cell(at: &[usize], records: u64, parts: &[i64]) -> RawCell {
        let persons = parts.len() as u64;
        RawCell { at: at.to_vec(), persons, records, sums: vec![contributions(parts)] }
    }

    fn rules() -> Rules {
        Rules::new(10, 10).unwrap()
    }

    fn statuses(parts: &[i64]) -> [Status; 3] {
        let raw = RawCube::new(source(), vec![], measures(), vec![cell(&[], 99, parts)]).unwrap();
        let cube = protect(raw, &rules());
        let values = &cube.cells()[0].values;
        [values[0].status(), values[1].status(), values[2].status()]
    }

    #[test]
    fn a_cell_is_hidden_for_its_persons_and_a_sum_for_its_contributors() {
        use Status::{Dominance as D, Shown as S, TooFewPersons as F};
        let eleven_small = [1; 11];
        let one_giant = [&[1000][..], &[1; 10]].concat();
        let two_giants = [&[1000, 900][..], &[1; 10]].concat();
        let two_giants_and_enough = [&[1000, 900][..], &[10; 10]].concat();
        let giant_refund = [&[-1000][..], &[1; 10]].concat();
        let cases: [(&[i64], [Status; 3]); 9] = [
            (&[], [F, F, F]),
            (&[1; 9], [F, F, F]),
            (&[1; 10], [S, S, S]),
            (&eleven_small, [S, S, S]),
            (&one_giant, [S, S, D]),
            (&two_giants, [S, S, D]),
            // At the very limit (the rest is exactly p% of the largest) the sum may be shown.
            (&two_giants_and_enough, [S, S, S]),
            (&giant_refund, [S, S, D]),
            (&[1, 1, 1, 1, 1, 1, 1, 1, 1, 0], [S, S, F]),
        ];
        for (parts, want) in cases {
            assert_eq!(statuses(parts), want, "{parts:?}");
        }
    }

    #[test]
    fn no_number_of_a_hidden_cell_is_left_anywhere() {
        let marked = RawCell { records: MARKER, ..cell(&[0, 1], 0, &[7_654_321; 9]) };
        let one_giant = [&[i64::try_from(MARKER).unwrap()][..], &[1; 12]].concat();
        let cells = vec![
            cell(&[0, 0], 40, &[1; 12]),
            marked,
            cell(&[1, 1], 40, &[1; 12]),
            cell(&[1, 0], 13, &one_giant),
        ];
        let raw = RawCube::new(source(), vec![side("a", 2), side("b", 2)], measures(), cells);
        let raw = raw.unwrap();
        let cube = protect(raw.clone(), &rules());
        for text in [
            format!("{raw:?} {:?}", raw.cells),
            format!("{cube:?} {:?}", cube.report()),
            String::from_utf8(cube.to_bytes()).unwrap(),
        ] {
            for number in [MARKER.to_string(), "7654321".to_owned(), (MARKER + 12).to_string()] {
                assert!(!text.contains(&number), "{number} in {text}");
            }
        }
    }

    #[test]
    fn a_category_without_a_shown_cell_disappears() {
        let cells = vec![
            cell(&[0, 0], 40, &[1; 12]),
            cell(&[1, 0], 9, &[1; 9]),
            cell(&[2, 1], 40, &[1; 12]),
        ];
        let raw = RawCube::new(source(), vec![side("a", 3), side("b", 3)], measures(), cells);
        let cube = protect(raw.unwrap(), &rules());
        let codes: Vec<&str> = cube
            .dimensions()
            .iter()
            .flat_map(|side| side.categories.iter().map(|category| category.code.as_str()))
            .collect();
        assert_eq!(codes, ["a0", "a2", "b0", "b1"]);
        assert_eq!(cube.cells().len(), 4);
        let report = cube.report();
        assert_eq!((report.values, report.shown, report.too_few_persons), (12, 6, 6));
        assert_eq!(report.percent_shown, 50);
    }

    /// Cubes of two sides with 0 to 4 categories and cells of 0 to 20 persons.
    fn cubes() -> impl Strategy<Value = (usize, usize, Vec<RawCell>)> {
        (1_usize..4, 1_usize..5).prop_flat_map(|(a, b)| {
            let parts = prop_oneof![
                prop::collection::vec(-3_i64..50, 0..20),
                prop::collection::vec(-3_i64..50, 10..14),
            ];
            prop::collection::vec(parts, a * b).prop_map(move |all| {
                let cells = all
                    .iter()
                    .enumerate()
                    .map(|(at, parts)| cell(&[at / b, at % b], parts.len() as u64 * 2, parts))
                    .collect();
                (a, b, cells)
            })
        })
    }

    fn cube(a: usize, b: usize, cells: Vec<RawCell>) -> RawCube {
        RawCube::new(source(), vec![side("a", a), side("b", b)], measures(), cells).unwrap()
    }

    /// The cells of a protected cube by the codes of their place.
    fn by_codes(cube: &ProtectedCube) -> BTreeMap<Vec<String>, Vec<Value>> {
        cube.cells()
            .iter()
            .map(|cell| {
                let codes = cube.codes(cell).map(str::to_owned).collect();
                (codes, cell.values.clone())
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_shown_count_is_true_and_at_least_the_threshold((a, b, cells) in cubes()) {
            let protected = by_codes(&protect(cube(a, b, cells.clone()), &rules()));
            for cell in &cells {
                let codes = vec![format!("a{}", cell.at[0]), format!("b{}", cell.at[1])];
                let shown = cell.persons >= 10;
                match protected.get(&codes).map(|values| values[0]) {
                    Some(Value::Shown(number)) => {
                        prop_assert!(shown);
                        prop_assert_eq!(number, Number::Count(cell.persons));
                    }
                    Some(Value::Hidden(_)) => prop_assert!(!shown),
                    // Only a hidden cell may disappear.
                    None => prop_assert!(!shown),
                }
            }
        }

        #[test]
        fn the_order_of_cells_changes_nothing((a, b, cells) in cubes()) {
            let turned = cells.iter().rev().cloned().collect();
            let digests = [cells, turned].map(|cells| protect(cube(a, b, cells), &rules()).digest());
            prop_assert_eq!(digests[0], digests[1]);
        }

        #[test]
        fn a_category_nobody_may_see_leaves_no_trace((a, b, cells) in cubes(), few in 0_usize..10) {
            let without = protect(cube(a, b, cells.clone()), &rules());
            let mut more = cells;
            more.extend((0..b).map(|at| cell(&[a, at], few as u64, &vec![1; few])));
            let with = protect(cube(a + 1, b, more), &rules());
            prop_assert_eq!(with.to_bytes(), without.to_bytes());
        }

        #[test]
        fn other_numbers_behind_hidden_cells_give_the_same_cube((a, b, cells) in cubes()) {
            let shown = protect(cube(a, b, cells.clone()), &rules());
            let others = cells
                .into_iter()
                .map(|raw| match raw.persons {
                    0..10 => cell(&raw.at, 1, &[17]),
                    _ => raw,
                })
                .collect();
            prop_assert_eq!(protect(cube(a, b, others), &rules()).to_bytes(), shown.to_bytes());
        }
    }
}
