//! Codes that few persons of a batch have: rolled up before the batch is sealed.
//!
//! Which codes are rare is known only when all rows are written, so the file is written once more,
//! with the rare codes cut to their first characters. A code of enough persons stays as it is.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, StringArray},
    error::ArrowError,
};
use pipeline_domain::{RowToken, Treatment};

/// The columns of a view whose rare codes are rolled up.
#[derive(Debug)]
pub(crate) struct RareCodes(Vec<RareColumn>);

#[derive(Debug)]
struct RareColumn {
    /// Its place in the rows, after the token.
    at: usize,
    persons: usize,
    characters: usize,
    codes: HashMap<String, Few>,
}

/// The persons of a code, as long as they are few.
#[derive(Debug)]
enum Few {
    Persons(HashSet<[u8; RowToken::LEN]>),
    Enough,
}

impl RareCodes {
    pub(crate) fn new(treatments: &[Treatment]) -> Self {
        let rare = |(at, treatment): (usize, &Treatment)| match *treatment {
            Treatment::Rare { persons, characters } => Some(RareColumn {
                at: at + 1,
                persons: persons.into(),
                characters: characters.into(),
                codes: HashMap::new(),
            }),
            _ => None,
        };
        Self(treatments.iter().enumerate().filter_map(rare).collect())
    }

    /// Counts the persons of the codes in these rows.
    pub(crate) fn observe(&mut self, rows: &RecordBatch) {
        for column in &mut self.0 {
            let tokens = rows.column(0).as_fixed_size_binary();
            let codes = rows.column(column.at).as_string::<i32>();
            for (token, code) in tokens.iter().flatten().zip(codes) {
                if let Some(code) = code {
                    column.count(token, code);
                }
            }
        }
    }

    /// Is there a rare code?
    pub(crate) fn is_any(&self) -> bool {
        self.0.iter().any(|column| column.codes.values().any(|few| matches!(few, Few::Persons(_))))
    }

    /// The rows with their rare codes rolled up.
    pub(crate) fn rolled_up(&self, rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
        for column in &self.0 {
            let codes = rows.column(column.at).as_string::<i32>();
            let rolled: StringArray =
                codes.iter().map(|code| code.and_then(|code| column.rolled_up(code))).collect();
            columns[column.at] = Arc::new(rolled);
        }
        RecordBatch::try_new(rows.schema(), columns)
    }
}

impl RareColumn {
    fn count(&mut self, token: &[u8], code: &str) {
        if !self.codes.contains_key(code) {
            self.codes.insert(code.to_owned(), Few::Persons(HashSet::new()));
        }
        let Some(few) = self.codes.get_mut(code) else { return };
        if let Few::Persons(persons) = few {
            let mut bytes = [0; RowToken::LEN];
            bytes.copy_from_slice(token);
            persons.insert(bytes);
            if persons.len() >= self.persons {
                *few = Few::Enough;
            }
        }
    }

    fn rolled_up<'c>(&self, code: &'c str) -> Option<&'c str> {
        if matches!(self.codes.get(code), Some(Few::Enough)) {
            return Some(code);
        }
        let end = code.char_indices().nth(self.characters).map_or(code.len(), |(at, _)| at);
        code.get(..end).filter(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use pipeline_domain::ColumnKind;
    use pipeline_exchange::wire::{ColumnSpec, payload_schema};
    use pipeline_views::CellRef;

    use super::*;
    use crate::columns::Columns;

    #[test]
    fn a_code_leaves_whole_only_where_enough_persons_have_it() {
        let spec = |name: &str| ColumnSpec {
            name: name.to_owned(),
            kind: ColumnKind::Text,
            description: std::collections::BTreeMap::new(),
            element: None,
            code_system: None,
        };
        let treatment = Treatment::Rare { persons: 3, characters: 1 };
        let mut columns = Columns::new([(ColumnKind::Text, treatment)].into_iter(), false);
        // Three persons have I10, two persons have E119 (one of them twice).
        for (person, code) in
            [(1, "I10"), (2, "I10"), (3, "I10"), (1, "E119"), (2, "E119"), (2, "E119")]
        {
            let token = RowToken::new([person; 16]);
            columns.add(token, None, &[CellRef::Text(code.into())], &i32::from, &mut |_, _| None);
        }
        let rows = columns.finish(&payload_schema(&[spec("code")])).unwrap();
        let mut rare = RareCodes::new(&[treatment]);
        rare.observe(&rows);
        assert!(rare.is_any());
        let rolled = rare.rolled_up(&rows).unwrap();
        let codes: Vec<Option<&str>> = rolled.column(1).as_string::<i32>().iter().collect();
        let want = ["I10", "I10", "I10", "E", "E", "E"].map(Some);
        assert_eq!(codes, want);
        assert!(!RareCodes::new(&[Treatment::Keep]).is_any());
    }
}
