//! The leak scanner at the doors: does a column hold values that look like national numbers?
//!
//! It runs where a holder writes its payload and again where the HDA takes it in. It knows nothing
//! of the parser that holders use, on purpose: it is the second opinion. A finding names the
//! column and the rows, never the value.

use arrow::{
    array::{Array, AsArray, DictionaryArray, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Int32Type},
};

/// At most this many rows are named in one finding.
const ROWS_NAMED: usize = 20;

/// A column in which values look like national numbers (INSS or BIS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The column.
    pub column: String,
    /// The first rows that have such a value, counted from 0.
    pub rows: Vec<u64>,
    /// How many rows have one.
    pub count: u64,
}

/// Scans the text and integer columns of one file, batch by batch.
#[derive(Debug, Default)]
pub struct LeakScanner {
    leaks: Vec<Leak>,
    rows: u64,
}

impl LeakScanner {
    /// A scanner for the part of a file that begins at this row; see [`add`](Self::add).
    #[must_use]
    pub fn starting_at(row: u64) -> Self {
        Self { leaks: Vec::new(), rows: row }
    }

    /// Adds what was found in the part of the file after this one.
    pub fn add(&mut self, next: Self) {
        for leak in next.leaks {
            match self.leaks.iter_mut().find(|known| known.column == leak.column) {
                Some(known) => {
                    known.count += leak.count;
                    known.rows.extend(leak.rows);
                    known.rows.truncate(ROWS_NAMED);
                }
                None => self.leaks.push(leak),
            }
        }
        self.rows = next.rows;
    }

    /// Looks at the next rows.
    pub fn scan(&mut self, batch: &RecordBatch) {
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            match field.data_type() {
                DataType::Utf8 => {
                    if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
                        self.scan_texts(field.name(), texts);
                    }
                }
                DataType::Int64 => {
                    if let Some(numbers) = column.as_any().downcast_ref::<Int64Array>() {
                        self.scan_numbers(field.name(), numbers);
                    }
                }
                DataType::Dictionary(_, _) => {
                    if let Some(codes) = column.as_dictionary_opt::<Int32Type>() {
                        self.scan_codes(field.name(), codes);
                    }
                }
                _ => {}
            }
        }
        self.rows += batch.num_rows() as u64;
    }

    /// What was found in all rows.
    #[must_use]
    pub fn finish(self) -> Vec<Leak> {
        self.leaks
    }

    fn scan_texts(&mut self, name: &str, texts: &StringArray) {
        for (at, text) in texts.iter().enumerate() {
            if text.is_some_and(holds_national_number) {
                self.found(name, at);
            }
        }
    }

    /// Texts that are written as codes: each is looked at once, however often it stands in a row.
    fn scan_codes(&mut self, name: &str, codes: &DictionaryArray<Int32Type>) {
        let Some(texts) = codes.values().as_string_opt::<i32>() else {
            return;
        };
        let looks: Vec<bool> =
            texts.iter().map(|text| text.is_some_and(holds_national_number)).collect();
        if !looks.contains(&true) {
            return;
        }
        for (at, code) in codes.keys().iter().enumerate() {
            let code = code.and_then(|code| usize::try_from(code).ok());
            if code.and_then(|code| looks.get(code)).is_some_and(|looks| *looks) {
                self.found(name, at);
            }
        }
    }

    fn scan_numbers(&mut self, name: &str, numbers: &Int64Array) {
        for (at, number) in numbers.iter().enumerate() {
            let looks = number
                .and_then(|number| u64::try_from(number).ok())
                .is_some_and(|number| number < 100_000_000_000 && is_national_number(number));
            // Small integers pass the modulo by chance and are no identifiers: an INSS written as
            // a number keeps at least eight digits for anyone born after 1900.
            if looks && number.is_some_and(|number| number >= 10_000_000) {
                self.found(name, at);
            }
        }
    }

    fn found(&mut self, column: &str, at: usize) {
        let row = self.rows + at as u64;
        match self.leaks.iter_mut().find(|leak| leak.column == column) {
            Some(leak) => {
                leak.count += 1;
                if leak.rows.len() < ROWS_NAMED {
                    leak.rows.push(row);
                }
            }
            None => self.leaks.push(Leak { column: column.to_owned(), rows: vec![row], count: 1 }),
        }
    }
}

/// Does the text hold a run of eleven digits, plain or grouped by `.`, `-` or space, that passes
/// the check of a national number and has a plausible date?
#[must_use]
pub fn holds_national_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (digits, value, end) = run_of_digits(bytes, at);
        if digits == 11 && is_national_number(value) {
            return true;
        }
        at = end;
    }
    false
}

/// The digits from here on, looking through single separators: how many, their value, their end.
fn run_of_digits(bytes: &[u8], start: usize) -> (usize, u64, usize) {
    let (mut digits, mut value, mut at) = (0, 0_u64, start);
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii_digit() {
            digits += 1;
            value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        } else if !(matches!(byte, b'.' | b'-' | b' ')
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
        {
            break;
        }
        at += 1;
    }
    (digits, value, at)
}

fn is_national_number(number: u64) -> bool {
    let (nine, check) = (number / 100, number % 100);
    let fits = |base: u64| 97 - (base + nine) % 97 == check;
    let (month, day, serial) = (nine / 100_000 % 100, nine / 1_000 % 100, nine % 1_000);
    (fits(0) || fits(2_000_000_000))
        && matches!(month, 0..=12 | 20..=32 | 40..=52)
        && day <= 31
        && (1..=998).contains(&serial)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;

    use super::*;

    #[test]
    fn national_numbers_are_seen_in_any_writing() {
        let cases = [
            ("93051822361", true),
            ("93.05.18-223.61", true),
            ("ssin 00010100105 of the patient", true),
            ("85273003371", true),
            ("93051822360", false),
            ("9305182236", false),
            ("930518223611", false),
            ("J07BB02", false),
            ("2025-11-03", false),
            ("", false),
        ];
        for (text, want) in cases {
            assert_eq!(holds_national_number(text), want, "{text}");
        }
    }

    #[test]
    fn a_finding_names_the_column_and_the_rows() {
        let codes: ArrayRef =
            Arc::new(StringArray::from(vec![Some("J07BB02"), None, Some("93051822361")]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), Some(10_100_105), None]));
        let batch = RecordBatch::try_from_iter([("code", codes), ("amount", numbers)]).unwrap();
        let mut scanner = LeakScanner::default();
        scanner.scan(&batch);
        scanner.scan(&batch);

        let found =
            |column: &str, rows: Vec<u64>| Leak { column: column.to_owned(), count: 2, rows };
        let want = [found("code", vec![2, 5]), found("amount", vec![1, 4])];
        assert_eq!(scanner.finish(), want);

        // The same, as codes and by two scanners.
        let codes: DictionaryArray<Int32Type> =
            [Some("J07BB02"), None, Some("93051822361")].into_iter().collect();
        let columns =
            [("code", Arc::new(codes) as ArrayRef), ("amount", Arc::clone(batch.column(1)))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let (mut first, mut next) = (LeakScanner::default(), LeakScanner::starting_at(3));
        next.scan(&batch);
        first.scan(&batch);
        first.add(next);
        assert_eq!(first.finish(), want);
    }
}
