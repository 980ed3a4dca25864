//! How long to wait, and for how long to go on: decisions, given the time and a little chance.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

/// Numbers above this are moments since 1970 and no seconds to wait: thirty years are no wait.
const EPOCH_SECONDS: u64 = 1_000_000_000;
/// And above this they are moments in milliseconds.
const EPOCH_MILLISECONDS: u64 = 100_000_000_000;

/// The time and chance of whoever runs this; a test has its own.
pub trait Clock: Sync {
    /// Now.
    fn now(&self) -> OffsetDateTime;
    /// Waits.
    fn wait(&self, time: Duration);
    /// Bytes that were never given before: they name an assertion and spread the retries.
    fn chance(&self) -> [u8; 16];
}

/// How often something is tried, and how long one waits in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often one thing is tried before it has failed.
    pub attempts: u32,
    /// The first wait; the following ones double.
    pub first_wait: Duration,
    /// No wait that we choose is longer.
    pub longest_wait: Duration,
    /// No wait that the server asks for is longer.
    pub longest_asked_wait: Duration,
    /// How long a server may take to make an export ready.
    pub ready_within: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(1),
            longest_asked_wait: Duration::from_mins(10),
            ready_within: Duration::from_hours(24),
        }
    }
}

impl Patience {
    /// The wait before the next try: what the server asked for, capped, or else twice the last,
    /// somewhere in its upper half so that many clients do not come back at once.
    pub(crate) fn wait(&self, tried: u32, asked: Option<Duration>, chance: [u8; 16]) -> Duration {
        if let Some(asked) = asked {
            // Zero would be a busy loop, whoever asks for it.
            return asked
                .clamp(self.first_wait.min(self.longest_asked_wait), self.longest_asked_wait);
        }
        let whole = self.first_wait.saturating_mul(1 << tried.min(16)).min(self.longest_wait);
        let [first, second, ..] = chance;
        let part = f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX);
        whole.mul_f64(0.5 + part / 2.0)
    }
}

/// The wait that a `Retry-After` asks for.
///
/// Seconds or an HTTP date by the standard. Servers in use also send a moment, as seconds or
/// milliseconds since 1970; read as a wait, that would be half a century.
pub(crate) fn retry_after(value: &str, now: OffsetDateTime) -> Option<Duration> {
    let value = value.trim();
    let moment = match value.parse::<u64>() {
        Ok(number) if number >= EPOCH_MILLISECONDS => moment(Duration::from_millis(number))?,
        Ok(number) if number >= EPOCH_SECONDS => moment(Duration::from_secs(number))?,
        Ok(seconds) => return Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok()?.into(),
    };
    Some(Duration::try_from(moment - now).unwrap_or(Duration::ZERO))
}

fn moment(since_1970: Duration) -> Option<OffsetDateTime> {
    let latest = SystemTime::UNIX_EPOCH.checked_add(Duration::from_hours(24 * 365 * 200))?;
    let moment = SystemTime::UNIX_EPOCH.checked_add(since_1970)?;
    Some(moment.min(latest).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00:00 UTC);

    #[test]
    fn retry_after_is_read_as_it_is_meant() {
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 25 Nov 2026 12:00:30 GMT", Some(30)),
            ("Wednesday, 25-Nov-26 12:00:30 GMT", Some(30)),
            ("Wed, 25 Nov 2026 11:00:00 GMT", Some(0)),
            ("1795608010", Some(10)),
            ("1795608010000", Some(10)),
            ("1795607000", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("99999999999999999999999", None),
        ];
        for (value, want) in cases {
            assert_eq!(retry_after(value, NOW), want.map(Duration::from_secs), "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_zero_or_longer_than_its_cap(
            tried in 0_u32..200, asked in "[0-9]{0,22}", chance in any::<[u8; 16]>()
        ) {
            let patience = Patience::default();
            let asked = retry_after(&asked, NOW);
            let wait = patience.wait(tried, asked, chance);
            prop_assert!(wait >= patience.first_wait / 2);
            let cap = if asked.is_some() { patience.longest_asked_wait } else { patience.longest_wait };
            prop_assert!(wait <= cap);
        }

        #[test]
        fn no_retry_after_makes_the_reader_panic(value in ".*") {
            let _ = retry_after(&value, NOW);
        }
    }
}
