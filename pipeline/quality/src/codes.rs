//! Which codes a column holds, and which of them it should not.
//!
//! Values are counted in a table bounded in size. Past the bound a fixed share of the values stays,
//! chosen by their hash; whether a value conforms is still decided for every row, so that tally is
//! exact always.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use hashbrown::{HashTable, hash_table::Entry};
use pipeline_domain::quality::CodeSet;
use pipeline_exchange::leaks::LeakScanner;

use crate::{
    hash::{is_sampled, of_many, of_words, short},
    view::{CodeCount, Distinct, Look, Tally},
};

/// At most this many codes are reported.
pub(crate) const MOST_REPORTED: usize = 200;
/// At most this many looks of values that do not conform.
const MOST_LOOKS: usize = 8;
/// A code is not longer; free text is.
const LONGEST_CODE: usize = 24;
/// The leak scanner names at most this many rows of a finding.
const SCANNED_TOGETHER: usize = 20;

/// The texts of one column.
#[derive(Debug, Clone)]
pub(crate) struct Codes {
    table: HashTable<Code>,
    level: u32,
    most: usize,
    allowed: Option<CodeSet>,
    /// Rows whose value left the table, or never entered it, and does not conform.
    failed_outside: u64,
    rows: u64,
}

#[derive(Debug, Clone)]
struct Code {
    hash: u64,
    /// The text itself, where it is short.
    words: Option<(u64, u64)>,
    text: Box<str>,
    rows: u64,
}

/// The bytes of a text, with their hash, and as words where they are few.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed<'a> {
    bytes: &'a [u8],
    words: Option<(u64, u64)>,
    pub(crate) hash: u64,
}

impl<'a> Hashed<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let words = short(bytes);
        let hash = words.map_or_else(|| of_many(bytes), |words| of_words(words, bytes.len()));
        Self { bytes, words, hash }
    }

    /// Are these the same bytes?
    #[inline]
    pub(crate) fn is(&self, bytes: &[u8]) -> bool {
        self.bytes.len() == bytes.len()
            && self.words.map_or_else(|| self.bytes == bytes, |words| short(bytes) == Some(words))
    }
}

/// What the texts of a column come to.
pub(crate) struct CodesFound {
    pub(crate) conforming: Option<Tally>,
    pub(crate) distinct: Distinct,
    pub(crate) codes: Vec<CodeCount>,
    pub(crate) looks: Vec<Look>,
}

impl Codes {
    pub(crate) fn of_at_most(most: usize, allowed: Option<CodeSet>) -> Self {
        Self { table: HashTable::new(), level: 0, most, allowed, failed_outside: 0, rows: 0 }
    }

    /// Counts some rows in a row that have this text, given as its bytes.
    #[inline]
    pub(crate) fn add(&mut self, text: &Hashed<'_>, rows: u64) {
        self.rows += rows;
        if let Some(code) = self.table.find_mut(text.hash, |code| code.is(text)) {
            code.rows += rows;
        } else {
            // Columns of texts hold UTF-8 and nothing else.
            let known = std::str::from_utf8(text.bytes).unwrap_or_default();
            self.add_rows(known, text.hash, rows);
        }
    }

    /// As `add`, where there may have been no row yet.
    #[inline]
    pub(crate) fn add_run(&mut self, text: &Hashed<'_>, rows: u64) {
        if rows > 0 {
            self.add(text, rows);
        }
    }

    #[cold]
    fn add_rows(&mut self, text: &str, hash: u64, rows: u64) {
        if !is_sampled(hash, self.level) {
            self.failed_outside += if self.conforms(text) { 0 } else { rows };
            return;
        }
        let hashed = Hashed::new(text.as_bytes());
        match self.table.entry(hash, |code| code.is(&hashed), |code| code.hash) {
            Entry::Occupied(mut code) => code.get_mut().rows += rows,
            Entry::Vacant(place) => {
                place.insert(Code { hash, words: hashed.words, text: text.into(), rows });
                while self.table.len() > self.most {
                    self.raise(self.level + 1);
                }
            }
        }
    }

    fn conforms(&self, text: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.holds(text))
    }

    fn raise(&mut self, level: u32) {
        if level == self.level {
            return;
        }
        self.level = level;
        let allowed = self.allowed.as_ref();
        let gone = self.table.extract_if(|code| !is_sampled(code.hash, level));
        self.failed_outside += gone
            .filter(|code| allowed.is_some_and(|allowed| !allowed.holds(&code.text)))
            .map(|code| code.rows)
            .sum::<u64>();
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.failed_outside += other.failed_outside;
        self.raise(self.level.max(other.level));
        for code in other.table {
            self.add_rows(&code.text, code.hash, code.rows);
        }
    }

    /// What was found. Codes are shown where the column declares that it holds codes.
    pub(crate) fn finish(self, declared: bool) -> CodesFound {
        let distinct = self.distinct();
        let complete = distinct.exact;
        let allowed = self.allowed;
        let (fit, unfit): (Vec<Code>, Vec<Code>) = self
            .table
            .into_iter()
            .partition(|code| allowed.as_ref().is_none_or(|allowed| allowed.holds(&code.text)));
        let failed = self.failed_outside + unfit.iter().map(|code| code.rows).sum::<u64>();
        let conforming = allowed.is_some().then_some(Tally { checked: self.rows, failed });
        let shown = if declared && complete { fit } else { Vec::new() };
        CodesFound { conforming, distinct, codes: reported(shown), looks: looks(&unfit) }
    }

    fn distinct(&self) -> Distinct {
        if self.level == 0 {
            Distinct { values: self.table.len() as u64, exact: true }
        } else {
            Distinct { values: self.most as u64, exact: false }
        }
    }
}

