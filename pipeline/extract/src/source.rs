//! The source as pieces of raw text: blocks of whole lines of NDJSON, or whole documents.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use pipeline_exchange::{ExchangeError, Store, StoreReader};

use crate::Reason;

/// A record of more than this is no record.
const LONGEST_LINE: usize = 64 << 20;
/// A document may be a large Bundle, read whole.
const LARGEST_DOCUMENT: u64 = 1 << 30;
/// How much is handed on at a time. Always the same, so that the pieces of a source, and with them
/// everything made of them, do not depend on the number of cores.
const PIECE: usize = 4 << 20;

/// A part of a file that can be looked at on its own.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The number of the file in the source.
    pub(crate) file: usize,
    /// Lines of the file before this piece.
    pub(crate) first_line: u64,
    pub(crate) layout: Layout,
    /// Bytes of the file, as stored, that were read for it.
    pub(crate) stored: u64,
    pub(crate) bytes: Vec<u8>,
    /// Where the file breaks off after this piece, why.
    pub(crate) stopped: Option<Reason>,
}

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One JSON document a line.
    Lines,
    /// One JSON document.
    Document,
    /// One XML message.
    Xml,
    /// One table, with a header.
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// Reads the files one after the other; `take` gets their pieces and says whether to go on.
pub(crate) fn read_pieces(
    source: &Store,
    files: &[String],
    spare: &dyn Fn() -> Vec<u8>,
    take: &mut dyn FnMut(Piece) -> bool,
) -> Result<(), ExchangeError> {
    for (file, name) in files.iter().enumerate() {
        let (mut first_line, mut told) = (0, 0);
        let stored = Arc::new(AtomicU64::new(0));
        let mut piece = |layout, bytes: Vec<u8>, stopped| {
            let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
            let so_far = stored.load(Ordering::Relaxed);
            let piece = Piece { file, first_line, layout, stored: so_far - told, bytes, stopped };
            first_line += lines;
            told = so_far;
            take(piece)
        };
        let Some((layout, packing)) = kind_of(name) else {
            if !piece(Layout::Document, Vec::new(), Some(Reason::UnsupportedFormat)) {
                return Ok(());
            }
            continue;
        };
        let reader = match unpacked(
            Counted { inner: source.reader(name)?, read: Arc::clone(&stored) },
            packing,
        ) {
            Ok(reader) => reader,
            Err(error) => {
                if !piece(layout, Vec::new(), Some(reason(&error))) {
                    return Ok(());
                }
                continue;
            }
        };
        let goes_on = match layout {
            Layout::Lines => read_lines(reader, spare, &mut piece),
            _ => read_document(reader, layout, &mut piece),
        };
        if !goes_on {
            return Ok(());
        }
    }
    Ok(())
}

/// Counts what is read of a file as it is stored.
struct Counted {
    inner: StoreReader,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.read.fetch_add(amount as u64, Ordering::Relaxed);
        self.inner.consume(amount);
    }
}

fn unpacked(reader: Counted, packing: Packing) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packing {
        Packing::Plain => Box::new(reader),
        Packing::Gzip => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(reader))),
        Packing::Zstd => Box::new(zstd::Decoder::with_buffer(reader)?),
    })
}

/// What a file holds, by its name.
fn kind_of(file: &str) -> Option<(Layout, Packing)> {
    let (name, packing) = match file.rsplit_once('.')? {
        (name, "gz") => (name, Packing::Gzip),
        (name, "zst") => (name, Packing::Zstd),
        _ => (file, Packing::Plain),
    };
    let layout = match name.rsplit_once('.')?.1 {
        "ndjson" | "jsonl" => Layout::Lines,
        "json" => Layout::Document,
        "xml" => Layout::Xml,
        "csv" => Layout::Csv,
        _ => return None,
    };
    Some((layout, packing))
}

type Take<'a> = dyn FnMut(Layout, Vec<u8>, Option<Reason>) -> bool + 'a;

fn read_document(reader: impl Read, layout: Layout, take: &mut Take<'_>) -> bool {
    let mut bytes = Vec::new();
    let stopped = match reader.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes) {
        Err(error) => Some(reason(&error)),
        Ok(_) if bytes.len() as u64 > LARGEST_DOCUMENT => Some(Reason::LineTooLong),
        Ok(_) => None,
    };
    if stopped.is_some() {
        bytes.clear();
    }
    take(layout, bytes, stopped)
}

