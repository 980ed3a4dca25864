//! The floor under an extraction: every line read into a struct of the columns of the job, by the
//! parser the extraction itself builds on, and nothing done with it.

use std::{borrow::Cow, fs, path::PathBuf};

use anyhow::Context;
use rayon::prelude::*;
use serde::Deserialize;

/// Bytes that are read at once.
const PIECE: usize = 4 << 20;

/// What the job asks of a resource, whatever its type. Fields are read and dropped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading them is the work")]
struct Columns<'a> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    #[serde(borrow)]
    identifier: Option<Vec<Identifier<'a>>>,
    #[serde(borrow)]
    gender: Option<Cow<'a, str>>,
    #[serde(borrow)]
    birth_date: Option<Cow<'a, str>>,
    #[serde(borrow)]
    subject: Option<Reference<'a>>,
    #[serde(borrow)]
    patient: Option<Reference<'a>>,
    #[serde(borrow)]
    requester: Option<Reference<'a>>,
    #[serde(borrow)]
    authored_on: Option<Cow<'a, str>>,
    #[serde(borrow)]
    when_handed_over: Option<Cow<'a, str>>,
    #[serde(borrow)]
    occurrence_date_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    effective_date_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    recorded_date: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lot_number: Option<Cow<'a, str>>,
    #[serde(borrow)]
    criticality: Option<Cow<'a, str>>,
    #[serde(borrow)]
    medication_codeable_concept: Option<Concept<'a>>,
    #[serde(borrow)]
    vaccine_code: Option<Concept<'a>>,
    #[serde(borrow)]
    code: Option<Concept<'a>>,
    #[serde(borrow)]
    clinical_status: Option<Concept<'a>>,
    #[serde(borrow)]
    quantity: Option<Quantity<'a>>,
    #[serde(borrow)]
    days_supply: Option<Quantity<'a>>,
    #[serde(borrow)]
    value_quantity: Option<Quantity<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Identifier<'a> {
    #[serde(borrow)]
    system: Option<Cow<'a, str>>,
    #[serde(borrow)]
    value: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Reference<'a> {
    #[serde(borrow)]
    identifier: Option<Identifier<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Concept<'a> {
    #[serde(borrow)]
    coding: Option<Vec<Coding<'a>>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Coding<'a> {
    #[serde(borrow)]
    system: Option<Cow<'a, str>>,
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Quantity<'a> {
    value: Option<f64>,
    #[serde(borrow)]
    unit: Option<Cow<'a, str>>,
}

/// Parses every line of the files on the threads of this pool; tells how many fitted.
pub(super) fn parse(files: &[PathBuf]) -> anyhow::Result<u64> {
    let counts: anyhow::Result<Vec<u64>> = files.par_iter().map(parse_file).collect();
    Ok(counts?.into_iter().sum())
}

fn parse_file(file: &PathBuf) -> anyhow::Result<u64> {
    let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let mut pieces = Vec::new();
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let from = PIECE.min(rest.len());
        let end = memchr::memchr(b'\n', &rest[from..]).map_or(rest.len(), |at| from + at + 1);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    let lines = |piece: &&[u8]| {
        let lines = piece.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.filter(|line| sonic_rs::from_slice::<Columns<'_>>(line).is_ok()).count() as u64
    };
    Ok(pieces.par_iter().map(lines).sum())
}
