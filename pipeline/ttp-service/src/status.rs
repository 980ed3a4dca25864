//! What the worker says of itself: is it well, and how much did it do. Counts and times, no names.

use std::{
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pipeline_domain::Timestamp;
use pipeline_ttp::Answered;

/// A worker whose last good look is older than this is not well: the longest wait is a minute, and a
/// national batch takes seconds.
const RECENT_SECONDS: i64 = 300;

/// One look into the inbox and what came of it.
#[derive(Debug)]
pub(crate) struct Look {
    /// Batches that were there, where somebody could count them.
    pub(crate) found: Option<u64>,
    /// What was done; also by a pass that failed in the end.
    pub(crate) done: Answered,
    /// How long it took.
    pub(crate) took: Duration,
    /// How it ended.
    pub(crate) end: End,
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every complete batch was answered or refused.
    Done,
    /// Another worker was at it.
    StoodBy,
    /// Something failed; it is tried again.
    Failed(Trouble),
}

/// Which part failed. The error itself goes to the log: it may name files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The inbox, the HDA's inbox or the own folder does not answer.
    Storage,
    /// A key cannot be used.
    Keys,
    /// A file of the own folder, such as the ledger, is not what it should be.
    Folder,
}

impl Trouble {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Keys => "keys",
            Self::Folder => "folder",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Storage => "the last pass failed: a storage does not answer",
            Self::Keys => "the last pass failed: a key cannot be used",
            Self::Folder => {
                "the last pass failed: a file in the folder of the TTP is not as it was"
            }
        }
    }
}

/// What a worker did since it started.
#[derive(Debug, Default)]
pub(crate) struct Status {
    /// All that was answered and refused.
    pub(crate) total: Answered,
    failed_batches: u64,
    done: u64,
    stood_by: u64,
    failed: u64,
    backlog: u64,
    last_pass: Duration,
    last_success: Option<Timestamp>,
    /// The last look that did not fail, standing by included.
    last_good_look: Option<Timestamp>,
    trouble: Option<Trouble>,
}

