//! Batches and rules for the tests of this crate.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryArray, Float64Array, Int64Array,
    RecordBatch, StringArray,
};
use pipeline_domain::{ColumnKind, DatasetId, quality::QualityRules};
use pipeline_exchange::wire::{ColumnSpec, payload_schema};
use serde_json::json;
use time::{Date, macros::date};

use crate::{
    BatchInfo, BatchQuality, Check, DriftKind, MonthCheck, PairCheck, Profiler, ViewQuality,
    days::day, profiler::Bounds,
};

pub(crate) const TODAY: Date = date!(2026 - 11 - 25);
pub(crate) const BOUNDS: Bounds = Bounds { values: 64, rows: 64 };

pub(crate) const LOINC: &str = "http://loinc.org";

pub(crate) fn rules() -> QualityRules {
    let floor = |warn: f64, stop: f64| json!({"warn": warn, "stop": stop, "source": "own"});
    serde_json::from_value(json!({
        "version": "test-1",
        "sources": {"own": "A test"},
        "batch": {"set_aside": floor(0.01, 0.1)},
        "drift": {
            "smallest_rows": 50,
            "volume": floor(1.5, 5.0),
            "filled_drop": floor(0.05, 0.3),
            "codes_shift": floor(0.1, 0.25),
            "mean_shift": floor(0.5, 2.0),
            "new_codes": {"warn": 0.01, "source": "own"},
            "gone_codes": {"warn": 0.01, "source": "own"},
        },
        "months": {
            "smallest_rows": 8,
            "least_before": 3,
            "settled_days": 14,
            "rows_drop": floor(0.6, 0.9),
            "filled_drop": floor(0.35, 0.8),
        },
        "systems": {LOINC: {"check": "loinc"}},
        "default": {
            "filled": floor(0.95, 0.5),
            "conforms": floor(0.99, 0.8),
            "implausible": floor(0.001, 0.05),
            "duplicates": floor(0.01, 0.2),
            "dates": {"first_year": 1900, "days_ahead": 1},
        },
        "view": {
            "person": {
                "one_row_a_person": floor(0.0, 0.1),
                "columns": {"birth_year": {"required": true, "low": 1900, "high": 2026}},
                "born": [{"birth_year": "birth_year", "oldest_age": 120}],
            },
            "observation": {
                "event_date": "effective",
                "lag_days": floor(365.0, 1000.0),
                "columns": {"code": {"required": true}, "effective": {"required": true}},
                "order": [{"earlier": "effective", "later": "recorded"}],
                "measures": {"code": "code", "value": "value", "unit": "unit", "of": {
                    "8302-2": {"name": "body height", "units": ["cm", "m"], "low": 20, "high": 260},
                }},
                "never": [{"when": "unit", "is": "kg", "then": "code", "not": ["8302-2"]}],
            },
        },
    }))
    .unwrap()
}

fn column(name: &str, kind: ColumnKind, system: Option<&str>) -> ColumnSpec {
    ColumnSpec {
        name: name.to_owned(),
        kind,
        description: [].into(),
        element: None,
        code_system: system.map(str::to_owned),
    }
}

pub(crate) fn observation_columns() -> Vec<ColumnSpec> {
    vec![
        column("effective", ColumnKind::Date, None),
        column("recorded", ColumnKind::Date, None),
        column("code", ColumnKind::Text, Some(LOINC)),
        column("value", ColumnKind::Decimal, None),
        column("unit", ColumnKind::Text, Some("http://unitsofmeasure.org")),
        column("final", ColumnKind::Boolean, None),
        column("prescription", ColumnKind::Linked, None),
        column("note", ColumnKind::Text, None),
    ]
}

/// One row of the view of observations, as a law draws it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) token: u8,
    pub(crate) effective: Option<i32>,
    pub(crate) recorded: Option<i32>,
    pub(crate) code: Option<String>,
    pub(crate) value: Option<f64>,
    pub(crate) unit: Option<String>,
    pub(crate) is_final: Option<bool>,
    pub(crate) link: Option<u8>,
    pub(crate) note: Option<String>,
}

