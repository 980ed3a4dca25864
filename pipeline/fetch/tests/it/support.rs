//! A clock nobody waits for, and what all tests here do.

use std::{collections::BTreeMap, fs, path::Path, sync::Mutex, time::Duration};

use pipeline_fetch::{
    BackendSignIn, Clock, Export, ExportRequest, FetchError, FetchReport, Patience, Progress,
    SigningKey, export,
};
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};

use crate::{hospital::CLIENT, stand_in::StandIn};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-25 18:00:00 UTC);

/// Waiting moves it on; chance is a number that grows.
#[derive(Debug)]
pub(crate) struct VirtualClock {
    now: Mutex<(OffsetDateTime, u128)>,
    waits: Mutex<Vec<Duration>>,
}

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self { now: Mutex::new((NOW, 0)), waits: Mutex::default() }
    }

    pub(crate) fn waits(&self) -> Vec<u64> {
        self.waits.lock().unwrap().iter().map(Duration::as_secs).collect()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> OffsetDateTime {
        self.now.lock().unwrap().0
    }

    fn wait(&self, time: Duration) {
        self.now.lock().unwrap().0 += time;
        self.waits.lock().unwrap().push(time);
    }

    fn chance(&self) -> [u8; 16] {
        let mut now = self.now.lock().unwrap();
        now.1 += 1;
        // The upper bytes decide on the jitter: none here, so that waits can be told.
        (now.1 | 0xffff << 112).to_be_bytes()
    }
}

/// A fetch, as a test wants it.
pub(crate) struct Fetch {
    pub(crate) server: String,
    pub(crate) request: ExportRequest,
    pub(crate) signed_in: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) restart: bool,
    pub(crate) parallel: usize,
    pub(crate) folder: TempDir,
    pub(crate) clock: VirtualClock,
}

impl Fetch {
    pub(crate) fn from(server: &StandIn) -> Self {
        Self {
            server: server.url("/r4"),
            request: ExportRequest::default(),
            signed_in: false,
            allowed_hosts: Vec::new(),
            restart: false,
            parallel: 3,
            folder: tempfile::tempdir().unwrap(),
            clock: VirtualClock::new(),
        }
    }

    pub(crate) fn run(&self) -> Result<FetchReport, FetchError> {
        self.run_with(&|_| ())
    }

    pub(crate) fn run_with(
        &self,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<FetchReport, FetchError> {
        let sign_in = self.signed_in.then(who);
        let job = Export {
            server: &self.server.parse().unwrap(),
            request: &self.request,
            sign_in: sign_in.as_ref(),
            allowed_hosts: &self.allowed_hosts,
            allow_http: false,
            folder: self.folder.path(),
            parallel: self.parallel,
            restart: self.restart,
            patience: Patience::default(),
            software: "hda-test",
        };
        export(&job, &self.clock, progress)
    }
}

/// Every file of a run by its name, but not the reports and journals.
pub(crate) fn files_of(report: &FetchReport) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    gather(&report.folder, "", &mut files);
    files.retain(|name, _| name != ".journal" && name != ".report.json");
    files
}

pub(crate) fn who() -> BackendSignIn {
    let key = include_bytes!("test-keys/p384.pem").to_vec();
    BackendSignIn {
        client_id: CLIENT.to_owned(),
        key: SigningKey::read(key, Some("ec-1")).unwrap(),
        token_url: None,
        scope: None,
    }
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            gather(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}
