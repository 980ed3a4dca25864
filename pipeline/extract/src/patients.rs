//! Who records are about: the patients of a source, and how a record points at one.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::LazyLock,
};

use pipeline_identity::{Inss, SourceId, Subject, SubjectError, TransitPseudonym, classify};
use pipeline_views::Element;
use siphasher::sip128::{Hasher128, SipHasher13};
use time::Date;

use crate::Reason;

/// The extension that marks a value as an eHealth pseudonym (guide `hl7-be/infsec`).
const PSEUDONYM_MARK: &str = "be-ext-pseudonymization";

/// What is kept of every resource, to learn whom it is about.
pub(crate) const KEPT: [&str; 15] = [
    "id",
    "subject.reference",
    "subject.identifier.system",
    "subject.identifier.value",
    "subject.identifier._value.extension.url",
    "patient.reference",
    "patient.identifier.system",
    "patient.identifier.value",
    "patient.identifier._value.extension.url",
    "contained.resourceType",
    "contained.id",
    "contained.identifier.system",
    "contained.identifier.value",
    "contained.identifier._value.extension.url",
    "meta.lastUpdated",
];

/// What is kept of a Patient besides.
pub(crate) const KEPT_OF_PATIENT: [&str; 3] =
    ["identifier.system", "identifier.value", "identifier._value.extension.url"];

/// How identifiers are read in this source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentifierRules<'a> {
    /// The patient identifier of a source without national numbers.
    pub(crate) own_system: Option<&'a str>,
    pub(crate) today: Date,
}

/// The patients of a source or a Bundle, by the references that lead to them.
#[derive(Debug, Default)]
pub(crate) struct Patients {
    subjects: ByReference<Known>,
    /// The eHealth pseudonyms of those that have nothing else.
    transits: ByReference<TransitPseudonym>,
}

type ByReference<T> = HashMap<Reference, T, foldhash::fast::RandomState>;

/// A reference, as its keyed hash of 128 bits: a country's patients fit in memory, and nobody can
/// make two references that meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Reference(u128);

impl Reference {
    fn of(parts: &[&str]) -> Self {
        static KEYED: LazyLock<SipHasher13> = LazyLock::new(|| {
            let random = RandomState::new();
            SipHasher13::new_with_keys(random.hash_one(0), random.hash_one(1))
        });
        let mut hasher = *KEYED;
        for part in parts {
            hasher.write(part.as_bytes());
        }
        Self(hasher.finish128().as_u128())
    }
}

/// What is known of a patient, in few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Inss(Inss),
    Source(Box<SourceId>),
    Nobody(Reason),
}

impl From<Result<Subject, Reason>> for Known {
    fn from(subject: Result<Subject, Reason>) -> Self {
        match subject {
            Ok(Subject::Inss(inss)) => Self::Inss(inss),
            Ok(Subject::Source(id)) => Self::Source(Box::new(id)),
            Err(reason) => Self::Nobody(reason),
        }
    }
}

impl Known {
    fn subject(&self) -> Result<Subject, Reason> {
        match self {
            Self::Inss(inss) => Ok(Subject::Inss(*inss)),
            Self::Source(id) => Ok(Subject::Source(id.as_ref().clone())),
            Self::Nobody(reason) => Err(*reason),
        }
    }
}

impl Patients {
    /// Remembers a Patient under its relative reference and, in a Bundle, its full URL.
    pub(crate) fn add(
        &mut self,
        patient: Element<'_>,
        full_url: Option<&str>,
        rules: IdentifierRules<'_>,
    ) {
        let subject = subject_of_patient(patient, rules);
        let waits = subject == Err(Reason::EhealthPseudonym);
        let transit = waits.then(|| transit_of_patient(patient, rules)).flatten();
        let known = Known::from(subject);
        if let Some(id) = text(patient, "id") {
            self.insert(Reference::of(&["Patient/", id]), &known, transit.as_ref());
        }
        if let Some(url) = full_url {
            self.insert(Reference::of(&[url]), &known, transit.as_ref());
        }
    }

    /// Takes in those of another part of the source.
    pub(crate) fn merge(&mut self, other: Self) {
        for (reference, subject) in other.subjects {
            let transit = other.transits.get(&reference);
            self.insert(reference, &subject, transit);
        }
    }

