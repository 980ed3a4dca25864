//! A row before it is text: what happened to whom, when, and how the row names its subject.

use serde::Serialize;
use time::Date;

use crate::draw::Draws;
use crate::fhir::{Concept, Identifier, Reference, SSIN, SSIN_OLD};
use crate::person::Person;
use crate::references::measurements::Measurement;
use crate::references::medicines::Medicine;
use crate::references::problems::Referral;
use crate::references::vaccines::Vaccine;
use crate::report::{Holder, ResourceKind};

/// One thing that was recorded about a person.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) holder: Holder,
    pub(crate) id: String,
    pub(crate) on: Date,
    /// Minute of the day, for the types that have a time.
    pub(crate) minute: u32,
    pub(crate) naming: Naming,
    pub(crate) fact: Fact,
}

/// How a row says whom it is about; all of these are met in real Belgian data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `Patient/x`, in the same holder's file.
    Relative,
    /// The INSS itself, under the system of the core guide.
    Logical,
    /// The INSS itself, under the older system.
    LogicalOld,
    /// `#p`, a Patient inside the row.
    Contained,
}

impl Naming {
    /// Each holder has its habits.
    pub(crate) fn draw(holder: Holder, draws: &mut Draws) -> Self {
        let shares = match holder {
            Holder::Hospital => [780, 120, 40, 60],
            Holder::Vault => [150, 560, 190, 100],
            Holder::Prescriptions => [100, 560, 280, 60],
        };
        let ways = [Self::Relative, Self::Logical, Self::LogicalOld, Self::Contained];
        *draws.pick_by(&ways, |way| shares[*way as usize])
    }
}

/// What was recorded.
#[derive(Debug)]
pub(crate) enum Fact {
    Problem {
        code: &'static str,
        name: &'static str,
        admission: bool,
    },
    Allergy {
        allergen: &'static Allergen,
        reaction: (&'static str, &'static str),
        severe: bool,
    },
    Value {
        measurement: &'static Measurement,
        tenths: u32,
    },
    BloodPressure {
        systolic: u32,
        diastolic: u32,
    },
    Administration {
        medicine: &'static Medicine,
        prescription: Option<Prescription>,
    },
    Vaccination {
        vaccine: &'static Vaccine,
        number: u32,
        lot: String,
        coded: bool,
        refused: bool,
    },
    MedicationLine {
        medicine: &'static Medicine,
        until: Option<Date>,
        rid: Option<String>,
    },
    Prescription {
        medicine: &'static Medicine,
        prescription: Prescription,
    },
    Dispense {
        medicine: &'static Medicine,
        prescription: Prescription,
    },
    Referral {
        referral: &'static Referral,
        identifier: String,
    },
    Report {
        results: Vec<String>,
    },
    Procedure {
        code: &'static str,
        name: &'static str,
        reason: &'static str,
    },
    Lifestyle {
        answer: (&'static str, &'static str),
    },
    Telemonitoring {
        measurement: &'static Measurement,
        tenths: u32,
    },
    Assessment {
        answers: Answers,
    },
    /// References to what it sums up: problems, allergies, medication lines, vaccinations.
    Summary {
        entries: [Vec<String>; 4],
    },
}

/// A row of the list of allergens.
pub(crate) type Allergen = (&'static str, &'static str, &'static str, u32);

/// What a prescription and its dispense have in common.
#[derive(Clone, Debug)]
pub(crate) struct Prescription {
    /// The number (RID) printed on the patient's sheet.
    pub(crate) rid: String,
    pub(crate) packs: u32,
    pub(crate) repeats: u32,
    /// The URI under which this software writes product codes; there are four.
    pub(crate) product_system: &'static str,
}

/// What an assessment found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answers {
    /// How well a person gets on with six activities: 0 alone, 6 not at all.
    pub(crate) activities: [u32; 6],
    /// How often the person fell in three months.
    pub(crate) falls: u32,
    pub(crate) weight_tenths: u32,
}

impl Fact {
    pub(crate) fn kind(&self) -> ResourceKind {
        match self {
            Self::Problem { .. } => ResourceKind::Condition,
            Self::Allergy { .. } => ResourceKind::AllergyIntolerance,
            Self::Value { .. }
            | Self::BloodPressure { .. }
            | Self::Lifestyle { .. }
            | Self::Telemonitoring { .. } => ResourceKind::Observation,
            Self::Administration { .. } => ResourceKind::MedicationAdministration,
            Self::Vaccination { .. } => ResourceKind::Immunization,
            Self::MedicationLine { .. } => ResourceKind::MedicationStatement,
            Self::Prescription { .. } => ResourceKind::MedicationRequest,
            Self::Dispense { .. } => ResourceKind::MedicationDispense,
            Self::Referral { .. } => ResourceKind::ServiceRequest,
            Self::Report { .. } => ResourceKind::DiagnosticReport,
            Self::Procedure { .. } => ResourceKind::Procedure,
            Self::Assessment { .. } => ResourceKind::QuestionnaireResponse,
            Self::Summary { .. } => ResourceKind::Composition,
        }
    }
}

/// The subject of a row, ready to be written.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    pub(crate) reference: Option<Reference>,
    pub(crate) contained: Option<Contained>,
}

/// A resource inside another one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contained {
    resource_type: &'static str,
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<[Identifier; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<[Concept; 1]>,
}

impl Contained {
    /// A Patient, known by number alone.
    fn patient(number: String) -> Self {
        let identifier = Some([Identifier { system: SSIN, value: number }]);
        Self { resource_type: "Patient", id: "p", identifier, r#type: None }
    }

    /// Something that is known by its kind alone.
    pub(crate) fn thing(resource_type: &'static str, id: &'static str, kind: Concept) -> Self {
        Self { resource_type, id, identifier: None, r#type: Some([kind]) }
    }
}

impl Subject {
    pub(crate) fn of(person: &Person, holder: Holder, naming: Naming) -> Self {
        match naming {
            Naming::Relative => Self::at(format!("Patient/{}", person.patient_id(holder))),
            Naming::Logical => Self::logical(SSIN, person.inss.digits()),
            Naming::LogicalOld => Self::logical(SSIN_OLD, person.inss.digits()),
            Naming::Contained => Self {
                contained: Some(Contained::patient(person.inss.digits())),
                ..Self::at("#p".to_owned())
            },
        }
    }

    /// A subject named by an identifier alone.
    pub(crate) fn logical(system: &'static str, value: String) -> Self {
        Self { reference: Some(Reference::logical(system, value)), contained: None }
    }

    /// A subject that is only a text for people.
    pub(crate) fn display_only(name: String) -> Self {
        let reference = Reference { display: Some(name), ..Reference::default() };
        Self { reference: Some(reference), contained: None }
    }

    fn at(reference: String) -> Self {
        let reference = Reference { reference: Some(reference), ..Reference::default() };
        Self { reference: Some(reference), contained: None }
    }
}
