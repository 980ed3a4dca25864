//! What holders have before FHIR, as FHIR resources: KMEHR, SUMEHR, PCDH messages and CSV.
//!
//! Vaults and pharmacies speak XML of before FHIR, and many a hospital delivers tables. Here they
//! become FHIR R4 resources, which then go through the same views, the same checks and the same
//! quarantine as everything else, so that a medication scheme gives the same rows whether it comes
//! as KMEHR or as FHIR. Promised of every converter: what is read is either a resource or set aside
//! with a reason ([`Tally::is_balanced`]); free text never leaves; no error, reason or `Debug` shows
//! a value of the source. Each resource names its subject by identifier, so nothing needs resolving.
//!
//! What an item means is decided here; which columns become of it, whether its subject is a valid
//! INSS, and what is too rare to keep, is decided by those who read the resources.
//!
//! ```
//! let message = br#"<kmehrmessage xmlns="http://www.ehealth.fgov.be/standards/kmehr/schema/v1"><folder>
//!   <patient><id S="ID-PATIENT">00000000097</id></patient>
//!   <transaction><cd S="CD-TRANSACTION">medicationschemeelement</cd><date>2024-05-06</date>
//!     <item><cd S="CD-ITEM">medication</cd>
//!       <content><medicinalproduct><intendedcd S="CD-DRUG-CNK">0318717</intendedcd></medicinalproduct></content>
//!     </item></transaction></folder></kmehrmessage>"#;
//! let converted = pipeline_legacy::resources_of_xml(message)?;
//! assert!(converted.tally.is_balanced());
//! assert_eq!(converted.resources[1]["resourceType"], "MedicationStatement");
//! # Ok::<(), pipeline_legacy::LegacyError>(())
//! ```

mod codes;
mod converted;
mod dosage;
mod encoding;
mod error;
mod fhir;
mod kmehr;
mod pcdh;
mod table;
mod xml;

pub use converted::{Converted, Format, Reason, SetAside, Tally};
pub use error::LegacyError;
pub use table::{Mapping, resources_of_csv};

use xml::Walker;

/// The namespaces of KMEHR: of the standard itself, and of its variants (`mycarenet`).
const KMEHR: &str = "http://www.ehealth.fgov.be/standards/kmehr/";
/// The namespaces of the pharmacies' messages.
const SMOA: &str = "http://www.apb.be/standards/smoa/";

/// Reads one XML message, whichever of the formats it is in.
///
/// The format is that of the root element and its namespace; a file name says nothing.
pub fn resources_of_xml(bytes: &[u8]) -> Result<Converted, LegacyError> {
    if bytes.len() > xml::LARGEST_MESSAGE {
        return Err(LegacyError::TooLarge { line: 1, limit: "64 MiB" });
    }
    let text = encoding::decode(bytes)?;
    let mut walker = Walker::new(&text);
    match detect(&mut walker)? {
        Format::Kmehr => kmehr::convert(&mut walker),
        Format::Pcdh => pcdh::convert(&mut walker),
    }
}

/// The format of an XML message, without converting it.
pub fn format_of_xml(bytes: &[u8]) -> Result<Format, LegacyError> {
    let text = encoding::decode(bytes)?;
    detect(&mut Walker::new(&text))
}

/// Opens the root element; a Recip-e prescription wraps its KMEHR message in one more.
fn detect(walker: &mut Walker<'_>) -> Result<Format, LegacyError> {
    let mut root = walker.root()?;
    if root.name == "prescription" {
        root = walker.root()?;
    }
    let namespace = root.namespace.as_deref().unwrap_or_default();
    match root.name.as_str() {
        "kmehrmessage" if namespace.starts_with(KMEHR) => Ok(Format::Kmehr),
        "single-message" if namespace.starts_with(SMOA) => Ok(Format::Pcdh),
        _ => Err(LegacyError::UnknownFormat { line: root.line }),
    }
}

#[cfg(test)]
mod tests;
