//! How fast the trusted third party is, beside the bare hash it stands on and beside others.
//!
//! ```sh
//! cargo bench -p pipeline-ttp                          # two million persons
//! cargo bench -p pipeline-ttp -- --persons 11800000    # the whole country
//! ```
//! One run prints everything. A batch goes the whole way of [`pipeline_ttp::Ttp::pass`], from a folder
//! to a folder: read, hold against manifest and rules, hash, write, sign, delete. Each figure is the
//! best of its rounds, since other work on the machine makes them longer and nothing makes them shorter.
//! Times are printed and never asserted. Without `--bench`, as `cargo test` runs it, it measures nothing
//! and holds the answers against the bare hash.

#![expect(clippy::unwrap_used, reason = "a benchmark ends where anything goes wrong")]

mod answers;
mod batches;
mod elsewhere;
mod functions;
mod house;
mod measure;
mod report;

use std::io::{self, Write as _};

use measure::Rounds;
use report::Report;

/// The persons of a batch where nothing is said: a step of the padding, so that none is added.
const PERSONS: u64 = 1 << 21;
/// The persons of a national batch.
const NATION: u64 = 11_800_000;
const ROUNDS: u64 = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let measures = arguments.iter().any(|argument| argument == "--bench");
    if !measures || arguments.iter().any(|argument| argument == "--test") {
        return answers::hold();
    }
    let persons = number(&arguments, "--persons", PERSONS);
    let rounds = Rounds(number(&arguments, "--rounds", ROUNDS));
    // Batches first, while the process has had no memory for anything else.
    let batches = batches::figures(persons, rounds);
    let loops = [
        functions::stage_two(1 << 20, rounds),
        functions::sealing(1 << 16, rounds),
        functions::oblivious(1 << 13, rounds),
    ];
    let loops = loops.into_iter().flatten().collect();
    let report = Report { persons, batches, loops, elsewhere: elsewhere::figures() };
    io::stdout().write_all(report.to_string().as_bytes()).unwrap();
}

/// The number behind an option, where it was given.
fn number(arguments: &[String], option: &str, default: u64) -> u64 {
    let at = arguments.iter().position(|argument| argument == option);
    at.map_or(default, |at| arguments[at + 1].parse().unwrap())
}
