//! `hda serve`: the portal, with a worker beside it.

use std::{
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use clap::Args;
use portal_web::{Portal, Transport, router};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    clock,
    commands::{ttp::wait_for_stop, work},
    config::Config,
    outcome::Outcome,
};

/// Options of `hda serve`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hda serve --config hda.toml")]
pub(crate) struct ServeArgs {
    /// The configuration of the HDA.
    #[arg(long)]
    config: PathBuf,
    /// Run no worker here; `hda work --watch` runs elsewhere.
    #[arg(long)]
    no_worker: bool,
}

pub(crate) fn run(args: &ServeArgs, runtime: &Runtime) -> anyhow::Result<Outcome> {
    let config = Config::read(&args.config)?;
    let text = format!("the portal answers at {}", address(&config));
    serve(&config, runtime, !args.no_worker, &text)?;
    Ok(Outcome::new(json!({ "served": address(&config) }), "stopped"))
}

/// The address of the portal, as a browser takes it.
pub(crate) fn address(config: &Config) -> String {
    let scheme = if config.https { "https" } else { "http" };
    format!("{scheme}://{}", config.listen)
}

/// Serves until the process is asked to stop; requests under way are finished first.
pub(crate) fn serve(
    config: &Config,
    runtime: &Runtime,
    worker: bool,
    announcement: &str,
) -> anyhow::Result<()> {
    let db = runtime.block_on(portal_store::Store::open(&config.database))?;
    let portal = Portal {
        store: db.clone(),
        catalogue: Config::open(&config.catalogue)?.operator().clone(),
        releases: Config::open(&config.releases)?.operator().clone(),
        clock: Arc::new(clock::now),
        transport: if config.https { Transport::Https } else { Transport::LoopbackHttp },
        demo_accounts: config.demo_accounts()?,
        authority_name: config.authority()?.name,
    };
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind(config.listen))
        .with_context(|| format!("cannot listen on {}; choose another port", config.listen))?;
    writeln!(std::io::stdout(), "{announcement}").context("writing to standard output")?;

    let stopped = Arc::new(AtomicBool::new(false));
    let working = worker.then(|| {
        let (config, db, handle) = (config.clone(), db.clone(), runtime.handle().clone());
        let stopped = Arc::clone(&stopped);
        runtime.spawn_blocking(move || {
            work::watch(&config, &db, &handle, &|| stopped.load(Ordering::Relaxed));
        })
    });
    let served = runtime.block_on(async {
        axum::serve(listener, router(portal)).with_graceful_shutdown(wait_for_stop()).await
    });
    stopped.store(true, Ordering::Relaxed);
    if let Some(working) = working {
        runtime.block_on(working).context("the worker ended badly")?;
    }
    runtime.block_on(db.close());
    served.context("serving the portal")
}
