//! The one place that asks the system for the time. Everything else is given it as a value.

use std::time::{Duration, Instant};

use pipeline_domain::Timestamp;
use time::OffsetDateTime;

/// Now, in UTC, in whole seconds: what is written into files is what was compared.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
pub fn now() -> Timestamp {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

/// Measures how long something takes, whatever happens to the time of day meanwhile.
#[derive(Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to measure.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a duration is measured by the steady clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been since.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
