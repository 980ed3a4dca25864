//! The worker: look, wait, look again, until somebody stops it.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    time::Duration,
};

use pipeline_domain::Timestamp;
use tracing::info;

use crate::{
    backoff::Backoff,
    status::{End, Look, Shared},
};

/// What a worker is given from outside.
pub(crate) struct Worker<'a> {
    /// One look into the inbox.
    pub(crate) look: &'a mut dyn FnMut() -> Look,
    /// Waits so long, or until the worker is stopped.
    pub(crate) wait: &'a mut dyn FnMut(Duration),
    /// Was the worker stopped?
    pub(crate) is_stopped: &'a dyn Fn() -> bool,
    /// What time it is.
    pub(crate) now: &'a dyn Fn() -> Timestamp,
}

impl Worker<'_> {
    /// Works until it is stopped; a look under way ends first. No look that fails ends it.
    pub(crate) fn work(&mut self, mut backoff: Backoff, status: &Shared) {
        loop {
            let look = (self.look)();
            status.lock().note(&look, (self.now)());
            tell(&look);
            if comes_more(&look) {
                backoff.reset();
            }
            if (self.is_stopped)() {
                return;
            }
            (self.wait)(backoff.next(chance()));
            if (self.is_stopped)() {
                return;
            }
        }
    }
}

/// Something was done, here or by the worker that is at it: more may wait already.
fn comes_more(look: &Look) -> bool {
    match look.end {
        End::Done => look.done.answered + look.done.refused > 0,
        End::StoodBy => true,
        End::Failed(_) => false,
    }
}

fn tell(look: &Look) {
    let (answered, refused, rows) = (look.done.answered, look.done.refused, look.done.rows);
    if answered + refused > 0 {
        let seconds = look.took.as_secs_f64();
        info!(answered, refused, rows, seconds, "a pass answered {answered} and refused {refused}");
    }
}

/// Not for secrets: it only keeps workers from coming at the same moment.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use pipeline_ttp::Answered;
    use time::macros::datetime;

    use super::*;
    use crate::status::Trouble;

    const NOON: Timestamp = datetime!(2026-11-25 12:00 UTC);

    fn look(answered: u64, end: End) -> Look {
        let done = Answered { answered, ..Answered::default() };
        Look { found: Some(answered), done, took: Duration::ZERO, end }
    }

    /// Works through these looks; gives the steps waited after each of them, in whole seconds
    /// upwards, and the status.
    fn worked(looks: Vec<Look>) -> (Vec<u64>, Shared) {
        let (stopped, status) = (Cell::new(false), Shared::default());
        let (count, waits) = (looks.len(), RefCell::new(Vec::new()));
        let mut looks = looks.into_iter();
        Worker {
            look: &mut || looks.next().unwrap(),
            wait: &mut |wait| {
                waits.borrow_mut().push(wait.as_millis().div_ceil(1000).try_into().unwrap());
                stopped.set(waits.borrow().len() == count);
            },
            is_stopped: &|| stopped.get(),
            now: &|| NOON,
        }
        .work(Backoff::up_to(Duration::from_mins(1)), &status);
        (waits.into_inner(), status)
    }

    #[test]
    fn an_outage_ends_no_worker_and_makes_it_look_less_often() {
        let outage = || look(0, End::Failed(Trouble::Storage));
        let looks = vec![outage(), outage(), outage(), outage(), look(2, End::Done), outage()];
        let (waits, status) = worked(looks);
        for (wait, step) in waits.iter().zip([1, 2, 4, 8, 1, 2]) {
            assert!(*wait <= step && *wait >= step / 2, "{waits:?}");
        }
        assert_eq!(status.lock().total.answered, 2);
    }

    #[test]
    fn a_worker_that_stands_by_looks_again_soon() {
        let idle = || look(0, End::Done);
        let (waits, status) =
            worked(vec![idle(), idle(), idle(), idle(), look(0, End::StoodBy), idle()]);
        assert!(waits[3] > 1, "{waits:?}");
        assert_eq!(waits[4], 1, "{waits:?}");
        assert!(status.lock().health(NOON).is_ok());
    }

    #[test]
    fn a_worker_that_is_stopped_ends_its_pass_and_waits_no_more() {
        let status = Shared::default();
        Worker {
            look: &mut || look(1, End::Done),
            wait: &mut |_| panic!("it waited"),
            is_stopped: &|| true,
            now: &|| NOON,
        }
        .work(Backoff::up_to(Duration::from_mins(1)), &status);
        assert_eq!(status.lock().total.answered, 1);
    }
}
