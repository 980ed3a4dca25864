//! Problems, risks, allergies and vaccinations in KMEHR, as a SUMEHR has them.
//!
//! Such an item says something only by a code: one that only words describe is set aside.

use serde_json::{Value, json};

use super::medicine::{medicine_codings, moments, table_code_of};
use super::{Context, table_code};
use crate::codes;
use crate::converted::{Outcome, Reason};
use crate::fhir::{self, Resource};
use crate::xml::Element;

const RECORDER: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-ext-recorder";
const CONDITION_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const CONDITION_VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const ALLERGY_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const ALLERGY_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// A problem, a diagnosis or a risk.
pub(super) fn problem(item: &Element, context: &Context<'_>) -> Outcome {
    let codings = coded(item)?;
    let (onset, abatement) = moments(item)?;
    let state = State::of(item, abatement.is_some())?;
    Ok(Resource::new("Condition")
        .with(
            "clinicalStatus",
            state.clinical.map(|status| fhir::concept(CONDITION_CLINICAL, status)),
        )
        .with(
            "verificationStatus",
            state.verification.map(|status| fhir::concept(CONDITION_VERIFICATION, status)),
        )
        .with("severity", severity(item).map(|code| fhir::concept(codes::SNOMED, code)))
        .with("code", json!({ "coding": codings }))
        .with("subject", context.subject.reference())
        .with("onsetDateTime", onset.map(Value::from))
        .with("abatementDateTime", abatement.map(Value::from))
        .with("recordedDate", context.recorded(item)?.map(Value::from))
        .with("recorder", context.author.clone())
        .finish())
}

/// An allergy, or an adverse reaction to a medicine.
pub(super) fn allergy(item: &Element, kind: &str, context: &Context<'_>) -> Outcome {
    let codings = coded(item)?;
    let (onset, end) = moments(item)?;
    let state = State::of(item, end.is_some())?;
    let is_medicine = kind == "adr" || !medicine_codings(item).is_empty();
    let criticality = match severity(item) {
        Some(SEVERE) => Some(json!("high")),
        Some(MILD) => Some(json!("low")),
        _ => None,
    };
    Ok(Resource::new("AllergyIntolerance")
        .with(
            "clinicalStatus",
            state.clinical.map(|status| fhir::concept(ALLERGY_CLINICAL, status)),
        )
        .with(
            "verificationStatus",
            state.verification.map(|status| fhir::concept(ALLERGY_VERIFICATION, status)),
        )
        .with("type", (kind == "allergy").then(|| json!("allergy")))
        .with("category", is_medicine.then(|| json!(["medication"])))
        .with("criticality", criticality)
        .with("code", json!({ "coding": codings }))
        .with("patient", context.subject.reference())
        .with("onsetDateTime", onset.map(Value::from))
        .with("recordedDate", context.recorded(item)?.map(Value::from))
        .with("recorder", context.author.clone())
        .finish())
}

/// A vaccine that was given, or refused.
pub(super) fn vaccination(item: &Element, context: &Context<'_>) -> Outcome {
    let codings = coded(item)?;
    let (given, _) = moments(item)?;
    let status = match table_code_of(item, "lifecycle").as_deref() {
        Some("refused" | "cancelled" | "aborted") => "not-done",
        Some("planned" | "proposed" | "ordered" | "prescribed" | "pending") => {
            return Err(Reason::NotDone);
        }
        Some("retracted") => return Err(Reason::Retracted),
        _ => "completed",
    };
    let recorded = context.recorded(item)?;
    // who writes a summary did not give every vaccine in it: the author recorded, no more
    let extension =
        context.author.clone().map(|author| json!([{ "url": RECORDER, "valueReference": author }]));
    Ok(Resource::new("Immunization")
        .with("extension", extension)
        .with("status", json!(status))
        .with("vaccineCode", json!({ "coding": codings }))
        .with("patient", context.subject.reference())
        .with("occurrenceDateTime", given.map(Value::from))
        .with("recorded", recorded.map(Value::from))
        .with("lotNumber", batch_number(item).map(Value::from))
        .finish())
}

/// Why an item that no code describes became no resource.
pub(super) fn unsaid(item: &Element) -> Reason {
    let has_words = |element: &Element| {
        matches!(element.name.as_str(), "text" | "compoundprescription") && element.has_text()
    };
    if item.descendants().any(has_words) { Reason::FreeTextOnly } else { Reason::NoCode }
}

/// The codes of an item, in code systems that mean something outside its software.
pub(super) fn codings(item: &Element) -> Vec<Value> {
    let codes = item.children("content").flat_map(|content| content.children("cd"));
    let mut codings = Vec::new();
    for cd in codes {
        let table = cd.attribute("S").map(str::to_ascii_uppercase);
        let system =
            table.as_deref().and_then(|table| codes::clinical_system(table, cd.attribute("SV")));
        if let (Some(system), Some(code)) = (system, cd.value()) {
            codings.push(fhir::coding(&system, code));
        }
    }
    for medicine in medicine_codings(item) {
        if !codings.contains(&medicine) {
            codings.push(medicine);
        }
    }
    codings
}

fn coded(item: &Element) -> Result<Vec<Value>, Reason> {
    let codings = codings(item);
    if codings.is_empty() { Err(unsaid(item)) } else { Ok(codings) }
}

/// Where a problem or an allergy stands.
struct State {
    clinical: Option<&'static str>,
    verification: Option<&'static str>,
}

impl State {
    fn of(item: &Element, has_ended: bool) -> Result<Self, Reason> {
        let lifecycle = table_code_of(item, "lifecycle");
        let verification = match table_code_of(item, "certainty").as_deref() {
            Some("proven") => Some("confirmed"),
            Some("probable" | "unprobable") => Some("unconfirmed"),
            Some("excluded") => Some("refuted"),
            _ => None,
        };
        let clinical = match lifecycle.as_deref() {
            Some("retracted") => return Err(Reason::Retracted),
            // what was looked for and not found has no clinical state
            Some("excluded" | "not_present" | "notpresent") => {
                return Ok(Self { clinical: None, verification: Some("refuted") });
            }
            Some(
                "inactive" | "completed" | "closed" | "terminated" | "stopped" | "aborted"
                | "cancelled",
            ) => "inactive",
            _ if has_ended => "inactive",
            _ => "active",
        };
        Ok(Self {
            clinical: Some(clinical).filter(|_| verification != Some("refuted")),
            verification,
        })
    }
}

const MILD: &str = "255604002";
const MODERATE: &str = "6736007";
const SEVERE: &str = "24484000";

/// `CD-SEVERITY` in SNOMED CT.
fn severity(item: &Element) -> Option<&'static str> {
    let severity = item.child("severity").and_then(|severity| table_code(severity, "CD-SEVERITY"));
    match severity.as_deref() {
        Some("light" | "mild" | "low") => Some(MILD),
        Some("moderate" | "medium") => Some(MODERATE),
        Some("severe" | "serious" | "high" | "verysevere") => Some(SEVERE),
        _ => None,
    }
}

fn batch_number(item: &Element) -> Option<&str> {
    item.value_at(&["batch"])
}
