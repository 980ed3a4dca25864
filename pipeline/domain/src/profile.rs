//! What a dataset version is, in numbers: made while it is written, read by the catalogue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DatasetId, DomainId, HolderId, Language, Period, Timestamp, VersionId};

/// What one version of a dataset holds.
///
/// The counts are exact; whoever shows them outside applies disclosure control first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetProfile {
    /// The dataset.
    pub dataset: DatasetId,
    /// The version described.
    pub version: VersionId,
    /// The domain whose research ids key the rows.
    pub domain: DomainId,
    /// When the version was made.
    #[serde(with = "time::serde::rfc3339")]
    pub made: Timestamp,
    /// The holders whose batches are in it, in order.
    pub holders: Vec<HolderId>,
    /// Rows.
    pub records: u64,
    /// Distinct research ids.
    pub persons: u64,
    /// The first and the last day on which something in it happened, where it has a date column.
    pub period: Option<Period>,
    /// The youngest and the oldest age in whole years, where it has birth years.
    pub ages: Option<(u16, u16)>,
    /// The FHIR resource its rows were made from, like `Immunization`.
    pub resource: String,
    /// Its columns, in order, without the research id.
    pub columns: Vec<ColumnProfile>,
}

/// What one column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// The name in the table.
    pub name: String,
    /// The type of its values.
    pub kind: ColumnKind,
    /// What it means, for people; English at least.
    pub description: BTreeMap<Language, String>,
    /// The FHIR element it was read from, like `Immunization.vaccineCode`.
    pub element: Option<String>,
    /// The IRI of the code system of its values.
    pub code_system: Option<String>,
    /// Rows in which it has a value.
    pub filled: u64,
}

/// The types a column of a dataset can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A code or a category.
    Text,
    /// A day.
    Date,
    /// A whole number.
    Integer,
    /// A number with decimals.
    Decimal,
    /// Yes or no.
    Boolean,
    /// The research id of something that is no person: a prescription, a prescriber, an
    /// organisation. Equal values mean the same thing, and nothing more.
    Linked,
}
