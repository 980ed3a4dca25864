//! Statistical disclosure control: a raw cube becomes a protected one, and nothing else does.
//!
//! A [`RawCube`] knows how many different persons stand behind every cell and how much the two
//! largest of them contribute. [`protect()`] hides what would tell something about one of them. A
//! [`ProtectedCube`] holds the shown numbers and, for the rest, only why they are hidden; it is made
//! by `protect`, or read from bytes that its maker signed. Pure functions over values.
//!
//! This version knows a threshold and a p% rule, no margins and no secondary suppression: without
//! a total no hidden cell can be computed from the cells beside it.
//!
//! ```
//! use std::collections::BTreeMap;
//! use pipeline_disclosure::{CubeMeasure, RawCell, RawCube, Rules, Source, Status, protect};
//! use pipeline_domain::Sha256Digest;
//!
//! let plan = Source { plan: Sha256Digest::of(b"plan"), versions: BTreeMap::new() };
//! let few = RawCell { at: vec![], persons: 9, records: 40, sums: vec![] };
//! let raw = RawCube::new(plan, vec![], vec![CubeMeasure::persons(BTreeMap::new())], vec![few])?;
//! let cube = protect(raw, &Rules::new(10, 10)?);
//! assert_eq!(cube.cells()[0].values[0].status(), Status::TooFewPersons);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amount;
mod protect;
mod protected;
mod raw;
mod rules;

pub use amount::{Amount, AmountError};
pub use protect::protect;
pub use protected::{Cell, CubeReport, Number, OpenError, ProtectedCube, Reason, Status, Value};
pub use raw::{
    Category, Contributions, CubeDimension, CubeError, CubeMeasure, MOST_CELLS, MeasureKind,
    RawCell, RawCube, Source,
};
pub use rules::{Rules, RulesError};
