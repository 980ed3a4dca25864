//! The pieces FHIR resources are made of, as far as the sample needs them.

use std::fmt;

use serde::{Serialize, Serializer};
use time::Date;

pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const ATC: &str = "http://www.whocc.no/atc";
pub(crate) const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";
/// The URI of the same numbers before the core guide; both are met in real data.
pub(crate) const SSIN_OLD: &str = "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin";
pub(crate) const NIHDI: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi-professional";
pub(crate) const CBE: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/cbe";
pub(crate) const NIHDI_ORGANIZATION: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi-organization";

/// A day, written `2026-11-01`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day(pub(crate) Date);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A moment in office hours of a day, written with the offset of Belgian winter time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) day: Date,
    pub(crate) minute: u32,
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (hour, minute) = (self.minute / 60 % 24, self.minute % 60);
        serializer.collect_str(&format_args!("{}T{hour:02}:{minute:02}:00+01:00", Day(self.day)))
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Coding {
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Concept {
    pub(crate) coding: Vec<Coding>,
}

impl Concept {
    pub(crate) fn new(system: &'static str, code: &'static str) -> Self {
        Self { coding: vec![Coding { system, code, display: None }] }
    }

    pub(crate) fn named(system: &'static str, (code, name): (&'static str, &'static str)) -> Self {
        Self { coding: vec![Coding { system, code, display: Some(name) }] }
    }

    pub(crate) fn and(mut self, system: &'static str, code: &'static str) -> Self {
        self.coding.push(Coding { system, code, display: None });
        self
    }
}

/// An identifier; it may name a person, so it cannot be shown.
#[derive(Clone, Serialize)]
pub(crate) struct Identifier {
    pub(crate) system: &'static str,
    pub(crate) value: String,
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({}, hidden)", self.system)
    }
}

/// A reference; it may name a person, so it cannot be shown.
#[derive(Clone, Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "fields are named as in FHIR")]
pub(crate) struct Reference {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display: Option<String>,
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference(hidden)")
    }
}

impl Reference {
    /// A reference to a resource inside this one, or in the same file.
    pub(crate) fn local(reference: &str) -> Self {
        Self { reference: Some(reference.to_owned()), ..Self::default() }
    }

    /// A reference to somebody or something known by an identifier alone.
    pub(crate) fn logical(system: &'static str, value: String) -> Self {
        Self { identifier: Some(Identifier { system, value }), ..Self::default() }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Quantity {
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
}

impl Quantity {
    pub(crate) fn ucum(tenths: u32, unit: &'static str) -> Self {
        Self { value: f64::from(tenths) / 10.0, unit, system: UCUM, code: unit }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Period {
    pub(crate) start: Day,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<Day>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Actor {
    pub(crate) actor: Reference,
}

/// An extension: its URL and one of the values, or extensions of its own.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "fields are named as in FHIR")]
pub(crate) struct Extension {
    pub(crate) url: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) extension: Vec<Extension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_boolean: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_period: Option<Period>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_date_time: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_codeable_concept: Option<Concept>,
}

impl Extension {
    pub(crate) fn code(url: &'static str, code: &'static str) -> Self {
        Self { url, value_code: Some(code), ..Self::default() }
    }

    pub(crate) fn text(url: &'static str, text: String) -> Self {
        Self { url, value_string: Some(text), ..Self::default() }
    }

    pub(crate) fn flag(url: &'static str, flag: bool) -> Self {
        Self { url, value_boolean: Some(flag), ..Self::default() }
    }

    pub(crate) fn period(url: &'static str, period: Period) -> Self {
        Self { url, value_period: Some(period), ..Self::default() }
    }

    pub(crate) fn day(url: &'static str, day: Date) -> Self {
        Self { url, value_date_time: Some(Day(day)), ..Self::default() }
    }

    pub(crate) fn reference(url: &'static str, to: Reference) -> Self {
        Self { url, value_reference: Some(to), ..Self::default() }
    }

    pub(crate) fn concept(url: &'static str, concept: Concept) -> Self {
        Self { url, value_codeable_concept: Some(concept), ..Self::default() }
    }

    pub(crate) fn group(url: &'static str, extension: Vec<Extension>) -> Self {
        Self { url, extension, ..Self::default() }
    }
}
