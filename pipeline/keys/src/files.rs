//! Key files: readable by the owner alone, written whole or not at all, overwritten before they go.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use crate::KeyError;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(KeyError::Missing(path.to_owned()))
        }
        Err(source) => Err(file_error("read", path)(source)),
    }
}

/// Writes aside and renames, readable by the owner alone.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let aside = path.with_extension("partial");
    let write = || -> io::Result<()> {
        let mut file = private(&aside)?;
        file.set_len(0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        sync_folder_of(path)
    };
    write().map_err(file_error("write", path))
}

/// Writes like [`write_private`] and then overwrites what the file held before.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let before = fs::OpenOptions::new().write(true).open(path).ok();
    write_private(path, bytes)?;
    before.map_or(Ok(()), |mut file| overwrite(&mut file)).map_err(file_error("overwrite", path))
}

/// Renames for good: after a crash the file has the new name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), KeyError> {
    fs::rename(from, to).and_then(|()| sync_folder_of(to)).map_err(file_error("write", to))
}

/// Overwrites a file and removes it; one that is not there is gone already. What the disk itself keeps
/// of old blocks no program reaches, which is why the bytes were wrapped in the first place.
pub(crate) fn shred(path: &Path) -> Result<(), KeyError> {
    let shred = || -> io::Result<()> {
        overwrite(&mut fs::OpenOptions::new().write(true).open(path)?)?;
        fs::remove_file(path)?;
        sync_folder_of(path)
    };
    match shred() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(file_error("overwrite", path)(error))
        }
        _ => Ok(()),
    }
}

/// The names of the files in a folder, in order.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, KeyError> {
    let names = || -> io::Result<Vec<String>> {
        let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let names = names.collect::<io::Result<Vec<_>>>()?;
        Ok(names.into_iter().flatten().collect())
    };
    let mut names = names().map_err(file_error("read", folder))?;
    names.sort_unstable();
    Ok(names)
}

/// One process at a time changes the keys of a folder: holds until the file is dropped.
pub(crate) fn lock(folder: &Path) -> Result<fs::File, KeyError> {
    let path = folder.join("keyring.lock");
    let lock = || -> io::Result<fs::File> {
        let file = private(&path)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(file_error("lock", &path))
}

pub(crate) fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path: PathBuf = path.to_owned();
    move |source| KeyError::File { action, path, source }
}

fn overwrite(file: &mut fs::File) -> io::Result<()> {
    let len = usize::try_from(file.metadata()?.len()).unwrap_or_default();
    file.write_all(&vec![0; len])?;
    file.sync_all()
}

fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new name lies in the folder, so the folder has to reach the disk too.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder_of(_path: &Path) -> io::Result<()> {
    Ok(())
}
