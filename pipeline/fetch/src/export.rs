//! A whole export, from the question to the last file; also one that was cut before.

use std::{
    panic,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use time::{OffsetDateTime, macros::format_description};
use tracing::{debug, info, warn};
use ureq::http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use crate::{
    BackendSignIn, Clock, ExportRequest, FetchError, FetchReport, Patience, Since, Step,
    download::Downloads,
    folder::{Folder, RunFolder},
    hosts::Hosts,
    http::{Ask, Http},
    manifest::Manifest,
    report::report,
    sign_in::SignIn,
    state::{DoneRun, ExportFile, OpenRun, State},
};

/// An export to fetch.
#[derive(Debug)]
pub struct Export<'a> {
    /// The base of the FHIR server.
    pub server: &'a Url,
    /// What to ask for.
    pub request: &'a ExportRequest,
    /// Who we are to it; none where it is open.
    pub sign_in: Option<&'a BackendSignIn>,
    /// Other hosts it may send us to, as `host` or `host:port`. The token never goes there.
    pub allowed_hosts: &'a [String],
    /// May records cross the network unencrypted?
    pub allow_http: bool,
    /// Where it all goes.
    pub folder: &'a Path,
    /// How many files at a time.
    pub parallel: usize,
    /// Drop a run that was cut, and begin anew.
    pub restart: bool,
    /// How long to wait and go on.
    pub patience: Patience,
    /// What we call ourselves to the server.
    pub software: &'a str,
}

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The server makes the export ready; asked once more.
    Waiting,
    /// So many files are still to be fetched.
    Files(u64),
    /// So many bytes came.
    Bytes(u64),
    /// A file is whole.
    File,
}

