//! Reference data as versioned public datasets: medicines, places, and the ATC classification.
//!
//! Published files are read in their own formats, row by row. What is no row of the list is set
//! aside with its line and its reason and never dropped in silence. The rest becomes an immutable
//! version in the lake, with its source and its licence, and [`Grouping`] is what a table is broken
//! down by: which category a code falls into, and every category there is. Nothing here is about a
//! person. No third party's list is shipped: [`sample`] holds own rows and plain facts.
//!
//! ```text
//! <lake>/_reference/<dataset>/HEAD                              the newest version
//! <lake>/_reference/<dataset>/<version>/part-00000.parquet      its rows, sorted by code
//! <lake>/_reference/<dataset>/<version>/set-aside.json          what was no row, and why
//! <lake>/_reference/<dataset>/<version>/manifest.json           written last: it makes the version exist
//! ```
//!
//! The name of the area begins with `_`, as those of receipts and refusals do, so that no dataset of
//! the lake can have it.
//!
//! ```
//! use pipeline_reference::{Grouping, import_places, sample};
//! use time::macros::date;
//!
//! let places = import_places(sample::places(), date!(2025 - 01 - 01))?;
//! let grouping = Grouping::of_arrondissements(&places.rows);
//! assert_eq!(grouping.of("44021"), Some("44000"));
//! assert_eq!(grouping.categories().len(), 43);
//! # Ok::<(), pipeline_reference::ReferenceError>(())
//! ```

mod atc;
mod codes;
mod csv_file;
mod diff;
mod error;
mod grouping;
mod kind;
mod medicine;
mod names;
mod place;
mod sam;
pub mod sample;
mod set_aside;
mod source;
mod table;
mod version;

pub use atc::{AtcGroup, import_atc};
pub use codes::{AtcCode, Cnk, CodeError, NisCode};
pub use diff::{Changed, Difference, diff};
pub use error::ReferenceError;
pub use grouping::Grouping;
pub use kind::{Kind, UnknownKind};
pub use medicine::{Medicine, import_medicines};
pub use names::Names;
pub use place::{Place, PlaceLevel, import_places};
pub use set_aside::{Import, Reason, Record, SetAside};
pub use source::SourceFile;
pub use table::{Entry, Row};
pub use version::{
    AREA, Provenance, Published, ReferenceManifest, head, manifest, plain_rows, publish, rows,
    versions,
};

#[cfg(test)]
mod tests;
