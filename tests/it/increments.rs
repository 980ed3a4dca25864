//! A holder sends everything once, and from then on what changed.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::{
    leaks::parquet_texts,
    support::{DOMAIN, Hospital, answer, files_below, lines, patient, run, vaccination},
};

/// A hospital, a TTP and an HDA.
struct Line(Hospital);

impl Line {
    fn start() -> Self {
        let line = Self(Hospital::new());
        let path = |name: &str| line.0.path(name);
        let (ttp, hda) = (path("ttp"), path("hda-keys"));
        let (ttp_inbox, inbox) = (path("ttp-inbox"), path("inbox"));
        answer(&["ttp", "init", "--dir", &ttp, "--inbox", &ttp_inbox, "--hda", &inbox]);
        answer(&["keys", "init", "--party", "hda", "--role", "hda", "--dir", &hda]);
        let (ttp_card, hda_card) = (format!("{ttp}/keys/card.json"), format!("{hda}/card.json"));
        let cards = [path("keys/card.json"), ttp_card, hda_card];
        for register in [format!("{ttp}/keys"), hda, path("keys")] {
            let mut arguments = vec!["keys", "register", "--dir", &register];
            arguments.extend(cards.iter().map(String::as_str));
            answer(&arguments);
        }
        answer(&["ttp", "domain", "--dir", &ttp, "--domain", DOMAIN, "--holder", "hospital"]);
        line
    }

    /// Sends a batch all the way.
    fn send(&self, batch: &str) -> Value {
        let path = |name: &str| self.0.path(name);
        let (inbox, ttp_inbox) = (path("inbox"), path("ttp-inbox"));
        answer(&["submit", &path(batch), "--ttp", &ttp_inbox, "--hda", &inbox]);
        answer(&["ttp", "run", "--dir", &path("ttp")]);
        let (lake, keys, catalogue) = (path("lake"), path("hda-keys"), path("catalogue"));
        let places = ["--inbox", &inbox, "--lake", &lake, "--keys", &keys];
        answer(&[&["ingest"], &places[..], &["--catalog", &catalogue]].concat())
    }

    /// Rows in the newest version of each dataset.
    fn rows(&self) -> BTreeMap<String, u64> {
        let mut rows = BTreeMap::new();
        for head in files_below(&self.0.dir().join("lake")) {
            if head.file_name().is_none_or(|name| name != "HEAD") {
                continue;
            }
            let version = fs::read_to_string(&head).unwrap();
            let manifest = head.with_file_name(version.trim()).join("manifest.json");
            let manifest: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
            let parts = manifest["parts"].as_array().unwrap();
            let sum = parts.iter().map(|part| part["rows"].as_u64().unwrap()).sum();
            rows.insert(manifest["dataset"].as_str().unwrap().to_owned(), sum);
        }
        rows
    }
}

/// Ids as no hash and no code looks.
fn id(number: u8) -> String {
    format!("record-{number}-of-the-hospital")
}

fn vaccinated(number: u8, patient: &str, status: &str) -> Value {
    let mut record = vaccination(&json!({"reference": format!("Patient/{patient}")}), "2025-10-03");
    record["id"] = id(number).into();
    record["status"] = status.into();
    record
}

fn deletion_of(number: u8) -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "DELETE", "url": format!("Immunization/{}", id(number))}}]})
}

#[test]
fn what_changed_supersedes_what_was_deleted_goes_and_the_rest_stays() {
    let line = Line::start();
    let hospital = &line.0;
    let good = |number, patient| vaccinated(number, patient, "completed");
    let patients = [patient("a", "93051822361"), patient("b", "00010100105")];
    hospital.put("all/Patient.ndjson", lines(&patients));
    let first = [good(1, "a"), good(2, "a"), good(3, "b"), good(4, "b")];
    hospital.put("all/Immunization.ndjson", lines(&first));
    hospital.extract("all", "batch-1", &["--mode", "replace"]);
    assert_eq!(line.send("batch-1")["batches"][0]["mode"], "replace");
    let rows = |person, vaccination| {
        BTreeMap::from([("person".to_owned(), person), ("vaccination".to_owned(), vaccination)])
    };
    assert_eq!(line.rows(), rows(2, 4));

    // One is new, one came again, one was entered in error, one was deleted; no patient changed.
    let next = [good(5, "b"), good(1, "b"), vaccinated(2, "a", "entered-in-error")];
    hospital.put("changes/run/Immunization.ndjson", lines(&next));
    hospital.put("changes/run/.deleted/1.ndjson", lines(&[deletion_of(4)]));
    let all = hospital.path("all");
    let report =
        hospital.extract("changes/run", "batch-2", &["--mode", "increment", "--patients", &all]);
    assert_eq!(report["removed"], 2);
    let counts = &report["resources"]["Immunization"];
    assert_eq!((&counts["written"], &counts["quarantined"]), (&json!(2), &json!(1)));
    line.send("batch-2");
    assert_eq!(line.rows(), rows(2, 3), "1 of somebody else, 3, and 5");

    // Everything anew.
    hospital.extract("all", "batch-3", &["--mode", "replace"]);
    line.send("batch-3");
    assert_eq!(line.rows(), rows(2, 4));

    // No id of a record is in the lake or on its way to it; what is there can be read.
    let mut is_readable = false;
    for place in ["lake", "batch-2/for-hda", "batch-2/for-ttp", "catalogue"] {
        for file in files_below(&hospital.dir().join(place)) {
            let texts = if file.extension().is_some_and(|extension| extension == "parquet") {
                parquet_texts(&file)
            } else {
                vec![String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned()]
            };
            is_readable |= texts.iter().any(|text| text.contains("J07BB02"));
            let found = texts.iter().any(|text| text.contains("of-the-hospital"));
            assert!(!found, "{}", file.display());
        }
    }
    assert!(is_readable);
}

#[test]
fn a_deletion_outside_an_increment_and_a_record_without_an_id_are_set_aside() {
    let hospital = Hospital::new();
    let nameless = vaccination(&json!({"reference": "Patient/a"}), "2025-10-03");
    let records = [patient("a", "93051822361"), nameless, deletion_of(4)];
    hospital.put("all/all.ndjson", lines(&records));
    let reasons = |mode: &str| {
        let report = hospital.extract("all", mode, &["--mode", mode]);
        report["quarantined"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(reasons("append"), ["deletion-not-applied"]);
    assert_eq!(reasons("replace"), ["deletion-not-applied"]);
    assert_eq!(reasons("increment"), ["no-record-id"]);

    // What was corrected is a part: it cannot take the place of the whole.
    let quarantine = hospital.path("increment/quarantine.ndjson");
    let more = ["--mode", "replace", "--from-quarantine", &quarantine];
    let (code, _, told) = run(&hospital.arguments("all", "other", &more));
    assert!(code != 0 && told.contains("use --mode increment"), "{told}");
}
