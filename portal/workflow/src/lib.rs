//! The case as a pure state machine: who may do what, when, and what then is true.
//!
//! A command either becomes an [`Event`] or a [`Refusal`]; events fold into the case, so the log
//! alone says what the state is. There is no I/O here and no clock: time comes in as a value.
//!
//! ```
//! use pipeline_domain::{ReleaseId, Sha256Digest};
//! use portal_workflow::{Actor, Refusal, ReleaseCase, Role, Subject};
//! use time::macros::datetime;
//!
//! let release: ReleaseId = "0199f1a0-0000-7000-8000-000000000001".parse()?;
//! let shown = Sha256Digest::of(b"the table as shown");
//! let subject = Subject { release, requester: "Policy unit".into(), digest: shown, content: shown };
//! let now = datetime!(2026-11-25 14:00 UTC);
//! let case = ReleaseCase::replay(&[ReleaseCase::propose(subject, &Actor::System, now)?])?;
//!
//! let analyst = Actor::person("anna".parse()?, Role::PolicyAnalyst, "Policy unit");
//! assert_eq!(case.approve(&analyst, &shown, now), Err(Refusal::NotAPrivacyOfficer));
//! let officer = Actor::person("piet".parse()?, Role::PrivacyOfficer, "Authority");
//! assert!(case.approve(&officer, &shown, now).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actor;
mod amount;
mod event;
mod proposal;
mod release_case;

pub use actor::{AccountName, Actor, NotAnAccountName, Person, Role, UnknownRole};
pub use amount::{Amount, NotAnAmount};
pub use event::{Change, Event, Reason, ReasonError};
pub use proposal::{
    ColumnRole, HiddenReason, ReleaseProposal, TableCell, TableColumn, TableError, TableView,
};
pub use release_case::{Approval, Refusal, ReleaseCase, ReplayError, State, Subject};
