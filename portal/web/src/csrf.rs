//! Only pages of this portal send forms to it: two checks, each enough on its own.
//!
//! The browser says where a request comes from, and a form carries a token that only pages of the
//! same session hold.

use std::fmt;

use axum::{
    Form,
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tower_sessions::Session;

use crate::{error::PortalError, router::App, sessions};

const LEN: usize = 32;

/// A secret between a session and its pages.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Token([u8; LEN]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

impl Token {
    pub(crate) fn draw() -> Result<Self, PortalError> {
        random().map(Self).ok_or(PortalError::NoRandomness)
    }

    /// A random mask and the token under it, as text; empty, and so never right, where the
    /// system has no randomness.
    pub(crate) fn masked(&self) -> String {
        use std::fmt::Write as _;

        let Some(mask) = random() else { return String::new() };
        let under = self.0.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        mask.into_iter().chain(under).fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Does the text hide this token? Takes as long for any text of the right length.
    fn is_behind(&self, masked: &str) -> bool {
        let Some(bytes) = unhex(masked) else { return false };
        let (mask, under) = bytes.split_at(LEN);
        let pairs = mask.iter().zip(under).zip(&self.0);
        pairs.fold(0, |wrong, ((mask, under), byte)| wrong | (mask ^ under ^ byte)) == 0
    }
}

/// A form whose token was checked.
pub(crate) struct Checked<T>(pub(crate) T);

#[derive(Deserialize)]
struct WithToken<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    form: T,
}

impl<T: DeserializeOwned + Send> FromRequest<App> for Checked<T> {
    type Rejection = PortalError;

    async fn from_request(request: Request, app: &App) -> Result<Self, PortalError> {
        let session = request.extensions().get::<Session>().cloned();
        let session = session.ok_or(PortalError::Forged)?;
        let sent = Form::<WithToken<T>>::from_request(request, app).await;
        let Form(sent) = sent.map_err(|_| PortalError::BadForm)?;
        let token = sessions::token(&session).await?.ok_or(PortalError::Forged)?;
        if !token.is_behind(&sent.csrf) {
            return Err(PortalError::Forged);
        }
        Ok(Self(sent.form))
    }
}

/// Refuses whatever changes something and comes from another site.
pub(crate) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || comes_from_here(request.headers()) {
        return next.run(request).await;
    }
    PortalError::Forged.into_response()
}

/// `Sec-Fetch-Site` counts first: under our own referrer policy browsers send `Origin: null`.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    match (headers.contains_key(header::ORIGIN), text(header::ORIGIN), text(header::HOST)) {
        (true, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        (true, ..) => false,
        // Neither header: no browser of today; the token decides.
        (false, ..) => true,
    }
}

fn random() -> Option<[u8; LEN]> {
    let mut bytes = [0; LEN];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

fn unhex(text: &str) -> Option<[u8; 2 * LEN]> {
    let mut bytes = [0; 2 * LEN];
    if text.len() != 4 * LEN || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_looks_different_each_time_and_is_still_itself() {
        let (token, other) = (Token::draw().unwrap(), Token::draw().unwrap());
        let (first, second) = (token.masked(), token.masked());
        assert_ne!(first, second);
        assert!(token.is_behind(&first) && token.is_behind(&second));
        for wrong in ["", "00", &"0".repeat(4 * LEN), &other.masked(), &"é".repeat(2 * LEN)] {
            assert!(!token.is_behind(wrong), "{wrong}");
        }
    }

    #[test]
    fn forms_of_other_sites_are_known_by_their_headers() {
        let cases: [(&[(&'static str, &'static str)], bool); 7] = [
            (&[], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")], false),
            (&[("origin", "null"), ("host", "127.0.0.1:8080")], false),
        ];
        for (given, want) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, header::HeaderValue::from_static(value));
            }
            assert_eq!(comes_from_here(&headers), want, "{given:?}");
        }
    }
}
