//! The compiled form of a view and the general interpreter give the same rows, whatever comes.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test itself")]

use std::collections::BTreeSet;

use pipeline_views::{CellRef, FaultKind, Frame, Program, View, built_in_views, resource_type};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use time::{Date, macros::date};

const TODAY: Date = date!(2026 - 11 - 25);

type Told = Result<Vec<Vec<String>>, FaultKind>;

fn compiled(program: &Program, view: usize, json: &str) -> Told {
    let mut frame = Frame::default();
    let kind = resource_type(json).unwrap_or_default();
    let record = program.read(&kind, json, &mut frame).unwrap();
    let mut rows = Vec::new();
    let outcome = record.rows(view, TODAY, &mut |cells| {
        rows.push(cells.iter().map(|cell| format!("{cell:?}")).collect());
    });
    outcome.map(|()| rows).map_err(|fault| fault.kind)
}

fn interpreted(view: &View, json: &str) -> Told {
    let resource: Value = serde_json::from_str(json).unwrap();
    let rows = view.rows(&resource, TODAY).map_err(|fault| fault.kind)?;
    let told = |row: Vec<_>| row.into_iter().map(|c| format!("{:?}", CellRef::from(c))).collect();
    Ok(rows.into_iter().map(told).collect())
}

/// Names of elements that the built-in views speak of, and constants they compare with.
struct Words {
    names: Vec<String>,
    texts: Vec<String>,
}

fn words() -> Words {
    let (mut names, mut texts) = (BTreeSet::new(), BTreeSet::new());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("definitions");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Ok(definition) = serde_json::from_str::<Value>(&text) else { continue };
        gather(&definition, &mut names, &mut texts);
    }
    let suffixes = ["Quantity", "CodeableConcept", "DateTime", "Reference", "Coding", "Boolean"];
    for name in ["value", "effective", "medication", "occurrence", "onset", "performed", "answer"] {
        names.remove(name);
        names.extend(suffixes.map(|suffix| format!("{name}{suffix}")));
    }
    for name in ["deceased", "multipleBirth", "asNeeded", "dose", "rate", "product", "abatement"] {
        names.remove(name);
    }
    names.remove("resourceType");
    Words { names: names.into_iter().collect(), texts: texts.into_iter().collect() }
}

fn gather(value: &Value, names: &mut BTreeSet<String>, texts: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(text) if key == "path" || key.starts_with("forEach") => {
                        let quoted = text.split('\'').skip(1).step_by(2).map(str::to_owned);
                        texts.extend(quoted);
                        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
                        let is_name =
                            |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
                        names.extend(words.filter(is_name).map(str::to_owned));
                    }
                    Value::String(text) if key.starts_with("value") => {
                        texts.insert(text.clone());
                    }
                    _ => gather(value, names, texts),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, names, texts)),
        _ => {}
    }
}

fn element(words: &'static Words) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => proptest::sample::select(words.texts.clone()).prop_map(Value::from),
        2 => Just(json!("2025-03-02T10:00:00+01:00")),
        1 => Just(json!("2027-01-01")),
        1 => "\\PC{0,6}".prop_map(Value::from),
        1 => Just(json!("Patient/17")),
        2 => (-5_i64..200).prop_map(Value::from),
        1 => Just(json!(6.5)),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let members = proptest::collection::vec(
            (proptest::sample::select(words.names.clone()), inner.clone()),
            0..7,
        );
        prop_oneof![
            5 => members.prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            3 => proptest::collection::vec(inner, 0..4).prop_map(|values| {
                // FHIR has no array in an array.
                Value::Array(values.into_iter().filter(|value| !value.is_array()).collect())
            }),
        ]
    })
}

