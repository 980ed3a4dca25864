//! `hda reference`: published lists of medicines, places and ATC groups as versioned datasets.

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use pipeline_exchange::{Location, Store};
use pipeline_reference::{
    Entry, Import, Kind, Provenance, ReferenceError, ReferenceManifest, Row, SourceFile, diff,
    head, import_atc, import_medicines, import_places, plain_rows, publish, sample, versions,
};
use serde_json::{Value, json};
use time::{Date, macros::format_description};

use crate::{clock, config::SOFTWARE, outcome::Outcome, progress};

/// How many rows and reasons a terminal is shown; `--json` shows all.
const MOST_SHOWN: usize = 20;
/// What stands where nobody said it.
const NOT_STATED: &str = "not stated";

/// Options of `hda reference`.
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    #[command(subcommand)]
    command: ReferenceCommand,
}

#[derive(Debug, Subcommand)]
enum ReferenceCommand {
    /// Read published files and publish them as the newest version of a list.
    #[command(
        after_help = "Example:\n  hda reference import --kind medicine --from sam-export --lake s3://lake --version-label 2026-11 \\\n      --source \"SAM v2\" --source-date 2026-11-02 --licence \"see the publisher\"\n\nFormats: SAM v2 XML (AMP and VMP) or a flat CSV; Statbel REFNIS as CSV, beside it a CSV of primary-care zones; the ATC index as CSV."
    )]
    Import(ImportArgs),
    /// List the versions there are.
    #[command(after_help = "Example:\n  hda reference list --lake s3://lake")]
    List {
        /// The lake.
        #[arg(long)]
        lake: Location,
    },
    /// Show a list, or one code of it.
    #[command(after_help = "Example:\n  hda reference show municipality 44021 --lake s3://lake")]
    Show {
        /// The list: medicine, municipality or atc.
        kind: Kind,
        /// A code of it.
        code: Option<String>,
        /// The lake.
        #[arg(long)]
        lake: Location,
        /// A version or its label; the newest where not given.
        #[arg(long)]
        version: Option<String>,
    },
    /// Show what changed between two versions of a list.
    #[command(
        after_help = "Example:\n  hda reference diff medicine:2026-10 medicine:2026-11 --lake s3://lake\n\nA version is its id, or the list and its label with a colon between."
    )]
    Diff {
        /// The earlier version.
        one: String,
        /// The later version.
        other: String,
        /// The lake.
        #[arg(long)]
        lake: Location,
    },
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// The list: medicine, municipality or atc.
    #[arg(long)]
    kind: Kind,
    /// The folder with the published files, or one file.
    #[arg(long, required_unless_present = "sample")]
    from: Option<Location>,
    /// Take the shipped sample rows instead.
    #[arg(long, conflicts_with = "from")]
    sample: bool,
    /// The lake.
    #[arg(long)]
    lake: Location,
    /// What people call this version; the year and month of its source where not given.
    #[arg(long)]
    version_label: Option<String>,
    /// Who publishes the list.
    #[arg(long)]
    source: Option<String>,
    /// The day it was published (YYYY-MM-DD), which also says which validity counts; today where
    /// not given.
    #[arg(long, value_parser = day)]
    source_date: Option<Date>,
    /// Its licence.
    #[arg(long)]
    licence: Option<String>,
    /// The share of rows that may be set aside, in percent; above it nothing is published.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=100))]
    most_set_aside: u64,
}

pub(crate) fn run(args: ReferenceArgs) -> anyhow::Result<Outcome> {
    match args.command {
        ReferenceCommand::Import(args) => import(&args),
        ReferenceCommand::List { lake } => list(&Store::open_source(&lake)?),
        ReferenceCommand::Show { kind, code, lake, version } => {
            let lake = Store::open_source(&lake)?;
            let manifest = match version {
                Some(text) => find(&lake, &[kind], &text)?,
                None => head(&lake, kind)?,
            };
            show(&lake, &manifest, code.as_deref())
        }
        ReferenceCommand::Diff { one, other, lake } => {
            let lake = Store::open_source(&lake)?;
            let (one, other) = (named(&lake, &one)?, named(&lake, &other)?);
            changes(&lake, &one, &other)
        }
    }
}