    /// Takes in those that are not known yet: what the source itself says comes first.
    pub(crate) fn fill_up(&mut self, mut others: Self) {
        for (reference, subject) in others.subjects {
            if !self.subjects.contains_key(&reference) {
                if let Some(transit) = others.transits.remove(&reference) {
                    self.transits.insert(reference, transit);
                }
                self.subjects.insert(reference, subject);
            }
        }
    }

    fn insert(
        &mut self,
        reference: Reference,
        subject: &Known,
        transit: Option<&TransitPseudonym>,
    ) {
        // Two pseudonyms may be one person or two: their texts do not tell.
        let mut is_other = false;
        if let Some(transit) = transit {
            let known = self.transits.entry(reference).or_insert_with(|| transit.clone());
            is_other = known != transit;
        }
        let known = self.subjects.entry(reference).or_insert_with(|| subject.clone());
        if known != subject || is_other {
            *known = Known::Nobody(Reason::SubjectAmbiguous);
        }
    }

    fn find(&self, reference: &str) -> Option<Result<Subject, Reason>> {
        found(&self.subjects, reference).map(Known::subject)
    }

    fn transit(&self, reference: &str) -> Option<&TransitPseudonym> {
        found(&self.transits, reference)
    }
}

/// What stands under this reference: as it is written, or as type and id alone.
fn found<'p, T>(known: &'p ByReference<T>, reference: &str) -> Option<&'p T> {
    if known.is_empty() {
        return None;
    }
    let relative = || {
        let (rest, id) = reference.rsplit_once('/')?;
        let kind = rest.rsplit('/').next()?;
        // The last two parts of the reference stand beside each other in it.
        let start = reference.len() - kind.len() - 1 - id.len();
        (start > 0).then(|| known.get(&Reference::of(&[reference.get(start..)?]))).flatten()
    };
    known.get(&Reference::of(&[reference])).or_else(relative)
}

/// Whom a record is about. The patients of its own Bundle come before those of the whole source.
pub(crate) fn subject_of(
    resource: &str,
    record: Element<'_>,
    bundle: &Patients,
    source: &Patients,
    rules: IdentifierRules<'_>,
) -> Result<Subject, Reason> {
    if resource == "Patient" {
        return subject_of_patient(record, rules);
    }
    let Some(subject) = subject_element(record) else {
        return Err(Reason::SubjectMissing);
    };
    let by_reference = text(subject, "reference").map(|reference| {
        if let Some(id) = reference.strip_prefix('#') {
            return contained(record, id, rules);
        }
        let found = bundle.find(reference).or_else(|| source.find(reference));
        found.unwrap_or(Err(Reason::SubjectUnresolved))
    });
    let identifier = subject.child("identifier").filter(|identifier| identifier.is_object());
    let by_identifier = identifier.map(|identifier| subject_of_identifier(identifier, rules));
    match (by_reference, by_identifier) {
        // What a record says twice must be the same person.
        (Some(Ok(Subject::Inss(one))), Some(Ok(Subject::Inss(other)))) if one != other => {
            Err(Reason::SubjectAmbiguous)
        }
        (Some(Ok(_)), Some(Err(reason))) if is_wrong_number(reason) => Err(reason),
        (Some(Ok(subject)), _) | (_, Some(Ok(subject))) => Ok(subject),
        (_, Some(Err(reason))) | (Some(Err(reason)), None) => Err(reason),
        (None, None) => Err(Reason::SubjectUnresolved),
    }
}

/// The eHealth pseudonym of whom a record is about, for the service that converts it.
pub(crate) fn transit_of(
    resource: &str,
    record: Element<'_>,
    bundle: &Patients,
    source: &Patients,
    rules: IdentifierRules<'_>,
) -> Option<TransitPseudonym> {
    if resource == "Patient" {
        return transit_of_patient(record, rules);
    }
    let subject = subject_element(record)?;
    let identifier = subject.child("identifier").filter(|identifier| identifier.is_object());
    identifier.and_then(|identifier| transit_of_identifier(identifier, rules)).or_else(|| {
        let reference = text(subject, "reference")?;
        if let Some(id) = reference.strip_prefix('#') {
            return transit_of_patient(contained_patient(record, id)?, rules);
        }
        bundle.transit(reference).or_else(|| source.transit(reference)).cloned()
    })
}

fn transit_of_patient(
    patient: Element<'_>,
    rules: IdentifierRules<'_>,
) -> Option<TransitPseudonym> {
    let mut identifiers = patient.children("identifier");
    identifiers.find_map(|identifier| transit_of_identifier(identifier, rules))
}