pub(crate) fn observations(rows: &[Row]) -> RecordBatch {
    let texts = |each: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(each).collect::<StringArray>())
    };
    let links = rows.iter().map(|row| row.link.map(|link| [link; 16]));
    let links = FixedSizeBinaryArray::try_from_sparse_iter_with_size(links, 16).unwrap();
    let columns: Vec<ArrayRef> = vec![
        tokens(rows.iter().map(|row| row.token)),
        Arc::new(rows.iter().map(|row| row.effective).collect::<Date32Array>()),
        Arc::new(rows.iter().map(|row| row.recorded).collect::<Date32Array>()),
        texts(|row| row.code.as_deref()),
        Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()),
        texts(|row| row.unit.as_deref()),
        Arc::new(rows.iter().map(|row| row.is_final).collect::<BooleanArray>()),
        Arc::new(links),
        texts(|row| row.note.as_deref()),
    ];
    RecordBatch::try_new(payload_schema(&observation_columns()), columns).unwrap()
}

fn tokens(tokens: impl Iterator<Item = u8>) -> ArrayRef {
    let tokens = tokens.map(|token| Some([token; 16]));
    Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(tokens, 16).unwrap())
}

pub(crate) fn observation_profiler() -> Profiler {
    let view: DatasetId = "observation".parse().unwrap();
    let rules = rules().view(&view);
    Profiler::bounded(&view, &observation_columns(), &rules, TODAY, BOUNDS)
}

fn good_row(at: u8) -> Row {
    let today = day(TODAY);
    let effective = today - i32::from(at) * 3;
    Row {
        token: at,
        effective: Some(effective),
        recorded: Some(effective + 1),
        code: Some(if at.is_multiple_of(3) { "8302-2" } else { "29463-7" }.to_owned()),
        value: Some(if at.is_multiple_of(3) { 140.0 } else { 60.0 } + f64::from(at % 40)),
        unit: Some(if at.is_multiple_of(3) { "cm" } else { "kg" }.to_owned()),
        is_final: (!at.is_multiple_of(10)).then_some(!at.is_multiple_of(4)),
        link: Some(at % 7),
        note: at.is_multiple_of(2).then(|| format!("Seen by Dr Peeters, {at}")),
    }
}

/// A good row on this day.
pub(crate) fn row_on(at: u8, effective: Option<i32>) -> Row {
    Row { effective, ..good_row(at) }
}

/// The same rows gone wrong in every way a check knows.
fn bad_row(at: u8) -> Row {
    let good = good_row(at);
    match at % 6 {
        0 => Row { value: Some(1700.0), ..good },
        1 => Row { recorded: good.effective.map(|day| day - 10), ..good },
        2 => Row { code: Some("Peeters, Jan".to_owned()), ..good },
        3 => Row { unit: None, effective: Some(0), ..good },
        4 => Row { effective: Some(day(date!(2031 - 01 - 01))), code: None, ..good },
        _ => Row { code: Some("8302-2".to_owned()), unit: Some("kg".to_owned()), ..good },
    }
}

fn view_of_observations(rows: &[Row]) -> ViewQuality {
    let mut profiler = observation_profiler();
    // Wide enough that nothing is sampled, as in a batch of some size.
    let view: DatasetId = "observation".parse().unwrap();
    if rows.len() > BOUNDS.rows {
        let rules = rules().view(&view);
        profiler = Profiler::new(&view, &observation_columns(), &rules, TODAY);
    }
    profiler.observe(&observations(rows)).unwrap();
    profiler.finish()
}

