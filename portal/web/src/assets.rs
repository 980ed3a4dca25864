//! Style and emblem, inside the binary, under an address that changes with their content.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use rust_embed::{Embed, EmbeddedFile};

use crate::error::PortalError;

#[derive(Embed)]
#[folder = "static/"]
struct Assets;

/// The address of a file.
pub(crate) fn address(name: &str) -> String {
    let mark = Assets::get(name).map(|file| mark(&file)).unwrap_or_default();
    format!("/static/{mark}/{name}")
}

/// Sends a file; it may be kept for ever, for other content has another address.
pub(crate) async fn asset(
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let file = Assets::get(&name).filter(|file| mark(file) == hash);
    let file = file.ok_or(PortalError::NotFound)?;
    let tag = format!("\"{hash}\"");
    let kept = headers.get(header::IF_NONE_MATCH).is_some_and(|held| *held == tag);
    let about = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
    ];
    if kept {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    Ok((about, file.data).into_response())
}

/// Where browsers look when no page told them.
pub(crate) async fn favicon() -> Redirect {
    Redirect::permanent(&address("emblem.svg"))
}

fn mark(file: &EmbeddedFile) -> String {
    use std::fmt::Write as _;

    file.metadata.sha256_hash().iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
