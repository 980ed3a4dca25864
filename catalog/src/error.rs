//! What can go wrong between a profile and a published description.

use std::io;

use pipeline_domain::DatasetId;

use crate::Violation;

/// Why there is no description.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// Nobody declared a title, a category and so on for this dataset.
    #[error("nothing is declared for the dataset {dataset}")]
    NotDeclared {
        /// The dataset.
        dataset: DatasetId,
    },
    /// A declaration is no TOML, lacks a field or has a value that is on no list.
    #[error("the declaration {name} cannot be read")]
    Declaration {
        /// The name of the declaration.
        name: String,
        /// What the reader says, with the line.
        source: Box<toml::de::Error>,
    },
    /// With a threshold of nought every count would be shown.
    #[error("the smallest count to be shown is at least 1")]
    NoThreshold,
    /// The numbers of a profile contradict each other, so none of them is believed.
    #[error("the profile of {dataset} contradicts itself: {what}")]
    Contradiction {
        /// The dataset.
        dataset: DatasetId,
        /// Which two numbers.
        what: Contradiction,
    },
    /// The description breaks rules of the profile and is not published.
    #[error("the description breaks {} rules of HealthDCAT-AP, first: {}", .0.len(), first(.0))]
    Violations(Vec<Violation>),
    /// The graph could not be written down.
    #[error("the description could not be written")]
    Write(#[from] io::Error),
}

/// Numbers of a profile that cannot both be true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// Every person has a row at least.
    #[error("more persons than records")]
    MorePersonsThanRecords,
    /// A column has no more values than there are rows.
    #[error("the column {0} has more values than there are records")]
    MoreValuesThanRecords(String),
    /// The youngest is older than the oldest.
    #[error("the lowest age is above the highest")]
    AgesReversed,
}

fn first(violations: &[Violation]) -> String {
    violations.first().map_or_else(String::new, ToString::to_string)
}
