//! Three credentials in one object store: each party has the rights that the guide lists, and no other.

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    auth::SimpleAuth,
    path::S3Path,
    s3_error,
};
use serde_json::json;

use crate::{
    country::Country,
    object_store::ObjectStore,
    support::{DOMAIN, SSIN, answer, by, files_below, lines, patient, vaccination},
};

const GUIDE: &str = include_str!("../../docs/guides/ttp.md");
const BUCKETS: [&str; 5] = ["source", "batches", "ttp-inbox", "hda-inbox", "lake"];
/// Parties with credentials, and one that nobody gave any rights.
const PARTIES: [&str; 4] = ["holder", "TTP", "HDA", "nobody"];
const ACTS: [&str; 4] = ["list", "read", "write", "delete"];
const PERSON: &str = "93051822361";

/// Who may do what where, and with which files.
#[derive(Debug, Clone, PartialEq)]
struct Right {
    party: String,
    bucket: String,
    act: &'static str,
    files: String,
}

/// The rights in the table of the guide.
fn rights() -> Vec<Right> {
    let rows = GUIDE.lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix('|')?.split('|');
        let cells: Vec<&str> = cells.map(|cell| cell.trim().trim_matches('`')).collect();
        (cells.len() == 6 && PARTIES.contains(&cells[0])).then_some(cells)
    });
    let rights = rows.flat_map(|cells| {
        let given = ACTS.into_iter().zip(cells[2..].to_vec());
        given.filter(|(_, files)| !files.is_empty()).map(move |(act, files)| Right {
            party: cells[0].to_owned(),
            bucket: cells[1].to_owned(),
            act,
            files: files.to_owned(),
        })
    });
    rights.collect()
}

impl Right {
    fn covers(&self, path: &S3Path) -> bool {
        match path {
            S3Path::Root => false,
            S3Path::Bucket { bucket } => **bucket == self.bucket,
            S3Path::Object { bucket, key } => {
                // `all`, or the half of a batch.
                let half = self.files.split('/').nth(1);
                **bucket == self.bucket && (half.is_none() || half == key.split('/').nth(1))
            }
        }
    }
}

/// What the store lets happen.
struct Guard(Vec<Right>);

#[async_trait::async_trait]
impl S3Access for Guard {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let act = match request.s3_op().name() {
            "ListObjects" | "ListObjectsV2" => "list",
            "GetObject" | "HeadObject" => "read",
            "PutObject"
            | "CreateMultipartUpload"
            | "UploadPart"
            | "CompleteMultipartUpload"
            | "AbortMultipartUpload" => "write",
            "DeleteObject" | "DeleteObjects" => "delete",
            _ => "something else",
        };
        let party = request.credentials().map_or("", |credentials| &*credentials.access_key);
        let mut given = self.0.iter().filter(|right| right.party == party && right.act == act);
        if given.any(|right| right.covers(request.s3_path())) {
            return Ok(());
        }
        Err(s3_error!(AccessDenied, "Access Denied"))
    }
}

/// A country whose places are buckets, each party with a credential of its own.
struct Guarded {
    country: Country,
    store: ObjectStore,
}

impl Guarded {
    fn new(country: &Country, rights: Vec<Right>) -> Self {
        let store = ObjectStore::start_with(&BUCKETS, |service| {
            let mut auth = SimpleAuth::new();
            for party in PARTIES {
                auth.register(party.to_owned(), secret(party).into());
            }
            service.set_auth(auth);
            service.set_access(Guard(rights));
        });
        let country = country.copy();
        let records = [("2025-10-03", PERSON), ("2025-10-04", PERSON)];
        let records = records.map(|(day, person)| vaccination(&by(SSIN, person), day));
        fs::write(store.bucket("source").join("Patient.ndjson"), lines(&[patient("a", PERSON)]))
            .unwrap();
        fs::write(store.bucket("source").join("Immunization.ndjson"), lines(&records)).unwrap();
        let guarded = Self { country, store };
        guarded.place_ttp("hda-inbox");
        guarded
    }

    fn path(&self, name: &str) -> String {
        self.country.0.path(name)
    }

    /// Where the TTP leaves its answers.
    fn place_ttp(&self, answers: &str) {
        let (inbox, hda) = (self.store.location("ttp-inbox"), self.store.location(answers));
        answer(&["ttp", "init", "--dir", &self.path("ttp"), "--inbox", &inbox, "--hda", &hda]);
    }

