//! A `ViewDefinition` as it is written.

use std::collections::BTreeMap;

use pipeline_domain::{ColumnKind, Language};
use pipeline_exchange::wire::ColumnSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::fhirpath::{Literal, Moment, TEXT_TYPES, WHOLE_TYPES};

/// What a type may begin with, for those who write it in full.
const FHIR_TYPES: &str = "http://hl7.org/fhir/StructureDefinition/";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Definition {
    pub(crate) resource_type: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) resource: String,
    #[serde(default)]
    pub(crate) constant: Vec<BTreeMap<String, Value>>,
    #[serde(default, rename = "where")]
    pub(crate) conditions: Vec<Condition>,
    pub(crate) select: Vec<SelectDefinition>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Condition {
    pub(crate) path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SelectDefinition {
    pub(crate) for_each: Option<String>,
    pub(crate) for_each_or_null: Option<String>,
    pub(crate) repeat: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) column: Vec<ColumnDefinition>,
    #[serde(default)]
    pub(crate) select: Vec<SelectDefinition>,
    #[serde(default)]
    pub(crate) union_all: Vec<SelectDefinition>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    pub(crate) path: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    pub(crate) collection: bool,
    description: Option<String>,
    #[serde(default)]
    tag: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
struct Tag {
    name: String,
    value: String,
}

impl ColumnDefinition {
    pub(crate) fn spec(&self) -> ColumnSpec {
        let translated = Language::ALL.into_iter().filter_map(|language| {
            let text = self.tag(&format!("hda/description-{language}"))?;
            Some((language, text.to_owned()))
        });
        let mut description: BTreeMap<Language, String> = translated.collect();
        if let Some(text) = &self.description {
            description.insert(Language::En, text.clone());
        }
        ColumnSpec {
            name: self.name.clone(),
            // A collection is one text, as JSON.
            kind: match self.tag("hda/link") {
                Some(_) => ColumnKind::Linked,
                None if self.collection => ColumnKind::Text,
                None => self.kind(),
            },
            description,
            element: self.tag("hda/element").map(str::to_owned),
            code_system: self.tag("hda/code-system").map(str::to_owned),
        }
    }

    pub(crate) fn tag(&self, name: &str) -> Option<&str> {
        self.tag.iter().find(|tag| tag.name == name).map(|tag| tag.value.as_str())
    }

    /// The FHIR type, without the place where FHIR defines it.
    pub(crate) fn fhir_type(&self) -> Option<&str> {
        let written = self.kind.as_deref()?;
        Some(written.strip_prefix(FHIR_TYPES).unwrap_or(written))
    }

    /// The type of a value from its FHIR type; texts where none is given.
    pub(crate) fn kind(&self) -> ColumnKind {
        match self.fhir_type() {
            Some("date" | "dateTime" | "instant") => ColumnKind::Date,
            Some(whole) if WHOLE_TYPES.contains(&whole) => ColumnKind::Integer,
            Some("decimal") => ColumnKind::Decimal,
            Some("boolean") => ColumnKind::Boolean,
            _ => ColumnKind::Text,
        }
    }

    /// Does FHIR have the type? Complex ones begin with a capital letter or are a URI.
    pub(crate) fn has_known_type(&self) -> bool {
        self.fhir_type().is_none_or(|kind| is_primitive(kind) || is_type_name(kind) || is_uri(kind))
    }
}

/// `boolean`, `decimal`, and the primitive types that stand as texts and whole numbers.
pub(crate) fn is_primitive(kind: &str) -> bool {
    matches!(kind, "boolean" | "decimal") || is_text(kind) || WHOLE_TYPES.contains(&kind)
}

/// A primitive type that stands as a text.
pub(crate) fn is_text(kind: &str) -> bool {
    TEXT_TYPES.contains(&kind)
}

/// `Patient`, `CodeableConcept`, `Observation.component`.
pub(crate) fn is_type_name(text: &str) -> bool {
    let rest = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    text.starts_with(|first: char| first.is_ascii_uppercase()) && rest(text)
}

fn is_uri(text: &str) -> bool {
    text.contains(':')
}

/// A name that every database takes: the rule `sql-name` of the standard.
pub(crate) fn is_column_name(name: &str) -> bool {
    let rest = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && rest(name)
}

/// The value of `{"name": "x", "valueString": "y"}`; nothing where it has none or several, or one
/// that is not of its type.
pub(crate) fn constant_value(definition: &BTreeMap<String, Value>) -> Option<Literal> {
    let mut values =
        definition.iter().filter_map(|(key, value)| Some((key.strip_prefix("value")?, value)));
    let (Some((kind, value)), None) = (values.next(), values.next()) else {
        return None;
    };
    match kind {
        "Boolean" => value.as_bool().map(Literal::Boolean),
        "Decimal" => decimal(value),
        "Integer" => value.as_i64().map(Literal::Integer),
        // A number too large for JavaScript is a text in JSON.
        "Integer64" => whole_or_text(value).map(Literal::Integer),
        "PositiveInt" => at_least(value, 1),
        "UnsignedInt" => at_least(value, 0),
        "Date" | "DateTime" | "Instant" | "Time" => {
            Moment::parse(value.as_str()?).map(Literal::Moment)
        }
        _ if TEXT_TYPES.iter().any(|known| starts_large(known) == kind) => {
            value.as_str().map(|text| Literal::Text(text.to_owned()))
        }
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<Literal> {
    match value.as_i64() {
        Some(whole) => Some(Literal::Integer(whole)),
        None => value.as_f64().map(Literal::Decimal),
    }
}

fn whole_or_text(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn at_least(value: &Value, least: i64) -> Option<Literal> {
    value.as_i64().filter(|number| *number >= least).map(Literal::Integer)
}

fn starts_large(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_uppercase() + rest
}
