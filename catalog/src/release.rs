//! The description of a released table: public, with files to download.

use pipeline_domain::{DatasetId, Period, ReleaseId, Timestamp, VersionId};
use serde::{Deserialize, Serialize};

use crate::{
    AccessLevel, Authority, CatalogError, CodingSystem, Declared, HealthCategory, HealthTheme,
    Keywords, Namespace, Text, Variable, declared::SharedTexts, record::coding_systems,
};

/// What is known of a release when it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFacts {
    /// The release.
    pub id: ReleaseId,
    /// What the table is called.
    pub title: Text,
    /// What it shows.
    pub description: Text,
    /// Its columns, in order.
    pub columns: Vec<Variable>,
    /// The dataset it was counted from.
    pub source: DatasetId,
    /// The version of that dataset.
    pub source_version: VersionId,
    /// The period it covers.
    pub period: Option<Period>,
    /// When it was released.
    #[serde(with = "time::serde::rfc3339")]
    pub issued: Timestamp,
    /// What can be downloaded.
    pub files: Vec<ReleaseFile>,
    /// Where: the portal whose page `releases/<id>` shows it and whose folder
    /// `files/releases/<id>/` holds the files.
    pub base: Namespace,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFile {
    /// Its name.
    pub name: String,
    /// What it is.
    pub format: FileFormat,
    /// Its size.
    pub bytes: u64,
}

/// The formats a table is released in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// JSON.
    Json,
}

impl FileFormat {
    /// The IANA media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Json => "application/json",
        }
    }

    /// The code in the EU's list of file types.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Parquet => "PARQUET",
            Self::Json => "JSON",
        }
    }
}

/// The description of a released table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// What was known of it.
    pub facts: ReleaseFacts,
    /// Who may get at it: everybody.
    pub access: AccessLevel,
    /// Words to find it by, those of its source.
    pub keywords: Keywords,
    /// The categories of its source.
    pub health_categories: Vec<HealthCategory>,
    /// The themes of its source.
    pub health_themes: Vec<HealthTheme>,
    /// The code systems of its columns that are on the European list, each once.
    pub coding_systems: Vec<CodingSystem>,
    /// How it came to be.
    pub provenance: Text,
    /// Who may use it, and how.
    pub conditions: Text,
    /// Who publishes it.
    pub authority: Authority,
}

/// Describes a released table; `source` is the declaration of the dataset it was counted from.
pub fn describe_release(
    facts: ReleaseFacts,
    source: &Declared,
    authority: &Authority,
) -> Result<ReleaseRecord, CatalogError> {
    let shared = SharedTexts::builtin()?;
    let code_systems = facts.columns.iter().filter_map(|column| column.code_system.as_deref());
    Ok(ReleaseRecord {
        coding_systems: coding_systems(code_systems),
        facts,
        access: AccessLevel::Public,
        keywords: source.keywords.clone(),
        health_categories: source.health_categories.clone(),
        health_themes: source.health_themes.clone(),
        provenance: shared.release_provenance,
        conditions: shared.release_conditions,
        authority: authority.clone(),
    })
}
