//! The files of published releases, and nothing else.

use axum::{
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use opendal::{EntryMode, Operator};
use pipeline_domain::ReleaseId;

use crate::{error::PortalError, router::App};

/// A file of a release package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) kind: &'static str,
}

/// Sends one file of a published release.
pub(crate) async fn download(
    State(app): State<App>,
    Path((release, name)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let release: ReleaseId = release.parse().map_err(|_| PortalError::NotFound)?;
    let published = app.store.release(release).await?.and_then(|found| found.published_at());
    published.ok_or(PortalError::NotFound)?;
    // The name is only ever compared with names that are there, never made into a path.
    let listed = files(&app.releases, release).await?;
    let file = listed.into_iter().find(|file| file.name == name).ok_or(PortalError::NotFound)?;
    let path = format!("{release}/{}", file.name);
    let stream = app.releases.reader(&path).await?.into_bytes_stream(..).await?;
    Ok((about(&file), Body::from_stream(stream)).into_response())
}

/// The files of a release, in the order people want them.
pub(crate) async fn files(
    releases: &Operator,
    release: ReleaseId,
) -> Result<Vec<PackageFile>, PortalError> {
    let folder = format!("{release}/");
    let mut files = Vec::new();
    for entry in releases.list(&folder).await? {
        let name = entry.name();
        let Some(kind) = kind(name) else { continue };
        let path = format!("{folder}{name}");
        let found = releases.stat(&path).await?;
        if found.mode() == EntryMode::FILE {
            files.push(PackageFile { name: name.to_owned(), bytes: found.content_length(), kind });
        }
    }
    files.sort_by_key(|file| (rank(&file.name), file.name.clone()));
    Ok(files)
}

/// The media type of a name that may be served; names with anything unusual may not.
pub(crate) fn kind(name: &str) -> Option<&'static str> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !plain || name.starts_with('.') {
        return None;
    }
    match name.rsplit_once('.')?.1 {
        "csv" => Some("text/csv; charset=utf-8"),
        "parquet" => Some("application/vnd.apache.parquet"),
        "json" => Some("application/json"),
        "jsonld" => Some("application/ld+json"),
        "ttl" => Some("text/turtle; charset=utf-8"),
        "html" => Some("text/html; charset=utf-8"),
        "txt" | "md" | "toml" => Some("text/plain; charset=utf-8"),
        "sig" | "pub" => Some("application/octet-stream"),
        _ => None,
    }
}

fn about(file: &PackageFile) -> [(header::HeaderName, String); 3] {
    [
        (header::CONTENT_TYPE, file.kind.to_owned()),
        // The name stays as it is in the manifest, or the package would not verify.
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
        (header::CACHE_CONTROL, "public, no-cache".to_owned()),
    ]
}

fn rank(name: &str) -> u8 {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => 0,
        Some("parquet") => 1,
        Some("json" | "jsonld") => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_known_kinds_are_served() {
        for name in [
            "table.csv",
            "table.parquet",
            "manifest.json",
            "manifest.json.sig",
            "report.html",
            "rules.toml",
        ] {
            assert!(kind(name).is_some(), "{name}");
        }
        let refused = ["../portal.sqlite", "..", ".csv", "a/b.csv", "a\\b.csv", "csv", "a b.csv"];
        for name in refused {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
