//! PCDH: what pharmacies handed over, as the shared pharmaceutical file has it.
//!
//! A `single-message` holds events; a `PharmaceuticalCareEventType` is one visit of one person to one
//! pharmacy, with the products dispensed on each prescription and without any. Each product becomes
//! one handing over. Other events, and the pharmacist's care beside the products, are set aside.

use serde_json::{Value, json};

use crate::codes;
use crate::converted::{Converted, Format, Outcome, Place, Reason};
use crate::dosage::dosages;
use crate::error::LegacyError;
use crate::fhir::{self, Resource, Subject};
use crate::kmehr::masked;
use crate::xml::{Element, Walker};

/// Elements whose text is words.
const WORDS: [&str; 6] = [
    "text",
    "instructionforpatient",
    "unregisteredProduct",
    "magistralText",
    "freeText",
    "brochure",
];

/// Converts a message whose root was opened.
pub(crate) fn convert(walker: &mut Walker<'_>) -> Result<Converted, LegacyError> {
    let mut converted = Converted::new(Format::Pcdh);
    let mut events = 0;
    // how deep the walk stands below the root; events are taken whole, so this stays small
    let mut depth = 0_u32;
    loop {
        let Some(part) = walker.child()? else {
            if depth == 0 {
                break;
            }
            depth -= 1;
            continue;
        };
        match part.name.as_str() {
            "event" => {
                events += 1;
                let event = walker.take(part)?;
                Event::of(&event, events).convert(&mut converted);
            }
            "header" => walker.skip()?,
            _ => depth += 1,
        }
    }
    walker.finish()?;
    Ok(converted)
}

/// One visit.
struct Event<'e> {
    element: &'e Element,
    number: u32,
    subject: Option<Subject>,
    pharmacy: Option<Value>,
    session: Result<Option<String>, Reason>,
}

impl<'e> Event<'e> {
    fn of(element: &'e Element, number: u32) -> Self {
        let patient = element.child("max-Patient").or_else(|| element.child("min-Patient"));
        let person = patient.and_then(|patient| patient.at(&["identification", "personId"]));
        // a person may also be known by a number that is no national one
        let is_national =
            |id: &&Element| id.attribute("type").is_none_or(|of| of.ends_with("InssIdType"));
        let subject = person.filter(is_national).and_then(|person| person.value_at(&["id"]));
        let pharmacy =
            element.child("pharmacyId").and_then(|id| id.descendants().find_map(Element::value));
        let session = element.value_at(&["sessionDateTime"]);
        Self {
            element,
            number,
            subject: subject.map(Subject::new),
            pharmacy: pharmacy.map(|number| fhir::by_identifier(codes::NIHDI_ORGANIZATION, number)),
            session: session.map(|text| fhir::date_time(text).ok_or(Reason::BadDate)).transpose(),
        }
    }

    fn convert(&self, converted: &mut Converted) {
        let words =
            |element: &&Element| WORDS.contains(&element.name.as_str()) && element.has_text();
        converted.tally.texts_dropped +=
            self.element.descendants().filter(words).map(|_| 1).sum::<u64>();
        let kind = self.element.attribute("type").unwrap_or_default();
        if !kind.ends_with("PharmaceuticalCareEventType") {
            converted.enter(Err(Reason::UnmappedKind), self.place(1, self.element));
            return;
        }
        let mut item = 0;
        for part in &self.element.children {
            let on_prescription = match part.name.as_str() {
                "dispensedForSamePrescription" => true,
                "dispensedWithoutPrescription" => false,
                "pharmaceuticalCareActivities" => {
                    for activity in &part.children {
                        item += 1;
                        converted.enter(Err(Reason::UnmappedKind), self.place(item, activity));
                    }
                    continue;
                }
                _ => continue,
            };
            let shared = part
                .children
                .iter()
                .filter(|child| child.name != "product")
                .find_map(prescription_id);
            for product in part.children("product") {
                item += 1;
                let prescription = prescription_id(product).or(shared).filter(|_| on_prescription);
                converted.enter(self.dispense(product, prescription), self.place(item, product));
            }
        }
    }

    fn dispense(&self, product: &Element, prescription: Option<&str>) -> Outcome {
        let subject = self.subject.as_ref().ok_or(Reason::NoSubject)?;
        let dispensation = product.child("dispensation");
        let units =
            dispensation.and_then(|part| part.value_at(&["numberOfUnits"])).and_then(fhir::number);
        let quantity = units
            .map(|units| json!({ "value": units, "system": codes::PACKAGING, "code": "package" }));
        let instructions = dispensation.and_then(|part| part.child("administrationInstructions"));
        let dosages = instructions.map(dosages).unwrap_or_default();
        let dguid = product.value_at(&["dispensationGUID"]);
        Ok(Resource::new("MedicationDispense")
            .with("identifier", dguid.map(|dguid| json!([fhir::identifier(codes::DGUID, dguid)])))
            .with("status", json!("completed"))
            .with("medicationCodeableConcept", medicine(product)?)
            .with("subject", subject.reference())
            .with("performer", self.pharmacy.clone().map(|actor| json!([{ "actor": actor }])))
            .with(
                "authorizingPrescription",
                prescription.map(|id| json!([fhir::by_identifier(codes::PRESCRIPTION, id)])),
            )
            .with("quantity", quantity)
            .with("whenHandedOver", self.session.clone()?.map(Value::from))
            .with("dosageInstruction", Value::from(dosages))
            .finish())
    }

    fn place(&self, item: u32, element: &Element) -> Place {
        Place { transaction: self.number, item, line: element.line }
    }
}

/// What was handed over: a package, a preparation, or something that only words name.
fn medicine(product: &Element) -> Outcome {
    let Some(description) = product.child("description") else { return Err(Reason::NoCode) };
    if let Some(code) = description.child("productCode") {
        let cnk = code.value_at(&["cnk"]);
        let atc = code
            .descendants()
            .find(|part| part.name.eq_ignore_ascii_case("atc"))
            .and_then(Element::value);
        let systems = [("CD-DRUG-CNK", cnk), ("CD-ATC", atc)];
        let codings: Vec<Value> = systems
            .into_iter()
            .filter_map(|(table, code)| Some(fhir::coding(&codes::medicine_system(table)?, code?)))
            .collect();
        if !codings.is_empty() {
            return Ok(json!({ "coding": codings }));
        }
    }
    if description.child("magistralPreparation").is_some() {
        return Ok(fhir::concept(codes::MEDICATION_TYPE, "magistral"));
    }
    if description.descendants().any(Element::has_text) {
        Ok(masked())
    } else {
        Err(Reason::NoCode)
    }
}

/// The identifier of a prescription, recognised by its form: releases of the message differ in where
/// they put it.
fn prescription_id(element: &Element) -> Option<&str> {
    element.descendants().filter_map(Element::value).find(|value| fhir::is_prescription_id(value))
}
