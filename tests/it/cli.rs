//! The contract of the command: help, exit codes, one clear error.

use std::fs;

use crate::support::{DEMO, run};

const COMMANDS: [&[&str]; 20] = [
    &["demo"],
    &["sample"],
    &["keys", "init"],
    &["keys", "register"],
    &["keys", "domain", "create"],
    &["keys", "domain", "receive"],
    &["extract"],
    &["submit"],
    &["ttp", "init"],
    &["ttp", "domain"],
    &["ttp", "run"],
    &["ttp", "audit"],
    &["ingest"],
    &["approve"],
    &["aggregate"],
    &["release", "propose"],
    &["catalog", "export"],
    &["serve"],
    &["work"],
    &["verify"],
];

#[test]
fn every_command_has_help_with_an_example() {
    for command in COMMANDS {
        let (code, help, _) = run(&[command, &["--help"]].concat());
        assert_eq!(code, 0, "{command:?}");
        assert!(help.contains("Example:\n  hda "), "{command:?}");
    }
}

#[test]
fn wrong_usage_ends_with_code_2() {
    for arguments in
        [&["extract"][..], &["nonsense"], &["demo", "--persons", "0"], &["sample", "--bad", "120%"]]
    {
        let (code, _, error) = run(arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
    }
}

#[test]
fn what_is_missing_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").to_string_lossy().into_owned();
    let cases: [(&[&str], &str); 5] = [
        (&["verify", &nowhere], "is no folder"),
        (&["ttp", "run", "--dir", &nowhere], "make one with `hda ttp init`"),
        (&["submit", &nowhere, "--ttp", "memory:", "--hda", "memory:"], "does not exist"),
        (&["serve", "--config", &nowhere], "reading"),
        (&["catalog", "build", "--catalog", &nowhere], "does not exist"),
    ];
    for (arguments, want) in cases {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        assert!(error.starts_with("hda: ") && error.contains(want), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
    assert!(!folder.path().join("nowhere").exists(), "nothing is left behind");
}

#[test]
fn a_plan_that_no_approval_covers_is_refused_by_policy() {
    let work = DEMO.dir().join("hda/work/influenza-vaccination");
    let plan = DEMO.dir().join("hda/work/influenza-vaccination/approval.json");
    let approved: serde_json::Value = serde_json::from_slice(&fs::read(&plan).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut wider = approved["plan"].clone();
    wider["cohort"].as_array_mut().unwrap().pop();
    let mut margins = approved["plan"].clone();
    margins["margins"] = serde_json::json!(["person.nis"]);
    for (name, plan, want) in [("wider", wider, "approv"), ("margins", margins, "margin")] {
        fs::write(path(name), plan.to_string()).unwrap();
        let (code, _, error) = run(&[
            "aggregate",
            "--lake",
            &DEMO.dir().join("hda/lake").to_string_lossy(),
            "--approval",
            &work.join("approval.json").to_string_lossy(),
            "--plan",
            &path(name),
            "--keys",
            &DEMO.dir().join("hda/keys").to_string_lossy(),
            "--out",
            &path("out"),
        ]);
        assert_eq!(code, 3, "{error}");
        assert!(error.contains(want), "{error}");
        assert!(!folder.path().join("out").exists(), "nothing is written");
    }
}
