//! One opened location: files by name, read and written whole or as a stream.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

use opendal::{
    Entry, EntryMode, ErrorKind, Operator, blocking,
    layers::RetryLayer,
    options::{DeleteOptions, ListOptions, ReadOptions},
    services,
};

use crate::{ExchangeError, Location, location::Place};

/// How much is gathered before it is handed to the storage.
const WRITE_BYTES: usize = 1 << 20;
/// How much of a file is read ahead.
const READ_BYTES: usize = 1 << 18;
/// Where a file is written before it gets its name; never listed.
pub(crate) const PARTIAL: &str = ".partial";

/// A location that was opened and can be used.
///
/// The methods wait for the storage and must not be called inside an async task; async code takes
/// the [`operator`](Store::operator).
#[derive(Debug, Clone)]
pub struct Store {
    location: String,
    /// Where it lies, if it is a folder of this machine.
    pub(crate) folder: Option<PathBuf>,
    operator: Operator,
    pub(crate) blocking: blocking::Operator,
    is_source: bool,
}

/// A file being written into a [`Store`]; what is not finished leaves nothing under its name.
pub struct StoreWriter {
    /// With its location.
    path: String,
    inner: BufWriter<blocking::StdWriter>,
}

impl StoreWriter {
    /// Writes what is left and gives the file its name.
    pub fn finish(mut self) -> Result<(), ExchangeError> {
        let closed = self.inner.flush().and_then(|()| self.inner.get_mut().close());
        closed.map_err(ExchangeError::stream("writing", &self.path))
    }
}

impl Write for StoreWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl fmt::Debug for StoreWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A file being read from a [`Store`].
pub type StoreReader = Box<dyn BufRead + Send>;

impl Store {
    /// Opens a location, making the folder where it is one. Needs a tokio runtime to be entered.
    pub fn open(location: &Location) -> Result<Self, ExchangeError> {
        Self::open_as(location, false)
    }

    /// Opens a location that must be there already and is only read, such as a source. Nothing is
    /// left in it, so it may be one where nothing can be written; links to files are files.
    pub fn open_source(location: &Location) -> Result<Self, ExchangeError> {
        Self::must_exist(location)?;
        Self::open_as(location, true)
    }

    fn open_as(location: &Location, is_source: bool) -> Result<Self, ExchangeError> {
        let unusable = |source: opendal::Error| ExchangeError::Unusable {
            location: location.to_string(),
            source: Box::new(source),
        };
        let operator = operator(&location.0, is_source).map_err(unusable)?;
        let blocking = blocking::Operator::new(operator.clone()).map_err(unusable)?;
        let folder = match &location.0 {
            Place::Folder(path) => Some(PathBuf::from(path)),
            _ => None,
        };
        Ok(Self { location: location.to_string(), folder, operator, blocking, is_source })
    }

    /// Opens a location that must be there already.
    pub fn open_existing(location: &Location) -> Result<Self, ExchangeError> {
        Self::must_exist(location)?;
        Self::open(location)
    }

    fn must_exist(location: &Location) -> Result<(), ExchangeError> {
        if let Place::Folder(path) = &location.0
            && !Path::new(path).is_dir()
        {
            return Err(ExchangeError::Missing { location: location.to_string() });
        }
        Ok(())
    }

    /// Without its folder for what is half written, a source could be left with half a file.
    pub(crate) fn must_be_writable(&self) -> Result<(), ExchangeError> {
        if self.is_source {
            return Err(ExchangeError::OnlyRead { location: self.location.clone() });
        }
        Ok(())
    }

    pub(crate) fn failed(
        &self,
        action: &'static str,
        path: &str,
    ) -> impl FnOnce(opendal::Error) -> ExchangeError {
        let (named, path) = (named(&self.location, path), path.to_owned());
        move |source| match source.kind() {
            ErrorKind::PermissionDenied => ExchangeError::denied(action, named, source),
            _ => ExchangeError::Storage { action, path, source: Box::new(source) },
        }
    }

    /// The location as it was given, for messages.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The OpenDAL operator beneath, for async readers such as the query engine.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Is there a file with this name?
    pub fn exists(&self, path: &str) -> Result<bool, ExchangeError> {
        self.blocking.exists(path).map_err(self.failed("looking for", path))
    }

