//! What processes that died have left: files half written, and folders half sent or half removed.

use std::{fs, io, time::SystemTime};

use opendal::ErrorKind;
use pipeline_domain::Timestamp;
use time::Duration;

use crate::{ExchangeError, Store, store::PARTIAL};

/// What nobody wrote to for so long is abandoned: its writer is dead.
const ABANDONED_AFTER: Duration = Duration::DAY;

impl Store {
    /// Removes everything that is half written. For whoever alone writes here; others take
    /// [`clear_old_partial`](Self::clear_old_partial).
    pub fn clear_partial(&self) -> Result<(), ExchangeError> {
        self.remove_partial(|_| true)
    }

    /// Removes what is half written and abandoned, which is to say a day old: without a name nobody would
    /// ever look at it again, whatever it holds.
    ///
    /// An object store keeps what is half written to itself, and has rules of its own for when it goes.
    pub fn clear_old_partial(&self, now: Timestamp) -> Result<(), ExchangeError> {
        self.remove_partial(|written| is_abandoned(written, now))
    }

    fn remove_partial(&self, is_dead: impl Fn(SystemTime) -> bool) -> Result<(), ExchangeError> {
        self.must_be_writable()?;
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let remove = || -> io::Result<()> {
            for entry in fs::read_dir(folder.join(PARTIAL))? {
                let entry = entry?;
                if is_dead(entry.metadata()?.modified()?) {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        match remove() {
            // Nothing was written yet, or a writer has just finished.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(ExchangeError::stream("clearing", PARTIAL)),
        }
    }

    /// Removes a folder (which ends in `/`) whose files are all abandoned, which is to say a day old: whoever
    /// was to complete it, or to remove it, died.
    pub fn clear_abandoned(&self, folder: &str, now: Timestamp) -> Result<(), ExchangeError> {
        for path in self.list(folder)? {
            let written = match self.blocking.stat(&path) {
                Ok(found) => found.last_modified(),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(self.failed("looking at", &path)(error)),
            };
            if written.is_none_or(|written| !is_abandoned(written.into(), now)) {
                return Ok(());
            }
        }
        self.delete_all(folder)
    }
}

fn is_abandoned(written: SystemTime, now: Timestamp) -> bool {
    Timestamp::from(written) < now - ABANDONED_AFTER
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use time::macros::datetime;

    use super::*;
    use crate::Location;

    /// A store in a folder that has these files, each written then.
    fn written(files: &[(&str, Timestamp)]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        for (name, at) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            File::create(path).unwrap().set_modified((*at).into()).unwrap();
        }
        let location: Location = folder.path().to_str().unwrap().parse().unwrap();
        (folder, Store::open(&location).unwrap())
    }

    const NOW: Timestamp = datetime!(2026-11-25 12:00 UTC);
    const OF_TODAY: Timestamp = datetime!(2026-11-24 12:00 UTC);
    const OLD: Timestamp = datetime!(2026-11-24 11:59:59 UTC);

    #[test]
    fn what_is_half_written_stays_while_somebody_may_be_writing_it() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let files = [(".partial/young", OF_TODAY), (".partial/old", OLD), ("whole", OLD)];
        let (folder, store) = written(&files);
        let is_left = || files.map(|(name, _)| folder.path().join(name).exists());
        store.clear_old_partial(NOW).unwrap();
        assert_eq!(is_left(), [true, false, true]);
        store.clear_partial().unwrap();
        assert_eq!(is_left(), [false, false, true]);
        let (_folder, empty) = written(&[]);
        empty.clear_old_partial(NOW).unwrap();
    }

    #[test]
    fn a_folder_is_abandoned_when_all_its_files_are() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let (_folder, store) =
            written(&[("a/1", OLD), ("a/b/2", OLD), ("c/1", OLD), ("c/b/2", OF_TODAY)]);
        for folder in ["a/", "c/", "none/"] {
            store.clear_abandoned(folder, NOW).unwrap();
        }
        assert_eq!(store.list("").unwrap(), ["c/1", "c/b/2"]);
    }
}
