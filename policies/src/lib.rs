//! The rules of the authority as data: thresholds, purposes, what a plan should not ask.
//!
//! Each rule stands in `rules/` with the text it comes from, each answer it must give in `cases/`.
//! The rules in force are compiled in; an installation may hand in its own text. Loading checks
//! that the numbers protect somebody. There is no I/O here.
//!
//! ```
//! use policies::DisclosureRules;
//!
//! let rules = DisclosureRules::in_force()?;
//! assert_eq!(rules.smallest_count(), 10);
//! # Ok::<(), policies::PolicyError>(())
//! ```

mod disclosure;
mod elements;
mod minimisation;
mod purposes;
mod quality;

pub use disclosure::DisclosureRules;
pub use elements::{ElementRules, ViewColumn, ViewRefusal, ViewRefusalKind};
pub use minimisation::{Finding, FindingKind, MinimisationRules};
pub use purposes::Purposes;
pub use quality::quality;

/// Why a text is no rule that can be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is no TOML of the right shape.
    #[error("the rules of {rules} cannot be read: {source}")]
    NotRules {
        /// Which rules.
        rules: &'static str,
        /// Where it broke.
        source: toml::de::Error,
    },
    /// Something that must be said is not.
    #[error("the rules of {rules} name no {what}")]
    Unsaid {
        /// Which rules.
        rules: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// A threshold that protects nobody.
    #[error("the smallest count must be at least 3: in a cell of two, each knows the other")]
    ThresholdTooLow,
    /// A percentage out of range.
    #[error("the dominance rule takes a percentage from 1 to 100")]
    NotAPercentage,
    /// Margins, which this version cannot protect.
    #[error("this version cannot protect margins, so the rules may not publish them")]
    Margins,
    /// A purpose of the law has no entry.
    #[error("the rules of purposes lack {purpose}, or have it twice")]
    PurposeMissing {
        /// The purpose.
        purpose: pipeline_domain::Purpose,
    },
}

/// Reads the TOML of some rules.
fn read<T: serde::de::DeserializeOwned>(rules: &'static str, text: &str) -> Result<T, PolicyError> {
    toml::from_str(text).map_err(|source| PolicyError::NotRules { rules, source })
}

/// Refuses an empty text where something must be said.
fn said(rules: &'static str, what: &'static str, text: &str) -> Result<(), PolicyError> {
    if text.trim().is_empty() { Err(PolicyError::Unsaid { rules, what }) } else { Ok(()) }
}
