//! SMART Backend Services: a signed assertion in exchange for a token that ends soon.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use ureq::http::Method;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::{
    FetchError, SigningKey, Step,
    hosts::Hosts,
    http::{Ask, Http},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// SMART allows five minutes; a clock that is a little fast still stays within.
const ASSERTION_LIFE: Duration = Duration::from_mins(4);
/// What a token lives for where the server does not say.
const TOKEN_LIFE: u64 = 300;

/// Who we are to the server, and how we prove it.
#[derive(Debug)]
pub struct BackendSignIn {
    /// The client that its operator registered.
    pub client_id: String,
    /// The key whose public half the operator has.
    pub key: SigningKey,
    /// Where to sign in; else the server says.
    pub token_url: Option<Url>,
    /// What to ask for; else what the export needs.
    pub scope: Option<String>,
}

/// A sign-in at one server, with the token it gave.
pub(crate) struct SignIn<'a> {
    who: &'a BackendSignIn,
    token_url: Url,
    scope: String,
    token: Mutex<Tokens>,
}

impl fmt::Debug for SignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn(hidden)")
    }
}

#[derive(Default)]
struct Tokens {
    /// How many there have been; names the present one.
    given: u64,
    present: Option<(Zeroizing<String>, OffsetDateTime)>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

/// What matters here of `.well-known/smart-configuration`.
#[derive(Debug, Deserialize)]
struct SmartConfiguration {
    token_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    capabilities: Vec<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
    expires_in: Option<u64>,
}

impl<'a> SignIn<'a> {
    /// Learns where to sign in and what to ask for. `types` are the resource types of the export;
    /// none means all.
    pub(crate) fn discover(
        who: &'a BackendSignIn,
        http: &Http<'_>,
        hosts: &Hosts,
        server: &Url,
        types: &[String],
    ) -> Result<Self, FetchError> {
        let (token_url, old_scopes) = match &who.token_url {
            Some(url) => (url.clone(), false),
            None => read_configuration(who, http, hosts, server)?,
        };
        hosts.check_sign_in(&token_url)?;
        let scope = who.scope.clone().unwrap_or_else(|| scope(types, old_scopes));
        Ok(Self { who, token_url, scope, token: Mutex::default() })
    }

    /// Signs in at a place that is known.
    pub(crate) fn at(
        who: &'a BackendSignIn,
        token_url: &Url,
        scope: &str,
    ) -> Result<Self, FetchError> {
        Hosts::new(token_url, &[], false)?;
        let scope = who.scope.clone().unwrap_or_else(|| scope.to_owned());
        Ok(Self { who, token_url: token_url.clone(), scope, token: Mutex::default() })
    }

    /// The value of the header, and which token it is. Signs in where there is none or it ends soon.
    pub(crate) fn bearer(&self, http: &Http<'_>) -> Result<(u64, Zeroizing<String>), FetchError> {
        // Held while signing in: the other downloads wait for the one token instead of asking for
        // one each.
        let mut tokens = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let now = http.clock().now();
        if let Some((bearer, until)) = &tokens.present
            && now < *until
        {
            return Ok((tokens.given, bearer.clone()));
        }
        let answer = self.ask_patiently(http)?;
        let life = Duration::from_secs(answer.expires_in.unwrap_or(TOKEN_LIFE));
        // Renewed before it ends: a tenth of its life, a minute at most, is kept in hand.
        let until = now + life - (life / 10).min(Duration::from_mins(1));
        let bearer = Zeroizing::new(format!("Bearer {}", *answer.access_token));
        tokens.given += 1;
        tokens.present = Some((bearer.clone(), until));
        Ok((tokens.given, bearer))
    }

    /// Drops this token, unless another download has replaced it already.
    pub(crate) fn forget(&self, token: u64) {
        let mut tokens = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.given == token {
            tokens.present = None;
        }
    }

    /// Each try has an assertion of its own: a server takes none twice.
    fn ask_patiently(&self, http: &Http<'_>) -> Result<TokenAnswer, FetchError> {
        let mut tried = 0;
        loop {
            match self.ask(http) {
                Err(error) if error.may_pass() && tried + 1 < http.patience().attempts => {
                    http.wait_to_retry(tried, None);
                    tried += 1;
                }
                answer => return answer,
            }
        }
    }

    fn ask(&self, http: &Http<'_>) -> Result<TokenAnswer, FetchError> {
        let now = http.clock().now();
        let client = self.who.client_id.as_str();
        let assertion = self.who.key.sign(&Claims {
            iss: client,
            sub: client,
            aud: self.token_url.as_str(),
            iat: now.unix_timestamp(),
            exp: (now + ASSERTION_LIFE).unix_timestamp(),
            jti: u128::from_be_bytes(http.clock().chance()).to_string(),
        })?;
        let form = Zeroizing::new(
            form_urlencoded::Serializer::new(String::new())
                .append_pair("grant_type", "client_credentials")
                .append_pair("scope", &self.scope)
                .append_pair("client_assertion_type", ASSERTION_TYPE)
                .append_pair("client_assertion", &assertion)
                .finish(),
        );
        let headers = [("accept", "application/json".to_owned())];
        http.json(&Ask {
            method: &Method::POST,
            body: Some(("application/x-www-form-urlencoded", &form)),
            once: true,
            ..Ask::get(Step::SignIn, &self.token_url, &headers)
        })
    }
}

/// Where to sign in, and whether the server knows only the scopes of SMART 1.
fn read_configuration(
    who: &BackendSignIn,
    http: &Http<'_>,
    hosts: &Hosts,
    server: &Url,
) -> Result<(Url, bool), FetchError> {
    let url = below(server, ".well-known/smart-configuration");
    let headers = [("accept", "application/json".to_owned())];
    let found: SmartConfiguration =
        http.json(&Ask::get(Step::Discovery, &url, &headers).among(hosts))?;
    let algorithms = &found.token_endpoint_auth_signing_alg_values_supported;
    let ours = who.key.algorithm();
    if !algorithms.is_empty() && !algorithms.iter().any(|algorithm| algorithm == ours) {
        return Err(FetchError::OtherAlgorithm { algorithm: ours });
    }
    let endpoint = found.token_endpoint.ok_or(FetchError::NoTokenEndpoint)?;
    let endpoint = url.join(&endpoint).map_err(|_| FetchError::NoTokenEndpoint)?;
    let can = |what: &str| found.capabilities.iter().any(|capability| capability == what);
    Ok((endpoint, can("permission-v1") && !can("permission-v2")))
}

/// An address below a base, whether that ends in a slash or not.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

fn scope(types: &[String], old: bool) -> String {
    let right = if old { "read" } else { "rs" };
    if types.is_empty() {
        return format!("system/*.{right}");
    }
    let scopes: Vec<String> = types.iter().map(|name| format!("system/{name}.{right}")).collect();
    scopes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_what_the_export_needs_and_no_more() {
        let types = ["Patient".to_owned(), "Immunization".to_owned()];
        assert_eq!(scope(&types, false), "system/Patient.rs system/Immunization.rs");
        assert_eq!(scope(&types, true), "system/Patient.read system/Immunization.read");
        assert_eq!(scope(&[], false), "system/*.rs");
    }

    #[test]
    fn addresses_below_a_base_keep_its_path() {
        for base in ["https://x.example/r4", "https://x.example/r4/", "https://x.example/r4?a=b#c"]
        {
            let url = below(&base.parse().unwrap(), "Patient/$export");
            assert_eq!(url.as_str(), "https://x.example/r4/Patient/$export");
        }
    }
}
