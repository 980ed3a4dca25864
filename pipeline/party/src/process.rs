//! How the process of a party starts, answers and ends.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::outcome::{Outcome, RefusedByPolicy};

/// How often a process that waits looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Makes `ring` the only provider of TLS, and gives OpenDAL the transport its HTTP services need.
pub fn install_transports() {
    // A second call, as in a test, finds them there; that is no fault.
    let _ = rustls::crypto::ring::default_provider().install_default();
    opendal_http_transport_reqwest::install_default();
}

/// Prints an answer on standard output, as text or as one JSON object.
pub fn print(outcome: &Outcome, json: bool) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &outcome.json)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", outcome.text.trim_end())?;
    }
    Ok(if outcome.complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says on standard error what went wrong.
#[must_use]
pub fn fail(program: &str, error: &anyhow::Error) -> ExitCode {
    let mut err = io::stderr().lock();
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(err, "{program}: {error:#}");
    let refused = error.chain().any(<dyn std::error::Error>::is::<RefusedByPolicy>);
    if refused { ExitCode::from(3) } else { ExitCode::FAILURE }
}

/// Set when the process is asked to stop; what is under way is finished first. Needs a tokio
/// runtime to be entered.
#[must_use]
pub fn stop_signal() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    tokio::spawn(async move {
        wait_for_stop().await;
        told.store(true, Ordering::Relaxed);
    });
    stop
}

/// Sets the signal to stop when standard input ends, too: with the process that started this one.
pub fn stop_when_input_ends(stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    thread::spawn(move || {
        // Whatever comes in means nothing; that it ends does.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        stop.store(true, Ordering::Relaxed);
    });
}

/// Waits so long, or until the process is asked to stop.
pub fn pause(wait: Duration, stop: &AtomicBool) {
    let mut left = wait;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let slice = left.min(LOOK);
        thread::sleep(slice);
        left -= slice;
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn wait_for_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
