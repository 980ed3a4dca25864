//! The same hash by programs that may be on the machine: 33 bytes under a key that was taken in before.

use std::process::Command;

/// Nanoseconds a hash takes elsewhere; nothing where the program is missing or says something else.
pub(crate) struct ElsewhereFigure {
    pub(crate) what: &'static str,
    pub(crate) nanoseconds: Option<f64>,
}

/// What a holder in a hurry would write.
const PYTHON: &str = "
import hmac, time
keyed, message, count = hmac.new(bytes(32), digestmod='sha256'), bytes(33), 200000
best = None
for _ in range(3):
    begun = time.process_time()
    for _ in range(count):
        hash = keyed.copy()
        hash.update(message)
        hash.digest()
    took = time.process_time() - begun
    best = took if best is None else min(best, took)
print(best * 1e9 / count)
";

pub(crate) fn figures() -> Vec<ElsewhereFigure> {
    vec![
        ElsewhereFigure { what: "OpenSSL, openssl speed -hmac", nanoseconds: by_openssl() },
        ElsewhereFigure { what: "Python, hmac with copied state", nanoseconds: by_python() },
    ]
}

fn by_openssl() -> Option<f64> {
    let options = ["speed", "-hmac", "sha256", "-bytes", "33", "-seconds", "1"];
    let told = told_by("openssl", &options)?;
    let line = told.lines().find_map(|line| line.strip_prefix("hmac(sha256)"))?;
    let kilobytes_a_second: f64 = line.trim().strip_suffix('k')?.parse().ok()?;
    Some(33.0 * 1e6 / kilobytes_a_second)
}

fn by_python() -> Option<f64> {
    told_by("python3", &["-c", PYTHON])?.trim().parse().ok()
}

fn told_by(program: &str, options: &[&str]) -> Option<String> {
    let output = Command::new(program).args(options).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
