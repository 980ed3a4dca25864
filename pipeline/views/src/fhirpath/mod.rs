//! The part of FHIRPath that views use, over resources as JSON.
//!
//! This is the general interpreter: it can run every expression [`Expr::parse`] accepts, and an
//! expression it does not accept is refused by name when the view is loaded, not when data passes.

mod eval;
mod parse;

pub(crate) use eval::{Focus, Item, Literal};
pub use parse::ParseError;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    /// `$this`, and the start of every path.
    This,
    /// A literal value.
    Literal(Literal),
    /// `%name`: a constant of the view.
    Constant(String),
    /// `input.name`.
    Member(Box<Expr>, String),
    /// `input[3]`.
    Index(Box<Expr>, usize),
    /// `input.name(arguments)`.
    Call(Box<Expr>, Function, Vec<Expr>),
    /// `left op right`.
    Binary(Box<Expr>, Operator, Box<Expr>),
}

/// The functions a view may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Where,
    Exists,
    Empty,
    First,
    Not,
    Count,
    Extension,
    OfType,
    Join,
    StartsWith,
    Substring,
    ToInteger,
    GetResourceKey,
    GetReferenceKey,
}

/// The operators a view may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Function {
    const ALL: [(&'static str, Self, std::ops::RangeInclusive<usize>); 14] = [
        ("where", Self::Where, 1..=1),
        ("exists", Self::Exists, 0..=1),
        ("empty", Self::Empty, 0..=0),
        ("first", Self::First, 0..=0),
        ("not", Self::Not, 0..=0),
        ("count", Self::Count, 0..=0),
        ("extension", Self::Extension, 1..=1),
        ("ofType", Self::OfType, 1..=1),
        ("join", Self::Join, 0..=1),
        ("startsWith", Self::StartsWith, 1..=1),
        ("substring", Self::Substring, 1..=2),
        ("toInteger", Self::ToInteger, 0..=0),
        ("getResourceKey", Self::GetResourceKey, 0..=0),
        ("getReferenceKey", Self::GetReferenceKey, 0..=1),
    ];
}
