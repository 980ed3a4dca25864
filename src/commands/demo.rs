//! `hda demo`: every party, the whole line, on generated data.
//!
//! Each step looks first whether it was done, so that a run that was killed is simply run again.

mod house;
mod lists;
mod plans;
mod steps;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    commands::serve::{address, serve},
    outcome::Outcome,
};

/// Options of `hda demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda demo --dir demo --persons 5000\n\nRun it again with the same --dir after an interruption: it goes on where it stopped."
)]
pub(crate) struct DemoArgs {
    /// The folder for all parties; a new temporary one where not given.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// How many persons.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(10..=10_000_000))]
    persons: u64,
    /// The seed of the generated data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The port of the portal, on this machine alone.
    #[arg(long, default_value_t = 8480)]
    port: u16,
    /// Stop when the line is through, without the portal.
    #[arg(long)]
    no_serve: bool,
}

pub(crate) fn run(args: &DemoArgs, runtime: &Runtime) -> anyhow::Result<Outcome> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => std::env::temp_dir().join(format!("hda-demo-{}", std::process::id())),
    };
    let house = house::House::open(&dir, args.persons, args.seed, args.port)?;
    let line = steps::walk(&house, runtime)
        .with_context(|| format!("the demo in {} stopped; run it again to go on", dir.display()))?;
    let config = house.config()?;
    let shown: Vec<_> = config
        .demo_accounts
        .iter()
        .map(|account| json!({ "name": account.name, "password": account.password, "role": account.role }))
        .collect();
    let answer = json!({
        "dir": house.dir, "portal": address(&config), "accounts": shown, "key": line.key,
        "release": line.released, "package": house.releases().join(line.released.to_string()),
        "releases": line.all_released,
        "pending": line.pending, "batches": line.batches,
    });
    let text = format!(
        "released {} tables in {}\ncheck one:  hda verify {} --key {}\nwaiting for an officer: {}",
        line.all_released.len(),
        house.releases().display(),
        house.releases().join(line.released.to_string()).display(),
        line.key,
        line.pending
    );
    if args.no_serve {
        return Ok(Outcome::new(answer, text));
    }
    let accounts = config.demo_accounts.iter();
    let accounts: Vec<String> =
        accounts.map(|account| format!("  {:<16} {}", account.name, account.password)).collect();
    let text = format!(
        "{text}\n\nThe portal answers at {}\nAccounts to sign in with:\n{}\nStop it with Ctrl-C.",
        address(&config),
        accounts.join("\n")
    );
    serve(&config, runtime, true, &text)?;
    Ok(Outcome::new(answer, "stopped"))
}
