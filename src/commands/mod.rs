//! One file a command.

pub(crate) mod aggregate;
pub(crate) mod approve;
pub(crate) mod bench;
pub(crate) mod catalog;
mod chain;
pub(crate) mod demo;
pub(crate) mod extract;
pub(crate) mod fetch;
pub(crate) mod ingest;
pub(crate) mod keys;
pub(crate) mod reference;
pub(crate) mod rekey;
pub(crate) mod release;
pub(crate) mod sample;
pub(crate) mod serve;
pub(crate) mod submit;
pub(crate) mod ttp;
pub(crate) mod verify;
pub(crate) mod views;
pub(crate) mod work;

use tokio::runtime::Runtime;

use crate::{cli::Command, outcome::Outcome};

/// Runs a command.
pub(crate) fn run(command: Command, runtime: &Runtime) -> anyhow::Result<Outcome> {
    match command {
        Command::Demo(args) => demo::run(&args, runtime),
        Command::Sample(args) => sample::run(&args),
        Command::Keys(args) => keys::run(args),
        Command::Fetch(args) => fetch::run(&args),
        Command::Views(args) => views::run(args),
        Command::Extract(args) => extract::run(&args),
        Command::Submit(args) => submit::run(&args),
        Command::Ttp(args) => ttp::run(args),
        Command::Ingest(args) => ingest::run(&args),
        Command::Rekey(args) => rekey::run(&args),
        Command::Reference(args) => reference::run(args),
        Command::Approve(args) => approve::run(&args),
        Command::Aggregate(args) => aggregate::run(&args, runtime),
        Command::Release(args) => release::run(args, runtime),
        Command::Catalog(args) => catalog::run(args),
        Command::Serve(args) => serve::run(&args, runtime),
        Command::Work(args) => work::run(&args, runtime),
        Command::Verify(args) => verify::run(&args),
        Command::Bench(args) => bench::run(&args),
    }
}
