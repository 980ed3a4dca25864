//! The views that come with the program, on records as Belgian holders write them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test fail like the test itself"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pipeline_views::{Cell, Program, View, built_in_views, canonical};
use serde_json::{Value, json};
use time::{Date, macros::date};

const TODAY: Date = date!(2026 - 11 - 25);
const BE: &str = "https://www.ehealth.fgov.be/standards/fhir";
const CNK: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes";
const RID: &str =
    "http://ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-prescription";

fn view(name: &str) -> View {
    built_in_views().unwrap().into_iter().find(|view| view.name().to_string() == name).unwrap()
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => "-".to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Date(day) => {
            Date::from_julian_day(day + 2_440_588).map(|date| date.to_string()).unwrap()
        }
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Boolean(truth) => truth.to_string(),
    }
}

/// The wanted columns of every row: `code=4548-4 value=6.5`.
fn told(name: &str, resource: &Value, columns: &[&str]) -> Vec<String> {
    let view = view(name);
    let place = |column: &&str| {
        let found = view.columns().iter().position(|spec| spec.name == **column);
        found.unwrap_or_else(|| panic!("{name} has no column {column}"))
    };
    let places: Vec<usize> = columns.iter().map(place).collect();
    let rows = view.rows(resource, TODAY).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    rows.iter()
        .map(|row| {
            let parts = columns.iter().zip(&places);
            let parts = parts.map(|(column, at)| format!("{column}={}", shown(&row[*at])));
            parts.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

fn sct(code: &str) -> Value {
    concept("http://snomed.info/sct", code)
}

fn by_number(system: &str, value: &str) -> Value {
    json!({"identifier": {"system": system, "value": value}})
}

#[test]
fn a_vaccination_tells_where_by_whom_and_with_what() {
    let nihdi = format!("{BE}/core/NamingSystem/nihdi");
    let record = json!({
        "resourceType": "Immunization", "status": "not-done", "occurrenceDateTime": "2025-10-02",
        "statusReason": concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", "OSTOCK"),
        "vaccineCode": sct("871895005"), "doseQuantity": {"value": 0.5, "code": "mL"},
        "encounter": {"reference": "#e"},
        "contained": [
            {"resourceType": "Encounter", "id": "e", "location": [{"location": {"reference": "#l"}}]},
            {"resourceType": "Location", "id": "l",
             "type": [concept(&format!("{BE}/vaccination/CodeSystem/be-cs-care-location"), "kind-gezin")]},
        ],
        "extension": [
            {"url": format!("{BE}/core/StructureDefinition/be-ext-recorder"),
             "valueReference": by_number(&nihdi, "10000007004")},
            {"url": format!("{BE}/vaccination/StructureDefinition/be-ext-administeredProduct"),
             "extension": [
                {"url": "lotNumber", "valueString": "L00168"},
                {"url": "coded", "valueCodeableConcept": concept(CNK, "4670576")},
             ]},
        ],
        "performer": [{"actor": by_number(&nihdi, "10000007004")}],
    });
    let columns =
        ["occurrence", "status_reason", "product_cnk", "place", "dose", "performer", "recorder"];
    let want = "occurrence=2025-10-02 status_reason=OSTOCK product_cnk=4670576 place=kind-gezin \
                dose=0.5 performer=10000007004 recorder=10000007004";
    assert_eq!(told("vaccination", &record, &columns), [want]);
}

#[test]
fn what_was_refuted_or_entered_in_error_is_no_problem_and_no_allergy() {
    let cases = [
        (None, 1),
        (Some("confirmed"), 1),
        (Some("unconfirmed"), 1),
        (Some("provisional"), 1),
        (Some("refuted"), 0),
        (Some("entered-in-error"), 0),
    ];
    let careset = [
        ("problem", "Condition", "condition-ver-status"),
        ("allergy", "AllergyIntolerance", "allergyintolerance-verification"),
    ];
    for (name, resource, system) in careset {
        for (status, rows) in cases {
            let mut record = json!({"resourceType": resource, "recordedDate": "2025-10-02"});
            if let Some(status) = status {
                let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
                record["verificationStatus"] = concept(&system, status);
            }
            assert_eq!(told(name, &record, &["recorded"]).len(), rows, "{name} {status:?}");
        }
    }
}

#[test]
fn the_recorder_is_found_under_its_older_extension_too() {
    let record = json!({
        "resourceType": "Immunization", "status": "completed",
        "extension": [{"url": format!("{BE}/StructureDefinition/be-recorder"),
            "valueReference": by_number(&format!("{BE}/core/NamingSystem/nihdi"), "10000007")}],
    });
    assert_eq!(told("vaccination", &record, &["recorder"]), ["recorder=10000007"]);
}

#[test]
fn the_four_steps_of_a_treatment_share_the_number_of_the_prescription() {
    let medicine = json!({"coding": [{"system": CNK, "code": "9100029"}]});
    let prescription = by_number(RID, "BEP0RRY5HTC5");
    let records = [
        (
            "prescription",
            json!({
                "resourceType": "MedicationRequest", "status": "active",
                "identifier": [{"system": RID, "value": "BEP0RRY5HTC5"}],
                "medicationCodeableConcept": medicine,
            }),
        ),
        (
            "dispense",
            json!({
                "resourceType": "MedicationDispense", "status": "completed",
                "authorizingPrescription": [prescription], "medicationCodeableConcept": medicine,
            }),
        ),
        (
            "administration",
            json!({
                "resourceType": "MedicationAdministration", "status": "completed",
                "request": prescription, "medicationCodeableConcept": medicine,
            }),
        ),
        (
            "medication-line",
            json!({
                "resourceType": "MedicationStatement", "status": "active",
                "basedOn": [prescription], "medicationCodeableConcept": medicine,
            }),
        ),
    ];
    for (name, record) in records {
        let want = "prescription=BEP0RRY5HTC5 cnk=9100029";
        assert_eq!(told(name, &record, &["prescription", "cnk"]), [want], "{name}");
    }
}

#[test]
fn a_medication_line_has_its_true_state_in_extensions() {
    let record = json!({
        "resourceType": "MedicationStatement", "status": "unknown",
        "effectivePeriod": {"start": "2025-01-02"},
        "extension": [
            {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationStatement.adherence",
             "extension": [{"url": "code", "valueCodeableConcept": concept("x", "taking")}]},
            {"url": format!("{BE}/medication/StructureDefinition/BeExtMedicationLineRegistrationStatus"),
             "valueCode": "recorded"},
            {"url": format!("{BE}/core-clinical/StructureDefinition/BeExtRecordedDate"),
             "valueDateTime": "2025-01-03T10:00:00Z"},
        ],
        "dosage": [
            {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "CV"]}},
             "asNeededBoolean": true, "doseAndRate": [{"doseQuantity": {"value": 1.5, "code": "{tbl}"}}]},
            {"timing": {"repeat": {"frequency": 1}}},
        ],
    });
    let columns = [
        "start",
        "end",
        "recorded",
        "adherence",
        "registration_status",
        "dosages",
        "frequency",
        "moment",
        "as_needed",
        "dose",
        "dose_unit",
    ];
    let want = "start=2025-01-02 end=- recorded=2025-01-03 adherence=taking \
                registration_status=recorded dosages=2 frequency=2 moment=MORN as_needed=true \
                dose=1.5 dose_unit={tbl}";
    assert_eq!(told("medication-line", &record, &columns), [want]);
}

