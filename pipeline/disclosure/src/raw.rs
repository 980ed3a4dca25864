//! The cube as it was counted: true numbers, for `protect` alone.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use pipeline_domain::{DatasetId, Language, Sha256Digest, VersionId};
use serde::{Deserialize, Serialize};

use crate::Amount;

/// The most cells a table may have, empty ones included.
pub const MOST_CELLS: u64 = 200_000;

/// A text in some languages.
type Labels = BTreeMap<Language, String>;

/// Where the numbers come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The hash of the plan that was run.
    pub plan: Sha256Digest,
    /// The dataset versions that were read.
    pub versions: BTreeMap<DatasetId, VersionId>,
}

/// One side of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CubeDimension {
    /// The name of its column.
    pub name: String,
    /// What it is called.
    pub label: Labels,
    /// Its categories, in the order in which they are shown.
    pub categories: Vec<Category>,
}

/// One category of a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its code.
    pub code: String,
    /// What it is called.
    pub label: Labels,
}

/// What stands in the cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CubeMeasure {
    /// The name of its column.
    pub name: String,
    /// What kind of number it is.
    pub kind: MeasureKind,
    /// What it is called.
    pub label: Labels,
}

/// What kind of number a measure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeasureKind {
    /// Different persons.
    Persons,
    /// Records.
    Records,
    /// A sum over records.
    Sum,
}

impl CubeMeasure {
    /// The number of persons.
    #[must_use]
    pub fn persons(label: Labels) -> Self {
        Self { name: "persons".to_owned(), kind: MeasureKind::Persons, label }
    }
}

/// One cell as it was counted.
#[derive(Clone, PartialEq, Eq)]
pub struct RawCell {
    /// Which category of each side, by position.
    pub at: Vec<usize>,
    /// How many different persons.
    pub persons: u64,
    /// How many records.
    pub records: u64,
    /// For each measure that is a sum, in their order.
    pub sums: Vec<Contributions>,
}

/// What persons contribute to a sum.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Contributions {
    /// How many persons contribute something other than zero.
    pub persons: u64,
    /// The sum.
    pub total: Amount,
    /// The sum of the absolute contributions of persons.
    pub magnitude: Amount,
    /// The largest absolute contribution of one person.
    pub largest: Amount,
    /// The second largest.
    pub second: Amount,
}

/// A table of true numbers. Cells nobody is in may be left out.
#[derive(Clone, PartialEq, Eq)]
pub struct RawCube {
    pub(crate) source: Source,
    pub(crate) dimensions: Vec<CubeDimension>,
    pub(crate) measures: Vec<CubeMeasure>,
    pub(crate) cells: BTreeMap<Vec<usize>, RawCell>,
}

/// Why parts make no cube.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CubeError {
    /// The table is larger than anybody can check.
    #[error(
        "the table would have {cells} cells, and at most {MOST_CELLS} can be checked; take fewer \
         dimensions, or coarser steps ({sides})"
    )]
    TooManyCells {
        /// How many it would have.
        cells: u64,
        /// Each side with its number of categories.
        sides: String,
    },
    /// A cell lies outside the sides, or has another number of sums than the measures.
    #[error("a cell does not fit the dimensions and measures of its cube")]
    CellDoesNotFit,
    /// Two cells lie in one place.
    #[error("two cells of the cube lie in the same place")]
    CellTwice,
    /// Two columns, or two categories of a side, have one name.
    #[error("the cube has {name} twice")]
    NameTwice {
        /// The name.
        name: String,
    },
}

impl RawCube {
    /// A cube whose cells fit its sides.
    pub fn new(
        source: Source,
        dimensions: Vec<CubeDimension>,
        measures: Vec<CubeMeasure>,
        cells: Vec<RawCell>,
    ) -> Result<Self, CubeError> {
        let columns = dimensions.iter().map(|side| &side.name);
        unique(columns.chain(measures.iter().map(|measure| &measure.name)))?;
        for side in &dimensions {
            unique(side.categories.iter().map(|category| &category.code))?;
        }
        check_size(&dimensions)?;
        let sums = measures.iter().filter(|measure| measure.kind == MeasureKind::Sum).count();
        let mut placed = BTreeMap::new();
        for cell in cells {
            if !fits(&cell, &dimensions) || cell.sums.len() != sums {
                return Err(CubeError::CellDoesNotFit);
            }
            if placed.insert(cell.at.clone(), cell).is_some() {
                return Err(CubeError::CellTwice);
            }
        }
        Ok(Self { source, dimensions, measures, cells: placed })
    }

    /// How many cells hold somebody.
    #[must_use]
    pub fn filled_cells(&self) -> usize {
        self.cells.len()
    }
}

/// The counts of a raw cube are what protection is about, so it shows only its shape.
impl fmt::Debug for RawCube {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.dimensions.iter().map(|side| side.name.as_str()).collect();
        f.debug_struct("RawCube").field("dimensions", &names).finish_non_exhaustive()
    }
}

impl fmt::Debug for RawCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawCell(hidden)")
    }
}

impl fmt::Debug for Contributions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contributions(hidden)")
    }
}

/// Refuses a table of more cells than [`MOST_CELLS`].
fn check_size(dimensions: &[CubeDimension]) -> Result<(), CubeError> {
    let cells = dimensions
        .iter()
        .fold(1_u64, |cells, side| cells.saturating_mul(side.categories.len() as u64));
    if cells <= MOST_CELLS {
        return Ok(());
    }
    let sides: Vec<String> =
        dimensions.iter().map(|side| format!("{}: {}", side.name, side.categories.len())).collect();
    Err(CubeError::TooManyCells { cells, sides: sides.join(", ") })
}

fn fits(cell: &RawCell, dimensions: &[CubeDimension]) -> bool {
    cell.at.len() == dimensions.len()
        && cell.at.iter().zip(dimensions).all(|(&at, side)| at < side.categories.len())
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), CubeError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(CubeError::NameTwice { name: name.clone() });
        }
    }
    Ok(())
}
