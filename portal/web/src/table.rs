//! A table in the words of a language: hidden cells say why they are hidden.

use pipeline_domain::Language;
use portal_workflow::{ColumnRole, HiddenReason, ReleaseProposal, TableCell, TableView};

use crate::{
    frame::{Frame, Words},
    numbers,
};

/// A table ready for its template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableWords {
    pub(crate) head: Vec<HeadWords>,
    pub(crate) rows: Vec<Vec<CellWords>>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadWords {
    pub(crate) label: Words,
    pub(crate) is_measure: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CellWords {
    Label(String),
    Number(String),
    Hidden(String),
}

impl TableWords {
    pub(crate) fn new(page: &Frame, table: &TableView) -> Self {
        let head = table.columns().iter().map(|column| HeadWords {
            label: page.words(&column.label),
            is_measure: column.role == ColumnRole::Measure,
        });
        let row = |cells: &Vec<TableCell>| cells.iter().map(|cell| words(page, cell)).collect();
        Self { head: head.collect(), rows: table.rows().iter().map(row).collect() }
    }
}

/// Why cells are hidden and how many, one line a reason.
pub(crate) fn hidden_lines(page: &Frame, proposal: &ReleaseProposal) -> Vec<(String, String)> {
    let line = |(reason, count): (HiddenReason, usize)| {
        (reason_words(page, reason), page.number(&(count as u64)))
    };
    proposal.table.hidden().into_iter().map(line).collect()
}

/// How many numbers a table hides.
pub(crate) fn hidden_count(table: &TableView) -> u64 {
    table.hidden().values().sum::<usize>() as u64
}

fn words(page: &Frame, cell: &TableCell) -> CellWords {
    match cell {
        TableCell::Label(label) => CellWords::Label(label.clone()),
        TableCell::Number(amount) => CellWords::Number(written(page.language, amount.as_str())),
        TableCell::Hidden(reason) => CellWords::Hidden(reason_words(page, *reason)),
    }
}

fn reason_words(page: &Frame, reason: HiddenReason) -> String {
    match reason {
        HiddenReason::TooFewPersons { smallest_count } => {
            page.count("hidden-too-few", &smallest_count)
        }
        HiddenReason::Dominance => page.t("hidden-dominance"),
    }
}

fn written(language: Language, amount: &str) -> String {
    numbers::number(language, amount)
}
