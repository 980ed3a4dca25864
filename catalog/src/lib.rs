//! HealthDCAT-AP descriptions computed from dataset versions.
//!
//! A description is a function of three things: the profile that was computed while the version
//! was written, what a steward declared of the dataset, and the authority that publishes. Nobody
//! edits it, so it cannot fall behind the data. Small counts are hidden when the [`Record`] is
//! made; [`publish`] refuses a description that breaks a rule of the profile.
//!
//! There is no I/O here and no clock; equal input gives equal bytes.
//!
//! ```
//! use catalog::{Authority, Declared, describe, publish};
//! use pipeline_domain::DatasetProfile;
//!
//! # fn pages(profile: &DatasetProfile, authority: &Authority) -> Result<(), catalog::CatalogError> {
//! let declared = Declared::builtin(&profile.dataset)?;
//! let record = describe(profile, &declared, authority, 10)?;
//! let documents = publish(&record.graph())?;
//! assert!(documents.turtle.contains("dcat:Dataset"));
//! # Ok(())
//! # }
//! ```

mod address;
mod codes;
mod declared;
mod documents;
mod error;
mod graph;
mod record;
mod release;
mod rules;
mod terms;

#[cfg(test)]
mod samples;

pub use address::{AddressError, Email, Namespace, WebAddress};
pub use codes::{
    AccessLevel, CodingSystem, Country, DataLanguage, Frequency, HealthActivity, HealthCategory,
    HealthTheme, PersonalData, PublisherType, UnknownCode,
};
pub use declared::{Authority, Declared, HolderName, Keywords, Place, Text};
pub use documents::{Documents, publish, to_json_ld, to_turtle};
pub use error::{CatalogError, Contradiction};
pub use record::{Holder, Record, ShownCount, StatedPurpose, Variable, describe};
pub use release::{FileFormat, ReleaseFacts, ReleaseFile, ReleaseRecord, describe_release};
pub use rules::{Problem, Violation, violations};
pub use terms::{PROFILE, RELEASE};
