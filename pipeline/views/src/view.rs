//! Views: SQL-on-FHIR v2 `ViewDefinition` files, read once and checked before any data passes.

use std::collections::BTreeMap;

use pipeline_domain::{ColumnKind, DatasetId, Language};
use pipeline_exchange::{ExchangeError, Store, wire::ColumnSpec};
use serde::Deserialize;
use serde_json::Value;

use crate::fhirpath::{Expr, Literal, ParseError};

/// A view that can run: its name is the dataset its rows belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub(crate) name: DatasetId,
    pub(crate) resource: String,
    pub(crate) constants: BTreeMap<String, Literal>,
    pub(crate) conditions: Vec<Expr>,
    pub(crate) select: Vec<Select>,
    pub(crate) columns: Vec<ColumnSpec>,
    /// The column that says when it happened: it may not lie in the future.
    pub(crate) event_column: Option<usize>,
}

/// One `select` of a view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    pub(crate) each: Option<(Expr, WhenNone)>,
    /// Expression, its text, and which column of the view it fills.
    pub(crate) columns: Vec<(Expr, String, usize)>,
    pub(crate) nested: Vec<Select>,
    pub(crate) union_all: Vec<Select>,
}

/// What a `forEach` over nothing gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenNone {
    /// `forEach`: no row.
    NoRow,
    /// `forEachOrNull`: one row without values.
    NullRow,
}

/// Why a view cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The file is no ViewDefinition.
    #[error("{file} is not a ViewDefinition this runner can read")]
    NotAView {
        /// The file.
        file: String,
        /// Where it broke.
        source: serde_json::Error,
    },
    /// The name is no dataset name.
    #[error("{file}: the name of a view has lower-case letters, digits and '_'")]
    BadName {
        /// The file.
        file: String,
    },
    /// A path cannot be run.
    #[error("view {view}, column {column}: {source}")]
    Path {
        /// The view.
        view: String,
        /// The column, or `where`, `forEach`.
        column: String,
        /// Why.
        source: ParseError,
    },
    /// A feature this version does not run.
    #[error("view {view}: this version does not run {what}")]
    Unsupported {
        /// The view.
        view: String,
        /// The feature, and where.
        what: String,
    },
    /// Two columns of the same name.
    #[error("view {view}: the column {column} stands there twice")]
    RepeatedColumn {
        /// The view.
        view: String,
        /// The column.
        column: String,
    },
    /// The branches of a `unionAll` have other columns.
    #[error("view {view}: the branches of a unionAll must have the same columns in the same order")]
    UnionColumns {
        /// The view.
        view: String,
    },
    /// Two views of the same name.
    #[error("two views are called {view}")]
    RepeatedView {
        /// The view.
        view: String,
    },
    /// The folder of views cannot be read.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The folder has no view.
    #[error("{location} holds no ViewDefinition (*.json)")]
    NoViews {
        /// The folder.
        location: String,
    },
}

#[derive(Deserialize)]
struct Definition {
    name: String,
    resource: String,
    #[serde(default)]
    constant: Vec<BTreeMap<String, Value>>,
    #[serde(default, rename = "where")]
    conditions: Vec<Condition>,
    select: Vec<SelectDefinition>,
}

