//! From the question to the manifest, and what is told at the end.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    thread,
};

use pipeline_fetch::{Count, Cut, ExportRequest, FetchError, Level, Miscount, Since, Step};
use serde_json::json;

use crate::{
    hospital::{Hospital, Served, TRANSACTION_TIME, ndjson, outcome, served},
    stand_in::Reply,
    support::{Fetch, files_of},
};

#[test]
fn an_export_comes_whole_into_a_folder_of_its_own() {
    let server = Hospital::usual().start();
    let mut fetch = Fetch::from(&server);
    fetch.request = ExportRequest {
        level: Level::Group("vaccinated".into()),
        types: vec!["Patient".into(), "Immunization".into()],
        ..ExportRequest::default()
    };
    let report = fetch.run().unwrap();

    assert_eq!(report.run, "20261125T180000Z");
    assert_eq!(report.transaction_time, TRANSACTION_TIME);
    assert_eq!(report.total().lines, 903);
    assert_eq!(report.types["Immunization"].files, 2);
    assert_eq!(
        (report.retries, report.resumed, report.tidied, report.whole),
        (0, false, true, true)
    );
    let files = files_of(&report);
    assert_eq!(files["Patient.1.ndjson"], ndjson("Patient", 0..3));
    assert_eq!(files["Immunization.1.ndjson"], ndjson("Immunization", 0..500));
    assert_eq!(files["Immunization.2.ndjson"], ndjson("Immunization", 500..900));
    assert_eq!(files.len(), 3);
    let asked = server.seen("GET", "/r4/Group/vaccinated/$export?");
    assert!(asked[0].target.contains("_type=Patient%2CImmunization"), "{}", asked[0].target);
    assert_eq!(server.seen("DELETE", "/status/1").len(), 1);
}

#[test]
fn nobody_but_the_owner_may_look_at_what_came() {
    let server = Hospital::usual().start();
    let fetch = Fetch::from(&server);
    let report = fetch.run().unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&report.folder), 0o700);
    assert_eq!(mode(&report.folder.join("Patient.1.ndjson")), 0o600);
    assert_eq!(mode(&fetch.folder.path().join("export.json")), 0o600);
}

#[test]
fn waits_are_those_the_server_means() {
    let cases = [
        (None, vec![1, 2, 4]),
        (Some("30"), vec![30, 30, 30]),
        (Some("0"), vec![1, 1, 1]),
        (Some("Wed, 25 Nov 2026 18:00:20 GMT"), vec![20, 1, 1]),
        (Some("1795629620"), vec![20, 1, 1]),
        (Some("1795629620000"), vec![20, 1, 1]),
        (Some("99999999"), vec![600, 600, 600]),
        (Some("9999999999999999"), vec![600, 600, 600]),
        (Some("later"), vec![1, 2, 4]),
    ];
    for (after, want) in cases {
        let retry_after = after.map(str::to_owned);
        let server = Hospital { polls: 3, retry_after, ..Hospital::usual() }.start();
        let fetch = Fetch::from(&server);
        fetch.run().unwrap();
        assert_eq!(fetch.clock.waits(), want, "{after:?}");
    }
}

