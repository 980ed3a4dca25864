//! The sign-in: a signed assertion, a token for a while, and another in time.

use pipeline_fetch::{ExportRequest, FetchError, Step};

use crate::{
    hospital::{Hospital, outcome},
    stand_in::Reply,
    support::Fetch,
};

fn signed_in(hospital: Hospital) -> (crate::stand_in::StandIn, Fetch) {
    let server = hospital.start();
    let fetch = Fetch { signed_in: true, ..Fetch::from(&server) };
    (server, fetch)
}

#[test]
fn one_token_serves_a_whole_export() {
    let (server, fetch) = signed_in(Hospital { token_uses: Some(usize::MAX), ..Hospital::usual() });
    let report = fetch.run().unwrap();
    assert_eq!(report.total().lines, 903);
    let tokens = server.seen("POST", "/token");
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].body.contains("scope=system%2F*.rs"), "{}", tokens[0].body);
}

#[test]
fn a_token_that_ends_early_is_replaced_and_nothing_is_lost() {
    // Kick-off, three polls, three files, the tidying up: each token works twice only.
    let (server, fetch) = signed_in(Hospital { token_uses: Some(2), ..Hospital::usual() });
    let fetch = Fetch { parallel: 1, ..fetch };
    let report = fetch.run().unwrap();
    assert_eq!((report.total().lines, report.whole, report.tidied), (903, true, true));
    assert_eq!(server.seen("POST", "/token").len(), 4);
}

#[test]
fn many_downloads_share_the_renewal_of_a_token() {
    let files = (0..24).map(|at| crate::hospital::served("Patient", at..at + 1)).collect();
    let hospital = Hospital::new(files);
    let (server, fetch) = signed_in(Hospital { token_uses: Some(9), lasting_token: 2, ..hospital });
    let report = Fetch { parallel: 8, ..fetch }.run().unwrap();
    assert_eq!(report.total().lines, 24);
    assert_eq!(server.seen("POST", "/token").len(), 2);
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let hospital = Hospital { token_uses: Some(usize::MAX), token_life: 60, ..Hospital::usual() };
    let (server, fetch) =
        signed_in(Hospital { polls: 3, retry_after: Some("50".into()), ..hospital });
    fetch.run().unwrap();
    // After 50 seconds six are left: enough. After 100 they are not; after 150 they are again.
    assert_eq!(server.seen("POST", "/token").len(), 2);
    assert!(
        server.seen("GET", "/status").iter().all(|seen| seen.header("authorization").is_some())
    );
}

#[test]
fn a_server_that_takes_no_token_of_its_own_ends_the_matter() {
    let (server, fetch) = signed_in(Hospital { token_uses: Some(0), ..Hospital::usual() });
    assert!(matches!(fetch.run(), Err(FetchError::NotAdmitted { step: Step::KickOff })));
    assert_eq!(server.seen("POST", "/token").len(), 2);
}

#[test]
fn a_scope_is_written_as_the_server_knows_it() {
    let old = Hospital { token_uses: Some(99), old_scopes: true, ..Hospital::usual() };
    let (server, mut fetch) = signed_in(old);
    fetch.request = ExportRequest { types: vec!["Patient".into()], ..ExportRequest::default() };
    fetch.run().unwrap();
    assert!(server.seen("POST", "/token")[0].body.contains("scope=system%2FPatient.read"));
}

#[test]
fn a_busy_sign_in_gets_a_new_assertion_each_time() {
    let hospital = Hospital { token_uses: Some(99), ..Hospital::usual() };
    let (server, fetch) =
        signed_in(hospital.first("/token", [Reply::new(503, ""), Reply::new(429, "")]));
    fetch.run().unwrap();
    let bodies: std::collections::HashSet<_> =
        server.seen("POST", "/token").into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies.len(), 3);
}

#[test]
fn what_is_wrong_with_a_sign_in_is_said() {
    let configuration = |text: &str| Reply::new(200, text.to_owned());
    let smart = "/r4/.well-known";
    let cases = [
        ("/token", outcome(400, "invalid"), "the public key with its key id"),
        (
            "/token",
            Reply::new(200, r#"{"access_token":{"secret-token-9":1}}"#),
            "not what the standard",
        ),
        (smart, configuration("{}"), "give --token-url"),
        (smart, configuration(r#"{"token_endpoint":"http://10.0.0.1/t"}"#), "plain http"),
        (
            smart,
            configuration(r#"{"token_endpoint_auth_signing_alg_values_supported":["RS384"]}"#),
            "ES384",
        ),
        (smart, outcome(404, "not-found"), "smart-configuration"),
    ];
    for (target, reply, want) in cases {
        let hospital = Hospital { token_uses: Some(99), ..Hospital::usual() };
        let (_server, fetch) = signed_in(hospital.first(target, [reply]));
        let error = fetch.run().unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains(want), "{told}");
        assert!(!told.contains("secret-token") && !told.contains("93051822361"), "{told}");
    }
}
