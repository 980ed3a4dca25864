//! The columns of the files between the parties, named as in the protocol: `t` is the row token,
//! `h1` the tag, `p` the pseudonym.
//!
//! | file | from, to | columns |
//! |---|---|---|
//! | id rows | holder to TTP | `t` FSB(16), `h1` FSB(32); one row a person, strictly ascending token, padded |
//! | payload | holder to HDA | `t` FSB(16), then the columns of one view; unless it is appended, `record_id` FSB(16), the row token of the record |
//! | removed | holder to HDA | `record_id` FSB(16), row tokens of records that are no more |
//! | link rows | TTP to HDA | `t` FSB(16), `p` FSB(32); ascending token, none for people who opted out |
//! | lake part | HDA | `research_id` FSB(16), then the columns of the view; of a batch that was not appended, `record_id` FSB(16), the research id of the record |

use std::{collections::BTreeMap, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use pipeline_domain::{ColumnKind, HolderTag, Language, Pseudonym, ResearchId, RowToken};
use serde::{Deserialize, Serialize};

/// Joins the two halves of a batch.
pub const ROW_TOKEN: &str = "t";
/// Output of stage 1.
pub const TAG: &str = "h1";
/// Output of stage 2.
pub const PSEUDONYM: &str = "p";
/// Output of stage 3.
pub const RESEARCH_ID: &str = "research_id";

/// Names the record a row was made from, last of its columns.
pub const RECORD_ID: &str = "record_id";

/// The file name of the records that are no more; no dataset has a dot in its name.
pub const REMOVED_FILE: &str = "removed.ids.parquet";
/// The file name of the id rows in a batch.
pub const ID_FILE: &str = "ids.parquet";
/// The file name of the link rows.
pub const LINK_FILE: &str = "link.parquet";

/// The smallest size an id file is padded to.
const SMALLEST_PADDED: u64 = 1024;

/// A column of a view, as it travels with the payload and ends up in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSpec {
    /// The name in the table.
    pub name: String,
    /// The type of its values.
    pub kind: ColumnKind,
    /// What it means, for people.
    pub description: BTreeMap<Language, String>,
    /// The FHIR element it was read from.
    pub element: Option<String>,
    /// The IRI of the code system of its values.
    pub code_system: Option<String>,
}

/// The schema of the id rows.
#[must_use]
pub fn id_schema() -> SchemaRef {
    two_columns(ROW_TOKEN, RowToken::LEN, TAG, HolderTag::LEN)
}

/// The schema of the link rows.
#[must_use]
pub fn link_schema() -> SchemaRef {
    two_columns(ROW_TOKEN, RowToken::LEN, PSEUDONYM, Pseudonym::LEN)
}

/// The schema of the payload of one view.
#[must_use]
pub fn payload_schema(columns: &[ColumnSpec]) -> SchemaRef {
    keyed(ROW_TOKEN, RowToken::LEN, columns)
}

/// A schema of rows, with the ids of their records behind its columns.
#[must_use]
pub fn with_record_ids(schema: &SchemaRef) -> SchemaRef {
    let id = Arc::new(Field::new(RECORD_ID, linked_type(), true));
    let fields = schema.fields().iter().map(Arc::clone).chain(std::iter::once(id));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The schema of the records that are no more.
#[must_use]
pub fn removed_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![fixed(RECORD_ID, RowToken::LEN)]))
}

/// The schema of a part of the lake.
#[must_use]
pub fn lake_schema(columns: &[ColumnSpec]) -> SchemaRef {
    keyed(RESEARCH_ID, ResearchId::LEN, columns)
}

/// The Arrow type of a column.
#[must_use]
pub fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Integer => DataType::Int64,
        ColumnKind::Decimal => DataType::Float64,
        ColumnKind::Boolean => DataType::Boolean,
        // A row token in the payload, a research id in the lake: of the same width.
        ColumnKind::Linked => linked_type(),
    }
}

/// How many rows an id file of so many persons is padded to: the next step of an eighth of a power
/// of two, 1,024 at least. A cohort of three and one of a thousand look the same.
///
/// ```
/// use pipeline_exchange::wire::padded_rows;
/// assert_eq!([3, 1024, 1025, 9000].map(padded_rows), [1024, 1024, 1152, 9216]);
/// ```
#[must_use]
pub fn padded_rows(persons: u64) -> u64 {
    if persons <= SMALLEST_PADDED {
        return SMALLEST_PADDED;
    }
    let step = (1_u64 << persons.ilog2()) / 8;
    persons.div_ceil(step) * step
}

fn linked_type() -> DataType {
    const { assert!(RowToken::LEN == ResearchId::LEN) };
    DataType::FixedSizeBinary(i32::try_from(ResearchId::LEN).unwrap_or(i32::MAX))
}

fn fixed(name: &str, len: usize) -> Field {
    Field::new(name, DataType::FixedSizeBinary(i32::try_from(len).unwrap_or(i32::MAX)), false)
}

fn two_columns(first: &str, first_len: usize, second: &str, second_len: usize) -> SchemaRef {
    Arc::new(Schema::new(vec![fixed(first, first_len), fixed(second, second_len)]))
}

fn keyed(key: &str, len: usize, columns: &[ColumnSpec]) -> SchemaRef {
    let health =
        columns.iter().map(|column| Field::new(&column.name, data_type(column.kind), true));
    let fields: Vec<Field> = std::iter::once(fixed(key, len)).chain(health).collect();
    Arc::new(Schema::new(fields))
}