#[test]
fn an_assessment_gives_a_row_for_each_answer_at_any_depth_and_no_words() {
    let record = json!({
        "resourceType": "QuestionnaireResponse", "status": "completed", "authored": "2025-05-01",
        "questionnaire": "https://example.be/Questionnaire/home-care|3",
        "item": [
            {"linkId": "A", "item": [
                {"linkId": "A1", "answer": [{"valueInteger": 2}]},
                {"linkId": "A2", "answer": [{"valueBoolean": true, "item": [
                    {"linkId": "A2a", "answer": [{"valueCoding": {"code": "often"}}]}]}]},
            ]},
            {"linkId": "B", "answer": [{"valueDecimal": 1.5}, {"valueDate": "2025-04-30"}]},
            {"linkId": "C", "answer": [{"valueString": "Jan helpt zijn moeder"}]},
            {"linkId": "D", "text": "nothing was answered"},
        ],
    });
    let columns = [
        "question",
        "answer_code",
        "answer_integer",
        "answer_decimal",
        "answer_boolean",
        "answer_date",
    ];
    let mut rows = told("questionnaire", &record, &columns);
    for row in &mut rows {
        *row = row.replace("answer_", "");
    }
    assert_eq!(
        rows,
        [
            "question=A1 code=- integer=2 decimal=- boolean=- date=-",
            "question=A2 code=- integer=- decimal=- boolean=true date=-",
            "question=A2a code=often integer=- decimal=- boolean=- date=-",
            "question=B code=- integer=- decimal=1.5 boolean=- date=-",
            "question=B code=- integer=- decimal=- boolean=- date=2025-04-30",
            "question=C code=- integer=- decimal=- boolean=- date=-",
        ]
    );
}

