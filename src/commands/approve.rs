//! `hda approve`: the authority's signature under the decision that a plan may run.

use std::path::{Path, PathBuf};

use clap::Args;
use pipeline_domain::{ApprovalId, Period, Purpose, Signer};
use pipeline_plan::{Approval, SignedApproval};
use serde_json::json;

use crate::{commands::aggregate::read_plan, outcome::Outcome, party};

/// Options of `hda approve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda approve --plan plan.json --id antibiotics-2025 --requester policy-analyst \\\n      --purpose policy-making --legal-basis 'Regulation (EU) 2025/327, Art 69' \\\n      --valid 2026-01-01/2026-12-31 --keys hda/keys --out approval.json\n\nThe approval covers exactly this plan."
)]
pub(crate) struct ApproveArgs {
    /// The plan that may run.
    #[arg(long)]
    plan: PathBuf,
    /// The name of the decision.
    #[arg(long)]
    id: ApprovalId,
    /// Who asked.
    #[arg(long)]
    requester: String,
    /// What for (Art 53): public-health, policy-making, statistics, education, research or
    /// care-improvement.
    #[arg(long)]
    purpose: Purpose,
    /// What allows it.
    #[arg(long)]
    legal_basis: String,
    /// From which day to which it may run.
    #[arg(long)]
    valid: Period,
    /// The keys of the HDA.
    #[arg(long)]
    keys: PathBuf,
    /// The file for the approval; its signature goes beside it, as .sig.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(args: &ApproveArgs) -> anyhow::Result<Outcome> {
    let keys = party::open(&args.keys)?;
    let approval = Approval {
        id: args.id.clone(),
        requester: args.requester.clone(),
        purpose: args.purpose,
        legal_basis: args.legal_basis.clone(),
        valid: args.valid,
        runs: None,
        plan: read_plan(&args.plan)?,
    };
    let plan = approval.plan.hash();
    write_signed(&args.out, approval, &keys)?;
    let text = format!("approved the plan {plan} as {} in {}", args.id, args.out.display());
    Ok(Outcome::new(json!({ "approval": args.id, "plan": plan, "file": args.out }), text))
}

/// Signs an approval and writes it; the signature first, so that no approval lies there without.
pub(crate) fn write_signed(
    out: &Path,
    approval: Approval,
    signer: &dyn Signer,
) -> anyhow::Result<()> {
    let made = SignedApproval::sign(approval, signer);
    party::write(&out.with_extension("sig"), made.signature().to_string().as_bytes())?;
    party::write(out, made.bytes())
}
