//! Prints what it costs to look at a row: `cargo run --release -p pipeline-quality --example observe`.

use std::{
    error::Error,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryArray, Float64Array, Int64Array,
    RecordBatch, StringArray,
};
use pipeline_domain::{
    ColumnKind,
    quality::{CodeCheck, CodeSet, ViewRules},
};
use pipeline_exchange::wire::{ColumnSpec, payload_schema};
use pipeline_quality::Profiler;

const ROWS: u64 = 8192;
const BATCHES: u64 = 64;
const ROUNDS: u64 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let columns = columns();
    let system = CodeSet { check: Some(CodeCheck::Snomed), ..CodeSet::default() };
    let rules = ViewRules {
        systems: [("http://snomed.info/sct".to_owned(), system)].into(),
        ..ViewRules::default()
    };
    let batches = (0..BATCHES).map(|batch| rows(&columns, batch)).collect::<Result<Vec<_>, _>>()?;
    let view = "example".parse()?;
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let today = time::macros::date!(2026 - 11 - 25);
        let mut profiler = Profiler::new(&view, &columns, &rules, today);
        let taken = measured(|| batches.iter().try_for_each(|batch| profiler.observe(batch)))?;
        best = best.min(taken);
        std::hint::black_box(profiler.finish());
    }
    let per_row = best.as_nanos() / u128::from(ROWS * BATCHES);
    writeln!(std::io::stdout(), "{per_row} ns a row of {} columns", columns.len())?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement asks the clock")]
fn measured<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn columns() -> Vec<ColumnSpec> {
    let column = |name: &str, kind, system: Option<&str>| ColumnSpec {
        name: name.to_owned(),
        kind,
        description: [].into(),
        element: None,
        code_system: system.map(str::to_owned),
    };
    vec![
        column("effective", ColumnKind::Date, None),
        column("status", ColumnKind::Text, Some("http://hl7.org/fhir/observation-status")),
        column("code", ColumnKind::Text, Some("http://snomed.info/sct")),
        column("atc", ColumnKind::Text, Some("http://www.whocc.no/atc")),
        column("value", ColumnKind::Decimal, None),
        column("unit", ColumnKind::Text, Some("http://unitsofmeasure.org")),
        column("dose_number", ColumnKind::Integer, None),
        column("primary", ColumnKind::Boolean, None),
    ]
}

/// Rows as a hospital has them: nearly all of one state, some hundreds of codes, a tenth of the units missing.
fn rows(columns: &[ColumnSpec], batch: u64) -> Result<RecordBatch, Box<dyn Error>> {
    let seeds: Vec<u64> = (0..ROWS).map(|row| mixed(batch * ROWS + row)).collect();
    let tokens =
        seeds.iter().map(|seed| (u128::from(*seed) << 64 | u128::from(mixed(*seed))).to_le_bytes());
    let states = ["amended", "corrected", "preliminary"];
    let rare = |seed: &u64| states.get(usize::try_from(seed % 60).ok()?).copied();
    let state = |seed: &u64| Some(rare(seed).unwrap_or("final"));
    let text = |each: &dyn Fn(u64) -> Option<String>| -> StringArray {
        seeds.iter().map(|seed| each(*seed)).collect()
    };
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(FixedSizeBinaryArray::try_from_iter(tokens)?),
        Arc::new(
            seeds
                .iter()
                .map(|seed| i32::try_from(19_000 + seed / 7 % 1500).ok())
                .collect::<Date32Array>(),
        ),
        Arc::new(seeds.iter().map(state).collect::<StringArray>()),
        Arc::new(text(&|seed| Some(format!("{}", 100_000_000 + seed / 11 % 700)))),
        Arc::new(text(&|seed| Some(format!("J07BB{:02}", seed / 13 % 90)))),
        Arc::new(
            seeds
                .iter()
                .map(|seed| {
                    u32::try_from(seed / 17 % 3000).ok().map(|value| f64::from(value) / 10.0)
                })
                .collect::<Float64Array>(),
        ),
        Arc::new(text(&|seed| (seed % 10 != 0).then(|| "mm[Hg]".to_owned()))),
        Arc::new(
            seeds.iter().map(|seed| i64::try_from(seed / 19 % 4).ok()).collect::<Int64Array>(),
        ),
        Arc::new(seeds.iter().map(|seed| Some(seed / 23 % 2 == 0)).collect::<BooleanArray>()),
    ];
    Ok(RecordBatch::try_new(payload_schema(columns), arrays)?)
}

/// A scramble of the row number, so that neighbours differ.
fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
