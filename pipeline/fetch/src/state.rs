//! What a fetch remembers, so that one that was cut goes on where it stood.
//!
//! `export.json` in the destination holds the open run and the runs that are done; it is written
//! aside and renamed. What happens to single files goes into a journal in the folder of the run, a
//! line each, so that ten thousand files do not rewrite ten thousand states.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::request::ExportRequest;

pub(crate) const FORMAT: &str = "hda-export/1";

/// All runs of one destination.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open: Option<OpenRun>,
    #[serde(default)]
    pub(crate) done: Vec<DoneRun>,
}

/// A run under way.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OpenRun {
    pub(crate) run: String,
    pub(crate) server: Url,
    pub(crate) request: ExportRequest,
    /// The moment that was asked for, once `last` is resolved.
    pub(crate) since: Option<String>,
    /// Where to ask whether it is ready; to be deleted at the end.
    pub(crate) status_url: Url,
    /// The manifest to read next; none when all are read.
    pub(crate) next: Option<Url>,
    pub(crate) manifests_read: Vec<Url>,
    pub(crate) transaction_time: Option<String>,
    pub(crate) files: Vec<ExportFile>,
    pub(crate) retries: u64,
}

/// A run that is done.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct DoneRun {
    pub(crate) run: String,
    pub(crate) server: Url,
    pub(crate) request: ExportRequest,
    pub(crate) transaction_time: String,
    /// Did all come that the server counted, and did it fail to make nothing? Only then may the next
    /// one begin where this one ended.
    pub(crate) whole: bool,
}

/// A file of a manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RemoteFile {
    pub(crate) kind: FileKind,
    pub(crate) resource_type: String,
    pub(crate) url: Url,
    pub(crate) count: Option<u64>,
    pub(crate) needs_token: bool,
    /// The second since 1970 at which the server drops it, if it said so.
    pub(crate) expires: Option<i64>,
}

/// The same, with the name it has here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExportFile {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) remote: RemoteFile,
}

/// What a file of an export is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileKind {
    Output,
    Deleted,
    Error,
}

/// A line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub(crate) enum Journal {
    /// A download began; the tag tells whether a later part is of the same file.
    Begun { name: String, etag: Option<String> },
    /// The file is whole and has its name.
    Fetched { name: String, bytes: u64, lines: u64 },
}

impl State {
    /// The transaction time of the last whole run that asked the same.
    pub(crate) fn last(&self, server: &Url, request: &ExportRequest) -> Option<&str> {
        let same =
            |run: &&DoneRun| run.whole && run.server == *server && run.request.is_like(request);
        self.done.iter().rev().find(same).map(|run| run.transaction_time.as_str())
    }
}

impl OpenRun {
    /// Adds the files of a manifest under the names they get here: `Type.n.ndjson`, counted over all
    /// manifests. Deleted and error files stand in hidden folders, which no extraction reads.
    pub(crate) fn add(&mut self, files: Vec<RemoteFile>) {
        for remote in files {
            let alike = |file: &&ExportFile| {
                file.remote.kind == remote.kind && file.remote.resource_type == remote.resource_type
            };
            let number = self.files.iter().filter(alike).count() + 1;
            let folder = remote.kind.folder();
            let name = format!("{folder}{}.{number}.ndjson", remote.resource_type);
            self.files.push(ExportFile { name, remote });
        }
    }
}

impl FileKind {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Output => "",
            Self::Deleted => ".deleted/",
            Self::Error => ".errors/",
        }
    }
}
