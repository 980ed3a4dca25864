//! The sources that hospitals and pharmacies have, through the command, to the last identifier.

use std::{collections::BTreeSet, fs, io::Write};

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::support::{Hospital, SSIN, by, files_below, lines, vaccination};

const NIHDI: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi";
const CBE: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/cbe";
const RID: &str =
    "http://ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-prescription";
const CNK: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes";
const PERSON: &str = "93051822361";

fn medicine() -> Value {
    json!({"coding": [{"system": CNK, "code": "0318717"}]})
}

fn prescribed(number: &str, prescriber: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "id": number, "status": "active",
           "intent": "order", "subject": by(SSIN, PERSON), "authoredOn": "2025-10-03",
           "identifier": [{"system": RID, "value": number}],
           "requester": by(NIHDI, prescriber), "medicationCodeableConcept": medicine()})
}

fn dispensed(number: &str) -> Value {
    json!({"resourceType": "MedicationDispense", "id": number, "status": "completed",
           "subject": by(SSIN, PERSON), "whenHandedOver": "2025-10-04",
           "authorizingPrescription": [by(RID, number)],
           "performer": [{"actor": by(CBE, "0403.019.261")}],
           "medicationCodeableConcept": medicine()})
}

fn vaccinated(person: &str) -> Value {
    vaccination(&by(SSIN, person), "2025-10-03")
}

/// The values of a column, as text.
fn column(path: &str, name: &str) -> Vec<String> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let value = |row: parquet::record::Row| {
        let mut columns = row.get_column_iter();
        columns.find(|(found, _)| *found == name).map(|(_, value)| value.to_string())
    };
    rows.map(|row| value(row).unwrap()).collect()
}

#[test]
fn prescribers_prescriptions_and_organisations_become_tokens_that_meet() {
    let hospital = Hospital::new();
    // Two prescriptions by one person in two writings, one of them handed over.
    let records =
        [prescribed("BEP0ABC12345", "10000007004"), prescribed("BEP0ABC12346", "1-00000-07-004")];
    hospital.put("source/MedicationRequest.ndjson", lines(&records));
    hospital.put("source/MedicationDispense.ndjson", lines(&[dispensed("BEP0ABC12345")]));
    let report = hospital.extract("source", "batch", &[]);
    assert_eq!(report["quarantined"], json!({}));
    assert_eq!(report["unlinkable"], json!({}));
    // A person, a prescriber, an organisation and two prescriptions.
    assert_eq!((&report["persons"], &report["identifiers"]), (&json!(1), &json!(5)));

    let of = |view: &str, name: &str| {
        column(&hospital.path(&format!("batch/for-hda/{view}.parquet")), name)
    };
    let prescribers = of("prescription", "prescriber");
    assert_eq!(prescribers.len(), 2);
    assert_eq!(prescribers[0], prescribers[1], "one prescriber, one token");
    let prescriptions: BTreeSet<String> = of("prescription", "prescription").into_iter().collect();
    let handed_over = of("dispense", "prescription");
    assert_eq!((prescriptions.len(), handed_over.len()), (2, 1));
    assert!(prescriptions.contains(&handed_over[0]), "two steps of one treatment meet");

    // Each of them has its row for the TTP.
    let ids = files_below(&hospital.dir().join("batch/for-ttp"));
    let ids = ids.iter().filter(|file| file.extension().is_some_and(|name| name == "parquet"));
    let tokens: BTreeSet<String> =
        ids.flat_map(|file| column(&file.to_string_lossy(), "t")).collect();
    let linked = [prescribers, of("dispense", "dispenser_enterprise"), handed_over];
    for token in linked.iter().flatten().chain(&prescriptions) {
        assert!(tokens.contains(token));
    }

    for file in files_below(&hospital.dir().join("batch")) {
        let mut texts = vec![fs::read(&file).unwrap()];
        if file.extension().is_some_and(|name| name == "parquet") {
            let reader = SerializedFileReader::new(fs::File::open(&file).unwrap()).unwrap();
            let rows = reader.get_row_iter(None).unwrap();
            texts.extend(rows.map(|row| row.unwrap().to_string().into_bytes()));
        }
        for raw in ["10000007", "1-00000-07", "0403019261", "0403.019", "BEP0ABC1234", PERSON] {
            let found = |text: &Vec<u8>| memchr::memmem::find(text, raw.as_bytes()).is_some();
            assert!(!texts.iter().any(found), "{} has {raw}", file.display());
        }
    }
}

