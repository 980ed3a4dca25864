//! Where files lie: a path, or a URI that OpenDAL can open.

use std::{fmt, str::FromStr};

use url::Url;

/// A folder on this machine, in an S3-compatible object store, or in memory.
///
/// Written as a path (`lake`, `/srv/hda/lake`), `file:///srv/hda/lake`,
/// `s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu-west-1`, or `memory:`.
/// Credentials for S3 come from the usual `AWS_*` variables and never stand in a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(pub(crate) Place);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Folder(String),
    S3 { bucket: String, prefix: String, endpoint: Option<String>, region: Option<String> },
    Memory,
}

/// Why a text is no location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Nothing was given.
    #[error("the location is empty")]
    Empty,
    /// The URI cannot be parsed.
    #[error("the location is not a URI this system can read")]
    NotAUri,
    /// The scheme is none of file, s3 and memory.
    #[error("locations are paths or URIs with file:, s3: or memory:, not {0}:")]
    UnknownScheme(String),
    /// A secret stands in the URI.
    #[error(
        "credentials do not belong in a location; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    HoldsCredentials,
    /// An S3 URI without a bucket.
    #[error("an S3 location names its bucket, like s3://bucket/prefix")]
    NoBucket,
}

impl Location {
    /// The location of a folder inside this one.
    #[must_use]
    pub fn join(&self, folder: &str) -> Self {
        let inside = |base: &str| format!("{}/{folder}", base.trim_end_matches('/'));
        Self(match &self.0 {
            Place::Folder(path) => Place::Folder(inside(path)),
            Place::S3 { bucket, prefix, endpoint, region } => Place::S3 {
                bucket: bucket.clone(),
                prefix: inside(prefix),
                endpoint: endpoint.clone(),
                region: region.clone(),
            },
            Place::Memory => Place::Memory,
        })
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        let Some((scheme, rest)) = text.split_once(':') else {
            return Ok(Self(Place::Folder(text.to_owned())));
        };
        // A path may hold a colon; a scheme is at least two letters and holds no slash.
        if scheme.len() < 2 || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(Self(Place::Folder(text.to_owned())));
        }
        match scheme {
            "file" => Ok(Self(Place::Folder(rest.strip_prefix("//").unwrap_or(rest).to_owned()))),
            "memory" => Ok(Self(Place::Memory)),
            "s3" => s3(text).map(Self),
            _ => Err(LocationError::UnknownScheme(scheme.to_owned())),
        }
    }
}

fn s3(text: &str) -> Result<Place, LocationError> {
    let uri = Url::parse(text).map_err(|_| LocationError::NotAUri)?;
    if !uri.username().is_empty() || uri.password().is_some() {
        return Err(LocationError::HoldsCredentials);
    }
    let option = |name: &str| {
        uri.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    Ok(Place::S3 {
        bucket: uri.host_str().ok_or(LocationError::NoBucket)?.to_owned(),
        prefix: uri.path().to_owned(),
        endpoint: option("endpoint"),
        region: option("region"),
    })
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Folder(path) => f.write_str(path),
            Place::S3 { bucket, prefix, .. } => write!(f, "s3://{bucket}{prefix}"),
            Place::Memory => f.write_str("memory:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_or_a_uri() {
        let folder = |path: &str| Ok(Place::Folder(path.to_owned()));
        let s3 = |prefix: &str, endpoint: Option<&str>| {
            Ok(Place::S3 {
                bucket: "lake".to_owned(),
                prefix: prefix.to_owned(),
                endpoint: endpoint.map(str::to_owned),
                region: None,
            })
        };
        let cases = [
            ("lake", folder("lake")),
            ("/srv/hda/lake", folder("/srv/hda/lake")),
            ("./a:b", folder("./a:b")),
            ("file:///srv/lake", folder("/srv/lake")),
            ("memory:", Ok(Place::Memory)),
            ("s3://lake/v1", s3("/v1", None)),
            (
                "s3://lake/v1?endpoint=http://127.0.0.1:9000",
                s3("/v1", Some("http://127.0.0.1:9000")),
            ),
            ("s3://key:secret@lake/v1", Err(LocationError::HoldsCredentials)),
            ("ftp://lake", Err(LocationError::UnknownScheme("ftp".to_owned()))),
            ("", Err(LocationError::Empty)),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<Location>().map(|location| location.0), want, "{text}");
        }
    }
}
