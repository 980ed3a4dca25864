//! `hda release`: a protected cube to the officer's desk, and an approved one to its package.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use pipeline_disclosure::{Number, ProtectedCube, Reason, Value};
use pipeline_domain::{Language, ReleaseId, Signer};
use pipeline_exchange::Store;
use pipeline_plan::SignedApproval;
use portal_workflow::{
    Actor, ColumnRole, HiddenReason, ReleaseProposal, TableCell, TableColumn, TableView,
};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Builder;

use crate::{
    clock,
    commands::{
        aggregate::{APPROVAL, APPROVAL_SIGNATURE, CUBE, CUBE_SIGNATURE},
        work,
    },
    config::Config,
    outcome::Outcome,
    party,
};

/// Options of `hda release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(subcommand)]
    command: ReleaseCommand,
}

#[derive(Debug, Subcommand)]
enum ReleaseCommand {
    /// Put a protected cube on the desk of the privacy officers.
    #[command(
        after_help = "Example:\n  hda release propose --cube cube --config hda.toml\n\nProposing the same cube again changes nothing."
    )]
    Propose {
        /// The folder that `hda aggregate` wrote.
        #[arg(long)]
        cube: PathBuf,
        /// The configuration of the HDA.
        #[arg(long)]
        config: PathBuf,
    },
    /// Seal and publish every release that an officer approved.
    #[command(after_help = "Example:\n  hda release seal --config hda.toml")]
    Seal {
        /// The configuration of the HDA.
        #[arg(long)]
        config: PathBuf,
    },
}

pub(crate) fn run(args: ReleaseArgs, runtime: &Runtime) -> anyhow::Result<Outcome> {
    match args.command {
        ReleaseCommand::Propose { cube, config } => {
            let config = Config::read(&config)?;
            let db = runtime.block_on(portal_store::Store::open(&config.database))?;
            let id = propose(&cube, &config, &db, runtime)?;
            let text = format!("release {id} waits for a privacy officer");
            Ok(Outcome::new(json!({ "release": id }), text))
        }
        ReleaseCommand::Seal { config } => work::once(&Config::read(&config)?, runtime),
    }
}

/// Proposes the cube in a folder; the same cube is always the same release.
pub(crate) fn propose(
    folder: &Path,
    config: &Config,
    db: &portal_store::Store,
    runtime: &Runtime,
) -> anyhow::Result<ReleaseId> {
    let keys = party::open(&config.keys)?;
    let from = Store::open_source(&folder.to_string_lossy().parse()?)?;
    let (cube, approval) = open(&from, "", &keys)
        .with_context(|| format!("{} holds no cube of `hda aggregate`", folder.display()))?;
    let id = release_of(&cube);
    let cubes = Config::open(&config.cubes)?;
    for name in [CUBE_SIGNATURE, APPROVAL, APPROVAL_SIGNATURE, CUBE] {
        from.copy_to(name, &cubes, &format!("{id}/{name}"))?;
    }
    let proposal = proposal(id, &cube, &approval)?;
    runtime.block_on(db.propose(&proposal, &Actor::System, clock::now()))?;
    Ok(id)
}

/// Opens a cube and the approval it ran under; both must be signed by the authority itself.
pub(crate) fn open(
    store: &Store,
    folder: &str,
    keys: &dyn Signer,
) -> anyhow::Result<(ProtectedCube, SignedApproval)> {
    let key = keys.public_key();
    let signature = |name: &str| -> anyhow::Result<_> {
        let text = String::from_utf8(store.read(&format!("{folder}{name}"))?)?;
        Ok(text.trim().parse()?)
    };
    let cube = ProtectedCube::open(
        &store.read(&format!("{folder}{CUBE}"))?,
        &signature(CUBE_SIGNATURE)?,
        &key,
    )?;
    let approval = SignedApproval::open(
        store.read(&format!("{folder}{APPROVAL}"))?,
        signature(APPROVAL_SIGNATURE)?,
        &key,
    )?;
    if approval.approval().plan.hash() != cube.source().plan {
        bail!("the cube was made by another plan than the one that was approved");
    }
    Ok((cube, approval))
}

/// The id follows from the cells, so that a step that runs again makes no second release.
fn release_of(cube: &ProtectedCube) -> ReleaseId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&cube.digest().as_bytes()[..16]);
    ReleaseId::new(Builder::from_custom_bytes(bytes).into_uuid())
}

fn proposal(
    id: ReleaseId,
    cube: &ProtectedCube,
    approval: &SignedApproval,
) -> anyhow::Result<ReleaseProposal> {
    let approval = approval.approval();
    let plan = &approval.plan;
    let version = cube.source().versions.get(plan.dataset());
    let version = version.context("the cube does not name the version it was counted from")?;
    let plan_text = Language::ALL.into_iter().map(|language| (language, plan.describe(language)));
    Ok(ReleaseProposal {
        id,
        title: plan.title().clone(),
        plan_text: plan_text.collect(),
        plan_json: plan.canonical_json(),
        approval: approval.id.clone(),
        dataset: plan.dataset().clone(),
        dataset_version: version.clone(),
        requester: approval.requester.clone(),
        digest: cube.digest(),
        table: table(cube)?,
    })
}

/// The table as people read it.
fn table(cube: &ProtectedCube) -> anyhow::Result<TableView> {
    let column = |name: &str, label: &_, role| TableColumn {
        name: name.to_owned(),
        label: Clone::clone(label),
        role,
    };
    let dimensions = cube.dimensions().iter();
    let mut columns: Vec<TableColumn> = dimensions
        .map(|dimension| column(&dimension.name, &dimension.label, ColumnRole::Dimension))
        .collect();
    columns.extend(
        cube.measures()
            .iter()
            .map(|measure| column(&measure.name, &measure.label, ColumnRole::Measure)),
    );
    let mut rows = Vec::new();
    for cell in cube.cells() {
        let labels = cube.dimensions().iter().zip(&cell.at).map(|(dimension, at)| {
            let category = &dimension.categories[*at];
            TableCell::Label(category.label.get(&Language::En).unwrap_or(&category.code).clone())
        });
        let mut row: Vec<TableCell> = labels.collect();
        for value in &cell.values {
            row.push(number(value, cube.rules().smallest_count())?);
        }
        rows.push(row);
    }
    Ok(TableView::new(columns, rows)?)
}

fn number(value: &Value, smallest_count: u64) -> anyhow::Result<TableCell> {
    Ok(match value {
        Value::Shown(Number::Count(count)) => TableCell::Number((*count).into()),
        Value::Shown(Number::Sum(sum)) => TableCell::Number(sum.to_string().parse()?),
        Value::Hidden(Reason::TooFewPersons) => {
            TableCell::Hidden(HiddenReason::TooFewPersons { smallest_count })
        }
        Value::Hidden(Reason::Dominance) => TableCell::Hidden(HiddenReason::Dominance),
    })
}
