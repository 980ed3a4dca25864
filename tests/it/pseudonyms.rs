//! Records about pseudonyms of the eHealth platform wait, and go once the TTP converts them.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{Router, http::StatusCode, routing::post};
use serde_json::{Value, json};

use crate::support::{Hospital, SSIN, by, files_below, hda, patient, run, vaccination};

/// The conversion service of a TTP, as agreed; gone when dropped.
struct Service {
    address: SocketAddr,
    is_open: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    _runtime: tokio::runtime::Runtime,
}

impl Service {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (is_open, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let answers = {
            let (is_open, calls) = (Arc::clone(&is_open), Arc::clone(&calls));
            move |body: String| async move {
                calls.fetch_add(1, Ordering::Relaxed);
                if is_open.load(Ordering::Relaxed) {
                    (StatusCode::OK, agreed(&body))
                } else {
                    (StatusCode::FORBIDDEN, String::new())
                }
            }
        };
        let router = Router::new().route("/convert", post(answers));
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, is_open, calls, _runtime: runtime }
    }

    fn url(&self) -> String {
        format!("http://{}/convert", self.address)
    }
}

/// Converts each to its person, whichever exchange it was encrypted for; person 7 has expired.
fn agreed(body: &str) -> String {
    let question: Value = serde_json::from_str(body).unwrap();
    let results =
        question["pseudonyms"].as_array().unwrap().iter().map(|asked| {
            match asked["value"].as_str().unwrap().rsplit('-').next().unwrap() {
                "7" => json!({"id": asked["id"], "status": "expired"}),
                person => {
                    let value = format!("stable-{person}");
                    json!({"id": asked["id"], "status": "converted", "value": value})
                }
            }
        });
    let results: Vec<Value> = results.collect();
    json!({"domain": question["domain"], "results": results}).to_string()
}

fn transit(person: usize, exchange: usize) -> String {
    format!("urn:be:fgov:ehealth:pseudo:v2:BA{exchange}:person-{person}")
}

fn about(subject: &Value) -> String {
    vaccination(subject, "2025-10-03").to_string()
}

#[test]
fn records_wait_until_the_service_converts_them_and_then_they_go() {
    let hospital = Hospital::new();
    let patient = patient("p", &transit(1, 9));
    let records = [
        about(&by(SSIN, "93051822361")),
        about(&by(SSIN, &transit(1, 1))),
        about(&by(SSIN, &transit(2, 2))),
        about(&by(SSIN, &transit(7, 3))),
        about(&json!({"reference": "Patient/p"})),
    ];
    hospital.put("source/Immunization.ndjson", records.join("\n"));
    hospital.put("source/Patient.ndjson", patient.to_string());
    let first = hospital.extract("source", "batch-1", &[]);
    assert_eq!((&first["persons"], &first["converted"]), (&json!(1), &json!(0)));
    assert_eq!(first["quarantined"], json!({"ehealth-pseudonym": 5}));

    // A service that does not let us in: the records wait, which is no failure of the extraction.
    let service = Service::start();
    let url = service.url();
    let quarantine = hospital.path("batch-1/quarantine.ndjson");
    let waited =
        ["--from-quarantine", &quarantine, "--conversion", &url, "--conversion-domain", "hda_v1"];
    let output = hda().args(hospital.arguments("source", "batch-2", &waited)).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("does not let this holder in"));
    assert!(text(&output.stderr).contains("stay in quarantine"));
    let places = hospital.quarantine("batch-2");
    assert_eq!((places.len(), service.calls.load(Ordering::Relaxed) > 0), (5, true));
    assert!(places.iter().all(|(_, _, reason)| reason == "ehealth-pseudonym"));

    service.is_open.store(true, Ordering::Relaxed);
    let third = hospital.extract("source", "batch-3", &waited);
    assert_eq!((&third["persons"], &third["converted"]), (&json!(2), &json!(4)));
    assert_eq!(third["conversion_failed"], json!(null));
    let expired = ("Immunization.ndjson".to_owned(), 4, "ehealth-pseudonym-expired".to_owned());
    assert_eq!(hospital.quarantine("batch-3"), [expired]);
    let counts = |report: &Value| {
        let counts = &report["resources"]["Immunization"];
        ["read", "written", "quarantined"].map(|name| counts[name].as_u64().unwrap())
    };
    assert_eq!((counts(&first), counts(&third)), ([5, 1, 4], [4, 3, 1]));

    for batch in ["batch-1", "batch-2", "batch-3"] {
        for file in files_below(&hospital.dir().join(batch)) {
            let bytes = fs::read(&file).unwrap();
            for raw in ["person-", "stable-"] {
                let found = memchr::memmem::find(&bytes, raw.as_bytes()).is_some();
                assert!(!found, "{} has {raw}", file.display());
            }
        }
    }
}

#[test]
fn a_conversion_is_asked_for_whole_and_never_in_the_clear() {
    let hospital = Hospital::new();
    hospital.put("source/a.ndjson", about(&json!({"display": "somebody"})));
    let cases: [(&[&str], i32, &str); 4] = [
        (&["--conversion", "https://ttp.example/convert"], 2, "--conversion-domain"),
        (&["--conversion-domain", "hda_v1"], 2, "--conversion"),
        (&["--client-id", "hospital", "--key", "client.pem"], 2, "--conversion"),
        (
            &["--conversion", "http://ttp.example/convert", "--conversion-domain", "hda_v1"],
            1,
            "http",
        ),
    ];
    for (more, want, says) in cases {
        let (code, _, told) = run(&hospital.arguments("source", "batch", more));
        assert_eq!(code, want, "{more:?}: {told}");
        assert!(told.contains(says), "{told}");
        assert!(!hospital.dir().join("batch/report.json").exists());
    }
}
