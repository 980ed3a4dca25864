//! Where the same medication scheme is at hand as KMEHR and as FHIR, both give the same rows.
//!
//! The schemes are public examples that are not part of the project; without them nothing is compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Format, resources_of_xml};
use serde_json::{Value, json};

const EXAMPLES: &str = "../../../shared/data/hl7-be-examples/smals-jy+KMEHR-tests";
const ATC: &str = "http://www.whocc.no/atc";
const CNK: [&str; 4] = [
    "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes",
    "http://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes",
    "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/cnk-codes",
    "https://cnk.apb.be/codings/cnk_product_codes",
];

#[test]
fn a_scheme_gives_the_same_rows_as_kmehr_and_as_fhir() {
    let Some(pairs) = pairs() else { return };
    for (kmehr, fhir) in pairs {
        let name = kmehr.file_stem().unwrap().to_string_lossy().into_owned();
        let converted = resources_of_xml(&fs::read(&kmehr).unwrap()).unwrap();
        let twin: Value = serde_json::from_slice(&fs::read(&fhir).unwrap()).unwrap();
        let twin: Vec<Value> = twin["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["resource"].clone())
            .collect();
        assert_eq!(rows(&converted.resources), rows(&twin), "{name}");
        assert_eq!(dosages(&converted.resources), dosages(&twin), "{name}: dosages");
    }
}

#[test]
fn every_example_is_converted_and_balances() {
    for folder in ["ms", "pcdh"] {
        for path in files(folder) {
            let converted = resources_of_xml(&fs::read(&path).unwrap()).unwrap();
            assert!(converted.tally.is_balanced(), "{}", path.display());
            let want = if folder == "ms" { Format::Kmehr } else { Format::Pcdh };
            assert_eq!(converted.format, want);
            assert_eq!(
                converted.resources.len() as u64,
                converted.tally.mapped + converted.tally.persons
            );
            assert!(converted.tally.mapped > 0);
        }
    }
}

/// What `medication-line.json` selects, but for the day it was reported: the two sides of a pair were
/// generated on different days.
fn rows(resources: &[Value]) -> Vec<String> {
    let mut rows: Vec<String> = statements(resources)
        .filter(|line| line["status"] != "entered-in-error")
        .map(|line| {
            let coding = line
                .pointer("/medicationCodeableConcept/coding")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let first = |systems: &[&str]| {
                let of = |coding: &&Value| systems.iter().any(|system| coding["system"] == *system);
                // the generator of the FHIR side calls the number of a group of medicines a package
                let code = coding.iter().find(of).map(|coding| coding["code"].clone());
                code.filter(|code| {
                    systems.len() == 1 || code.as_str().is_some_and(|code| code.len() == 7)
                })
            };
            json!([
                line.pointer("/effectivePeriod/start"),
                line.pointer("/effectivePeriod/end"),
                line["status"],
                first(&[ATC]),
                first(&CNK)
            ])
            .to_string()
        })
        .collect();
    rows.sort();
    rows
}

/// The dosages, but for words and routes, which the FHIR side does not have, and for spoons: KMEHR
/// demands a unit, and the generator wrote a spoon wherever the scheme had none.
fn dosages(resources: &[Value]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for line in statements(resources) {
        for dosage in line["dosage"].as_array().into_iter().flatten() {
            let mut dosage = dosage.clone();
            for word in ["text", "patientInstruction", "route"] {
                dosage.as_object_mut().unwrap().remove(word);
            }
            let quantity = dosage.pointer_mut("/doseAndRate/0/doseQuantity");
            if let Some(quantity) = quantity.filter(|quantity| quantity["code"] == "5.mL") {
                *quantity = json!({ "value": quantity["value"] });
            }
            if dosage.as_object().is_some_and(|members| !members.is_empty()) {
                *counts.entry(dosage.to_string()).or_insert(0) += 1;
            }
        }
    }
    counts
}

fn statements(resources: &[Value]) -> impl Iterator<Item = &Value> {
    resources.iter().filter(|resource| resource["resourceType"] == "MedicationStatement")
}

fn pairs() -> Option<Vec<(PathBuf, PathBuf)>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLES);
    let schemes = files("ms");
    if schemes.is_empty() {
        return None;
    }
    let twin = |scheme: &PathBuf| {
        examples.join("fhir-ms").join(scheme.file_stem().unwrap()).with_extension("json")
    };
    Some(
        schemes
            .into_iter()
            .map(|scheme| (scheme.clone(), twin(&scheme)))
            .filter(|(_, twin)| twin.exists())
            .collect(),
    )
}

#[expect(clippy::print_stderr, reason = "a test that compares nothing says so")]
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLES).join(folder);
    let Ok(entries) = fs::read_dir(folder) else {
        eprintln!("skipped: ../shared is not here");
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}
