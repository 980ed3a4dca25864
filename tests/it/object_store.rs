//! The whole line over an S3-compatible object store: source, batch, inboxes and lake are buckets.

use std::{fs, net::SocketAddr, path::Path, process::Output};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{DOMAIN, Hospital, SSIN, by, files_below, hda, lines, patient, vaccination};

const KEY: &str = "holder-key";
const SECRET: &str = "holder-secret-that-nobody-logs";
const PERSON: &str = "93051822361";
const ANOTHER: &str = "85073003328";

/// A store that asks for signed requests, and the folder its buckets lie in.
pub(crate) struct ObjectStore {
    _runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    folder: TempDir,
}

impl ObjectStore {
    fn start(buckets: &[&str]) -> Self {
        Self::start_with(buckets, |service| {
            service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        })
    }

    /// Lets in whom `admit` says.
    pub(crate) fn start_with(buckets: &[&str], admit: impl FnOnce(&mut S3ServiceBuilder)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for bucket in buckets {
            fs::create_dir(folder.path().join(bucket)).unwrap();
        }
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        admit(&mut service);
        let service = service.build();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { _runtime: runtime, address, folder }
    }

    pub(crate) fn location(&self, place: &str) -> String {
        format!("s3://{place}?endpoint=http://{}&region=eu-west-1", self.address)
    }

    pub(crate) fn bucket(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(secret: &str, arguments: &[&str]) -> Output {
        Self::run_as(KEY, secret, arguments)
    }

    pub(crate) fn run_as(key: &str, secret: &str, arguments: &[&str]) -> Output {
        let mut command = hda();
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret);
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("HDA_LOG", "debug");
        command.arg("--json").args(arguments).output().unwrap()
    }

    fn answer(arguments: &[&str]) -> Value {
        let output = Self::run(SECRET, arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        for hidden in [SECRET, PERSON, ANOTHER] {
            assert!(!told.contains(hidden), "{hidden} is in a log");
        }
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn put(folder: &Path, name: &str, text: String) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The command line of an extraction between two locations.
fn extraction<'a>(source: &'a str, out: &'a str, keys: &'a str) -> [&'a str; 13] {
    [
        "extract",
        "--domain",
        DOMAIN,
        "--holder",
        "hospital",
        "--source",
        source,
        "--keys",
        keys,
        "--out",
        out,
        "--despite-quality",
        "a few records made for a test",
    ]
}

#[test]
fn every_place_of_the_line_may_be_a_bucket() {
    let store = ObjectStore::start(&["hospital", "ttp-inbox", "hda-inbox", "lake"]);
    let hospital = Hospital::new();
    let (keys, ttp, hda_keys) =
        (hospital.path("keys"), hospital.path("ttp"), hospital.path("hda-keys"));
    let at = |place| store.location(place);
    let (source, batch) = (at("hospital/source"), at("hospital/batch"));
    let (ttp_inbox, inbox, lake) = (at("ttp-inbox"), at("hda-inbox/in"), at("lake/v1"));

    let records = [
        vaccination(&by(SSIN, PERSON), "2025-10-03"),
        vaccination(&json!({"reference": "Patient/2"}), "2025-10-04"),
        vaccination(&json!({"reference": "Patient/none"}), "2025-10-05"),
    ];
    put(&store.bucket("hospital"), "source/a/Immunization.ndjson", lines(&records));
    put(&store.bucket("hospital"), "source/b.ndjson", lines(&[patient("2", ANOTHER)]));
    // What lies beside the source is no part of it.
    put(&store.bucket("hospital"), "sources/Immunization.ndjson", lines(&records));

    let report = ObjectStore::answer(&extraction(&source, &batch, &keys));
    assert_eq!(
        (&report["persons"], &report["quarantined"]),
        (&json!(2), &json!({"subject-unresolved": 1}))
    );
    // The same from a folder.
    let folder = store.bucket("hospital").join("source").to_string_lossy().into_owned();
    let beside = ObjectStore::answer(&extraction(&folder, &hospital.path("batch"), &keys));
    for figure in ["resources", "by_file", "rows", "persons", "quarantined", "bytes"] {
        assert_eq!(report[figure], beside[figure], "{figure}");
    }

    ObjectStore::answer(&["ttp", "init", "--dir", &ttp, "--inbox", &ttp_inbox, "--hda", &inbox]);
    ObjectStore::answer(&["keys", "init", "--party", "hda", "--role", "hda", "--dir", &hda_keys]);
    let (ttp_keys, ttp_card) = (format!("{ttp}/keys"), format!("{ttp}/keys/card.json"));
    let (card, hda_card) = (format!("{keys}/card.json"), format!("{hda_keys}/card.json"));
    for register in [&ttp_keys, &hda_keys] {
        ObjectStore::answer(&["keys", "register", "--dir", register, &card, &ttp_card, &hda_card]);
    }
    ObjectStore::answer(&[
        "ttp", "domain", "--dir", &ttp, "--domain", DOMAIN, "--holder", "hospital",
    ]);
    ObjectStore::answer(&["submit", &batch, "--ttp", &ttp_inbox, "--hda", &inbox]);
    ObjectStore::answer(&["ttp", "run", "--dir", &ttp]);
    let catalogue = hospital.path("catalogue");
    let places = ["--inbox", &inbox, "--lake", &lake, "--keys", &hda_keys];
    ObjectStore::answer(&[&["ingest"], &places[..], &["--catalog", &catalogue]].concat());

    let lake = files_below(&store.bucket("lake"));
    let head = lake.iter().find(|file| file.ends_with("vaccination/HEAD")).unwrap();
    let version = fs::read_to_string(head).unwrap();
    let manifest = fs::read(head.with_file_name(version.trim()).join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["parts"][0]["rows"], 2);
    for bucket in ["ttp-inbox", "hda-inbox", "lake"] {
        for file in files_below(&store.bucket(bucket)) {
            let bytes = fs::read(&file).unwrap();
            for number in [PERSON, ANOTHER] {
                let found = memchr::memmem::find(&bytes, number.as_bytes());
                assert!(found.is_none(), "{} has a national number", file.display());
            }
        }
    }
}

#[test]
fn a_store_that_does_not_know_the_key_is_one_error_and_writes_nothing() {
    let store = ObjectStore::start(&["hospital"]);
    let hospital = Hospital::new();
    put(&store.bucket("hospital"), "source/a.ndjson", lines(&[patient("2", ANOTHER)]));
    let (source, keys) = (store.location("hospital/source"), hospital.path("keys"));
    let batch = hospital.path("batch");
    let output = ObjectStore::run("another secret", &extraction(&source, &batch, &keys));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(!told.contains("another secret") && !told.contains(ANOTHER), "{told}");
    assert!(!hospital.dir().join("batch/report.json").exists());
}
