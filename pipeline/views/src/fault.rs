//! Why a record gives no rows of a view.

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A date lies after the day of extraction.
    DateInFuture,
    /// A date cannot be read, or lies before 1900.
    DateImplausible,
    /// A value is not of the type of its column.
    BadValue,
    /// A column that takes one value found several.
    SeveralValues,
    /// A value looks like a national number.
    IdentifierInPayload,
}

/// What is wrong, and at which path of the view.
#[derive(Debug, Clone, PartialEq, Eq)]
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
