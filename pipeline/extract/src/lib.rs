//! FHIR to payload rows and id rows.
