//! `hda submit`: the two halves of a batch, sent apart.

use anyhow::{Context, bail};
use clap::Args;
use pipeline_domain::Sha256Digest;
use pipeline_exchange::{ExchangeError, Location, MANIFEST, MANIFEST_SIGNATURE, Manifest, Store};
use pipeline_extract::{FOR_HDA, FOR_TTP, REPORT};
use serde_json::json;

use crate::outcome::Outcome;

/// Options of `hda submit`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda submit hospital/batch-1 --ttp s3://ttp-inbox --hda s3://hda-inbox\n\nSending a batch again changes nothing."
)]
pub(crate) struct SubmitArgs {
    /// The folder of the batch.
    pub(crate) batch: Location,
    /// The inbox of the TTP: gets the id rows.
    #[arg(long)]
    pub(crate) ttp: Location,
    /// The inbox of the HDA: gets the payload.
    #[arg(long)]
    pub(crate) hda: Location,
}

pub(crate) fn run(args: &SubmitArgs) -> anyhow::Result<Outcome> {
    let batch = Store::open_source(&args.batch)?;
    if !batch.exists(REPORT)? {
        bail!("{} holds no finished batch; run `hda extract` again", args.batch);
    }
    let (ttp, hda) = (Store::open(&args.ttp)?, Store::open(&args.hda)?);
    let mut sent = Vec::new();
    // Payload first: the TTP answers what it gets, and an answer without payload only waits.
    if batch.exists(&format!("{FOR_HDA}{MANIFEST}"))? {
        sent.push(
            send(&batch, FOR_HDA, &hda, "payload/").context("sending the payload to the HDA")?,
        );
    }
    sent.push(send(&batch, FOR_TTP, &ttp, "").context("sending the id rows to the TTP")?);
    let text = format!("sent {} halves of the batch in {}", sent.len(), args.batch);
    Ok(Outcome::new(json!({ "sent": sent }), text))
}

/// Copies one half, its manifest last; where it was sent before, only compares.
fn send(batch: &Store, half: &str, to: &Store, folder: &str) -> anyhow::Result<String> {
    let path = format!("{half}{MANIFEST}");
    let manifest: Manifest = batch.read_json(&path)?;
    let target = format!("{}/{folder}", manifest.batch_id);
    let there = match to.read_if_there(&format!("{target}{MANIFEST}")) {
        // Where a holder may only write, it cannot look, and sends the same once more.
        Err(error) if error.is_denied() => None,
        there => there?,
    };
    if let Some(there) = there {
        if Sha256Digest::of(&there) != Sha256Digest::of(&batch.read(&path)?) {
            return Err(ExchangeError::OtherContent { batch: manifest.batch_id }.into());
        }
        return Ok(target);
    }
    for file in manifest.all_files() {
        file.check(batch, half)?;
        batch.copy_to(&format!("{half}{}", file.name), to, &format!("{target}{}", file.name))?;
    }
    for name in [MANIFEST_SIGNATURE, MANIFEST] {
        batch.copy_to(&format!("{half}{name}"), to, &format!("{target}{name}"))?;
    }
    Ok(target)
}
