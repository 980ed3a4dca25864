//! The `hda` command: the only place that wires everything together.
//!
//! It reads options, asks the clock, opens locations and keys, calls one step of the line and says
//! what happened: in words, or with `--json` as one JSON object on standard output.

mod cli;
mod clock;
mod commands;
mod config;
mod progress;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use pipeline_party::{folder as party, outcome, process};
use pipeline_ttp_service::{LogFormat, start_logging};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = match &cli.command {
        Command::Ttp(args) => args.log_format(),
        _ => LogFormat::default(),
    };
    start_logging(cli.verbose, format);
    let done = runtime().and_then(|runtime| {
        let _entered = runtime.enter();
        process::install_transports();
        commands::run(cli.command, &runtime)
    });
    match done.and_then(|outcome| process::print(&outcome, cli.json)) {
        Ok(code) => code,
        Err(error) => process::fail("hda", &error),
    }
}

/// The stack is that of a scheduler's threads: query plans recurse.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(16 << 20)
        .build()?)
}
