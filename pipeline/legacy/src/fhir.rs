//! The small pieces of FHIR that every resource here is made of.

use serde_json::{Map, Number, Value, json};
use time::Date;
use time::macros::format_description;

use crate::codes;
use crate::converted::Reason;
use crate::xml::Element;

/// A resource under construction: a member without a value is left out.
pub(crate) struct Resource(Map<String, Value>);

impl Resource {
    pub(crate) fn new(kind: &str) -> Self {
        let mut members = Map::new();
        members.insert("resourceType".to_owned(), kind.into());
        Self(members)
    }

    /// Sets a member to a value, where there is one.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Option<Value>>) -> Self {
        let value = value.into().filter(|value| !is_empty(value));
        if let Some(value) = value {
            self.0.insert(member.to_owned(), value);
        }
        self
    }

    pub(crate) fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whose record it is; made once a patient, copied into each of the patient's resources.
#[derive(Clone)]
pub(crate) struct Subject(String);

impl Subject {
    pub(crate) fn new(number: &str) -> Self {
        Self(number.to_owned())
    }

    /// As an element that refers to the patient.
    pub(crate) fn reference(&self) -> Value {
        by_identifier(codes::SSIN, &self.0)
    }

    /// As an identifier of the patient.
    pub(crate) fn identifier(&self) -> Value {
        identifier(codes::SSIN, &self.0)
    }
}

pub(crate) fn identifier(system: &str, value: &str) -> Value {
    json!({ "system": system, "value": value })
}

pub(crate) fn by_identifier(system: &str, value: &str) -> Value {
    json!({ "identifier": identifier(system, value) })
}

pub(crate) fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

pub(crate) fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [coding(system, code)] })
}

/// A period; `None` where neither end is known.
pub(crate) fn period(start: Option<&str>, end: Option<&str>) -> Option<Value> {
    let mut period = Map::new();
    for (member, day) in [("start", start), ("end", end)] {
        if let Some(day) = day {
            period.insert(member.to_owned(), day.into());
        }
    }
    (!period.is_empty()).then_some(Value::Object(period))
}

/// A number as it was written: a whole number stays one.
pub(crate) fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let decimal = is_plain.then(|| text.parse().ok()).flatten()?;
    Number::from_f64(decimal).map(Value::Number)
}

/// The identifier of a prescription on the national server has twelve characters and begins with BE.
pub(crate) fn is_prescription_id(text: &str) -> bool {
    text.len() == 12
        && text.starts_with("BE")
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A day as XML writes it, with or without a zone, as FHIR writes it.
pub(crate) fn day(text: &str) -> Option<String> {
    let day = text.get(..10)?;
    let rest = text.get(10..)?;
    (is_day(day) && (rest.is_empty() || is_zone(rest))).then(|| day.to_owned())
}

/// A date and time as XML writes it. FHIR has no time without a zone, so such a one is its day.
pub(crate) fn date_time(text: &str) -> Option<String> {
    let Some((date, time)) = text.split_once('T') else { return day(text) };
    let clock = Clock::parse(time)?;
    is_day(date).then(|| clock.on(date))
}

/// A time of day, with its zone where it has one.
struct Clock<'t> {
    time: &'t str,
    zone: &'t str,
}

impl<'t> Clock<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (time, rest) = text.split_at_checked(8)?;
        let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
        let fraction = rest.strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
        let zone = rest.get(fraction..)?;
        let is_whole = is_clock(time) && (zone.is_empty() || is_zone(zone));
        is_whole.then_some(Self { time, zone })
    }

    fn on(&self, date: &str) -> String {
        if self.zone.is_empty() {
            return date.to_owned();
        }
        format!("{date}T{}{}", self.time, self.zone)
    }
}

/// A time of day as FHIR writes it.
pub(crate) fn time_of_day(text: &str) -> Option<String> {
    let padded = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    Clock::parse(&padded).map(|clock| clock.time.to_owned())
}

fn is_day(text: &str) -> bool {
    let form = format_description!("[year]-[month]-[day]");
    text.as_bytes().first().is_some_and(u8::is_ascii_digit) && Date::parse(text, &form).is_ok()
}

fn is_clock(text: &str) -> bool {
    let form = format_description!("[hour]:[minute]:[second]");
    time::Time::parse(text, &form).is_ok()
}

fn is_zone(text: &str) -> bool {
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_at_checked(1) {
        Some(("Z", "")) => true,
        Some(("+" | "-", rest)) => {
            rest.split_once(':').is_some_and(|(hour, minute)| digits(hour) && digits(minute))
        }
        _ => false,
    }
}

/// A moment of KMEHR: a day, a day with a time, a month or a year.
pub(crate) fn moment(element: Option<&Element>) -> Result<Option<String>, Reason> {
    let Some(element) = element else { return Ok(None) };
    let known = |name| element.value_at(&[name]);
    if let Some(date) = known("date") {
        return at_time(date, known("time")).map(Some).ok_or(Reason::BadDate);
    }
    let partial = known("yearmonth").or_else(|| known("year"));
    match partial {
        Some(text) => partial_day(text).map(Some).ok_or(Reason::BadDate),
        None => Ok(None),
    }
}

/// A day with a time, where the time has a zone.
pub(crate) fn at_time(date: &str, time: Option<&str>) -> Option<String> {
    let date = day(date)?;
    match time.and_then(Clock::parse) {
        Some(clock) => Some(clock.on(&date)),
        None => Some(date),
    }
}

/// A year or a month of a year.
fn partial_day(text: &str) -> Option<String> {
    let (partial, rest) = match text.len() {
        4 => (text, "-01-01"),
        7 => (text, "-01"),
        _ => return None,
    };
    is_day(&format!("{partial}{rest}")).then(|| partial.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_its_day() {
        let cases = [
            ("2024-02-29", Some("2024-02-29")),
            ("2024-02-29+01:00", Some("2024-02-29")),
            ("2023-02-29", None),
            ("2024-02-29T10:00:00", Some("2024-02-29")),
            ("2024-02-29T10:00:00.125+01:00", Some("2024-02-29T10:00:00+01:00")),
            ("2024-02-29T10:00:00Z", Some("2024-02-29T10:00:00Z")),
            ("2024-02-29T25:00:00Z", None),
            ("2024-02-29ZT10:00:00", None),
            ("+024-02-29", None),
            ("29/02/2024", None),
            ("", None),
            ("é", None),
        ];
        for (text, want) in cases {
            assert_eq!(date_time(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_number_stays_what_was_written() {
        let cases = [
            ("1", Some(json!(1))),
            ("0.5", Some(json!(0.5))),
            ("NaN", None),
            ("1e3", None),
            ("", None),
            ("1,5", None),
        ];
        for (text, want) in cases {
            assert_eq!(number(text), want, "{text}");
        }
    }
}
