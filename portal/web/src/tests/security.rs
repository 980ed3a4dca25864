//! What the portal refuses.

use axum::http::StatusCode;

use super::{
    browser::Browser,
    invented::{PENDING, PUBLIC},
};
use crate::Transport;

#[tokio::test]
async fn nobody_sees_a_pending_table_without_the_role_for_it() {
    let mut browser = Browser::new().await;
    let page = format!("/en/my-work/{PENDING}");
    for address in ["/en/my-work", &page] {
        let answer = browser.get(address).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), format!("/en/sign-in?next={address}"));
    }
    for address in
        [format!("/en/releases/{PENDING}"), format!("/files/releases/{PENDING}/table.csv")]
    {
        assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    for (name, want) in
        [("anna", StatusCode::FORBIDDEN), ("rosa", StatusCode::FORBIDDEN), ("aude", StatusCode::OK)]
    {
        browser.cookie = None;
        browser.sign_in(name).await;
        assert_eq!(browser.get(&page).await.status, want, "{name}");
        let list = browser.get("/en/my-work").await;
        assert_eq!(list.text.contains(PENDING), want == StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn only_a_privacy_officer_decides() {
    for name in ["anna", "rosa", "aude"] {
        let mut browser = Browser::signed_in(name).await;
        let id = PENDING.parse().unwrap();
        let digest = browser.portal.store.case(id).await.unwrap().unwrap().subject().digest;
        for (what, field, value) in
            [("approve", "digest", digest.to_string()), ("return", "reason", "no".to_owned())]
        {
            let to = format!("/en/my-work/{PENDING}/{what}");
            let answer = browser.submit("/en/my-work", &to, &[(field, &value)]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {what}");
        }
        assert_eq!(browser.portal.store.pending().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_approval_of_another_table_than_the_shown_one_is_refused() {
    let mut browser = Browser::signed_in("otto").await;
    let page = format!("/en/my-work/{PENDING}");
    for digest in ["0".repeat(64), "no digest".to_owned(), String::new()] {
        let fields = [("digest", digest.as_str())];
        let answer = browser.submit(&page, &format!("{page}/approve"), &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{digest}");
    }
    assert_eq!(browser.portal.store.pending().await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_form_needs_the_token_of_its_session_and_its_own_site() {
    let mut stranger = Browser::signed_in("anna").await;
    let foreign = stranger.token("/en/my-work").await;
    let mut browser = Browser::signed_in("otto").await;
    let own = browser.token("/en/my-work").await;
    let approve = format!("/en/my-work/{PENDING}/approve");
    let hand_back = format!("/en/my-work/{PENDING}/return");
    for to in ["/en/sign-in", "/en/sign-out", &approve, &hand_back] {
        for token in [None, Some(""), Some("00"), Some(foreign.as_str())] {
            let fields: Vec<_> = token.map(|token| ("csrf", token)).into_iter().collect();
            let answer = browser.post(to, &fields).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{to} {token:?}");
        }
        let elsewhere = browser.post_from("cross-site", to, &[("csrf", &own)]).await;
        assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "{to}");
    }
    assert_eq!(browser.get("/en/my-work").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_session_gets_a_new_id_when_somebody_signs_in() {
    let mut browser = Browser::new().await;
    browser.get("/en/sign-in").await;
    let before = browser.cookie.clone().unwrap();
    browser.sign_in("otto").await;
    let after = browser.cookie.clone().unwrap();
    assert_ne!(before, after);
    browser.cookie = Some(before);
    assert_eq!(browser.get("/en/my-work").await.status, StatusCode::SEE_OTHER);
    browser.cookie = Some(after.clone());
    assert_eq!(browser.get("/en/my-work").await.status, StatusCode::OK);

    browser.submit("/en/my-work", "/en/sign-out", &[]).await;
    browser.cookie = Some(after);
    assert_eq!(
        browser.get("/en/my-work").await.status,
        StatusCode::SEE_OTHER,
        "ended in the store"
    );
}

#[tokio::test]
async fn wrong_passwords_are_refused_alike_and_then_lock() {
    let mut browser = Browser::new().await;
    for name in ["otto", "nobody"] {
        for attempt in 1..=6 {
            let fields = [("name", name), ("password", "wrong-password")];
            let answer = browser.submit("/en/sign-in", "/en/sign-in", &fields).await;
            let want = if attempt <= 5 { 422 } else { 429 };
            assert_eq!(answer.status.as_u16(), want, "{name} {attempt}");
            assert!(!answer.text.contains("wrong-password"));
        }
    }
}

#[tokio::test]
async fn signing_in_leads_back_to_ones_own_work_and_nowhere_else() {
    let page = format!("/en/my-work/{PENDING}");
    let cases = [
        (page.as_str(), page.as_str()),
        ("https://evil.example/", "/en/my-work"),
        ("//evil.example/en/my-work", "/en/my-work"),
        ("/en/my-work\\..", "/en/my-work"),
    ];
    for (next, want) in cases {
        let mut browser = Browser::new().await;
        let password = super::invented::PASSWORD;
        let fields = [("name", "otto"), ("password", password), ("next", next)];
        let answer = browser.submit("/en/sign-in", "/en/sign-in", &fields).await;
        assert_eq!(answer.header("location"), want, "{next}");
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_what_to_refuse() {
    let mut browser = Browser::new().await;
    let file = format!("/files/releases/{PUBLIC}/table.csv");
    for address in ["/", "/en/", "/en/sign-in", "/en/nothing", "/nothing", "/healthz", &file] {
        let answer = browser.get(address).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self';"));
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{address}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{address}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{address}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{address}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{address}");
        assert!(!answer.header("cache-control").is_empty(), "{address}");
    }
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_secure_where_there_is_tls() {
    let mut plain = Browser::new().await;
    let set = plain.get("/en/sign-in").await.header("set-cookie").to_owned();
    assert!(set.starts_with("portal=") && !set.contains("Secure"), "{set}");
    let mut secure = Browser::with(|portal| portal.transport = Transport::Https).await;
    let answer = secure.get("/en/sign-in").await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-portal="), "{set}");
    for rule in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(set.contains(rule), "{rule} in {set}");
    }
    assert!(!answer.header("strict-transport-security").is_empty());
    let mut reader = Browser::new().await;
    assert_eq!(reader.get("/en/datasets").await.header("set-cookie"), "", "readers get none");
}

#[tokio::test]
async fn no_path_leads_out_of_a_release() {
    let mut browser = Browser::new().await;
    browser.portal.releases.write("secret.csv", "x").await.unwrap();
    browser.portal.releases.write(&format!("{PUBLIC}/page.svg"), "x").await.unwrap();
    let names = [
        "..%2fsecret.csv",
        "%2e%2e%2fsecret.csv",
        "..",
        ".",
        "%2fetc%2fpasswd",
        "page.svg",
        "table.csv%00",
        "..%5csecret.csv",
        "table.csv%2f",
    ];
    for name in names {
        let answer = browser.get(&format!("/files/releases/{PUBLIC}/{name}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
    for address in [
        "/files/releases/../secret.csv",
        "/files/datasets/vaccination/..%2f..%2fx",
        "/files/datasets/..%2fvaccination/record.ttl",
        "/static/x/..%2f..%2fCargo.toml",
    ] {
        assert_eq!(browser.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[tokio::test]
async fn a_form_longer_than_any_of_ours_is_refused() {
    let mut browser = Browser::new().await;
    let long = "a".repeat(70_000);
    let answer = browser.submit("/en/sign-in", "/en/sign-in", &[("name", &long)]).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(answer.text.contains("<h1>"));
}
