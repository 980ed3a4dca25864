//! Why a message, a mapping or a row is refused.

use std::io;

/// What stops a conversion. It says where, never what stood there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// Cut off, badly nested, or no XML at all.
    #[error("line {line} is not well-formed XML")]
    NotXml {
        /// Line of the message.
        line: u32,
    },
    /// XML, but neither a KMEHR message nor a message of the pharmacies.
    #[error("line {line} opens neither a KMEHR message nor a single-message of the pharmacies")]
    UnknownFormat {
        /// Line of the root element.
        line: u32,
    },
    /// The message or the mapping declares an encoding that is not read here.
    #[error(
        "the declared encoding is not read here: UTF-8, ISO-8859-1, ISO-8859-15 and windows-1252 are"
    )]
    UnknownEncoding,
    /// The bytes are not what the declaration says.
    #[error("line {line} is not in the encoding that is declared")]
    WrongEncoding {
        /// Line of the message.
        line: u64,
    },
    /// A document type declaration can define entities that expand without end.
    #[error("line {line} declares a document type, which no message needs")]
    DocumentType {
        /// Line of the message.
        line: u32,
    },
    /// An entity that XML does not define by itself.
    #[error("line {line} refers to an entity of its own")]
    UnknownEntity {
        /// Line of the message.
        line: u32,
    },
    /// Elements are nested deeper than any message nests them.
    #[error("line {line} nests elements deeper than {most}")]
    TooDeep {
        /// Line of the message.
        line: u32,
        /// The deepest that is read.
        most: u32,
    },
    /// The message is larger than any message is, or one of its parts is.
    #[error("line {line}: the message is too large: {limit}")]
    TooLarge {
        /// Line of the message.
        line: u32,
        /// The limit that was passed.
        limit: &'static str,
    },

    /// The mapping is not TOML, or not of a mapping's form.
    #[error("the mapping cannot be read")]
    MappingForm(#[source] Box<toml::de::Error>),
    /// The mapping makes a resource no view reads.
    #[error("the mapping makes a `{resource}`, which no view reads")]
    UnknownResource {
        /// As the mapping names it.
        resource: String,
    },
    /// A path of the mapping is not one of the resource.
    #[error("path `{path}` of the mapping: {problem}")]
    Path {
        /// As the mapping writes it.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An entry of the mapping contradicts itself or another.
    #[error("the mapping of `{path}`: {problem}")]
    Entry {
        /// The path of the entry.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The mapping never says whose record a row is.
    #[error(
        "the mapping does not fill `{needed}` from a column and with a system: a row would belong to nobody"
    )]
    NoSubjectMapped {
        /// The element that must be filled.
        needed: &'static str,
    },

    /// The file has no such column.
    #[error("the mapping fills `{path}` from column `{column}`, which the file does not have")]
    MissingColumn {
        /// The column, as the mapping names it.
        column: String,
        /// The path it would fill.
        path: String,
    },
    /// The file names a column twice that the mapping reads.
    #[error("the file has column `{column}` more than once")]
    AmbiguousColumn {
        /// The column, as the mapping names it.
        column: String,
    },
    /// The file could not be read on.
    #[error("line {line} could not be read")]
    Read {
        /// Line of the file.
        line: u64,
        /// What the reader met.
        source: io::Error,
    },
    /// A row has more or fewer fields than the header.
    #[error("line {line} has not as many fields as the header")]
    FieldCount {
        /// Line of the file.
        line: u64,
    },
    /// One row is longer than any row is; a quote that never closes looks like this.
    #[error(
        "line {line} begins a row of more than {most} bytes, perhaps by a quote that never closes"
    )]
    RowTooLong {
        /// Line of the file.
        line: u64,
        /// The longest that is read.
        most: usize,
    },
    /// A field that must be filled is empty.
    #[error("line {line} leaves column `{column}` empty")]
    EmptyField {
        /// Line of the file.
        line: u64,
        /// The column.
        column: String,
    },
    /// A field does not hold what the mapping says it holds.
    #[error("line {line} has no {expected} in column `{column}`")]
    Field {
        /// Line of the file.
        line: u64,
        /// The column.
        column: String,
        /// What the mapping expects there.
        expected: &'static str,
    },
}

impl LegacyError {
    /// Whether the error is of one row only, so that the rows after it are still read.
    #[must_use]
    pub fn is_of_one_row(&self) -> bool {
        matches!(
            self,
            Self::FieldCount { .. }
                | Self::EmptyField { .. }
                | Self::Field { .. }
                | Self::WrongEncoding { .. }
        )
    }

    /// The short code of a refused row or message, for a quarantine.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotXml { .. } => "not-xml",
            Self::UnknownFormat { .. } => "unknown-format",
            Self::UnknownEncoding => "unknown-encoding",
            Self::WrongEncoding { .. } => "wrong-encoding",
            Self::DocumentType { .. } => "document-type",
            Self::UnknownEntity { .. } => "unknown-entity",
            Self::TooDeep { .. } => "too-deep",
            Self::TooLarge { .. } => "too-large",
            Self::MappingForm(_) => "mapping-form",
            Self::UnknownResource { .. } => "mapping-resource",
            Self::Path { .. } => "mapping-path",
            Self::Entry { .. } => "mapping-entry",
            Self::NoSubjectMapped { .. } => "mapping-subject",
            Self::MissingColumn { .. } => "missing-column",
            Self::AmbiguousColumn { .. } => "ambiguous-column",
            Self::Read { .. } => "unreadable",
            Self::FieldCount { .. } => "field-count",
            Self::RowTooLong { .. } => "row-too-long",
            Self::EmptyField { .. } => "empty-field",
            Self::Field { .. } => "bad-field",
        }
    }
}

impl LegacyError {
    /// The line it happened on, where it happened on one.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::NotXml { line, .. }
            | Self::UnknownFormat { line, .. }
            | Self::DocumentType { line, .. }
            | Self::UnknownEntity { line, .. }
            | Self::TooDeep { line, .. }
            | Self::TooLarge { line, .. } => Some(u64::from(*line)),
            Self::WrongEncoding { line, .. }
            | Self::Read { line, .. }
            | Self::FieldCount { line, .. }
            | Self::RowTooLong { line, .. }
            | Self::EmptyField { line, .. }
            | Self::Field { line, .. } => Some(*line),
            _ => None,
        }
    }
}