fn view_of_persons(tokens_of_rows: &[u8], years: &[i64]) -> ViewQuality {
    let columns = [
        column("sex", ColumnKind::Text, Some("http://hl7.org/fhir/administrative-gender")),
        column("birth_year", ColumnKind::Integer, None),
    ];
    let sexes: StringArray =
        tokens_of_rows.iter().map(|at| Some(if at % 2 == 0 { "female" } else { "male" })).collect();
    let arrays: Vec<ArrayRef> = vec![
        tokens(tokens_of_rows.iter().copied()),
        Arc::new(sexes),
        Arc::new(Int64Array::from(years.to_vec())),
    ];
    let batch = RecordBatch::try_new(payload_schema(&columns), arrays).unwrap();
    let view: DatasetId = "person".parse().unwrap();
    let mut profiler = Profiler::new(&view, &columns, &rules().view(&view), TODAY);
    profiler.observe(&batch).unwrap();
    profiler.finish()
}

fn info(set_aside: u64) -> BatchInfo {
    BatchInfo {
        batch: "0193e3a0-0000-7000-8000-000000000001".parse().unwrap(),
        holder: "hospital".parse().unwrap(),
        domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
        day: TODAY,
        persons: 200,
        read: 1000,
        set_aside: [("not-json".to_owned(), set_aside)].into(),
    }
}

/// A batch in which nothing is wrong.
pub(crate) fn batch() -> BatchQuality {
    let rows: Vec<Row> = (0..200).map(good_row).collect();
    let persons: Vec<u8> = (0..200).collect();
    let years: Vec<i64> = (0..200).map(|at| 1930 + at % 90).collect();
    BatchQuality::new(info(0), vec![view_of_observations(&rows), view_of_persons(&persons, &years)])
}

/// A batch in which everything is.
pub(crate) fn worse() -> BatchQuality {
    let mut rows: Vec<Row> = (0..90).map(bad_row).collect();
    rows.extend((0..30).map(bad_row));
    let persons: Vec<u8> = (0..100).chain(0..20).collect();
    let years: Vec<i64> =
        (0..120).map(|at| if at % 12 == 0 { 1850 } else { 2030 - at % 90 }).collect();
    let views = vec![view_of_observations(&rows), view_of_persons(&persons, &years)];
    BatchQuality::new(info(150), views)
}

/// A batch with one column of these codes.
pub(crate) fn with_codes(codes: &[(&str, u64)]) -> BatchQuality {
    let columns = [column("code", ColumnKind::Text, Some("urn:codes"))];
    let texts: StringArray = codes
        .iter()
        .flat_map(|(code, rows)| std::iter::repeat_n(Some(*code), usize::try_from(*rows).unwrap()))
        .collect();
    let arrays: Vec<ArrayRef> = vec![tokens((0..=255).cycle().take(texts.len())), Arc::new(texts)];
    let batch = RecordBatch::try_new(payload_schema(&columns), arrays).unwrap();
    let view: DatasetId = "problem".parse().unwrap();
    let mut profiler = Profiler::new(&view, &columns, &rules().view(&view), TODAY);
    profiler.observe(&batch).unwrap();
    BatchQuality::new(info(0), vec![profiler.finish()])
}

/// Every check there is.
pub(crate) fn checks() -> Vec<Check> {
    let pairs = [
        PairCheck::Order,
        PairCheck::Birth,
        PairCheck::Age,
        PairCheck::Unit,
        PairCheck::Measure,
        PairCheck::Never,
    ];
    let drifts = [
        DriftKind::Volume,
        DriftKind::ViewGone,
        DriftKind::Filled,
        DriftKind::Codes,
        DriftKind::Mean,
        DriftKind::NewCodes,
        DriftKind::GoneCodes,
    ];
    let others = [
        Check::SetAside,
        Check::Filled,
        Check::Conforming,
        Check::Plausible,
        Check::Duplicates,
        Check::OneRowAPerson,
        Check::Lag,
    ];
    let months = [MonthCheck::Gap, MonthCheck::Fewer, MonthCheck::Filled];
    let others = others.into_iter().chain(months.map(Check::Month));
    others.chain(pairs.map(Check::Pair)).chain(drifts.map(Check::Drift)).collect()
}