    /// The whole file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, ExchangeError> {
        Ok(self.blocking.read(path).map_err(self.failed("reading", path))?.to_vec())
    }

    /// A part of a file.
    pub(crate) fn read_range(
        &self,
        path: &str,
        start: u64,
        len: u64,
    ) -> Result<bytes::Bytes, ExchangeError> {
        // A file of this machine is read where it is wanted, without copies by another thread. Where
        // that fails, the storage says why.
        let path_here = self.folder.as_ref().map(|folder| folder.join(path));
        if let Some(Ok(bytes)) = path_here.map(|path| part_of(&path, start, len)) {
            return Ok(bytes.into());
        }
        let options = ReadOptions { range: (start..start + len).into(), ..ReadOptions::default() };
        let read =
            self.blocking.read_options(path, options).map_err(self.failed("reading", path))?;
        Ok(read.to_bytes())
    }

    /// The whole file, or nothing where there is none.
    pub fn read_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, ExchangeError> {
        match self.blocking.read(path) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("reading", path)(error)),
        }
    }

    /// The file as JSON.
    pub fn read_json<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, ExchangeError> {
        let bytes = self.read(path)?;
        serde_json::from_slice(&bytes)
            .map_err(|source| ExchangeError::Json { path: path.to_owned(), source })
    }

    /// The file as a stream.
    pub fn reader(&self, path: &str) -> Result<StoreReader, ExchangeError> {
        // A file of this machine is read where it is wanted, without a copy by another thread.
        if let Some(folder) = &self.folder {
            let file = File::open(folder.join(path));
            let file = file.map_err(ExchangeError::stream("opening", path))?;
            return Ok(Box::new(BufReader::with_capacity(READ_BYTES, file)));
        }
        let reader = self.blocking.reader(path).map_err(self.failed("reading", path))?;
        Ok(Box::new(reader.into_std_read(..).map_err(self.failed("reading", path))?))
    }

    /// Writes a whole file; it appears under its name complete or not at all.
    pub fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        self.must_be_writable()?;
        self.blocking.write(path, bytes).map_err(self.failed("writing", path))?;
        Ok(())
    }

    /// Writes a value as indented JSON.
    pub fn write_json<T: serde::Serialize>(
        &self,
        path: &str,
        value: &T,
    ) -> Result<(), ExchangeError> {
        let mut bytes = serde_json::to_vec_pretty(value)
            .map_err(|source| ExchangeError::Json { path: path.to_owned(), source })?;
        bytes.push(b'\n');
        self.write(path, bytes)
    }

    /// A stream into a file, which appears under its name when the stream is finished.
    pub fn writer(&self, path: &str) -> Result<StoreWriter, ExchangeError> {
        self.must_be_writable()?;
        let inner =
            self.blocking.writer(path).map_err(self.failed("writing", path))?.into_std_write();
        Ok(StoreWriter {
            path: named(&self.location, path),
            inner: BufWriter::with_capacity(WRITE_BYTES, inner),
        })
    }

    /// Copies a file into another store under another name.
    pub fn copy_to(&self, path: &str, other: &Self, name: &str) -> Result<(), ExchangeError> {
        let mut reader = self.reader(path)?;
        let mut writer = other.writer(name)?;
        std::io::copy(&mut reader, &mut writer).map_err(ExchangeError::stream("copying", path))?;
        writer.finish()
    }

    /// The size of a file in bytes.
    pub fn size(&self, path: &str) -> Result<u64, ExchangeError> {
        Ok(self.blocking.stat(path).map_err(self.failed("looking at", path))?.content_length())
    }

    /// Every file below a folder (`""` for all), by name, in order.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, ExchangeError> {
        let mut files = self.files(folder)?;
        files.retain(|path| !path.split('/').any(|name| name.starts_with('.')));
        Ok(files)
    }

    fn files(&self, folder: &str) -> Result<Vec<String>, ExchangeError> {
        let options = ListOptions { recursive: true, ..ListOptions::default() };
        let entries = match self.blocking.list_options(folder, options) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("listing", folder)(error)),
        };
        let mut files: Vec<String> = entries
            .into_iter()
            .filter(|entry| self.is_file(entry))
            .map(|entry| entry.path().to_owned())
            .collect();
        files.sort_unstable();
        Ok(files)
    }

    /// A link is neither file nor folder before it is followed.
    fn is_file(&self, entry: &Entry) -> bool {
        let mode = entry.metadata().mode();
        let linked = || self.blocking.stat(entry.path()).is_ok_and(|found| found.is_file());
        mode.is_file() || (self.is_source && mode == EntryMode::Unknown && linked())
    }

    /// The files in hidden folders of this name, wherever they stand, in order.
    pub fn list_hidden(&self, name: &str) -> Result<Vec<String>, ExchangeError> {
        let hidden = |path: &str| {
            let mut names = path.split('/').filter(|name| name.starts_with('.'));
            names.next() == Some(name) && names.next().is_none()
        };
        Ok(self.files("")?.into_iter().filter(|path| hidden(path)).collect())
    }

    /// The names of the folders directly in a folder (which ends in `/`, or is `""`), in order.
    pub fn folders(&self, folder: &str) -> Result<Vec<String>, ExchangeError> {
        let mut names: Vec<String> = self
            .list(folder)?
            .iter()
            .filter_map(|path| path.strip_prefix(folder)?.split_once('/'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.dedup();
        Ok(names)
    }

    /// Removes a file; one that is not there is no error.
    pub fn delete(&self, path: &str) -> Result<(), ExchangeError> {
        self.must_be_writable()?;
        self.blocking.delete(path).map_err(self.failed("deleting", path))
    }

    /// Removes every file below a folder.
    pub fn delete_all(&self, folder: &str) -> Result<(), ExchangeError> {
        self.must_be_writable()?;
        let options = DeleteOptions { recursive: true, ..DeleteOptions::default() };
        self.blocking.delete_options(folder, options).map_err(self.failed("deleting", folder))
    }
}

fn part_of(path: &Path, start: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(io::SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(usize::try_from(len).map_err(io::Error::other)?);
    if file.take(len).read_to_end(&mut bytes)? as u64 == len {
        return Ok(bytes);
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

fn operator(place: &Place, is_source: bool) -> Result<Operator, opendal::Error> {
    let operator = match place {
        Place::Folder(path) => {
            let mut folder = services::Fs::default().root(path);
            if !is_source {
                let partial = format!("{}/{PARTIAL}", path.trim_end_matches('/'));
                folder = folder.atomic_write_dir(&partial);
            }
            Operator::new(folder)?
        }
        Place::S3 { bucket, prefix, endpoint, region } => {
            let mut builder = services::S3::default().bucket(bucket).root(prefix);
            if let Some(endpoint) = endpoint {
                builder = builder.endpoint(endpoint);
            }
            Operator::new(builder.region(region.as_deref().unwrap_or("us-east-1")))?
        }
        Place::Memory => Operator::new(services::Memory::default())?,
    };
    Ok(operator.layer(RetryLayer::new().with_max_times(3)))
}

/// A file of a location, for messages that somebody who keeps several of them reads.
fn named(location: &str, path: &str) -> String {
    format!("{}/{path}", location.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lists_its_files_in_order_and_nothing_half_written() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let location: Location = folder.path().to_str().unwrap().parse().unwrap();
        let store = Store::open(&location).unwrap();
        store.write("b/2", vec![2]).unwrap();
        store.write("a", vec![1]).unwrap();
        let _never_closed = store.writer("b/1").unwrap();

        assert_eq!(store.list("").unwrap(), ["a", "b/2"]);
        assert_eq!(store.folders("").unwrap(), ["b"]);
        assert_eq!(store.read("b/2").unwrap(), [2]);
        assert_eq!(store.read_if_there("b/1").unwrap(), None);
        assert!(store.read("b/1").is_err());
    }

    #[test]
    fn a_part_of_a_file_is_the_same_in_a_folder_and_in_memory() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let here: Location = folder.path().to_str().unwrap().parse().unwrap();
        for location in [here, "memory:".parse().unwrap()] {
            let store = Store::open(&location).unwrap();
            store.write("a", (0..100).collect()).unwrap();
            let part = |start, len| store.read_range("a", start, len);
            assert_eq!(&part(10, 3).unwrap()[..], [10, 11, 12], "{location}");
            assert_eq!(part(0, 100).unwrap().len(), 100, "{location}");
            assert!(part(98, 3).is_err(), "{location}: beyond its end");
            let missing = store.read_range("b", 0, 1).unwrap_err();
            assert!(!missing.is_outage(), "{location}: {missing}");
        }
    }

    #[test]
    fn a_source_must_be_there() {
        let missing: Location = "no/such/folder".parse().unwrap();
        for open in [Store::open_existing, Store::open_source] {
            let error = open(&missing).unwrap_err();
            assert!(error.to_string().starts_with("no/such/folder does not exist"));
        }
    }

    #[test]
    fn a_source_is_left_as_it_is_and_read_through_links() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(elsewhere.path().join("there"), b"linked").unwrap();
        std::fs::write(folder.path().join("b"), b"here").unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("there"), folder.path().join("a"))
            .unwrap();
        let location: Location = folder.path().to_str().unwrap().parse().unwrap();
        let source = Store::open_source(&location).unwrap();

        assert_eq!(source.list("").unwrap(), ["a", "b"]);
        assert_eq!(source.read("a").unwrap(), b"linked");
        let refused = [
            source.write("c", vec![1]).is_err(),
            source.writer("c").is_err(),
            source.delete("b").is_err(),
            source.delete_all("").is_err(),
        ];
        assert_eq!(refused, [true; 4]);
        let mut left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort_unstable();
        assert_eq!(left, ["a", "b"]);
    }
}
