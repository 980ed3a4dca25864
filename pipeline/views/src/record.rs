//! One record through one view: rows of typed cells, or why not.

use pipeline_domain::ColumnKind;
use pipeline_exchange::leaks::holds_national_number;
use serde_json::Value;
use time::{Date, Month, macros::date};

use crate::{
    Fault, FaultKind, View,
    fhirpath::{Item, Literal},
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
    ///
    /// A collection column becomes one text, a JSON array of its values.
    pub fn rows(&self, resource: &Value, today: Date) -> Result<Vec<Row>, Fault> {
        let rows = self.expanded(resource, &Cell::Null, &|values, column, path| {
            self.cell(values, column).map_err(|kind| Fault::new(kind, path))
        })?;
        for row in &rows {
            self.check_event_date(row, today)?;
        }
        Ok(rows)
    }

    fn cell(&self, values: &[Item<'_>], column: usize) -> Result<Cell, FaultKind> {
        let output = &self.outputs[column];
        if output.collection {
            return collected(values, output.kind);
        }
        match values {
            [] => Ok(Cell::Null),
            [item] => landed(item, self.columns[column].kind),
            _ => Err(FaultKind::SeveralValues),
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

/// One value as the type of its column.
fn landed(item: &Item<'_>, kind: ColumnKind) -> Result<Cell, FaultKind> {
    let literal = item.literal().ok_or(FaultKind::BadValue)?;
    match (kind, literal) {
        (ColumnKind::Text, literal) => text(plain(literal)),
        // What is linked is an identifier: it becomes a row token before it leaves the holder.
        (ColumnKind::Linked, literal @ (Literal::Text(_) | Literal::Integer(_))) => {
            Ok(Cell::Text(plain(literal)))
        }
        (ColumnKind::Date, Literal::Text(text)) => date(&text),
        (ColumnKind::Date, Literal::Moment(moment)) => date(moment.as_str()),
        (ColumnKind::Integer, Literal::Integer(number)) => whole(number),
        (ColumnKind::Decimal, Literal::Decimal(number)) => Ok(Cell::Decimal(number)),
        #[expect(clippy::cast_precision_loss, reason = "amounts of care are far below 2^53")]
        (ColumnKind::Decimal, Literal::Integer(number)) => Ok(Cell::Decimal(number as f64)),
        (ColumnKind::Boolean, Literal::Boolean(truth)) => Ok(Cell::Boolean(truth)),
        _ => Err(FaultKind::BadValue),
    }
}

/// The values of a collection column as a JSON array, each of them checked like one alone.
fn collected(values: &[Item<'_>], kind: ColumnKind) -> Result<Cell, FaultKind> {
    if values.is_empty() {
        return Ok(Cell::Null);
    }
    let values = values.iter().map(|item| landed(item, kind).map(json));
    let values = values.collect::<Result<Vec<Value>, FaultKind>>()?;
    text(Value::from(values).to_string())
}

fn json(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => text.into(),
        Cell::Date(day) => Date::from_julian_day(day + EPOCH.to_julian_day())
            .map_or(Value::Null, |date| date.to_string().into()),
        Cell::Integer(number) => number.into(),
        Cell::Decimal(number) => number.into(),
        Cell::Boolean(truth) => truth.into(),
    }
}

fn plain(literal: Literal) -> String {
    match literal {
        Literal::Text(text) => text,
        Literal::Integer(number) => number.to_string(),
        Literal::Decimal(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string(),
        Literal::Moment(moment) => moment.as_str().to_owned(),
    }
}

fn date(text: &str) -> Result<Cell, FaultKind> {
    first_day(text).map(|day| Cell::Date(days(day))).ok_or(FaultKind::DateImplausible)
}

fn text(text: String) -> Result<Cell, FaultKind> {
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
pub(crate) fn first_day(text: &str) -> Option<Date> {
    let (year, month, day) = whole_day(text).or_else(|| partial_day(text))?;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    (year >= EARLIEST_YEAR).then_some(date)
}

/// Year, month and day as nearly every date has them: `2025-03-02`, perhaps with a time behind.
fn whole_day(text: &str) -> Option<(i32, u8, u8)> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] = text.as_bytes() else {
        return None;
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    let is_day = digits.iter().all(|byte| byte.is_ascii_digit()) && matches!(rest, [] | [b'T', ..]);
    let two = |tens: &u8, ones: &u8| (tens - b'0') * 10 + (ones - b'0');
    is_day
        .then(|| (i32::from(two(y1, y2)) * 100 + i32::from(two(y3, y4)), two(m1, m2), two(d1, d2)))
}

fn partial_day(text: &str) -> Option<(i32, u8, u8)> {
    let mut parts = text.split('T').next()?.splitn(3, '-');
    let year: i32 = exactly(parts.next()?, 4)?;
    let month: u8 = parts.next().map_or(Some(1), |month| exactly(month, 2))?;
    let day: u8 = parts.next().map_or(Some(1), |day| exactly(day, 2))?;
    Some((year, month, day))
}

fn exactly<T: std::str::FromStr>(digits: &str, len: usize) -> Option<T> {
    let plain = digits.len() == len && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

pub(crate) fn days(date: Date) -> i32 {
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
            (json!({"status": {"deep": 1}}), "1 rows"),
            (json!({"resourceType": "Patient"}), "0 rows"),
        ];
        for (mut resource, want) in cases {
            if resource["resourceType"].is_null() {
                resource["resourceType"] = json!("Observation");
            }
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
    fn a_collection_is_landed_as_json_text_and_checked_value_by_value() {
        let definition = json!({"resource": "Patient", "select": [{"column": [
            {"name": "given", "path": "name.given", "collection": true},
            {"name": "since", "path": "name.period.start", "type": "dateTime", "collection": true},
        ]}]});
        let view = View::parse("v.json", definition.to_string().as_bytes()).unwrap();
        let rows = |name: Value| {
            let patient = json!({"resourceType": "Patient", "name": name});
            view.rows(&patient, date!(2026 - 11 - 25))
        };
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(
            rows(json!([{"given": ["A", "B"]}, {"given": ["C"], "period": {"start": "2020-05"}}])),
            Ok(vec![vec![text(r#"["A","B","C"]"#), text(r#"["2020-05-01"]"#)]])
        );
        assert_eq!(rows(json!([])), Ok(vec![vec![Cell::Null, Cell::Null]]));
        let faults = [
            (json!({"given": ["A", "93.05.18-223.61"]}), FaultKind::IdentifierInPayload),
            (json!({"period": {"start": "soon"}}), FaultKind::DateImplausible),
            (json!({"given": [{}]}), FaultKind::BadValue),
        ];
        for (name, want) in faults {
            assert_eq!(rows(name).unwrap_err().kind, want);
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

        #[test]
        fn a_whole_day_is_the_same_by_the_short_way(text in "[0-9+]{4}-[0-9-]{2}-[0-9]{1,3}[T ]?") {
            let long = partial_day(&text);
            prop_assert!(whole_day(&text).is_none_or(|short| long == Some(short)), "{text}");
        }
    }
}
