//! The path of an element: members, indices of arrays, choices.
//!
//! A choice is written as JSON has it (`effectivePeriod.start`) or as FHIRPath does
//! (`effective.ofType(Period).start`). An array always has its index: which of the codings a column
//! fills must not be guessed.

use serde_json::{Map, Value};

use super::schema::{self, Member};
use crate::error::LegacyError;

/// The highest index a path may have: FHIR arrays of one row are short.
const HIGHEST_INDEX: usize = 31;

/// One step into a resource: a member, and a place where it is an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) key: String,
    pub(super) index: Option<usize>,
    /// The name of the choice, where the member is one.
    pub(super) choice: Option<&'static str>,
}

/// A path that leads to an element of a known type.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) written: String,
    pub(super) steps: Vec<Step>,
    /// The type of the element: a primitive, or `Coding` or `Identifier`.
    pub(super) leaf: &'static str,
}

impl Path {
    /// Reads a path of a resource.
    pub(super) fn parse(written: &str, resource: &'static str) -> Result<Self, LegacyError> {
        let problem = |problem: String| LegacyError::Path { path: written.to_owned(), problem };
        let mut steps: Vec<Step> = Vec::new();
        let mut of = resource;
        let mut parts = split(written).peekable();
        while let Some(part) = parts.next() {
            let (name, index) = name_and_index(part).map_err(problem)?;
            let of_type = parts
                .peek()
                .and_then(|next| next.strip_prefix("ofType("))
                .and_then(|rest| rest.strip_suffix(')'));
            if of_type.is_some() {
                parts.next();
            }
            let (member, chosen) = member(of, name, of_type).map_err(problem)?;
            let step = step(member, chosen, index).map_err(problem)?;
            steps.push(step);
            of = chosen;
        }
        if steps.is_empty() {
            return Err(problem("is empty".to_owned()));
        }
        if schema::is_complex(of) && !matches!(of, "Coding" | "Identifier") {
            return Err(problem(format!("leads to a {of}, not to one of its elements")));
        }
        Ok(Self { written: written.to_owned(), steps, leaf: of })
    }

    /// The path of a member of the element this path leads to.
    pub(super) fn child(&self, key: &str, leaf: &'static str) -> Self {
        let mut steps = self.steps.clone();
        steps.push(Step { key: key.to_owned(), index: None, choice: None });
        Self { written: self.written.clone(), steps, leaf }
    }

    /// The path without its last step.
    pub(super) fn parent(&self) -> &[Step] {
        self.steps.split_last().map_or(&[], |(_, parent)| parent)
    }

    /// Puts a value at this path, making what is missing on the way.
    pub(super) fn set(&self, resource: &mut Map<String, Value>, value: Value) {
        let Some((last, way)) = self.steps.split_last() else { return };
        let mut members = resource;
        for step in way {
            let Value::Object(next) = slot(members, step) else { return };
            members = next;
        }
        *slot(members, last) = value;
    }
}

/// The place of a step, an empty object if there was nothing yet.
fn slot<'r>(members: &'r mut Map<String, Value>, step: &Step) -> &'r mut Value {
    let entry = members.entry(step.key.as_str());
    let Some(index) = step.index else { return entry.or_insert_with(|| Value::Object(Map::new())) };
    let array = entry.or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(items) = array {
        while items.len() <= index {
            items.push(Value::Object(Map::new()));
        }
        return &mut items[index];
    }
    array
}

/// Drops the objects and arrays in which nothing was put.
pub(super) fn prune(value: &mut Value) {
    let is_nothing = |value: &Value| match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(prune);
            members.retain(|_, value| !is_nothing(value));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(prune);
            items.retain(|value| !is_nothing(value));
        }
        _ => {}
    }
}

/// Splits at dots, but not at those within parentheses.
fn split(written: &str) -> impl Iterator<Item = &str> {
    let mut inside = 0_i32;
    written.split(move |letter| {
        match letter {
            '(' => inside += 1,
            ')' => inside -= 1,
            _ => {}
        }
        letter == '.' && inside <= 0
    })
}

fn name_and_index(part: &str) -> Result<(&str, Option<usize>), String> {
    let (name, index) = match part.split_once('[') {
        None => (part, None),
        Some((name, rest)) => {
            let digits = rest
                .strip_suffix(']')
                .ok_or_else(|| format!("`{part}` does not close its bracket"))?;
            let index = digits.parse().ok().filter(|index| *index <= HIGHEST_INDEX);
            let index =
                index.ok_or_else(|| format!("`{digits}` is no index from 0 to {HIGHEST_INDEX}"))?;
            (name, Some(index))
        }
    };
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && name.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_name { Ok((name, index)) } else { Err(format!("`{part}` is no member")) }
}

