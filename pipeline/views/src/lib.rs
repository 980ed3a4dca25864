//! SQL-on-FHIR v2 views: FHIR resources to rows.
//!
//! A view is a `ViewDefinition`: data, read once and checked before any record passes. It knows
//! columns and paths; it knows nothing of persons, batches or parties.

mod aliases;
mod choice;
mod compiled;
mod compiler;
pub mod conformance;
mod definition;
mod depth;
mod error;
mod expand;
mod fault;
mod fhirpath;
mod json;
mod record;
mod view;

pub use aliases::{aliases_version, canonical, spellings};
pub use compiled::{CellRef, Element, Frame, NotJson, Program, Record, resource_type};
pub use depth::is_json;
pub use error::ViewError;
pub use fault::{Fault, FaultKind};
pub use fhirpath::ParseError;
pub use record::{Cell, Row};
pub use view::{View, built_in_views, views_in};
