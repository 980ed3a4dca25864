//! The part of FHIRPath that views use, over resources as JSON.
//!
//! This is the general interpreter: it can run every expression [`Expr::parse`] accepts, and an
//! expression it does not accept is refused with its place when the view is loaded, not when data
//! passes. It has no model of FHIR: the type of an element is known from its name where it is a
//! choice (`valueQuantity`), and read off its form elsewhere.

mod boundary;
mod call;
mod eval;
mod item;
mod lex;
mod moment;
mod parse;
mod types;

pub(crate) use eval::Focus;
pub(crate) use item::{Item, Literal};
pub(crate) use moment::Moment;
pub use parse::ParseError;
pub(crate) use types::{TEXT_TYPES, WHOLE_TYPES};

use regex::{Regex, RegexBuilder};

/// What a pattern may weigh once compiled; keeps a hostile one from taking the memory.
const LARGEST_PATTERN: usize = 1 << 18;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    /// `$this`, and the start of every path.
    This,
    /// `{}`.
    Nothing,
    /// A literal value.
    Literal(Literal),
    /// `%name`: a constant of the view, or what the runner knows (`%rowIndex`, `%resource`).
    Constant(String),
    /// `$index`: the place of the element that a function looks at.
    ItemIndex,
    /// `input.name`.
    Member(Box<Expr>, String),
    /// `input[3]`.
    Index(Box<Expr>, usize),
    /// `input[expression]`.
    IndexBy(Box<Expr>, Box<Expr>),
    /// `input.name(arguments)`.
    Call(Box<Expr>, Function, Vec<Expr>),
    /// `left op right`.
    Binary(Box<Expr>, Operator, Box<Expr>),
    /// `-input`.
    Negate(Box<Expr>),
    /// The regular expression of `matches()`, compiled once.
    Pattern(Pattern),
    /// What a `repeat` finds: the elements of these paths, theirs in turn, and so on.
    Repeat(Vec<Expr>),
    /// The path of a `collection` column: its values belong together.
    Collection(Box<Expr>),
}

/// A regular expression.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

/// The functions a view may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Where,
    Select,
    Exists,
    All,
    Empty,
    First,
    Last,
    Tail,
    Skip,
    Take,
    Not,
    Count,
    Distinct,
    Extension,
    HasValue,
    OfType,
    Is,
    Iif,
    Join,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    Replace,
    IndexOf,
    Substring,
    Length,
    Lower,
    Upper,
    Trim,
    ToInteger,
    ToDecimal,
    ToText,
    LowBoundary,
    HighBoundary,
    Resolve,
    GetResourceKey,
    GetReferenceKey,
}

/// The operators a view may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Implies,
    Or,
    Xor,
    And,
    In,
    Contains,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Union,
    Add,
    Subtract,
    Concatenate,
    Multiply,
    Divide,
    WholeDivide,
    Remainder,
}

impl Function {
    const ALL: [(&'static str, Self, std::ops::RangeInclusive<usize>); 39] = [
        ("where", Self::Where, 1..=1),
        ("select", Self::Select, 1..=1),
        ("exists", Self::Exists, 0..=1),
        ("all", Self::All, 1..=1),
        ("empty", Self::Empty, 0..=0),
        ("first", Self::First, 0..=0),
        ("last", Self::Last, 0..=0),
        ("tail", Self::Tail, 0..=0),
        ("skip", Self::Skip, 1..=1),
        ("take", Self::Take, 1..=1),
        ("not", Self::Not, 0..=0),
        ("count", Self::Count, 0..=0),
        ("distinct", Self::Distinct, 0..=0),
        ("extension", Self::Extension, 1..=1),
        ("hasValue", Self::HasValue, 0..=0),
        ("ofType", Self::OfType, 1..=1),
        ("as", Self::OfType, 1..=1),
        ("is", Self::Is, 1..=1),
        ("iif", Self::Iif, 2..=3),
        ("join", Self::Join, 0..=1),
        ("startsWith", Self::StartsWith, 1..=1),
        ("endsWith", Self::EndsWith, 1..=1),
        ("contains", Self::Contains, 1..=1),
        ("matches", Self::Matches, 1..=1),
        ("replace", Self::Replace, 2..=2),
        ("indexOf", Self::IndexOf, 1..=1),
        ("substring", Self::Substring, 1..=2),
        ("length", Self::Length, 0..=0),
        ("lower", Self::Lower, 0..=0),
        ("upper", Self::Upper, 0..=0),
        ("trim", Self::Trim, 0..=0),
        ("toInteger", Self::ToInteger, 0..=0),
        ("toDecimal", Self::ToDecimal, 0..=0),
        ("toString", Self::ToText, 0..=0),
        ("lowBoundary", Self::LowBoundary, 0..=1),
        ("highBoundary", Self::HighBoundary, 0..=1),
        ("resolve", Self::Resolve, 0..=0),
        ("getResourceKey", Self::GetResourceKey, 0..=0),
        ("getReferenceKey", Self::GetReferenceKey, 0..=1),
    ];

    /// Does its argument name a type?
    fn takes_a_type(self) -> bool {
        matches!(self, Self::OfType | Self::Is | Self::GetReferenceKey)
    }
}

impl Pattern {
    /// Compiles a pattern, unless it is none or too large.
    fn new(text: &str) -> Option<Self> {
        let mut builder = RegexBuilder::new(text);
        builder.dot_matches_new_line(true).size_limit(LARGEST_PATTERN);
        builder.dfa_size_limit(LARGEST_PATTERN).build().ok().map(Self)
    }

    fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
