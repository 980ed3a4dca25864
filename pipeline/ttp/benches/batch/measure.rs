//! Time on the clock, time of the processor, and memory.

use std::{fs, time::Instant};

use rustix::time::{ClockId, clock_gettime};

/// How often each figure is measured.
#[derive(Clone, Copy)]
pub(crate) struct Rounds(pub(crate) u64);

/// What some work took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Seconds of the processor, all threads of the process together.
    pub(crate) cpu: f64,
}

impl Cost {
    /// What one call costs.
    pub(crate) fn of(work: impl FnOnce()) -> Self {
        let (begun, before) = (now(), cpu_seconds());
        work();
        Self { wall: (now() - begun).as_secs_f64(), cpu: cpu_seconds() - before }
    }

    /// What one of so many costs, in nanoseconds.
    pub(crate) fn each(self, count: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let each = 1e9 / count as f64;
        Self { wall: self.wall * each, cpu: self.cpu * each }
    }

    /// The least of both.
    pub(crate) fn least(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu) }
    }
}

impl Rounds {
    /// The least that a call costs.
    pub(crate) fn best(self, mut work: impl FnMut()) -> Cost {
        (1..self.0).fold(Cost::of(&mut work), |best, _| best.least(Cost::of(&mut work)))
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring is what a bench is for")]
fn now() -> Instant {
    Instant::now()
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    std::time::Duration::try_from(time).unwrap().as_secs_f64()
}

/// Forgets the peak so far: from here on it is that of what comes. Where the system does not let it be
/// forgotten, the peak told later is no smaller than the true one.
pub(crate) fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory the process had, in MiB; nothing where the system does not tell.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib.div_ceil(1024))
}
