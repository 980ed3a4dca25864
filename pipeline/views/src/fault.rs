//! Why a record gives no rows of a view.

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FaultKind {
    /// A date lies after the day of extraction.
    #[error("a date in the future")]
    DateInFuture,
    /// A date cannot be read, or lies before 1900.
    #[error("a date that cannot be read, or lies before 1900")]
    DateImplausible,
    /// A value is not of the type of its column, or a condition is neither true nor false.
    #[error("a value of another type than its column, or a condition that is no boolean")]
    BadValue,
    /// A column that takes one value found several.
    #[error("several values where one is taken")]
    SeveralValues,
    /// A value looks like a national number.
    #[error("a value that looks like a national number")]
    IdentifierInPayload,
}

/// What is wrong, and at which path of the view. Never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}, at {path}")]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The path of the view, or the column.
    pub path: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, path: &str) -> Self {
        Self { kind, path: path.to_owned() }
    }
}
