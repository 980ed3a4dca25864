//! The figures in the terms of the Data Quality Vocabulary (W3C DQV), for the catalogue.

use pipeline_domain::DatasetId;
use serde::{Deserialize, Serialize};

use crate::{
    batch::BatchQuality,
    view::{PairCheck, PairQuality, Tally, ViewQuality, share},
};

/// Where the metrics are described.
const METRICS: &str = "https://data.hda.example/metric/";
/// The dimensions of linked data quality (Zaveri and others 2016), as W3C publishes them for DQV.
const DIMENSIONS: &str = "http://www.w3.org/2016/05/ldqd#";

/// What a figure is about; Kahn and others 2016, with the timeliness and consistency of ISO 25012.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Is a value there?
    Completeness,
    /// Is it a value of its type, code system, unit?
    Conformance,
    /// Can it be true?
    Plausibility,
    /// Is it there once?
    Uniqueness,
    /// Is it recent?
    Timeliness,
    /// Is it as it was before?
    Consistency,
}

impl Dimension {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] = [
        Self::Completeness,
        Self::Conformance,
        Self::Plausibility,
        Self::Uniqueness,
        Self::Timeliness,
        Self::Consistency,
    ];

    /// The IRI of the `dqv:Dimension`.
    #[must_use]
    pub fn iri(self) -> String {
        let name = match self {
            Self::Completeness => "completeness",
            Self::Conformance => "syntacticValidity",
            Self::Plausibility => "semanticAccuracy",
            Self::Uniqueness => "conciseness",
            Self::Timeliness => "timeliness",
            Self::Consistency => "consistency",
        };
        format!("{DIMENSIONS}{name}")
    }
}

/// One `dqv:QualityMeasurement`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The IRI of the `dqv:Metric`.
    pub metric: String,
    /// The dimension the metric is in.
    pub dimension: Dimension,
    /// The view that was measured.
    pub view: DatasetId,
    /// The column, where it is one.
    pub column: Option<String>,
    /// The value: a share from 0 to 1, or days for timeliness.
    pub value: f64,
}

impl BatchQuality {
    /// All measurements, in the order of views and columns. They are exact, and so they stay with
    /// the holder; [`BatchQuality::public_summary`] has what may leave.
    #[must_use]
    pub fn dqv(&self) -> Vec<Measurement> {
        self.views.iter().filter(|view| view.rows > 0).flat_map(of_view).collect()
    }
}

fn of_view(view: &ViewQuality) -> Vec<Measurement> {
    let measured = |metric: &str, dimension, column: Option<&str>, value| Measurement {
        metric: format!("{METRICS}{metric}"),
        dimension,
        view: view.view.clone(),
        column: column.map(str::to_owned),
        value,
    };
    let mut all = Vec::new();
    for column in &view.columns {
        let name = Some(&*column.name);
        let filled = share(column.filled, view.rows);
        all.push(measured("filled", Dimension::Completeness, name, filled));
        if let Some(tally) = column.conforming {
            all.push(measured("conforming", Dimension::Conformance, name, tally.passed_share()));
        }
        if let Some(tally) = column.plausible {
            all.push(measured("plausible", Dimension::Plausibility, name, tally.passed_share()));
        }
        if let Some(dates) = &column.dates {
            #[expect(clippy::cast_precision_loss, reason = "a lag is some thousands of days")]
            let days = dates.lag_days[0] as f64;
            all.push(measured("median-lag-days", Dimension::Timeliness, name, days));
        }
    }
    for (check, column, tally) in joined(&view.pairs) {
        let (metric, dimension) = of_check(check);
        all.push(measured(metric, dimension, Some(column), tally.passed_share()));
    }
    let unique = 1.0 - view.duplicates.share();
    all.push(measured("unique-rows", Dimension::Uniqueness, None, unique));
    all
}

/// Checks of one kind on one column make one measurement.
fn joined(pairs: &[PairQuality]) -> Vec<(PairCheck, &str, Tally)> {
    let mut joined: Vec<(PairCheck, &str, Tally)> = Vec::new();
    for pair in pairs {
        match joined
            .iter_mut()
            .find(|(check, column, _)| *check == pair.check && *column == pair.column)
        {
            Some((_, _, tally)) => *tally = tally.and(pair.tally),
            None => joined.push((pair.check, &pair.column, pair.tally)),
        }
    }
    joined
}

fn of_check(check: PairCheck) -> (&'static str, Dimension) {
    match check {
        PairCheck::Order => ("dates-in-order", Dimension::Plausibility),
        PairCheck::Birth => ("after-birth", Dimension::Plausibility),
        PairCheck::Age => ("possible-age", Dimension::Plausibility),
        PairCheck::Unit => ("fitting-unit", Dimension::Conformance),
        PairCheck::Measure => ("possible-measurement", Dimension::Plausibility),
        PairCheck::Never => ("compatible-values", Dimension::Plausibility),
    }
}
