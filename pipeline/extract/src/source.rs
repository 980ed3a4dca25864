//! The source as raw documents: lines of NDJSON, or whole JSON files, in chunks.

use std::io::{self, BufRead, BufReader, Read};

use pipeline_exchange::{ExchangeError, Store, StoreReader};

use crate::Reason;

/// A record of more than this is no record.
const LONGEST_LINE: u64 = 64 << 20;
/// A JSON document may be a large Bundle, read whole.
const LARGEST_DOCUMENT: u64 = 1 << 30;
/// How much is handed on at a time; bounds the memory.
const CHUNK_LINES: usize = 4_096;
const CHUNK_BYTES: usize = 16 << 20;

/// Raw JSON and the line it begins on.
pub(crate) type RawDocument = (u64, Vec<u8>);

/// Where a file stopped being readable.
pub(crate) type Stopped = Option<(u64, Reason)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Lines,
    Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// Reads a file in chunks; tells where it broke off, if it did.
///
/// `take` gets whole documents only: of a file that breaks off, what stands before the break.
pub(crate) fn read_file<E: From<ExchangeError>>(
    source: &Store,
    file: &str,
    mut take: impl FnMut(Vec<RawDocument>) -> Result<(), E>,
) -> Result<Stopped, E> {
    let Some((layout, packing)) = kind_of(file) else {
        return Ok(Some((1, Reason::UnsupportedFormat)));
    };
    let reader = match packing {
        Packing::Plain => source.reader(file)?,
        Packing::Gzip => buffered(flate2::bufread::MultiGzDecoder::new(source.reader(file)?)),
        Packing::Zstd => match zstd::Decoder::with_buffer(source.reader(file)?) {
            Ok(decoder) => buffered(decoder),
            Err(error) => return Ok(Some((1, reason(&error)))),
        },
    };
    match layout {
        Layout::Lines => read_lines(reader, &mut take),
        Layout::Document => read_document(reader, &mut take),
    }
}

fn kind_of(file: &str) -> Option<(Layout, Packing)> {
    let (name, packing) = match file.rsplit_once('.')? {
        (name, "gz") => (name, Packing::Gzip),
        (name, "zst") => (name, Packing::Zstd),
        _ => (file, Packing::Plain),
    };
    let layout = match name.rsplit_once('.')?.1 {
        "ndjson" | "jsonl" => Layout::Lines,
        "json" => Layout::Document,
        _ => return None,
    };
    Some((layout, packing))
}

fn buffered(reader: impl Read + Send + 'static) -> StoreReader {
    Box::new(BufReader::with_capacity(1 << 20, reader))
}

fn read_document<E>(
    reader: StoreReader,
    take: &mut impl FnMut(Vec<RawDocument>) -> Result<(), E>,
) -> Result<Stopped, E> {
    let mut bytes = Vec::new();
    if let Err(error) = reader.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes) {
        return Ok(Some((1, reason(&error))));
    }
    if bytes.len() as u64 > LARGEST_DOCUMENT {
        return Ok(Some((1, Reason::LineTooLong)));
    }
    take(vec![(1, bytes)])?;
    Ok(None)
}

fn read_lines<E>(
    mut reader: StoreReader,
    take: &mut impl FnMut(Vec<RawDocument>) -> Result<(), E>,
) -> Result<Stopped, E> {
    let (mut chunk, mut chunk_bytes, mut line) = (Vec::new(), 0, 0);
    let stopped = loop {
        line += 1;
        let mut bytes = Vec::new();
        match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => break None,
            Err(error) => break Some((line, reason(&error))),
            Ok(read) if read as u64 == LONGEST_LINE && bytes.last() != Some(&b'\n') => {
                // The rest of the file may be one endless line: nothing after it can be trusted.
                break Some((line, Reason::LineTooLong));
            }
            Ok(read) => {
                if !bytes.trim_ascii().is_empty() {
                    chunk.push((line, bytes));
                    chunk_bytes += read;
                }
            }
        }
        if chunk.len() == CHUNK_LINES || chunk_bytes > CHUNK_BYTES {
            take(std::mem::take(&mut chunk))?;
            chunk_bytes = 0;
        }
    };
    if !chunk.is_empty() {
        take(chunk)?;
    }
    Ok(stopped)
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

    fn lines_of(file: &str, bytes: Vec<u8>) -> (Vec<u64>, Stopped) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().to_str().unwrap().parse().unwrap()).unwrap();
        store.write(file, bytes).unwrap();
        let mut seen = Vec::new();
        let stopped = read_file::<ExchangeError>(&store, file, |chunk| {
            seen.extend(chunk.iter().map(|(line, _)| *line));
            Ok(())
        });
        (seen, stopped.unwrap())
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn whatever_the_packing_the_lines_are_the_same() {
        let text = b"{}\n\n{}\n{}".to_vec();
        let cases = [
            ("a.ndjson", text.clone()),
            ("a.ndjson.gz", gzip(&text)),
            ("a.jsonl.zst", zstd::encode_all(&text[..], 3).unwrap()),
        ];
        for (file, bytes) in cases {
            assert_eq!(lines_of(file, bytes), (vec![1, 3, 4], None), "{file}");
        }
    }

    #[test]
    fn a_file_that_breaks_off_gives_its_whole_lines_and_says_where() {
        let text: Vec<u8> = (0..5_000)
            .flat_map(|n| format!("{{\"n\":{}}}\n", n * 7919 % 10_007).into_bytes())
            .collect();
        let mut packed = gzip(&text);
        packed.truncate(packed.len() / 2);
        let (lines, stopped) = lines_of("a.ndjson.gz", packed);
        let (at, reason) = stopped.unwrap();
        assert_eq!(reason, Reason::Truncated);
        assert_eq!(lines, (1..at).collect::<Vec<_>>());

        let mut packed = zstd::encode_all(&text[..], 3).unwrap();
        packed.truncate(packed.len() / 2);
        assert_eq!(lines_of("a.json.zst", packed).1, Some((1, Reason::Truncated)));
        assert_eq!(
            lines_of("a.ndjson.gz", b"this file was never compressed".to_vec()).1,
            Some((1, Reason::Unreadable))
        );
        assert_eq!(lines_of("a.xml", b"<a/>".to_vec()).1, Some((1, Reason::UnsupportedFormat)));
    }
}
