//! `hda bench`: how fast the line is, on data of the benchmark kit.

mod extract;
mod job;
mod line;
mod typed;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::outcome::Outcome;

pub(crate) use extract::ExtractArgs;
pub(crate) use line::LineArgs;

/// What every benchmark reads and where it writes.
#[derive(Debug, Args)]
struct Places {
    /// The folder of the generated FHIR.
    #[arg(long = "in")]
    source: PathBuf,
    /// The folder for the answer and for the parties' folders.
    #[arg(long)]
    out: PathBuf,
    /// The views of the benchmark.
    #[arg(long, default_value = "tests/bench/views")]
    views: PathBuf,
}

/// Options of `hda bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// Run the whole line, from FHIR to protected tables, in one process.
    #[command(
        after_help = "Example:\n  hda bench line --in IN --out OUT --threads 2\n\nIN holds <Type>.<shard>.ndjson files. OUT gets agg.csv, the table of the job, and the folders of\nevery party in OUT/line. Standard error gets one line with the time of each step."
    )]
    Line(LineArgs),
    /// Run the extraction alone, beside a typed parser over the same bytes.
    #[command(
        after_help = "Example:\n  hda bench extract --in IN --out OUT --threads 1 --threads 2 --rounds 5\n\nIN holds NDJSON of the benchmark, OUT gets the batch. The parser reads every line into a struct of\nthe columns of the job, which no extraction can do without; its speed is what ours is a share of.\nRounds take turns; each figure is the median of its rounds."
    )]
    Extract(ExtractArgs),
}

pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        BenchCommand::Line(args) => line::run(args),
        BenchCommand::Extract(args) => extract::run(args),
    }
}
