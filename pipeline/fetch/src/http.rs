//! One question over HTTP: signed in, followed through redirects, and asked again while that helps.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing::debug;
use ureq::{
    Agent, Body,
    config::AutoHeaderValue,
    http::{HeaderMap, Method, Request, Response, StatusCode, header, response::Parts},
    tls::{RootCerts, TlsConfig},
};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Clock, Cut, FetchError, Patience, ServerWords, Step, hosts::Hosts, outcome::OperationOutcome,
    pace::retry_after, sign_in::SignIn,
};

pub(crate) type Answer = Response<Body>;

/// What is read of an answer that is no data: enough for any JSON of the protocol.
const LONGEST_ANSWER: u64 = 64 << 20;
/// What is kept of the words of a refusal.
const LONGEST_WORDS: u64 = 64 << 10;
const MOST_REDIRECTS: usize = 5;

/// Asks; holds connections, and counts what had to be asked again.
pub(crate) struct Http<'a> {
    agent: Agent,
    clock: &'a dyn Clock,
    patience: Patience,
    retries: AtomicU64,
}

/// A question.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) step: Step,
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a [(&'static str, String)],
    /// Content type and text.
    pub(crate) body: Option<(&'static str, &'a str)>,
    /// Who may be asked; without it, the address alone.
    pub(crate) hosts: Option<&'a Hosts>,
    /// Whose token to show, at home.
    pub(crate) sign_in: Option<&'a SignIn<'a>>,
    /// Statuses besides 2xx that the asker deals with.
    pub(crate) also: &'a [u16],
    /// Asked once, because the asker asks anew by itself.
    pub(crate) once: bool,
}

impl<'a> Ask<'a> {
    /// A plain GET.
    pub(crate) fn get(step: Step, url: &'a Url, headers: &'a [(&'static str, String)]) -> Self {
        let method = &Method::GET;
        let (body, hosts, sign_in) = (None, None, None);
        Self { step, method, url, headers, body, hosts, sign_in, also: &[], once: false }
    }

    pub(crate) fn among(self, hosts: &'a Hosts) -> Self {
        Self { hosts: Some(hosts), ..self }
    }

    pub(crate) fn signed_in(self, sign_in: Option<&'a SignIn<'a>>) -> Self {
        Self { sign_in, ..self }
    }
}

/// One answer, and which token it was asked with.
struct Heard {
    answer: Result<Answer, Cut>,
    token: Option<u64>,
}

impl<'a> Http<'a> {
    pub(crate) fn new(clock: &'a dyn Clock, patience: Patience, software: &str) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // Followed by hand: each hop has to pass the rules of Hosts.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(software)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_mins(2)))
            .timeout_per_read(Some(Duration::from_mins(1)))
            .build()
            .new_agent();
        Self { agent, clock, patience, retries: AtomicU64::new(0) }
    }

    pub(crate) fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    pub(crate) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// How often something had to be asked again.
    pub(crate) fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Waits before the next try, for as long as was asked for or seems right.
    pub(crate) fn wait_to_retry(&self, tried: u32, asked: Option<Duration>) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        self.clock.wait(self.patience.wait(tried, asked, self.clock.chance()));
    }

    /// Asks until there is an answer, a no, or no patience left.
    pub(crate) fn send(&self, ask: &Ask<'_>) -> Result<Answer, FetchError> {
        let (step, mut tried, mut token_renewed) = (ask.step, 0, false);
        loop {
            let Heard { answer, token } = self.follow(ask)?;
            let last_try = ask.once || tried + 1 >= self.patience.attempts;
            let asked_wait = match answer {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) if ask.also.contains(&answer.status().as_u16()) => return Ok(answer),
                Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => {
                    let (Some(sign_in), Some(token), false) = (ask.sign_in, token, token_renewed)
                    else {
                        return Err(FetchError::NotAdmitted { step });
                    };
                    // A token may end before its time; a second one refused at once is a no.
                    sign_in.forget(token);
                    token_renewed = true;
                    continue;
                }
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    let asked_wait = self.asked_wait(answer.headers());
                    let (outcome, words) = refusal(answer);
                    if !is_transient(status, &outcome) {
                        return Err(no(step, status, &outcome, words));
                    }
                    if last_try {
                        return Err(FetchError::Busy { step, status, attempts: tried + 1 });
                    }
                    debug!(status, "{step}: the server is busy");
                    asked_wait
                }
                Err(cut) if last_try || !cut.may_pass() => {
                    return Err(FetchError::Unreachable { step, cut, attempts: tried + 1 });
                }
                Err(cut) => {
                    debug!("{step}: {cut}");
                    None
                }
            };
            self.wait_to_retry(tried, asked_wait);
            tried += 1;
        }
    }

    /// Asks and reads the answer as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
    ) -> Result<T, FetchError> {
        let (_, text) = self.whole(ask)?;
        serde_json::from_str(&text).map_err(FetchError::bad_answer(ask.step))
    }

    /// Asks and reads the answer to its end; one that breaks off is asked for again.
    pub(crate) fn whole(&self, ask: &Ask<'_>) -> Result<(Parts, Zeroizing<String>), FetchError> {
        let mut tried = 0;
        loop {
            let (parts, body) = self.send(ask)?.into_parts();
            match read(body, LONGEST_ANSWER) {
                Ok(text) => return Ok((parts, text)),
                Err(error) if ask.once || tried + 1 >= self.patience.attempts => {
                    let cut = Cut::Connection(error.kind());
                    return Err(FetchError::Unreachable {
                        step: ask.step,
                        cut,
                        attempts: tried + 1,
                    });
                }
                Err(_) => self.wait_to_retry(tried, None),
            }
            tried += 1;
        }
    }

    /// The wait that an answer asks for.
    pub(crate) fn asked_wait(&self, headers: &HeaderMap) -> Option<Duration> {
        retry_after(headers.get(header::RETRY_AFTER)?.to_str().ok()?, self.clock.now())
    }

    /// One try, through redirects, each of which has to pass the rules.
    fn follow(&self, ask: &Ask<'_>) -> Result<Heard, FetchError> {
        let mut url = ask.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            if let Some(hosts) = ask.hosts {
                hosts.check(&url)?;
            }
            let at_home = ask.hosts.is_none_or(|hosts| hosts.is_home(&url));
            let bearer = match ask.sign_in.filter(|_| at_home) {
                Some(sign_in) => Some(sign_in.bearer(self)?),
                None => None,
            };
            let token = bearer.as_ref().map(|(number, _)| *number);
            let bearer = bearer.as_ref().map(|(_, bearer)| bearer.as_str());
            let answer = self.once(ask, &url, bearer).map_err(|error| Cut::of(&error));
            let next = match &answer {
                Ok(answer) if ask.method == Method::GET => redirect(answer, &url),
                _ => None,
            };
            match next {
                Some(next) => url = next,
                None => return Ok(Heard { answer, token }),
            }
        }
        Err(FetchError::Redirects { step: ask.step })
    }

    fn once(&self, ask: &Ask<'_>, url: &Url, bearer: Option<&str>) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(ask.method).uri(url.as_str());
        for (name, value) in ask.headers {
            request = request.header(*name, value);
        }
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, bearer);
        }
        match ask.body {
            Some((kind, text)) => {
                self.agent.run(request.header(header::CONTENT_TYPE, kind).body(text)?)
            }
            None => self.agent.run(request.body(())?),
        }
    }
}

