//! The bodies of the resources, one method each.

use serde::Serialize;
use time::{Date, Duration};

use super::By;
use super::urls::{
    ADHERENCE, ADHERENCE_STATUS, ADMINISTERED_PRODUCT, ALLERGY_CLINICAL, ALLERGY_TYPE,
    ALLERGY_VERIFICATION, CARE_LOCATION, CONDITION_CATEGORY, CONDITION_CLINICAL,
    CONDITION_VERIFICATION, DGUID, FEEDBACK, INTERPRETATION, LABORATORY, LINE_ID, LINE_RECORDED,
    LINE_RECORDER, LINE_STATUS, OBSERVATION, OBSERVATION_CATEGORY, PACKAGING, PROBLEM_ID, PRODUCT,
    RECORDER, REFUSAL, REGISTER_ID, RID, RID_AT_PHARMACY, UHMEP, VALIDITY,
};
use crate::fhir::{
    ATC, Actor, Coding, Concept, Day, Extension, Identifier, LOINC, Moment, Period, Quantity,
    Reference, SNOMED, UCUM,
};
use crate::person::Person;
use crate::population::age_on;
use crate::record::{Allergen, Contained, Fact, Prescription, Record};
use crate::references::measurements::{
    BLOOD_PRESSURE, DIASTOLIC, GLUCOSE_METER, Measurement, SMOKING, SYSTOLIC,
};
use crate::references::medicines::Medicine;
use crate::references::problems::Referral;
use crate::references::vaccines::Vaccine;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    extension: [Extension; 1],
    identifier: [Identifier; 1],
    clinical_status: Concept,
    verification_status: Concept,
    category: [Concept; 1],
    code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    onset_date_time: Day,
    recorded_date: Day,
    recorder: Reference,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Allergy {
    extension: [Extension; 1],
    clinical_status: Concept,
    verification_status: Concept,
    category: [&'static str; 1],
    code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<Reference>,
    recorded_date: Day,
    recorder: Reference,
    reaction: [Reaction; 1],
}

#[derive(Serialize)]
struct Reaction {
    manifestation: [Concept; 1],
    severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Observation {
    status: &'static str,
    category: [Concept; 1],
    code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    effective_date_time: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Moment>,
    performer: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_quantity: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_codeable_concept: Option<Concept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interpretation: Option<[Concept; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    specimen: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_range: Option<[Range; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<[Component; 2]>,
}

#[derive(Serialize)]
struct Range {
    low: Quantity,
    high: Quantity,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    code: Concept,
    value_quantity: Quantity,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Administration {
    status: &'static str,
    medication_codeable_concept: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    effective_date_time: Moment,
    performer: [Actor; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Reference>,
    dosage: Given,
}

#[derive(Serialize)]
struct Given {
    text: &'static str,
    dose: Quantity,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Immunization {
    extension: [Extension; 2],
    identifier: [Identifier; 1],
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<Concept>,
    vaccine_code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<Reference>,
    occurrence_date_time: Day,
    recorded: Day,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Reference>,
    site: Concept,
    route: Concept,
    dose_quantity: Quantity,
    performer: [Actor; 1],
    protocol_applied: [Protocol; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Protocol {
    dose_number_positive_int: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MedicationLine {
    extension: [Extension; 4],
    identifier: [Identifier; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    based_on: Option<[Reference; 1]>,
    status: &'static str,
    medication_codeable_concept: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    effective_period: Period,
    date_asserted: Moment,
    information_source: Reference,
    dosage: [Dosage; 1],
}

#[derive(Serialize)]
struct Dosage {
    timing: Timing,
}

#[derive(Serialize)]
struct Timing {
    repeat: Repeat,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Repeat {
    frequency: u32,
    period: u32,
    period_unit: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MedicationRequest {
    identifier: [Identifier; 1],
    status: &'static str,
    intent: &'static str,
    medication_codeable_concept: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    authored_on: Moment,
    requester: Reference,
    dosage_instruction: [Dosage; 1],
    dispense_request: DispenseRequest,
    substitution: Substitution,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Substitution {
    allowed_boolean: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DispenseRequest {
    validity_period: Period,
    number_of_repeats_allowed: u32,
    quantity: Packs,
}

#[derive(Serialize)]
struct Packs {
    value: u32,
    system: &'static str,
    code: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MedicationDispense {
    identifier: [Identifier; 1],
    status: &'static str,
    medication_codeable_concept: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    performer: [Actor; 2],
    authorizing_prescription: [Reference; 1],
    quantity: Packs,
    days_supply: Quantity,
    when_handed_over: Day,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceRequest {
    extension: [Extension; 2],
    identifier: [Identifier; 1],
    status: &'static str,
    intent: &'static str,
    priority: &'static str,
    category: [Concept; 1],
    code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence_timing: Option<Sessions>,
    authored_on: Moment,
    requester: Reference,
    reason_code: [Concept; 1],
}

#[derive(Serialize)]
struct Sessions {
    repeat: SessionRepeat,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionRepeat {
    count: u32,
    frequency: u32,
    period: u32,
    period_unit: &'static str,
}

/// Vital signs and laboratory results have profiles of their own.
pub(super) fn observation_profile(measurement: &Measurement) -> &'static str {
    if measurement.is_laboratory() { LABORATORY } else { OBSERVATION }
}

/// What a record says in a resource inside it: where an infant was vaccinated, what was taken for
/// a test, which device measured.
pub(super) fn contained(person: &Person, record: &Record) -> Option<Contained> {
    let thing = |kind, id, concept| Some(Contained::thing(kind, id, concept));
    match &record.fact {
        Fact::Vaccination { .. } if is_seen_by_child_care(person, record.on) => {
            thing("Location", "place", Concept::new(CARE_LOCATION, "kind-gezin"))
        }
        Fact::Value { measurement, .. } if measurement.is_laboratory() => {
            thing("Specimen", "specimen", Concept::named(SNOMED, ("119297000", "Blood specimen")))
        }
        Fact::Telemonitoring { .. } => {
            thing("Device", "device", Concept::named(SNOMED, GLUCOSE_METER))
        }
        _ => None,
    }
}

/// In Flanders a public agency vaccinates the children under three.
fn is_seen_by_child_care(person: &Person, on: Date) -> bool {
    person.home.region() == "Flemish Region" && age_on(person.birth, on) < 3
}

impl By<'_> {
    pub(super) fn problem(self, code: (&'static str, &'static str), admission: bool) -> Condition {
        let (status, category) = if admission {
            ("resolved", "encounter-diagnosis")
        } else {
            ("active", "problem-list-item")
        };
        Condition {
            extension: [Extension::reference(RECORDER, self.doctor())],
            identifier: self.own_id(PROBLEM_ID),
            clinical_status: Concept::new(CONDITION_CLINICAL, status),
            verification_status: Concept::new(CONDITION_VERIFICATION, "confirmed"),
            category: [Concept::new(CONDITION_CATEGORY, category)],
            code: Concept::named(SNOMED, code),
            onset_date_time: Day(self.record.on),
            recorded_date: Day(self.record.on),
            recorder: self.doctor(),
            subject: self.subject,
        }
    }

    pub(super) fn allergy(
        self,
        allergen: &Allergen,
        reaction: (&'static str, &'static str),
        severe: bool,
    ) -> Allergy {
        let kind = Concept::new(SNOMED, "609328004");
        Allergy {
            extension: [Extension::concept(ALLERGY_TYPE, kind)],
            clinical_status: Concept::new(ALLERGY_CLINICAL, "active"),
            verification_status: Concept::new(ALLERGY_VERIFICATION, "confirmed"),
            category: [allergen.2],
            code: Concept::named(SNOMED, (allergen.0, allergen.1)),
            recorded_date: Day(self.record.on),
            recorder: self.doctor(),
            reaction: [Reaction {
                manifestation: [Concept::named(SNOMED, reaction)],
                severity: if severe { "severe" } else { "mild" },
            }],
            patient: self.subject,
        }
    }

    pub(super) fn value(self, measurement: &Measurement, tenths: u32) -> Observation {
        let laboratory = measurement.is_laboratory();
        let category = if laboratory { "laboratory" } else { "vital-signs" };
        let code = Concept::named(LOINC, (measurement.code, measurement.name));
        let interpretation = measurement.normal_tenths.map(|(low, high)| {
            let flag = match tenths {
                _ if tenths < low => "L",
                _ if tenths > high => "H",
                _ => "N",
            };
            [Concept::new(INTERPRETATION, flag)]
        });
        let range = measurement.normal_tenths.map(|(low, high)| {
            let end = |tenths| Quantity::ucum(tenths, measurement.unit);
            [Range { low: end(low), high: end(high) }]
        });
        let by_laboratory = self.laboratory();
        let mut observation = Observation {
            issued: laboratory.then(|| self.moment()),
            value_quantity: Some(Quantity::ucum(tenths, measurement.unit)),
            interpretation,
            specimen: laboratory.then(|| Reference::local("#specimen")),
            reference_range: range,
            ..self.observation(category, code)
        };
        if laboratory {
            observation.performer.extend(by_laboratory);
        }
        observation
    }

    pub(super) fn blood_pressure(self, systolic: u32, diastolic: u32) -> Observation {
        let part = |code, pressure: u32| Component {
            code: Concept::named(LOINC, code),
            value_quantity: Quantity::ucum(pressure * 10, "mm[Hg]"),
        };
        Observation {
            component: Some([part(SYSTOLIC, systolic), part(DIASTOLIC, diastolic)]),
            ..self.observation("vital-signs", Concept::named(LOINC, BLOOD_PRESSURE))
        }
    }

    pub(super) fn lifestyle(self, answer: (&'static str, &'static str)) -> Observation {
        Observation {
            value_codeable_concept: Some(Concept::named(SNOMED, answer)),
            ..self.observation("social-history", Concept::named(LOINC, SMOKING))
        }
    }

    pub(super) fn telemonitoring(self, measurement: &Measurement, tenths: u32) -> Observation {
        let code = Concept::named(LOINC, (measurement.code, measurement.name));
        Observation {
            value_quantity: Some(Quantity::ucum(tenths, measurement.unit)),
            device: Some(Reference::local("#device")),
            ..self.observation("vital-signs", code)
        }
    }

    fn observation(self, category: &'static str, code: Concept) -> Observation {
        Observation {
            status: "final",
            category: [Concept::new(OBSERVATION_CATEGORY, category)],
            code,
            effective_date_time: self.moment(),
            issued: None,
            performer: vec![self.doctor()],
            value_quantity: None,
            value_codeable_concept: None,
            interpretation: None,
            specimen: None,
            device: None,
            reference_range: None,
            component: None,
            subject: self.subject,
        }
    }

    pub(super) fn administration(
        self,
        medicine: &Medicine,
        prescription: Option<&Prescription>,
    ) -> Administration {
        let system = prescription.map_or(PRODUCT, |prescription| prescription.product_system);
        let request = prescription
            .map(|prescription| Reference::logical(RID_AT_PHARMACY, prescription.rid.clone()));
        let unit = Quantity { value: 1.0, unit: "dose", system: UCUM, code: "{dose}" };
        Administration {
            status: "completed",
            medication_codeable_concept: product(system, medicine),
            effective_date_time: self.moment(),
            performer: [Actor { actor: self.doctor() }],
            request,
            dosage: Given { text: medicine.strength, dose: unit },
            subject: self.subject,
        }
    }

    /// The product is known by its lot, and only by some registers by its code as well.
    pub(super) fn vaccination(
        self,
        (vaccine, number): (&Vaccine, u32),
        (lot, product): (&str, Option<&'static str>),
        refused: bool,
    ) -> Immunization {
        let lot = Extension::text("lotNumber", lot.to_owned());
        let code = product.map(|code| Extension::concept("coded", Concept::new(PRODUCT, code)));
        let administered =
            Extension::group(ADMINISTERED_PRODUCT, code.into_iter().chain([lot]).collect());
        Immunization {
            extension: [Extension::reference(RECORDER, self.doctor()), administered],
            identifier: self.own_id(REGISTER_ID),
            status: if refused { "not-done" } else { "completed" },
            status_reason: refused.then(|| Concept::new(REFUSAL, "refusal")),
            vaccine_code: Concept::named(SNOMED, (vaccine.code, vaccine.name))
                .and(ATC, vaccine.atc),
            occurrence_date_time: Day(self.record.on),
            recorded: Day(self.record.on),
            location: is_seen_by_child_care(self.person, self.record.on)
                .then(|| Reference::local("#place")),
            site: Concept::named(SNOMED, ("368208006", "Left upper arm structure")),
            route: Concept::named(SNOMED, ("78421000", "Intramuscular route")),
            dose_quantity: Quantity::ucum(5, "mL"),
            performer: [Actor { actor: self.doctor() }],
            protocol_applied: [Protocol { dose_number_positive_int: number }],
            patient: self.subject,
        }
    }

    pub(super) fn medication_line(
        self,
        medicine: &Medicine,
        until: Option<Date>,
        rid: Option<&str>,
    ) -> MedicationLine {
        let adherence = Concept::new(ADHERENCE_STATUS, "taking");
        // A line whose start was shifted beyond today has no end before it.
        let until = until.filter(|end| *end >= self.record.on);
        MedicationLine {
            extension: [
                Extension::day(LINE_RECORDED, self.record.on),
                Extension::group(ADHERENCE, vec![Extension::concept("code", adherence)]),
                Extension::code(LINE_STATUS, "recorded"),
                Extension::reference(LINE_RECORDER, self.doctor()),
            ],
            identifier: self.own_id(LINE_ID),
            based_on: rid.map(|rid| [Reference::logical(RID, rid.to_owned())]),
            status: "unknown",
            medication_codeable_concept: product(PRODUCT, medicine),
            effective_period: Period { start: Day(self.record.on), end: until.map(Day) },
            date_asserted: self.moment(),
            information_source: self.doctor(),
            dosage: dosage(medicine),
            subject: self.subject,
        }
    }

    pub(super) fn prescription(
        self,
        medicine: &Medicine,
        prescription: &Prescription,
    ) -> MedicationRequest {
        let end = self.record.on.saturating_add(Duration::days(90));
        MedicationRequest {
            identifier: [Identifier { system: RID, value: prescription.rid.clone() }],
            status: "active",
            intent: "order",
            medication_codeable_concept: product(prescription.product_system, medicine),
            authored_on: self.moment(),
            requester: self.doctor(),
            dosage_instruction: dosage(medicine),
            dispense_request: DispenseRequest {
                validity_period: Period { start: Day(self.record.on), end: Some(Day(end)) },
                number_of_repeats_allowed: prescription.repeats,
                quantity: packs(prescription.packs),
            },
            substitution: Substitution { allowed_boolean: true },
            subject: self.subject,
        }
    }

    pub(super) fn dispense(
        self,
        medicine: &Medicine,
        prescription: &Prescription,
    ) -> MedicationDispense {
        let days = prescription.packs * medicine.lasts_days;
        MedicationDispense {
            identifier: self.own_id(DGUID),
            status: "completed",
            medication_codeable_concept: product(prescription.product_system, medicine),
            performer: self.pharmacy().map(|actor| Actor { actor }),
            authorizing_prescription: [Reference::logical(
                RID_AT_PHARMACY,
                prescription.rid.clone(),
            )],
            quantity: packs(prescription.packs),
            days_supply: Quantity::ucum(days * 10, "d"),
            when_handed_over: Day(self.record.on),
            subject: self.subject,
        }
    }

    pub(super) fn referral(self, referral: &Referral, identifier: &str) -> ServiceRequest {
        let end = self.record.on.saturating_add(Duration::days(365));
        let validity = Period { start: Day(self.record.on), end: Some(Day(end)) };
        let sessions = referral.sessions().map(|count| Sessions {
            repeat: SessionRepeat { count, frequency: 2, period: 1, period_unit: "wk" },
        });
        ServiceRequest {
            extension: [Extension::period(VALIDITY, validity), Extension::flag(FEEDBACK, true)],
            identifier: [Identifier { system: UHMEP, value: identifier.to_owned() }],
            status: "active",
            intent: "order",
            priority: "routine",
            category: [Concept::named(SNOMED, referral.category)],
            code: Concept::named(SNOMED, referral.code),
            occurrence_timing: sessions,
            authored_on: self.moment(),
            requester: self.doctor(),
            reason_code: [Concept::named(SNOMED, referral.reason)],
            subject: self.subject,
        }
    }

    pub(super) fn own_id(&self, system: &'static str) -> [Identifier; 1] {
        [Identifier { system, value: self.record.id.clone() }]
    }

    pub(super) fn moment(&self) -> Moment {
        Moment { day: self.record.on, minute: self.record.minute }
    }
}

fn product(system: &'static str, medicine: &Medicine) -> Concept {
    let name = Some(medicine.name);
    Concept {
        coding: vec![
            Coding { system, code: medicine.cnk, display: name },
            Coding { system: ATC, code: medicine.atc, display: None },
        ],
    }
}

fn packs(value: u32) -> Packs {
    Packs { value, system: PACKAGING, code: "package" }
}

fn dosage(medicine: &Medicine) -> [Dosage; 1] {
    let repeat = Repeat { frequency: medicine.a_day, period: 1, period_unit: "d" };
    [Dosage { timing: Timing { repeat } }]
}
