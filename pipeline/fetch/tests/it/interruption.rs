//! Killed at any moment and started again: the same files, and nothing twice.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
};

use pipeline_fetch::FetchError;

use crate::{
    hospital::{Hospital, served},
    support::{Fetch, files_of},
};

fn hospital() -> Hospital {
    let mut hospital = Hospital { cut_at: Some(30_000), manifests: 2, ..Hospital::usual() };
    hospital.files.push(served("Observation", 0..1_500));
    hospital.files[0].kind = "deleted";
    hospital
}

fn undisturbed() -> BTreeMap<String, Vec<u8>> {
    let server = hospital().start();
    let fetch = Fetch::from(&server);
    let report = fetch.run().unwrap();
    files_of(&report)
}

#[test]
fn killed_at_any_moment_it_ends_with_the_same_files() {
    let want = undisturbed();
    for moment in 0.. {
        let server = hospital().start();
        let fetch = Fetch::from(&server);
        let steps = AtomicUsize::new(0);
        let die = |_| assert!(steps.fetch_add(1, Ordering::Relaxed) != moment, "killed here");
        let killed = catch_unwind(AssertUnwindSafe(|| fetch.run_with(&die))).is_err();
        if !killed {
            assert!(moment > 10, "the export had only {moment} moments");
            return;
        }
        let report = fetch.run().unwrap();
        assert!(report.resumed && report.whole, "killed at {moment}");
        assert!(files_of(&report) == want, "killed at {moment}: other files");
        assert_eq!(server.seen("GET", "/r4/$export").len(), 1, "killed at {moment}");
    }
}

#[test]
fn whatever_of_a_run_is_lost_or_spoilt_on_disk_comes_again() {
    type Spoil = fn(&std::path::Path);
    let want = undisturbed();
    let cases: [(&str, Spoil); 4] = [
        ("the journal broke off", |run| {
            let text = fs::read_to_string(run.join(".journal")).unwrap();
            fs::write(run.join(".journal"), &text[..text.len() - 9]).unwrap();
        }),
        ("a file is gone", |run| fs::remove_file(run.join("Immunization.1.ndjson")).unwrap()),
        ("a file was cut", |run| fs::write(run.join("Immunization.1.ndjson"), "{}\n").unwrap()),
        ("a part lost its bytes with the power", |run| {
            fs::write(run.join(".partial/Observation.1.ndjson"), vec![0; 4_096]).unwrap();
        }),
    ];
    for (what, spoil) in cases {
        let gone = || vec![crate::hospital::outcome(500, "exception")];
        let server = hospital().first("/files/3", gone()).start();
        let fetch = Fetch { parallel: 1, ..Fetch::from(&server) };
        assert!(matches!(fetch.run(), Err(FetchError::Refused { .. })), "{what}");
        spoil(&fetch.folder.path().join("20261125T180000Z"));
        let report = fetch.run().unwrap();
        assert!(files_of(&report) == want, "{what}");
    }
}

#[test]
fn two_fetches_do_not_share_a_folder() {
    let server = hospital().start();
    let fetch = Fetch::from(&server);
    let second = |_| {
        assert!(matches!(fetch.run(), Err(FetchError::AlreadyRunning(_))));
    };
    fetch.run_with(&second).unwrap();
}

#[test]
fn a_state_of_somebody_else_is_not_overwritten() {
    let server = hospital().start();
    for text in ["{\"format\":\"hda-export/9\"}", "{", "[]"] {
        let fetch = Fetch::from(&server);
        let state = fetch.folder.path().join("export.json");
        fs::write(&state, text).unwrap();
        assert!(matches!(fetch.run(), Err(FetchError::ForeignState(_))), "{text}");
        assert_eq!(fs::read_to_string(&state).unwrap(), text);
    }
}
