//! How long to wait before the next look into the inbox.

use std::time::Duration;

/// The first step, and the one after work.
const SHORTEST: Duration = Duration::from_secs(1);

/// Waits double from one second to the longest, and begin anew after work.
#[derive(Debug)]
pub(crate) struct Backoff {
    step: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self { step: SHORTEST.min(longest), longest }
    }

    /// There was work: more of it may come soon.
    pub(crate) fn reset(&mut self) {
        self.step = SHORTEST.min(self.longest);
    }

    /// The next wait: between half the step and all of it, as chance has it. Workers that failed
    /// together would otherwise come back together.
    pub(crate) fn next(&mut self, chance: u64) -> Duration {
        let half = self.step / 2;
        let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        self.step = (self.step * 2).min(self.longest);
        half + Duration::from_millis(chance % (millis + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_the_longest_and_begin_anew_after_work() {
        let mut backoff = Backoff::up_to(Duration::from_mins(1));
        for step in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = backoff.next(u64::MAX).as_millis();
            assert!(wait >= step * 500 && wait <= step * 1000, "{wait} ms of {step} s");
        }
        backoff.reset();
        assert!(backoff.next(u64::MAX) <= Duration::from_secs(1));
    }

    #[test]
    fn chance_moves_a_wait_between_half_the_step_and_the_step() {
        let wait = |chance| Backoff::up_to(Duration::from_mins(1)).next(chance);
        assert_eq!([0, 250, 500].map(wait), [500, 750, 1000].map(Duration::from_millis));
        let short = Backoff::up_to(Duration::from_millis(10)).next(5);
        assert_eq!(short, Duration::from_millis(10), "never longer than the longest");
    }
}
