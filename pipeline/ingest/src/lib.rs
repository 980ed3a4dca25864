//! Payload and link rows to dataset versions in the lake, keyed by research id.
//!
//! The two halves of a batch meet here for the first and last time, on their row token; what has
//! no partner (padding, people who opted out) is dropped unread. Stage 3 turns the pseudonym into a
//! research id; the token goes no further than memory, the pseudonym is kept sealed for a re-keying. Before that the payload is scanned:
//! a column that holds what looks like a national number stops its batch.
//!
//! A version of a dataset holds the rows of every batch so far, one part a batch. A batch that is
//! in a version already is never added again, so a pass can be repeated from any point. A batch that
//! replaces leaves out what its holder sent before; an increment, the rows of the records it brings
//! again or removes.

mod error;
mod join;
mod kept;
mod pass;
mod profile;
mod rekey;
mod sealed;
mod supersede;
#[cfg(test)]
mod tests;
mod version;

pub use error::{IngestError, Refusal};
pub use pass::{Ingest, Ingested, Receipt};
pub use rekey::{ForPermit, RekeyOrder, RekeyRequest, Rekeyed};
