//! The types of FHIR, as far as JSON shows them.

use serde_json::{Map, Value};

use super::{Expr, Item, Literal, Moment, moment::Kind};

/// The primitive types that stand as texts.
pub(crate) const TEXT_TYPES: [&str; 15] = [
    "base64Binary",
    "canonical",
    "code",
    "date",
    "dateTime",
    "id",
    "instant",
    "markdown",
    "oid",
    "string",
    "time",
    "uri",
    "url",
    "uuid",
    "xhtml",
];

/// The primitive types that stand as whole numbers.
pub(crate) const WHOLE_TYPES: [&str; 4] = ["integer", "integer64", "positiveInt", "unsignedInt"];

/// What the common data types have, beside `id` and `extension`.
const DATA_TYPES: [(&str, &[&str]); 14] = [
    (
        "Address",
        &[
            "use",
            "type",
            "text",
            "line",
            "city",
            "district",
            "state",
            "postalCode",
            "country",
            "period",
        ],
    ),
    ("Annotation", &["authorReference", "authorString", "time", "text"]),
    (
        "Attachment",
        &["contentType", "language", "data", "url", "size", "hash", "title", "creation"],
    ),
    ("CodeableConcept", &["coding", "text"]),
    ("Coding", &["system", "version", "code", "display", "userSelected"]),
    ("ContactPoint", &["system", "value", "use", "rank", "period"]),
    ("HumanName", &["use", "text", "family", "given", "prefix", "suffix", "period"]),
    ("Identifier", &["use", "type", "system", "value", "period", "assigner"]),
    ("Period", &["start", "end"]),
    ("Quantity", &["value", "comparator", "unit", "system", "code"]),
    ("Range", &["low", "high"]),
    ("Ratio", &["numerator", "denominator"]),
    ("Reference", &["reference", "type", "identifier", "display"]),
    ("Timing", &["event", "repeat", "code"]),
];

/// The type that an argument names: `Quantity`, `FHIR.Quantity`.
pub(super) fn named(expr: &Expr) -> Option<&str> {
    let Expr::Member(input, name) = expr else {
        return None;
    };
    match &**input {
        Expr::This => Some(name),
        Expr::Member(start, space) if **start == Expr::This => {
            matches!(space.as_str(), "FHIR" | "System").then_some(name)
        }
        _ => None,
    }
}

/// Is it of the type, by its choice or by its form?
pub(super) fn is_of_type(item: &Item<'_>, wanted: &str) -> bool {
    match item {
        Item::Node(_, Some(choice)) => choice.eq_ignore_ascii_case(wanted),
        Item::Node(node, None) => match node {
            Value::Object(object) => is_object_of(object, wanted),
            Value::String(text) => is_text_of(text, wanted),
            Value::Bool(_) => wanted.eq_ignore_ascii_case("boolean"),
            Value::Number(number) => {
                let whole = !number.is_f64() && is_one_of(&WHOLE_TYPES, wanted);
                whole || wanted.eq_ignore_ascii_case("decimal")
            }
            Value::Null | Value::Array(_) => false,
        },
        Item::Computed(literal) => {
            let kind = match literal {
                Literal::Text(_) => "string",
                Literal::Integer(_) => "integer",
                Literal::Decimal(_) => "decimal",
                Literal::Boolean(_) => "boolean",
                Literal::Moment(moment) => match moment.kind {
                    Kind::Date => "date",
                    Kind::DateTime => "dateTime",
                    Kind::Time => "time",
                },
            };
            kind.eq_ignore_ascii_case(wanted)
        }
    }
}

fn is_one_of(types: &[&str], wanted: &str) -> bool {
    types.iter().any(|known| known.eq_ignore_ascii_case(wanted))
}

/// A text can be a code or a uri as well as a string: only dates and times have a form to see.
fn is_text_of(text: &str, wanted: &str) -> bool {
    let kind = || Moment::parse(text).map(|moment| moment.kind);
    match wanted {
        "date" => kind() == Some(Kind::Date),
        "dateTime" => matches!(kind(), Some(Kind::Date | Kind::DateTime)),
        "instant" => kind() == Some(Kind::DateTime),
        "time" => kind() == Some(Kind::Time),
        _ => is_one_of(&TEXT_TYPES, wanted),
    }
}

fn is_object_of(object: &Map<String, Value>, wanted: &str) -> bool {
    if let Some(kind) = object.get("resourceType").and_then(Value::as_str) {
        return kind == wanted || matches!(wanted, "Resource" | "DomainResource");
    }
    let Some((_, elements)) = DATA_TYPES.iter().find(|(known, _)| *known == wanted) else {
        return wanted == "Element";
    };
    let fits = |key: &String| {
        let key = key.trim_start_matches('_');
        matches!(key, "id" | "extension") || elements.contains(&key)
    };
    object.keys().all(fits)
}
