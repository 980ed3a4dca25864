//! Patients: at a holder in full, in the registry of opt-outs by number alone.

use serde::Serialize;

use super::{Meta, Resource, end_line};
use crate::fhir::{Coding, Concept, Day, Extension, Identifier, SSIN, SSIN_OLD};
use crate::person::Person;
use crate::report::Holder;

const PATIENT: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-patient";
const PATIENT_OLD: &str =
    "https://www.ehealth.fgov.be/standards/fhir/StructureDefinition/be-patient";
/// The municipality by NIS code. The Belgian guides have no element for it and none of their
/// examples carries it, so this URL is ours, shaped like theirs.
const NIS: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-ext-nis-code";
const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Patient {
    identifier: Vec<TypedIdentifier>,
    active: bool,
    name: [Name; 1],
    gender: &'static str,
    birth_date: Day,
    address: [Address; 1],
}

#[derive(Serialize)]
struct TypedIdentifier {
    r#use: &'static str,
    r#type: Concept,
    #[serde(flatten)]
    identifier: Identifier,
}

#[derive(Serialize)]
struct Name {
    r#use: &'static str,
    family: &'static str,
    given: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    extension: [Extension; 1],
    r#use: &'static str,
    line: [String; 1],
    city: &'static str,
    postal_code: &'static str,
    country: &'static str,
}

/// Writes the Patient of a holder; the id and the number are given because a bad row has others.
pub(crate) fn patient_line(
    line: &mut Vec<u8>,
    resource_type: &str,
    (person, holder): (&Person, Holder),
    (id, number): (&str, String),
) -> Result<(), serde_json::Error> {
    let old = uses_old_system(person, holder);
    let profile = if old { PATIENT_OLD } else { PATIENT };
    let body = Patient {
        identifier: identifiers(person, holder, number),
        active: true,
        name: [Name { r#use: "official", family: person.family, given: [person.given] }],
        gender: person.sex.code(),
        birth_date: Day(person.birth),
        address: [Address {
            extension: [Extension::code(NIS, person.home.nis)],
            r#use: "home",
            line: [person.street.clone()],
            city: person.home.name,
            postal_code: person.home.postal_code,
            country: "BE",
        }],
    };
    let meta = Some(Meta { profile: [profile] });
    end_line(line, &Resource { resource_type, id, meta, contained: None, body })
}

/// One file in twelve still has the number under the older system.
fn uses_old_system(person: &Person, holder: Holder) -> bool {
    (person.index + holder as u64) % 12 == 5
}

/// The INSS, and before it the record number in hospitals: a reader must not take the first one.
fn identifiers(person: &Person, holder: Holder, number: String) -> Vec<TypedIdentifier> {
    let mut identifiers = Vec::with_capacity(2);
    if holder == Holder::Hospital {
        let value = format!("MR-{}", &person.patient_id(holder)[..10]);
        let system = "https://hospital.example.be/fhir/NamingSystem/patientrecord";
        let identifier = Identifier { system, value };
        let r#type = Concept::new(IDENTIFIER_TYPE, "MR");
        identifiers.push(TypedIdentifier { r#use: "usual", r#type, identifier });
    }
    let system = if uses_old_system(person, holder) { SSIN_OLD } else { SSIN };
    let display = Some("Social Beneficiary Identifier");
    let coding = vec![Coding { system: IDENTIFIER_TYPE, code: "SB", display }];
    identifiers.push(TypedIdentifier {
        r#use: "official",
        r#type: Concept { coding },
        identifier: Identifier { system, value: number },
    });
    identifiers
}

#[derive(Serialize)]
struct NumberOnly {
    identifier: [Identifier; 1],
}

/// Writes a person of the registry of opt-outs.
pub(crate) fn opted_out_line(
    line: &mut Vec<u8>,
    id: &str,
    person: &Person,
) -> Result<(), serde_json::Error> {
    let identifier = Identifier { system: SSIN, value: person.inss.digits() };
    let body = NumberOnly { identifier: [identifier] };
    end_line(line, &Resource { resource_type: "Patient", id, meta: None, contained: None, body })
}
