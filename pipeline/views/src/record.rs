//! One record through one view: rows of typed cells, or why not.

use pipeline_domain::ColumnKind;
use pipeline_exchange::leaks::holds_national_number;
use serde_json::Value;
use time::{Date, Month, macros::date};

use crate::{
    Fault, FaultKind, View,
    fhirpath::{Focus, Item, Literal},
    view::{Select, WhenNone},
};

/// Day 0 of the `Date32` type.
const EPOCH: Date = date!(1970 - 01 - 01);
/// Nothing in a care record happened before.
const EARLIEST_YEAR: i32 = 1900;

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A code or a category.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// A whole number.
    Integer(i64),
    /// A number with decimals.
    Decimal(f64),
    /// Yes or no.
    Boolean(bool),
}

/// One row of a view.
pub type Row = Vec<Cell>;

impl View {
    /// The rows of a resource; none where the view's own conditions leave it out.
    pub fn rows(&self, resource: &Value, today: Date) -> Result<Vec<Row>, Fault> {
        let focus = Focus::top(resource, &self.constants);
        if !self.conditions.iter().all(|condition| focus.holds(condition)) {
            return Ok(Vec::new());
        }
        let empty = vec![Cell::Null; self.columns.len()];
        let rows = self.product(&self.select, &focus, vec![empty])?;
        for row in &rows {
            self.check_event_date(row, today)?;
        }
        Ok(rows)
    }

    /// Sibling selects multiply: each row of one with each row of the next.
    fn product(
        &self,
        selects: &[Select],
        focus: &Focus<'_>,
        mut rows: Vec<Row>,
    ) -> Result<Vec<Row>, Fault> {
        for select in selects {
            let mut next = Vec::new();
            for row in rows {
                next.extend(self.expand(select, focus, row)?);
            }
            rows = next;
        }
        Ok(rows)
    }

    fn expand(&self, select: &Select, focus: &Focus<'_>, row: Row) -> Result<Vec<Row>, Fault> {
        let Some((each, when_none)) = &select.each else {
            return self.expand_here(select, focus, row);
        };
        let items = focus.values(each);
        if items.is_empty() && *when_none == WhenNone::NullRow {
            return Ok(vec![row]);
        }
        let mut rows = Vec::new();
        for item in items {
            rows.extend(self.expand_here(select, &focus.on(item), row.clone())?);
        }
        Ok(rows)
    }

    fn expand_here(
        &self,
        select: &Select,
        focus: &Focus<'_>,
        mut row: Row,
    ) -> Result<Vec<Row>, Fault> {
        for (expr, path, column) in &select.columns {
            row[*column] = self.cell(&focus.values(expr), *column, path)?;
        }
        let rows = self.product(&select.nested, focus, vec![row])?;
        if select.union_all.is_empty() {
            return Ok(rows);
        }
        let mut all = Vec::new();
        for row in rows {
            for branch in &select.union_all {
                all.extend(self.expand(branch, focus, row.clone())?);
            }
        }
        Ok(all)
    }

