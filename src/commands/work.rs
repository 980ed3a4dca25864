//! `hda work`: what officers approved in the portal is sealed and made public.

use std::{path::PathBuf, sync::atomic::Ordering, thread, time::Duration};

use anyhow::Context;
use catalog::{
    Declared, FileFormat, ReleaseFacts, ReleaseFile, Variable, describe_release, publish,
};
use clap::Args;
use pipeline_disclosure::ProtectedCube;
use pipeline_domain::{ColumnKind, Language, ReleaseId, Timestamp};
use pipeline_exchange::Store;
use pipeline_plan::Approval;
use pipeline_release::{
    MANIFEST, OfficerApproval, Package, PlanAnnex, ReleaseOrder, TABLE_CSV, TABLE_PARQUET, seal,
};
use policies::DisclosureRules;
use portal_store::Release;
use portal_workflow::{Actor, State};
use serde_json::json;
use tokio::runtime::{Handle, Runtime};
use tracing::{error, info};

use crate::{
    clock,
    commands::{release::open, ttp::stop_signal},
    config::{Config, SOFTWARE},
    outcome::Outcome,
    party,
};

/// How long the worker waits between two looks at the queue.
const PAUSE: Duration = Duration::from_millis(500);

/// Options of `hda work`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hda work --config hda.toml --watch")]
pub(crate) struct WorkArgs {
    /// The configuration of the HDA.
    #[arg(long)]
    config: PathBuf,
    /// Go on until stopped (Ctrl-C or SIGTERM).
    #[arg(long)]
    watch: bool,
}

pub(crate) fn run(args: &WorkArgs, runtime: &Runtime) -> anyhow::Result<Outcome> {
    let config = Config::read(&args.config)?;
    if !args.watch {
        return once(&config, runtime);
    }
    let db = runtime.block_on(portal_store::Store::open(&config.database))?;
    let stop = stop_signal();
    watch(&config, &db, runtime.handle(), &|| stop.load(Ordering::Relaxed));
    Ok(Outcome::new(json!({}), "stopped"))
}

/// Publishes what is approved now.
pub(crate) fn once(config: &Config, runtime: &Runtime) -> anyhow::Result<Outcome> {
    let db = runtime.block_on(portal_store::Store::open(&config.database))?;
    let published = publish_approved(config, &db, runtime.handle())?;
    let text = format!("published {} releases", published.len());
    Ok(Outcome::new(json!({ "published": published }), text))
}

/// Publishes what is approved until it is told to stop. A failure is logged and tried again.
pub(crate) fn watch(
    config: &Config,
    db: &portal_store::Store,
    runtime: &Handle,
    stop: &dyn Fn() -> bool,
) {
    while !stop() {
        if let Err(error) = publish_approved(config, db, runtime) {
            error!(error = format!("{error:#}"), "an approved release could not be published");
        }
        thread::sleep(PAUSE);
    }
}

/// Seals and publishes every approved release.
pub(crate) fn publish_approved(
    config: &Config,
    db: &portal_store::Store,
    runtime: &Handle,
) -> anyhow::Result<Vec<ReleaseId>> {
    let mut published = Vec::new();
    for release in runtime.block_on(db.approved_unpublished())? {
        let id = release.id();
        publish_one(config, &release).with_context(|| format!("publishing release {id}"))?;
        let now = clock::now();
        let event = release.case.publish(&Actor::System, now)?;
        runtime.block_on(db.record(id, &event))?;
        info!(release = %id, "published a release");
        published.push(id);
    }
    Ok(published)
}

fn publish_one(config: &Config, release: &Release) -> anyhow::Result<()> {
    let keys = party::open(&config.keys)?;
    let (cubes, releases) = (Config::open(&config.cubes)?, Config::open(&config.releases)?);
    let id = release.id();
    let (cube, approval) = open(&cubes, &format!("{id}/"), &keys)?;
    let folder = format!("{id}/");
    let now = clock::now();
    let package = if releases.exists(&format!("{folder}{MANIFEST}"))? {
        read_package(&releases, &folder)?
    } else {
        let order = order(release, &cube, approval.approval(), now)?;
        let package = seal(&cube, &order, &keys)?;
        write_package(&releases, &folder, &package)?;
        package
    };
    describe(config, id, &cube, approval.approval(), &package, now)
}

