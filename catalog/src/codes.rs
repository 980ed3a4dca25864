//! The controlled vocabularies of HealthDCAT-AP: which codes there are and what IRI each has.
//!
//! A value of one of these types is on its list; a declaration with another code is refused when
//! it is read. The health lists are those of Release 8; of the longer lists of the EU stands here
//! what an installation in Belgium or beside it can use.

use std::fmt;

use oxrdf::NamedNode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Lists of the Commission's health department.
macro_rules! health_list {
    ($path:literal) => {
        concat!("https://hdeu-dcat.data.health.europa.eu/resource/authority/", $path, "/")
    };
}

/// Lists of the Publications Office.
macro_rules! eu_list {
    ($path:literal) => {
        concat!("http://publications.europa.eu/resource/authority/", $path, "/")
    };
}

/// The code is not on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list {0} has no such code")]
pub struct UnknownCode(&'static str);

macro_rules! code_list {
    ($(#[$doc:meta])* $name:ident, $list:expr, [$($code:literal)*]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(&'static str);

        impl $name {
            /// What the IRI of every code starts with.
            pub const LIST: &'static str = $list;

            /// Every code of the list.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The code as text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.0
            }

            pub(crate) fn iri(self) -> NamedNode {
                NamedNode::new_unchecked(format!("{}{}", Self::LIST, self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                let known = Self::CODES.iter().find(|code| **code == text);
                known.map(|code| Self(code)).ok_or(UnknownCode(Self::LIST))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    };
}

code_list!(
    /// The kinds of data that must be made available (Regulation (EU) 2025/327, Art 51(1)).
    HealthCategory, health_list!("healthcategories"), [
        "DIOH" "EHCT" "EHRS" "EINS" "EMRD" "HGPD" "HPML" "HRAD" "IDHP" "MRMR" "NRPE" "PGEH" "PHDR"
        "RMMD" "RPDG" "RQSH" "WELA"
    ]
);
code_list!(
    /// What a dataset is about.
    HealthTheme, health_list!("health-theme"), [
        "ANTIMICROBIAL_CONTROL" "BLOOD_INFECTIONS" "CANCER_DISEASE" "CLIMATE_HEALTH"
        "EMERGENCY_SETTINGS" "ENTERIC_INFECTIONS" "ENVIRONMENTAL_HEALTH" "HEALTH_PRODUCTS"
        "HEALTH_SYSTEMS" "IMMUNIZATION_DISEASES" "INJURY_PREVENTION" "LIFECOURSE_HEALTH"
        "MENTAL_HEALTH" "NONCOMMUNICABLE_DISEASES" "NUTRITION_SECURITY" "REPRODUCTIVE_HEALTH"
        "RESPIRATORY_DISEASES" "SENSORY_HEALTH" "TROPICAL_DISEASES" "VECTOR_DISEASES"
    ]
);
code_list!(
    /// The code systems a dataset can use.
    CodingSystem, health_list!("coding-system"), [
        "ATC" "DICOM-CT" "EDQM" "EMA-SPOR" "EMDN" "GMDN" "HGNC" "HPO" "ICD-10" "ICD-10-NAT"
        "ICD-11" "ICD-9-CM" "ICD-O" "ICF" "ICHI" "ICPC-2" "ICPC-3" "LOINC" "MEDDRA" "MESH" "NCIT"
        "NPU" "OHDSI-VOCAB" "OPS" "ORDO" "ORPHACODE" "PROC-CODES-NAT" "RXNORM" "SNOMED-CT" "UCUM"
        "UMLS" "WHODRUG"
    ]
);
code_list!(
    /// In the course of what the data came to be.
    HealthActivity, health_list!("health-activity"), [
        "ADMINISTRATIVE_PROCESSES" "ADMISSION_DISCHARGE" "COHORT" "GEOSPATIAL_MONITORING"
        "HEALTHCARE_VISIT" "HEALTH_REGISTRIES" "HEALTH_SURVEILLANCE" "HEALTH_SURVEY"
        "HOSPITAL_RECORDS" "MEASUREMENTS" "PROBABILITY_SURVEY" "ROUTINE_RECORDS" "SURVEILLANCE"
    ]
);
code_list!(
    /// What kind of body a publisher or a holder is.
    PublisherType, health_list!("publisher-type"), [
        "administrative-institution" "gov-public-sector-org" "health-technology-manufacturer"
        "healthcare-providers" "national-authority" "non-gov-org" "other-government-agency"
        "outpatient-institution" "pathology-registry" "private-health-insurance"
        "private-sector-entities" "public-health-institute" "public-health-org"
        "public-health-registry" "quality-registry" "regional-authority" "research-academic-org"
        "research-infra" "stat-agency"
    ]
);
code_list!(
    /// How often a dataset gets new data.
    Frequency, eu_list!("frequency"), [
        "ANNUAL" "AS_NEEDED" "BIWEEKLY" "CONT" "DAILY" "IRREG" "MONTHLY" "NEVER" "QUARTERLY"
        "UPDATE_CONT" "WEEKLY"
    ]
);
code_list!(
    /// The languages of names and texts in a dataset.
    DataLanguage, eu_list!("language"), ["DEU" "ENG" "FRA" "NLD"]
);
code_list!(
    /// The country a dataset covers.
    Country, eu_list!("country"), ["BEL" "DEU" "FRA" "LUX" "NLD"]
);
code_list!(
    /// What is said of a person (Data Privacy Vocabulary, personal data extension).
    PersonalData, "https://w3id.org/dpv/dpv-pd#", [
        "Age" "BirthDate" "Gender" "Health" "HealthHistory" "HealthRecord" "Location"
        "MedicalHealth" "PhysicalHealth" "Prescription"
    ]
);

/// Who may get at a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessLevel {
    /// Everybody.
    Public,
    /// Everybody who meets stated conditions.
    Restricted,
    /// Whoever has a permit, in a secure environment.
    NonPublic,
}

impl AccessLevel {
    /// What the IRI of every level starts with.
    pub(crate) const LIST: &'static str = eu_list!("access-right");

    /// Every level.
    pub const ALL: [Self; 3] = [Self::Public, Self::Restricted, Self::NonPublic];

    /// The code of the EU's list.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Restricted => "RESTRICTED",
            Self::NonPublic => "NON_PUBLIC",
        }
    }

    pub(crate) fn iri(self) -> NamedNode {
        NamedNode::new_unchecked(format!("{}{}", Self::LIST, self.code()))
    }
}

impl CodingSystem {
    /// The list's entry for a code system as FHIR names it; none for one that is only national,
    /// like the Belgian CNK.
    #[must_use]
    pub fn of_fhir(system: &str) -> Option<Self> {
        let code = match system {
            "http://snomed.info/sct" => "SNOMED-CT",
            "http://loinc.org" => "LOINC",
            "http://www.whocc.no/atc" => "ATC",
            "http://unitsofmeasure.org" => "UCUM",
            "http://hl7.org/fhir/sid/icd-10" => "ICD-10",
            "http://hl7.org/fhir/sid/icpc-2" => "ICPC-2",
            "http://standardterms.edqm.eu" => "EDQM",
            "http://www.orpha.net" => "ORPHACODE",
            _ => return None,
        };
        code.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_code_of_the_list_is_read() {
        assert_eq!("EHRS".parse::<HealthCategory>().map(HealthCategory::as_str), Ok("EHRS"));
        for text in ["", "ehrs", "EHRS>", "HEALTH_SYSTEMS"] {
            assert!(text.parse::<HealthCategory>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_lists_are_as_long_as_those_of_the_release() {
        let lengths =
            [HealthCategory::CODES.len(), HealthTheme::CODES.len(), CodingSystem::CODES.len()];
        assert_eq!(lengths, [17, 20, 32]);
    }

    #[test]
    fn code_systems_of_fhir_have_their_entry_and_the_cnk_has_none() {
        let cases = [
            ("http://snomed.info/sct", Some("SNOMED-CT")),
            ("http://loinc.org", Some("LOINC")),
            ("http://www.whocc.no/atc", Some("ATC")),
            ("http://unitsofmeasure.org", Some("UCUM")),
            ("http://hl7.org/fhir/sid/icd-10", Some("ICD-10")),
            ("http://hl7.org/fhir/sid/icpc-2", Some("ICPC-2")),
            ("http://standardterms.edqm.eu", Some("EDQM")),
            ("http://www.orpha.net", Some("ORPHACODE")),
            ("https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/cnk-codes", None),
        ];
        for (system, want) in cases {
            assert_eq!(CodingSystem::of_fhir(system).map(CodingSystem::as_str), want, "{system}");
        }
    }
}
