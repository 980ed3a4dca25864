//! Medicines in KMEHR: used, prescribed, delivered, suspended.
//!
//! The medicine meant comes before the one delivered: a line, like its FHIR twin, is about what the
//! person should take. A magistral preparation has no package; that it is one is its code. A medicine
//! that only words name keeps its row, because that somebody uses one is a fact of its own; its name
//! is masked.

use serde_json::{Value, json};

use super::{Context, table_code};
use crate::codes;
use crate::converted::{Outcome, Reason};
use crate::dosage::dosages;
use crate::fhir::{self, Resource};
use crate::xml::Element;

const RECORDED: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeExtRecordedDate";
const REGISTRATION: &str = "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeExtMedicationLineRegistrationStatus";
const ADHERENCE: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationStatement.adherence";
const DATA_ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// A line of a medication scheme.
///
/// KMEHR demands a `beginmoment`, and software that knows none writes the day of recording. Such a
/// line says no more than that the medicine was in use that day, which `dateAsserted` says already;
/// as in the line's FHIR twin, its period has no start. A period with an end has both its days.
pub(super) fn line(item: &Element, context: &Context<'_>) -> Outcome {
    let (begin, end) = moments(item)?;
    let is_filler = end.is_none() && same_day(begin.as_deref(), context.recorded.as_deref());
    let begin = begin.filter(|_| !is_filler);
    let recorded = context.recorded.as_deref();
    let mut extensions = vec![json!({ "url": REGISTRATION, "valueCode": "recorded" })];
    extensions
        .extend(recorded.map(|recorded| json!({ "url": RECORDED, "valueDateTime": recorded })));
    Ok(Resource::new("MedicationStatement")
        .with("extension", Value::from(extensions))
        .with("status", json!("unknown"))
        .with("medicationCodeableConcept", medicine(item)?)
        .with("subject", context.subject.reference())
        .with("effectivePeriod", fhir::period(begin.as_deref(), end.as_deref()))
        .with("dateAsserted", recorded.map(Value::from))
        .with("informationSource", context.author.clone())
        .with("dosage", Value::from(dosages(item)))
        .finish())
}

/// A medicine in a summary or another transaction.
pub(super) fn used(item: &Element, context: &Context<'_>) -> Outcome {
    let (begin, end) = moments(item)?;
    Ok(Resource::new("MedicationStatement")
        .with("status", json!(use_status(item)?))
        .with("medicationCodeableConcept", medicine(item)?)
        .with("subject", context.subject.reference())
        .with("effectivePeriod", fhir::period(begin.as_deref(), end.as_deref()))
        .with("dateAsserted", context.recorded(item)?.map(Value::from))
        .with("informationSource", context.author.clone())
        .with("dosage", Value::from(dosages(item)))
        .finish())
}

/// A medicine of a prescription.
pub(super) fn prescribed(item: &Element, context: &Context<'_>) -> Outcome {
    let (begin, _) = moments(item)?;
    let last_day = context.transaction.value_at(&["expirationdate"]).and_then(fhir::day);
    let validity = fhir::period(begin.as_deref(), last_day.as_deref());
    let quantity = quantity(item);
    let mut dispense = serde_json::Map::new();
    dispense.extend(validity.map(|validity| ("validityPeriod".to_owned(), validity)));
    dispense.extend(quantity.map(|quantity| ("quantity".to_owned(), quantity)));
    let allowed = match item.value_at(&["issubstitutionallowed"]) {
        Some("true") => Some(json!({ "allowedBoolean": true })),
        Some("false") => Some(json!({ "allowedBoolean": false })),
        _ => None,
    };
    let prescription = prescription_id(item).or_else(|| prescription_id(context.transaction));
    Ok(Resource::new("MedicationRequest")
        .with(
            "identifier",
            prescription.map(|id| json!([fhir::identifier(codes::PRESCRIPTION, id)])),
        )
        .with("status", json!(order_status(item)?))
        .with("intent", json!("order"))
        .with("medicationCodeableConcept", medicine(item)?)
        .with("subject", context.subject.reference())
        .with("authoredOn", context.recorded.clone().map(Value::from))
        .with("requester", context.author.clone())
        .with("dosageInstruction", Value::from(dosages(item)))
        .with("dispenseRequest", Value::Object(dispense))
        .with("substitution", allowed)
        .finish())
}

/// A medicine that was handed over, as `productdelivery` reports it.
pub(super) fn delivered(item: &Element, context: &Context<'_>) -> Outcome {
    let (begin, _) = moments(item)?;
    let prescription = prescription_id(item).or_else(|| prescription_id(context.transaction));
    let performer = context.author.clone().map(|actor| json!([{ "actor": actor }]));
    Ok(Resource::new("MedicationDispense")
        .with("status", json!("completed"))
        .with("medicationCodeableConcept", medicine(item)?)
        .with("subject", context.subject.reference())
        .with("performer", performer)
        .with(
            "authorizingPrescription",
            prescription.map(|id| json!([fhir::by_identifier(codes::PRESCRIPTION, id)])),
        )
        .with("quantity", quantity(item))
        .with("whenHandedOver", begin.or_else(|| context.recorded.clone()).map(Value::from))
        .with("dosageInstruction", Value::from(dosages(item)))
        .finish())
}

