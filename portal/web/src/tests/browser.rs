//! A browser of a few lines: keeps a cookie, fills in forms, reads pages.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use pipeline_domain::Timestamp;
use scraper::{Html, Selector};
use time::macros::datetime;
use tower::ServiceExt as _;

use super::invented;
use crate::Portal;

pub(crate) const NOW: Timestamp = datetime!(2026-11-25 14:00 UTC);

/// A portal and the cookie it gave.
pub(crate) struct Browser {
    pub(crate) portal: Portal,
    router: Router,
    pub(crate) cookie: Option<String>,
    _folder: tempfile::TempDir,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn html(&self) -> Html {
        Html::parse_document(&self.text)
    }
}

impl Browser {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Portal)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("portal.sqlite");
        let mut portal = invented::portal(&database, || NOW).await.unwrap();
        change(&mut portal);
        let router = crate::router(portal.clone());
        Self { portal, router, cookie: None, _folder: folder }
    }

    pub(crate) async fn signed_in(name: &str) -> Self {
        let mut browser = Self::new().await;
        browser.sign_in(name).await;
        browser
    }

    pub(crate) async fn sign_in(&mut self, name: &str) {
        let fields = [("name", name), ("password", invented::PASSWORD)];
        let answer = self.submit("/en/sign-in", "/en/sign-in", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }

    pub(crate) async fn get(&mut self, address: &str) -> Answer {
        self.send(Request::get(address), String::new()).await
    }

    /// Opens a page and sends a form with its token to an address.
    pub(crate) async fn submit(&mut self, page: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(page).await;
        let mut fields = fields.to_vec();
        fields.push(("csrf", &token));
        self.post(to, &fields).await
    }

    /// The token in the forms of a page.
    pub(crate) async fn token(&mut self, page: &str) -> String {
        let html = self.get(page).await.html();
        let input = html.select(&selector("input[name=csrf]")).next();
        input.map(|input| input.attr("value").unwrap().to_owned()).unwrap_or_default()
    }

    pub(crate) async fn post(&mut self, to: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from("same-origin", to, fields).await
    }

    pub(crate) async fn post_from(
        &mut self,
        site: &str,
        to: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let request = Request::post(to)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site);
        let encoded = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
        self.send(request, encoded.collect::<Vec<_>>().join("&")).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Answer {
        let request = match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        };
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        if let Some(set) = head.headers.get(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: head.status, headers: head.headers, text }
    }
}

pub(crate) fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn escaped(value: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(escape).collect()
}
