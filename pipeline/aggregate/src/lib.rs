//! A plan over dataset versions to a raw cube; the only crate that links DataFusion.
//!
//! Counting is done in two steps, first one row a cell and person, then one row a cell, so that
//! every cell knows how many different persons are in it and what the largest two contribute.
//! Values of a plan enter the query as typed expressions, never as text. Messages name columns and
//! stages; what the query engine itself says may hold a value of a record and is not passed on.

mod calendar;
mod contributions;
mod error;
mod expressions;
mod persons;
mod references;
mod run;
mod shape;
mod spill;

pub use error::AggregateError;
pub use references::ReferenceUse;
pub use run::{Limits, RunReport, aggregate};

#[cfg(test)]
mod tests;
