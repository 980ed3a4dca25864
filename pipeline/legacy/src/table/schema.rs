//! The elements a mapping may fill, of the resources that views read.
//!
//! Written as FHIR R4 defines them: `*` is an array, `[x]` a choice. Elements that hold words (`text`,
//! `display`, `note`, names, telecoms, streets) are left out on purpose: they cannot be mapped.

/// Each type with its members.
const TYPES: &[(&str, &str)] = &[
    (
        "Patient",
        "identifier*:Identifier active:boolean gender:code birthDate:date deceased[x]:boolean|dateTime \
         address*:Address maritalStatus:CodeableConcept extension*:Extension",
    ),
    (
        "MedicationStatement",
        "identifier*:Identifier status:code statusReason*:CodeableConcept category:CodeableConcept \
         medication[x]:CodeableConcept subject:Reference effective[x]:dateTime|Period dateAsserted:dateTime \
         informationSource:Reference basedOn*:Reference reasonCode*:CodeableConcept dosage*:Dosage extension*:Extension",
    ),
    (
        "MedicationRequest",
        "identifier*:Identifier status:code statusReason:CodeableConcept intent:code category*:CodeableConcept \
         priority:code medication[x]:CodeableConcept subject:Reference authoredOn:dateTime requester:Reference \
         basedOn*:Reference groupIdentifier:Identifier reasonCode*:CodeableConcept dosageInstruction*:Dosage \
         dispenseRequest:DispenseRequest substitution:RequestSubstitution extension*:Extension",
    ),
    (
        "MedicationDispense",
        "identifier*:Identifier status:code category:CodeableConcept medication[x]:CodeableConcept subject:Reference \
         context:Reference performer*:Performer authorizingPrescription*:Reference type:CodeableConcept \
         quantity:Quantity daysSupply:Quantity whenPrepared:dateTime whenHandedOver:dateTime \
         dosageInstruction*:Dosage extension*:Extension",
    ),
    (
        "MedicationAdministration",
        "identifier*:Identifier status:code category:CodeableConcept medication[x]:CodeableConcept subject:Reference \
         context:Reference effective[x]:dateTime|Period performer*:Performer request:Reference \
         reasonCode*:CodeableConcept dosage:AdministrationDosage extension*:Extension",
    ),
    (
        "Condition",
        "identifier*:Identifier clinicalStatus:CodeableConcept verificationStatus:CodeableConcept \
         category*:CodeableConcept severity:CodeableConcept code:CodeableConcept bodySite*:CodeableConcept \
         subject:Reference encounter:Reference onset[x]:dateTime|Period abatement[x]:dateTime|Period \
         recordedDate:dateTime recorder:Reference asserter:Reference extension*:Extension",
    ),
    (
        "AllergyIntolerance",
        "identifier*:Identifier clinicalStatus:CodeableConcept verificationStatus:CodeableConcept type:code \
         category*:code criticality:code code:CodeableConcept patient:Reference onset[x]:dateTime|Period \
         recordedDate:dateTime recorder:Reference asserter:Reference lastOccurrence:dateTime \
         reaction*:AllergyReaction extension*:Extension",
    ),
    (
        "Immunization",
        "identifier*:Identifier status:code statusReason:CodeableConcept vaccineCode:CodeableConcept \
         patient:Reference occurrence[x]:dateTime recorded:dateTime primarySource:boolean lotNumber:string \
         expirationDate:date site:CodeableConcept route:CodeableConcept doseQuantity:Quantity performer*:Performer \
         reasonCode*:CodeableConcept protocolApplied*:Protocol extension*:Extension",
    ),
    (
        "Observation",
        "identifier*:Identifier basedOn*:Reference status:code category*:CodeableConcept code:CodeableConcept \
         subject:Reference effective[x]:dateTime|Period|instant issued:instant performer*:Reference \
         value[x]:Quantity|CodeableConcept|boolean|integer|dateTime dataAbsentReason:CodeableConcept \
         interpretation*:CodeableConcept bodySite:CodeableConcept method:CodeableConcept component*:Component \
         extension*:Extension",
    ),
    (
        "ServiceRequest",
        "identifier*:Identifier basedOn*:Reference status:code intent:code category*:CodeableConcept priority:code \
         code:CodeableConcept quantity[x]:Quantity subject:Reference occurrence[x]:dateTime|Period \
         authoredOn:dateTime requester:Reference performerType:CodeableConcept performer*:Reference \
         reasonCode*:CodeableConcept bodySite*:CodeableConcept extension*:Extension",
    ),
    ("Identifier", "type:CodeableConcept system:uri value:string"),
    ("Reference", "reference:string type:uri identifier:Identifier"),
    ("CodeableConcept", "coding*:Coding"),
    ("Coding", "system:uri version:string code:code"),
    ("Period", "start:dateTime end:dateTime"),
    ("Quantity", "value:decimal comparator:code unit:string system:uri code:code"),
    ("Address", "postalCode:string country:string extension*:Extension"),
    (
        "Extension",
        "url:uri extension*:Extension value[x]:code|string|integer|decimal|boolean|date|dateTime|Coding|CodeableConcept|Quantity",
    ),
    (
        "Dosage",
        "timing:Timing asNeeded[x]:boolean site:CodeableConcept route:CodeableConcept method:CodeableConcept \
         doseAndRate*:DoseAndRate",
    ),
    ("DoseAndRate", "dose[x]:Quantity"),
    ("Timing", "event*:dateTime repeat:Repeat code:CodeableConcept"),
    (
        "Repeat",
        "frequency:positiveInt period:decimal periodUnit:code dayOfWeek*:code timeOfDay*:time when*:code",
    ),
    (
        "DispenseRequest",
        "validityPeriod:Period numberOfRepeatsAllowed:integer quantity:Quantity expectedSupplyDuration:Quantity",
    ),
    ("RequestSubstitution", "allowed[x]:boolean"),
    ("Performer", "function:CodeableConcept actor:Reference"),
    ("AdministrationDosage", "route:CodeableConcept dose:Quantity"),
    (
        "AllergyReaction",
        "substance:CodeableConcept manifestation*:CodeableConcept onset:dateTime severity:code",
    ),
    (
        "Protocol",
        "targetDisease*:CodeableConcept doseNumber[x]:positiveInt|string seriesDoses[x]:positiveInt|string",
    ),
    (
        "Component",
        "code:CodeableConcept value[x]:Quantity|CodeableConcept|boolean|integer|dateTime",
    ),
];

