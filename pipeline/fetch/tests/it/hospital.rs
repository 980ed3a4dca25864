//! A FHIR server with one export in it, and a drawer full of ways to go wrong.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io::Write,
    sync::{Arc, Mutex},
};

use flate2::{Compression, write::GzEncoder};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::{
    stand_in::{Reply, Seen, StandIn},
    support::NOW,
};

pub(crate) const TRANSACTION_TIME: &str = "2026-11-25T17:00:00.000+01:00";
pub(crate) const CLIENT: &str = "hda-holder";

/// A file of the export.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) kind: &'static str,
    pub(crate) resource_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) count: Value,
}

/// How the server is, and is not.
#[expect(clippy::struct_excessive_bools, reason = "each is a habit some servers have")]
#[derive(Clone)]
pub(crate) struct Hospital {
    pub(crate) files: Vec<Served>,
    /// So many answers of 202 before the manifest.
    pub(crate) polls: usize,
    /// Which the 202 carry.
    pub(crate) retry_after: Option<String>,
    /// So many manifests, each leading to the next.
    pub(crate) manifests: usize,
    pub(crate) gzip: bool,
    pub(crate) ranges: bool,
    pub(crate) etags: bool,
    /// Says how long a file is?
    pub(crate) lengths: bool,
    /// Cuts each answer of a file after so many bytes.
    pub(crate) cut_at: Option<usize>,
    /// Stands before the addresses in the manifest; else its own.
    pub(crate) files_at: Option<String>,
    /// Wants a token, which works so many times.
    pub(crate) token_uses: Option<usize>,
    /// From this one on, tokens work without end.
    pub(crate) lasting_token: usize,
    pub(crate) token_life: u64,
    pub(crate) old_scopes: bool,
    /// Answers given first to requests whose target starts like this.
    pub(crate) first: HashMap<&'static str, VecDeque<Reply>>,
}

#[derive(Default)]
struct Desk {
    polls: usize,
    tokens: HashMap<String, usize>,
    given: usize,
    assertions: HashSet<String>,
    first: HashMap<&'static str, VecDeque<Reply>>,
}

impl Hospital {
    pub(crate) fn new(files: Vec<Served>) -> Self {
        Self {
            files,
            polls: 2,
            retry_after: None,
            manifests: 1,
            gzip: false,
            ranges: true,
            etags: true,
            lengths: true,
            cut_at: None,
            files_at: None,
            token_uses: None,
            lasting_token: usize::MAX,
            token_life: 300,
            old_scopes: false,
            first: HashMap::new(),
        }
    }

    /// Three Patients, 900 Immunizations in two files.
    pub(crate) fn usual() -> Self {
        Self::new(vec![
            served("Patient", 0..3),
            served("Immunization", 0..500),
            served("Immunization", 500..900),
        ])
    }

    pub(crate) fn first(mut self, target: &'static str, replies: impl Into<Vec<Reply>>) -> Self {
        self.first.entry(target).or_default().extend(replies.into());
        self
    }

    pub(crate) fn start(self) -> StandIn {
        let desk = Mutex::new(Desk { first: self.first.clone(), ..Desk::default() });
        let hospital = Arc::new(self);
        StandIn::start(move |request| hospital.answer(request, &desk))
    }

    fn answer(&self, request: &Seen, desk: &Mutex<Desk>) -> Reply {
        let mut desk = desk.lock().unwrap();
        let waiting =
            desk.first.iter_mut().find(|(target, _)| request.target.starts_with(**target));
        if let Some(reply) = waiting.and_then(|(_, replies)| replies.pop_front()) {
            return reply;
        }
        match (request.method.as_str(), request.path()) {
            ("GET", "/r4/.well-known/smart-configuration") => self.configuration(request),
            ("POST", "/token") => self.token(request, &mut desk),
            _ if !self.lets_in(request, &mut desk) => outcome(401, "login"),
            ("GET" | "POST", path) if path.ends_with("/$export") => {
                assert_eq!(request.header("prefer"), Some("respond-async"));
                assert_eq!(request.header("accept"), Some("application/fhir+json"));
                desk.polls = 0;
                Reply::new(202, "").with("Content-Location", "/status/1")
            }
            ("GET", "/status/1") => self.status(request, &mut desk),
            ("DELETE", "/status/1") => Reply::new(202, ""),
            ("GET", path) if path.starts_with("/files/") => {
                let place: usize = path["/files/".len()..].parse().unwrap();
                drop(desk);
                self.file(request, &self.files[place])
            }
            _ => outcome(404, "not-found"),
        }
    }

    fn configuration(&self, request: &Seen) -> Reply {
        let host = request.header("host").unwrap();
        let permission = if self.old_scopes { "permission-v1" } else { "permission-v2" };
        let configuration = json!({
            "token_endpoint": format!("http://{host}/token"),
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "capabilities": ["client-confidential-asymmetric", permission],
        });
        Reply::new(200, configuration.to_string())
    }

