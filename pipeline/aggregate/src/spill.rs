//! The folder for temporary files of one run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::AggregateError;

/// What the query engine calls the folders it makes.
const OF_ENGINE: &str = "datafusion-";

/// A folder whose temporary files are gone when the run ends, and those of a run that was killed
/// when the next one begins: they hold rows of persons.
pub(crate) struct SpillFolder(PathBuf);

impl SpillFolder {
    pub(crate) fn create(folder: &Path) -> Result<Self, AggregateError> {
        let made = fs::create_dir_all(folder).and_then(|()| clean(folder));
        made.map_err(|source| AggregateError::Spill { folder: folder.to_owned(), source })?;
        Ok(Self(folder.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        // The folder goes only where it is empty; what somebody else keeps in it stays.
        let _ = clean(&self.0).and_then(|()| fs::remove_dir(&self.0));
    }
}

fn clean(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(OF_ENGINE) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_killed_run_are_gone_and_files_of_others_stay() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("spill");
        let left_over = folder.join("datafusion-1");
        fs::create_dir_all(&left_over).unwrap();
        fs::write(left_over.join("rows"), "x").unwrap();

        let spill = SpillFolder::create(&folder).unwrap();
        assert!(!left_over.exists() && folder.exists());
        drop(spill);
        assert!(!folder.exists());

        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("notes"), "x").unwrap();
        drop(SpillFolder::create(&folder).unwrap());
        assert!(folder.join("notes").exists());
    }
}
