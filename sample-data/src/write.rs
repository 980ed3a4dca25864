//! Turns records into lines of NDJSON, under the profiles of HL7 Belgium.
//!
//! Shapes follow the published examples: facts that live in extensions there (who recorded it,
//! the lot of a vaccine, the true status of a medication line) live in extensions here.

mod bodies;
mod documents;
mod patient;
mod urls;

use serde::Serialize;

pub(crate) use patient::{opted_out_line, patient_line};

use crate::fhir::{CBE, NIHDI, NIHDI_ORGANIZATION, Reference};
use crate::person::Person;
use crate::record::{Contained, Fact, Record, Subject};

/// What all resources open with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "fields are named as in FHIR")]
struct Resource<'a, Body> {
    resource_type: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contained: Option<Vec<Contained>>,
    #[serde(flatten)]
    body: Body,
}

#[derive(Serialize)]
struct Meta {
    profile: [&'static str; 1],
}

/// Writes a record as one line. The resource type is given because a bad row may claim another.
pub(crate) fn record_line(
    line: &mut Vec<u8>,
    resource_type: &str,
    (person, record): (&Person, &Record),
    subject: Subject,
) -> Result<(), serde_json::Error> {
    let mut inside: Vec<Contained> = subject.contained.into_iter().collect();
    inside.extend(bodies::contained(person, record));
    let contained = (!inside.is_empty()).then_some(inside);
    let by = By { person, record, subject: subject.reference };
    let id = record.id.as_str();
    macro_rules! line {
        ($profile:expr, $body:expr) => {{
            let meta = Some(Meta { profile: [$profile] });
            let resource = Resource { resource_type, id, meta, contained, body: $body };
            end_line(line, &resource)
        }};
    }
    match &record.fact {
        Fact::Problem { code, name, admission } => {
            line!(urls::PROBLEM, by.problem((code, name), *admission))
        }
        Fact::Allergy { allergen, reaction, severe } => {
            line!(urls::ALLERGY, by.allergy(allergen, *reaction, *severe))
        }
        Fact::Value { measurement, tenths } => {
            line!(bodies::observation_profile(measurement), by.value(measurement, *tenths))
        }
        Fact::BloodPressure { systolic, diastolic } => {
            line!(urls::OBSERVATION, by.blood_pressure(*systolic, *diastolic))
        }
        Fact::Administration { medicine, prescription } => {
            line!(urls::ADMINISTRATION, by.administration(medicine, prescription.as_ref()))
        }
        Fact::Vaccination { vaccine, number, lot, coded, refused } => {
            let product = coded.then_some(vaccine.cnk);
            line!(urls::VACCINATION, by.vaccination((vaccine, *number), (lot, product), *refused))
        }
        Fact::MedicationLine { medicine, until, rid } => {
            line!(urls::MEDICATION_LINE, by.medication_line(medicine, *until, rid.as_deref()))
        }
        Fact::Prescription { medicine, prescription } => {
            line!(urls::PRESCRIPTION, by.prescription(medicine, prescription))
        }
        Fact::Dispense { medicine, prescription } => {
            line!(urls::DISPENSE, by.dispense(medicine, prescription))
        }
        Fact::Referral { referral, identifier } => {
            line!(urls::REFERRAL, by.referral(referral, identifier))
        }
        Fact::Report { results } => line!(urls::REPORT, by.report(results)),
        Fact::Procedure { code, name, reason } => {
            line!(urls::PROCEDURE, by.procedure((code, name), reason))
        }
        Fact::Lifestyle { answer } => line!(urls::OBSERVATION, by.lifestyle(*answer)),
        Fact::Telemonitoring { measurement, tenths } => {
            line!(urls::OBSERVATION, by.telemonitoring(measurement, *tenths))
        }
        Fact::Assessment { answers } => line!(urls::ASSESSMENT, by.assessment(answers)),
        Fact::Summary { entries } => line!(urls::SUMMARY, by.summary(entries)),
    }
}

/// What the bodies are made from.
struct By<'a> {
    person: &'a Person,
    record: &'a Record,
    subject: Option<Reference>,
}

impl By<'_> {
    fn doctor(&self) -> Reference {
        Reference::logical(NIHDI, self.person.doctor.clone())
    }

    /// The pharmacy round the corner, as the insurer knows it and as an enterprise.
    fn pharmacy(&self) -> [Reference; 2] {
        [
            Reference::logical(NIHDI_ORGANIZATION, self.person.pharmacy.clone()),
            Reference::logical(CBE, self.person.pharmacy_enterprise()),
        ]
    }

    /// The laboratory, as the insurer knows it and as an enterprise.
    fn laboratory(&self) -> [Reference; 2] {
        let laboratory = &self.person.laboratory;
        [
            Reference::logical(NIHDI_ORGANIZATION, laboratory.nihdi.clone()),
            Reference::logical(CBE, laboratory.cbe.clone()),
        ]
    }
}

fn end_line(line: &mut Vec<u8>, resource: &impl Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *line, resource)?;
    line.push(b'\n');
    Ok(())
}
