//! Tables: CSV deliveries, by a mapping the holder declares.
//!
//! A holder whose system writes only tables says once, in TOML, which column fills which element of
//! which FHIR resource. The mapping is checked when it is loaded, against the resources that views
//! read: a path that is none, an array without an index or a row that would belong to nobody is
//! refused before the first row is read. Free text cannot be mapped, because no element that holds it
//! is known here.

mod date;
mod mapping;
mod path;
mod rows;
mod schema;

pub use mapping::Mapping;
pub use rows::resources_of_csv;