#[test]
fn what_passes_is_asked_again_and_what_does_not_stops_with_advice() {
    let busy = || Reply::new(429, "").with("Retry-After", "1795629605000");
    let cases = [
        ("/r4/$export", vec![busy(), busy()], Ok(2)),
        ("/status", vec![busy(), outcome(503, "throttled"), outcome(500, "transient")], Ok(3)),
        ("/status", vec![Reply::new(200, "{}  ").cut_at(1), Reply::new(502, "<html>")], Ok(2)),
        ("/files/1", vec![outcome(500, "timeout"), Reply::new(504, "")], Ok(2)),
        ("/status", vec![busy(); 6], Err("busy 6 times (status 429)")),
        ("/status", vec![outcome(500, "exception")], Err("says no (status 500, exception)")),
        ("/status", vec![outcome(404, "not-found")], Err("start anew with --restart")),
        ("/files/2", vec![outcome(410, "not-found")], Err("start anew with --restart")),
        ("/files/2", vec![outcome(404, "not-found")], Err("start anew with --restart")),
        ("/files/0", vec![outcome(403, "forbidden")], Err("rights to export")),
        ("/files/0", vec![Reply::new(200, "<html>Sign in</html>")], Err("not NDJSON")),
        ("/r4/$export", vec![outcome(400, "not-supported")], Err("leave out the option")),
        ("/r4/$export", vec![outcome(401, "login")], Err("give --client-id and --key")),
        ("/r4/$export", vec![Reply::new(202, "")], Err("no Content-Location")),
        ("/status", vec![Reply::new(200, "<html>")], Err("not what the standard asks for")),
        ("/files/0", vec![Reply::new(302, "").with("Location", "/files/0"); 9], Err("without end")),
    ];
    for (target, replies, want) in cases {
        let server = Hospital::usual().first(target, replies).start();
        let fetch = Fetch { parallel: 1, ..Fetch::from(&server) };
        match (fetch.run(), want) {
            (Ok(report), Ok(retries)) => {
                assert_eq!(report.retries, retries, "{target}");
                assert_eq!(report.total().lines, 903);
            }
            (Err(error), Err(want)) => {
                let told = format!("{error} {error:?}");
                assert!(told.contains(want), "{target}: {told}");
                assert!(!told.contains("93051822361") && !told.contains("locked"), "{told}");
            }
            (got, want) => panic!("{target}: {got:?}, not {want:?}"),
        }
    }
}

#[test]
fn tls_that_fails_fails_at_once() {
    let server = Hospital::usual().start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Something that speaks, but no TLS.
    let other = thread::spawn(move || {
        let mut connection = listener.accept().unwrap().0;
        connection.write_all(b"HTTP/1.1 400 No\r\n\r\n").unwrap();
        let _ = connection.read_to_end(&mut Vec::new());
    });
    let fetch = Fetch { server: format!("https://{address}/r4"), ..Fetch::from(&server) };
    let error = fetch.run().unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { cut: Cut::Tls, attempts: 1, .. }), "{error}");
    assert!(fetch.clock.waits().is_empty());
    other.join().unwrap();
}

#[test]
fn the_words_of_a_no_are_kept_for_the_holder_alone() {
    let server = Hospital::usual().first("/r4/$export", [outcome(422, "invalid")]).start();
    let fetch = Fetch::from(&server);
    let error = fetch.run().unwrap_err();
    assert!(matches!(error, FetchError::Refused { step: Step::KickOff, status: 422, .. }));
    let kept = fetch.folder.path().join(".refusal");
    assert!(fs::read_to_string(&kept).unwrap().contains("is locked"));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn deleted_and_failed_are_counted_and_kept_where_no_extraction_looks() {
    let delete = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
        { "request": { "method": "DELETE", "url": "Patient/1" } },
        { "request": { "method": "DELETE", "url": "Patient/2" } } ] });
    let issue = |severity: &str, code: &str| {
        json!({ "resourceType": "OperationOutcome", "issue": [
            { "severity": severity, "code": code, "diagnostics": "patient 93051822361" } ] })
    };
    let kept = |kind, resource_type, lines: &[serde_json::Value]| Served {
        kind,
        resource_type,
        body: lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect(),
        count: json!(null),
    };
    let mut hospital = Hospital::usual();
    hospital.files.push(kept("deleted", "Bundle", &[delete.clone(), delete]));
    let harmless = kept("error", "OperationOutcome", &[issue("information", "informational")]);
    hospital.files.push(harmless);

    let server = hospital.clone().start();
    let fetch = Fetch::from(&server);
    let report = fetch.run().unwrap();
    assert_eq!((report.deleted.files, report.deleted.resources), (1, 4));
    assert_eq!((report.failures, report.whole), (0, true));
    let files = files_of(&report);
    assert!(files.contains_key(".deleted/Bundle.1.ndjson"));
    assert!(files.contains_key(".errors/OperationOutcome.1.ndjson"));

    // Some files could not be generated: the export is there, but not all of it.
    hospital.files.push(kept("error", "OperationOutcome", &[issue("error", "processing")]));
    let server = hospital.start();
    let fetch = Fetch { request: since_last(), ..Fetch::from(&server) };
    let report = fetch.run().unwrap();
    assert_eq!((report.failures, report.whole), (1, false));
    assert_eq!(report.issues["error processing"], 1);
    assert!(!serde_json::to_string(&report).unwrap().contains("93051822361"));
    fetch.run().unwrap();
    assert!(server.seen("GET", "/r4/$export").iter().all(|seen| !seen.target.contains("_since")));
}

