//! Progress on standard error; none where it is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over bytes.
pub(crate) fn bytes(what: &str, total: u64) -> ProgressBar {
    bar(what, total, "{msg:24} [{bar:30}] {bytes} of {total_bytes}, {eta} left")
}

/// A bar over things that are counted.
pub(crate) fn count(what: &str, total: u64) -> ProgressBar {
    bar(what, total, "{msg:24} [{bar:30}] {human_pos} of {human_len}, {eta} left")
}

/// A sign of life where nobody knows how long it takes.
pub(crate) fn spinner(what: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn bar(what: &str, total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(total).with_style(style).with_message(what.to_owned())
}