    /// Holds an assertion to all that SMART asks of it.
    fn token(&self, request: &Seen, desk: &mut Desk) -> Reply {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        assert_eq!(form["grant_type"], "client_credentials");
        assert!(form["client_assertion_type"].ends_with(":jwt-bearer"));
        let mut validation = Validation::new(Algorithm::ES384);
        validation.validate_exp = false;
        validation.set_audience(&[format!("http://{}/token", request.header("host").unwrap())]);
        let key = DecodingKey::from_ec_pem(include_bytes!("test-keys/p384-public.pem")).unwrap();
        let assertion =
            jsonwebtoken::decode::<Value>(&form["client_assertion"], &key, &validation).unwrap();
        assert_eq!(assertion.header.kid.as_deref(), Some("ec-1"));
        let claims = assertion.claims;
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert!((1..=300).contains(&life), "{life}");
        assert!(claims["iat"].as_i64().unwrap() >= NOW.unix_timestamp());
        let name = claims["jti"].as_str().unwrap().to_owned();
        assert!(desk.assertions.insert(name), "an assertion was used twice");

        desk.given += 1;
        let token = format!("secret-token-{}", desk.given);
        let uses = self.token_uses.filter(|_| desk.given < self.lasting_token);
        desk.tokens.insert(token.clone(), uses.unwrap_or(usize::MAX));
        let answer = json!({
            "access_token": token, "token_type": "bearer", "expires_in": self.token_life,
            "scope": form["scope"],
        });
        Reply::new(200, answer.to_string())
    }

    fn lets_in(&self, request: &Seen, desk: &mut Desk) -> bool {
        if self.token_uses.is_none() {
            assert_eq!(request.header("authorization"), None);
            return true;
        }
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(left) = token.and_then(|token| desk.tokens.get_mut(token)) else { return false };
        let good = *left > 0;
        *left = left.saturating_sub(1);
        good
    }

    fn status(&self, request: &Seen, desk: &mut Desk) -> Reply {
        desk.polls += 1;
        if desk.polls <= self.polls {
            let reply = Reply::new(202, "").with("X-Progress", "half of 93051822361");
            return match &self.retry_after {
                Some(after) => reply.with("Retry-After", after),
                None => reply,
            };
        }
        let page: usize = match request.target.split_once("?page=") {
            Some((_, page)) => page.parse().unwrap(),
            None => 0,
        };
        let host = format!("http://{}", request.header("host").unwrap());
        let files_at = self.files_at.as_ref().unwrap_or(&host);
        let of = |kind: &str| -> Vec<Value> {
            let files = self.files.iter().enumerate();
            files
                .filter(|(place, file)| file.kind == kind && place % self.manifests == page)
                .map(|(place, file)| {
                    json!({ "type": file.resource_type, "count": file.count,
                            "url": format!("{files_at}/files/{place}") })
                })
                .collect()
        };
        let mut manifest = json!({
            "transactionTime": TRANSACTION_TIME, "request": "x",
            "requiresAccessToken": self.token_uses.is_some(),
            "output": of("output"), "deleted": of("deleted"), "error": of("error"),
        });
        if page + 1 < self.manifests {
            let next = format!("/status/1?page={}", page + 1);
            manifest["link"] = json!([{ "relation": "next", "url": next }]);
        }
        Reply::new(200, manifest.to_string()).with("Expires", "Thu, 26 Nov 2026 12:00:00 GMT")
    }

    fn file(&self, request: &Seen, file: &Served) -> Reply {
        serve_file(self, request, &file.body)
    }
}

pub(crate) fn serve_file(hospital: &Hospital, request: &Seen, body: &[u8]) -> Reply {
    let etag = format!("\"{}\"", body.len());
    let range = request.header("range").filter(|_| hospital.ranges);
    let range = range.filter(|_| request.header("if-range").is_none_or(|known| known == etag));
    let start = range.map(|range| {
        range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse::<usize>().unwrap()
    });
    let mut reply = match start {
        Some(start) if start >= body.len() => {
            return Reply::new(416, "").with("Content-Range", format!("bytes */{}", body.len()));
        }
        Some(start) => Reply::new(206, &body[start..])
            .with("Content-Range", format!("bytes {start}-{}/{}", body.len() - 1, body.len())),
        None if hospital.gzip && request.header("accept-encoding") == Some("gzip") => {
            Reply::new(200, gzip(body)).with("Content-Encoding", "gzip")
        }
        None => Reply::new(200, body),
    };
    if hospital.etags {
        reply = reply.with("ETag", etag);
    }
    reply.length = hospital.lengths;
    reply.cut_at = hospital.cut_at;
    reply
}

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

pub(crate) fn served(resource_type: &'static str, ids: std::ops::Range<usize>) -> Served {
    let count = json!(ids.len());
    Served { kind: "output", resource_type, body: ndjson(resource_type, ids), count }
}

pub(crate) fn ndjson(resource_type: &str, ids: std::ops::Range<usize>) -> Vec<u8> {
    let line = |id| {
        format!(
            "{{\"resourceType\":\"{resource_type}\",\"id\":\"{id}\",\"x\":\"é{}\"}}\n",
            id * 7919
        )
    };
    ids.map(line).collect::<String>().into_bytes()
}

/// An answer with an `OperationOutcome`, whose words must show nowhere.
pub(crate) fn outcome(status: u16, code: &str) -> Reply {
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [
        { "severity": "error", "code": code, "diagnostics": "patient 93051822361 is locked" } ] });
    Reply::new(status, outcome.to_string())
}
