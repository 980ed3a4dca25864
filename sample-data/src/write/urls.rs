//! The profiles, extensions, identifier and code systems the bodies refer to.

pub(super) const PROBLEM: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core-clinical/StructureDefinition/be-problem";
pub(super) const ALLERGY: &str =
    "https://www.ehealth.fgov.be/standards/fhir/allergy/StructureDefinition/be-allergyintolerance";
pub(super) const OBSERVATION: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core-clinical/StructureDefinition/be-observation";
pub(super) const LABORATORY: &str =
    "https://www.ehealth.fgov.be/standards/fhir/lab/StructureDefinition/be-observation-laboratory";
pub(super) const ADMINISTRATION: &str =
    "http://hl7belgium.org/fhir/riziv-medicationrecord/StructureDefinition/MedRecordAdministration";
pub(super) const VACCINATION: &str =
    "https://www.ehealth.fgov.be/standards/fhir/vaccination/StructureDefinition/be-vaccination";
pub(super) const MEDICATION_LINE: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeMedicationLine";
pub(super) const PRESCRIPTION: &str = "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeMedicationPrescription";
pub(super) const DISPENSE: &str = "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeMedicationDispense";
pub(super) const REFERRAL: &str = "https://www.ehealth.fgov.be/standards/fhir/referral/StructureDefinition/be-referral-servicerequest";

pub(super) const REPORT: &str =
    "https://www.ehealth.fgov.be/standards/fhir/lab/StructureDefinition/be-laboratory-report";
pub(super) const PROCEDURE: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core-clinical/StructureDefinition/be-procedure";
pub(super) const ASSESSMENT: &str = "https://www.ehealth.fgov.be/standards/fhir/core-clinical/StructureDefinition/be-questionnaire-response";
pub(super) const SUMMARY: &str =
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips";

pub(super) const RECORDER: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-ext-recorder";
pub(super) const LINE_RECORDER: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeExtRecorder";
pub(super) const LINE_RECORDED: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeExtRecordedDate";
pub(super) const LINE_STATUS: &str = "https://www.ehealth.fgov.be/standards/fhir/medication/StructureDefinition/BeExtMedicationLineRegistrationStatus";
pub(super) const ADHERENCE: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationStatement.adherence";
pub(super) const ADHERENCE_STATUS: &str = "https://www.ehealth.fgov.be/standards/fhir/terminology/CodeSystem/BeMedicationLineAdherenceStatus";
pub(super) const ALLERGY_TYPE: &str =
    "https://www.ehealth.fgov.be/standards/fhir/allergy/StructureDefinition/be-ext-allergy-type";
pub(super) const ADMINISTERED_PRODUCT: &str = "https://www.ehealth.fgov.be/standards/fhir/vaccination/StructureDefinition/be-ext-administeredProduct";
pub(super) const REFUSAL: &str =
    "https://www.ehealth.fgov.be/standards/fhir/vaccination/CodeSystem/be-cs-status-reason";
pub(super) const PRODUCT: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes";
pub(super) const PROBLEM_ID: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core-clinical/NamingSystem/be-ns-problem";
pub(super) const REGISTER_ID: &str =
    "https://vault.example.be/fhir/NamingSystem/vaccination-register";
pub(super) const LINE_ID: &str =
    "http://ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-medicationline";
pub(super) const RID: &str =
    "http://ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-prescription";
pub(super) const RID_AT_PHARMACY: &str =
    "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/prescription-id";
pub(super) const DGUID: &str = "https://www.gfd-dpp.be/fhir/reference/dguid";
pub(super) const UHMEP: &str = "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/uhmep";
pub(super) const PACKAGING: &str = "https://www.gfd-dpp.be/fhir/reference/packaging";

pub(super) const CONDITION_CLINICAL: &str =
    "http://terminology.hl7.org/CodeSystem/condition-clinical";
pub(super) const CONDITION_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/condition-ver-status";
pub(super) const CONDITION_CATEGORY: &str =
    "http://terminology.hl7.org/CodeSystem/condition-category";
pub(super) const ALLERGY_CLINICAL: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
pub(super) const ALLERGY_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
pub(super) const OBSERVATION_CATEGORY: &str =
    "http://terminology.hl7.org/CodeSystem/observation-category";
pub(super) const INTERPRETATION: &str =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
pub(super) const DIAGNOSTIC_SERVICE: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
pub(super) const REPORT_ID: &str = "https://www.ehealth.fgov.be/lab-report/diagnostic-report-id";
pub(super) const CARE_LOCATION: &str =
    "https://www.ehealth.fgov.be/standards/fhir/vaccination/CodeSystem/be-cs-care-location";
pub(super) const VALIDITY: &str = "https://www.ehealth.fgov.be/standards/fhir/referral/StructureDefinition/be-ext-validity-period";
pub(super) const FEEDBACK: &str = "https://www.ehealth.fgov.be/standards/fhir/referral/StructureDefinition/be-ext-feedback-to-prescriber";
/// A questionnaire of our own, built like those of BelRAI.
pub(super) const HOME_CARE: &str = "https://vault.example.be/fhir/Questionnaire/home-care";
pub(super) const FREQUENCY: &str = "https://vault.example.be/fhir/CodeSystem/home-care-frequency";
