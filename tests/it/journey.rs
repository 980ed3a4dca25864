//! From sources to a released table, and what each party is left with.

use std::{collections::BTreeSet, fs};

use pipeline_domain::DatasetId;
use pipeline_exchange::lake::VersionManifest;
use serde_json::Value;

use crate::support::{DEMO, answer, files_below, run};

#[test]
fn the_release_is_accepted_with_the_key_of_the_authority_and_with_no_other() {
    let package = DEMO.package().to_string_lossy().into_owned();
    let key = DEMO.answer["key"].as_str().unwrap();
    let verdict = answer(&["verify", &package, "--key", key]);
    assert_eq!((&verdict["valid"], &verdict["trusted"]), (&Value::Bool(true), &Value::Bool(true)));
    assert!(
        verdict["shown"].as_u64() > Some(0) && verdict["hidden"].as_u64() > Some(0),
        "{verdict}"
    );

    let (code, _, error) = run(&["verify", &package, "--key", &"0".repeat(64)]);
    assert_eq!(code, 1, "{error}");
}

#[test]
fn a_table_by_arrondissement_and_atc_group_is_released_too_with_the_shipped_lists() {
    let releases = DEMO.answer["releases"].as_array().unwrap();
    assert_eq!(releases.len(), 2);
    let key = DEMO.answer["key"].as_str().unwrap();
    let package = DEMO.dir().join("hda/releases").join(releases[1].as_str().unwrap());
    let verdict = answer(&["verify", &package.to_string_lossy(), "--key", key]);
    assert_eq!((&verdict["valid"], &verdict["trusted"]), (&Value::Bool(true), &Value::Bool(true)));
    assert!(verdict["shown"].as_u64() > Some(0), "{verdict}");
    let table = fs::read_to_string(package.join("table.csv")).unwrap();
    let header = "person_nis_arrondissement,cnk_atc_level_1,persons,";
    assert!(table.starts_with(header), "{}", table.lines().next().unwrap());
    // The arrondissement of Antwerp; cardiovascular medicines.
    assert!(table.lines().any(|line| line.starts_with("11000,C,")), "{table}");

    let lake = DEMO.dir().join("hda/lake").to_string_lossy().into_owned();
    let listed = answer(&["reference", "list", "--lake", &lake]);
    let lists: BTreeSet<&str> = listed["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["dataset"].as_str().unwrap())
        .collect();
    assert_eq!(lists, BTreeSet::from(["atc", "medicine", "municipality"]));
}

#[test]
fn a_changed_release_is_refused() {
    let copy = tempfile::tempdir().unwrap();
    for file in files_below(&DEMO.package()) {
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    let table = copy.path().join("table.csv");
    let text = fs::read_to_string(&table).unwrap().replacen("hidden", "9", 1);
    fs::write(&table, text).unwrap();
    let (code, _, error) = run(&["verify", &copy.path().to_string_lossy()]);
    assert_eq!(code, 1);
    assert!(error.contains("table.csv"), "{error}");
}

#[test]
fn every_dataset_has_a_version_whose_files_are_there_and_a_record() {
    let lake = DEMO.dir().join("hda/lake");
    let mut datasets = 0;
    for entry in fs::read_dir(&lake).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if name.parse::<DatasetId>().is_err() {
            continue;
        }
        datasets += 1;
        let head = fs::read_to_string(folder.join("HEAD")).unwrap();
        let version = folder.join(head.trim());
        let manifest: VersionManifest =
            serde_json::from_slice(&fs::read(version.join("manifest.json")).unwrap()).unwrap();
        for part in &manifest.parts {
            let bytes = fs::read(version.join(&part.name)).unwrap();
            assert_eq!(pipeline_domain::Sha256Digest::of(&bytes), part.sha256, "{name}");
        }
        let record = DEMO.dir().join("hda/catalogue").join(&name);
        for file in ["record.json", "record.ttl", "record.jsonld"] {
            assert!(record.join(file).exists(), "{name} has no {file}");
        }
    }
    assert_eq!(datasets, 15);
}

#[test]
fn the_halves_of_a_batch_are_gone_once_they_have_met() {
    let left = |folder: &str| -> Vec<_> {
        let files = files_below(&DEMO.dir().join(folder)).into_iter();
        files
            .filter(|file| file.extension().is_some_and(|extension| extension == "parquet"))
            .collect()
    };
    assert_eq!(left("ttp/inbox"), Vec::<std::path::PathBuf>::new());
    assert_eq!(left("hda/inbox"), Vec::<std::path::PathBuf>::new());
}

/// The national numbers of the Patient records in a folder of the sources, one a record.
fn numbers_in(folder: &str) -> Vec<String> {
    let path = DEMO.dir().join("sources").join(folder).join("Patient.ndjson");
    let text = fs::read_to_string(path).unwrap();
    let records = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let patients = records.filter(|record| record["resourceType"] == "Patient");
    let number = |patient: Value| {
        let identifiers = patient["identifier"].as_array()?.clone();
        let ssin = |identifier: &&Value| {
            identifier["system"].as_str().is_some_and(|system| system.ends_with("/ssin"))
        };
        Some(identifiers.iter().find(ssin)?["value"].as_str()?.to_owned())
    };
    patients.filter_map(number).collect()
}

#[test]
fn of_the_people_who_opted_out_and_of_nobody_else_every_row_is_dropped() {
    let opted_out: BTreeSet<String> = numbers_in("registry").into_iter().collect();
    assert!(opted_out.len() > 10);
    let holders = ["hospital", "vault", "prescriptions"];
    let theirs = holders
        .iter()
        .flat_map(|holder| numbers_in(holder))
        .filter(|number| opted_out.contains(number));
    let theirs = theirs.count() as u64;
    assert!(theirs > 10);

    let sent: u64 = holders
        .iter()
        .map(|holder| {
            let path = DEMO.dir().join("holders").join(holder).join("batch-1/report.json");
            let report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            report["rows"]["person"].as_u64().unwrap()
        })
        .sum();
    let catalogue = DEMO.dir().join("hda/catalogue").to_string_lossy().into_owned();
    let record = answer(&["catalog", "export", "--catalog", &catalogue, "--dataset", "person"]);
    assert_eq!(sent - record["records"]["exact"].as_u64().unwrap(), theirs);
}

#[test]
fn the_ledger_of_the_ttp_is_whole_and_names_every_batch() {
    let ttp = DEMO.dir().join("ttp").to_string_lossy().into_owned();
    let entries = answer(&["ttp", "audit", "--dir", &ttp]);
    let events: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    // The registry of opt-outs and three holders; of each batch the id rows are deleted after it.
    let answered = ["batch-answered", "id-rows-deleted"].repeat(4);
    assert_eq!(events, [&["domain-opened"], &answered[..]].concat());
    assert_eq!(answer(&["verify", &ttp])["valid"], true);
}
