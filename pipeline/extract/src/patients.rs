//! Who records are about: the patients of a source, and how a record points at one.

use std::collections::HashMap;

use pipeline_identity::{Subject, classify};
use serde_json::Value;
use time::Date;

use crate::Reason;

/// The extension that marks a value as an eHealth pseudonym (guide `hl7-be/infsec`).
const PSEUDONYM_MARK: &str = "be-ext-pseudonymization";

/// How identifiers are read in this source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentifierRules<'a> {
    /// The patient identifier of a source without national numbers.
    pub(crate) own_system: Option<&'a str>,
    pub(crate) today: Date,
}

/// The patients of a source or a Bundle, by the references that lead to them.
#[derive(Debug, Default)]
pub(crate) struct Patients(HashMap<String, Result<Subject, Reason>>);

impl Patients {
    /// Remembers a Patient under its relative reference and, in a Bundle, its full URL.
    pub(crate) fn add(
        &mut self,
        patient: &Value,
        full_url: Option<&str>,
        rules: IdentifierRules<'_>,
    ) {
        let subject = subject_of_patient(patient, rules);
        if let Some(id) = patient["id"].as_str() {
            self.insert(format!("Patient/{id}"), &subject);
        }
        if let Some(url) = full_url {
            self.insert(url.to_owned(), &subject);
        }
    }

    fn insert(&mut self, reference: String, subject: &Result<Subject, Reason>) {
        let known = self.0.entry(reference).or_insert_with(|| subject.clone());
        if known != subject {
            *known = Err(Reason::SubjectAmbiguous);
        }
    }

    fn find(&self, reference: &str) -> Option<&Result<Subject, Reason>> {
        let relative = || {
            let (rest, id) = reference.rsplit_once('/')?;
            let kind = rest.rsplit('/').next()?;
            self.0.get(&format!("{kind}/{id}"))
        };
        self.0.get(reference).or_else(relative)
    }
}

/// Whom a record is about. The patients of its own Bundle come before those of the whole source.
pub(crate) fn subject_of(
    resource: &Value,
    bundle: &Patients,
    source: &Patients,
    rules: IdentifierRules<'_>,
) -> Result<Subject, Reason> {
    if resource["resourceType"] == "Patient" {
        return subject_of_patient(resource, rules);
    }
    let mut named = ["subject", "patient"].into_iter().map(|name| &resource[name]);
    let Some(subject) = named.find(|subject| subject.is_object()) else {
        return Err(Reason::SubjectMissing);
    };
    let by_reference = subject["reference"].as_str().map(|reference| {
        if let Some(id) = reference.strip_prefix('#') {
            return contained(resource, id, rules);
        }
        let found = bundle.find(reference).or_else(|| source.find(reference));
        found.cloned().unwrap_or(Err(Reason::SubjectUnresolved))
    });
    let identifier = &subject["identifier"];
    let by_identifier = identifier.is_object().then(|| subject_of_identifier(identifier, rules));
    match (by_reference, by_identifier) {
        (Some(Ok(subject)), _) | (_, Some(Ok(subject))) => Ok(subject),
        (_, Some(Err(reason))) | (Some(Err(reason)), None) => Err(reason),
        (None, None) => Err(Reason::SubjectUnresolved),
    }
}

fn contained(resource: &Value, id: &str, rules: IdentifierRules<'_>) -> Result<Subject, Reason> {
    let contained = resource["contained"].as_array().map_or(&[][..], Vec::as_slice);
    let patient =
        contained.iter().find(|inner| inner["id"] == id && inner["resourceType"] == "Patient");
    patient.map_or(Err(Reason::SubjectUnresolved), |patient| subject_of_patient(patient, rules))
}

/// The best of a patient's identifiers: a national number before an identifier of the source. Where
/// none can be used, the reason that says most.
fn subject_of_patient(patient: &Value, rules: IdentifierRules<'_>) -> Result<Subject, Reason> {
    let identifiers = patient["identifier"].as_array().map_or(&[][..], Vec::as_slice);
    let mut best: Result<Subject, Reason> = Err(Reason::SubjectMissing);
    for identifier in identifiers {
        let found = subject_of_identifier(identifier, rules);
        if weight(&found) > weight(&best) {
            best = found;
        }
    }
    best
}