#[test]
fn an_observation_is_a_laboratory_result_or_another_one_and_never_both() {
    let category = |code: &str| json!([{"coding": [{"code": code}]}]);
    let profile = |name: &str| json!({"profile": [format!("{BE}/{name}")]});
    let lab_profile = "lab/StructureDefinition/be-observation-laboratory";
    let cases = [
        (json!({"category": category("laboratory")}), "laboratory"),
        (json!({"category": category("LAB")}), "laboratory"),
        (json!({"meta": profile(lab_profile)}), "laboratory"),
        (json!({"meta": profile(&format!("{lab_profile}|1.0.1"))}), "laboratory"),
        (json!({"category": category("vital-signs"), "meta": profile(lab_profile)}), "laboratory"),
        (json!({"category": category("vital-signs")}), "observation"),
        (json!({"category": category("social-history")}), "observation"),
        (
            json!({"meta": profile("core-clinical/StructureDefinition/be-scoreresult")}),
            "observation",
        ),
        (json!({}), "observation"),
    ];
    for (mut record, want) in cases {
        record["resourceType"] = json!("Observation");
        record["status"] = json!("final");
        let counts = ["observation", "laboratory"]
            .map(|name| (name, view(name).rows(&record, TODAY).unwrap().len()));
        let expected = counts.map(|(name, _)| (name, usize::from(name == want)));
        assert_eq!(counts, expected, "{record}");
    }
}

#[test]
fn a_panel_gives_its_parts_and_its_own_value_where_it_has_one() {
    let part = |code: &str, value: i64| json!({"code": concept("http://loinc.org", code), "valueQuantity": {"value": value, "code": "mm[Hg]"}});
    let mut record = json!({
        "resourceType": "Observation", "status": "final", "code": concept("http://loinc.org", "85354-9"),
        "component": [part("8480-6", 120), part("8462-4", 80)], "device": {"display": "cuff"},
    });
    let columns = ["code", "value", "value_integer", "device"];
    let parts = [
        "code=8480-6 value=120 value_integer=- device=true",
        "code=8462-4 value=80 value_integer=- device=true",
    ];
    assert_eq!(told("observation", &record, &columns), parts);
    record["valueInteger"] = json!(7);
    let own = "code=85354-9 value=- value_integer=7 device=true";
    assert_eq!(told("observation", &record, &columns), [own, parts[0], parts[1]]);
}

