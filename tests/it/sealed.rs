//! Rows under a key a person: what the HDA holds of people it may not read.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::{
    country::{Country, rows_of},
    support::{SSIN, answer, by, files_below, lines, patient, run, vaccination},
};

const STAYS: &str = "93051822361";
const NIHDI: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi";
pub(crate) const OPTED_OUT: &str = "00010100105";

/// A country, and a hospital of it with the records of two people.
pub(crate) fn country() -> Country {
    let country = Country::new();
    country.0.put("source/Patient.ndjson", lines(&[patient("a", STAYS), patient("b", OPTED_OUT)]));
    let records = [(STAYS, "2025-10-03"), (STAYS, "2025-11-03"), (OPTED_OUT, "2025-10-04")];
    let records = records.map(|(person, day)| {
        let mut record = vaccination(&by(SSIN, person), day);
        record["performer"] = json!([{"actor": by(NIHDI, "10000007004")}]);
        record
    });
    country.0.put("source/Immunization.ndjson", lines(&records));
    country
}

/// Extracts and sends; the TTP answers.
pub(crate) fn send(country: &Country, more: &[&str]) -> Value {
    country.0.extract("source", "batch", more);
    answer(&country.submission("batch"));
    let answering = [&["--json".to_owned()], &country.answering()[..]].concat();
    let (_, told, _) = run(&answering);
    serde_json::from_str(&told).unwrap()
}

#[test]
fn the_hda_has_the_rows_of_people_who_opted_out_and_no_key_to_them() {
    let country = country();
    country.list("registry", "exclude", &[patient("x", OPTED_OUT)]);
    assert_eq!(send(&country, &[])["refused"], 0);

    // What lies at the HDA before it takes anything in.
    let inbox = files_below(&country.0.dir().join("inbox"));
    let named = |name: &str| {
        let file = inbox.iter().find(|file| file.ends_with(name)).unwrap();
        rows_of(&file.to_string_lossy())
    };
    let (payload, link) = (named("payload/vaccination.parquet"), named("link/link.parquet"));
    assert_eq!(payload.len(), 2, "one value a person");
    assert!(payload.iter().all(|row| row.len() == 3), "token, number and what is sealed");
    let keys: BTreeMap<&String, &String> = link.iter().map(|row| (&row["t"], &row["k"])).collect();
    let released: Vec<_> = payload.iter().filter(|row| keys.contains_key(&row["t"])).collect();
    assert_eq!(released.len(), 1, "the key of one of the two");
    for file in &inbox {
        let bytes = fs::read(file).unwrap();
        for plain in ["J07BB02", "2025-10", STAYS, OPTED_OUT] {
            let found = memchr::memmem::find(&bytes, plain.as_bytes());
            let is_described = file.extension().is_some_and(|end| end == "json");
            assert!(found.is_none() || is_described, "{plain} is in {}", file.display());
        }
    }

    country.ingest();
    let rows = country.dataset("vaccination");
    assert_eq!(rows.len(), 2, "those of the one who did not opt out");
    assert_eq!(country.dataset("person").len(), 1);
}

#[test]
fn sealed_or_not_the_same_rows_of_the_same_people_come_in() {
    let country = country();
    send(&country, &["--release", "sealed"]);
    country.ingest();
    let sealed = ["person", "vaccination"].map(|dataset| country.dataset(dataset));
    assert_eq!(sealed.each_ref().map(Vec::len), [2, 3]);
    // Again as they are, by the same holder, into an empty lake.
    fs::remove_dir_all(country.0.dir().join("batch")).unwrap();
    fs::remove_dir_all(country.0.dir().join("lake")).unwrap();
    send(&country, &["--release", "bulk"]);
    country.ingest();
    assert_eq!(["person", "vaccination"].map(|dataset| country.dataset(dataset)), sealed);
}

#[test]
fn where_people_are_left_out_open_rows_are_refused_with_what_to_do() {
    let country = country();
    country.list("owner", "cohort", &[patient("x", STAYS)]);
    let answer = send(&country, &["--release", "bulk"]);
    assert_eq!((&answer["answered"], &answer["refused"]), (&json!(0), &json!(1)));
    let refused = files_below(&country.0.dir().join("ttp/refused"));
    let told = fs::read_to_string(&refused[0]).unwrap();
    assert!(told.contains("--release sealed"), "{told}");
}

#[test]
fn of_a_cohort_the_hda_gets_its_people_and_what_they_are_linked_with() {
    let country = country();
    country.list("owner", "cohort", &[patient("x", STAYS)]);
    assert_eq!(send(&country, &[])["answered"], 1);
    country.ingest();
    assert_eq!(country.dataset("person").len(), 1);
    let rows = country.dataset("vaccination");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["performer"], rows[1]["performer"]);
    assert_ne!(rows[0]["performer"], "null", "no list of people speaks of who vaccinated them");
}
