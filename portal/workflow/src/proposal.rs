//! What an officer reads before a table may leave: the plan in words and the table as it is.
//!
//! These are view types. The command fills them from a protected cube; nothing here can reach a
//! value that was hidden.

use std::collections::BTreeMap;

use pipeline_domain::{ApprovalId, DatasetId, Language, ReleaseId, Sha256Digest, VersionId};
use serde::{Deserialize, Serialize};

use crate::Amount;

/// A protected table that is put forward for release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseProposal {
    /// The release it will become.
    pub id: ReleaseId,
    /// What the table is called, English at least.
    pub title: BTreeMap<Language, String>,
    /// The plan in plain words.
    pub plan_text: BTreeMap<Language, String>,
    /// The plan as it ran.
    pub plan_json: String,
    /// The decision the plan ran under.
    pub approval: ApprovalId,
    /// The dataset it was made from.
    pub dataset: DatasetId,
    /// The version of that dataset.
    pub dataset_version: VersionId,
    /// Who asked: the name of an account, or of an organisation.
    pub requester: String,
    /// The digest of the protected cube; an approval holds for this one alone.
    pub digest: Sha256Digest,
    /// The table, cell for cell as it will leave.
    pub table: TableView,
}

/// A table ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TableParts", into = "TableParts")]
pub struct TableView {
    columns: Vec<TableColumn>,
    rows: Vec<Vec<TableCell>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableColumn {
    /// Its name in the downloaded files.
    pub name: String,
    /// Its name for people, English at least.
    pub label: BTreeMap<Language, String>,
    /// What its cells are.
    pub role: ColumnRole,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnRole {
    /// Labels that say what a row is about.
    Dimension,
    /// Numbers.
    Measure,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableCell {
    /// A category.
    Label(String),
    /// A number that may be shown.
    Number(Amount),
    /// A number that may not.
    Hidden(HiddenReason),
}

/// Why a number may not be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HiddenReason {
    /// It is about fewer people than the rules ask for.
    TooFewPersons {
        /// The count from which a cell is shown.
        smallest_count: u64,
    },
    /// One or two contributors make up most of it.
    Dominance,
}

/// Why columns and rows are no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A row is longer or shorter than the list of columns.
    #[error("row {row} has another number of cells than there are columns")]
    RaggedRow {
        /// Counted from 1.
        row: usize,
    },
    /// A label stands in a column of numbers, or the other way round.
    #[error("row {row}, column {column} holds a cell of another kind than its column")]
    WrongKind {
        /// Counted from 1.
        row: usize,
        /// Counted from 1.
        column: usize,
    },
}

impl TableView {
    /// The table with these columns and rows; every cell must fit its column.
    pub fn new(columns: Vec<TableColumn>, rows: Vec<Vec<TableCell>>) -> Result<Self, TableError> {
        for (row, cells) in (1..).zip(&rows) {
            if cells.len() != columns.len() {
                return Err(TableError::RaggedRow { row });
            }
            for (column, (cell, head)) in (1..).zip(cells.iter().zip(&columns)) {
                if matches!(cell, TableCell::Label(_)) != (head.role == ColumnRole::Dimension) {
                    return Err(TableError::WrongKind { row, column });
                }
            }
        }
        Ok(Self { columns, rows })
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The rows, in order, each with one cell a column.
    #[must_use]
    pub fn rows(&self) -> &[Vec<TableCell>] {
        &self.rows
    }

    /// How many numbers are shown.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.cells().filter(|cell| matches!(cell, TableCell::Number(_))).count()
    }

    /// How many numbers are hidden, for each reason.
    #[must_use]
    pub fn hidden(&self) -> BTreeMap<HiddenReason, usize> {
        let mut counts = BTreeMap::new();
        for cell in self.cells() {
            if let TableCell::Hidden(reason) = cell {
                *counts.entry(*reason).or_default() += 1;
            }
        }
        counts
    }

    fn cells(&self) -> impl Iterator<Item = &TableCell> {
        self.rows.iter().flatten()
    }
}

/// The same, before it was checked.
#[derive(Serialize, Deserialize)]
struct TableParts {
    columns: Vec<TableColumn>,
    rows: Vec<Vec<TableCell>>,
}

impl TryFrom<TableParts> for TableView {
    type Error = TableError;

    fn try_from(parts: TableParts) -> Result<Self, TableError> {
        Self::new(parts.columns, parts.rows)
    }
}

impl From<TableView> for TableParts {
    fn from(table: TableView) -> Self {
        Self { columns: table.columns, rows: table.rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(role: ColumnRole) -> TableColumn {
        TableColumn { name: "c".into(), label: BTreeMap::new(), role }
    }

    #[test]
    fn a_table_has_one_fitting_cell_for_each_column() {
        let columns = || vec![column(ColumnRole::Dimension), column(ColumnRole::Measure)];
        let label = || TableCell::Label("Antwerp".into());
        let number = || TableCell::Number(Amount::from(12));
        let hidden = TableCell::Hidden(HiddenReason::TooFewPersons { smallest_count: 10 });

        let table = TableView::new(columns(), vec![vec![label(), number()], vec![label(), hidden]]);
        let table = table.unwrap();
        assert_eq!((table.shown(), table.hidden().values().sum::<usize>()), (1, 1));
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<TableView>(&text).unwrap(), table);

        let short = TableView::new(columns(), vec![vec![label()]]);
        assert_eq!(short, Err(TableError::RaggedRow { row: 1 }));
        let swapped = TableView::new(columns(), vec![vec![number(), label()]]);
        assert_eq!(swapped, Err(TableError::WrongKind { row: 1, column: 1 }));
    }
}