/// The status, as the worker writes it and the listener reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Status>>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Status> {
        // Counts stay counts, whoever panicked while holding them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Status {
    /// Takes a look into account.
    pub(crate) fn note(&mut self, look: &Look, now: Timestamp) {
        let done = look.done.answered + look.done.refused;
        self.total.answered += look.done.answered;
        self.total.rows += look.done.rows;
        self.total.refused += look.done.refused;
        if let Some(found) = look.found {
            self.backlog = found.saturating_sub(done);
        }
        self.trouble = None;
        match look.end {
            End::StoodBy => self.stood_by += 1,
            End::Done => {
                self.done += 1;
                self.last_pass = look.took;
                self.last_success = Some(now);
            }
            End::Failed(trouble) => {
                self.failed += 1;
                // Where batches were found, it was one of them at which the pass ended.
                self.failed_batches += u64::from(look.found.is_some_and(|found| found > done));
                self.last_pass = look.took;
                self.trouble = Some(trouble);
                return;
            }
        }
        self.last_good_look = Some(now);
    }

    /// Is the worker well? If not, why.
    pub(crate) fn health(&self, now: Timestamp) -> Result<String, String> {
        if let Some(trouble) = self.trouble {
            return Err(trouble.sentence().to_owned());
        }
        let Some(last) = self.last_good_look else {
            return Err("no pass has ended yet".to_owned());
        };
        let age = (now - last).whole_seconds();
        if age > RECENT_SECONDS {
            return Err(format!("no pass has ended well for {age} seconds"));
        }
        Ok(format!("well: the last look into the inbox was {age} seconds ago"))
    }

    /// The figures in the text format of Prometheus.
    pub(crate) fn metrics(&self) -> String {
        let total = &self.total;
        let last_success = self.last_success.map_or(0, Timestamp::unix_timestamp);
        let mut page = Page::default();
        let outcomes = [
            ("answered", total.answered),
            ("refused", total.refused),
            ("failed", self.failed_batches),
        ];
        page.counters(
            "batches",
            "Batches by what became of them; a failed one is tried again",
            &outcomes,
        );
        page.figure(
            "rows_total",
            "counter",
            "Rows of answered batches, padding included",
            total.rows,
        );
        let outcomes = [("done", self.done), ("stood_by", self.stood_by), ("failed", self.failed)];
        page.counters("passes", "Looks into the inbox by how they ended", &outcomes);
        page.figure(
            "last_pass_seconds",
            "gauge",
            "How long the last pass took",
            self.last_pass.as_secs_f64(),
        );
        page.figure(
            "backlog_batches",
            "gauge",
            "Batches that waited after the last look",
            self.backlog,
        );
        page.figure(
            "last_success_timestamp_seconds",
            "gauge",
            "When a pass of this worker last ended well; 0 for never",
            last_success,
        );
        page.0
    }
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn counters(&mut self, name: &str, help: &str, outcomes: &[(&str, u64)]) {
        self.head(&format!("{name}_total"), "counter", help);
        for (outcome, count) in outcomes {
            let _ = writeln!(self.0, "hda_ttp_{name}_total{{outcome=\"{outcome}\"}} {count}");
        }
    }

    fn figure(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "hda_ttp_{name} {value}");
    }

    /// Writing into a string cannot fail.
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP hda_ttp_{name} {help}.\n# TYPE hda_ttp_{name} {kind}");
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration as Span, macros::datetime};

    use super::*;

    const NOON: Timestamp = datetime!(2026-11-25 12:00 UTC);

    fn look(found: u64, answered: u64, end: End) -> Look {
        let done = Answered { answered, rows: answered * 1024, ..Answered::default() };
        Look { found: Some(found), done, took: Duration::from_millis(250), end }
    }

    #[test]
    fn a_worker_is_well_while_its_last_pass_ended_well_and_recently() {
        let failed = |trouble| look(1, 0, End::Failed(trouble));
        let cases = [
            (vec![], 0, Err("no pass has ended yet")),
            (
                vec![look(0, 0, End::Done)],
                12,
                Ok("well: the last look into the inbox was 12 seconds ago"),
            ),
            (vec![look(0, 0, End::Done)], 301, Err("no pass has ended well for 301 seconds")),
            (
                vec![look(1, 0, End::StoodBy)],
                0,
                Ok("well: the last look into the inbox was 0 seconds ago"),
            ),
            (
                vec![look(0, 0, End::Done), failed(Trouble::Storage)],
                0,
                Err("the last pass failed: a storage does not answer"),
            ),
            (vec![failed(Trouble::Keys)], 0, Err("the last pass failed: a key cannot be used")),
            (
                vec![failed(Trouble::Keys), look(1, 1, End::Done)],
                0,
                Ok("well: the last look into the inbox was 0 seconds ago"),
            ),
        ];
        for (looks, seconds, want) in cases {
            let mut status = Status::default();
            for look in &looks {
                status.note(look, NOON);
            }
            let told = status.health(NOON + Span::seconds(seconds));
            assert_eq!(told.as_deref().map_err(String::as_str), want, "{looks:?}");
        }
    }

    #[test]
    fn the_figures_are_counts_and_times_in_the_text_format_of_prometheus() {
        let mut status = Status::default();
        let refused = Answered { refused: 1, ..Answered::default() };
        for look in [
            look(3, 2, End::Done),
            Look { done: refused, ..look(1, 0, End::Done) },
            // Two of four were answered before the storage failed.
            look(4, 2, End::Failed(Trouble::Storage)),
            Look { found: None, ..look(0, 0, End::Failed(Trouble::Storage)) },
            look(2, 0, End::StoodBy),
        ] {
            status.note(&look, NOON);
        }
        insta::assert_snapshot!(status.metrics(), @r#"
        # HELP hda_ttp_batches_total Batches by what became of them; a failed one is tried again.
        # TYPE hda_ttp_batches_total counter
        hda_ttp_batches_total{outcome="answered"} 4
        hda_ttp_batches_total{outcome="refused"} 1
        hda_ttp_batches_total{outcome="failed"} 1
        # HELP hda_ttp_rows_total Rows of answered batches, padding included.
        # TYPE hda_ttp_rows_total counter
        hda_ttp_rows_total 4096
        # HELP hda_ttp_passes_total Looks into the inbox by how they ended.
        # TYPE hda_ttp_passes_total counter
        hda_ttp_passes_total{outcome="done"} 2
        hda_ttp_passes_total{outcome="stood_by"} 1
        hda_ttp_passes_total{outcome="failed"} 2
        # HELP hda_ttp_last_pass_seconds How long the last pass took.
        # TYPE hda_ttp_last_pass_seconds gauge
        hda_ttp_last_pass_seconds 0.25
        # HELP hda_ttp_backlog_batches Batches that waited after the last look.
        # TYPE hda_ttp_backlog_batches gauge
        hda_ttp_backlog_batches 2
        # HELP hda_ttp_last_success_timestamp_seconds When a pass of this worker last ended well; 0 for never.
        # TYPE hda_ttp_last_success_timestamp_seconds gauge
        hda_ttp_last_success_timestamp_seconds 1795608000
        "#);
    }
}