    fn extract(&self, source: &str, out: &str) -> Vec<String> {
        let keys = self.path("keys");
        let named = ["extract", "--domain", DOMAIN, "--holder", "hospital", "--keys", &keys];
        let places = ["--source", source, "--out", out];
        let despite = ["--despite-quality", "a few records made for a test"];
        owned(&[&named[..], &places, &despite].concat())
    }

    /// Reads a place as a source.
    fn read(&self, place: &str) -> Vec<String> {
        self.extract(&self.store.location(place), &self.path("read"))
    }

    fn submit(batch: &str, ttp: &str, hda: &str) -> Vec<String> {
        owned(&["submit", batch, "--ttp", ttp, "--hda", hda])
    }

    /// Leaves a payload in a place.
    fn pay_in(&self, place: &str) -> Vec<String> {
        Self::submit(&self.path("batch"), &self.path("elsewhere"), &self.store.location(place))
    }

    /// Leaves id rows in a place.
    fn leave_ids(&self, place: &str) -> Vec<String> {
        Self::submit(&self.path("batch"), &self.store.location(place), &self.path("elsewhere"))
    }

    fn answering(&self) -> Vec<String> {
        self.country.answering()
    }

    fn taking_in(&self) -> Vec<String> {
        let (inbox, lake) = (self.store.location("hda-inbox"), self.store.location("lake"));
        let (keys, catalogue) = (self.path("hda"), self.path("catalogue"));
        let places = ["--inbox", &inbox, "--lake", &lake, "--keys", &keys, "--catalog", &catalogue];
        owned(&[&["ingest"], &places[..]].concat())
    }

    /// The line: who says what.
    fn line(&self) -> Vec<(&'static str, Vec<String>)> {
        let at = |place: &str| self.store.location(place);
        let batch = at("batches/1");
        let send = Self::submit(&batch, &at("ttp-inbox"), &at("hda-inbox"));
        vec![
            ("holder", self.extract(&at("source"), &batch)),
            ("holder", send),
            ("TTP", self.answering()),
            ("HDA", self.taking_in()),
        ]
    }

    /// Every file of every bucket.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let root = self.store.bucket("");
        let name = |file: &Path| file.strip_prefix(&root).unwrap().display().to_string();
        let files = files_below(&root).into_iter();
        files.map(|file| (name(&file), fs::read(file).unwrap())).collect()
    }
}

fn secret(party: &str) -> String {
    format!("{party}-secret-that-nobody-logs")
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Says a command with the credential of a party. No secret is in what it tells.
fn say(party: &str, command: &[String]) -> Output {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let output = ObjectStore::run_as(party, &secret(party), &words);
    for told in [&output.stdout, &output.stderr] {
        let told = String::from_utf8_lossy(told);
        let hidden = PARTIES.map(secret).into_iter().chain([PERSON.to_owned()]);
        hidden.for_each(|hidden| assert!(!told.contains(&hidden), "{hidden} is in {told}"));
    }
    output
}

fn told(output: &Output) -> String {
    // Without the log, which is asked for at its most talkative.
    let told = String::from_utf8_lossy(&output.stderr);
    told.lines().filter(|line| line.starts_with("hda: ")).collect()
}

#[test]
fn with_three_credentials_and_the_rights_of_the_guide_a_batch_comes_into_the_lake() {
    let guarded = Guarded::new(&Country::new(), rights());
    let mut line = guarded.line();
    // As one does who does not know whether it was sent.
    line.insert(1, line[1].clone());
    for (party, command) in line {
        let output = say(party, &command);
        assert!(output.status.success(), "{party}, {}: {}", command[0], told(&output));
    }
    let files = guarded.files();
    let names = |bucket: &str| -> Vec<&String> {
        files.keys().filter(|name| name.starts_with(&format!("{bucket}/"))).collect()
    };
    assert_eq!((names("ttp-inbox"), names("hda-inbox")), (vec![], vec![]), "all is deleted");
    let manifest =
        |name: &&&String| name.starts_with("lake/vaccination/") && name.ends_with("/manifest.json");
    let manifests = names("lake");
    let manifest = manifests.iter().find(manifest).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&files[*manifest]).unwrap();
    assert_eq!(manifest["parts"][0]["rows"], json!(2));
}