#[derive(Deserialize)]
struct Condition {
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SelectDefinition {
    for_each: Option<String>,
    for_each_or_null: Option<String>,
    repeat: Option<Value>,
    #[serde(default)]
    column: Vec<ColumnDefinition>,
    #[serde(default)]
    select: Vec<SelectDefinition>,
    #[serde(default)]
    union_all: Vec<SelectDefinition>,
}

#[derive(Deserialize)]
struct ColumnDefinition {
    name: String,
    path: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    collection: bool,
    description: Option<String>,
    #[serde(default)]
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    value: String,
}

const BUILT_IN: [(&str, &str); 10] = [
    ("person.json", include_str!("../definitions/person.json")),
    ("vaccination.json", include_str!("../definitions/vaccination.json")),
    ("allergy.json", include_str!("../definitions/allergy.json")),
    ("problem.json", include_str!("../definitions/problem.json")),
    ("observation.json", include_str!("../definitions/observation.json")),
    ("prescription.json", include_str!("../definitions/prescription.json")),
    ("dispense.json", include_str!("../definitions/dispense.json")),
    ("administration.json", include_str!("../definitions/administration.json")),
    ("medication-line.json", include_str!("../definitions/medication-line.json")),
    ("referral.json", include_str!("../definitions/referral.json")),
];

/// The views for the CareSets and prescriptions that come with the program.
pub fn built_in_views() -> Result<Vec<View>, ViewError> {
    BUILT_IN.iter().map(|(file, text)| View::parse(file, text.as_bytes())).collect()
}

/// The views in a folder of ViewDefinition files.
pub fn views_in(folder: &Store) -> Result<Vec<View>, ViewError> {
    let mut views: Vec<View> = Vec::new();
    for file in folder.list("")?.iter().filter(|file| is_json(file)) {
        let view = View::parse(file, &folder.read(file)?)?;
        if views.iter().any(|known| known.name == view.name) {
            return Err(ViewError::RepeatedView { view: view.name.to_string() });
        }
        views.push(view);
    }
    if views.is_empty() {
        return Err(ViewError::NoViews { location: folder.location().to_owned() });
    }
    Ok(views)
}

fn is_json(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|extension| extension == "json")
}

impl View {
    /// Reads a ViewDefinition.
    pub fn parse(file: &str, json: &[u8]) -> Result<Self, ViewError> {
        let definition: Definition = serde_json::from_slice(json)
            .map_err(|source| ViewError::NotAView { file: file.to_owned(), source })?;
        // A view's name is a database name, a dataset's is part of a URL: `_` becomes `-`.
        let name = definition.name.replace('_', "-").parse();
        let name: DatasetId = name.map_err(|_| ViewError::BadName { file: file.to_owned() })?;
        let mut compiler =
            Compiler { view: name.to_string(), columns: Vec::new(), event_column: None };
        let conditions = definition.conditions.iter();
        let conditions = conditions
            .map(|condition| compiler.path("where", &condition.path))
            .collect::<Result<_, _>>()?;
        let select = compiler.selects(&definition.select)?;
        Ok(Self {
            name,
            resource: definition.resource,
            constants: definition.constant.iter().filter_map(constant).collect(),
            conditions,
            select,
            columns: compiler.columns,
            event_column: compiler.event_column,
        })
    }

    /// The dataset its rows belong to.
    #[must_use]
    pub fn name(&self) -> &DatasetId {
        &self.name
    }

    /// The type of the resources it reads.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSpec] {
        &self.columns
    }
}

struct Compiler {
    view: String,
    columns: Vec<ColumnSpec>,
    event_column: Option<usize>,
}

impl Compiler {
    fn selects(&mut self, definitions: &[SelectDefinition]) -> Result<Vec<Select>, ViewError> {
        definitions.iter().map(|definition| self.select(definition)).collect()
    }

    fn select(&mut self, definition: &SelectDefinition) -> Result<Select, ViewError> {
        if definition.repeat.is_some() {
            return Err(self.unsupported("repeat"));
        }
        let each = match (&definition.for_each, &definition.for_each_or_null) {
            (Some(path), _) => Some((self.path("forEach", path)?, WhenNone::NoRow)),
            (None, Some(path)) => Some((self.path("forEachOrNull", path)?, WhenNone::NullRow)),
            (None, None) => None,
        };
        let columns = definition.column.iter();
        let columns = columns.map(|column| self.column(column)).collect::<Result<_, _>>()?;
        let nested = self.selects(&definition.select)?;
        let union_all = self.union(&definition.union_all)?;
        Ok(Select { each, columns, nested, union_all })
    }

    /// Every branch fills the same columns: those that its first branch added.
    fn union(&mut self, branches: &[SelectDefinition]) -> Result<Vec<Select>, ViewError> {
        let start = self.columns.len();
        let mut compiled = Vec::new();
        for branch in branches {
            let first = self.columns.split_off(start);
            compiled.push(self.select(branch)?);
            let same = |a: &ColumnSpec, b: &ColumnSpec| a.name == b.name && a.kind == b.kind;
            let added = &self.columns[start..];
            let fits =
                first.len() == added.len() && first.iter().zip(added).all(|(a, b)| same(a, b));
            if !first.is_empty() && !fits {
                return Err(ViewError::UnionColumns { view: self.view.clone() });
            }
        }
        Ok(compiled)
    }

