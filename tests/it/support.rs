//! Runs the command and keeps one finished demonstration for every test that only looks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How many persons the shared demonstration has: enough for shown and for hidden cells.
pub(crate) const PERSONS: &str = "2000";

/// A demonstration that ran to its end.
pub(crate) struct Demo {
    folder: TempDir,
    /// What it answered.
    pub(crate) answer: Value,
    /// What it wrote on standard error, at the most talkative level.
    pub(crate) log: String,
}

/// The one that is shared; tests read it and change nothing.
pub(crate) static DEMO: LazyLock<Demo> = LazyLock::new(Demo::run);

impl Demo {
    fn run() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = demo(folder.path(), "debug");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{log}");
        let answer = serde_json::from_slice(&output.stdout).unwrap();
        Self { folder, answer, log }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the release that was published.
    pub(crate) fn package(&self) -> PathBuf {
        PathBuf::from(self.answer["package"].as_str().unwrap())
    }
}

/// Runs a demonstration in a folder, to its end.
pub(crate) fn demo(dir: &Path, log: &str) -> Output {
    let mut command = hda();
    command.env("HDA_LOG", log);
    command.args(["demo", "--json", "--no-serve", "--persons", PERSONS, "--dir"]).arg(dir);
    command.output().unwrap()
}

/// The command under test.
pub(crate) fn hda() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hda"));
    command.env_remove("HDA_LOG");
    command
}

/// Runs the command and gives exit code, standard output and standard error.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> (i32, String, String) {
    let output = hda().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Runs the command with `--json` and gives what it answered.
pub(crate) fn answer<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Value {
    let output = hda().arg("--json").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every file below a folder, in order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A holder with its keys and K1 of a domain, in a folder.
pub(crate) fn holder(folder: &Path) -> PathBuf {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    answer(&["keys", "init", "--party", "hospital", "--dir", &path("keys")]);
    answer(&[
        "keys",
        "init",
        "--party",
        "custodian",
        "--role",
        "custodian",
        "--dir",
        &path("custodian"),
    ]);
    answer(&["keys", "register", "--dir", &path("custodian"), &path("keys/card.json")]);
    let sealed = path("sealed");
    answer(&[
        "keys",
        "domain",
        "create",
        "--dir",
        &path("custodian"),
        "--domain",
        DOMAIN,
        "--holder",
        "hospital",
        "--out",
        &sealed,
    ]);
    answer(&[
        "keys",
        "domain",
        "receive",
        "--dir",
        &path("keys"),
        &format!("{sealed}/hospital.k1.json"),
    ]);
    folder.join("keys")
}

/// The domain of [`holder`].
pub(crate) const DOMAIN: &str = "00112233-4455-6677-8899-aabbccddeeff";

/// The system of national numbers.
pub(crate) const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";

pub(crate) fn by(system: &str, value: &str) -> Value {
    json!({"identifier": {"system": system, "value": value}})
}

pub(crate) fn patient(id: &str, inss: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1993-05-18",
           "identifier": [{"system": SSIN, "value": inss}]})
}

pub(crate) fn vaccination(subject: &Value, day: &str) -> Value {
    json!({"resourceType": "Immunization", "status": "completed", "patient": subject,
           "occurrenceDateTime": day,
           "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02"}]}})
}

/// Lines of NDJSON.
pub(crate) fn lines(records: &[Value]) -> String {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    lines.join("\n")
}

/// A holder whose sources lie beside its keys.
pub(crate) struct Hospital(TempDir);

impl Hospital {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        holder(folder.path());
        Self(folder)
    }

    /// The same in a folder of its own.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in files_below(self.dir()) {
            let to = folder.path().join(file.strip_prefix(self.dir()).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(file, to).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The command line of an extraction.
    pub(crate) fn arguments(&self, source: &str, batch: &str, more: &[&str]) -> Vec<String> {
        let named = [
            ("--domain", DOMAIN.to_owned()),
            ("--holder", "hospital".to_owned()),
            ("--source", self.path(source)),
            ("--keys", self.path("keys")),
            ("--out", self.path(batch)),
            ("--despite-quality", "a few records made for a test".to_owned()),
        ];
        let named = named.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        let more = more.iter().map(|&word| word.to_owned());
        ["extract".to_owned()].into_iter().chain(named).chain(more).collect()
    }

    /// Extracts; gives the report.
    pub(crate) fn extract(&self, source: &str, batch: &str, more: &[&str]) -> Value {
        answer(&self.arguments(source, batch, more))
    }

    /// The quarantine of a batch as file, line and reason.
    pub(crate) fn quarantine(&self, batch: &str) -> Vec<(String, u64, String)> {
        let text = fs::read_to_string(self.path(&format!("{batch}/quarantine.ndjson"))).unwrap();
        let place = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("file"), line["line"].as_u64().unwrap(), text("reason"))
        };
        text.lines().map(place).collect()
    }
}
