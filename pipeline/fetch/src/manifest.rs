//! The manifest of an export: what the server says is there.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{
    FetchError, Step,
    request::{is_instant, is_type},
    state::{FileKind, RemoteFile},
};

/// A manifest as the server writes it. Fields that other versions of the standard have are skipped.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    transaction_time: Option<String>,
    #[serde(default)]
    requires_access_token: bool,
    #[serde(default)]
    output: Vec<Item>,
    #[serde(default)]
    deleted: Vec<Item>,
    #[serde(default)]
    error: Vec<Item>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Item {
    #[serde(rename = "type")]
    resource_type: Option<String>,
    url: String,
    /// Not always a number, though it should be; one that is none counts nothing.
    count: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Link {
    relation: String,
    url: String,
}

/// One manifest, read: its files in order, and where the next one is.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) transaction_time: String,
    pub(crate) files: Vec<RemoteFile>,
    pub(crate) next: Option<Url>,
}

impl Manifest {
    /// Reads a manifest that came from this address, against which its own addresses stand, and whose
    /// files go at this second.
    pub(crate) fn read(text: &str, from: &Url, expires: Option<i64>) -> Result<Self, FetchError> {
        let written: Written =
            serde_json::from_str(text).map_err(FetchError::bad_answer(Step::Poll))?;
        let transaction_time = written
            .transaction_time
            .filter(|instant| is_instant(instant))
            .ok_or(FetchError::BadTransactionTime)?;
        let mut files = Vec::new();
        for (kind, items, usual_type) in [
            (FileKind::Output, written.output, None),
            (FileKind::Deleted, written.deleted, Some("Bundle")),
            (FileKind::Error, written.error, Some("OperationOutcome")),
        ] {
            for item in items {
                let named = item.resource_type.as_deref().or(usual_type);
                let resource_type = named.filter(|name| is_type(name));
                files.push(RemoteFile {
                    kind,
                    resource_type: resource_type.ok_or(FetchError::BadResourceType)?.to_owned(),
                    url: from.join(&item.url).map_err(|_| FetchError::NotHttp)?,
                    count: item.count.and_then(|count| count.as_u64()),
                    needs_token: written.requires_access_token,
                    expires,
                });
            }
        }
        let next = written.link.into_iter().find(|link| link.relation == "next");
        let next = next.map(|link| from.join(&link.url)).transpose();
        Ok(Self { transaction_time, files, next: next.map_err(|_| FetchError::NotHttp)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Manifest, FetchError> {
        Manifest::read(text, &"https://fhir.example/jobs/1".parse().unwrap(), None)
    }

    #[test]
    fn a_manifest_is_read_with_its_addresses_made_whole() {
        let manifest = read(
            r#"{"transactionTime":"2026-11-25T18:00:00.123+01:00","request":"x","requiresAccessToken":true,
                "outputOrganizedBy":"","output":[{"type":"Patient","url":"/files/1","count":7},
                {"type":"Patient","url":"https://x.example/2","count":"many"}],
                "deleted":[{"type":"Bundle","url":"d"}],"error":[{"url":"e"}],
                "link":[{"relation":"self","url":"s"},{"relation":"next","url":"../jobs/1?page=2"}]}"#,
        )
        .unwrap();
        let files: Vec<_> = manifest
            .files
            .iter()
            .map(|file| (file.kind, file.resource_type.as_str(), file.url.as_str(), file.count))
            .collect();
        assert_eq!(
            files,
            [
                (FileKind::Output, "Patient", "https://fhir.example/files/1", Some(7)),
                (FileKind::Output, "Patient", "https://x.example/2", None),
                (FileKind::Deleted, "Bundle", "https://fhir.example/jobs/d", None),
                (FileKind::Error, "OperationOutcome", "https://fhir.example/jobs/e", None),
            ]
        );
        assert!(manifest.files.iter().all(|file| file.needs_token));
        assert_eq!(manifest.next.unwrap().as_str(), "https://fhir.example/jobs/1?page=2");
    }

    #[test]
    fn a_manifest_that_could_do_harm_is_refused() {
        let with = |item: &str| {
            format!(r#"{{"transactionTime":"2026-11-25T18:00:00Z","output":[{item}]}}"#)
        };
        let cases = [
            ("not json".to_owned(), "not what the standard asks for"),
            ("{}".to_owned(), "transactionTime"),
            (r#"{"transactionTime":"today"}"#.to_owned(), "transactionTime"),
            (with(r#"{"type":"../../etc/passwd","url":"x"}"#), "resource type"),
            (with(r#"{"type":".errors","url":"x"}"#), "resource type"),
            (with(r#"{"url":"x"}"#), "resource type"),
            (with(r#"{"type":"Patient","url":"http://["}"#), "http"),
        ];
        for (text, want) in cases {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(text in r#"[{}\[\]",:a-zA-Z0-9/.]{0,80}"#) {
            let _ = read(&text);
        }
    }
}