/// Fetches an export into a folder. The same call again goes on where this one was cut.
pub fn export(
    export: &Export<'_>,
    clock: &dyn Clock,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<FetchReport, FetchError> {
    export.request.check()?;
    let folder = Folder::open(export.folder)?;
    let done = fetch(export, &folder, clock, progress);
    if let Err(FetchError::Refused { words, .. }) = &done {
        folder.keep_refusal(words);
    }
    done
}

fn fetch(
    export: &Export<'_>,
    folder: &Folder,
    clock: &dyn Clock,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<FetchReport, FetchError> {
    let mut state = folder.state()?;
    if let Some(open) = &state.open
        && !export.restart
        && !is_same(open, export)
    {
        return Err(FetchError::OtherRunOpen { run: open.run.clone() });
    }
    let hosts = Hosts::new(export.server, export.allowed_hosts, export.allow_http)?;
    let http = Http::new(clock, export.patience, export.software);
    let sign_in = match export.sign_in {
        Some(who) => {
            Some(SignIn::discover(who, &http, &hosts, export.server, &export.request.types)?)
        }
        None => None,
    };
    let line =
        Line { export, folder, http: &http, hosts: &hosts, sign_in: sign_in.as_ref(), progress };
    if export.restart {
        line.drop_open(&mut state)?;
    }
    let resumed = state.open.is_some();
    let open = match state.open.take() {
        Some(open) => open,
        None => line.kick_off(&state)?,
    };
    line.finish(state, open, resumed)
}

fn is_same(open: &OpenRun, export: &Export<'_>) -> bool {
    open.server == *export.server && open.request == *export.request
}

/// When the files of a manifest go, where the server says so.
fn expires(headers: &HeaderMap) -> Option<i64> {
    let moment = httpdate::parse_http_date(headers.get(header::EXPIRES)?.to_str().ok()?).ok()?;
    Some(OffsetDateTime::from(moment).unix_timestamp())
}

/// The line to the server, and the folder at our end of it.
struct Line<'a> {
    export: &'a Export<'a>,
    folder: &'a Folder,
    http: &'a Http<'a>,
    hosts: &'a Hosts,
    sign_in: Option<&'a SignIn<'a>>,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Line<'_> {
    /// Asks for the export. Not remembered yet: what the server has not taken does not exist.
    fn kick_off(&self, state: &State) -> Result<OpenRun, FetchError> {
        let Export { server, request, .. } = self.export;
        let since = match &request.since {
            Since::Beginning => None,
            Since::Last => state.last(server, request).map(str::to_owned),
            Since::Instant(instant) => Some(instant.clone()),
        };
        let kick_off = request.kick_off(server, since.as_deref());
        let headers = [
            ("accept", "application/fhir+json".to_owned()),
            ("prefer", "respond-async".to_owned()),
        ];
        let get = self.ask(Step::KickOff, &kick_off.url, &headers);
        let answer = self.http.send(&match &kick_off.body {
            Some(body) => {
                Ask { method: &Method::POST, body: Some(("application/fhir+json", body)), ..get }
            }
            None => get,
        })?;
        let status_url = answer
            .headers()
            .get(header::CONTENT_LOCATION)
            .and_then(|location| location.to_str().ok())
            .and_then(|location| kick_off.url.join(location).ok())
            .ok_or(FetchError::NoStatusUrl)?;
        let begun = self.http.clock().now();
        let stamp = begun
            .to_utc()
            .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
            .unwrap_or_else(|_| begun.unix_timestamp().to_string());
        Ok(OpenRun {
            run: self.folder.name_run(&stamp),
            server: (*server).clone(),
            request: (*request).clone(),
            since,
            next: Some(status_url.clone()),
            status_url,
            manifests_read: Vec::new(),
            transaction_time: None,
            files: Vec::new(),
            retries: 0,
        })
    }

    /// Reads manifest after manifest and fetches what they name, remembering each step.
    fn finish(
        &self,
        mut state: State,
        mut open: OpenRun,
        resumed: bool,
    ) -> Result<FetchReport, FetchError> {
        let earlier_retries = open.retries;
        let run_folder = self.folder.open_run(&open.run)?;
        state.open = Some(open.clone());
        self.folder.save(&state)?;
        while let Some(url) = open.next.clone() {
            // Files expire: those of one manifest are fetched before the next is waited for.
            self.download(&open.files, &run_folder)?;
            if open.manifests_read.contains(&url) {
                return Err(FetchError::EndlessManifests);
            }
            let manifest = self.poll(&url)?;
            open.transaction_time.get_or_insert(manifest.transaction_time);
            open.add(manifest.files);
            open.manifests_read.push(url);
            open.next = manifest.next;
            open.retries = earlier_retries + self.http.retries();
            state.open = Some(open.clone());
            self.folder.save(&state)?;
        }
        self.download(&open.files, &run_folder)?;
        let tidied = self.tidy_up(&open.status_url, false);
        open.retries = earlier_retries + self.http.retries();
        let report = FetchReport {
            resumed,
            tidied,
            ..report(&open, &run_folder, self.folder.run_path(&open.run))?
        };
        run_folder.close(&report)?;
        state.open = None;
        state.done.push(DoneRun {
            run: open.run,
            server: open.server,
            request: open.request,
            transaction_time: report.transaction_time.clone(),
            whole: report.whole,
        });
        self.folder.save(&state)?;
        let count = report.total();
        info!(count.files, count.lines, count.bytes, "fetched {} records", count.lines);
        Ok(report)
    }

    /// Asks until the manifest is there.
    fn poll(&self, url: &Url) -> Result<Manifest, FetchError> {
        let (clock, patience) = (self.http.clock(), self.http.patience());
        let headers = [("accept", "application/json".to_owned())];
        let deadline = clock.now() + patience.ready_within;
        let mut polls = 0;
        loop {
            let (answer, text) = self.http.whole(&self.ask(Step::Poll, url, &headers))?;
            if answer.status != StatusCode::ACCEPTED {
                return Manifest::read(&text, url, expires(&answer.headers));
            }
            (self.progress)(Progress::Waiting);
            let wait = patience.wait(polls, self.http.asked_wait(&answer.headers), clock.chance());
            if clock.now() + wait > deadline {
                let hours = patience.ready_within.as_secs() / Duration::from_hours(1).as_secs();
                return Err(FetchError::NotReady { hours });
            }
            debug!(seconds = wait.as_secs(), "the export is not ready");
            clock.wait(wait);
            polls += 1;
        }
    }

    /// Fetches the files that are not here yet, several at a time. The first that fails stops the
    /// rest: they are fetched when the command runs again.
    fn download(&self, files: &[ExportFile], folder: &RunFolder) -> Result<(), FetchError> {
        let missing: Vec<&ExportFile> =
            files.iter().filter(|file| folder.fetched(&file.name).is_none()).collect();
        (self.progress)(Progress::Files(missing.len() as u64));
        let downloads = Downloads {
            http: self.http,
            hosts: self.hosts,
            sign_in: self.sign_in,
            folder,
            progress: self.progress,
        };
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            while let Some(file) = missing.get(next.fetch_add(1, Ordering::Relaxed))
                && !stop.load(Ordering::Relaxed)
            {
                downloads.fetch(file).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                (self.progress)(Progress::File);
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers = self.export.parallel.clamp(1, missing.len().max(1));
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|cause| panic::resume_unwind(cause))
            })
        })
    }

    /// Tells the server that it may forget an export. That it cannot is its own trouble.
    fn tidy_up(&self, status_url: &Url, once: bool) -> bool {
        let headers = [("accept", "application/json".to_owned())];
        let ask = Ask {
            method: &Method::DELETE,
            also: &[404, 410],
            once,
            ..self.ask(Step::TidyUp, status_url, &headers)
        };
        match self.http.send(&ask) {
            Ok(answer) => answer.status().is_success(),
            Err(error) => {
                warn!("{error}");
                false
            }
        }
    }

    fn drop_open(&self, state: &mut State) -> Result<(), FetchError> {
        let Some(open) = state.open.take() else { return Ok(()) };
        if open.server == *self.export.server {
            self.tidy_up(&open.status_url, true);
        }
        self.folder.remove_run(&open.run)?;
        self.folder.save(state)
    }

    /// A question to the server itself, signed in where we have a sign-in.
    fn ask<'b>(
        &'b self,
        step: Step,
        url: &'b Url,
        headers: &'b [(&'static str, String)],
    ) -> Ask<'b> {
        Ask::get(step, url, headers).among(self.hosts).signed_in(self.sign_in)
    }
}
