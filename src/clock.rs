//! The one place that asks the system for the time and for new ids.

use pipeline_domain::{BatchId, ReleaseId, Timestamp};
use time::OffsetDateTime;
use uuid::Uuid;

/// Now, in UTC, in whole seconds: what is written into files is what was compared.
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
pub(crate) fn now() -> Timestamp {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

/// A new batch id.
pub(crate) fn new_batch() -> BatchId {
    BatchId::new(new_uuid())
}

/// A new release id.
pub(crate) fn new_release() -> ReleaseId {
    ReleaseId::new(new_uuid())
}

#[expect(clippy::disallowed_methods, reason = "this is where ids are drawn")]
fn new_uuid() -> Uuid {
    Uuid::now_v7()
}
