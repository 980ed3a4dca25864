//! The rows of a view as the standard shows them: FHIR values, as JSON.

use serde_json::{Map, Value};

use crate::{
    Fault, FaultKind, View,
    definition::{is_primitive, is_text},
    fhirpath::{Item, WHOLE_TYPES},
    view::Output,
};

impl View {
    /// The rows of a resource with the values of FHIR as they stand: a date is its text, a
    /// collection an array. None where the resource is of another type or the conditions leave it
    /// out.
    ///
    /// This is the form of the standard's tests and of a person who writes a view; nothing is
    /// coarsened and nothing is searched for identifiers, so it never leaves the holder.
    pub fn json_rows(&self, resource: &Value) -> Result<Vec<Map<String, Value>>, Fault> {
        let rows = self.expanded(resource, &Value::Null, &|values, column, path| {
            json_cell(values, &self.outputs[column]).map_err(|kind| Fault::new(kind, path))
        })?;
        Ok(rows.into_iter().map(|row| self.named(row)).collect())
    }

    fn named(&self, row: Vec<Value>) -> Map<String, Value> {
        self.columns.iter().map(|column| column.name.clone()).zip(row).collect()
    }
}

fn json_cell(values: &[Item<'_>], output: &Output) -> Result<Value, FaultKind> {
    let kind = output.fhir_type.as_deref();
    match values {
        _ if output.collection => values.iter().map(|item| json_value(item, kind)).collect(),
        [] => Ok(Value::Null),
        [item] => json_value(item, kind),
        _ => Err(FaultKind::SeveralValues),
    }
}

fn json_value(item: &Item<'_>, kind: Option<&str>) -> Result<Value, FaultKind> {
    let value = item.to_json();
    let fits = match kind {
        // A view must say so where it selects what is more than a primitive value.
        None => !value.is_object() && !value.is_array(),
        Some("boolean") => value.is_boolean(),
        Some("decimal") => value.is_number(),
        Some(whole) if WHOLE_TYPES.contains(&whole) => value.is_i64() || value.is_u64(),
        Some(text) if is_text(text) => value.is_string(),
        Some(other) => !is_primitive(other),
    };
    if fits { Ok(value) } else { Err(FaultKind::BadValue) }
}
