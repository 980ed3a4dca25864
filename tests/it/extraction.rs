//! Bad input is set aside with its reason and stops nothing.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

use serde_json::{Value, json};

use crate::support::{self, DOMAIN, SSIN, answer, by, holder, run, vaccination};

/// The one person of these sources.
fn patient(inss: &str) -> Value {
    support::patient("p", inss)
}

fn by_inss(inss: &str) -> Value {
    by(SSIN, inss)
}

/// Extracts a folder; gives the report and the quarantine as (file, line, reason).
fn extract(source: &Path, folder: &Path) -> (Value, Vec<(String, u64, String)>) {
    let keys = holder(folder);
    let out = folder.join("batch");
    let report = answer(&[
        "extract",
        "--domain",
        DOMAIN,
        "--holder",
        "hospital",
        "--source",
        &source.to_string_lossy(),
        "--keys",
        &keys.to_string_lossy(),
        "--out",
        &out.to_string_lossy(),
    ]);
    let quarantine = fs::read_to_string(out.join("quarantine.ndjson")).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (text("file"), line["line"].as_u64().unwrap(), text("reason"))
    };
    (report, quarantine.lines().map(line).collect())
}

#[test]
fn every_kind_of_bad_input_is_set_aside_and_the_rest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir_all(&source).unwrap();
    let good = vaccination(&json!({"reference": "Patient/p"}), "2025-10-03").to_string();
    let lines = [
        good.clone(),
        good[..40].to_owned(),
        json!({"resourceType": "Imunization"}).to_string(),
        vaccination(&json!({"display": "somebody"}), "2025-10-03").to_string(),
        vaccination(&by_inss("93051822360"), "2025-10-03").to_string(),
        vaccination(&by_inss("93051822361"), "2999-01-01").to_string(),
        vaccination(&by_inss("urn:be:fgov:ehealth:pseudo:v2:BAE:eyJ"), "2025-10-03").to_string(),
        json!({"resourceType": "Encounter", "status": "finished"}).to_string(),
        json!([1, 2]).to_string(),
        vaccination(&by_inss("93.05.18-223.61"), "2025-10-04").to_string(),
    ];
    fs::write(source.join("Immunization.ndjson"), lines.join("\n")).unwrap();
    fs::write(source.join("Patient.ndjson"), patient("93051822361").to_string()).unwrap();
    fs::write(source.join("notes.txt"), "no data").unwrap();
    let day = |n: usize| format!("20{:02}-{:02}-{:02}", n / 336 + 10, n / 28 % 12 + 1, n % 28 + 1);
    let many = (0..2_000).map(|n| vaccination(&json!({"reference": "Patient/p"}), &day(n)));
    let many: Vec<String> = many.map(|record| record.to_string()).collect();
    let mut packed = flate2_gz(&many.join("\n"));
    packed.truncate(packed.len() / 2);
    fs::write(source.join("cut.ndjson.gz"), packed).unwrap();

    let (report, quarantine) = extract(&source, folder.path());
    let of = |file: &str| -> BTreeMap<u64, &str> {
        quarantine
            .iter()
            .filter(|(name, ..)| name == file)
            .map(|(_, line, reason)| (*line, reason.as_str()))
            .collect()
    };
    let want = BTreeMap::from([
        (2, "not-json"),
        (3, "unknown-resource"),
        (4, "subject-unresolved"),
        (5, "inss-check-digits"),
        (6, "date-in-future"),
        (7, "ehealth-pseudonym"),
        (8, "no-view"),
        (9, "not-a-resource"),
    ]);
    assert_eq!(of("Immunization.ndjson"), want);
    assert_eq!(of("notes.txt"), BTreeMap::from([(1, "unsupported-format")]));
    assert_eq!(of("cut.ndjson.gz").into_values().collect::<Vec<_>>(), ["truncated"]);

    let counts = &report["resources"]["Immunization"];
    let number = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(number("read"), number("written") + number("quarantined"));
    assert_eq!(number("quarantined"), 4);
    // The two whole lines, and what stands before the cut.
    assert!(number("written") > 2);
    assert_eq!(report["persons"], 1, "in any writing and by reference it is one person");
}

#[test]
fn bundles_are_read_with_their_own_patients() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir_all(&source).unwrap();
    let bundle = |inss: &str| {
        json!({"resourceType": "Bundle", "type": "collection", "entry": [
            {"fullUrl": "urn:uuid:1", "resource": patient(inss)},
            {"resource": vaccination(&json!({"reference": "urn:uuid:1"}), "2025-10-03")},
            vaccination(&json!({"reference": "Patient/p"}), "2025-10-04"),
        ]})
    };
    fs::write(source.join("one.json"), format!("\u{feff}{:#}", bundle("93051822361"))).unwrap();
    fs::write(source.join("two.json"), bundle("00010100105").to_string()).unwrap();
    let (report, quarantine) = extract(&source, folder.path());
    assert_eq!(quarantine, []);
    assert_eq!(report["resources"]["Immunization"]["written"], 4);
    assert_eq!(report["persons"], 2);
}

#[test]
fn a_finished_batch_is_not_overwritten_and_a_wrong_key_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("Patient.ndjson"), patient("93051822361").to_string()).unwrap();
    extract(&source, folder.path());
    let out = folder.path().join("batch");
    let before = fs::read(out.join("report.json")).unwrap();
    let again = |domain: &str, out: &Path| {
        run(&[
            "extract",
            "--domain",
            domain,
            "--holder",
            "hospital",
            "--source",
            &source.to_string_lossy(),
            "--keys",
            &folder.path().join("keys").to_string_lossy(),
            "--out",
            &out.to_string_lossy(),
        ])
    };
    let (code, _, error) = again(DOMAIN, &out);
    assert_eq!(code, 1);
    assert!(error.contains("finished batch"), "{error}");
    assert_eq!(fs::read(out.join("report.json")).unwrap(), before);

    let other = folder.path().join("other");
    let (code, _, error) = again("ffffffff-4455-6677-8899-aabbccddeeff", &other);
    assert_eq!(code, 1);
    assert!(error.contains("receive the domain's key first"), "{error}");
    assert!(!other.exists());
}

fn flate2_gz(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