fn transit_of_identifier(
    identifier: Element<'_>,
    rules: IdentifierRules<'_>,
) -> Option<TransitPseudonym> {
    let waits = subject_of_identifier(identifier, rules) == Err(Reason::EhealthPseudonym);
    waits.then(|| TransitPseudonym::new(text(identifier, "value")?).ok()).flatten()
}

/// A national number that cannot be true; another identifier beside a reference says nothing.
fn is_wrong_number(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::InssNotElevenDigits
            | Reason::InssCheckDigits
            | Reason::InssDate
            | Reason::InssBornInFuture
            | Reason::InssSerial
    )
}

fn subject_element(record: Element<'_>) -> Option<Element<'_>> {
    let mut named = ["subject", "patient"].into_iter().filter_map(|name| record.child(name));
    named.find(|subject| subject.is_object())
}

fn contained(record: Element<'_>, id: &str, rules: IdentifierRules<'_>) -> Result<Subject, Reason> {
    contained_patient(record, id)
        .map_or(Err(Reason::SubjectUnresolved), |patient| subject_of_patient(patient, rules))
}

fn contained_patient<'f>(record: Element<'f>, id: &str) -> Option<Element<'f>> {
    let mut inner = record.children("contained");
    inner.find(|inner| {
        text(*inner, "id") == Some(id) && text(*inner, "resourceType") == Some("Patient")
    })
}

/// The best of a patient's identifiers: a national number before an identifier of the source. Where
/// none can be used, the reason that says most.
fn subject_of_patient(patient: Element<'_>, rules: IdentifierRules<'_>) -> Result<Subject, Reason> {
    let mut best: Result<Subject, Reason> = Err(Reason::SubjectMissing);
    for identifier in patient.children("identifier") {
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
    identifier: Element<'_>,
    rules: IdentifierRules<'_>,
) -> Result<Subject, Reason> {
    let extensions = identifier.children("_value").flat_map(|value| value.children("extension"));
    let mut marks = extensions.filter_map(|extension| text(extension, "url"));
    let marked = marks.any(|url| url.ends_with(PSEUDONYM_MARK));
    let system = text(identifier, "system").unwrap_or_default();
    let value = text(identifier, "value").unwrap_or_default();
    classify(system, value, marked, rules.own_system, rules.today).map_err(SubjectError::into)
}

fn text<'f>(element: Element<'f>, name: &str) -> Option<&'f str> {
    element.child(name)?.text()
}

#[cfg(test)]
mod tests {
    use pipeline_views::{Frame, Program};
    use serde_json::{Value, json};
    use time::macros::date;

    use super::*;

    const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";

    fn add(
        patients: &mut Patients,
        patient: &Value,
        url: Option<&str>,
        rules: IdentifierRules<'_>,
    ) {
        let program = Program::new(Vec::new(), &KEPT, &[("Patient", &KEPT_OF_PATIENT)]);
        let (json, mut frame) = (patient.to_string(), Frame::default());
        let record = program.read("Patient", &json, &mut frame).unwrap();
        patients.add(record.top(), url, rules);
    }

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
        add(&mut source, &patient("a", "93051822361"), None, rules);
        add(&mut source, &patient("bad", "93051822360"), None, rules);
        add(&mut source, &patient("two", "93051822361"), None, rules);
        add(&mut source, &patient("two", "00010100105"), None, rules);
        let mut bundle = Patients::default();
        add(&mut bundle, &patient("b", "93051822361"), Some("urn:uuid:1"), rules);

        let identifier = json!({"system": SSIN, "value": "93051822361"});
        let wrong = json!({"system": SSIN, "value": "93051822360"});
        let another = json!({"system": SSIN, "value": "00010100105"});
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
            (
                json!({"subject": {"reference": "Patient/a", "identifier": wrong}}),
                "inss-check-digits",
            ),
            (
                json!({"subject": {"reference": "Patient/a", "identifier": another}}),
                "subject-ambiguous",
            ),
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
            let kind = resource["resourceType"].as_str().unwrap_or("Observation");
            let program = Program::new(Vec::new(), &KEPT, &[("Patient", &KEPT_OF_PATIENT)]);
            let (json, mut frame) = (resource.to_string(), Frame::default());
            let record = program.read(kind, &json, &mut frame).unwrap().top();
            let told = match subject_of(kind, record, &bundle, &source, rules) {
                Ok(_) => "found",
                Err(reason) => reason.code(),
            };
            assert_eq!(told, want, "{resource}");
        }
    }
}