impl Code {
    #[inline]
    fn is(&self, text: &Hashed<'_>) -> bool {
        self.words == text.words
            && self.text.len() == text.bytes.len()
            && (text.words.is_some() || self.text.as_bytes() == text.bytes)
    }
}

/// The most frequent codes, without any that may be no code at all.
fn reported(mut codes: Vec<Code>) -> Vec<CodeCount> {
    codes.retain(|code| looks_like_a_code(&code.text));
    codes.sort_unstable_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.text.cmp(&b.text)));
    codes.truncate(MOST_REPORTED);
    let safe = codes.chunks(SCANNED_TOGETHER).flat_map(without_national_numbers);
    safe.map(|code| CodeCount { code: code.text.to_string(), rows: code.rows }).collect()
}

/// A code is short, has no space, and is a lower-case word or has a digit or a sign in it: a name
/// written into a code column does not pass.
fn looks_like_a_code(text: &str) -> bool {
    let is_plain = text.bytes().all(|letter| letter.is_ascii_graphic() && letter != b'@');
    let is_word = text.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-');
    let has_sign = text.bytes().any(|letter| !letter.is_ascii_alphabetic());
    !text.is_empty()
        && text.len() <= LONGEST_CODE
        && is_plain
        && (is_word || has_sign || text.len() <= 4)
}

/// The codes of this handful that do not look like national numbers, by the scanner of the doors.
fn without_national_numbers(codes: &[Code]) -> Vec<&Code> {
    let texts: StringArray = codes.iter().map(|code| Some(&*code.text)).collect();
    let numbers: Int64Array = codes.iter().map(|code| code.text.parse::<i64>().ok()).collect();
    let columns: [(&str, ArrayRef); 2] =
        [("text", std::sync::Arc::new(texts)), ("number", std::sync::Arc::new(numbers))];
    // Two columns of one length always make a batch; were it otherwise, nothing would be shown.
    let Ok(batch) = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    ) else {
        return Vec::new();
    };
    let mut scanner = LeakScanner::default();
    scanner.scan(&batch);
    let leaks = scanner.finish();
    let is_leak = |row: usize| leaks.iter().any(|leak| leak.rows.contains(&(row as u64)));
    codes.iter().enumerate().filter(|(row, _)| !is_leak(*row)).map(|(_, code)| code).collect()
}

/// How the values look that do not conform: letters as `A` and `a`, digits as `9`. The values
/// themselves may be anything, a name too, and are never shown.
fn looks(codes: &[Code]) -> Vec<Look> {
    let mut rows = BTreeMap::<String, u64>::new();
    for code in codes {
        *rows.entry(look_of(&code.text)).or_default() += code.rows;
    }
    let mut looks: Vec<Look> = rows.into_iter().map(|(look, rows)| Look { look, rows }).collect();
    looks.sort_by_key(|look| std::cmp::Reverse(look.rows));
    looks.truncate(MOST_LOOKS);
    looks
}

fn look_of(text: &str) -> String {
    let mut look: String = text.chars().take(LONGEST_CODE).map(look_of_letter).collect();
    if text.chars().nth(LONGEST_CODE).is_some() {
        look.push('…');
    }
    look
}

fn look_of_letter(letter: char) -> char {
    match letter {
        _ if letter.is_numeric() => '9',
        _ if letter.is_uppercase() => 'A',
        _ if letter.is_alphabetic() => 'a',
        _ if letter.is_ascii_graphic() => letter,
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str], most: usize) -> CodesFound {
        let allowed = CodeSet { shapes: vec!["A99*".to_owned().into()], ..CodeSet::default() };
        let mut codes = Codes::of_at_most(most, Some(allowed));
        for text in texts {
            codes.add(&Hashed::new(text.as_bytes()), 1);
        }
        codes.finish(true)
    }

    #[test]
    fn a_value_that_is_no_code_shows_its_look_alone() {
        let found = found(&["J07", "J07", "Peeters, Jan", "85073003328"], 100);
        assert_eq!(found.conforming, Some(Tally { checked: 4, failed: 2 }));
        assert_eq!(found.codes, [CodeCount { code: "J07".to_owned(), rows: 2 }]);
        let looks: Vec<&str> = found.looks.iter().map(|look| look.look.as_str()).collect();
        assert_eq!(looks, ["99999999999", "Aaaaaaa,_Aaa"]);
    }

    #[test]
    fn a_national_number_in_a_code_column_without_rules_is_not_shown() {
        let mut codes = Codes::of_at_most(100, None);
        for text in ["85073003328", "73211009", "JANSSENS", "jan@hospital.example", "final"] {
            codes.add(&Hashed::new(text.as_bytes()), 1);
        }
        let shown: Vec<String> =
            codes.finish(true).codes.into_iter().map(|code| code.code).collect();
        assert_eq!(shown, ["73211009", "final"]);
    }

    #[test]
    fn past_the_bound_conformance_stays_exact_and_no_code_is_called_frequent() {
        let texts: Vec<String> = (0..1000).map(|n| format!("{n:03}")).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.extend(["A10"; 50]);
        let found = found(&texts, 16);
        assert_eq!(found.conforming, Some(Tally { checked: 1050, failed: 1000 }));
        assert_eq!(found.distinct, Distinct { values: 16, exact: false });
        assert!(found.codes.is_empty());
    }
}