fn weight(found: &Result<Subject, Reason>) -> u8 {
    match found {
        Ok(Subject::Inss(_)) => 6,
        Ok(Subject::Source(_)) => 5,
        Err(Reason::EhealthPseudonym) => 4,
        Err(Reason::SubjectMissing) => 0,
        Err(Reason::SubjectOtherSystem) => 1,
        Err(Reason::SourceIdentifier) => 2,
        Err(_) => 3,
    }
}

fn subject_of_identifier(
    identifier: &Value,
    rules: IdentifierRules<'_>,
) -> Result<Subject, Reason> {
    let extensions = identifier["_value"]["extension"].as_array().map_or(&[][..], Vec::as_slice);
    let marked = extensions.iter().any(|extension| {
        extension["url"].as_str().is_some_and(|url| url.ends_with(PSEUDONYM_MARK))
    });
    let system = identifier["system"].as_str().unwrap_or_default();
    let value = identifier["value"].as_str().unwrap_or_default();
    Ok(classify(system, value, marked, rules.own_system, rules.today)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::date;

    use super::*;

    const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";

    fn patient(id: &str, inss: &str) -> Value {
        json!({"resourceType": "Patient", "id": id, "identifier": [
            {"system": "urn:insurer", "value": "1"},
            {"system": SSIN, "value": inss},
        ]})
    }

    #[test]
    fn every_shape_of_a_subject_is_resolved_or_explained() {
        let rules = IdentifierRules { own_system: None, today: date!(2026 - 11 - 25) };
        let mut source = Patients::default();
        source.add(&patient("a", "93051822361"), None, rules);
        source.add(&patient("bad", "93051822360"), None, rules);
        source.add(&patient("two", "93051822361"), None, rules);
        source.add(&patient("two", "00010100105"), None, rules);
        let mut bundle = Patients::default();
        bundle.add(&patient("b", "93051822361"), Some("urn:uuid:1"), rules);

        let identifier = json!({"system": SSIN, "value": "93051822361"});
        let marked = json!({"system": SSIN, "value": "x", "_value": {"extension": [
            {"url": "https://www.ehealth.fgov.be/standards/fhir/infsec/StructureDefinition/be-ext-pseudonymization"},
        ]}});
        let cases = [
            (json!({"subject": {"reference": "Patient/a"}}), "found"),
            (json!({"patient": {"reference": "http://host/fhir/Patient/a"}}), "found"),
            (json!({"subject": {"reference": "urn:uuid:1"}}), "found"),
            (json!({"subject": {"reference": "Patient/b"}}), "found"),
            (
                json!({"subject": {"reference": "#p"}, "contained": [patient("p", "93051822361")]}),
                "found",
            ),
            (json!({"subject": {"identifier": identifier}}), "found"),
            (json!({"subject": {"reference": "Patient/none", "identifier": identifier}}), "found"),
            (json!({"subject": {"reference": "Patient/none"}}), "subject-unresolved"),
            (json!({"subject": {"reference": "Patient/bad"}}), "inss-check-digits"),
            (json!({"subject": {"reference": "Patient/two"}}), "subject-ambiguous"),
            (json!({"subject": {"reference": "#p"}}), "subject-unresolved"),
            (json!({"subject": {"display": "a name"}}), "subject-unresolved"),
            (json!({"subject": {"identifier": marked}}), "ehealth-pseudonym"),
            (
                json!({"subject": {"identifier": {"system": "urn:x", "value": "1"}}}),
                "subject-other-system",
            ),
            (json!({}), "subject-missing"),
            (json!({"resourceType": "Patient"}), "subject-missing"),
        ];
        for (resource, want) in cases {
            let told = match subject_of(&resource, &bundle, &source, rules) {
                Ok(_) => "found",
                Err(reason) => reason.code(),
            };
            assert_eq!(told, want, "{resource}");
        }
    }
}
