//! The bare address: on to the reader's language.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use pipeline_domain::Language;

use crate::routes;

/// Sends the reader to the home page in the language their browser asks for.
pub(crate) async fn root(headers: HeaderMap) -> Response {
    let mut response = Redirect::to(&routes::home(preferred(&headers))).into_response();
    let varies = HeaderValue::from_static("accept-language");
    response.headers_mut().insert(header::VARY, varies);
    response
}

/// The language with the highest weight in `Accept-Language`, the first among equals (RFC 9110,
/// 12.5.4); English where none is ours.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut best = (0, Language::En);
    for range in accepted.unwrap_or_default().split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_lowercase();
        let Ok(language) = primary.parse() else { continue };
        let weight = weight(parameters);
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

/// In thousandths; a weight that cannot be read counts as none.
fn weight(parameters: &str) -> u16 {
    let Some(text) = parameters.trim().strip_prefix("q=") else { return 1000 };
    match text.split_once('.') {
        None => text.parse::<u16>().map_or(0, |whole| whole.min(1) * 1000),
        Some(("1", _)) => 1000,
        Some((_, digits)) => format!("{digits:0<3}").parse::<u16>().unwrap_or(0).min(1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_wish_among_our_languages_counts() {
        let cases = [
            ("nl-BE,nl;q=0.9,en;q=0.8", Language::Nl),
            ("es, fr-CA;q=0.3, de;q=0.7", Language::De),
            ("en;q=0.1, fr", Language::Fr),
            ("nl;q=0, fr;q=0.001", Language::Fr),
            ("es", Language::En),
            ("", Language::En),
            ("nl;q=nonsense", Language::En),
        ];
        for (accepted, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            assert_eq!(preferred(&headers), want, "{accepted}");
        }
    }
}
