//! `hda aggregate`: an approved plan over the lake to a protected cube.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use pipeline_aggregate::{Limits, aggregate};
use pipeline_disclosure::{ProtectedCube, Rules, protect};
use pipeline_domain::Signer;
use pipeline_exchange::{Location, Store};
use pipeline_plan::{Plan, PlanError, SignedApproval};
use policies::DisclosureRules;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    clock,
    config::SOFTWARE,
    outcome::{Outcome, RefusedByPolicy},
    party, progress,
};

/// The protected cube, signed; its signature is the certificate that these cells were protected.
pub(crate) const CUBE: &str = "cube.json";
/// The signature under the cube.
pub(crate) const CUBE_SIGNATURE: &str = "cube.sig";
/// The approval it ran under, as it was signed.
pub(crate) const APPROVAL: &str = "approval.json";
/// The signature under the approval.
pub(crate) const APPROVAL_SIGNATURE: &str = "approval.sig";
/// What the run did; written last.
pub(crate) const REPORT: &str = "report.json";

/// Options of `hda aggregate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda aggregate --lake s3://lake --approval approval.json --plan plan.json --keys hda/keys --out cube\n\nA plan that the approval does not cover is refused (exit code 3) before any data is read."
)]
pub(crate) struct AggregateArgs {
    /// The lake.
    #[arg(long)]
    pub(crate) lake: Location,
    /// The signed approval (its signature beside it, as .sig).
    #[arg(long)]
    pub(crate) approval: PathBuf,
    /// The plan; the one annexed to the approval where not given.
    #[arg(long)]
    pub(crate) plan: Option<PathBuf>,
    /// The keys of the HDA.
    #[arg(long)]
    pub(crate) keys: PathBuf,
    /// The folder for the protected cube.
    #[arg(long)]
    pub(crate) out: PathBuf,
}

pub(crate) fn run(args: &AggregateArgs, runtime: &Runtime) -> anyhow::Result<Outcome> {
    let cube = run_plan(args, runtime)?;
    let report = cube.report();
    let text = format!(
        "{} cells: {} numbers shown, {} hidden for too few persons, {} for dominance\ncube {} in {}",
        report.cells,
        report.shown,
        report.too_few_persons,
        report.dominance,
        cube.digest(),
        args.out.display()
    );
    let answer = json!({ "cube": cube.digest(), "report": report, "out": args.out });
    Ok(Outcome::new(answer, text))
}

/// Runs the plan, if the approval covers it, and writes the protected cube.
pub(crate) fn run_plan(args: &AggregateArgs, runtime: &Runtime) -> anyhow::Result<ProtectedCube> {
    let keys = party::open(&args.keys)?;
    let approval = open_approval(&args.approval, &keys)?;
    let plan = match &args.plan {
        Some(path) => read_plan(path)?,
        None => approval.approval().plan.clone(),
    };
    approval
        .approval()
        .permits(&plan, clock::now().date())
        .map_err(|refusal| RefusedByPolicy(refusal.to_string()))?;

    if approval.approval().runs.is_some() {
        // A limit that nobody counts would be none.
        let refusal = "the approval limits its runs, and this version keeps no count of them";
        return Err(RefusedByPolicy(refusal.to_owned()).into());
    }

    let rules = DisclosureRules::in_force()?;
    let lake = Store::open_source(&args.lake)?;
    let spinner = progress::spinner("counting");
    let (raw, run) = runtime.block_on(aggregate(&lake, &plan, &Limits::default()))?;
    let cube = protect(raw, &Rules::new(rules.smallest_count(), rules.dominance_percent())?);
    spinner.finish_and_clear();

    let (bytes, signature) = cube.to_signed(&keys);
    let file = |name: &str| args.out.join(name);
    party::write(&file(APPROVAL), approval.bytes())?;
    party::write(&file(APPROVAL_SIGNATURE), approval.signature().to_string().as_bytes())?;
    party::write(&file(CUBE), &bytes)?;
    party::write(&file(CUBE_SIGNATURE), signature.to_string().as_bytes())?;
    let report = json!({
        "cube": cube.digest(), "report": cube.report(), "run": run, "rules": rules.version(),
        "software": SOFTWARE, "made": clock::now().to_string(),
    });
    party::write_json(&file(REPORT), &report)?;
    Ok(cube)
}

/// Reads an approval and checks that the authority signed it.
pub(crate) fn open_approval(path: &Path, keys: &dyn Signer) -> anyhow::Result<SignedApproval> {
    let reading = |path: &Path| format!("reading {}", path.display());
    let bytes = fs::read(path).with_context(|| reading(path))?;
    let beside = path.with_extension("sig");
    let signature = fs::read_to_string(&beside).with_context(|| reading(&beside))?;
    let signed = SignedApproval::open(bytes, signature.trim().parse()?, &keys.public_key());
    signed.with_context(|| format!("checking {}", path.display()))
}

/// Reads a plan; one that the rules refuse whatever the approval is refused by policy.
pub(crate) fn read_plan(path: &Path) -> anyhow::Result<Plan> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Plan::from_json(&bytes).map_err(|error| match error {
        PlanError::Refused(refusal) => RefusedByPolicy(refusal.to_string()).into(),
        error @ PlanError::NotAPlan { .. } => {
            anyhow::Error::new(error).context(format!("reading {}", path.display()))
        }
    })
}