/// The suspension of a line: whether it rests or has ended, and when, as one more word on adherence.
/// The period of the line itself stays as its author wrote it.
pub(super) fn suspension(item: &Element) -> Outcome {
    let code = match table_code_of(item, "lifecycle").as_deref() {
        Some("suspended") => "on-hold",
        Some("stopped" | "aborted" | "completed" | "cancelled") => "stopped",
        _ => return Err(Reason::NoCode),
    };
    let (begin, end) = moments(item)?;
    let mut parts = vec![
        json!({ "url": "code", "valueCodeableConcept": fhir::concept(codes::ADHERENCE, code) }),
    ];
    let period = fhir::period(begin.as_deref(), end.as_deref());
    parts.extend(period.map(|period| json!({ "url": "period", "valuePeriod": period })));
    Ok(json!({ "url": ADHERENCE, "extension": parts }))
}

/// Whether a resource names its medicine by a code.
pub(super) fn is_coded(resource: &Value) -> bool {
    resource.pointer("/medicationCodeableConcept/coding").is_some()
}

/// First and last day. Both are checked, so that a date that is none never becomes no date.
pub(super) fn moments(item: &Element) -> Result<(Option<String>, Option<String>), Reason> {
    Ok((fhir::moment(item.child("beginmoment"))?, fhir::moment(item.child("endmoment"))?))
}

/// Codes that name a medicine, in the order in which the item means them.
pub(super) fn medicine_codings(item: &Element) -> Vec<Value> {
    let contents = || item.children("content").flat_map(|content| &content.children);
    let products = || {
        contents()
            .filter(|part| matches!(part.name.as_str(), "medicinalproduct" | "substanceproduct"))
    };
    let intended = products().flat_map(|product| product.children("intendedcd"));
    let delivered = products().flat_map(|product| product.children("deliveredcd"));
    let others = contents().filter(|part| part.name == "cd");
    let mut codings = Vec::new();
    for cd in intended.chain(delivered).chain(others) {
        let system = cd.attribute("S").map(str::to_ascii_uppercase);
        let system = system.as_deref().and_then(codes::medicine_system);
        if let (Some(system), Some(code)) = (system, cd.value()) {
            let coding = fhir::coding(&system, code);
            if !codings.contains(&coding) {
                codings.push(coding);
            }
        }
    }
    codings
}

/// What the medicine is.
fn medicine(item: &Element) -> Outcome {
    let mut codings = medicine_codings(item);
    if item.children("content").any(|content| content.child("compoundprescription").is_some()) {
        codings.push(fhir::coding(codes::MEDICATION_TYPE, "magistral"));
    }
    if !codings.is_empty() {
        return Ok(json!({ "coding": codings }));
    }
    let is_named =
        item.children("content").any(|content| content.descendants().any(Element::has_text));
    if is_named { Ok(masked()) } else { Err(Reason::NoCode) }
}

/// A medicine that only words name.
pub(crate) fn masked() -> Value {
    json!({ "extension": [{ "url": DATA_ABSENT, "valueCode": "masked" }] })
}

/// How many packages or units.
fn quantity(item: &Element) -> Option<Value> {
    let quantity = item.child("quantity")?;
    let value = fhir::number(quantity.value_at(&["decimal"])?)?;
    Some(json!({ "value": value }))
}

/// The identifier of the prescription, wherever among the identifiers it stands.
fn prescription_id(element: &Element) -> Option<&str> {
    element.children("id").filter_map(Element::value).find(|id| fhir::is_prescription_id(id))
}

pub(super) fn table_code_of(item: &Element, member: &str) -> Option<String> {
    let table = format!("CD-{}", member.to_ascii_uppercase());
    item.child(member).and_then(|member| table_code(member, &table))
}

fn use_status(item: &Element) -> Result<&'static str, Reason> {
    match table_code_of(item, "lifecycle").as_deref() {
        Some("active" | "administrated" | "delivered") => Ok("active"),
        Some("completed" | "inactive" | "closed" | "terminated") => Ok("completed"),
        Some("stopped" | "aborted" | "cancelled" | "substituted" | "switched") => Ok("stopped"),
        Some("suspended") => Ok("on-hold"),
        Some("planned" | "ordered" | "prescribed" | "proposed" | "pending") => Ok("intended"),
        Some("refused" | "notprescribed" | "not_present" | "excluded") => Ok("not-taken"),
        Some("retracted") => Err(Reason::Retracted),
        _ => Ok("unknown"),
    }
}

fn order_status(item: &Element) -> Result<&'static str, Reason> {
    match table_code_of(item, "lifecycle").as_deref() {
        Some("stopped" | "aborted") => Ok("stopped"),
        Some("cancelled") => Ok("cancelled"),
        Some("completed" | "delivered" | "administrated") => Ok("completed"),
        Some("suspended") => Ok("on-hold"),
        Some("retracted") => Err(Reason::Retracted),
        Some("proposed" | "planned" | "notprescribed" | "refused") => Err(Reason::NotDone),
        _ => Ok("active"),
    }
}

fn same_day(one: Option<&str>, other: Option<&str>) -> bool {
    let day = |moment: Option<&str>| moment.and_then(|moment| moment.get(..10)).map(str::to_owned);
    one.is_some() && day(one) == day(other)
}
