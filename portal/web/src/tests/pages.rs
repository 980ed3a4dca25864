//! What the pages show, to whom, and whether everybody can read them.

use axum::http::StatusCode;
use portal_workflow::{Actor, ReleaseProposal, State};
use scraper::{ElementRef, Html};

use super::{
    browser::{Answer, Browser, NOW, selector},
    invented::{PENDING, PUBLIC},
};

/// Every page there is, without its language.
fn places() -> Vec<String> {
    let fixed = [
        "/",
        "/datasets",
        "/datasets?q=vaccin",
        "/datasets/vaccination",
        "/releases",
        "/opt-out",
        "/privacy",
        "/accessibility",
        "/sign-in",
        "/my-work",
        "/nothing-here",
    ];
    let mut places = fixed.map(str::to_owned).to_vec();
    places.push(format!("/releases/{PUBLIC}"));
    places.push(format!("/my-work/{PENDING}"));
    places
}

#[tokio::test]
async fn every_page_is_whole_in_every_language() {
    let mut browser = Browser::signed_in("otto").await;
    for language in ["nl", "fr", "de", "en"] {
        for place in places() {
            let address = format!("/{language}{place}");
            let answer = browser.get(&address).await;
            let want = match place.as_str() {
                "/sign-in" => StatusCode::SEE_OTHER,
                "/nothing-here" => StatusCode::NOT_FOUND,
                _ => StatusCode::OK,
            };
            assert_eq!(answer.status, want, "{address}");
            if want != StatusCode::SEE_OTHER {
                check_page(&address, language, &answer);
            }
        }
        browser.cookie = None;
        let address = format!("/{language}/sign-in");
        let answer = browser.get(&address).await;
        check_page(&address, language, &answer);
        browser.sign_in("otto").await;
    }
}

fn check_page(address: &str, language: &str, answer: &Answer) {
    assert!(!answer.text.contains('⟦'), "{address} has a text without translation");
    assert!(!answer.text.contains("<script") && !answer.text.contains(" style="), "{address}");
    let html = answer.html();
    let lang = html.root_element().attr("lang");
    assert_eq!(lang, Some(language), "{address}");
    for only_one in ["h1", "main", "title", "a.skip"] {
        assert_eq!(html.select(&selector(only_one)).count(), 1, "{address} {only_one}");
    }
    every_field_has_a_label(address, &html);
    every_table_has_a_caption_and_scopes(address, &html);
    ids_are_unique(address, &html);
    for image in html.select(&selector("img")) {
        assert!(image.attr("alt").is_some(), "{address}");
    }
    for link in html.select(&selector("a[href], link[href], img[src], form[action]")) {
        let target = ["href", "src", "action"].into_iter().find_map(|name| link.attr(name));
        let target = target.unwrap();
        assert!(target.starts_with(['/', '#']), "{address} asks another host: {target}");
    }
}

fn every_field_has_a_label(address: &str, html: &Html) {
    for field in html.select(&selector("input:not([type=hidden]), textarea, select")) {
        let id = field.attr("id").unwrap_or_else(|| panic!("{address} has a field without id"));
        let label = html.select(&selector(&format!("label[for={id}]"))).next();
        assert!(label.is_some(), "{address} has no label for {id}");
    }
}

fn every_table_has_a_caption_and_scopes(address: &str, html: &Html) {
    for table in html.select(&selector("table")) {
        assert_eq!(table.select(&selector("caption")).count(), 1, "{address}");
        let scoped = |head: ElementRef| head.attr("scope").is_some();
        assert!(table.select(&selector("th")).all(scoped), "{address}");
        assert!(
            table.select(&selector("tbody tr")).all(|row| row.select(&selector("th")).count() == 1)
        );
    }
}

