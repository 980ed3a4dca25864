//! `hda bench`: how fast the line is, on data of the benchmark kit.

mod job;
mod line;

use clap::{Args, Subcommand};

use crate::outcome::Outcome;

pub(crate) use line::LineArgs;

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
}

pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        BenchCommand::Line(args) => line::run(args),
    }
}
