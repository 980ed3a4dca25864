//! The options of the command.

use clap::{Parser, Subcommand};

use crate::commands::{
    aggregate::AggregateArgs, approve::ApproveArgs, bench::BenchArgs, catalog::CatalogArgs,
    demo::DemoArgs, extract::ExtractArgs, fetch::FetchArgs, ingest::IngestArgs, keys::KeysArgs,
    reference::ReferenceArgs, rekey::RekeyArgs, release::ReleaseArgs, sample::SampleArgs,
    serve::ServeArgs, submit::SubmitArgs, ttp::TtpArgs, verify::VerifyArgs, views::ViewsArgs,
    work::WorkArgs,
};

/// The software of a Health Data Authority: secondary use of health data, from FHIR at the holder to
/// a released table, without anyone learning who the people are.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by policy.
/// A location is a path or a URI with `file:`, `s3:` or `memory:`, like `s3://bucket/prefix`.
#[derive(Debug, Parser)]
#[command(
    name = "hda",
    version,
    after_help = "Start here:\n  hda demo            the whole line on generated data, then the portal"
)]
pub(crate) struct Cli {
    /// Print one JSON object on standard output and nothing else.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Say on standard error what happens (or set `HDA_LOG`, like `HDA_LOG=debug`).
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands, in the order of the line.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole line on generated data and show the portal.
    Demo(DemoArgs),
    /// Generate Belgian-like FHIR data.
    Sample(SampleArgs),
    /// Make and exchange keys.
    Keys(KeysArgs),
    /// Holder: fetch records from a FHIR server by Bulk Data export.
    Fetch(FetchArgs),
    /// Holder: write, check and try views.
    Views(ViewsArgs),
    /// Holder: turn FHIR into a batch of payload and id rows.
    Extract(ExtractArgs),
    /// Holder: send the two halves of a batch apart.
    Submit(SubmitArgs),
    /// Trusted third party: turn tags into pseudonyms.
    Ttp(TtpArgs),
    /// HDA: join the halves of batches and publish dataset versions.
    Ingest(IngestArgs),
    /// HDA: have rows re-keyed, after a rotation, for a permit or to leave people out.
    Rekey(RekeyArgs),
    /// HDA: import published lists of medicines, places and ATC groups.
    Reference(ReferenceArgs),
    /// HDA: sign the decision that a plan may run.
    Approve(ApproveArgs),
    /// HDA: run an approved plan and protect its table.
    Aggregate(AggregateArgs),
    /// HDA: propose a protected table for release, or seal an approved one.
    Release(ReleaseArgs),
    /// HDA: describe datasets in HealthDCAT-AP.
    Catalog(CatalogArgs),
    /// HDA: serve the portal.
    Serve(ServeArgs),
    /// HDA: do what was approved in the portal.
    Work(WorkArgs),
    /// Anyone: check a release package or a ledger, offline.
    Verify(VerifyArgs),
    /// Measure how fast the line is.
    Bench(BenchArgs),
}
