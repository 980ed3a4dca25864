//! A line that is killed is run again, and ends in the same table.

use std::{fs, path::Path, process::Stdio, thread, time::Duration};

use serde_json::Value;

use crate::support::{DEMO, PERSONS, demo, files_below, hda};

/// Starts a demonstration and kills it after a while; tells whether it was still running.
fn kill_after(dir: &Path, while_running: Duration) -> bool {
    let mut child = hda()
        .args(["demo", "--no-serve", "--persons", PERSONS, "--dir"])
        .arg(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(while_running);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

fn table_of(package: &Path) -> String {
    fs::read_to_string(package.join("table.csv")).unwrap()
}

#[test]
fn killed_at_any_step_and_run_again_it_ends_in_the_same_release() {
    let whole = table_of(&DEMO.package());
    let folder = tempfile::tempdir().unwrap();
    let mut kills = 0;
    // Ever later, so that every step is cut at least once on any machine.
    for step in 1..40 {
        if !kill_after(folder.path(), Duration::from_millis(150 * step)) {
            break;
        }
        kills += 1;
    }
    assert!(kills > 2, "killed {kills} times");
    let output = demo(folder.path(), "warn");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = Path::new(answer["package"].as_str().unwrap()).to_owned();

    assert_eq!(table_of(&package), whole);
    let releases = files_below(package.parent().unwrap());
    let manifests = releases.iter().filter(|file| file.ends_with("manifest.json")).count();
    assert_eq!(manifests, 2, "each release once");

    let rows = |dir: &Path| -> Vec<(String, u64)> {
        let mut rows = Vec::new();
        for file in files_below(&dir.join("hda/lake")) {
            // Reference data has no batches and no record of its own.
            let is_list = file.components().any(|part| part.as_os_str() == "_reference");
            if !is_list && file.file_name().is_some_and(|name| name == "HEAD") {
                let head = fs::read_to_string(&file).unwrap();
                let manifest = file.parent().unwrap().join(head.trim()).join("manifest.json");
                let manifest: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
                let parts = manifest["parts"].as_array().unwrap();
                let sum = parts.iter().map(|part| part["rows"].as_u64().unwrap()).sum();
                rows.push((manifest["dataset"].as_str().unwrap().to_owned(), sum));
            }
        }
        rows
    };
    assert_eq!(rows(folder.path()), rows(DEMO.dir()), "nothing lost, nothing doubled");
    for (dataset, _) in rows(folder.path()) {
        let head = folder.path().join("hda/lake").join(&dataset).join("HEAD");
        let record = folder.path().join("hda/catalogue").join(&dataset).join("record.json");
        let record: Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
        assert_eq!(record["version"], fs::read_to_string(head).unwrap().trim(), "{dataset}");
    }

    // As if it had been killed between the versions and their records.
    fs::remove_dir_all(folder.path().join("hda/catalogue/vaccination")).unwrap();
    assert!(demo(folder.path(), "warn").status.success());
    assert!(folder.path().join("hda/catalogue/vaccination/record.json").exists());
}
