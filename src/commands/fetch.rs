//! `hda fetch`: a FHIR server's records into a folder, by Bulk Data export.

use std::{fmt::Write, fs, path::PathBuf, thread, time::Duration};

use anyhow::Context;
use clap::Args;
use indicatif::ProgressBar;
use pipeline_fetch::{
    BackendSignIn, Clock, Export, ExportRequest, FetchReport, Level, Patience, Progress,
    SigningKey, Since, Url, export,
};
use time::OffsetDateTime;
use tracing::warn;
use uuid::Uuid;

use crate::{clock, config::SOFTWARE, outcome::Outcome, progress};

/// Options of `hda fetch`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hda fetch --server https://fhir.hospital.example/r4 --out exports --group vaccinated \\\n      --type Patient --type Immunization --since last --client-id hda-holder --key client.pem --key-id k1\n  hda extract --source exports/20261125T180000Z ...\n\nWhat was cut goes on when the same command runs again.\nThe folder is your own source data and holds identifiers: only you may read it, and it is yours to\ndelete. Records are in RUN/Type.n.ndjson; RUN/.deleted and RUN/.errors are hidden from hda extract."
)]
pub(crate) struct FetchArgs {
    /// The base of the FHIR server.
    #[arg(long)]
    pub(crate) server: Url,
    /// The folder that gets a folder for each run. It will hold identifiers.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Only records of the patients of this group.
    #[arg(long, conflicts_with = "patients")]
    pub(crate) group: Option<String>,
    /// Only records of patients, of all of them.
    #[arg(long)]
    pub(crate) patients: bool,
    /// A resource type, several times for several; without it, all.
    #[arg(long = "type", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Only what changed since: an instant, or `last` for since the last whole run.
    #[arg(long)]
    pub(crate) since: Option<String>,
    /// A search that narrows a type, like `MedicationRequest?status=active`.
    #[arg(long)]
    pub(crate) type_filter: Vec<String>,
    /// An element to send; without it, all.
    #[arg(long, value_delimiter = ',')]
    pub(crate) elements: Vec<String>,
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
    /// Another host that the server may send us to for files. The token never goes there.
    #[arg(long)]
    pub(crate) allow_host: Vec<String>,
    /// Let records cross the network unencrypted.
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Let the server split its answer over several manifests.
    #[arg(long)]
    pub(crate) partial_manifests: bool,
    /// How many files to fetch at a time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) parallel: u8,
    /// How many hours the server may take to make the export ready.
    #[arg(long, default_value_t = 24)]
    pub(crate) wait_hours: u16,
    /// Drop a run that was cut, and begin anew.
    #[arg(long)]
    pub(crate) restart: bool,
}

/// Who we are to a server that wants to know (SMART backend services).
#[derive(Debug, Default, Args)]
pub(crate) struct SignInArgs {
    /// Who we are to the server, as its operator registered us.
    #[arg(long, requires = "key")]
    pub(crate) client_id: Option<String>,
    /// The private key that signs us in: P-384 or RSA, as PEM, JWK or JWK set.
    #[arg(long, requires = "client_id", value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The id under which the server knows the key.
    #[arg(long, requires = "key")]
    pub(crate) key_id: Option<String>,
    /// Where to sign in, if the server does not say.
    #[arg(long, requires = "key")]
    pub(crate) token_url: Option<Url>,
    /// What to ask for at the sign-in, instead of what is needed.
    #[arg(long, requires = "key")]
    pub(crate) scope: Option<String>,
}

pub(crate) fn run(args: &FetchArgs) -> anyhow::Result<Outcome> {
    let sign_in = args.sign_in.read()?;
    let request = request(args);
    let job = Export {
        server: &args.server,
        request: &request,
        sign_in: sign_in.as_ref(),
        allowed_hosts: &args.allow_host,
        allow_http: args.allow_http,
        folder: &args.out,
        parallel: args.parallel.into(),
        restart: args.restart,
        patience: Patience {
            ready_within: Duration::from_hours(args.wait_hours.into()),
            ..Patience::default()
        },
        software: SOFTWARE,
    };
    let bar = progress::spinner("waiting for the server");
    let report = export(&job, &SystemClock, &|step| show(&bar, step))
        .with_context(|| format!("fetching into {}", args.out.display()))?;
    bar.finish_and_clear();
    let complete = report.whole;
    Ok(Outcome { complete, ..Outcome::new(serde_json::to_value(&report)?, text(&report)) })
}

fn request(args: &FetchArgs) -> ExportRequest {
    let level = match &args.group {
        Some(id) => Level::Group(id.clone()),
        None if args.patients => Level::Patients,
        None => Level::System,
    };
    let since = match args.since.as_deref() {
        None => Since::Beginning,
        Some("last") => Since::Last,
        Some(instant) => Since::Instant(instant.to_owned()),
    };
    ExportRequest {
        level,
        types: args.types.clone(),
        since,
        type_filters: args.type_filter.clone(),
        elements: args.elements.clone(),
        partial_manifests: args.partial_manifests,
    }
}

impl SignInArgs {
    /// Reads the key; none where nobody signs in.
    pub(crate) fn read(&self) -> anyhow::Result<Option<BackendSignIn>> {
        let (Some(client_id), Some(path)) = (&self.client_id, &self.key) else { return Ok(None) };
        let file = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let key = SigningKey::read(file, self.key_id.as_deref())
            .with_context(|| format!("reading the key in {}", path.display()))?;
        if !key.has_id() {
            warn!("the key has no id; most servers want one, see --key-id");
        }
        Ok(Some(BackendSignIn {
            client_id: client_id.clone(),
            key,
            token_url: self.token_url.clone(),
            scope: self.scope.clone(),
        }))
    }
}

fn show(bar: &ProgressBar, step: Progress) {
    match step {
        Progress::Files(files) if files > 0 => bar.set_message(format!("fetching {files} files")),
        Progress::Bytes(bytes) => bar.inc(bytes),
        _ => {}
    }
}

fn text(report: &FetchReport) -> String {
    let total = report.total();
    let mut text = format!(
        "run {}: {} records in {} files, {} bytes; {} deleted; asked again {} times{}",
        report.run,
        total.lines,
        total.files,
        total.bytes,
        report.deleted.resources,
        report.retries,
        if report.resumed { "; went on where it was cut" } else { "" },
    );
    // Writing into a string cannot fail.
    for (name, count) in &report.types {
        let _ = write!(text, "\n  {:>10}  {name}", count.lines);
    }
    for (issue, count) in &report.issues {
        let _ = write!(text, "\n  {count:>10}  issues: {issue}");
    }
    for wrong in &report.miscounted {
        let (file, expected, found) = (&wrong.file, wrong.expected, wrong.found);
        let _ = write!(text, "\n  {file}: the server counted {expected} lines, {found} came");
    }
    if !report.whole {
        text += "\nthe server's counts or its own errors say that this is not all: see .errors in the \
                 folder and ask its operator; --since last will ask for the same time again";
    }
    let _ = write!(text, "\nread it with: hda extract --source {}", report.folder.display());
    text
}

/// Time and chance of the machine.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        clock::now()
    }

    fn wait(&self, time: Duration) {
        thread::sleep(time);
    }

    #[expect(clippy::disallowed_methods, reason = "the client of a server names its assertions")]
    fn chance(&self) -> [u8; 16] {
        // Turned round: the bytes of chance stand behind those of time.
        let mut bytes = Uuid::now_v7().into_bytes();
        bytes.reverse();
        bytes
    }
}