fn ids_are_unique(address: &str, html: &Html) {
    let mut ids: Vec<_> = html.select(&selector("[id]")).filter_map(|e| e.attr("id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{address} {ids:?}");
    for described in html.select(&selector("[aria-labelledby]")) {
        let by = described.attr("aria-labelledby").unwrap();
        assert!(ids.contains(&by), "{address} has no {by}");
    }
}

#[tokio::test]
async fn the_bare_address_leads_to_a_language() {
    let answer = Browser::new().await.get("/").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/en/"));
    assert_eq!(answer.header("vary"), "accept-language");
}

#[tokio::test]
async fn changing_the_language_stays_on_the_page() {
    let answer = Browser::new().await.get("/nl/datasets?q=a").await;
    let html = answer.html();
    let link = selector(".languages a");
    let links = html.select(&link).filter_map(|link| link.attr("href"));
    let want = ["/nl/datasets?q=a", "/fr/datasets?q=a", "/de/datasets?q=a", "/en/datasets?q=a"];
    assert_eq!(links.collect::<Vec<_>>(), want);
}

#[tokio::test]
async fn a_search_finds_what_is_mentioned_and_shows_the_words_escaped() {
    let mut browser = Browser::new().await;
    let found = browser.get("/en/datasets?q=vaccination").await.html();
    assert!(found.select(&selector(".results > li")).count() >= 1);
    let nothing = browser.get("/en/datasets?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(!nothing.text.contains("<script"));
    assert_eq!(nothing.html().select(&selector(".results > li")).count(), 0);
}

#[tokio::test]
async fn a_hidden_cell_says_why_in_words_and_has_no_bar() {
    let mut browser = Browser::new().await;
    let answer = browser.get(&format!("/en/releases/{PUBLIC}")).await;
    assert!(answer.text.contains("hidden: fewer than 10 people"));
    let html = answer.html();
    assert_eq!(html.select(&selector("rect.bar")).count(), 7);
    assert_eq!(html.select(&selector("rect.bar-hidden")).count(), 1);
    let dutch = browser.get(&format!("/nl/releases/{PUBLIC}")).await;
    assert!(dutch.text.contains("verborgen: minder dan 10 personen"));
    assert!(dutch.text.contains("3.120") && answer.text.contains("3,120"));
}

#[tokio::test]
async fn a_title_is_text_and_never_markup() {
    let mut browser = Browser::signed_in("otto").await;
    let store = browser.portal.store.clone();
    let evil = "0199f1a0-0000-7000-8000-0000000000ff";
    let pending = store.release(PENDING.parse().unwrap()).await.unwrap().unwrap().proposal;
    let title =
        pending.title.keys().map(|l| (*l, "<script>alert(1)</script>".to_owned())).collect();
    let proposal = ReleaseProposal { id: evil.parse().unwrap(), title, ..pending };
    store.propose(&proposal, &Actor::System, NOW).await.unwrap();
    for address in ["/en/my-work".to_owned(), format!("/en/my-work/{evil}")] {
        let answer = browser.get(&address).await;
        assert!(!answer.text.contains("<script"), "{address}");
        assert!(answer.text.contains("&#60;script&#62;"), "{address}");
    }
}

#[tokio::test]
async fn an_approved_table_reaches_the_worker_and_then_the_public() {
    let mut browser = Browser::signed_in("otto").await;
    let store = browser.portal.store.clone();
    let (id, page) = (PENDING.parse().unwrap(), format!("/en/my-work/{PENDING}"));
    let digest = store.case(id).await.unwrap().unwrap().subject().digest.to_string();
    assert_eq!(browser.get(&format!("/en/releases/{PENDING}")).await.status, StatusCode::NOT_FOUND);

    let fields = [("digest", digest.as_str())];
    let answer = browser.submit(&page, &format!("{page}/approve"), &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, page.as_str()));
    assert!(browser.get(&page).await.text.contains("It will be public in a moment"));
    let queue = store.approved_unpublished().await.unwrap();
    assert_eq!(queue.len(), 1);
    // Approved is not yet public.
    assert_eq!(browser.get(&format!("/en/releases/{PENDING}")).await.status, StatusCode::NOT_FOUND);

    let published = queue[0].case.publish(&Actor::System, NOW).unwrap();
    store.record(id, &published).await.unwrap();
    let public = format!("/en/releases/{PENDING}");
    assert_eq!(browser.get(&page).await.header("location"), public);
    browser.cookie = None;
    assert_eq!(browser.get(&public).await.status, StatusCode::OK);
    assert_eq!(store.verify_chain().await.unwrap().events, 6);
}

#[tokio::test]
async fn a_table_is_returned_with_a_reason_and_not_without() {
    let mut browser = Browser::signed_in("otto").await;
    let (id, page) = (PENDING.parse().unwrap(), format!("/en/my-work/{PENDING}"));
    let to = format!("{page}/return");
    let without = browser.submit(&page, &to, &[("reason", "  ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(without.html().select(&selector(".error-summary a[href='#reason']")).count(), 1);
    check_page(&to, "en", &without);

    let with = browser.submit(&page, &to, &[("reason", "too fine")]).await;
    assert_eq!(with.status, StatusCode::SEE_OTHER);
    let case = browser.portal.store.case(id).await.unwrap().unwrap();
    assert!(
        matches!(case.state(), State::Returned { reason, .. } if reason.as_str() == "too fine")
    );
    assert!(browser.get(&page).await.text.contains("too fine"));
}

#[tokio::test]
async fn the_files_of_a_release_come_as_downloads() {
    let mut browser = Browser::new().await;
    let cases = [
        ("table.csv", "text/csv; charset=utf-8"),
        ("table.parquet", "application/vnd.apache.parquet"),
        ("manifest.json", "application/json"),
    ];
    for (name, kind) in cases {
        let answer = browser.get(&format!("/files/releases/{PUBLIC}/{name}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, kind));
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(answer.header("content-disposition"), disposition);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let turtle = browser.get("/files/datasets/vaccination/record.ttl").await;
    assert_eq!(turtle.header("content-type"), "text/turtle; charset=utf-8");
}

#[tokio::test]
async fn the_style_may_be_kept_for_ever_because_its_address_changes() {
    let mut browser = Browser::new().await;
    let html = browser.get("/en/").await.html();
    let style = html.select(&selector("link[rel=stylesheet]")).next().unwrap();
    let address = style.attr("href").unwrap().to_owned();
    let answer = browser.get(&address).await;
    assert_eq!(answer.header("content-type"), "text/css");
    assert!(answer.header("cache-control").contains("immutable"));
    let other = browser.get("/static/0000000000000000/portal.css").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_portal_says_whether_it_is_well() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    browser.portal.store.close().await;
    assert_eq!(browser.get("/healthz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let failed = browser.get("/en/releases").await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(failed.text.contains("Something went wrong on our side"));
    assert!(!failed.text.to_lowercase().contains("pool"), "details stay in the log");
}
