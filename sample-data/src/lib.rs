//! Deterministic Belgian-like FHIR data.
