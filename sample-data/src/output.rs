//! Files that appear whole or not at all.
//!
//! Every file is written beside its place under a hidden name and moved there at the end, and
//! `sample.json` comes last: a folder that has one holds a complete sample.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

use crate::{Compression, SampleError};

const BUFFER_BYTES: usize = 256 * 1024;

/// A file of lines in the making.
pub(crate) struct LineFile {
    stream: Stream,
    aside: PathBuf,
    place: PathBuf,
    /// The same file as another compression would name it; a leftover of an earlier run.
    others: Vec<PathBuf>,
}

enum Stream {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl LineFile {
    /// Opens `folder/name.ndjson`, with the ending of the compression.
    pub(crate) fn create(
        folder: &Path,
        name: &str,
        compression: Compression,
    ) -> Result<Self, SampleError> {
        fs::create_dir_all(folder).map_err(|error| SampleError::at(folder, error))?;
        let place = folder.join(compression.file_name(name));
        let aside = aside(&place);
        let open = || -> io::Result<Stream> {
            let file = BufWriter::with_capacity(BUFFER_BYTES, File::create(&aside)?);
            Ok(match compression {
                Compression::None => Stream::Plain(file),
                Compression::Gzip => {
                    Stream::Gzip(GzEncoder::new(file, flate2::Compression::fast()))
                }
                Compression::Zstd => Stream::Zstd(zstd::Encoder::new(file, 3)?),
            })
        };
        let stream = open().map_err(|error| SampleError::at(&aside, error))?;
        let others = Compression::ALL.into_iter().filter(|other| *other != compression);
        let others = others.map(|other| folder.join(other.file_name(name))).collect();
        Ok(Self { stream, aside, place, others })
    }

    pub(crate) fn write(&mut self, lines: &[u8]) -> Result<(), SampleError> {
        let written = match &mut self.stream {
            Stream::Plain(file) => file.write_all(lines),
            Stream::Gzip(file) => file.write_all(lines),
            Stream::Zstd(file) => file.write_all(lines),
        };
        written.map_err(|error| SampleError::at(&self.aside, error))
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<(), SampleError> {
        let Self { stream, aside, place, others } = self;
        let move_there = || -> io::Result<()> {
            let file = match stream {
                Stream::Plain(file) => file,
                Stream::Gzip(file) => file.finish()?,
                Stream::Zstd(file) => file.finish()?,
            };
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            others.iter().try_for_each(|other| remove(other))?;
            fs::rename(&aside, &place)
        };
        move_there().map_err(|error| SampleError::at(&place, error))
    }
}

/// Writes a small file whole.
pub(crate) fn write_whole(place: &Path, content: &[u8]) -> Result<(), SampleError> {
    let aside = aside(place);
    let written = fs::write(&aside, content).and_then(|()| fs::rename(&aside, place));
    written.map_err(|error| SampleError::at(place, error))
}

/// Takes a file away, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn aside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.part"))
}
