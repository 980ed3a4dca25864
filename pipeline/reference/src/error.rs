//! What can go wrong with a reference list as a whole.

use pipeline_exchange::ExchangeError;

use crate::Kind;

/// Why a list was not imported or cannot be read. A single bad row is no error but set aside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// A file of the lake or of the source cannot be read or written.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A file stops in the middle.
    #[error("reading {file} failed at line {line}")]
    Stream {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no well-formed XML, so what follows cannot be trusted.
    #[error("{file} is not well-formed XML at line {line}")]
    Xml {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// What the reader said.
        source: Box<quick_xml::Error>,
    },
    /// A CSV file cannot be read.
    #[error("{file} is no CSV file that can be read")]
    Csv {
        /// The file.
        file: String,
        /// What the reader said.
        source: Box<csv::Error>,
    },
    /// A CSV file lacks a column the list cannot do without.
    #[error("{file} has no column for the {wanted}; it has {known}")]
    NoColumn {
        /// The file.
        file: String,
        /// What the column would hold, with the names it may have.
        wanted: &'static str,
        /// The columns there are.
        known: String,
    },
    /// There is no row at all.
    #[error("no row of the list {kind} was found in the files given")]
    NoRows {
        /// The list.
        kind: Kind,
    },
    /// So much was set aside that the file is most likely another one, or of another format.
    #[error(
        "{set_aside} of {read} rows are no rows of the list {kind}, mostly because {mostly}; \
         nothing was published"
    )]
    TooMuchSetAside {
        /// The list.
        kind: Kind,
        /// Rows that were set aside.
        set_aside: u64,
        /// Rows that were read.
        read: u64,
        /// The most frequent reason.
        mostly: String,
    },
    /// The lake has no version of a list.
    #[error(
        "the lake has no version of the reference data {kind}; `hda reference import` makes one"
    )]
    NoVersion {
        /// The list.
        kind: Kind,
    },
    /// A version in the lake is not what its manifest says.
    #[error("{path} differs from its manifest: {what}")]
    Differs {
        /// The file.
        path: String,
        /// What differs.
        what: &'static str,
    },
    /// Two versions of different lists cannot be compared.
    #[error("versions of {one} and {other} cannot be compared")]
    OtherKind {
        /// The list of the first.
        one: Kind,
        /// The list of the second.
        other: Kind,
    },
}
