//! What was written, counted as it was written. No identifier of a person is ever in it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// A holder of data in the sample; also the name of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Holder {
    /// A hospital.
    Hospital,
    /// A first-line vault, like those of the regions.
    Vault,
    /// The server of electronic prescriptions.
    Prescriptions,
}

impl Holder {
    /// All holders, in the order of the enum.
    pub const ALL: [Self; 3] = [Self::Hospital, Self::Vault, Self::Prescriptions];

    /// The folder of the holder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Hospital => "hospital",
            Self::Vault => "vault",
            Self::Prescriptions => "prescriptions",
        }
    }

    /// The resource types the holder delivers, each in a file of its own.
    #[must_use]
    pub fn kinds(self) -> &'static [ResourceKind] {
        use ResourceKind as R;
        match self {
            Self::Hospital => &[
                R::Patient,
                R::Condition,
                R::AllergyIntolerance,
                R::Observation,
                R::MedicationAdministration,
                R::DiagnosticReport,
                R::Procedure,
            ],
            Self::Vault => &[
                R::Patient,
                R::Immunization,
                R::AllergyIntolerance,
                R::Condition,
                R::MedicationStatement,
                R::Observation,
                R::QuestionnaireResponse,
                R::Composition,
            ],
            Self::Prescriptions => {
                &[R::Patient, R::MedicationRequest, R::MedicationDispense, R::ServiceRequest]
            }
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.folder())
    }
}

/// A FHIR resource type of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ResourceKind {
    /// A person, as a holder knows them.
    Patient,
    /// A problem or diagnosis.
    Condition,
    /// An allergy.
    AllergyIntolerance,
    /// A vital sign, laboratory result, way of life or value measured at home.
    Observation,
    /// A medicine given in hospital.
    MedicationAdministration,
    /// A vaccination.
    Immunization,
    /// A line of the medication scheme.
    MedicationStatement,
    /// A prescription.
    MedicationRequest,
    /// What the pharmacy handed over.
    MedicationDispense,
    /// A referral.
    ServiceRequest,
    /// A report of the laboratory.
    DiagnosticReport,
    /// What was done to a person.
    Procedure,
    /// An assessment.
    QuestionnaireResponse,
    /// A patient summary.
    Composition,
}

impl ResourceKind {
    /// The FHIR name; also the name of the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Condition => "Condition",
            Self::AllergyIntolerance => "AllergyIntolerance",
            Self::Observation => "Observation",
            Self::MedicationAdministration => "MedicationAdministration",
            Self::Immunization => "Immunization",
            Self::MedicationStatement => "MedicationStatement",
            Self::MedicationRequest => "MedicationRequest",
            Self::MedicationDispense => "MedicationDispense",
            Self::ServiceRequest => "ServiceRequest",
            Self::DiagnosticReport => "DiagnosticReport",
            Self::Procedure => "Procedure",
            Self::QuestionnaireResponse => "QuestionnaireResponse",
            Self::Composition => "Composition",
        }
    }
}

/// What is wrong with a bad row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadReason {
    /// The check digits of the INSS fit neither century.
    InssInvalid,
    /// The subject has only a display text.
    SubjectUnresolved,
    /// The line was cut short.
    NotJson,
    /// The resource type is none of FHIR R4.
    UnknownResource,
    /// The date lies decades ahead.
    DateInFuture,
    /// The subject is an eHealth pseudonym, which only the third party can convert.
    EhealthPseudonym,
    /// There is no subject.
    SubjectMissing,
}

impl BadReason {
    /// The code of the reason, as in `sample.json`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InssInvalid => "inss-invalid",
            Self::SubjectUnresolved => "subject-unresolved",
            Self::NotJson => "not-json",
            Self::UnknownResource => "unknown-resource",
            Self::DateInFuture => "date-in-future",
            Self::EhealthPseudonym => "ehealth-pseudonym",
            Self::SubjectMissing => "subject-missing",
        }
    }

    /// What can be wrong with a row of this type: a Patient has no subject and no date to get wrong.
    pub(crate) fn of_kind(kind: ResourceKind) -> &'static [Self] {
        const RECORD: [BadReason; 7] = [
            BadReason::InssInvalid,
            BadReason::NotJson,
            BadReason::UnknownResource,
            BadReason::EhealthPseudonym,
            BadReason::SubjectUnresolved,
            BadReason::DateInFuture,
            BadReason::SubjectMissing,
        ];
        match kind {
            ResourceKind::Patient => &RECORD[..4],
            _ => &RECORD,
        }
    }
}

/// The rows of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Rows in all: good and bad.
    pub written: u64,
    /// The bad ones among them, by reason.
    pub bad: BTreeMap<BadReason, u64>,
}

impl FileReport {
    /// Bad rows of every reason.
    #[must_use]
    pub fn bad_rows(&self) -> u64 {
        self.bad.values().sum()
    }

    /// Rows that nothing is wrong with.
    #[must_use]
    pub fn good_rows(&self) -> u64 {
        self.written - self.bad_rows()
    }
}

/// What a run wrote. `sample.json` holds the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SampleReport {
    /// Persons in the sample.
    pub persons: u64,
    /// The seed they came from.
    pub seed: u64,
    /// The day the sample was made for.
    pub today: String,
    /// Persons in the opt-out registry.
    pub opted_out: u64,
    /// By holder and resource type: the rows written.
    pub holders: BTreeMap<Holder, BTreeMap<ResourceKind, FileReport>>,
}

impl SampleReport {
    /// Rows of every holder, good and bad; the registry is not counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files().map(|file| file.written).sum()
    }

    /// Bad rows of every holder.
    #[must_use]
    pub fn bad_rows(&self) -> u64 {
        self.files().map(FileReport::bad_rows).sum()
    }

    fn files(&self) -> impl Iterator<Item = &FileReport> {
        self.holders.values().flat_map(BTreeMap::values)
    }
}
