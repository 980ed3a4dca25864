//! `hda sample`: deterministic Belgian-like FHIR.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use sample_data::{Compression, SampleOptions, generate};
use time::{Date, macros::format_description};

use crate::{clock, outcome::Outcome, progress};

/// Options of `hda sample`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hda sample --persons 20000 --seed 7 --bad 0.5% --out sources")]
pub(crate) struct SampleArgs {
    /// How many persons: 10 to 10 million.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    persons: u64,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The share of deliberately bad rows, like 0.5%.
    #[arg(long, default_value = "0.5%", value_parser = share)]
    bad: f64,
    /// The share of persons who opted out, like 1%.
    #[arg(long, default_value = "1%", value_parser = share)]
    opt_out: f64,
    /// The day the data ends (YYYY-MM-DD); today where not given.
    #[arg(long, value_parser = day)]
    today: Option<Date>,
    /// How the files are packed.
    #[arg(long, value_enum, default_value_t = Packing::None)]
    compress: Packing,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Packing {
    None,
    Gz,
    Zst,
}

pub(crate) fn run(args: &SampleArgs) -> anyhow::Result<Outcome> {
    let options = SampleOptions {
        persons: args.persons,
        seed: args.seed,
        bad_share: args.bad,
        opt_out_share: args.opt_out,
        today: args.today.unwrap_or_else(|| clock::now().date()),
        compression: match args.compress {
            Packing::None => Compression::None,
            Packing::Gz => Compression::Gzip,
            Packing::Zst => Compression::Zstd,
        },
    };
    let bar = progress::count("generating persons", args.persons);
    let report = generate(&options, &args.out, &mut |done| bar.set_position(done))
        .with_context(|| format!("generating into {}", args.out.display()))?;
    bar.finish_and_clear();
    let text = format!("generated {} persons in {}", args.persons, args.out.display());
    Ok(Outcome::new(serde_json::to_value(&report)?, text))
}

/// `0.5%` or `0.005`.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.strip_suffix('%') {
        Some(number) => (number, 100.0),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().map(|number| number / unit);
    share
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a share is like 0.5% or 0.005".to_owned())
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "a day is like 2026-11-25".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_percent_sign() {
        let cases = [
            ("0.5%", Some(0.005)),
            ("0.01", Some(0.01)),
            ("0", Some(0.0)),
            ("101%", None),
            ("x", None),
        ];
        for (text, want) in cases {
            assert_eq!(share(text).ok(), want, "{text}");
        }
    }
}
