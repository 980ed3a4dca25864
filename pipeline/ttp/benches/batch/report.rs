//! The figures as a table, and the aims beside what was reached.

use std::fmt;

use crate::{
    NATION,
    batches::BatchFigure,
    elsewhere::ElsewhereFigure,
    functions::{BARE, EVALUATE, LoopFigure},
    measure::Cost,
};

/// Persons a second that one core answers in mode A, at least, and in mode B.
const AIM: f64 = 5e6;
const OBLIVIOUS_AIM: f64 = 17_000.0;
/// A batch may take so many times what the hash alone takes.
const OVER_BARE: f64 = 2.0;
/// A national batch, on two cores.
const NATIONAL_SECONDS: f64 = 15.0;
const NATIONAL_MIB: u64 = 1024;

/// Everything one run measured.
pub(crate) struct Report {
    pub(crate) persons: u64,
    pub(crate) batches: Vec<BatchFigure>,
    pub(crate) loops: Vec<LoopFigure>,
    pub(crate) elsewhere: Vec<ElsewhereFigure>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_batches(f)?;
        self.write_loops(f)?;
        self.write_aims(f)
    }
}

impl Report {
    fn write_batches(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.batches.first().map_or(0, |batch| batch.rows);
        writeln!(f, "\nA batch of {} persons, {rows} rows with padding\n", self.persons)?;
        writeln!(
            f,
            "{:<24}{:>8}{:>9}{:>9}{:>11}{:>11}{:>16}{:>9}",
            "", "threads", "wall s", "cpu s", "wall ns", "cpu ns", "persons/s/core", "peak MiB"
        )?;
        for batch in &self.batches {
            let mode = if batch.sealed { "mode A, row keys" } else { "mode A, bulk" };
            let (each, Cost { wall, cpu }) = (batch.cost.each(self.persons), batch.cost);
            let peak = batch.peak_mib.map_or_else(|| "-".to_owned(), |peak| peak.to_string());
            writeln!(
                f,
                "{mode:<24}{:>8}{wall:>9.2}{cpu:>9.2}{:>11.1}{:>11.1}{:>16.0}{peak:>9}",
                batch.threads,
                each.wall,
                each.cpu,
                1e9 / each.cpu,
            )?;
        }
        Ok(())
    }

    fn write_loops(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<40}{:>11}{:>11}{:>16}", "one thread", "wall ns", "cpu ns", "/s/core")?;
        for of in &self.loops {
            let each = of.cost.each(of.values);
            let (what, each_second) = (of.what, 1e9 / each.cpu);
            writeln!(f, "{what:<40}{:>11.1}{:>11.1}{each_second:>16.0}", each.wall, each.cpu)?;
        }
        for of in &self.elsewhere {
            match of.nanoseconds {
                Some(each) => {
                    writeln!(f, "{:<40}{:>11}{each:>11.1}{:>16.0}", of.what, "", 1e9 / each)?;
                }
                None => writeln!(f, "{:<40}{:>38}", of.what, "not installed")?,
            }
        }
        Ok(())
    }

    fn write_aims(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |what| self.loops.iter().find(|of| of.what == what).map(LoopFigure::each_cpu);
        writeln!(f)?;
        let bulk = || self.batches.iter().filter(|batch| !batch.sealed);
        if let (Some(batch), Some(bare)) = (bulk().next(), each(BARE)) {
            let cpu = batch.cost.each(self.persons).cpu;
            let (persons, over) = (1e9 / cpu, cpu / bare);
            let what = "bulk batch, million persons/s/core";
            aim(f, what, persons / 1e6, ">=", AIM / 1e6, persons >= AIM)?;
            aim(f, "bulk batch over the bare loop", over, "<=", OVER_BARE, over <= OVER_BARE)?;
        }
        if let Some(cpu) = each(EVALUATE) {
            let persons = 1e9 / cpu;
            let what = "mode B, thousand persons/s/core";
            aim(f, what, persons / 1e3, ">=", OBLIVIOUS_AIM / 1e3, persons >= OBLIVIOUS_AIM)?;
        }
        if self.persons < NATION {
            return writeln!(f, "a national batch: not measured; -- --persons {NATION}");
        }
        if let Some(BatchFigure { threads, cost: Cost { wall, .. }, peak_mib, .. }) =
            bulk().next_back()
        {
            let what = format!("national bulk batch, s on {threads} threads");
            aim(f, &what, *wall, "<", NATIONAL_SECONDS, *wall < NATIONAL_SECONDS)?;
            if let Some(peak) = *peak_mib {
                writeln!(
                    f,
                    "{:<44}{peak:>10} (aim <  {NATIONAL_MIB}): {}",
                    "national bulk batch, MiB",
                    told(peak < NATIONAL_MIB)
                )?;
            }
        }
        Ok(())
    }
}

fn aim(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    found: f64,
    than: &str,
    aim: f64,
    is_reached: bool,
) -> fmt::Result {
    writeln!(f, "{what:<44}{found:>10.2} (aim {than:<2} {aim}): {}", told(is_reached))
}

fn told(is_reached: bool) -> &'static str {
    if is_reached { "reached" } else { "not reached" }
}