    fn column(
        &mut self,
        definition: &ColumnDefinition,
    ) -> Result<(Expr, String, usize), ViewError> {
        let name = &definition.name;
        if definition.collection {
            return Err(self.unsupported(&format!("collection in column {name}")));
        }
        if self.columns.iter().any(|column| &column.name == name) {
            return Err(ViewError::RepeatedColumn {
                view: self.view.clone(),
                column: name.clone(),
            });
        }
        let expr = self.path(name, &definition.path)?;
        let at = self.columns.len();
        if definition.tag("hda/role") == Some("event-date") {
            self.event_column = Some(at);
        }
        self.columns.push(definition.spec());
        Ok((expr, definition.path.clone(), at))
    }

    fn path(&self, column: &str, path: &str) -> Result<Expr, ViewError> {
        Expr::parse(path).map_err(|source| ViewError::Path {
            view: self.view.clone(),
            column: column.to_owned(),
            source,
        })
    }

    fn unsupported(&self, what: &str) -> ViewError {
        ViewError::Unsupported { view: self.view.clone(), what: what.to_owned() }
    }
}

impl ColumnDefinition {
    fn spec(&self) -> ColumnSpec {
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
            kind: kind(self.kind.as_deref()),
            description,
            element: self.tag("hda/element").map(str::to_owned),
            code_system: self.tag("hda/code-system").map(str::to_owned),
        }
    }

    fn tag(&self, name: &str) -> Option<&str> {
        self.tag.iter().find(|tag| tag.name == name).map(|tag| tag.value.as_str())
    }
}

/// The type of a column from its FHIR type; texts where none is given.
fn kind(fhir_type: Option<&str>) -> ColumnKind {
    match fhir_type {
        Some("date" | "dateTime" | "instant") => ColumnKind::Date,
        Some("integer" | "positiveInt" | "unsignedInt" | "integer64") => ColumnKind::Integer,
        Some("decimal") => ColumnKind::Decimal,
        Some("boolean") => ColumnKind::Boolean,
        _ => ColumnKind::Text,
    }
}

/// `{"name": "x", "valueString": "y"}`.
fn constant(definition: &BTreeMap<String, Value>) -> Option<(String, Literal)> {
    let name = definition.get("name")?.as_str()?.to_owned();
    let (_, value) = definition.iter().find(|(key, _)| key.starts_with("value"))?;
    let literal = match value {
        Value::String(text) => Literal::Text(text.clone()),
        Value::Bool(truth) => Literal::Boolean(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Literal::Integer(whole),
            None => Literal::Decimal(number.as_f64()?),
        },
        _ => return None,
    };
    Some((name, literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_views_that_come_with_the_program_can_run_and_explain_themselves() {
        for view in built_in_views().unwrap() {
            assert!(!view.columns.is_empty(), "{}", view.name);
            for column in &view.columns {
                let languages = column.description.len();
                assert_eq!(languages, Language::ALL.len(), "{} {}", view.name, column.name);
                assert!(column.element.is_some(), "{} {}", view.name, column.name);
            }
        }
    }

    #[test]
    fn a_view_that_cannot_run_is_refused_by_name() {
        let view = |select: &str| {
            format!(r#"{{"name": "v", "resource": "Patient", "select": [{select}]}}"#)
        };
        let cases = [
            (
                view(r#"{"column": [{"name": "a", "path": "name.resolve()"}]}"#),
                "view v, column a: this runner has no function resolve()",
            ),
            (
                view(r#"{"column": [{"name": "a", "path": "x"}, {"name": "a", "path": "y"}]}"#),
                "twice",
            ),
            (
                view(r#"{"column": [{"name": "a", "path": "x", "collection": true}]}"#),
                "does not run collection in column a",
            ),
            (view(r#"{"repeat": ["item"], "column": []}"#), "does not run repeat"),
            (
                view(
                    r#"{"unionAll": [{"column": [{"name": "a", "path": "x"}]}, {"column": [{"name": "b", "path": "x"}]}]}"#,
                ),
                "same columns",
            ),
            ("{}".to_owned(), "v.json is not a ViewDefinition"),
            (r#"{"name": "../v", "resource": "Patient", "select": []}"#.to_owned(), "lower-case"),
        ];
        for (json, want) in cases {
            let error = View::parse("v.json", json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }
}