fn order(
    release: &Release,
    cube: &ProtectedCube,
    approval: &Approval,
    made: Timestamp,
) -> anyhow::Result<ReleaseOrder> {
    let State::Approved(officer) = release.case.state() else {
        anyhow::bail!("the release is not approved");
    };
    let plan = &approval.plan;
    let version = cube.source().versions.get(plan.dataset());
    Ok(ReleaseOrder {
        id: release.id(),
        title: plan.title().clone(),
        plan: PlanAnnex {
            hash: plan.hash(),
            json: plan.canonical_json(),
            text: Language::ALL
                .into_iter()
                .map(|language| (language, plan.describe(language)))
                .collect(),
        },
        approval: approval.id.clone(),
        dataset: plan.dataset().clone(),
        version: version.context("the cube names no version")?.clone(),
        requester: approval.requester.clone(),
        officer: OfficerApproval {
            by: officer.by.to_string(),
            at: officer.at,
            digest: release.case.subject().digest,
        },
        rules: DisclosureRules::in_force()?,
        made,
        software: SOFTWARE.to_owned(),
    })
}

/// The manifest last: what has none is no package.
fn write_package(releases: &Store, folder: &str, package: &Package) -> anyhow::Result<()> {
    let (manifest, others): (Vec<_>, Vec<_>) =
        package.files.iter().partition(|(name, _)| name.as_str() == MANIFEST);
    for (name, bytes) in others.into_iter().chain(manifest) {
        releases.write(&format!("{folder}{name}"), bytes.clone())?;
    }
    Ok(())
}

fn read_package(releases: &Store, folder: &str) -> anyhow::Result<Package> {
    let mut files = std::collections::BTreeMap::new();
    for path in releases.list(folder)? {
        let name = path.trim_start_matches(folder).to_owned();
        files.insert(name, releases.read(&path)?);
    }
    Ok(Package { files })
}

/// Publishes the catalogue record of a released table.
fn describe(
    config: &Config,
    id: ReleaseId,
    cube: &ProtectedCube,
    approval: &Approval,
    package: &Package,
    issued: Timestamp,
) -> anyhow::Result<()> {
    let (authority, plan) = (config.authority()?, &approval.plan);
    let file = |name: &str, format| {
        let bytes = package.files.get(name).map_or(0, |bytes| bytes.len() as u64);
        ReleaseFile { name: name.to_owned(), format, bytes }
    };
    let version = cube.source().versions.get(plan.dataset());
    let facts = ReleaseFacts {
        id,
        title: plan.title().clone(),
        description: Language::ALL
            .into_iter()
            .map(|language| (language, plan.describe(language)))
            .collect(),
        columns: variables(cube),
        source: plan.dataset().clone(),
        source_version: version.context("the cube names no version")?.clone(),
        period: plan.period().map(|period| period.within),
        issued,
        files: vec![file(TABLE_CSV, FileFormat::Csv), file(TABLE_PARQUET, FileFormat::Parquet)],
        base: authority.namespace.clone(),
    };
    let record = describe_release(facts, &Declared::builtin(plan.dataset())?, &authority)?;
    let documents = publish(&record.graph())?;
    let catalogue = Config::open(&config.catalogue)?;
    catalogue.write(&format!("releases/{id}.ttl"), documents.turtle.into_bytes())?;
    Ok(catalogue.write(&format!("releases/{id}.jsonld"), documents.json_ld.into_bytes())?)
}

fn variables(cube: &ProtectedCube) -> Vec<Variable> {
    let variable =
        |name: &str, kind, label: &std::collections::BTreeMap<Language, String>| Variable {
            name: name.to_owned(),
            kind,
            description: label.clone(),
            element: None,
            code_system: None,
            filled_percent: None,
        };
    let dimensions = cube.dimensions().iter();
    let mut variables: Vec<Variable> = dimensions
        .map(|dimension| variable(&dimension.name, ColumnKind::Text, &dimension.label))
        .collect();
    let measures = cube.measures().iter();
    variables.extend(
        measures.map(|measure| variable(&measure.name, ColumnKind::Decimal, &measure.label)),
    );
    variables
}
