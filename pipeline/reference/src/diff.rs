//! What changed between two versions of a list.

use std::collections::BTreeMap;

use pipeline_exchange::Store;
use serde::Serialize;
use serde_json::Value;

use crate::{Kind, ReferenceError, ReferenceManifest, Row, plain_rows};

/// What changed between two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Rows only the second has.
    pub added: Vec<Row>,
    /// Rows only the first has.
    pub removed: Vec<Row>,
    /// Rows both have, with other values.
    pub changed: Vec<Changed>,
}

/// A row that has other values now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// Its code.
    pub code: String,
    /// Each column that differs: before and after.
    pub columns: BTreeMap<String, (Value, Value)>,
}

/// Compares two versions of one list.
pub fn diff(
    lake: &Store,
    one: &ReferenceManifest,
    other: &ReferenceManifest,
) -> Result<Difference, ReferenceError> {
    if one.dataset != other.dataset {
        return Err(ReferenceError::OtherKind { one: one.dataset, other: other.dataset });
    }
    Ok(compare(one.dataset, plain_rows(lake, one)?, plain_rows(lake, other)?))
}

fn compare(kind: Kind, before: Vec<Row>, after: Vec<Row>) -> Difference {
    let keyed = |rows: Vec<Row>| -> BTreeMap<_, _> {
        rows.into_iter().map(|row| (key(kind, &row), row)).collect()
    };
    let (mut before, after) = (keyed(before), keyed(after));
    let mut found = Difference { added: Vec::new(), removed: Vec::new(), changed: Vec::new() };
    for (key, row) in after {
        match before.remove(&key) {
            None => found.added.push(row),
            Some(old) if old != row => {
                found.changed.push(Changed { code: key.1, columns: columns(&old, &row) });
            }
            Some(_) => {}
        }
    }
    found.removed = before.into_values().collect();
    found
}

/// Level and code: a zone may have the code of a municipality.
fn key(kind: Kind, row: &Row) -> (String, String) {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind {
        Kind::Medicine => (String::new(), text("cnk")),
        Kind::Municipality => (text("level"), text("code")),
        Kind::Atc => (String::new(), text("code")),
    }
}

fn columns(old: &Row, new: &Row) -> BTreeMap<String, (Value, Value)> {
    let value = |row: &Row, name: &String| row.get(name).cloned().unwrap_or(Value::Null);
    let names = old.keys().chain(new.keys());
    names
        .map(|name| (name.clone(), (value(old, name), value(new, name))))
        .filter(|(_, (before, after))| before != after)
        .collect()
}
