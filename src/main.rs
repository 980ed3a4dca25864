//! The `hda` command: the only place that wires everything together.
//!
//! It reads options, asks the clock, opens locations and keys, calls one step of the line and says
//! what happened: in words, or with `--json` as one JSON object on standard output.

mod cli;
mod clock;
mod commands;
mod config;
mod outcome;
mod party;
mod progress;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use cli::Cli;
use outcome::{Outcome, RefusedByPolicy};
use tracing_subscriber::{EnvFilter, fmt};

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(cli.verbose);
    let done = runtime().and_then(|runtime| {
        let _entered = runtime.enter();
        install_transports();
        commands::run(cli.command, &runtime)
    });
    match done.and_then(|outcome| print(&outcome, cli.json)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// The stack is that of a scheduler's threads: query plans recurse.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(16 << 20)
        .build()?)
}

/// `ring` is the only provider of TLS, and OpenDAL's HTTP services need a transport at start.
fn install_transports() {
    // A second call, as in a test, finds them there; that is no fault.
    let _ = rustls::crypto::ring::default_provider().install_default();
    opendal_http_transport_reqwest::install_default();
}

/// Logs go to standard error, so that standard output is the answer alone.
fn start_logging(verbose: bool) {
    let level = if verbose { "info,hda=debug" } else { "warn" };
    let filter = EnvFilter::try_from_env("HDA_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false).init();
}

fn print(outcome: &Outcome, json: bool) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &outcome.json)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", outcome.text.trim_end())?;
    }
    Ok(if outcome.complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let mut err = io::stderr().lock();
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(err, "hda: {error:#}");
    let refused = error.chain().any(<dyn std::error::Error>::is::<RefusedByPolicy>);
    if refused { ExitCode::from(3) } else { ExitCode::FAILURE }
}
