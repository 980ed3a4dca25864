//! The run: two steps of counting, then the cube.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use datafusion::{
    arrow::record_batch::RecordBatch,
    common::JoinType,
    dataframe::DataFrame,
    error::DataFusionError,
    execution::runtime_env::RuntimeEnvBuilder,
    functions_aggregate::expr_fn::{count, max, sum},
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, when},
    prelude::{SessionConfig, SessionContext, col, lit},
};
use futures::TryStreamExt;
use pipeline_disclosure::{MOST_CELLS, RawCube, Source};
use pipeline_domain::{DatasetId, Sha256Digest, VersionId};
use pipeline_exchange::{Store, lake::VersionManifest, wire::RESEARCH_ID};
use pipeline_plan::{Column, Measure, Plan};
use serde::Serialize;
use tracing::{info, instrument};

use crate::{
    AggregateError,
    expressions::Columns,
    persons::{manifest, persons, register, rows},
    shape,
    spill::SpillFolder,
};

/// What a run may take of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in memory; what needs more is written to temporary files.
    pub memory_bytes: usize,
    /// A folder for the temporary files of this run alone, removed at its end; the system's own
    /// where none is given.
    pub spill: Option<PathBuf>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 2 << 30, spill: None }
    }
}

/// What a run read; goes into the run manifest of the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// The hash of the plan.
    pub plan: Sha256Digest,
    /// The dataset versions that were read.
    pub versions: BTreeMap<DatasetId, VersionId>,
    /// Records in the version of the plan's dataset.
    pub rows: u64,
    /// Records in the period and the cohort.
    pub counted: u64,
    /// Cells that hold somebody.
    pub cells: u64,
    /// The query engine.
    pub engine: String,
}

/// Runs a plan. Whether it may run was decided before.
#[instrument(skip_all, fields(dataset = %plan.dataset()))]
pub async fn aggregate(
    lake: &Store,
    plan: &Plan,
    limits: &Limits,
) -> Result<(RawCube, RunReport), AggregateError> {
    let spill = limits.spill.as_deref().map(SpillFolder::create).transpose()?;
    let context = context(limits, spill.as_ref())?;
    register(&context, lake)?;
    let events = manifest(lake, plan.dataset(), plan.version()).await?;
    let person_manifest = match person_dataset(plan) {
        Some(dataset) => Some(manifest(lake, &dataset, None).await?),
        None => None,
    };
    let columns = Columns {
        events: &events,
        persons: person_manifest.as_ref(),
        day: plan.period().map(|period| &period.column),
    };
    check_domains(&columns)?;
    let selected = select(&context, lake, plan, &columns).await?;
    let cells = cells(selected, plan)
        .map_err(|_| AggregateError::Engine { stage: "putting the query together" })?;
    let batches = collect(cells, limits).await?;
    shape::check_amounts(plan, &batches)?;
    let source = source(plan, &events, person_manifest.as_ref());
    let report = RunReport {
        plan: source.plan,
        versions: source.versions.clone(),
        rows: events.rows(),
        counted: shape::records(&batches)?,
        cells: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
        engine: format!("datafusion {}", datafusion::DATAFUSION_VERSION),
    };
    info!(
        rows = report.rows,
        counted = report.counted,
        cells = report.cells,
        "counted {} of {} rows into {} cells",
        report.counted,
        report.rows,
        report.cells
    );
    Ok((shape::cube(plan, source, &batches)?, report))
}

/// Research ids of two domains never meet, and every person would silently be unknown.
fn check_domains(columns: &Columns<'_>) -> Result<(), AggregateError> {
    let events = columns.events;
    match columns.persons {
        Some(persons) if persons.domain != events.domain => Err(AggregateError::OtherDomain {
            dataset: events.dataset.clone(),
            version: events.version.clone(),
        }),
        _ => Ok(()),
    }
}

/// The cells, as soon as there are not too many of them.
async fn collect(cells: DataFrame, limits: &Limits) -> Result<Vec<RecordBatch>, AggregateError> {
    let failed = |error: DataFusionError| match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            AggregateError::OutOfMemory { megabytes: limits.memory_bytes >> 20 }
        }
        _ => AggregateError::Engine { stage: "counting" },
    };
    let mut stream = cells.execute_stream().await.map_err(failed)?;
    let (mut batches, mut found) = (Vec::new(), 0);
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        found += batch.num_rows() as u64;
        if found > MOST_CELLS {
            return Err(AggregateError::TooManyCells);
        }
        batches.push(batch);
    }
    Ok(batches)
}

fn context(limits: &Limits, spill: Option<&SpillFolder>) -> Result<SessionContext, AggregateError> {
    let mut config = SessionConfig::new();
    let options = config.options_mut();
    // Texts stay texts: their views would save nothing in a table of a few thousand cells.
    options.execution.parquet.schema_force_view_types = false;
    // A join keeps the side it is given first in memory: persons, of whom there are fewer.
    options.optimizer.join_reordering = false;
    let mut runtime = RuntimeEnvBuilder::new().with_memory_limit(limits.memory_bytes, 0.9);
    if let Some(folder) = spill {
        runtime = runtime.with_temp_file_path(folder.path());
    }
    let runtime = runtime.build().map_err(|_| AggregateError::Engine { stage: "starting" })?;
    Ok(SessionContext::new_with_config_rt(config, Arc::new(runtime)))
}

