//! What holders have before FHIR, as FHIR resources.
