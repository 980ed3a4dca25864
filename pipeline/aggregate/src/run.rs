//! The run: the records that count, counted in memory or, where that is too small, by the engine in
//! two steps that put aside what does not fit; then the cube.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use arrow::array::RecordBatch;
use datafusion::{
    dataframe::DataFrame,
    error::DataFusionError,
    execution::runtime_env::RuntimeEnvBuilder,
    functions_aggregate::expr_fn::{count, sum},
    logical_expr::{Expr, cast},
    prelude::{SessionConfig, SessionContext, col, lit},
};
use futures::TryStreamExt;
use pipeline_disclosure::{MOST_CELLS, RawCube, Source};
use pipeline_domain::{DatasetId, Sha256Digest, VersionId};
use pipeline_exchange::{Store, lake::VersionManifest, wire::RESEARCH_ID};
use pipeline_plan::Plan;
use pipeline_reference::Kind;
use serde::Serialize;
use tracing::{info, instrument};

use crate::{
    AggregateError, contributions,
    counting::in_memory,
    expressions::Columns,
    persons::{manifest, register},
    references::{ReferenceUse, References, needs_reference},
    selection::{Selection, amount, lost, person_dataset, side, sum_of, sums},
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
    let mut cubes = aggregate_together(lake, std::slice::from_ref(plan), limits).await?;
    cubes.pop().ok_or(AggregateError::Engine { stage: "counting" })
}

/// Runs several plans; those about the same records read them once. The cubes are those of the
/// plans, in their order, each as if it had run alone.
#[instrument(skip_all, fields(plans = plans.len()))]
pub async fn aggregate_together(
    lake: &Store,
    plans: &[Plan],
    limits: &Limits,
) -> Result<Vec<(RawCube, RunReport)>, AggregateError> {
    let spill = limits.spill.as_deref().map(SpillFolder::create).transpose()?;
    let context = context(limits, spill.as_ref())?;
    register(&context, lake)?;
    let run = Run { context, lake, limits };
    let mut cubes: Vec<Option<(RawCube, RunReport)>> = plans.iter().map(|_| None).collect();
    for at in 0..plans.len() {
        if cubes[at].is_some() {
            continue;
        }
        let same = |other: &usize| *other == at || are_alike(&plans[at], &plans[*other]);
        let places: Vec<usize> = (at..plans.len()).filter(same).collect();
        let alike: Vec<&Plan> = places.iter().map(|place| &plans[*place]).collect();
        for (place, cube) in places.iter().zip(run.alike(&alike).await?) {
            cubes[*place] = Some(cube);
        }
    }
    Ok(cubes.into_iter().flatten().collect())
}

/// Do both plans count the same records, by what stands in them?
fn are_alike(one: &Plan, other: &Plan) -> bool {
    let records = |plan: &Plan| {
        let draft = plan.to_draft();
        (draft.dataset, draft.version, draft.period, draft.cohort, person_dataset(plan))
    };
    let plain = |plan: &Plan| !plan.dimensions().iter().any(|side| needs_reference(side.by));
    plain(one) && plain(other) && records(one) == records(other)
}

/// A run of some plans.
struct Run<'a> {
    context: SessionContext,
    lake: &'a Store,
    limits: &'a Limits,
}

impl Run<'_> {
    /// Runs plans about the same records.
    async fn alike(&self, plans: &[&Plan]) -> Result<Vec<(RawCube, RunReport)>, AggregateError> {
        let Some(first) = plans.first() else {
            return Ok(Vec::new());
        };
        let lake = self.lake;
        let events = manifest(lake, first.dataset(), first.version()).await?;
        let persons = match person_dataset(first) {
            Some(dataset) => Some(manifest(lake, &dataset, None).await?),
            None => None,
        };
        let references = References::load(lake, first).await?;
        let columns = Columns {
            events: &events,
            persons: persons.as_ref(),
            references: &references,
            day: first.period().map(|period| &period.column),
        };
        check_domains(&columns)?;
        let answers = self.count(plans, &columns).await?;
        let cubes = plans.iter().zip(answers);
        cubes.map(|(plan, batches)| cube(plan, &columns, &batches)).collect()
    }

    /// The cells of each plan.
    async fn count(
        &self,
        plans: &[&Plan],
        columns: &Columns<'_>,
    ) -> Result<Vec<Vec<RecordBatch>>, AggregateError> {
        let selection = Selection::of(plans);
        let selected = selection.select(&self.context, self.lake, plans, columns).await?;
        let shares = self.context.copied_config().options().execution.target_partitions;
        if let Some(answers) = in_memory(&self.context, selected, &selection, shares).await? {
            return Ok(answers);
        }
        // There are more persons and cells than fit: the engine puts them aside in files.
        let mut answers = Vec::new();
        for plan in plans {
            let alone = [*plan];
            let selection = Selection::of(&alone);
            let selected = selection.select(&self.context, self.lake, &alone, columns).await?;
            let cells = cells(selected, plan)
                .map_err(|_| AggregateError::Engine { stage: "putting the query together" })?;
            answers.push(collect(cells, self.limits).await?);
        }
        Ok(answers)
    }
}

fn cube(
    plan: &Plan,
    columns: &Columns<'_>,
    batches: &[RecordBatch],
) -> Result<(RawCube, RunReport), AggregateError> {
    shape::check_amounts(plan, batches)?;
    let source = source(plan, columns.events, columns.persons);
    let report = RunReport {
        plan: source.plan,
        versions: source.versions.clone(),
        references: columns.references.used(),
        rows: columns.events.rows(),
        counted: shape::records(batches)?,
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
    Ok((shape::cube(plan, source, columns.references, batches)?, report))
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
