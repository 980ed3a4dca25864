//! What the columns of the table mean, as CSV on the Web (W3C Recommendation, 17 December 2015).

use std::collections::BTreeMap;

use pipeline_disclosure::{MeasureKind, ProtectedCube};
use pipeline_domain::Language;
use serde::Serialize;

use crate::{
    ReleaseOrder, TABLE_CSV,
    table::{HIDDEN, STATUS},
};

#[derive(Serialize)]
pub(crate) struct Metadata<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    url: &'static str,
    #[serde(rename = "dc:title")]
    title: Vec<Text<'a>>,
    #[serde(rename = "dc:description")]
    description: Vec<Text<'a>>,
    #[serde(rename = "tableSchema")]
    schema: TableSchema<'a>,
}

#[derive(Serialize)]
struct TableSchema<'a> {
    columns: Vec<Column<'a>>,
    #[serde(rename = "primaryKey", skip_serializing_if = "Vec::is_empty")]
    primary_key: Vec<&'a str>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: String,
    titles: String,
    #[serde(rename = "dc:title", skip_serializing_if = "Vec::is_empty")]
    label: Vec<Text<'a>>,
    datatype: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    null: Option<&'static str>,
}

/// A text in a language, as JSON-LD writes it.
#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "@value")]
    value: &'a str,
    #[serde(rename = "@language")]
    language: Language,
}

impl<'a> Metadata<'a> {
    pub(crate) fn new(cube: &'a ProtectedCube, order: &'a ReleaseOrder) -> Self {
        let sides = cube.dimensions().iter().map(|side| Column {
            name: side.name.clone(),
            titles: side.name.clone(),
            label: texts(&side.label),
            datatype: "string",
            required: true,
            null: None,
        });
        let measures = cube.measures().iter().flat_map(|measure| {
            let datatype = match measure.kind {
                MeasureKind::Persons | MeasureKind::Records => "integer",
                MeasureKind::Sum => "decimal",
            };
            let status = format!("{}{STATUS}", measure.name);
            [
                Column {
                    name: measure.name.clone(),
                    titles: measure.name.clone(),
                    label: texts(&measure.label),
                    datatype,
                    required: false,
                    null: Some(HIDDEN),
                },
                Column {
                    name: status.clone(),
                    titles: status,
                    label: Vec::new(),
                    datatype: "string",
                    required: true,
                    null: None,
                },
            ]
        });
        Self {
            context: "http://www.w3.org/ns/csvw",
            url: TABLE_CSV,
            title: texts(&order.title),
            description: texts(&order.plan.text),
            schema: TableSchema {
                columns: sides.chain(measures).collect(),
                primary_key: cube.dimensions().iter().map(|side| side.name.as_str()).collect(),
            },
        }
    }
}

fn texts(labels: &BTreeMap<Language, String>) -> Vec<Text<'_>> {
    labels.iter().map(|(language, value)| Text { value, language: *language }).collect()
}
