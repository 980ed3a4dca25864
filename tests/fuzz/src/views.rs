//! Any resource through any view: nothing panics, and the compiled form of a view gives the same
//! rows as the general interpreter.
//!
//! The first line of an input is the view, the rest is the resource. The view is a whole
//! ViewDefinition, or a FHIRPath from which some are made, or empty for the built-in ones.
//! libFuzzer and a test of `pipeline-views` run the same law.

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use pipeline_views::{
    CellRef, Fault, FaultKind, Frame, Program, View, built_in_views, resource_type,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, json};
use time::{Date, macros::date};

const TODAY: Date = date!(2026 - 11 - 25);

static BUILT_IN: LazyLock<Program> =
    LazyLock::new(|| Program::new(built_in_views().unwrap(), &["id"], &[]));

/// The law.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some((view, resource)) = text.split_once('\n') else { return };
    if view.is_empty() {
        return agree(&BUILT_IN, resource);
    }
    let kind = resource_type(resource).unwrap_or_default();
    let views: Vec<View> = definitions(view, &kind)
        .iter()
        .filter_map(|definition| View::check("v.json", definition.as_bytes()).ok())
        .collect();
    if !views.is_empty() {
        agree(&Program::new(views, &["id"], &[]), resource);
    }
}

/// A ViewDefinition as it stands, or some that ask for a path in every way a path is asked for.
fn definitions(view: &str, kind: &str) -> Vec<String> {
    if view.starts_with('{') {
        return vec![view.to_owned()];
    }
    let column = |path: &str, kind: &str, collection: bool| json!([{"name": "c", "path": path, "type": kind, "collection": collection}]);
    let selects = [
        json!([{"column": column(view, "string", false)}]),
        json!([{"column": column(view, "string", true)}]),
        json!([{"column": column(view, "date", false)}]),
        json!([{"column": column(view, "decimal", false)}]),
        json!([{"forEachOrNull": view, "column": column("code", "string", true)}]),
        json!([{"repeat": [view], "column": column("id", "string", true)}]),
    ];
    let mut definitions: Vec<Value> =
        selects.map(|select| json!({"resource": kind, "select": select})).into();
    definitions.push(json!({
        "resource": kind, "where": [{"path": view}], "select": [{"column": column("id", "id", false)}],
    }));
    definitions.iter().map(Value::to_string).collect()
}

fn agree(program: &Program, json: &str) {
    let kind = resource_type(json);
    let mut frame = Frame::default();
    let Ok(record) = program.read(kind.as_deref().unwrap_or_default(), json, &mut frame) else {
        return;
    };
    // The interpreter refuses numbers that are no f64, and what is nested too deep.
    let value = serde_json::from_str::<Value>(json).ok();
    let is_plain = serde_json::from_str::<Plain>(json).is_ok();
    for &view in record.views() {
        let compiled = told(record, view);
        let Some(value) = value.as_ref().filter(|_| is_plain) else { continue };
        let interpreted = program.views()[view].rows(value, TODAY).map(shown);
        let agree = match (&compiled, &interpreted) {
            (Ok(left), Ok(right)) => left == right,
            (Err(left), Err(right)) => are_alike(left, right),
            _ => false,
        };
        assert!(agree, "compiled {compiled:?}, interpreted {interpreted:?}");
    }
}

fn told(record: pipeline_views::Record<'_>, view: usize) -> Result<Vec<Vec<String>>, Fault> {
    let mut rows = Vec::new();
    record.rows(view, TODAY, &mut |cells| {
        rows.push(cells.iter().map(|cell| format!("{cell:?}")).collect());
    })?;
    Ok(rows)
}

fn shown(rows: Vec<Vec<pipeline_views::Cell>>) -> Vec<Vec<String>> {
    let row = |row: Vec<_>| row.into_iter().map(|cell| format!("{:?}", CellRef::from(cell)));
    rows.into_iter().map(|cells| row(cells).collect()).collect()
}

/// The interpreter looks at the dates of events after it has looked at all rows.
fn are_alike(left: &Fault, right: &Fault) -> bool {
    left.kind == right.kind || left.kind == FaultKind::DateInFuture
}

/// JSON in which no object repeats a key and no list holds a list. Elsewhere every reader of JSON
/// means something else, and FHIR has neither.
struct Plain {
    is_list: bool,
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

const SCALAR: Plain = Plain { is_list: false };

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Plain, E> {
        Ok(SCALAR)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Plain, E> {
        Ok(SCALAR)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Plain, E> {
        Ok(SCALAR)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Plain, E> {
        Ok(SCALAR)
    }

    fn visit_str<E>(self, _: &str) -> Result<Plain, E> {
        Ok(SCALAR)
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(SCALAR)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Plain, A::Error> {
        while let Some(value) = list.next_element::<Plain>()? {
            if value.is_list {
                return Err(A::Error::custom("a list in a list"));
            }
        }
        Ok(Plain { is_list: true })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Plain, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("a key twice"));
            }
            object.next_value::<Plain>()?;
        }
        Ok(SCALAR)
    }
}