fn read_lines(mut reader: impl Read, spare: &dyn Fn() -> Vec<u8>, take: &mut Take<'_>) -> bool {
    let mut bytes = spare();
    loop {
        let wanted = PIECE.saturating_sub(bytes.len()).max(PIECE / 4) as u64;
        let read = match (&mut reader).take(wanted).read_to_end(&mut bytes) {
            Ok(read) => read,
            Err(error) => {
                // Of a file that breaks off, what stands before the break counts.
                let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
                bytes.truncate(whole);
                return take(Layout::Lines, bytes, Some(reason(&error)));
            }
        };
        if read == 0 {
            return bytes.is_empty() || take(Layout::Lines, bytes, None);
        }
        let Some(end) = memchr::memrchr(b'\n', &bytes) else {
            if bytes.len() > LONGEST_LINE {
                // The rest of the file may be one endless line: nothing after it can be trusted.
                return take(Layout::Lines, Vec::new(), Some(Reason::LineTooLong));
            }
            continue;
        };
        let mut next = spare();
        next.extend_from_slice(&bytes[end + 1..]);
        bytes.truncate(end + 1);
        if !take(Layout::Lines, std::mem::replace(&mut bytes, next), None) {
            return false;
        }
    }
}

fn reason(error: &io::Error) -> Reason {
    let text = error.to_string();
    let broke_off =
        error.kind() == io::ErrorKind::UnexpectedEof || text.contains("incomplete frame");
    if broke_off { Reason::Truncated } else { Reason::Unreadable }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// The text of a file as its pieces give it, and where it broke off.
    fn read(file: &str, bytes: Vec<u8>) -> (Vec<u8>, Option<Reason>) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().to_str().unwrap().parse().unwrap()).unwrap();
        store.write(file, bytes).unwrap();
        let (mut text, mut stopped) = (Vec::new(), None);
        read_pieces(&store, &[file.to_owned()], &Vec::new, &mut |piece| {
            text.extend(piece.bytes);
            stopped = stopped.or(piece.stopped);
            true
        })
        .unwrap();
        (text, stopped)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn whatever_the_packing_the_text_is_the_same() {
        let text: Vec<u8> =
            (0..900_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect();
        let cases = [
            ("a.ndjson", text.clone()),
            ("a.ndjson.gz", gzip(&text)),
            ("a.jsonl.zst", zstd::encode_all(&text[..], 3).unwrap()),
            ("a.json", text.clone()),
        ];
        for (file, bytes) in cases {
            assert!(read(file, bytes) == (text.clone(), None), "{file}");
        }
    }

    #[test]
    fn every_piece_of_lines_ends_where_a_line_ends() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().to_str().unwrap().parse().unwrap()).unwrap();
        let text = "{\"number\":1234567}\n".repeat(1_000_000);
        store.write("a.ndjson", text.into_bytes()).unwrap();
        let mut pieces = 0;
        read_pieces(&store, &["a.ndjson".to_owned()], &Vec::new, &mut |piece| {
            assert_eq!(piece.bytes.last(), Some(&b'\n'));
            pieces += 1;
            true
        })
        .unwrap();
        assert!(pieces > 3);
    }

    #[test]
    fn a_file_that_breaks_off_gives_its_whole_lines_and_says_why() {
        let text: Vec<u8> = (0..5_000)
            .flat_map(|n| format!("{{\"n\":{}}}\n", n * 7919 % 10_007).into_bytes())
            .collect();
        let mut packed = gzip(&text);
        packed.truncate(packed.len() / 2);
        let (read_text, stopped) = read("a.ndjson.gz", packed);
        assert_eq!(stopped, Some(Reason::Truncated));
        assert!(!read_text.is_empty() && text.starts_with(&read_text));
        assert_eq!(read_text.last(), Some(&b'\n'));

        let mut packed = zstd::encode_all(&text[..], 3).unwrap();
        packed.truncate(packed.len() / 2);
        assert_eq!(read("a.json.zst", packed), (Vec::new(), Some(Reason::Truncated)));
        assert_eq!(
            read("a.ndjson.gz", b"this file was never compressed".to_vec()).1,
            Some(Reason::Unreadable)
        );
        assert_eq!(read("a.pdf", b"%PDF".to_vec()).1, Some(Reason::UnsupportedFormat));
    }
}
