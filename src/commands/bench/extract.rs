//! `hda bench extract`: the extraction alone, on several numbers of threads, as a share of the speed
//! of the parser it stands on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{
    Places,
    line::{Line, cpu_seconds, now},
    typed,
};
use crate::outcome::Outcome;

/// Options of `hda bench extract`.
#[derive(Debug, Args)]
pub(crate) struct ExtractArgs {
    #[command(flatten)]
    places: Places,
    /// Numbers of threads; 1 and all of the machine where none is given.
    #[arg(long)]
    threads: Vec<usize>,
    /// How often each is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Without the parser: for the memory of the extraction alone.
    #[arg(long)]
    no_limit: bool,
}

/// What was measured on one number of threads.
#[derive(Debug, Serialize)]
struct Figures {
    threads: usize,
    rows: u64,
    seconds: f64,
    cpu_seconds: f64,
    /// Rows written a second.
    rows_per_second: f64,
    /// Bytes of source a second, in 10^9.
    gigabytes_per_second: f64,
    /// The same of the parser.
    parser: Option<f64>,
    /// Processor time of the parser over that of the extraction.
    share_of_parser: Option<f64>,
}

/// Seconds on the clock and of the processor.
type Measured = (f64, f64);

pub(crate) fn run(args: &ExtractArgs) -> anyhow::Result<Outcome> {
    let files = ndjson(&args.places.source)?;
    let sizes = files.iter().map(|file| Ok(fs::metadata(file)?.len()));
    let bytes: u64 = sizes.sum::<anyhow::Result<u64>>()?;
    let all = std::thread::available_parallelism()?.get();
    let threads = if args.threads.is_empty() { vec![1, all] } else { args.threads.clone() };
    ensure!(args.rounds > 0, "--rounds asks for at least one");
    let mut figures = Vec::new();
    for threads in threads {
        figures.push(measure(args, &files, bytes, threads)?);
    }
    let peak = peak_mib();
    let mut lines: Vec<String> = figures.iter().map(in_words).collect();
    if let [first, .., last] = figures.as_slice() {
        let (from, to, gain) = (first.threads, last.threads, first.seconds / last.seconds);
        lines.push(format!("{from} to {to} threads: {gain:.2} times as fast"));
    }
    if let Some(peak) = peak {
        lines.push(format!("peak memory of this process: {peak:.0} MiB"));
    }
    let answer = json!({ "bytes": bytes, "figures": figures, "peak_mib": peak });
    Ok(Outcome::new(answer, lines.join("\n")))
}

fn measure(
    args: &ExtractArgs,
    files: &[PathBuf],
    bytes: u64,
    threads: usize,
) -> anyhow::Result<Figures> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    // Locations are opened on a thread of the pool, which knows no runtime of its own.
    let runtime = tokio::runtime::Handle::current();
    let extracting = |line: &Line| {
        let _entered = runtime.enter();
        line.extract(&args.places)
    };
    let (mut ours, mut theirs, mut rows) = (Vec::new(), Vec::new(), 0);
    for _ in 0..args.rounds {
        let line = Line::create(&args.places.out)?;
        let (report, measured) = timed(|| pool.install(|| extracting(&line)))?;
        ours.push(measured);
        rows = report.rows.values().sum();
        fs::remove_dir_all(line.batch()).context("removing the batch")?;
        if !args.no_limit {
            let (parsed, measured) = timed(|| pool.install(|| typed::parse(files)))?;
            ensure!(parsed > 0, "no line of {} fits the job", args.places.source.display());
            theirs.push(measured);
        }
    }
    let (seconds, cpu_seconds) = median(&ours);
    let parser = (!theirs.is_empty()).then(|| median(&theirs));
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (rows_in_all, gigabytes) = (rows as f64, bytes as f64 / 1e9);
    Ok(Figures {
        threads,
        rows,
        seconds,
        cpu_seconds,
        rows_per_second: rows_in_all / seconds,
        gigabytes_per_second: gigabytes / seconds,
        parser: parser.map(|(seconds, _)| gigabytes / seconds),
        share_of_parser: parser.map(|(_, cpu)| cpu / cpu_seconds),
    })
}

fn in_words(figures: &Figures) -> String {
    let Figures { threads, rows_per_second, gigabytes_per_second, cpu_seconds, .. } = figures;
    let rows = rows_per_second / 1e6;
    let beside = figures.parser.zip(figures.share_of_parser).map(|(parser, share)| {
        let share = share * 100.0;
        format!("; the parser alone {parser:.3} GB/s; ours is {share:.0} % of it by processor")
    });
    format!(
        "{threads} threads: {rows:.2} million rows/s, {gigabytes_per_second:.3} GB/s, {cpu_seconds:.2} cpu s{}",
        beside.unwrap_or_default()
    )
}

fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Measured)> {
    let (begun, before) = (now(), cpu_seconds());
    let done = work()?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = cpu_seconds().zip(before).map_or(seconds, |(after, before)| after - before);
    Ok((done, (seconds, cpu)))
}

fn median(measured: &[Measured]) -> Measured {
    let middle = |figure: fn(&Measured) -> f64| {
        let mut values: Vec<f64> = measured.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    (middle(|measured| measured.0), middle(|measured| measured.1))
}

fn ndjson(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in listing {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ndjson") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "{} holds no .ndjson file; generate some first", folder.display());
    files.sort_unstable();
    Ok(files)
}

/// The most memory this process has had, where the system tells (Linux).
fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}
