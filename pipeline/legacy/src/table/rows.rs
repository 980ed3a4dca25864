//! Rows of a table as resources, one at a time.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::mapping::{Column, Mapping};
use super::path::prune;
use crate::error::LegacyError;

/// The longest row that is read.
const LONGEST_ROW: usize = 4 << 20;
/// What the reader may take from the file ahead of a row.
const BUFFER: usize = 64 << 10;

/// Reads a table: each row with the line on which it begins, or why it is refused.
///
/// A row that is refused stops nothing; a file without a column of the mapping, or one that cannot be
/// read on, ends with that error ([`LegacyError::is_of_one_row`] tells them apart).
pub fn resources_of_csv(
    reader: impl Read,
    mapping: &Mapping,
) -> impl Iterator<Item = Result<(u64, Value), LegacyError>> {
    let taken = Arc::new(AtomicUsize::new(0));
    let metered = Metered { reader, taken: Arc::clone(&taken) };
    let reader = ReaderBuilder::new()
        .delimiter(mapping.delimiter)
        .quote(mapping.quote)
        .buffer_capacity(BUFFER)
        .from_reader(metered);
    Rows {
        reader,
        taken,
        mapping,
        places: Vec::new(),
        record: ByteRecord::new(),
        stage: Stage::Header,
    }
}

struct Rows<'m, R> {
    reader: Reader<Metered<R>>,
    taken: Arc<AtomicUsize>,
    mapping: &'m Mapping,
    /// Where in a row each column of the mapping stands.
    places: Vec<usize>,
    record: ByteRecord,
    stage: Stage,
}

#[derive(PartialEq)]
enum Stage {
    Header,
    Rows,
    End,
}

impl<R: Read> Iterator for Rows<'_, R> {
    type Item = Result<(u64, Value), LegacyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stage == Stage::Header {
            self.stage = Stage::Rows;
            if let Err(error) = self.find_columns() {
                self.stage = Stage::End;
                return Some(Err(error));
            }
        }
        if self.stage == Stage::End {
            return None;
        }
        self.taken.store(0, Ordering::Relaxed);
        let line = self.reader.position().line();
        let next = match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => {
                self.stage = Stage::End;
                return None;
            }
            Ok(true) => {
                let line = self.record.position().map_or(line, csv::Position::line);
                self.row(line).map(|value| (line, value))
            }
            Err(error) => Err(reason(error, line)),
        };
        if next.as_ref().is_err_and(|error| !error.is_of_one_row()) {
            self.stage = Stage::End;
        }
        Some(next)
    }
}

impl<R: Read> Rows<'_, R> {
    /// Looks up each column of the mapping in the header.
    fn find_columns(&mut self) -> Result<(), LegacyError> {
        let header = self.reader.byte_headers().map_err(|error| reason(error, 1))?;
        let decode =
            |field| decode(field, self.mapping).ok_or(LegacyError::WrongEncoding { line: 1 });
        let names: Vec<String> = header.iter().map(decode).collect::<Result<_, _>>()?;
        let names: Vec<&str> =
            names.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        for column in self.mapping.column_names() {
            if names.iter().filter(|name| **name == column).count() > 1 {
                return Err(LegacyError::AmbiguousColumn { column: column.to_owned() });
            }
        }
        let place = |column: &Column| {
            let (name, path) = (column.name.clone(), column.path.written.clone());
            let place = names.iter().position(|known| *known == column.name);
            place.ok_or(LegacyError::MissingColumn { column: name, path })
        };
        self.places = self.mapping.columns.iter().map(place).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn row(&self, line: u64) -> Result<Value, LegacyError> {
        let mut resource = Map::new();
        resource.insert("resourceType".to_owned(), self.mapping.resource.into());
        let mut is_filled = Vec::with_capacity(self.mapping.columns.len());
        for (column, place) in self.mapping.columns.iter().zip(&self.places) {
            let field = self.record.get(*place).unwrap_or_default();
            let field = decode(field, self.mapping).ok_or(LegacyError::WrongEncoding { line })?;
            is_filled.push(fill(&mut resource, column, field.trim(), line)?);
        }
        for constant in &self.mapping.constants {
            let is_wanted =
                constant.with.is_empty() || constant.with.iter().any(|place| is_filled[*place]);
            if is_wanted {
                constant.path.set(&mut resource, constant.value.clone());
            }
        }
        let mut resource = Value::Object(resource);
        prune(&mut resource);
        Ok(resource)
    }
}

/// Fills the element of one column. Returns whether there was anything to fill it with.
fn fill(
    resource: &mut Map<String, Value>,
    column: &Column,
    text: &str,
    line: u64,
) -> Result<bool, LegacyError> {
    if text.is_empty() {
        let refused = || LegacyError::EmptyField { line, column: column.name.clone() };
        return if column.is_required { Err(refused()) } else { Ok(false) };
    }
    let value = column.reading.read(text);
    let value = value.map_err(|expected| LegacyError::Field {
        line,
        column: column.name.clone(),
        expected,
    })?;
    if let Some((path, system)) = &column.system {
        path.set(resource, system.as_str().into());
    }
    column.path.set(resource, value);
    Ok(true)
}

fn decode(field: &[u8], mapping: &Mapping) -> Option<String> {
    match mapping.encoding {
        Some(encoding) => Some(encoding.decode(field)),
        None => str::from_utf8(field).ok().map(str::to_owned),
    }
}

fn reason(error: csv::Error, line: u64) -> LegacyError {
    let line = error.position().map_or(line, csv::Position::line);
    match error.into_kind() {
        ErrorKind::UnequalLengths { .. } => LegacyError::FieldCount { line },
        ErrorKind::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => {
            LegacyError::RowTooLong { line, most: LONGEST_ROW }
        }
        ErrorKind::Io(source) => LegacyError::Read { line, source },
        _ => LegacyError::WrongEncoding { line },
    }
}

/// Counts what is taken from the file for one row, so that a quote that never closes does not take
/// the whole file into memory.
struct Metered<R> {
    reader: R,
    taken: Arc<AtomicUsize>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken.load(Ordering::Relaxed) > LONGEST_ROW {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.reader.read(buffer)?;
        self.taken.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}
