//! Files that come in pieces, packed, from elsewhere, or not quite.

use std::time::Duration;

use pipeline_fetch::{Clock, ExportRequest, FetchError};

use crate::{
    hospital::{Hospital, gzip, ndjson, outcome},
    stand_in::{Reply, StandIn},
    support::{Fetch, files_of},
};

/// How many bytes come before each cut.
const CUT: usize = 9_000;

#[test]
fn a_file_comes_whole_through_any_cuts() {
    let usual = || Hospital { cut_at: Some(CUT), ..Hospital::usual() };
    let once = |target, reply: Reply| Hospital { cut_at: None, ..usual() }.first(target, [reply]);
    let body = ndjson("Immunization", 0..500);
    let cases = [
        ("continued by range", usual()),
        ("continued without tags", Hospital { etags: false, ..usual() }),
        ("packed, then by range", once("/files/1", packed(&body).cut_at(CUT / 8))),
        ("cut before the first byte", once("/files/1", Reply::new(200, body.clone()).cut_at(0))),
        ("packed badly", once("/files/1", packed_badly(&body))),
        (
            "a server without ranges",
            Hospital {
                ranges: false,
                ..once("/files/1", Reply::new(200, body.clone()).cut_at(CUT))
            },
        ),
        (
            "another file by then",
            once("/files/1", Reply::new(200, body.clone()).with("ETag", "\"old\"").cut_at(CUT)),
        ),
        ("always packed", Hospital { gzip: true, ..Hospital::usual() }),
        ("without lengths", Hospital { lengths: false, ..Hospital::usual() }),
        (
            "closed early without a length",
            once("/files/1", Reply { length: false, ..Reply::new(200, body.clone()).cut_at(CUT) }),
        ),
        (
            "a packed part",
            once("/files/1", Reply::new(200, body.clone()).cut_at(CUT)).first(
                "/files/1",
                [Reply {
                    status: 206,
                    ..packed(&body[CUT..]).with("Content-Range", format!("bytes {CUT}-1/2"))
                }],
            ),
        ),
        (
            "a part of elsewhere",
            once("/files/1", Reply::new(200, body.clone()).cut_at(CUT)).first(
                "/files/1",
                [Reply {
                    status: 206,
                    ..Reply::new(206, "{}").with("Content-Range", "bytes 7-8/9")
                }],
            ),
        ),
    ];
    for (what, hospital) in cases {
        let server = hospital.start();
        let fetch = Fetch::from(&server);
        let report = fetch.run().unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let files = files_of(&report);
        assert_eq!(files["Immunization.1.ndjson"], body, "{what}");
        assert_eq!(files["Immunization.2.ndjson"], ndjson("Immunization", 500..900), "{what}");
        assert_eq!((files.len(), report.total().lines, report.whole), (3, 903, true), "{what}");
    }
}

#[test]
fn what_is_here_is_not_fetched_twice() {
    let server = Hospital { cut_at: Some(CUT), ..Hospital::usual() }.start();
    Fetch::from(&server).run().unwrap();
    let ranges: Vec<_> = server
        .seen("GET", "/files/1")
        .iter()
        .map(|seen| seen.header("range").unwrap_or("all").to_owned())
        .collect();
    assert_eq!(ranges[..3], ["all", "bytes=9000-", "bytes=18000-"]);
}

#[test]
fn a_line_that_brings_nothing_new_is_given_up_and_taken_up_later() {
    let nothing = || Reply::new(200, ndjson("Patient", 0..3)).cut_at(0);
    let server = Hospital::usual().first("/files/0", vec![nothing(); 6]).start();
    let fetch = Fetch { parallel: 1, ..Fetch::from(&server) };
    let error = fetch.run().unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { attempts: 6, .. }), "{error}");
    let report = fetch.run().unwrap();
    assert!(report.resumed && report.whole);
    assert_eq!(server.seen("GET", "/r4/$export").len(), 1);
}