/// The resource of that name, if views read it.
pub(super) fn resource(name: &str) -> Option<&'static str> {
    TYPES
        .iter()
        .map(|(known, _)| *known)
        .find(|known| *known == name && subject_of(known).is_some())
}

/// Where the subject of a resource stands. `None`: no view reads that resource.
pub(super) fn subject_of(resource: &str) -> Option<&'static str> {
    match resource {
        "Patient" => Some("identifier[0]"),
        "AllergyIntolerance" | "Immunization" => Some("patient.identifier"),
        "MedicationStatement"
        | "MedicationRequest"
        | "MedicationDispense"
        | "MedicationAdministration"
        | "Condition"
        | "Observation"
        | "ServiceRequest" => Some("subject.identifier"),
        _ => None,
    }
}

/// A member of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    /// Its type, or its types where it is a choice.
    pub(super) types: &'static str,
    pub(super) is_array: bool,
    pub(super) is_choice: bool,
}

/// The members of a type; none for a primitive.
pub(super) fn members(of: &str) -> impl Iterator<Item = Member> {
    let found = TYPES.iter().find(|(name, _)| *name == of);
    found.into_iter().flat_map(|(_, members)| members.split_whitespace()).filter_map(|member| {
        let (name, types) = member.split_once(':')?;
        Some(Member {
            name: name.trim_end_matches('*').trim_end_matches("[x]"),
            types,
            is_array: name.ends_with('*'),
            is_choice: name.ends_with("[x]"),
        })
    })
}

/// Whether a type has members of its own.
pub(super) fn is_complex(of: &str) -> bool {
    TYPES.iter().any(|(name, _)| *name == of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_named_is_defined_or_primitive() {
        let primitives = [
            "boolean",
            "code",
            "date",
            "dateTime",
            "decimal",
            "instant",
            "integer",
            "positiveInt",
            "string",
            "time",
            "uri",
        ];
        for (of, _) in TYPES {
            for member in members(of) {
                for named in member.types.split('|') {
                    assert!(
                        is_complex(named) || primitives.contains(&named),
                        "{of}.{}: {named}",
                        member.name
                    );
                }
            }
        }
    }
}
