//! The folder an export comes into: it holds identifiers, so nobody but its owner may look.

use std::{
    collections::HashMap,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    FetchError, ServerWords,
    state::{FORMAT, FileKind, Journal, State},
};

/// The state of a destination.
const STATE: &str = "export.json";
/// Held while somebody works in it.
const LOCK: &str = ".lock";
/// The words of a server that said no.
const REFUSAL: &str = ".refusal";
/// What happened to the files of a run.
const JOURNAL: &str = ".journal";
/// Where files grow.
const PARTIAL: &str = ".partial";
/// The report of a run.
const REPORT: &str = ".report.json";

/// A destination that is ours alone while we hold this.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What is known of a file that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
}

/// The folder of one run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    journal: Mutex<File>,
    fetched: Mutex<HashMap<String, Fetched>>,
    etags: HashMap<String, String>,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, FetchError> {
        make_folder(path)?;
        let lock = path.join(LOCK);
        let file = private().create(true).write(true).truncate(false).open(&lock);
        let file = file.map_err(FetchError::folder("opening", &lock))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(FetchError::AlreadyRunning(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(FetchError::folder("locking", lock)(source)),
        }
    }

    pub(crate) fn state(&self) -> Result<State, FetchError> {
        let path = self.path.join(STATE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(State { format: FORMAT.to_owned(), ..State::default() });
            }
            Err(error) => return Err(FetchError::folder("reading", path)(error)),
        };
        match serde_json::from_slice::<State>(&bytes) {
            Ok(state) if state.format == FORMAT => Ok(state),
            _ => Err(FetchError::ForeignState(path)),
        }
    }

    pub(crate) fn save(&self, state: &State) -> Result<(), FetchError> {
        write_json(&self.path.join(STATE), state)
    }

    /// Keeps what a server said, for the holder to read. A folder that cannot take it hides no error.
    pub(crate) fn keep_refusal(&self, words: &ServerWords) {
        if !words.0.is_empty() {
            let _ = write_whole(&self.path.join(REFUSAL), words.0.as_bytes());
        }
    }

    /// A name for a run that begins now: the time, and a number where there was one that second.
    pub(crate) fn name_run(&self, time: &str) -> String {
        let mut name = time.to_owned();
        let mut number = 2;
        while self.path.join(&name).exists() {
            name = format!("{time}-{number}");
            number += 1;
        }
        name
    }

    pub(crate) fn run_path(&self, run: &str) -> PathBuf {
        self.path.join(run)
    }

    /// Removes a run that was dropped.
    pub(crate) fn remove_run(&self, run: &str) -> Result<(), FetchError> {
        let path = self.run_path(run);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FetchError::folder("removing", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The folder of a run, with what its journal says is there already.
    pub(crate) fn open_run(&self, run: &str) -> Result<RunFolder, FetchError> {
        let path = self.run_path(run);
        for folder in ["", FileKind::Deleted.folder(), FileKind::Error.folder()] {
            make_folder(&path.join(folder))?;
            make_folder(&path.join(PARTIAL).join(folder))?;
        }
        let journal = path.join(JOURNAL);
        let (mut fetched, mut etags) = (HashMap::new(), HashMap::new());
        let text = match fs::read_to_string(&journal) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FetchError::folder("reading", journal)(error));
            }
            text => text.unwrap_or_default(),
        };
        // A line that broke off says nothing: its file is fetched again.
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Journal::Begun { name, etag } => {
                    etags.remove(&name);
                    etags.extend(etag.map(|etag| (name, etag)));
                }
                Journal::Fetched { name, bytes, lines } => {
                    let there =
                        fs::metadata(path.join(&name)).is_ok_and(|file| file.len() == bytes);
                    if there {
                        fetched.insert(name, Fetched { bytes, lines });
                    }
                }
            }
        }
        let mut file = private()
            .create(true)
            .append(true)
            .open(&journal)
            .map_err(FetchError::folder("opening", &journal))?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(FetchError::folder("writing", &journal))?;
        }
        Ok(RunFolder { path, journal: Mutex::new(file), fetched: Mutex::new(fetched), etags })
    }
}

impl RunFolder {
    pub(crate) fn fetched(&self, name: &str) -> Option<Fetched> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    pub(crate) fn etag(&self, name: &str) -> Option<&str> {
        self.etags.get(name).map(String::as_str)
    }

    pub(crate) fn note(&self, event: &Journal) -> Result<(), FetchError> {
        let failed = |error| FetchError::folder("writing", self.path.join(JOURNAL))(error);
        let mut line = serde_json::to_vec(event).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.write_all(&line).map_err(failed)
    }

    /// The file as it grows; read and written at its end.
    pub(crate) fn part(&self, name: &str) -> Result<(File, PathBuf), FetchError> {
        let path = self.path.join(PARTIAL).join(name);
        let file = private().create(true).read(true).append(true).open(&path);
        Ok((file.map_err(FetchError::folder("opening", &path))?, path))
    }

    /// Gives a whole file its name.
    pub(crate) fn finish(
        &self,
        name: &str,
        part: &File,
        fetched: Fetched,
    ) -> Result<(), FetchError> {
        let path = self.path.join(name);
        part.sync_all()
            .and_then(|()| fs::rename(self.path.join(PARTIAL).join(name), &path))
            .map_err(FetchError::folder("writing", &path))?;
        self.fetched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), fetched);
        let Fetched { bytes, lines } = fetched;
        self.note(&Journal::Fetched { name: name.to_owned(), bytes, lines })
    }

    pub(crate) fn read(&self, name: &str) -> Result<File, FetchError> {
        let path = self.path.join(name);
        File::open(&path).map_err(FetchError::folder("reading", path))
    }

    /// Keeps the report, and drops what only mattered while files grew.
    pub(crate) fn close(&self, report: &impl serde::Serialize) -> Result<(), FetchError> {
        write_json(&self.path.join(REPORT), report)?;
        let partial = self.path.join(PARTIAL);
        fs::remove_dir_all(&partial).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(FetchError::folder("removing", partial)(error)),
        })
    }
}

fn make_folder(path: &Path) -> Result<(), FetchError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(FetchError::folder("making", path))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), FetchError> {
    let bytes = serde_json::to_vec_pretty(value).map_err(io::Error::from);
    bytes
        .and_then(|mut bytes| {
            bytes.push(b'\n');
            write_whole(path, &bytes)
        })
        .map_err(FetchError::folder("writing", path))
}

/// Writes aside and renames, so that nobody ever reads half of it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let mut file = private().create(true).write(true).truncate(true).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}