static WORDS: std::sync::LazyLock<Words> = std::sync::LazyLock::new(words);
static PROGRAM: std::sync::LazyLock<Program> =
    std::sync::LazyLock::new(|| Program::new(built_in_views().unwrap(), &["id"], &[]));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_compiled_view_gives_the_rows_of_the_interpreter(
        members in proptest::collection::vec(
            (proptest::sample::select(WORDS.names.clone()), element(&WORDS)), 0..12),
        view in 0..PROGRAM.views().len(),
    ) {
        let definition = &PROGRAM.views()[view];
        let mut resource: Map<String, Value> = members.into_iter().collect();
        resource.insert("resourceType".to_owned(), definition.resource().into());
        let json = Value::Object(resource).to_string();
        prop_assert_eq!(
            compiled(&PROGRAM, view, &json),
            interpreted(definition, &json),
            "{}: {}", definition.name(), json
        );
    }
}

#[test]
fn the_built_in_views_of_large_datasets_run_compiled() {
    for large in ["prescription", "dispense", "vaccination", "observation", "problem", "allergy"] {
        let at = PROGRAM.views().iter().position(|view| view.name().to_string() == large);
        assert!(PROGRAM.is_compiled(at.unwrap()), "{large}");
    }
}

#[test]
fn paths_of_every_kind_agree() {
    let resource = json!({
        "resourceType": "Observation", "id": "o1", "status": "final",
        "code": {"coding": [
            {"system": "http://loinc.org", "code": "4548-4"},
            {"system": "http://snomed.info/sct", "code": "4339\u{e9}\n6009"},
        ]},
        "subject": {"reference": "http://host/Patient/17"},
        "effectiveDateTime": "2025-03-02T10:00:00Z",
        "valueQuantity": {"value": 6.5, "code": "%"},
        "extension": [{"url": "u", "valueInteger": 3}],
        "component": [{"valueQuantity": {"value": 1}}, {"valueString": "x"}],
    })
    .to_string();
    let paths = [
        "code.coding.where(system = %loinc).code",
        "Observation.code.coding[1].code",
        "code.coding.first().code",
        "code.coding.code.join(', ')",
        "value.ofType(Quantity).value",
        "effective.ofType(dateTime).substring(0, 4).toInteger()",
        "effective",
        "extension('u').value.ofType(integer) + 2",
        "subject.getReferenceKey(Patient)",
        "subject.getReferenceKey(Group)",
        "getResourceKey()",
        "status = 'final' and note.empty()",
        "note.exists() or status != 'final'",
        "value.ofType(Quantity).value > 6",
        "code.coding.count() * 2",
        "code.coding.exists(code.startsWith('454')).not()",
        "missing.thing = 'x'",
        "component.where(value.ofType(Quantity).exists()).value.ofType(Quantity).value",
        "component.value.ofType(string)",
        "code.coding.where(system = 'http://loinc.org' or system = %loinc).code.first()",
    ];
    for path in paths {
        for kind in ["string", "decimal", "integer", "boolean", "date"] {
            let definition = json!({
                "name": "test", "resource": "Observation", "resourceType": "ViewDefinition",
                "constant": [{"name": "loinc", "valueUri": "http://loinc.org"}],
                "select": [{"column": [{"name": "c", "path": path, "type": kind}]}],
            });
            let view = View::parse("test.json", definition.to_string().as_bytes()).unwrap();
            let program = Program::new(vec![view], &[], &[]);
            assert!(program.is_compiled(0), "{path}");
            let told = interpreted(&program.views()[0], &resource);
            assert_eq!(compiled(&program, 0, &resource), told, "{path} as {kind}");
        }
    }
}

#[test]
fn a_choice_is_one_only_where_the_standard_has_one() {
    let cases = [
        // Two types of one choice: the path names the one it means.
        ("AllergyIntolerance", json!({"onsetBoolean": "x", "onsetDateTime": {}})),
        ("AllergyIntolerance", json!({"onsetAge": {}, "onsetDateTime": "2025-03"})),
        // No choice `recorded[x]`.
        ("Immunization", json!({"status": "completed", "recordedDate": "no date"})),
    ];
    for (kind, mut resource) in cases {
        resource["resourceType"] = kind.into();
        let json = resource.to_string();
        for (view, definition) in PROGRAM.views().iter().enumerate() {
            if definition.resource() == kind {
                assert_eq!(
                    compiled(&PROGRAM, view, &json),
                    interpreted(definition, &json),
                    "{json}"
                );
            }
        }
    }
}
