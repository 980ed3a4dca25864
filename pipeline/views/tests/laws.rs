//! What holds for every view and every resource.

use pipeline_views::View;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use time::macros::date;

/// Pieces that a path may be made of, in any order: few of them can be read.
const PIECES: [&str; 20] = [
    "name", "$this", "%c", ".", ".", "(", ")", "[", "]", "{}", ",", "1", "'a'", "@2015-02", " = ",
    " and ", " is ", " - ", "where(", "exists()",
];

/// What a path begins with.
const STARTS: [&str; 20] = [
    "name",
    "item",
    "value",
    "code",
    "id",
    "Patient",
    "$this",
    "$index",
    "%c",
    "%rowIndex",
    "%resource",
    "{}",
    "-1",
    "0",
    "2.50",
    "'a'",
    "'2015-02'",
    "@2015-02-04",
    "@T10:00",
    "true",
];

/// How it goes on.
const STEPS: [&str; 36] = [
    ".given",
    ".item",
    ".value",
    ".reference",
    "[0]",
    "[%rowIndex]",
    ".exists()",
    ".empty()",
    ".first()",
    ".last()",
    ".tail()",
    ".not()",
    ".count()",
    ".distinct()",
    ".hasValue()",
    ".ofType(Quantity)",
    ".is(date)",
    ".join(',')",
    ".startsWith('a')",
    ".endsWith('')",
    ".contains('a')",
    ".matches('a+')",
    ".matches(given)",
    ".replace('', 'b')",
    ".indexOf('a')",
    ".substring(1)",
    ".substring(0, 2)",
    ".length()",
    ".upper()",
    ".trim()",
    ".toInteger()",
    ".toDecimal()",
    ".lowBoundary()",
    ".highBoundary(4)",
    ".resolve()",
    ".getReferenceKey()",
];

/// What joins two paths.
const OPERATORS: [&str; 22] = [
    "=", "!=", "~", "!~", "<", "<=", ">", ">=", "and", "or", "xor", "implies", "in", "contains",
    "|", "+", "-", "*", "/", "div", "mod", "&",
];

/// Functions of a path.
const WRAPS: [&str; 8] =
    ["where", "select", "exists", "all", "skip", "take", "extension", "substring"];

/// The names that made resources use.
const NAMES: [&str; 14] = [
    "name",
    "given",
    "item",
    "value",
    "valueQuantity",
    "valueString",
    "code",
    "id",
    "extension",
    "_given",
    "url",
    "contained",
    "reference",
    "resourceType",
];

/// Texts that mean something to some function.
const TEXTS: [&str; 9] =
    ["u", "a", "#a", "Patient/1", "2015-02-04", "2015-02-04T10:00:00Z", "10:00:00", "(", "é"];

/// A path that can be read, more often than not.
fn sound_path() -> impl Strategy<Value = String> {
    let start = proptest::sample::select(&STARTS[..]).prop_map(str::to_owned);
    start.prop_recursive(4, 24, 2, |inner| {
        let step = proptest::sample::select(&STEPS[..]);
        let wrap = proptest::sample::select(&WRAPS[..]);
        let operator = proptest::sample::select(&OPERATORS[..]);
        prop_oneof![
            (inner.clone(), step).prop_map(|(path, step)| format!("{path}{step}")),
            (inner.clone(), wrap, inner.clone())
                .prop_map(|(path, wrap, inside)| format!("{path}.{wrap}({inside})")),
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (inner.clone(), inner).prop_map(|(left, right)| format!("iif({left}, {right})")),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    let made = proptest::collection::vec(proptest::sample::select(&PIECES[..]), 1..12)
        .prop_map(|pieces| pieces.concat());
    prop_oneof![8 => sound_path(), 1 => made, 1 => "\\PC{0,40}"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![proptest::sample::select(&TEXTS[..]).prop_map(str::to_owned), "\\PC{0,12}",]
}

fn element() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 5, |inner| {
        let name = proptest::sample::select(&NAMES[..]).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn column(name: &str, path: &str, collection: bool) -> Value {
    json!({"name": name, "path": path, "collection": collection, "type": "string"})
}

fn read(definition: &Value) -> Option<View> {
    View::parse("v.json", definition.to_string().as_bytes()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_sound_path_can_be_read(path in sound_path()) {
        let definition = json!({
            "resource": "Patient", "constant": [{"name": "c", "valueDate": "2015-02"}],
            "select": [{"column": [column("one", &path, false)]}],
        });
        prop_assert!(read(&definition).is_some(), "{}", path);
    }

    #[test]
    fn no_path_and_no_resource_make_the_runner_panic(
        each in path(), again in path(), one in path(), all in path(), mut resource in element(),
    ) {
        let constant = json!([{"name": "c", "valueDate": "2015-02"}]);
        let selects = [
            json!([{"column": [column("one", &one, false), column("all", &all, true)]}]),
            json!([{"forEachOrNull": &each, "column": [column("one", &one, false)]}]),
            json!([{"repeat": [&each, &again], "column": [column("all", &all, true)]}]),
        ];
        if resource.is_object() {
            resource["resourceType"] = json!("Patient");
        }
        for select in selects {
            let definition = json!({"resource": "Patient", "constant": &constant, "select": select});
            if let Some(view) = read(&definition) {
                let _ = view.json_rows(&resource);
                let _ = view.rows(&resource, date!(2026 - 11 - 25));
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_of_views_panic(text in "\\PC*") {
        let _ = View::check("v.json", text.as_bytes());
    }

    #[test]
    fn an_error_marks_a_place_in_its_path(path in path()) {
        let definition = json!({"resource": "Patient", "select": [{"column": [column("one", &path, false)]}]});
        if let Err(errors) = View::check("v.json", definition.to_string().as_bytes()) {
            for excerpt in errors.iter().filter_map(pipeline_views::ViewError::excerpt) {
                let (line, mark) = excerpt.rsplit_once('\n').unwrap();
                prop_assert!(mark.chars().count() <= line.chars().count() + 1, "{}", excerpt);
            }
        }
    }

    #[test]
    fn every_row_has_every_column_in_order(each in path(), mut resource in element()) {
        let definition = json!({"resource": "Patient", "select": [
            {"column": [column("first", "'x'", false)]},
            {"forEachOrNull": &each, "unionAll": [
                {"column": [column("second", "id", true)]},
                {"forEach": "item", "column": [column("second", "given", true)]},
            ]},
        ]});
        if resource.is_object() {
            resource["resourceType"] = json!("Patient");
        }
        if let Some(Ok(rows)) = read(&definition).map(|view| view.json_rows(&resource)) {
            for row in rows {
                let mut names: Vec<&String> = row.keys().collect();
                names.sort_unstable();
                prop_assert_eq!(names, ["first", "second"]);
            }
        }
    }
}