/// The dataset of persons, where the plan asks for something of them.
fn person_dataset(plan: &Plan) -> Option<DatasetId> {
    let cohort = plan.cohort().iter().map(|filter| &filter.column);
    let sides = plan.dimensions().iter().map(|dimension| &dimension.column);
    let needed = cohort.chain(sides).any(Column::is_of_person);
    if needed { "person".parse().ok() } else { None }
}

/// The records that count: category of each side, person, amounts.
async fn select(
    context: &SessionContext,
    lake: &Store,
    plan: &Plan,
    columns: &Columns<'_>,
) -> Result<DataFrame, AggregateError> {
    let engine = |_| AggregateError::Engine { stage: "putting the query together" };
    let mut frame = rows(context, lake, columns.events).await?;
    if let Some(period) = plan.period() {
        frame = frame.filter(columns.within(&period.column, period.within)?).map_err(engine)?;
    }
    if let Some(manifest) = columns.persons {
        frame = persons(context, lake, manifest)
            .await?
            .join(frame, JoinType::Right, &["person_research_id"], &[RESEARCH_ID], None)
            .map_err(engine)?;
    }
    for filter in plan.cohort() {
        frame = frame.filter(columns.condition(filter)?).map_err(engine)?;
    }
    let mut wanted = vec![col(RESEARCH_ID)];
    for (at, dimension) in plan.dimensions().iter().enumerate() {
        wanted.push(columns.category(dimension)?.alias(side(at)));
    }
    for (at, column) in sums(plan).enumerate() {
        wanted.push(columns.amount(column)?.alias(amount(at)));
        wanted.push(columns.no_amount(column)?.alias(lost(at)));
    }
    frame.select(wanted).map_err(engine)
}

/// Cell and person, then cell.
fn cells(selected: DataFrame, plan: &Plan) -> Result<DataFrame, DataFusionError> {
    let sides: Vec<Expr> = (0..plan.dimensions().len()).map(|at| col(side(at))).collect();
    let sums = sums(plan).count();

    let mut by_person = sides.clone();
    by_person.push(col(RESEARCH_ID));
    let mut first = vec![count(lit(1_i64)).alias("records")];
    first.extend((0..sums).map(|at| sum(col(amount(at))).alias(amount(at))));
    first.extend((0..sums).map(|at| sum(col(lost(at))).alias(lost(at))));
    let mut contributions = selected.aggregate(by_person, first)?;
    for at in 0..sums {
        let value = col(amount(at));
        let size = when(value.clone().lt(lit(0_i64)), -value.clone()).otherwise(value)?;
        contributions = contributions.with_column(&size_of(at), size)?;
        let ranked = row_number()
            .partition_by(sides.clone())
            .order_by(vec![col(size_of(at)).sort(false, false)])
            .build()?;
        contributions = contributions.with_column(&rank(at), ranked)?;
    }

    let mut second = vec![count(lit(1_i64)).alias("persons"), sum(col("records")).alias("records")];
    for at in 0..sums {
        let size = || col(size_of(at));
        let counted = when(size().gt(lit(0_i64)), lit(1_i64)).otherwise(lit(0_i64))?;
        let next = when(col(rank(at)).eq(lit(2_i64)), size()).end()?;
        second.push(sum(col(lost(at))).alias(lost(at)));
        second.push(sum(counted).alias(format!("contributors_{at}")));
        second.push(sum(col(amount(at))).alias(format!("total_{at}")));
        second.push(sum(size()).alias(format!("magnitude_{at}")));
        second.push(max(size()).alias(format!("largest_{at}")));
        second.push(max(next).alias(format!("second_{at}")));
    }
    contributions.aggregate(sides, second)
}

fn source(plan: &Plan, events: &VersionManifest, persons: Option<&VersionManifest>) -> Source {
    let read = [Some(events), persons].into_iter().flatten();
    let versions = read.map(|manifest| (manifest.dataset.clone(), manifest.version.clone()));
    Source { plan: plan.hash(), versions: versions.collect() }
}

/// The columns that are summed, in the order of the measures.
pub(crate) fn sums(plan: &Plan) -> impl Iterator<Item = &Column> {
    plan.measures().iter().filter_map(|measure| match measure {
        Measure::Sum(column) => Some(column),
        Measure::Persons | Measure::Records => None,
    })
}

pub(crate) fn side(at: usize) -> String {
    format!("side_{at}")
}

fn amount(at: usize) -> String {
    format!("amount_{at}")
}

/// Records whose value cannot be added up.
pub(crate) fn lost(at: usize) -> String {
    format!("lost_{at}")
}

fn size_of(at: usize) -> String {
    format!("size_{at}")
}

fn rank(at: usize) -> String {
    format!("rank_{at}")
}
