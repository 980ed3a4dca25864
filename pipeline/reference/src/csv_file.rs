//! Published CSV files as they come: any of four separators, a byte order mark or none, UTF-8 or the
//! older Latin-1, and headers in the language of whoever made them.

use std::mem;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use time::{Date, macros::format_description};

use crate::{Reason, Record, ReferenceError, SourceFile, version::SourceDigest};

/// A CSV file whose header was read.
pub(crate) struct CsvFile {
    name: String,
    reader: Reader<SourceFile>,
    header: Vec<String>,
    record: ByteRecord,
}

/// One row, with as many cells as the header.
pub(crate) struct CsvRow {
    pub(crate) line: u64,
    cells: Vec<String>,
}

/// A column of the file, where it has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(Option<usize>);

impl At {
    /// Has the file this column?
    pub(crate) fn is_some(self) -> bool {
        self.0.is_some()
    }
}

impl CsvFile {
    pub(crate) fn open(mut source: SourceFile) -> Result<Self, ReferenceError> {
        let name = source.name().to_owned();
        let failed = |source: csv::Error| csv_error(&name, source);
        source.skip_bom().map_err(|error| failed(error.into()))?;
        let separator = separator(source.peek().map_err(|error| failed(error.into()))?);
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            // With the reader's own line ends, lines of a file from Windows are one too low.
            .terminator(Terminator::Any(b'\n'))
            .flexible(true)
            .has_headers(true)
            .from_reader(source);
        let header = reader.byte_headers().map_err(failed)?.iter().map(decode).collect();
        Ok(Self { name, reader, header, record: ByteRecord::new() })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The column with one of these names; case, spaces and punctuation do not count.
    pub(crate) fn find(&self, names: &[&str]) -> At {
        let headers: Vec<String> = self.header.iter().map(|header| plain(header)).collect();
        At(names.iter().find_map(|name| headers.iter().position(|header| header == name)))
    }

    /// A column the list cannot do without.
    pub(crate) fn require(
        &self,
        wanted: &'static str,
        names: &[&str],
    ) -> Result<At, ReferenceError> {
        let found = self.find(names);
        if found.0.is_some() {
            return Ok(found);
        }
        let known = self.header.join(", ");
        Err(ReferenceError::NoColumn { file: self.name.clone(), wanted, known })
    }

    /// The next row that is as wide as the header; others are set aside. `read` counts all.
    pub(crate) fn next(
        &mut self,
        read: &mut u64,
        set_aside: &mut Record,
    ) -> Result<Option<CsvRow>, ReferenceError> {
        let mut record = mem::take(&mut self.record);
        loop {
            let more = self.reader.read_byte_record(&mut record);
            if !more.map_err(|error| csv_error(&self.name, error))? {
                return Ok(None);
            }
            let cells: Vec<String> = record.iter().map(decode).collect();
            if cells.iter().all(String::is_empty) {
                continue; // Spreadsheets end in empty lines.
            }
            *read += 1;
            let line = record.position().map_or(0, csv::Position::line);
            if cells.len() == self.header.len() {
                self.record = record;
                return Ok(Some(CsvRow { line, cells }));
            }
            let code = cells.first().map_or("", String::as_str);
            set_aside.add(&self.name, line, code, Reason::WrongWidth);
        }
    }

    /// The name, size and digest of the file.
    pub(crate) fn finish(self) -> Result<SourceDigest, ReferenceError> {
        let Self { name, reader, .. } = self;
        reader.into_inner().finish().map_err(|error| csv_error(&name, error.into()))
    }
}

impl CsvRow {
    /// The text of a cell; an empty one is none.
    pub(crate) fn text(&self, at: At) -> Option<&str> {
        let cell = self.cells.get(at.0?)?.as_str();
        (!cell.is_empty()).then_some(cell)
    }

    /// A number from 0 up, with a point or a comma.
    pub(crate) fn number(&self, at: At) -> Result<Option<f64>, Reason> {
        self.text(at).map(|text| number(text).ok_or(Reason::NotANumber)).transpose()
    }

    /// A day; the end of time (31 December 9999) is none.
    pub(crate) fn day(&self, at: At) -> Result<Option<Date>, Reason> {
        let day = self.text(at).map(|text| day(text).ok_or(Reason::NotADay)).transpose()?;
        Ok(day.filter(|day| day.year() < 9999))
    }
}

/// A number from 0 up.
pub(crate) fn number(text: &str) -> Option<f64> {
    let number: f64 = text.replace(',', ".").parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// A day as ISO 8601 or as Belgians write it. A time zone or time behind it does not count.
pub(crate) fn day(text: &str) -> Option<Date> {
    let iso = format_description!("[year]-[month]-[day]");
    let belgian = format_description!("[day]/[month]/[year]");
    let head = text.get(..10).unwrap_or(text);
    Date::parse(head, iso).or_else(|_| Date::parse(head, belgian)).ok()
}

fn csv_error(file: &str, source: csv::Error) -> ReferenceError {
    ReferenceError::Csv { file: file.to_owned(), source: Box::new(source) }
}

/// The separator that stands most often in the first line.
fn separator(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| line.split(|byte| *byte == wanted).count();
    [b',', b';', b'\t', b'|'].into_iter().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

/// UTF-8 where it is that; else Latin-1, in which each byte is a character.
fn decode(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    text.trim().to_owned()
}

/// A header without what people write differently: `CD_REFNIS` and `Code NIS` alike.
fn plain(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whatever_its_separator_and_encoding() {
        let files: [&[u8]; 4] = [
            b"\xef\xbb\xbfCode NIS;Naam\r\n63079;Verviers\r\n44021;Gent\r\n",
            b"CD_REFNIS|NAAM\n63079|Verviers\n44021|Gent\n",
            b"code-nis,\"naam\"\n63079,\"Verviers\"\n44021,Gent\n,\n",
            b"code nis\tnaam\n63079\tVerviers\n44021\tGent",
        ];
        for bytes in files {
            let mut file = CsvFile::open(SourceFile::of_text("list.csv", bytes)).unwrap();
            let code = file.require("NIS code", &["codenis", "cdrefnis"]).unwrap();
            let (mut read, mut set_aside) = (0, Record::default());
            let mut codes = Vec::new();
            while let Some(row) = file.next(&mut read, &mut set_aside).unwrap() {
                codes.push((row.line, row.text(code).unwrap().to_owned()));
            }
            assert_eq!(codes, [(2, "63079".to_owned()), (3, "44021".to_owned())]);
            let digest = file.finish().unwrap();
            assert_eq!(digest.bytes, bytes.len() as u64);
            assert_eq!(digest.sha256, pipeline_domain::Sha256Digest::of(bytes));
        }
        assert_eq!(decode(b"Li\xe8ge"), "Liège");
    }

    #[test]
    fn days_and_numbers_are_read_as_they_are_written_here() {
        for (text, want) in [("2025-01-31", true), ("31/01/2025", true), ("31-01-2025", false)] {
            assert_eq!(day(text).is_some(), want, "{text}");
        }
        let cases = [("1,5", Some(1.5)), ("0.25", Some(0.25)), ("-1", None), ("NaN", None)];
        for (text, want) in cases {
            assert_eq!(number(text), want, "{text}");
        }
    }
}
