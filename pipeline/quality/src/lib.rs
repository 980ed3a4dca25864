//! What a batch is worth: measured while it is written, judged by rules, shown to its steward.
//!
//! A [`Profiler`] looks at the rows of one view as they go to disk, in one pass and within bounded
//! memory; profilers of several threads merge to the same result, however the rows were dealt. A
//! [`BatchQuality`] holds what they found, [`BatchQuality::compare`] tells how far it is from the
//! batch before, [`BatchQuality::judge`] says pass, warn or stop, each finding a sentence, and
//! [`html`] draws the page for the steward.
//!
//! The report stays with the holder. It holds counts, statistics and codes; no identifier, no token,
//! no text of a record. What may leave is [`BatchQuality::public_summary`]. The rules are data
//! ([`pipeline_domain::quality`]). There is no I/O here, no clock and no randomness.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::{array::{RecordBatch, StringArray, FixedSizeBinaryArray}};
//! use pipeline_domain::{ColumnKind, quality::ViewRules};
//! use pipeline_exchange::wire::{ColumnSpec, payload_schema};
//! use pipeline_quality::Profiler;
//!
//! let sex = ColumnSpec { name: "sex".into(), kind: ColumnKind::Text, description: Default::default(),
//!     element: None, code_system: Some("http://hl7.org/fhir/administrative-gender".into()) };
//! let tokens = FixedSizeBinaryArray::try_from_iter([[1_u8; 16], [2; 16]].iter())?;
//! let values = StringArray::from(vec![Some("female"), None]);
//! let rows = RecordBatch::try_new(payload_schema(&[sex.clone()]), vec![Arc::new(tokens), Arc::new(values)])?;
//!
//! let today = time::macros::date!(2026-11-25);
//! let mut profiler = Profiler::new(&"person".parse()?, &[sex], &ViewRules::default(), today);
//! profiler.observe(&rows)?;
//! let quality = profiler.finish();
//! assert_eq!((quality.rows, quality.columns[0].filled), (2, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod codes;
mod column;
mod days;
mod dqv;
mod drift;
mod hash;
mod judge;
mod months;
mod numbers;
mod page;
mod pairs;
mod profiler;
mod sample;
mod summary;
#[cfg(test)]
mod testing;
mod view;

pub use batch::{BatchInfo, BatchQuality};
pub use dqv::{Dimension, Measurement};
pub use drift::{Drift, DriftKind};
pub use judge::{Check, Finding, Judgement};
pub use page::{STYLE, html};
pub use profiler::{Profiler, QualityError};
pub use summary::{PublicColumn, PublicShare, PublicSummary, PublicView};
pub use view::{
    CodeCount, ColumnQuality, DateSummary, Distinct, Look, MonthCheck, MonthsQuality,
    NumberSummary, PairCheck, PairQuality, Repeats, Tally, ViewQuality,
};
