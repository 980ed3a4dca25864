//! The one place of the command that draws new ids; the time comes from the clock every party has.

use pipeline_domain::BatchId;
use uuid::Uuid;

pub(crate) use pipeline_party::clock::now;

/// A new batch id.
#[expect(clippy::disallowed_methods, reason = "this is where ids are drawn")]
pub(crate) fn new_batch() -> BatchId {
    BatchId::new(Uuid::now_v7())
}
