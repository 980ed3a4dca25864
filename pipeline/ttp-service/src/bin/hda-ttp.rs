//! The third party's own program: what `hda ttp` does, and nothing that another party runs.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use pipeline_party::process::{fail, install_transports, print};
use pipeline_ttp_service::{Program, TtpCommand, run, start_logging};

const PROGRAM: Program =
    Program { name: "hda-ttp", software: concat!("hda-ttp ", env!("CARGO_PKG_VERSION")) };

/// The trusted third party of a Health Data Authority: turns tags into pseudonyms, and sees no
/// identifier and no health column.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage.
/// A location is a path or a URI with `file:`, `s3:` or `memory:`, like `s3://bucket/prefix`.
#[derive(Debug, Parser)]
#[command(name = "hda-ttp", version)]
struct Cli {
    /// Print one JSON object on standard output and nothing else.
    #[arg(long, global = true)]
    json: bool,

    /// Say on standard error what happens (or set `HDA_LOG`, like `HDA_LOG=debug`).
    #[arg(long, short, global = true)]
    verbose: bool,

    #[command(subcommand)]
    command: TtpCommand,
}

fn main() -> ExitCode {
    let cli = parse();
    start_logging(cli.verbose, cli.command.log_format());
    let done = tokio::runtime::Runtime::new().map_err(anyhow::Error::from).and_then(|runtime| {
        let _entered = runtime.enter();
        install_transports();
        run(cli.command, PROGRAM)
    });
    match done.and_then(|outcome| print(&outcome, cli.json)) {
        Ok(code) => code,
        Err(error) => fail(PROGRAM.name, &error),
    }
}

/// The examples are those of `hda ttp`, under the name of this program.
fn parse() -> Cli {
    let command = Cli::command().mut_subcommands(|act| {
        let example = act.get_after_help().map(ToString::to_string);
        match example {
            Some(example) => act.after_help(example.replace("hda ttp", PROGRAM.name)),
            None => act,
        }
    });
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}
