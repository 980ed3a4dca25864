//! `hda ttp`: the trusted third party, a process of its own. What it does is in
//! `pipeline-ttp-service`, which the small program `hda-ttp` runs as well.

use std::path::Path;

use clap::Args;
use pipeline_domain::{DomainId, HolderId};
use pipeline_ttp_service::{
    DomainArgs, LogFormat, Program, RunArgs, TtpCommand, open_domain as open, run_worker,
};

use crate::{config::SOFTWARE, outcome::Outcome};

pub(crate) use pipeline_party::process::{stop_signal, wait_for_stop};
pub(crate) use pipeline_ttp_service::{InitArgs, init};

const PROGRAM: Program = Program { name: "hda ttp", software: SOFTWARE };

/// Options of `hda ttp`.
#[derive(Debug, Args)]
pub(crate) struct TtpArgs {
    #[command(subcommand)]
    command: TtpCommand,
}

impl TtpArgs {
    /// How the act wants its logs.
    pub(crate) fn log_format(&self) -> LogFormat {
        self.command.log_format()
    }
}

pub(crate) fn run(args: TtpArgs) -> anyhow::Result<Outcome> {
    pipeline_ttp_service::run(args.command, PROGRAM)
}

/// Opens a domain at a TTP.
pub(crate) fn open_domain(
    dir: &Path,
    domain: DomainId,
    version: u32,
    holders: Vec<HolderId>,
) -> anyhow::Result<Outcome> {
    open(
        DomainArgs {
            dir: dir.to_owned(),
            domain,
            version,
            holders,
            source: None,
            quota: None,
            release: None,
        },
        PROGRAM,
    )
}

/// Answers the batches in the inbox of a TTP.
pub(crate) fn answer(dir: &Path, watch: bool, until_input_ends: bool) -> anyhow::Result<Outcome> {
    let args = RunArgs {
        dir: dir.to_owned(),
        watch,
        until_input_ends,
        listen: None,
        longest_wait: None,
        log_format: LogFormat::default(),
    };
    run_worker(&args, PROGRAM)
}
