//! The life of keys, what opens them, and the ledger of what was done with them.

use std::{fs, process::Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{DOMAIN, answer, hda, holder, run};

/// A custodian and a hospital that has K1 of the domain.
struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        holder(folder.path());
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    /// An act on K1 of the hospital.
    fn change(&self, act: &str, more: &[&str]) -> (i32, String, String) {
        let keys = self.path("keys");
        let act = ["keys", act, "--dir", &keys, "--domain", DOMAIN, "--version", "1"];
        run(&[&act[..], more].concat())
    }

    fn state(&self) -> String {
        let listed = answer(&["keys", "list", "--dir", &self.path("keys")]);
        let [key] = listed["keys"].as_array().unwrap().as_slice() else { panic!("{listed}") };
        key["state"].as_str().unwrap().to_owned()
    }

    fn events(&self, folder: &str) -> Vec<String> {
        let entries = answer(&["keys", "audit", "--dir", &self.path(folder)]);
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_key_lives_its_states_each_asked_for_and_written_down() {
    let keys = Keys::new();
    for (act, want) in
        [("retire", "retired"), ("compromise", "compromised"), ("destroy", "destroyed")]
    {
        let before = keys.state();
        let (code, _, told) = keys.change(act, &[]);
        assert_eq!((code, keys.state()), (1, before), "{act}: nobody said yes");
        assert!(told.contains("--yes"), "{told}");
        assert_eq!(keys.change(act, &["--yes"]).0, 0, "{act}");
        assert_eq!(keys.state(), want);
    }
    let (code, _, told) = keys.change("activate", &["--yes"]);
    assert_eq!(code, 1);
    assert!(told.contains("has no key") || told.contains("cannot become"), "{told}");
    let want = ["keys-made", "domain-key-received"].into_iter();
    let want: Vec<_> = want.chain(["state-changed"; 3]).collect();
    assert_eq!(keys.events("keys"), want);
    assert_eq!(
        keys.events("custodian"),
        ["keys-made", "party-registered", "domain-key-made", "domain-key-sealed"]
    );
    for folder in ["keys", "custodian"] {
        assert_eq!(answer(&["verify", &keys.path(folder)])["valid"], true);
    }
    // A changed line is found.
    let path = keys.path("keys/ledger.ndjson");
    let changed = fs::read_to_string(&path).unwrap().replace("\"compromised\"", "\"retired\"");
    fs::write(&path, changed).unwrap();
    assert_eq!(run(&["verify", &keys.path("keys")]).0, 1);
    assert_eq!(run(&["keys", "list", "--dir", &keys.path("keys")]).0, 1, "nothing goes on with it");
}

#[test]
fn an_older_copy_of_a_key_file_brings_no_state_back() {
    let keys = Keys::new();
    let file = keys.path(&format!("keys/k1-{DOMAIN}-v1.wrapped"));
    let tombstone = keys.path(&format!("keys/k1-{DOMAIN}-v1.destroyed"));
    let copy = fs::read(&file).unwrap();
    assert_eq!(keys.change("compromise", &["--yes"]).0, 0);
    fs::write(&file, &copy).unwrap();
    assert_eq!(keys.state(), "compromised");

    assert_eq!(keys.change("destroy", &["--yes"]).0, 0);
    fs::write(&file, &copy).unwrap();
    fs::remove_file(&tombstone).unwrap();
    assert_eq!(keys.state(), "destroyed");
    assert!(!fs::exists(&file).unwrap() && fs::exists(&tombstone).unwrap());
}

#[test]
fn a_prepared_key_is_sealed_to_nobody_before_it_is_activated() {
    let keys = Keys::new();
    let (custodian, out) = (keys.path("custodian"), keys.path("sealed-2"));
    let create = ["keys", "domain", "create", "--dir", &custodian, "--domain", DOMAIN];
    let create = [&create[..], &["--version", "2", "--holder", "hospital", "--out", &out]].concat();
    answer(&[&create[..], &["--prepare"]].concat());
    let (code, _, told) = run(&create);
    assert_eq!(code, 1);
    assert!(told.contains("pre-active"), "{told}");
    let activate = ["keys", "activate", "--dir", &custodian, "--domain", DOMAIN, "--version", "2"];
    answer(&[&activate[..], &["--yes"]].concat());
    answer(&create);
}

#[test]
fn a_passphrase_opens_keys_and_without_it_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("right"), "a passphrase nobody guesses\n").unwrap();
    fs::write(path("wrong"), "another one, just as long\n").unwrap();
    fs::write(path("short"), "short\n").unwrap();
    let keys = path("keys");
    let with = |file: Option<&str>, arguments: &[&str]| -> Output {
        let mut command = hda();
        command.env_remove("HDA_PASSPHRASE_FILE").arg("--json").args(arguments);
        if let Some(file) = file {
            command.env("HDA_PASSPHRASE_FILE", path(file));
        }
        command.output().unwrap()
    };
    let told = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let init = ["keys", "init", "--party", "ttp", "--role", "ttp", "--dir", &keys];
    let init = [&init[..], &["--vault", "passphrase"]].concat();
    assert!(told(&with(Some("short"), &init)).contains("at least"));
    assert!(told(&with(None, &init)).contains("HDA_PASSPHRASE_FILE"));
    let made = with(Some("right"), &init);
    assert!(made.status.success(), "{}", told(&made));
    let card: Value = serde_json::from_slice(&made.stdout).unwrap();

    let list = ["keys", "list", "--dir", &keys];
    assert!(told(&with(None, &list)).contains("HDA_PASSPHRASE_FILE"));
    assert!(told(&with(Some("wrong"), &list)).contains("does not open"));
    assert!(with(Some("right"), &list).status.success());
    let rewrap = ["keys", "rewrap", "--dir", &keys, "--to", "file"];
    assert!(!with(Some("wrong"), &rewrap).status.success());
    assert!(with(Some("right"), &rewrap).status.success());
    assert!(with(None, &list).status.success(), "now a key in a file opens them");
    assert!(with(None, &["keys", "audit", "--dir", &keys]).status.success());
    let ledger = fs::read_to_string(path("keys/ledger.ndjson")).unwrap();
    assert!(ledger.contains("rewrapped") && !ledger.contains("passphrase nobody"));
    let kept: Value = serde_json::from_slice(&fs::read(path("keys/card.json")).unwrap()).unwrap();
    assert_eq!(kept, card, "the party stays who it is");
}