#[test]
fn what_was_corrected_is_extracted_alone_and_the_counts_of_both_batches_are_those_of_the_source() {
    let hospital = Hospital::new();
    let good = vaccinated(PERSON).to_string();
    let wrong = vaccinated("93051822360").to_string();
    let source = "source/Immunization.ndjson";
    hospital.put(source, format!("{good}\n{wrong}\n{}\n{good}\n", &good[..40]));
    let first = hospital.extract("source", "batch-1", &[]);
    let place = |line, reason: &str| ("Immunization.ndjson".to_owned(), line, reason.to_owned());
    assert_eq!(
        hospital.quarantine("batch-1"),
        [place(2, "inss-check-digits"), place(3, "not-json")]
    );

    // The number is corrected and the broken line is not.
    hospital.put(source, format!("{good}\n{good}\n{}\n{good}\n", &good[..40]));
    let quarantine = hospital.path("batch-1/quarantine.ndjson");
    let second = hospital.extract("source", "batch-2", &["--from-quarantine", &quarantine]);
    assert_eq!(hospital.quarantine("batch-2"), [place(3, "not-json")]);
    let counts = |report: &Value| {
        let counts = &report["resources"]["Immunization"];
        ["read", "written", "quarantined"].map(|name| counts[name].as_u64().unwrap())
    };
    assert_eq!((counts(&first), counts(&second)), ([3, 2, 1], [1, 1, 0]));
    assert_eq!((&first["not_records"], &second["not_records"]), (&json!(1), &json!(1)));

    // All is repaired: the third batch has the last line, and there is nothing left to correct.
    hospital.put(source, format!("{good}\n{good}\n{good}\n{good}\n"));
    let quarantine = hospital.path("batch-2/quarantine.ndjson");
    let third = hospital.extract("source", "batch-3", &["--from-quarantine", &quarantine]);
    assert_eq!(counts(&third), [1, 1, 0]);
    let quarantine = hospital.path("batch-3/quarantine.ndjson");
    let more = ["--from-quarantine", &quarantine];
    let (code, _, told) = crate::support::run(&hospital.arguments("source", "batch-4", &more));
    assert_eq!(code, 1);
    assert!(told.contains("asks for nothing to be corrected"), "{told}");
}

#[test]
fn a_table_and_a_message_become_the_rows_of_the_same_views() {
    let hospital = Hospital::new();
    let of_person = |text: &str| text.replace("00000000097", PERSON);
    let message = include_str!("../../pipeline/legacy/samples/medication-scheme.xml");
    hospital.put("source/scheme.xml", of_person(message));
    let table = include_str!("../../pipeline/legacy/samples/dispenses.csv");
    hospital.put("source/dispenses.csv", of_person(table));
    hospital.put("mapping.toml", include_str!("../../pipeline/legacy/samples/dispenses.toml"));

    hospital.extract("source", "unmapped", &[]);
    let unmapped = hospital.quarantine("unmapped");
    assert!(unmapped.contains(&("dispenses.csv".to_owned(), 1, "no-mapping".to_owned())));

    let mapping = hospital.path("mapping.toml");
    let report = hospital.extract("source", "batch", &["--csv-mapping", &mapping]);
    // Of nine rows six are wrong: a day, a decimal, a code, an empty field, a missing one.
    assert_eq!(report["resources"]["MedicationDispense"]["written"], 3);
    assert_eq!(report["rows"]["dispense"], 3);
    assert_eq!(report["quarantined"]["table-row"], 6);
    for view in ["person", "medication-line"] {
        assert!(report["rows"][view].as_u64() > Some(0), "{view}: {report}");
    }
    assert_eq!(report["persons"], 1, "one person in both");

    // The table waited; the message is not written a second time.
    let quarantine = hospital.path("unmapped/quarantine.ndjson");
    let more = ["--csv-mapping", &mapping, "--from-quarantine", &quarantine];
    let late = hospital.extract("source", "late", &more);
    assert_eq!(late["rows"]["dispense"], 3);
    assert_eq!((&late["rows"]["medication-line"], &late["rows"]["person"]), (&json!(0), &json!(0)));
}

#[test]
fn marks_packing_and_several_types_in_a_file_change_nothing() {
    let hospital = Hospital::new();
    let patient = json!({"resourceType": "Patient", "id": "p", "gender": "female",
        "birthDate": "1993-05-18", "identifier": [{"system": SSIN, "value": PERSON}]});
    let records = [vaccinated(PERSON), patient, prescribed("BEP0ABC12345", "10000007004")];
    let text = format!("\u{feff}{}", lines(&records).replace('\n', "\r\n"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    hospital.put("plain/all.ndjson", &text);
    hospital.put("packed/deep/folder/all.jsonl.gz", packed.finish().unwrap());
    for source in ["plain", "packed"] {
        let report = hospital.extract(source, &format!("batch-{source}"), &[]);
        assert_eq!(report["quarantined"], json!({}), "{source}");
        for kind in ["Immunization", "Patient", "MedicationRequest"] {
            assert_eq!(report["resources"][kind]["written"], 1, "{source}: {kind}");
        }
        assert_eq!(report["persons"], 1);
    }
}