/// The member a name means, and its type.
fn member(of: &str, name: &str, of_type: Option<&str>) -> Result<(Member, &'static str), String> {
    for member in schema::members(of) {
        if !member.is_choice {
            if member.name == name {
                return if of_type.is_some() {
                    Err(format!("`{name}` is no choice"))
                } else {
                    Ok((member, member.types))
                };
            }
            continue;
        }
        let wanted = match of_type {
            Some(wanted) if member.name == name => member.types.split('|').find(|of| *of == wanted),
            Some(_) => None,
            None => name
                .strip_prefix(member.name)
                .and_then(|rest| member.types.split('|').find(|of| capitalised(of) == rest)),
        };
        if let Some(chosen) = wanted {
            return Ok((member, chosen));
        }
        if member.name == name {
            return Err(format!(
                "`{name}` is a choice of {}: say which",
                member.types.replace('|', ", ")
            ));
        }
    }
    Err(format!("a {of} has no `{name}` that a mapping may fill"))
}

fn step(member: Member, chosen: &str, index: Option<usize>) -> Result<Step, String> {
    match (member.is_array, index) {
        (true, None) => {
            return Err(format!("`{}` is an array: say which place, as in `{0}[0]`", member.name));
        }
        (false, Some(_)) => return Err(format!("`{}` is no array", member.name)),
        _ => {}
    }
    let key = if member.is_choice {
        format!("{}{}", member.name, capitalised(chosen))
    } else {
        member.name.to_owned()
    };
    Ok(Step { key, index, choice: member.is_choice.then_some(member.name) })
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_says_member_array_and_choice() {
        let cases = [
            ("status", "MedicationStatement", "code"),
            ("effectivePeriod.start", "MedicationStatement", "dateTime"),
            ("effective.ofType(Period).start", "MedicationStatement", "dateTime"),
            ("medicationCodeableConcept.coding[1].code", "MedicationStatement", "code"),
            ("medication.ofType(CodeableConcept).coding[0]", "MedicationStatement", "Coding"),
            ("category[0]", "AllergyIntolerance", "code"),
            ("onsetDateTime", "Condition", "dateTime"),
            ("dosage[0].doseAndRate[0].doseQuantity.value", "MedicationStatement", "decimal"),
            ("protocolApplied[0].doseNumberPositiveInt", "Immunization", "positiveInt"),
        ];
        for (written, resource, want) in cases {
            assert_eq!(Path::parse(written, resource).unwrap().leaf, want, "{written}");
        }
    }

    #[test]
    fn a_wrong_path_is_refused_with_a_sentence() {
        let cases = [
            "",
            "status.",
            ".status",
            "status[0]",
            "coding[0]",
            "identifier.value",
            "identifier[x].value",
            "identifier[32].value",
            "identifier[0",
            "effective.start",
            "effectiveQuantity.value",
            "effective.ofType(Quantity).value",
            "note[0].text",
            "medicationCodeableConcept",
            "medicationCodeableConcept.text",
            "subject.display",
            "status.ofType(code)",
            "sta tus",
            "effective.ofType(Period",
            "ofType(Period)",
        ];
        let refused: Vec<String> = cases
            .iter()
            .map(|written| Path::parse(written, "MedicationStatement").unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(refused.join("\n"));
    }

    /// Every path of a type, arrays at their second place, choices in both notations.
    fn paths(of: &str, depth: u32) -> Vec<String> {
        let mut all = Vec::new();
        for member in schema::members(of) {
            for chosen in member.types.split('|') {
                let names = match (member.is_choice, member.is_array) {
                    (true, _) => vec![
                        format!("{}{}", member.name, capitalised(chosen)),
                        format!("{}.ofType({chosen})", member.name),
                    ],
                    (false, true) => vec![format!("{}[1]", member.name)],
                    (false, false) => vec![member.name.to_owned()],
                };
                for name in names {
                    if !schema::is_complex(chosen) {
                        all.push(name);
                    } else if depth > 0 {
                        let below = paths(chosen, depth - 1);
                        all.extend(below.into_iter().map(|rest| format!("{name}.{rest}")));
                    }
                }
            }
        }
        all
    }

    #[test]
    fn what_is_put_at_a_path_is_all_there_is() {
        for resource in ["Patient", "MedicationRequest", "Immunization", "Observation"] {
            for written in paths(resource, 3) {
                let path = Path::parse(&written, resource).unwrap();
                let mut members = Map::new();
                path.set(&mut members, json!("here"));
                let mut value = Value::Object(members);
                prune(&mut value);
                let place = path.steps.iter().fold(String::new(), |place, step| {
                    let index = if step.index.is_some() { "/0" } else { "" };
                    format!("{place}/{}{index}", step.key)
                });
                assert_eq!(value.pointer(&place), Some(&json!("here")), "{written}");
                assert_eq!(value.to_string().matches("here").count(), 1, "{written}");
            }
        }
    }

    #[test]
    fn what_stays_empty_is_pruned() {
        let mut resource = Map::new();
        Path::parse("medicationCodeableConcept.coding[2].code", "MedicationStatement")
            .unwrap()
            .set(&mut resource, json!("a"));
        let mut value = Value::Object(resource);
        prune(&mut value);
        assert_eq!(value, json!({ "medicationCodeableConcept": { "coding": [{ "code": "a" }] } }));
    }
}