#[test]
fn a_wrong_count_is_told_and_is_no_whole_export() {
    let mut hospital = Hospital::usual();
    hospital.files[0].count = json!(4);
    let server = hospital.start();
    let report = Fetch::from(&server).run().unwrap();
    let want = Miscount { file: "Patient.1.ndjson".into(), expected: 4, found: 3 };
    assert_eq!((report.miscounted, report.whole), (vec![want], false));
    assert_eq!(server.seen("GET", "/files/0").len(), 1);
}

#[test]
fn since_last_asks_for_what_came_after_the_last_whole_run_of_the_same_kind() {
    let server = Hospital::usual().start();
    let mut fetch = Fetch { request: since_last(), ..Fetch::from(&server) };
    let first = fetch.run().unwrap();
    let second = fetch.run().unwrap();
    assert_eq!((first.since, second.since.as_deref()), (None, Some(TRANSACTION_TIME)));
    assert_ne!(first.run, second.run);
    // With other types nothing was fetched yet.
    fetch.request.types = vec!["Patient".into()];
    assert_eq!(fetch.run().unwrap().since, None);
    let asked = server.seen("GET", "/r4/$export");
    let since = "_since=2026-11-25T17%3A00%3A00.000%2B01%3A00";
    let with_since: Vec<bool> = asked.iter().map(|seen| seen.target.contains(since)).collect();
    assert_eq!(with_since, [false, true, false]);
}

#[test]
fn manifests_that_lead_to_each_other_are_one_export() {
    let mut hospital = Hospital { manifests: 3, ..Hospital::usual() };
    hospital.files.push(served("Immunization", 900..950));
    let server = hospital.start();
    let mut fetch = Fetch::from(&server);
    fetch.request.partial_manifests = true;
    let report = fetch.run().unwrap();
    assert_eq!(
        report.types["Immunization"],
        Count { files: 3, lines: 950, ..report.types["Immunization"] }
    );
    assert_eq!(report.total().lines, 953);
    assert!(server.seen("GET", "/r4/$export")[0].target.contains("allowPartialManifests=true"));
}

#[test]
fn manifests_that_lead_in_circles_end() {
    let circle = json!({ "transactionTime": TRANSACTION_TIME, "output": [],
                         "link": [{ "relation": "next", "url": "/status/1" }] });
    let server = Hospital::usual().first("/status", [Reply::new(200, circle.to_string())]).start();
    assert!(matches!(Fetch::from(&server).run(), Err(FetchError::EndlessManifests)));
}

#[test]
fn a_server_that_never_gets_ready_is_not_waited_for_without_end() {
    let server = Hospital { polls: usize::MAX, ..Hospital::usual() };
    let server = Hospital { retry_after: Some("3600".into()), ..server }.start();
    let fetch = Fetch::from(&server);
    assert!(matches!(fetch.run(), Err(FetchError::NotReady { hours: 24 })));
    assert_eq!(fetch.clock.waits().iter().sum::<u64>(), 24 * 3600);
    // Said again, the command goes on with the same export.
    assert!(matches!(fetch.run(), Err(FetchError::NotReady { .. })));
    assert_eq!(server.seen("GET", "/r4/$export").len(), 1);
}

fn since_last() -> ExportRequest {
    ExportRequest { since: Since::Last, ..ExportRequest::default() }
}
