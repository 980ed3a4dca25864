//! A holder sends everything once, and from then on what changed.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use crate::support::{DOMAIN, answer, files_below, holder, run};

const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";

/// A holder, a TTP and an HDA in a folder.
struct Line<'a>(&'a Path);

impl Line<'_> {
    fn start(&self) {
        holder(self.0);
        let (ttp, hda) = (self.path("ttp"), self.path("hda-keys"));
        answer(&[
            "ttp",
            "init",
            "--dir",
            &ttp,
            "--inbox",
            &self.path("ttp-inbox"),
            "--hda",
            &self.path("inbox"),
        ]);
        answer(&["keys", "init", "--party", "hda", "--role", "hda", "--dir", &hda]);
        let (ttp_card, hda_card) = (format!("{ttp}/keys/card.json"), format!("{hda}/card.json"));
        let cards = [self.path("keys/card.json"), ttp_card, hda_card];
        for register in [format!("{ttp}/keys"), hda] {
            let mut arguments = vec!["keys", "register", "--dir", &register];
            arguments.extend(cards.iter().map(String::as_str));
            answer(&arguments);
        }
        answer(&["ttp", "domain", "--dir", &ttp, "--domain", DOMAIN, "--holder", "hospital"]);
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn extract(&self, source: &str, batch: &str, more: &[&str]) -> Value {
        let (source, out, keys) = (self.path(source), self.path(batch), self.path("keys"));
        let mut arguments = vec![
            "extract",
            "--domain",
            DOMAIN,
            "--holder",
            "hospital",
            "--source",
            &source,
            "--keys",
            &keys,
            "--out",
            &out,
            "--despite-quality",
            "a few records made for a test",
        ];
        arguments.extend(more);
        answer(&arguments)
    }

    /// Sends a batch all the way.
    fn send(&self, batch: &str) -> Value {
        let (batch, ttp) = (self.path(batch), self.path("ttp"));
        let (inbox, ttp_inbox) = (self.path("inbox"), self.path("ttp-inbox"));
        answer(&["submit", &batch, "--ttp", &ttp_inbox, "--hda", &inbox]);
        answer(&["ttp", "run", "--dir", &ttp]);
        let (lake, keys) = (self.path("lake"), self.path("hda-keys"));
        answer(&["ingest", "--inbox", &inbox, "--lake", &lake, "--keys", &keys])
    }

    /// Rows in the newest version of each dataset.
    fn rows(&self) -> BTreeMap<String, u64> {
        let mut rows = BTreeMap::new();
        for head in files_below(&self.0.join("lake")) {
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

fn patient(id: &str, inss: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1993-05-18",
           "identifier": [{"system": SSIN, "value": inss}]})
}

fn vaccination(id: &str, patient: &str, status: &str) -> Value {
    json!({"resourceType": "Immunization", "id": id, "status": status,
           "patient": {"reference": format!("Patient/{patient}")}, "occurrenceDateTime": "2025-10-03",
           "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02"}]}})
}

fn write(folder: &Path, file: &str, lines: &[Value]) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs::write(path, lines.join("\n")).unwrap();
}

#[test]
fn what_changed_supersedes_what_was_deleted_goes_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let line = Line(folder.path());
    line.start();
    let good = |id: &str, patient: &str| vaccination(id, patient, "completed");
    write(
        folder.path(),
        "all/Patient.ndjson",
        &[patient("a", "93051822361"), patient("b", "00010100105")],
    );
    let first = [good("1", "a"), good("2", "a"), good("3", "b"), good("4", "b")];
    write(folder.path(), "all/Immunization.ndjson", &first);
    line.extract("all", "batch-1", &["--mode", "replace"]);
    assert_eq!(line.send("batch-1")["batches"][0]["mode"], "replace");
    let rows = |person, vaccination| {
        BTreeMap::from([("person".to_owned(), person), ("vaccination".to_owned(), vaccination)])
    };
    assert_eq!(line.rows(), rows(2, 4));

    // One is new, one came again, one was entered in error, one was deleted; no patient changed.
    let next = [good("5", "b"), good("1", "b"), vaccination("2", "a", "entered-in-error")];
    write(folder.path(), "changes/run/Immunization.ndjson", &next);
    let deletion = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "DELETE", "url": "Immunization/4"}}]});
    write(folder.path(), "changes/run/.deleted/1.ndjson", &[deletion]);
    let all = line.path("all");
    let report =
        line.extract("changes/run", "batch-2", &["--mode", "increment", "--patients", &all]);
    assert_eq!(report["removed"], 2);
    let counts = &report["resources"]["Immunization"];
    assert_eq!((&counts["written"], &counts["quarantined"]), (&json!(2), &json!(1)));
    line.send("batch-2");
    assert_eq!(line.rows(), rows(2, 3), "1 of somebody else, 3, and 5");

    // Everything anew.
    line.extract("all", "batch-3", &["--mode", "replace"]);
    line.send("batch-3");
    assert_eq!(line.rows(), rows(2, 4));
    // No id of a record is in the lake or on its way to it.
    for place in ["lake", "batch-2/for-hda", "batch-2/for-ttp"] {
        for file in files_below(&folder.path().join(place)) {
            let bytes = fs::read(&file).unwrap();
            let found = bytes.windows(13).any(|bytes| bytes == b"Immunization/");
            assert!(!found, "{}", file.display());
        }
    }
}

#[test]
fn a_deletion_outside_an_increment_and_a_record_without_an_id_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let line = Line(folder.path());
    holder(folder.path());
    let mut nameless = vaccination("1", "a", "completed");
    nameless.as_object_mut().unwrap().remove("id");
    let deletion = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "DELETE", "url": "Immunization/4"}}]});
    write(folder.path(), "all/all.ndjson", &[patient("a", "93051822361"), nameless, deletion]);
    let reasons = |mode: &str| {
        let report = line.extract("all", mode, &["--mode", mode]);
        report["quarantined"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(reasons("append"), ["deletion-not-applied"]);
    assert_eq!(reasons("replace"), ["deletion-not-applied"]);
    assert_eq!(reasons("increment"), ["no-record-id"]);

    // What was corrected is a part: it cannot take the place of the whole.
    let (all, out, keys) = (line.path("all"), line.path("other"), line.path("keys"));
    let quarantine = line.path("increment/quarantine.ndjson");
    let arguments = [
        "extract",
        "--domain",
        DOMAIN,
        "--holder",
        "hospital",
        "--source",
        &all,
        "--keys",
        &keys,
        "--out",
        &out,
        "--mode",
        "replace",
        "--from-quarantine",
        &quarantine,
    ];
    let (code, _, told) = run(&arguments);
    assert!(code != 0 && told.contains("use --mode increment"), "{told}");
}