fn import(args: &ImportArgs) -> anyhow::Result<Outcome> {
    let on = args.source_date.unwrap_or_else(|| clock::now().date());
    let lake = Store::open(&args.lake)?;
    let files = match &args.from {
        Some(location) => source_files(location)?,
        None => sample_files(args.kind),
    };
    let spinner = progress::spinner("reading the list");
    let outcome = match args.kind {
        Kind::Medicine => made(args, &lake, on, &import_medicines(files, on)?),
        Kind::Municipality => made(args, &lake, on, &import_places(files, on)?),
        Kind::Atc => made(args, &lake, on, &import_atc(files)?),
    };
    spinner.finish_and_clear();
    outcome
}

/// Publishes what was read, if enough of it holds.
fn made<T: Entry>(
    args: &ImportArgs,
    lake: &Store,
    on: Date,
    import: &Import<T>,
) -> anyhow::Result<Outcome> {
    let set_aside = import.set_aside.total();
    if set_aside * 100 > import.read * args.most_set_aside {
        let mostly = import.set_aside.mostly().map(|reason| reason.to_string());
        return Err(ReferenceError::TooMuchSetAside {
            kind: T::KIND,
            set_aside,
            read: import.read,
            mostly: mostly.unwrap_or_default(),
        }
        .into());
    }
    let (source, licence) =
        if args.sample { (sample::SOURCE, sample::LICENCE) } else { (NOT_STATED, NOT_STATED) };
    let said = |given: &Option<String>, otherwise: &str| {
        given.clone().unwrap_or_else(|| otherwise.to_owned())
    };
    let source = Provenance {
        name: said(&args.source, source),
        date: on,
        licence: said(&args.licence, licence),
        files: Vec::new(),
    };
    let label = said(&args.version_label, &on.to_string()[..7]);
    let published = publish(lake, import, &label, source, clock::now(), SOFTWARE)?;
    let manifest = &published.manifest;
    let mut lines = vec![format!(
        "{} {} ({label}): {} rows{}",
        manifest.dataset,
        manifest.version,
        manifest.rows,
        if published.is_new { "" } else { ", as it was already" }
    )];
    lines.push(format!("read {}, folded {}, set aside {set_aside}", import.read, import.folded));
    let reasons = import.set_aside.counts.iter();
    lines.extend(reasons.map(|(reason, count)| format!("  {count}: {reason}")));
    let first = import.set_aside.rows.iter().take(MOST_SHOWN);
    lines.extend(first.map(|row| {
        format!("  {} line {}, code {:?}: {}", row.file, row.line, row.code, row.reason)
    }));
    let answer = json!({
        "version": manifest, "new": published.is_new, "set_aside": import.set_aside,
    });
    Ok(Outcome::new(answer, lines.join("\n")))
}

/// The files of a folder, or the one file the location names.
fn source_files(location: &Location) -> anyhow::Result<Vec<SourceFile>> {
    let text = location.to_string();
    let path = Path::new(text.strip_prefix("file:").unwrap_or(&text));
    let (store, names) = if path.is_file() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_string_lossy().parse::<Location>()?;
        (Store::open_source(&folder)?, name.into_iter().collect())
    } else {
        let store = Store::open_source(location)?;
        let names: Vec<String> = store.list("")?.into_iter().filter(|name| is_list(name)).collect();
        (store, names)
    };
    if names.is_empty() {
        bail!("{location} has no file that ends in .xml, .csv or .txt");
    }
    let open = |name: &String| SourceFile::open(&store, name).map_err(anyhow::Error::from);
    names.iter().map(open).collect()
}