#[test]
fn every_right_of_the_guide_is_missed_when_it_is_taken_away() {
    let country = Country::new();
    let all = rights();
    assert_eq!(all.len(), 19);
    for taken in &all {
        let rest = all.iter().filter(|right| *right != taken).cloned().collect();
        let guarded = Guarded::new(&country, rest);
        // What an extraction and a pass that died have left, which somebody has to remove.
        for left in ["batches/1/for-hda/old.parquet", "lake/problem/20250101T000000Z-00000000/part"]
        {
            let left = guarded.store.bucket(left);
            fs::create_dir_all(left.parent().unwrap()).unwrap();
            fs::write(left, "").unwrap();
        }
        let mut refusal = None;
        for (party, command) in guarded.line() {
            let output = say(party, &command);
            if !output.status.success() {
                refusal = Some((party, output.status.code(), told(&output)));
                break;
            }
        }
        let (party, code, told) = refusal.unwrap_or_else(|| panic!("nobody misses {taken:?}"));
        assert_eq!((party, code), (&*taken.party, Some(1)), "{taken:?}: {told}");
        assert!(told.contains("is not allowed: ask whoever keeps the place"), "{taken:?}: {told}");
    }
}

#[test]
fn each_credential_is_refused_in_the_places_of_the_others_and_changes_nothing() {
    let guarded = Guarded::new(&Country::new(), rights());
    // A batch that waits in both inboxes, another beside it at hand, and a lake.
    for (party, command) in guarded.line() {
        assert!(say(party, &command).status.success());
    }
    let at = |place: &str| guarded.store.location(place);
    let waits = guarded.path("waits");
    let made = [
        guarded.extract(&at("source"), &waits),
        Guarded::submit(&waits, &at("ttp-inbox"), &at("hda-inbox")),
        guarded.extract(&at("source"), &guarded.path("batch")),
    ];
    for command in made {
        assert!(say("holder", &command).status.success());
    }
    let before = guarded.files();
    assert!(
        ["ttp-inbox/", "hda-inbox/", "lake/"]
            .iter()
            .all(|place| before.keys().any(|name| name.starts_with(place)))
    );

    let read = |party, place| (party, "read", place, guarded.read(place));
    let pay_in = |party, place| (party, "pay in", place, guarded.pay_in(place));
    let leave_ids = |party, place| (party, "leave ids", place, guarded.leave_ids(place));
    let answer = |party| (party, "answer", "ttp-inbox", guarded.answering());
    let take_in = |party| (party, "take in", "hda-inbox", guarded.taking_in());
    let refused = [
        read("holder", "ttp-inbox"),
        read("holder", "hda-inbox"),
        read("holder", "lake"),
        pay_in("holder", "lake"),
        leave_ids("holder", "hda-inbox"),
        answer("holder"),
        take_in("holder"),
        read("TTP", "source"),
        read("TTP", "batches"),
        read("TTP", "hda-inbox"),
        read("TTP", "lake"),
        pay_in("TTP", "hda-inbox"),
        pay_in("TTP", "lake"),
        leave_ids("TTP", "ttp-inbox"),
        leave_ids("TTP", "batches"),
        take_in("TTP"),
        read("HDA", "source"),
        read("HDA", "batches"),
        read("HDA", "ttp-inbox"),
        pay_in("HDA", "hda-inbox"),
        leave_ids("HDA", "ttp-inbox"),
        answer("HDA"),
        read("nobody", "source"),
        read("nobody", "lake"),
        pay_in("nobody", "hda-inbox"),
        leave_ids("nobody", "ttp-inbox"),
        answer("nobody"),
        take_in("nobody"),
    ];
    for (party, act, place, command) in refused {
        let output = say(party, &command);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{party}, {act}, {place}: {told}");
        let said = told.contains(&format!("s3://{place}/")) && told.contains("is not allowed");
        assert!(said && told.contains("AWS_ACCESS_KEY_ID"), "{party}, {act}, {place}: {told}");
    }
    // A TTP that was told a wrong place for its answers.
    guarded.place_ttp("lake");
    let output = say("TTP", &guarded.answering());
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("writing s3://lake/"), "{}", told(&output));
    assert!(guarded.files() == before, "nothing was written or removed");
}
