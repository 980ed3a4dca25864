//! The conversion service of the TTP, spoken to over HTTP.

use std::fmt;

use pipeline_identity::{
    AnswerFault, Conversion, ConversionError, PseudonymConversion, StablePseudonym,
    TransitPseudonym,
};
use serde::{Deserialize, Serialize};
use ureq::http::Method;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    BackendSignIn, Clock, FetchError, Patience, Step,
    hosts::Hosts,
    http::{Ask, Http},
    sign_in::SignIn,
};

/// The platform takes so many pseudonyms in one call.
const MOST_IN_A_CALL: usize = 10;
/// What is asked of the place where one signs in, unless the holder was told otherwise.
const SCOPE: &str = "pseudonyms.convert";

/// Converts transit pseudonyms into those of one domain. The front page of this crate has the
/// contract.
pub struct ConversionService<'a> {
    endpoint: &'a Url,
    domain: &'a str,
    http: Http<'a>,
    hosts: Hosts,
    sign_in: Option<SignIn<'a>>,
}

#[derive(Serialize)]
struct Question<'a> {
    domain: &'a str,
    pseudonyms: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    id: String,
    value: &'a str,
}

#[derive(Deserialize)]
struct Answered {
    domain: String,
    results: Vec<ResultLine>,
}

#[derive(Deserialize)]
struct ResultLine {
    id: String,
    status: Status,
    value: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Converted,
    Expired,
    Refused,
}

impl<'a> ConversionService<'a> {
    /// The service at this address, for this domain. A sign-in has to say where to sign in.
    pub fn new(
        endpoint: &'a Url,
        domain: &'a str,
        who: Option<&'a BackendSignIn>,
        patience: Patience,
        clock: &'a dyn Clock,
        software: &str,
    ) -> Result<Self, FetchError> {
        let sign_in = match who {
            Some(who) => {
                let token_url = who.token_url.as_ref().ok_or(FetchError::NoTokenEndpoint)?;
                Some(SignIn::at(who, token_url, SCOPE)?)
            }
            None => None,
        };
        let hosts = Hosts::new(endpoint, &[], false)?;
        Ok(Self { endpoint, domain, http: Http::new(clock, patience, software), hosts, sign_in })
    }

    fn call(&self, pseudonyms: &[TransitPseudonym]) -> Result<Vec<Conversion>, ConversionError> {
        // Ids of this call alone: an answer to another one is recognised.
        let call = u128::from_be_bytes(self.http.clock().chance());
        let id = |place: usize| format!("{call:032x}-{place}");
        let asked = pseudonyms.iter().enumerate();
        let question = Question {
            domain: self.domain,
            pseudonyms: asked
                .map(|(place, pseudonym)| Asked { id: id(place), value: pseudonym.expose() })
                .collect(),
        };
        let not_the_form = |_| ConversionError::BadAnswer(AnswerFault::NotTheForm);
        let body = Zeroizing::new(serde_json::to_string(&question).map_err(not_the_form)?);
        let headers = [("accept", "application/json".to_owned())];
        let ask = Ask {
            method: &Method::POST,
            body: Some(("application/json", &body)),
            ..Ask::get(Step::Conversion, self.endpoint, &headers)
                .among(&self.hosts)
                .signed_in(self.sign_in.as_ref())
        };
        let (_, text) = self.http.whole(&ask).map_err(failed)?;
        let answered: Answered = serde_json::from_str(&text).map_err(not_the_form)?;
        self.read(answered, pseudonyms, id).map_err(ConversionError::BadAnswer)
    }

    /// Believes an answer whole or not at all: a result at the wrong place would give one person the
    /// records of another.
    fn read(
        &self,
        answered: Answered,
        pseudonyms: &[TransitPseudonym],
        id: impl Fn(usize) -> String,
    ) -> Result<Vec<Conversion>, AnswerFault> {
        if answered.domain != self.domain {
            return Err(AnswerFault::OtherDomain);
        }
        if answered.results.len() != pseudonyms.len() {
            return Err(AnswerFault::OtherLength);
        }
        let mut conversions = Vec::with_capacity(pseudonyms.len());
        for (place, result) in answered.results.into_iter().enumerate() {
            if result.id != id(place) {
                return Err(AnswerFault::OtherOrder);
            }
            conversions.push(match (result.status, result.value) {
                (Status::Converted, Some(value)) => {
                    // A pseudonym of an exchange, come back unconverted, would link nothing.
                    let unconverted = value.starts_with("urn:")
                        || pseudonyms.iter().any(|asked| asked.expose() == *value);
                    let stable = StablePseudonym::new(self.domain, &value);
                    let stable = stable.ok().filter(|_| !unconverted);
                    Conversion::Stable(stable.ok_or(AnswerFault::NotStable)?)
                }
                (Status::Expired, None) => Conversion::Expired,
                (Status::Refused, None) => Conversion::Refused,
                _ => return Err(AnswerFault::NotTheForm),
            });
        }
        Ok(conversions)
    }
}

impl PseudonymConversion for ConversionService<'_> {
    fn convert(&self, pseudonyms: &[TransitPseudonym]) -> Result<Vec<Conversion>, ConversionError> {
        let mut conversions = Vec::with_capacity(pseudonyms.len());
        for call in pseudonyms.chunks(MOST_IN_A_CALL) {
            conversions.extend(self.call(call)?);
        }
        Ok(conversions)
    }
}

impl fmt::Debug for ConversionService<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversionService").field("domain", &self.domain).finish_non_exhaustive()
    }
}

fn failed(error: FetchError) -> ConversionError {
    let admitted = !matches!(
        error,
        FetchError::NotAdmitted { .. }
            | FetchError::Key(_)
            | FetchError::Refused { status: 403, .. }
            | FetchError::Refused { step: Step::SignIn, .. }
    );
    if admitted {
        ConversionError::Unavailable(Box::new(error))
    } else {
        ConversionError::NotAdmitted(Box::new(error))
    }
}