fn is_list(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["xml", "csv", "txt"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn sample_files(kind: Kind) -> Vec<SourceFile> {
    match kind {
        Kind::Medicine => sample::medicines(),
        Kind::Municipality => sample::places(),
        Kind::Atc => sample::atc(),
    }
}

fn list(lake: &Store) -> anyhow::Result<Outcome> {
    let (mut found, mut lines) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        let newest = match head(lake, kind) {
            Ok(manifest) => Some(manifest.version),
            Err(ReferenceError::NoVersion { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        for manifest in versions(lake, kind)? {
            let mark = if newest.as_ref() == Some(&manifest.version) { "  newest" } else { "" };
            lines.push(format!(
                "{kind}  {}  {}  {} rows  {} of {} ({}){mark}",
                manifest.version,
                manifest.label,
                manifest.rows,
                manifest.source.name,
                manifest.source.date,
                manifest.source.licence
            ));
            found.push(manifest);
        }
    }
    if lines.is_empty() {
        lines.push("no reference data yet; `hda reference import` makes some".to_owned());
    }
    Ok(Outcome::new(json!({ "versions": found }), lines.join("\n")))
}

fn show(lake: &Store, manifest: &ReferenceManifest, code: Option<&str>) -> anyhow::Result<Outcome> {
    let mut rows = plain_rows(lake, manifest)?;
    if let Some(code) = code {
        rows.retain(|row| code_of(row) == code);
        if rows.is_empty() {
            bail!("{} {} has no code {code}", manifest.dataset, manifest.version);
        }
    }
    let mut lines: Vec<String> = rows.iter().take(MOST_SHOWN).map(line).collect();
    if rows.len() > MOST_SHOWN {
        lines.push(format!("... and {} more; --json shows all", rows.len() - MOST_SHOWN));
    }
    Ok(Outcome::new(json!({ "version": manifest, "rows": rows }), lines.join("\n")))
}

fn changes(
    lake: &Store,
    one: &ReferenceManifest,
    other: &ReferenceManifest,
) -> anyhow::Result<Outcome> {
    let found = diff(lake, one, other)?;
    let mut lines = vec![format!(
        "{} added, {} removed, {} changed",
        found.added.len(),
        found.removed.len(),
        found.changed.len()
    )];
    let added = found.added.iter().map(|row| format!("+ {}", line(row)));
    let removed = found.removed.iter().map(|row| format!("- {}", line(row)));
    let changed = found.changed.iter().map(|changed| {
        let column = |(name, (before, after)): (&String, &(Value, Value))| {
            format!("{name} {} -> {}", plain(before), plain(after))
        };
        let columns: Vec<String> = changed.columns.iter().map(column).collect();
        format!("~ {}: {}", changed.code, columns.join(", "))
    });
    let total = found.added.len() + found.removed.len() + found.changed.len();
    lines.extend(added.chain(removed).chain(changed).take(MOST_SHOWN));
    if total > MOST_SHOWN {
        lines.push(format!("... and {} more; --json shows all", total - MOST_SHOWN));
    }
    let answer = json!({ "one": one, "other": other, "difference": found });
    Ok(Outcome::new(answer, lines.join("\n")))
}

/// A version by its id, or as list and label: `atc:2026-11`.
fn named(lake: &Store, text: &str) -> anyhow::Result<ReferenceManifest> {
    match text.split_once(':') {
        Some((kind, label)) => {
            let kind: Kind = kind.parse().with_context(|| format!("reading {text}"))?;
            find(lake, &[kind], label)
        }
        None => find(lake, &Kind::ALL, text),
    }
}

/// The newest version of these lists with this id or label.
fn find(lake: &Store, kinds: &[Kind], text: &str) -> anyhow::Result<ReferenceManifest> {
    let mut found = Vec::new();
    for kind in kinds {
        let all = versions(lake, *kind)?;
        found.extend(all.into_iter().filter(|known| {
            known.version.as_str() == text || (kinds.len() == 1 && known.label == text)
        }));
    }
    found.pop().with_context(|| {
        format!("there is no version {text}; `hda reference list` shows those there are")
    })
}

fn code_of(row: &Row) -> &str {
    let code = row.get("code").or_else(|| row.get("cnk"));
    code.and_then(Value::as_str).unwrap_or_default()
}

fn line(row: &Row) -> String {
    let others = row.iter().filter(|(name, _)| *name != "code" && *name != "cnk");
    let cells: Vec<String> =
        others.map(|(name, value)| format!("{name} {}", plain(value))).collect();
    format!("{}: {}", code_of(row), cells.join(", "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "a day is like 2026-11-25".to_owned())
}
