//! The run: two steps of counting, then the cube.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use arrow::{array::RecordBatch, datatypes::DataType};
use datafusion::{
    common::JoinType,
    dataframe::DataFrame,
    error::DataFusionError,
    execution::runtime_env::RuntimeEnvBuilder,
    functions::expr_fn::coalesce,
    functions_aggregate::expr_fn::{count, sum},
    logical_expr::{Expr, cast},
    prelude::{SessionConfig, SessionContext, col, lit},
};
use futures::TryStreamExt;
use pipeline_disclosure::{MOST_CELLS, RawCube, Source};
use pipeline_domain::{DatasetId, Sha256Digest, VersionId};
use pipeline_exchange::{Store, lake::VersionManifest, wire::RESEARCH_ID};
use pipeline_plan::{Column, Dimension, Measure, Plan, UNKNOWN};
use pipeline_reference::Kind;
use serde::Serialize;
use tracing::{info, instrument};

use crate::{
    AggregateError, contributions,
    expressions::Columns,
    persons::{manifest, persons, register, rows},
    references::{ReferenceUse, References},
    shape,
    spill::SpillFolder,
};

/// What a run may take of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in memory; what needs more is written to temporary files.
    pub memory_bytes: usize,
    /// How many parts of the records are worked on beside each other; as many as the machine has
    /// processors where not given.
    pub threads: Option<usize>,
    /// A folder for the temporary files of this run alone, removed at its end; the system's own
    /// where none is given.
    pub spill: Option<PathBuf>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 2 << 30, threads: None, spill: None }
    }
}

/// What a run read; goes into the run manifest of the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// The hash of the plan.
    pub plan: Sha256Digest,
    /// The dataset versions that were read.
    pub versions: BTreeMap<DatasetId, VersionId>,
    /// The versions of reference data that were looked up.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<Kind, ReferenceUse>,
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
    let references = References::load(lake, plan).await?;
    let columns = Columns {
        events: &events,
        persons: person_manifest.as_ref(),
        references: &references,
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
        references: references.used(),
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
    Ok((shape::cube(plan, source, &references, &batches)?, report))
}

/// Research ids of two domains never meet, and every person would silently be unknown.
fn check_domains(columns: &Columns<'_>) -> Result<(), AggregateError> {
    let events = columns.events;
    match columns.persons {
        Some(persons) if persons.domain != events.domain => Err(AggregateError::OtherDomain {
            dataset: events.dataset.clone(),
            version: events.version.clone(),
        }),
        Some(persons) if persons.rekeyed != events.rekeyed => Err(AggregateError::BeingRekeyed {
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
    if let Some(threads) = limits.threads {
        options.execution.target_partitions = threads.max(1);
    }
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
        let mut known = persons(context, lake, manifest).await?;
        for (at, dimension) in sides_of_persons(plan) {
            known = known.with_column(&side(at), columns.category(dimension)?).map_err(engine)?;
        }
        frame = known
            .join(frame, JoinType::Right, &["person_research_id"], &[RESEARCH_ID], None)
            .map_err(engine)?;
    }
    for filter in plan.cohort() {
        frame = frame.filter(columns.condition(filter)?).map_err(engine)?;
    }
    let mut wanted = vec![col(RESEARCH_ID)];
    for (at, dimension) in plan.dimensions().iter().enumerate() {
        let category = if is_of_person_alone(dimension) {
            or_unknown(&frame, at)?
        } else {
            columns.category(dimension)?
        };
        wanted.push(category.alias(side(at)));
    }
    for (at, column) in sums(plan).enumerate() {
        wanted.push(columns.amount(column)?.alias(amount(at)));
        if let Some(no_amount) = columns.no_amount(column)? {
            wanted.push(no_amount.alias(lost(at)));
        }
    }
    frame.select(wanted).map_err(engine)
}

/// Does the category follow from the person, whatever the event?
fn is_of_person_alone(dimension: &Dimension) -> bool {
    dimension.column.is_of_person() && dimension.by.narrowest_ages().is_none()
}

/// The sides whose category is found once a person, not once a record.
fn sides_of_persons(plan: &Plan) -> impl Iterator<Item = (usize, &Dimension)> {
    plan.dimensions().iter().enumerate().filter(|(_, dimension)| is_of_person_alone(dimension))
}

/// The category of a person; of somebody nobody knows, it is not known either.
fn or_unknown(frame: &DataFrame, at: usize) -> Result<Expr, AggregateError> {
    let name = side(at);
    let field = frame.schema().field_with_unqualified_name(&name);
    let field = field.map_err(|_| AggregateError::Engine { stage: "finding the persons" })?;
    Ok(match field.data_type() {
        DataType::Int64 => col(name),
        _ => coalesce(vec![col(name), lit(UNKNOWN)]),
    })
}

/// Cell and person, then cell.
fn cells(selected: DataFrame, plan: &Plan) -> Result<DataFrame, DataFusionError> {
    let sides: Vec<Expr> = (0..plan.dimensions().len()).map(|at| col(side(at))).collect();
    let sums = sums(plan).count();
    let losses: Vec<String> = (0..sums)
        .map(lost)
        .filter(|name| selected.schema().has_column_with_unqualified_name(name))
        .collect();

    let mut by_person = sides.clone();
    by_person.push(col(RESEARCH_ID));
    let mut first = vec![count(lit(1_i64)).alias("records")];
    first.extend((0..sums).map(|at| sum(col(amount(at))).alias(amount(at))));
    first.extend(losses.iter().map(|name| sum(col(name)).alias(name)));
    let parts = selected.aggregate(by_person, first)?;

    let mut second = vec![count(lit(1_i64)).alias("persons"), sum(col("records")).alias("records")];
    second.extend((0..sums).map(|at| {
        let part = cast(col(amount(at)), contributions::TOTAL);
        contributions::contributions(part).alias(sum_of(at))
    }));
    second.extend(losses.iter().map(|name| sum(col(name)).alias(name)));
    parts.aggregate(sides, second)
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

/// What the persons of a cell contribute to a sum.
pub(crate) fn sum_of(at: usize) -> String {
    format!("sum_{at}")
}