    fn cell(&self, values: &[Item<'_>], column: usize, path: &str) -> Result<Cell, Fault> {
        let fault = |kind| Fault::new(kind, path);
        let item = match values {
            [] => return Ok(Cell::Null),
            [item] => item,
            _ => return Err(fault(FaultKind::SeveralValues)),
        };
        let literal = item.literal().ok_or_else(|| fault(FaultKind::BadValue))?;
        match (self.columns[column].kind, literal) {
            (ColumnKind::Text, literal) => text(literal).map_err(fault),
            (ColumnKind::Date, Literal::Text(text)) => first_day(&text)
                .map(|day| Cell::Date(days(day)))
                .ok_or_else(|| fault(FaultKind::DateImplausible)),
            (ColumnKind::Integer, Literal::Integer(number)) => whole(number).map_err(fault),
            (ColumnKind::Decimal, Literal::Decimal(number)) => Ok(Cell::Decimal(number)),
            #[expect(clippy::cast_precision_loss, reason = "amounts of care are far below 2^53")]
            (ColumnKind::Decimal, Literal::Integer(number)) => Ok(Cell::Decimal(number as f64)),
            (ColumnKind::Boolean, Literal::Boolean(truth)) => Ok(Cell::Boolean(truth)),
            _ => Err(fault(FaultKind::BadValue)),
        }
    }

    fn check_event_date(&self, row: &[Cell], today: Date) -> Result<(), Fault> {
        let Some(column) = self.event_column else {
            return Ok(());
        };
        match row[column] {
            Cell::Date(day) if day > days(today) => {
                Err(Fault::new(FaultKind::DateInFuture, &self.columns[column].name))
            }
            _ => Ok(()),
        }
    }
}

fn text(literal: Literal) -> Result<Cell, FaultKind> {
    let text = match literal {
        Literal::Text(text) => text,
        Literal::Integer(number) => number.to_string(),
        Literal::Decimal(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string(),
    };
    if holds_national_number(&text) {
        return Err(FaultKind::IdentifierInPayload);
    }
    Ok(Cell::Text(text))
}

fn whole(number: i64) -> Result<Cell, FaultKind> {
    // Counts and years are small; a longer number is checked like a text.
    if number >= 10_000_000 && holds_national_number(&format!("{number:011}")) {
        return Err(FaultKind::IdentifierInPayload);
    }
    Ok(Cell::Integer(number))
}

/// The day of a FHIR date or dateTime; of a partial one the first day it can mean.
fn first_day(text: &str) -> Option<Date> {
    let mut parts = text.split('T').next()?.splitn(3, '-');
    let year: i32 = exactly(parts.next()?, 4)?;
    let month: u8 = parts.next().map_or(Some(1), |month| exactly(month, 2))?;
    let day: u8 = parts.next().map_or(Some(1), |day| exactly(day, 2))?;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    (year >= EARLIEST_YEAR).then_some(date)
}

fn exactly<T: std::str::FromStr>(digits: &str, len: usize) -> Option<T> {
    let plain = digits.len() == len && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn days(date: Date) -> i32 {
    date.to_julian_day() - EPOCH.to_julian_day()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn view() -> View {
        let definition = json!({
            "name": "test", "resource": "Observation",
            "where": [{"path": "status != 'entered-in-error'"}],
            "select": [
                {"column": [
                    {"name": "effective", "path": "effective.ofType(dateTime)", "type": "dateTime",
                     "tag": [{"name": "hda/role", "value": "event-date"}]},
                    {"name": "note", "path": "note.text", "type": "string"},
                ]},
                {"forEachOrNull": "component", "column": [
                    {"name": "value", "path": "value.ofType(Quantity).value", "type": "decimal"},
                ]},
            ],
        });
        View::parse("test.json", definition.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_record_gives_rows_or_says_why_not() {
        let component = |value: Value| json!({"valueQuantity": {"value": value}});
        let cases = [
            (json!({"effectiveDateTime": "2025-03-02"}), "1 rows"),
            (json!({"component": [component(json!(1)), component(json!(2.5))]}), "2 rows"),
            (json!({"status": "entered-in-error"}), "0 rows"),
            (json!({"effectiveDateTime": "2026-11-26"}), "DateInFuture effective"),
            (
                json!({"effectiveDateTime": "0001-01-01"}),
                "DateImplausible effective.ofType(dateTime)",
            ),
            (
                json!({"effectiveDateTime": "{{date}}"}),
                "DateImplausible effective.ofType(dateTime)",
            ),
            (
                json!({"component": [component(json!("many"))]}),
                "BadValue value.ofType(Quantity).value",
            ),
            (json!({"note": [{"text": "a"}, {"text": "b"}]}), "SeveralValues note.text"),
            (json!({"note": [{"text": "see 93.05.18-223.61"}]}), "IdentifierInPayload note.text"),
            (json!({"note": {"text": {"deep": 1}}}), "BadValue note.text"),
        ];
        for (mut resource, want) in cases {
            resource["resourceType"] = json!("Observation");
            if resource["status"].is_null() {
                resource["status"] = json!("final");
            }
            let told = match view().rows(&resource, date!(2026 - 11 - 25)) {
                Ok(rows) => format!("{} rows", rows.len()),
                Err(fault) => format!("{:?} {}", fault.kind, fault.path),
            };
            assert_eq!(told, want, "{resource}");
        }
    }

    #[test]
    fn a_partial_date_means_its_first_day() {
        let cases = [
            ("2025", Some(date!(2025 - 01 - 01))),
            ("2025-03", Some(date!(2025 - 03 - 01))),
            ("2025-03-02", Some(date!(2025 - 03 - 02))),
            ("2025-03-02T10:00:00+01:00", Some(date!(2025 - 03 - 02))),
            ("2025-02-30", None),
            ("25-3-2", None),
            ("+025-03-02", None),
            ("???", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(first_day(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_date_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = first_day(&text);
        }
    }
}