#[test]
fn files_of_another_host_come_only_where_it_is_allowed_and_never_with_the_token() {
    let away = Hospital::usual();
    let elsewhere = StandIn::start(move |request| {
        assert_eq!(request.header("authorization"), None, "the token went to another origin");
        let place: usize = request.path()["/files/".len()..].parse().unwrap();
        crate::hospital::serve_file(&away, request, &away.files[place].body)
    });
    let host = elsewhere.address.to_string();
    let at_home = Hospital { token_uses: Some(usize::MAX), ..Hospital::usual() };
    let named = Hospital { files_at: Some(elsewhere.url("")), ..at_home.clone() };
    let redirect =
        |place| Reply::new(307, "").with("Location", elsewhere.url(&format!("/files/{place}")));
    let redirected = at_home
        .first("/files/0", [redirect(0)])
        .first("/files/1", [redirect(1)])
        .first("/files/2", [redirect(2)]);
    for hospital in [named, redirected] {
        let server = hospital.start();
        let mut fetch = Fetch { signed_in: true, parallel: 1, ..Fetch::from(&server) };
        let error = fetch.run().unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, FetchError::OtherHost { .. }), "{told}");
        assert!(told.contains(&format!("--allow-host {host}")), "{told}");
        let asked_before = elsewhere.seen("GET", "/files/").len();

        fetch.allowed_hosts = vec![host.clone()];
        if server.seen("GET", "/files/").is_empty() {
            // What the refusal used up of the drawer does not come again.
            let report = fetch.run().unwrap();
            assert_eq!(report.total().lines, 903);
            assert!(report.resumed);
            assert_eq!(elsewhere.seen("GET", "/files/").len(), asked_before + 3);
        } else {
            let report = fetch.run().unwrap();
            assert_eq!(report.total().lines, 903);
            assert_eq!(elsewhere.seen("GET", "/files/").len(), asked_before + 2);
        }
    }
}

#[test]
fn addresses_that_are_no_files_of_a_server_are_refused() {
    let cases = [
        ("file:///etc", "http or https"),
        ("ftp://127.0.0.1", "http or https"),
        ("http://169.254.169.254", "plain http"),
        ("https://169.254.169.254", "--allow-host 169.254.169.254"),
    ];
    for (files_at, want) in cases {
        let server = Hospital { files_at: Some(files_at.into()), ..Hospital::usual() }.start();
        let error = Fetch::from(&server).run().unwrap_err().to_string();
        assert!(error.contains(want), "{files_at}: {error}");
    }
}

#[test]
fn an_expired_export_is_begun_anew_on_request() {
    let server = Hospital::usual().first("/files/1", [outcome(410, "not-found")]).start();
    let mut fetch = Fetch { parallel: 1, ..Fetch::from(&server) };
    assert!(matches!(fetch.run(), Err(FetchError::Expired { status: 410, .. })));
    fetch.restart = true;
    let report = fetch.run().unwrap();
    assert_eq!((report.total().lines, report.resumed), (903, false));
    assert_eq!(files_of(&report).len(), 3);
    // The export that was dropped may go, too.
    assert_eq!(server.seen("DELETE", "/status/1").len(), 2);
    let folders = std::fs::read_dir(fetch.folder.path()).unwrap();
    assert_eq!(folders.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count(), 1);
}

#[test]
fn a_no_after_the_time_of_a_file_means_that_it_expired() {
    // Stores with signed addresses say 403 when these end. The manifest ends on the 26th at noon.
    let forbidden = || vec![outcome(403, "forbidden")];
    let server =
        Hospital::usual().first("/files/1", forbidden()).first("/files/2", forbidden()).start();
    let fetch = Fetch { parallel: 1, ..Fetch::from(&server) };
    assert!(matches!(fetch.run(), Err(FetchError::Refused { status: 403, .. })));
    fetch.clock.wait(Duration::from_hours(24));
    assert!(matches!(fetch.run(), Err(FetchError::Expired { status: 403, .. })));
}

#[test]
fn a_run_is_not_mixed_with_one_that_asked_something_else() {
    let server = Hospital::usual().first("/files/1", [outcome(410, "not-found")]).start();
    let mut fetch = Fetch { parallel: 1, ..Fetch::from(&server) };
    fetch.run().unwrap_err();
    fetch.request = ExportRequest { types: vec!["Patient".into()], ..ExportRequest::default() };
    assert!(matches!(fetch.run(), Err(FetchError::OtherRunOpen { .. })));
    assert_eq!(server.seen("GET", "/r4/$export").len(), 1);
}

fn packed(body: &[u8]) -> Reply {
    Reply::new(200, gzip(body)).with("Content-Encoding", "gzip")
}

/// All bytes are there, but their checksum is another.
fn packed_badly(body: &[u8]) -> Reply {
    let mut reply = packed(body);
    let checksum = reply.body.len() - 8;
    reply.body[checksum] ^= 1;
    reply
}
