//! The trusted third party as a service: its commands, and the worker that runs all day.
//!
//! What it does to a batch is in `pipeline-ttp`; here is what surrounds it: options, the folder, when
//! to look into the inbox, how long to wait, and what it says of itself. `hda ttp` and the small
//! program `hda-ttp` are the same acts. Nothing it logs, counts or answers names a person or a holder.

mod backoff;
mod command;
mod listen;
mod logs;
mod place;
mod status;
mod watch;

pub use command::{DomainArgs, InitArgs, RunArgs, TtpCommand, init, open_domain, run, run_worker};
pub use logs::{LogFormat, start_logging};

/// The program that acts: how it is called in messages, and its version in manifests.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// What somebody types, like `hda ttp`.
    pub name: &'static str,
    /// Stands in every manifest.
    pub software: &'static str,
}