#[test]
fn a_laboratory_result_carries_its_range_and_flag() {
    let record = json!({
        "resourceType": "Observation", "status": "final", "issued": "2025-03-03T12:00:00+01:00",
        "category": [{"coding": [{"code": "laboratory"}]}], "effectiveDateTime": "2025-03-02",
        "code": concept("http://loinc.org", "4548-4"),
        "valueQuantity": {"value": 6.9, "code": "%", "comparator": ">"},
        "interpretation": [concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H")],
        "referenceRange": [{"low": {"value": 4}, "high": {"value": 6}}],
        "specimen": {"reference": "#s"},
        "contained": [{"resourceType": "Specimen", "id": "s", "type": sct("119297000")}],
        "performer": [by_number(&format!("{BE}/core/NamingSystem/nihdi-organization"), "81234567")],
    });
    let columns = [
        "issued",
        "value",
        "comparator",
        "interpretation",
        "low",
        "high",
        "specimen",
        "laboratory",
    ];
    let want = "issued=2025-03-03 value=6.9 comparator=> interpretation=H low=4 high=6 \
                specimen=119297000 laboratory=81234567";
    assert_eq!(told("laboratory", &record, &columns), [want]);
}

#[test]
fn a_referral_tells_the_profession_and_the_sessions() {
    let record = json!({
        "resourceType": "ServiceRequest", "status": "active", "intent": "order", "priority": "routine",
        "authoredOn": "2026-02-18T14:13:08+01:00",
        "identifier": [{"system": format!("{BE}/NamingSystem/uhmep"), "value": "AB12"}],
        "category": [sct("9632001"),
            concept(&format!("{BE}/terminology/CodeSystem/be-cs-prescription-type"), "wound-care")],
        "code": sct("385805005"), "reasonCode": [sct("44054006")],
        "occurrenceTiming": {"repeat": {"count": 21, "frequency": 1, "period": 1, "periodUnit": "d",
            "boundsDuration": {"value": 3, "code": "wk"}}},
        "extension": [
            {"url": format!("{BE}/drp/StructureDefinition/be-ext-validity-period"),
             "valuePeriod": {"start": "2026-02-18", "end": "2026-08-18"}},
            {"url": format!("{BE}/referral/StructureDefinition/be-ext-feedback-to-prescriber"),
             "valueBoolean": true},
        ],
    });
    let columns = [
        "category",
        "prescription_type",
        "times",
        "frequency",
        "duration",
        "duration_unit",
        "valid_until",
        "feedback",
        "prescription",
    ];
    let want = "category=9632001 prescription_type=wound-care times=21 frequency=1 duration=3 \
                duration_unit=wk valid_until=2026-08-18 feedback=true prescription=AB12";
    assert_eq!(told("referral", &record, &columns), [want]);
}

#[test]
fn a_summary_gives_its_sections_and_other_compositions_give_nothing() {
    let section = |code: &str| json!({"title": "t", "code": concept("http://loinc.org", code), "entry": [{}, {}]});
    let mut record = json!({
        "resourceType": "Composition", "status": "final", "date": "2026-01-01",
        "type": concept("http://loinc.org", "60591-5"),
        "section": [section("11450-4"), section("48765-2")],
    });
    let columns = ["section", "entries", "sections"];
    assert_eq!(
        told("patient-summary", &record, &columns),
        ["section=11450-4 entries=2 sections=2", "section=48765-2 entries=2 sections=2"]
    );
    record.as_object_mut().unwrap().remove("section");
    assert_eq!(told("patient-summary", &record, &columns), ["section=- entries=0 sections=0"]);
    record["type"] = concept("http://loinc.org", "11502-2");
    assert!(told("patient-summary", &record, &columns).is_empty());
}

#[test]
fn a_misspelt_element_is_not_repaired() {
    let record = json!({
        "resourceType": "Immunization", "status": "completed", "occurenceDateTime": "2025-10-02",
    });
    assert_eq!(told("vaccination", &record, &["occurrence"]), ["occurrence=-"]);
}

#[test]
fn all_but_the_nested_views_are_compiled() {
    let program = Program::new(built_in_views().unwrap(), &[], &[]);
    let interpreted = (0..program.views().len()).filter(|view| !program.is_compiled(*view));
    let interpreted: Vec<String> =
        interpreted.map(|view| program.views()[view].name().to_string()).collect();
    // Items nest to any depth, which the compiled form does not follow.
    assert!(interpreted.iter().all(|name| name == "questionnaire"), "{interpreted:?}");
}

/// Rows and faults of each view over a folder of examples.
#[derive(Default)]
struct Yield {
    records: u64,
    rows: u64,
    faults: BTreeMap<String, u64>,
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn every_example_of_hl7_belgium_yields_rows_or_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hl7-be-examples");
    if !folder.exists() {
        eprintln!("skipped: the examples of HL7 Belgium are not there");
        return;
    }
    let views = built_in_views().unwrap();
    let mut yields: BTreeMap<String, Yield> = BTreeMap::new();
    let mut observations = 0;
    for file in json_files(&folder) {
        let text = fs::read_to_string(&file).unwrap();
        let Ok(whole) = serde_json::from_str(text.trim_start_matches('\u{feff}')) else { continue };
        for resource in resources(&whole) {
            let mut resource = resource.clone();
            rename_systems(&mut resource);
            let mut seen = 0;
            for view in views.iter().filter(|view| resource["resourceType"] == view.resource()) {
                let counts = yields.entry(view.name().to_string()).or_default();
                counts.records += 1;
                match view.rows(&resource, TODAY) {
                    Ok(rows) => {
                        counts.rows += rows.len() as u64;
                        seen += u64::from(!rows.is_empty());
                    }
                    Err(fault) => {
                        let reason = format!("{:?} {}", fault.kind, fault.path);
                        *counts.faults.entry(reason).or_default() += 1;
                        seen += 1;
                    }
                }
            }
            let right = resource["status"] != "entered-in-error";
            if resource["resourceType"] == "Observation" && right {
                assert_eq!(seen, 1, "{}", file.display());
                observations += 1;
            }
        }
    }
    for (view, Yield { records, rows, faults }) in &yields {
        eprintln!("{view}: {records} records, {rows} rows, set aside {faults:?}");
    }
    assert!(observations > 700, "{observations}");
}

/// What the runner does when it compares a system with a constant.
fn rename_systems(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(system)) = members.get_mut("system") {
                *system = canonical(system).to_owned();
            }
            members.values_mut().for_each(rename_systems);
        }
        Value::Array(values) => values.iter_mut().for_each(rename_systems),
        _ => {}
    }
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The resource, or those of a bundle; some stand in its entries without `resource`.
fn resources(whole: &Value) -> Vec<&Value> {
    match whole["entry"].as_array() {
        Some(entries) if whole["resourceType"] == "Bundle" => {
            let inside = entries.iter().map(|entry| entry.get("resource").unwrap_or(entry));
            inside.flat_map(resources).collect()
        }
        _ => vec![whole],
    }
}
