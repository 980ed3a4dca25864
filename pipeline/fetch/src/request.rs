//! What is asked of a server: for whom, which types, since when.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::{FetchError, sign_in::below};

/// Longer addresses are cut by some servers and proxies; the same is then posted.
const LONGEST_ADDRESS: usize = 2_000;
const NDJSON: &str = "application/fhir+ndjson";

/// Whose records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// All that the server has, records of no patient too.
    #[default]
    System,
    /// Of all patients.
    Patients,
    /// Of the patients of a group.
    Group(String),
}

/// From which moment on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// All there is.
    #[default]
    Beginning,
    /// What changed since the last whole run with the same options; all where there was none.
    Last,
    /// What changed since this instant, as FHIR writes it.
    Instant(String),
}

/// What to ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// Whose records.
    pub level: Level,
    /// The resource types; none means all.
    pub types: Vec<String>,
    /// From which moment on.
    pub since: Since,
    /// Searches that narrow a type, like `MedicationRequest?status=active`.
    pub type_filters: Vec<String>,
    /// The elements to send; none means all.
    pub elements: Vec<String>,
    /// May the server split its answer over several manifests, the first before all is ready?
    pub partial_manifests: bool,
}

/// The question that starts an export.
#[derive(Debug, PartialEq)]
pub(crate) struct KickOff {
    pub(crate) url: Url,
    /// Posted where the address would be too long.
    pub(crate) body: Option<String>,
}

impl ExportRequest {
    /// Refuses what no server could answer, before one is asked.
    pub(crate) fn check(&self) -> Result<(), FetchError> {
        if let Level::Group(id) = &self.level
            && (!(1..=64).contains(&id.len())
                || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)))
        {
            return Err(FetchError::BadRequest("the group", "an id has letters, digits, - and ."));
        }
        if !self.types.iter().all(|name| is_type(name)) {
            return Err(FetchError::BadRequest("a type", "it is a name like Immunization"));
        }
        let filters_a_type =
            |filter: &String| filter.split_once('?').is_some_and(|(name, _)| is_type(name));
        if !self.type_filters.iter().all(filters_a_type) {
            return Err(FetchError::BadRequest(
                "a type filter",
                "it reads like Type?parameter=value",
            ));
        }
        if let Since::Instant(instant) = &self.since
            && !is_instant(instant)
        {
            return Err(FetchError::BadRequest("since", "it reads like 2026-11-25T18:00:00Z"));
        }
        Ok(())
    }

    /// Is it the same question, whenever it begins?
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let timeless = |request: &Self| Self { since: Since::Beginning, ..request.clone() };
        timeless(self) == timeless(other)
    }

    pub(crate) fn kick_off(&self, server: &Url, since: Option<&str>) -> KickOff {
        let mut url = match &self.level {
            Level::System => below(server, "$export"),
            Level::Patients => below(server, "Patient/$export"),
            Level::Group(id) => below(server, &format!("Group/{id}/$export")),
        };
        let parameters = self.parameters(since);
        let mut with_query = url.clone();
        with_query
            .query_pairs_mut()
            .extend_pairs(parameters.iter().map(|(name, value)| (*name, as_text(value))));
        if with_query.as_str().len() <= LONGEST_ADDRESS {
            return KickOff { url: with_query, body: None };
        }
        url.set_query(None);
        let parameters: Vec<Value> =
            parameters.iter().map(|(name, value)| parameter(name, value)).collect();
        let body = json!({ "resourceType": "Parameters", "parameter": parameters });
        KickOff { url, body: Some(body.to_string()) }
    }

    fn parameters(&self, since: Option<&str>) -> Vec<(&'static str, Value)> {
        let mut parameters = vec![("_outputFormat", json!(NDJSON))];
        if !self.types.is_empty() {
            parameters.push(("_type", json!(self.types.join(","))));
        }
        if let Some(since) = since {
            parameters.push(("_since", json!(since)));
        }
        for filter in &self.type_filters {
            parameters.push(("_typeFilter", json!(filter)));
        }
        if !self.elements.is_empty() {
            parameters.push(("_elements", json!(self.elements.join(","))));
        }
        if self.partial_manifests {
            parameters.push(("allowPartialManifests", json!(true)));
        }
        parameters
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn parameter(name: &str, value: &Value) -> Value {
    let field = match (value, name) {
        (Value::Bool(_), _) => "valueBoolean",
        (_, "_since") => "valueInstant",
        _ => "valueString",
    };
    json!({ "name": name, field: value })
}

/// A resource type becomes the name of a file, so it holds letters alone.
pub(crate) fn is_type(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic())
        && name.starts_with(|first: char| first.is_ascii_uppercase())
}

pub(crate) fn is_instant(text: &str) -> bool {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Url {
        "https://fhir.example/r4/".parse().unwrap()
    }

    #[test]
    fn a_kick_off_asks_for_exactly_what_was_wanted() {
        let request = ExportRequest {
            level: Level::Group("cohort-1".into()),
            types: vec!["Patient".into(), "Immunization".into()],
            type_filters: vec!["Immunization?status=completed&date=gt2026".into()],
            elements: vec!["id".into(), "Immunization.status".into()],
            partial_manifests: true,
            since: Since::Last,
        };
        let kick_off = request.kick_off(&server(), Some("2026-01-01T00:00:00+01:00"));
        assert_eq!(
            kick_off.url.as_str(),
            "https://fhir.example/r4/Group/cohort-1/$export?_outputFormat=application%2Ffhir%2Bndjson\
             &_type=Patient%2CImmunization&_since=2026-01-01T00%3A00%3A00%2B01%3A00\
             &_typeFilter=Immunization%3Fstatus%3Dcompleted%26date%3Dgt2026\
             &_elements=id%2CImmunization.status&allowPartialManifests=true"
        );
        assert_eq!(kick_off.body, None);
    }

    #[test]
    fn a_question_too_long_for_an_address_is_posted() {
        let filter = format!("Observation?code={}", "x".repeat(LONGEST_ADDRESS));
        let request = ExportRequest {
            level: Level::Patients,
            type_filters: vec![filter.clone()],
            partial_manifests: true,
            ..ExportRequest::default()
        };
        let kick_off = request.kick_off(&server(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(kick_off.url.as_str(), "https://fhir.example/r4/Patient/$export");
        let body: Value = serde_json::from_str(&kick_off.body.unwrap()).unwrap();
        let parameters = body["parameter"].as_array().unwrap();
        assert!(parameters.contains(&json!({"name": "_typeFilter", "valueString": filter})));
        assert!(
            parameters.contains(&json!({"name": "_since", "valueInstant": "2026-01-01T00:00:00Z"}))
        );
        assert!(
            parameters.contains(&json!({"name": "allowPartialManifests", "valueBoolean": true}))
        );
    }

    #[test]
    fn what_no_server_could_answer_is_not_asked() {
        let fine = ExportRequest::default();
        let cases = [
            (ExportRequest { level: Level::Group("../Patient".into()), ..fine.clone() }, "group"),
            (ExportRequest { level: Level::Group(String::new()), ..fine.clone() }, "group"),
            (ExportRequest { types: vec!["patient".into()], ..fine.clone() }, "type"),
            (ExportRequest { types: vec!["Patient,Group".into()], ..fine.clone() }, "type"),
            (
                ExportRequest { type_filters: vec!["status=active".into()], ..fine.clone() },
                "filter",
            ),
            (ExportRequest { since: Since::Instant("yesterday".into()), ..fine.clone() }, "since"),
        ];
        for (request, want) in cases {
            let error = request.check().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
        assert!(fine.check().is_ok());
    }
}
