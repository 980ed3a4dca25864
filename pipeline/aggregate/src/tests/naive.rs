//! The plans of the tests, counted row by row in plain Rust.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_disclosure::{
    Amount, Category, Contributions, CubeDimension, CubeMeasure, MeasureKind, RawCell, RawCube,
    Source,
};
use pipeline_domain::Language;
use pipeline_plan::{Measure, Plan, Province};
use time::{Date, Duration, macros::date};

use super::lake::{Event, Lake, PersonRow};

/// What one person has in one cell: records, and for each sum the millionths, where any.
#[derive(Default)]
struct Part {
    records: u64,
    sums: BTreeMap<String, i128>,
}

pub(crate) fn cube(plan: &Plan, lake: &Lake, events: &[Event], persons: &[PersonRow]) -> RawCube {
    let asks_persons = plan.dimensions().iter().any(|side| side.column.is_of_person());
    let mut cells: BTreeMap<Vec<String>, BTreeMap<u8, Part>> = BTreeMap::new();
    for event in events {
        let Some(day) = event.day.map(|days| date!(1970 - 01 - 01) + Duration::days(days.into()))
        else {
            continue;
        };
        let person = least(persons, event.person);
        if day.year() != 2025 || !(plan.cohort().is_empty() || in_cohort(event, &person)) {
            continue;
        }
        let names = plan.dimensions().iter().map(pipeline_plan::Dimension::name);
        let codes = names.map(|name| code(&name, event, &person, day)).collect();
        let part = cells.entry(codes).or_default().entry(event.person).or_default();
        part.records += 1;
        let quantity = event.quantity.map(millionths);
        let pieces = event.pieces.map(|pieces| i128::from(pieces) * 1_000_000);
        for (name, value) in [("sum_quantity", quantity), ("sum_pieces", pieces)] {
            *part.sums.entry(name.to_owned()).or_default() += value.unwrap_or(0);
        }
    }
    let versions = ["dispense", "person"].into_iter().take(if asks_persons { 2 } else { 1 });
    let versions = versions.map(|name| (name.parse().unwrap(), lake.version(name)));
    let source = Source { plan: plan.hash(), versions: versions.collect() };
    assemble(plan, source, &cells)
}

/// The cube of one person with one record, who falls into this category.
pub(crate) fn one_person(plan: &Plan, lake: &Lake, category: &str) -> RawCube {
    let versions = ["dispense", "person"].map(|name| (name.parse().unwrap(), lake.version(name)));
    let source = Source { plan: plan.hash(), versions: versions.into() };
    let part = Part { records: 1, ..Part::default() };
    let cells = BTreeMap::from([(vec![category.to_owned()], BTreeMap::from([(1, part)]))]);
    assemble(plan, source, &cells)
}

#[expect(clippy::cast_possible_truncation, reason = "the tests draw quarters of small numbers")]
fn millionths(quantity: f64) -> i128 {
    (quantity * 1e6).round() as i128
}

/// The least value of each column, over all rows of a person.
fn least(rows: &[PersonRow], person: u8) -> PersonRow {
    let rows = || rows.iter().filter(move |row| row.person == person);
    PersonRow {
        person,
        sex: rows().filter_map(|row| row.sex.clone()).min(),
        birth_year: rows().filter_map(|row| row.birth_year).min(),
        nis: rows().filter_map(|row| row.nis.clone()).min(),
    }
}

fn in_cohort(event: &Event, person: &PersonRow) -> bool {
    let atc = event.atc.as_deref().unwrap_or_default();
    (atc.starts_with("J01") || atc.starts_with("N02B"))
        && event.status == "completed"
        && person.birth_year.is_some_and(|year| (1940..=2025).contains(&year))
}

fn code(name: &str, event: &Event, person: &PersonRow, day: Date) -> String {
    let known = match name {
        "person_nis_province" => person
            .nis
            .as_deref()
            .and_then(Province::of_nis)
            .map(|province| province.code().to_owned()),
        "age_band_10" => person
            .birth_year
            .map(|year| i64::from(day.year()) - year)
            .filter(|age| *age >= 0)
            .map(|age| format!("{}-{}", age / 10 * 10, age / 10 * 10 + 9)),
        "person_sex" => person.sex.clone(),
        "handed_over_quarter" => {
            Some(format!("{}-Q{}", day.year(), (u8::from(day.month()) - 1) / 3 + 1))
        }
        "atc_prefix_3" => event.atc.as_deref().map(|atc| atc.chars().take(3).collect()),
        other => panic!("the naive count knows no {other}"),
    };
    known.filter(|code| !code.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn assemble(
    plan: &Plan,
    source: Source,
    cells: &BTreeMap<Vec<String>, BTreeMap<u8, Part>>,
) -> RawCube {
    let mut dimensions = Vec::new();
    for (at, side) in plan.dimensions().iter().enumerate() {
        let codes: BTreeSet<(bool, Option<i64>, String)> = cells
            .keys()
            .map(|codes| codes[at].clone())
            .map(|code| (code == "unknown", first_number(&code), code))
            .collect();
        let category = |code: String| Category {
            label: labels(|language| side.category_label(&code, language)),
            code,
        };
        dimensions.push(CubeDimension {
            name: side.name(),
            label: labels(|language| side.label(language)),
            categories: codes.into_iter().map(|(_, _, code)| category(code)).collect(),
        });
    }
    let place = |codes: &[String]| {
        let at = codes.iter().zip(&dimensions);
        at.map(|(code, side)| side.categories.iter().position(|c| c.code == *code).unwrap())
            .collect()
    };
    let sums: Vec<String> = plan
        .measures()
        .iter()
        .filter(|measure| matches!(measure, Measure::Sum(_)))
        .map(Measure::name)
        .collect();
    let raw = cells
        .iter()
        .map(|(codes, persons)| RawCell {
            at: place(codes),
            persons: persons.len() as u64,
            records: persons.values().map(|part| part.records).sum(),
            sums: sums.iter().map(|name| contributions(persons, name)).collect(),
        })
        .collect();
    RawCube::new(source, dimensions.clone(), measures(plan), raw).unwrap()
}

fn contributions(persons: &BTreeMap<u8, Part>, name: &str) -> Contributions {
    let parts: Vec<i128> = persons.values().map(|part| part.sums[name]).collect();
    let mut sizes: Vec<i128> = parts.iter().map(|part| part.abs()).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let size = |at: usize| Amount::from_millionths(sizes.get(at).copied().unwrap_or(0));
    Contributions {
        persons: parts.iter().filter(|part| **part != 0).count() as u64,
        total: Amount::from_millionths(parts.iter().sum()),
        magnitude: Amount::from_millionths(sizes.iter().sum()),
        largest: size(0),
        second: size(1),
    }
}

fn measures(plan: &Plan) -> Vec<CubeMeasure> {
    let kind = |measure: &Measure| match measure {
        Measure::Persons => MeasureKind::Persons,
        Measure::Records => MeasureKind::Records,
        Measure::Sum(_) => MeasureKind::Sum,
    };
    let measure = |measure: &Measure| CubeMeasure {
        name: measure.name(),
        kind: kind(measure),
        label: labels(|language| measure.label(language)),
    };
    plan.measures().iter().map(measure).collect()
}

/// Bands of age and quarters are in the order of their first number.
fn first_number(code: &str) -> Option<i64> {
    code.split('-').next()?.parse().ok()
}

fn labels(of: impl Fn(Language) -> String) -> BTreeMap<Language, String> {
    Language::ALL.into_iter().map(|language| (language, of(language))).collect()
}
