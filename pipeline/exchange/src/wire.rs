//! The columns of the files between the parties, named as in the protocol: `t` is the row token,
//! `h1` the tag, `p` the pseudonym.
//!
//! | file | from, to | columns |
//! |---|---|---|
//! | id rows | holder to TTP | `t` FSB(16), `h1` FSB(32); one row a person, strictly ascending token, padded |
//! | linked ids | holder to TTP | the same of prescriptions, prescribers, organisations and records |
//! | alias rows | identity service to TTP | `t`, `h1` of the number before, `h1_new` of the one that took its place |
//! | pseudonyms | HDA to TTP | `t`, `p` of those made before, for other keys to be laid over; in the two files of id rows |
//! | payload | holder to HDA | `t` FSB(16), then the columns of one view; unless it is appended, `record_id` FSB(16), the row token of the record |
//! | sealed payload | holder to HDA | `t`, `n` the number of the sealed rows, `sealed` the rows of one person (Arrow IPC, zstd, padded, AES-256-GCM) |
//! | removed | holder to HDA | `record_id` FSB(16), row tokens of records that are no more |
//! | link rows | TTP to HDA | `t` FSB(16), `p` FSB(32), of sealed rows `k` FSB(32); ascending token, none for people who opted out |
//! | link rows of linked ids | TTP to HDA | `t`, `p` |
//! | kept pseudonyms | HDA | `research_id` FSB(16), `sealed` FSB(48): the pseudonym, which only a re-keying opens |
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
/// The tag of the number that took the place of another.
pub const NEW_TAG: &str = "h1_new";
/// The key of sealed rows.
pub const ROW_KEY: &str = "k";
/// The number of sealed rows within their file.
pub const SEALED_NUMBER: &str = "n";
/// The sealed rows of one person.
pub const SEALED: &str = "sealed";
/// Output of stage 3.
pub const RESEARCH_ID: &str = "research_id";

/// Names the record a row was made from, last of its columns.
pub const RECORD_ID: &str = "record_id";

/// The file name of the records that are no more; no dataset has a dot in its name.
pub const REMOVED_FILE: &str = "removed.ids.parquet";
/// The file name of the id rows in a batch.
pub const ID_FILE: &str = "ids.parquet";
/// The file name of the ids that are of no person.
pub const LINKED_ID_FILE: &str = "linked-ids.parquet";
/// The file name of the link rows.
pub const LINK_FILE: &str = "link.parquet";
/// The file name of the link rows of ids that are of no person.
pub const LINKED_FILE: &str = "linked.parquet";

/// How many bytes a row key has.
const ROW_KEY_LEN: usize = 32;
/// How many bytes a sealed pseudonym has.
const KEPT_LEN: usize = 48;
/// The smallest size sealed rows are padded to, in bytes.
const SMALLEST_SEALED: u64 = 128;

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

/// The schema of link rows with the keys of sealed rows.
#[must_use]
pub fn releasing_schema() -> SchemaRef {
    let link = link_schema();
    let key = Arc::new(fixed(ROW_KEY, ROW_KEY_LEN));
    let fields = link.fields().iter().map(Arc::clone).chain(std::iter::once(key));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The schema of alias rows.
#[must_use]
pub fn alias_schema() -> SchemaRef {
    let ids = id_schema();
    let new = Arc::new(fixed(NEW_TAG, HolderTag::LEN));
    let fields = ids.fields().iter().map(Arc::clone).chain(std::iter::once(new));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The schema of a sealed payload.
#[must_use]
pub fn sealed_schema() -> SchemaRef {
    let number = Field::new(SEALED_NUMBER, DataType::UInt64, false);
    let sealed = Field::new(SEALED, DataType::Binary, false);
    Arc::new(Schema::new(vec![fixed(ROW_TOKEN, RowToken::LEN), number, sealed]))
}

/// The schema of the pseudonyms the HDA keeps sealed.
#[must_use]
pub fn kept_schema() -> SchemaRef {
    let id = fixed(RESEARCH_ID, ResearchId::LEN);
    Arc::new(Schema::new(vec![id, fixed(SEALED, KEPT_LEN)]))
}

/// The schema of the row tokens under which the HDA sent its pseudonyms.
#[must_use]
pub fn asked_schema() -> SchemaRef {
    two_columns(ROW_TOKEN, RowToken::LEN, RESEARCH_ID, ResearchId::LEN)
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
    padded(persons, SMALLEST_PADDED)
}

/// How many bytes sealed rows are padded to, by the same steps: their length says little.
#[must_use]
pub fn padded_bytes(bytes: u64) -> u64 {
    padded(bytes, SMALLEST_SEALED)
}

fn padded(count: u64, smallest: u64) -> u64 {
    if count <= smallest {
        return smallest;
    }
    let step = (1_u64 << count.ilog2()) / 8;
    count.div_ceil(step) * step
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
