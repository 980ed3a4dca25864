//! The trusted third party: id rows to link rows; all it ever runs.
//!
//! It receives row tokens and tags, and answers with row tokens and pseudonyms. It never sees an
//! identifier or a health column. People who opted out (Art 71) get no pseudonym, so their rows
//! find no partner at the HDA. A batch is answered once: the same batch again gives the same
//! answer, and other content under the same id is refused. The batches of a holder are a chain: one
//! that comes before its turn waits, one whose turn is over is refused. After delivery the id rows
//! are deleted, and the ledger says so.
//!
//! Its folder:
//! ```text
//! inbox/<batch>/         ids.parquet, manifest.json, manifest.sig     from holders
//! refused/<batch>.json   why a batch was refused
//! domains/<domain>.json  the domains it serves
//! opt-out/<domain>/<batch>/  tags of people who opted out; cohort/ and alias/ likewise
//! ledger.ndjson          what it did, each entry bound to the one before by its hash
//! ledger.sig             its signature under each of them
//! ```

mod batch;
mod domains;
mod error;
mod ledger;
mod link;
mod lists;
mod rekey;
mod run;
#[cfg(test)]
mod tests;

pub use domains::Domain;
pub use error::{Refusal, TtpError};
pub use ledger::{Ledger, LedgerEvent};
pub use lists::FrozenOptOuts;
pub use pipeline_exchange::ledger::{LEDGER, LedgerEntry};
pub use run::{Answered, Ttp};
