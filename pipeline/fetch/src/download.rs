//! One file of an export: fetched in as many pieces as the network allows, and whole at the end.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use ureq::http::{HeaderMap, header};

use crate::{
    Cut, FetchError, Progress, Step,
    folder::{Fetched, RunFolder},
    hosts::Hosts,
    http::{Ask, Http},
    sign_in::SignIn,
    state::{ExportFile, Journal},
};

const PIECE: usize = 128 << 10;

/// Fetches files into the folder of a run.
pub(crate) struct Downloads<'a> {
    pub(crate) http: &'a Http<'a>,
    pub(crate) hosts: &'a Hosts,
    pub(crate) sign_in: Option<&'a SignIn<'a>>,
    pub(crate) folder: &'a RunFolder,
    pub(crate) progress: &'a (dyn Fn(Progress) + Sync),
}

/// How a transfer ended.
enum Ended {
    /// At the end of the file. Is that certain, or did the server only stop talking?
    Whole { certain: bool },
    /// Before the end, with what there is of use.
    Cut(Cut),
    /// What there was is of no use: another file, or bytes that cannot be unpacked.
    Useless,
}

impl Downloads<'_> {
    /// Fetches a file. Whatever no a server says once the file's time is over, means that.
    pub(crate) fn fetch(&self, file: &ExportFile) -> Result<(), FetchError> {
        let over = || {
            let now = self.http.clock().now().unix_timestamp();
            file.remote.expires.is_some_and(|expires| expires <= now)
        };
        self.fetch_whole(file).map_err(|error| match error {
            FetchError::Refused { step, status, .. } if over() => {
                FetchError::Expired { step, status }
            }
            error => error,
        })
    }

    /// Goes on where an earlier transfer stopped.
    fn fetch_whole(&self, file: &ExportFile) -> Result<(), FetchError> {
        let (part, path) = self.folder.part(&file.name)?;
        let mut grown = Grown::read(part, &path)?;
        let mut etag = self.folder.etag(&file.name).map(str::to_owned);
        let (mut tried, mut furthest, mut doubted) = (0, 0, false);
        loop {
            let cut = match self.transfer(file, &mut grown, &mut etag)? {
                Ended::Whole { certain } => {
                    let short = file.remote.count.is_some_and(|count| grown.lines() < count);
                    if certain || doubted || !short {
                        break;
                    }
                    // The connection was closed without a length: it may have been a cut.
                    doubted = true;
                    grown.clear(&path)?;
                    continue;
                }
                Ended::Cut(cut) => cut,
                Ended::Useless => {
                    grown.clear(&path)?;
                    Cut::NotHttp
                }
            };
            // A line that breaks every gigabyte gets through; one that brings nothing new does not.
            if grown.bytes > furthest {
                (furthest, tried) = (grown.bytes, 0);
            }
            if tried + 1 >= self.http.patience().attempts {
                return Err(FetchError::Unreachable {
                    step: Step::Download,
                    cut,
                    attempts: tried + 1,
                });
            }
            self.http.wait_to_retry(tried, None);
            tried += 1;
        }
        let fetched = Fetched { bytes: grown.bytes, lines: grown.lines() };
        self.folder.finish(&file.name, &grown.part, fetched)
    }

    fn transfer(
        &self,
        file: &ExportFile,
        grown: &mut Grown,
        etag: &mut Option<String>,
    ) -> Result<Ended, FetchError> {
        let sign_in = self.sign_in.filter(|_| file.remote.needs_token);
        let headers = headers(grown.bytes, etag.as_deref());
        let also: &[u16] = if grown.bytes > 0 { &[416] } else { &[] };
        let ask = Ask {
            also,
            ..Ask::get(Step::Download, &file.remote.url, &headers)
                .among(self.hosts)
                .signed_in(sign_in)
        };
        let (answer, body) = self.http.send(&ask)?.into_parts();
        let packed = is_gzip(&answer.headers);
        match answer.status.as_u16() {
            416 if ends_at(&answer.headers, grown.bytes) => {
                return Ok(Ended::Whole { certain: true });
            }
            416 => return Ok(Ended::Useless),
            // A part of the packed file does not continue an unpacked one.
            206 if packed || !starts_at(&answer.headers, grown.bytes) => return Ok(Ended::Useless),
            206 => {}
            _ => {
                grown.clear(Path::new(&file.name))?;
                *etag = strong_etag(&answer.headers).filter(|_| !packed);
                let (name, etag) = (file.name.clone(), etag.clone());
                self.folder.note(&Journal::Begun { name, etag })?;
            }
        }
        let certain = packed
            || answer.headers.contains_key(header::CONTENT_LENGTH)
            || answer.headers.contains_key(header::TRANSFER_ENCODING);
        let reader = body.into_reader();
        if packed {
            self.copy(MultiGzDecoder::new(reader), file, grown, certain)
        } else {
            self.copy(reader, file, grown, certain)
        }
    }

    fn copy(
        &self,
        mut from: impl Read,
        file: &ExportFile,
        grown: &mut Grown,
        certain: bool,
    ) -> Result<Ended, FetchError> {
        let mut piece = vec![0; PIECE];
        loop {
            match from.read(&mut piece) {
                Ok(0) => return Ok(Ended::Whole { certain }),
                Ok(read) => {
                    grown.take(&piece[..read], file)?;
                    (self.progress)(Progress::Bytes(read as u64));
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::InvalidData | ErrorKind::InvalidInput => return Ok(Ended::Useless),
                    kind => return Ok(Ended::Cut(Cut::Connection(kind))),
                },
            }
        }
    }
}

