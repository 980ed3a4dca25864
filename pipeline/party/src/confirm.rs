//! What cannot be taken back is asked first.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};
use clap::Args;

/// The answer to what an act asks before it does what cannot be taken back.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Confirmation {
    /// Do what cannot be taken back without asking.
    #[arg(long)]
    pub yes: bool,
}

impl Confirmation {
    /// Asks on the terminal, unless the answer was given; where nobody can answer, nothing is done.
    pub fn ask(self, what: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            bail!("{what}. This cannot be taken back; say --yes if it is what you want");
        }
        let mut err = io::stderr().lock();
        write!(err, "{what}. This cannot be taken back. Type yes to go on: ")
            .and_then(|()| err.flush())
            .context("asking on the terminal")?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).context("reading the answer")?;
        if answer.trim() != "yes" {
            bail!("nothing was done");
        }
        Ok(())
    }
}
