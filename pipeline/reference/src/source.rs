//! A published file as a stream that knows its line and its digest.

use std::{
    fmt,
    io::{self, BufRead, Cursor, Read},
};

use pipeline_domain::Sha256Digest;
use pipeline_exchange::{ExchangeError, Store, StoreReader};

use crate::version::SourceDigest;

/// A file of a list, open for reading.
pub struct SourceFile {
    name: String,
    inner: StoreReader,
    taken: Taken,
}

/// What was read so far.
struct Taken {
    digest: ring::digest::Context,
    line: u64,
    bytes: u64,
}

impl Taken {
    fn add(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.line += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.bytes += bytes.len() as u64;
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("name", &self.name)
            .field("line", &self.taken.line)
            .finish_non_exhaustive()
    }
}

impl SourceFile {
    /// A file of a location.
    pub fn open(store: &Store, path: &str) -> Result<Self, ExchangeError> {
        Ok(Self::new(path, store.reader(path)?))
    }

    /// A text in memory.
    #[must_use]
    pub fn of_text(name: &str, text: impl Into<Vec<u8>>) -> Self {
        Self::new(name, Box::new(Cursor::new(text.into())))
    }

    fn new(name: &str, inner: StoreReader) -> Self {
        let digest = ring::digest::Context::new(&ring::digest::SHA256);
        Self { name: name.to_owned(), inner, taken: Taken { digest, line: 1, bytes: 0 } }
    }

    /// Its name in its location.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line that is being read, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.taken.line
    }

    /// Is it XML, to judge by its first character?
    pub(crate) fn is_xml(&mut self) -> io::Result<bool> {
        let head = self.inner.fill_buf()?;
        let head = head.strip_prefix(BOM).unwrap_or(head);
        Ok(head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<'))
    }

    /// The first bytes, without taking them.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    /// Passes over the byte order mark that spreadsheets write.
    pub(crate) fn skip_bom(&mut self) -> io::Result<()> {
        if self.inner.fill_buf()?.starts_with(BOM) {
            self.consume(BOM.len());
        }
        Ok(())
    }

    /// Its name, size and digest, after reading what is left of it.
    pub(crate) fn finish(mut self) -> io::Result<SourceDigest> {
        loop {
            let left = self.fill_buf()?.len();
            if left == 0 {
                break;
            }
            self.consume(left);
        }
        let Taken { digest, bytes, .. } = self.taken;
        Ok(SourceDigest { name: self.name, bytes, sha256: Sha256Digest::finish(digest) })
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl Read for SourceFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.add(&buffer[..read]);
        Ok(read)
    }
}

impl BufRead for SourceFile {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was filled before, so this reads nothing new and cannot fail.
        if let Ok(filled) = self.inner.fill_buf() {
            self.taken.add(&filled[..amount.min(filled.len())]);
        }
        self.inner.consume(amount);
    }
}