/// The first question takes the file packed. A later one asks for the rest of the unpacked file, for
/// that is what lies here.
fn headers(bytes: u64, etag: Option<&str>) -> Vec<(&'static str, String)> {
    let mut headers = vec![("accept", "application/fhir+ndjson".to_owned())];
    if bytes == 0 {
        headers.push(("accept-encoding", "gzip".to_owned()));
        return headers;
    }
    headers.push(("accept-encoding", "identity".to_owned()));
    headers.push(("range", format!("bytes={bytes}-")));
    headers.extend(etag.map(|etag| ("if-range", etag.to_owned())));
    headers
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn is_gzip(headers: &HeaderMap) -> bool {
    text(headers, header::CONTENT_ENCODING)
        .is_some_and(|coding| matches!(coding.trim(), "gzip" | "x-gzip"))
}

/// A weak tag stands for files that differ in their bytes, so it continues nothing.
fn strong_etag(headers: &HeaderMap) -> Option<String> {
    text(headers, header::ETAG).filter(|etag| etag.starts_with('"')).map(str::to_owned)
}

fn starts_at(headers: &HeaderMap, bytes: u64) -> bool {
    text(headers, header::CONTENT_RANGE)
        .and_then(|range| range.trim().strip_prefix("bytes ")?.split_once('-'))
        .is_some_and(|(start, _)| start.parse() == Ok(bytes))
}

fn ends_at(headers: &HeaderMap, bytes: u64) -> bool {
    text(headers, header::CONTENT_RANGE)
        .and_then(|range| range.trim().strip_prefix("bytes */"))
        .is_some_and(|length| length.parse() == Ok(bytes))
}

/// What there is of a file: its bytes on disk, and the lines in them.
struct Grown {
    part: File,
    bytes: u64,
    full_lines: u64,
    in_line: bool,
}

impl Grown {
    /// What an earlier run left. Bytes that no NDJSON has come from a disk that lost power: such a
    /// part is worth nothing.
    fn read(mut part: File, path: &Path) -> Result<Self, FetchError> {
        let (mut piece, mut spoilt) = (vec![0; PIECE], false);
        let mut grown = Self::of(part.try_clone().map_err(FetchError::folder("opening", path))?);
        loop {
            match part.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => {
                    spoilt |= piece[..read].contains(&0);
                    grown.count(&piece[..read]);
                }
                Err(error) => return Err(FetchError::folder("reading", path)(error)),
            }
        }
        if spoilt {
            grown.clear(path)?;
        }
        Ok(grown)
    }

    fn of(part: File) -> Self {
        Self { part, bytes: 0, full_lines: 0, in_line: false }
    }

    /// Lines that hold something, as an extraction counts them.
    fn lines(&self) -> u64 {
        self.full_lines + u64::from(self.in_line)
    }

    fn clear(&mut self, path: &Path) -> Result<(), FetchError> {
        self.part.set_len(0).map_err(FetchError::folder("emptying", path))?;
        (self.bytes, self.full_lines, self.in_line) = (0, 0, false);
        Ok(())
    }

    fn take(&mut self, piece: &[u8], file: &ExportFile) -> Result<(), FetchError> {
        if self.lines() == 0
            && let Some(first) = piece.iter().find(|byte| !byte.is_ascii_whitespace())
            && *first != b'{'
        {
            return Err(FetchError::NotNdjson { file: file.name.clone() });
        }
        self.part.write_all(piece).map_err(FetchError::folder("writing", &file.name))?;
        self.count(piece);
        Ok(())
    }

    fn count(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        let mut lines = piece.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            self.in_line |= line.iter().any(|byte| !byte.is_ascii_whitespace());
            if lines.peek().is_some() {
                self.full_lines += u64::from(self.in_line);
                self.in_line = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_counted_alike_however_the_bytes_arrive(
            text in "[{} \r\n]{0,60}", cuts in prop::collection::vec(0_usize..60, 0..6)
        ) {
            let mut grown = Grown::of(tempfile::tempfile().unwrap());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.push(text.len());
            cuts.sort_unstable();
            let mut start = 0;
            for cut in cuts {
                grown.count(&text.as_bytes()[start..cut]);
                start = cut;
            }
            let want = text.split('\n').filter(|line| !line.trim().is_empty()).count();
            prop_assert_eq!(grown.lines(), want as u64);
            prop_assert_eq!(grown.bytes, text.len() as u64);
        }
    }

    #[test]
    fn a_part_is_continued_only_where_it_stops() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, value.parse().unwrap());
            headers
        };
        let cases = [
            ("bytes 100-199/200", true, false),
            ("bytes 99-199/200", false, false),
            ("bytes */100", false, true),
            ("bytes */99", false, false),
            ("items 100-1/2", false, false),
            ("", false, false),
        ];
        for (value, starts, ends) in cases {
            assert_eq!(starts_at(&with(value), 100), starts, "{value}");
            assert_eq!(ends_at(&with(value), 100), ends, "{value}");
        }
    }
}
