//! The one place that asks the system for the time and for new ids.

use pipeline_domain::{BatchId, Timestamp};
use time::OffsetDateTime;
use uuid::Uuid;

/// Now, in UTC, in whole seconds: what is written into files is what was compared.
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
pub(crate) fn now() -> Timestamp {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

/// A new batch id.
#[expect(clippy::disallowed_methods, reason = "this is where ids are drawn")]
pub(crate) fn new_batch() -> BatchId {
    BatchId::new(Uuid::now_v7())
}
