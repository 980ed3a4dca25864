//! The tabulation plan: which tables somebody wants, as one typed object.
//!
//! The same plan is the form's answer, what the reviewer reads ([`Plan::describe`]), the annex of
//! the [`Approval`], the query that runs, and the caption of the release. A [`Plan`] that exists is
//! valid in itself; whether a dataset has its columns is seen when it runs. There is no I/O here.
//!
//! ```
//! use pipeline_domain::Language;
//! use pipeline_plan::Plan;
//!
//! let plan = Plan::from_json(
//!     br#"{"title":{"en":"Vaccinated persons"}, "dataset":"vaccination",
//!          "dimensions":[{"column":"person.nis","by":"province"}], "measures":["persons"]}"#,
//! )?;
//! assert_eq!(plan.dimensions()[0].name(), "person_nis_province");
//! assert!(plan.describe(Language::En).starts_with("This table shows the number of persons"));
//! # Ok::<(), pipeline_plan::PlanError>(())
//! ```

mod ages;
mod approval;
mod column;
mod describe;
mod geography;
mod labels;
mod plan;
mod refusal;
mod validate;

pub use ages::{AgeStarts, AgeStartsError};
pub use approval::{Approval, ApprovalError, SignedApproval};
pub use column::{Column, ColumnError};
pub use geography::{Province, Region};
pub use labels::{UNKNOWN, dataset_label};
pub use plan::{
    Bound, Dimension, EventPeriod, Filter, Measure, Plan, PlanDraft, PlanError, Step, Test, Value,
};
pub use refusal::Refusal;