fn redirect(answer: &Answer, from: &Url) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(answer.headers().get(header::LOCATION)?.to_str().ok()?).ok()
}

fn refusal(answer: Answer) -> (OperationOutcome, ServerWords) {
    let words = read(answer.into_body(), LONGEST_WORDS).unwrap_or_default();
    (OperationOutcome::in_text(&words), ServerWords(words.to_string()))
}

fn read(body: Body, longest: u64) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::new());
    body.into_reader().take(longest).read_to_end(&mut bytes)?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// May the same question be answered later? Busy gateways say so by their status, FHIR servers by
/// the code of an outcome; any other error stays one.
fn is_transient(status: u16, outcome: &OperationOutcome) -> bool {
    matches!(status, 408 | 429 | 502..=504) || (status >= 500 && outcome.is_transient())
}

fn no(step: Step, status: u16, outcome: &OperationOutcome, words: ServerWords) -> FetchError {
    match (step, status) {
        (Step::Poll | Step::Download, 404 | 410) => FetchError::Expired { step, status },
        _ => FetchError::Refused { step, status, codes: outcome.codes(), words },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let outcome = |code: &str| {
            OperationOutcome::in_text(&format!(
                r#"{{"issue":[{{"severity":"error","code":"{code}"}}]}}"#
            ))
        };
        let cases = [
            (429, "throttled", true),
            (503, "", true),
            (502, "", true),
            (408, "", true),
            (500, "transient", true),
            (500, "timeout", true),
            (500, "exception", false),
            (500, "", false),
            (501, "not-supported", false),
            (400, "transient", false),
            (404, "", false),
        ];
        for (status, code, want) in cases {
            assert_eq!(is_transient(status, &outcome(code)), want, "{status} {code}");
        }
    }
}
