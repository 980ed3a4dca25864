//! SQL-on-FHIR v2 views: FHIR resources to rows.
//!
//! A view is a `ViewDefinition`: data, read once and checked before any record passes. It knows
//! columns and paths; it knows nothing of persons, batches or parties.

mod fault;
mod fhirpath;
mod record;
mod view;

pub use fault::{Fault, FaultKind};
pub use fhirpath::ParseError;
pub use record::{Cell, Row};
pub use view::{View, ViewError, built_in_views, views_in};
