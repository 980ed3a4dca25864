//! Choice elements of FHIR R4: `value[x]` stands as `valueQuantity`, `valueString`, ...

/// Types a choice element can have; the suffix of its JSON name.
pub(crate) const TYPES: [&str; 51] = [
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "CodeableConcept",
    "CodeableReference",
    "Coding",
    "ContactDetail",
    "ContactPoint",
    "Contributor",
    "Count",
    "DataRequirement",
    "Date",
    "DateTime",
    "Decimal",
    "Distance",
    "Dosage",
    "Duration",
    "Expression",
    "HumanName",
    "Id",
    "Identifier",
    "Instant",
    "Integer",
    "Markdown",
    "Meta",
    "Money",
    "Oid",
    "ParameterDefinition",
    "Period",
    "PositiveInt",
    "Quantity",
    "Range",
    "Ratio",
    "RatioRange",
    "Reference",
    "RelatedArtifact",
    "SampledData",
    "Signature",
    "String",
    "Time",
    "Timing",
    "TriggerDefinition",
    "UnsignedInt",
    "Uri",
    "Url",
    "Uuid",
];

/// The choice elements of R4 and the types each can have somewhere, sorted by name. `recordedDate` is
/// no `recorded[x]`: without this table a path would take it for one.
const NAMES: [(&str, &[&str]); 65] = [
    ("abatement", &["Age", "DateTime", "Period", "Range", "String"]),
    ("age", &["Age", "Range", "String"]),
    ("allowed", &["Boolean", "CodeableConcept", "Money", "String", "UnsignedInt"]),
    ("amount", &["Quantity", "Range", "Ratio", "String"]),
    (
        "answer",
        &[
            "Boolean",
            "Coding",
            "Date",
            "DateTime",
            "Decimal",
            "Integer",
            "Quantity",
            "Reference",
            "String",
            "Time",
        ],
    ),
    ("asNeeded", &["Boolean", "CodeableConcept"]),
    ("born", &["Date", "Period", "String"]),
    ("bounds", &["Duration", "Period", "Range"]),
    ("chargeItem", &["CodeableConcept", "Reference"]),
    ("code", &["CodeableConcept", "Reference"]),
    ("collected", &["DateTime", "Period"]),
    ("content", &["Attachment", "Reference", "String"]),
    ("created", &["DateTime", "Period"]),
    ("deceased", &["Age", "Boolean", "Date", "DateTime", "Range", "String"]),
    ("defaultValue", &TYPES),
    (
        "definition",
        &[
            "Canonical",
            "CodeableConcept",
            "DataRequirement",
            "Expression",
            "Reference",
            "TriggerDefinition",
            "Uri",
        ],
    ),
    ("detail", &["Boolean", "CodeableConcept", "Integer", "Quantity", "Range", "Ratio", "String"]),
    ("diagnosis", &["CodeableConcept", "Reference"]),
    ("dose", &["Quantity", "Range"]),
    ("doseNumber", &["PositiveInt", "String"]),
    ("due", &["Date", "Duration"]),
    ("effective", &["DateTime", "Instant", "Period", "Timing"]),
    ("entity", &["CodeableConcept", "Reference"]),
    ("event", &["Coding", "Uri"]),
    ("example", &["Boolean", "Canonical"]),
    ("fastingStatus", &["CodeableConcept", "Duration"]),
    ("fixed", &TYPES),
    ("identified", &["DateTime", "Period"]),
    ("item", &["CodeableConcept", "Reference"]),
    ("legallyBinding", &["Attachment", "Reference"]),
    ("location", &["Address", "CodeableConcept", "Reference"]),
    ("maxValue", &TYPES),
    ("medication", &["CodeableConcept", "Reference"]),
    ("minValue", &TYPES),
    ("module", &["Canonical", "CodeableConcept", "Uri"]),
    ("multipleBirth", &["Boolean", "Integer"]),
    ("name", &["Reference", "Url"]),
    ("occurred", &["DateTime", "Period"]),
    ("occurrence", &["Date", "DateTime", "Period", "String", "Timing"]),
    ("offset", &["Duration", "Range"]),
    ("onset", &["Age", "DateTime", "Period", "Range", "String"]),
    ("participantEffective", &["DateTime", "Duration", "Period", "Timing"]),
    ("pattern", &TYPES),
    ("performed", &["Age", "DateTime", "Period", "Range", "String"]),
    ("probability", &["Decimal", "Range"]),
    ("procedure", &["CodeableConcept", "Reference"]),
    ("product", &["CodeableConcept", "Reference"]),
    ("quantity", &["Quantity", "Range", "Ratio"]),
    ("rate", &["Quantity", "Range", "Ratio"]),
    ("reported", &["Boolean", "Reference"]),
    ("scheduled", &["Period", "String", "Timing"]),
    ("seriesDoses", &["PositiveInt", "String"]),
    ("serviced", &["Date", "Period"]),
    ("source", &["Attachment", "Canonical", "Reference", "Uri"]),
    ("start", &["CodeableConcept", "Date"]),
    ("statusReason", &["CodeableConcept", "Reference"]),
    ("subject", &["CodeableConcept", "Reference"]),
    ("substance", &["CodeableConcept", "Reference"]),
    ("target", &["Canonical", "Uri"]),
    ("time", &["DateTime", "Period"]),
    ("timing", &["Age", "Date", "DateTime", "Duration", "Period", "Range", "Reference", "Timing"]),
    ("topic", &["CodeableConcept", "Reference"]),
    ("used", &["Money", "String", "UnsignedInt"]),
    ("value", &TYPES),
    ("when", &["Period", "Range"]),
];

/// The types of a choice element; nothing for an element that is not known as one.
pub(crate) fn types_of(name: &str) -> Option<&'static [&'static str]> {
    let at = NAMES.binary_search_by_key(&name, |(known, _)| known).ok()?;
    Some(NAMES[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_every_type_is_one() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        assert!(TYPES.is_sorted());
        for (name, types) in NAMES {
            assert!(types.is_sorted(), "{name}");
            for kind in types {
                assert!(TYPES.contains(kind), "{name}{kind}");
            }
        }
    }
}
