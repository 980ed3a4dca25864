//! Dates, date-times and times of FHIR, no more exact than they were told.

use std::cmp::Ordering;

use time::{Date, Month};

/// A date, a date-time or a time of the day, perhaps a partial one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Year, month and day, as far as told; none of a time of the day.
    pub(super) date: Vec<i64>,
    /// Hour, minute and nanoseconds of the minute, as far as told.
    pub(super) clock: Vec<i64>,
    /// Minutes east of Greenwich.
    pub(super) offset: Option<i64>,
}

/// What a moment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Date,
    DateTime,
    Time,
}

pub(super) const SECOND: i64 = 1_000_000_000;

impl Moment {
    /// Reads what FHIR writes, and what FHIRPath writes after `@`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let time = text.strip_prefix('T');
        if let Some(time) = time.or_else(|| (text.get(2..3) == Some(":")).then_some(text)) {
            let (date, clock, kind) = (Vec::new(), clock(time)?, Kind::Time);
            return Some(Self { text: time.to_owned(), kind, date, clock, offset: None });
        }
        let Some((day, rest)) = text.split_once('T') else {
            let (date, kind) = (date(text)?, Kind::Date);
            return Some(Self {
                text: text.to_owned(),
                kind,
                date,
                clock: Vec::new(),
                offset: None,
            });
        };
        let (date, kind) = (date(day)?, Kind::DateTime);
        let text = text.strip_suffix('T').unwrap_or(text).to_owned();
        if rest.is_empty() {
            return Some(Self { text, kind, date, clock: Vec::new(), offset: None });
        }
        let (rest, offset) = zone(rest)?;
        let clock = if date.len() == 3 { clock(rest)? } else { return None };
        Some(Self { text, kind, date, clock, offset })
    }

    /// As it was written, without `@` and `T` around it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Can the two be compared at all?
    pub(crate) fn is_comparable_to(&self, other: &Self) -> bool {
        (self.kind == Kind::Time) == (other.kind == Kind::Time)
    }

    /// Which comes first; nothing where they are not exact enough to tell (FHIRPath section 6.2).
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        if !self.is_comparable_to(other) {
            return None;
        }
        if let (Some(left), Some(right)) = (self.instant(), other.instant()) {
            return in_order(&left, &right);
        }
        match in_order(&self.date, &other.date)? {
            Ordering::Equal if self.offset.is_some() != other.offset.is_some() => None,
            Ordering::Equal => in_order(&self.clock, &other.clock),
            decided => Some(decided),
        }
    }

    /// Minutes since a day long ago in Greenwich, and nanoseconds where told.
    fn instant(&self) -> Option<Vec<i64>> {
        let [year, month, day] = self.date[..] else { return None };
        let [hour, minute, ref rest @ ..] = self.clock[..] else { return None };
        let day = i64::from(calendar(year, month, day)?.to_julian_day());
        let minutes = (day * 24 + hour) * 60 + minute - self.offset?;
        Some([&[minutes], rest].concat())
    }
}

/// Component by component; nothing where one breaks off before they differ.
fn in_order(left: &[i64], right: &[i64]) -> Option<Ordering> {
    let differing = left.iter().zip(right).map(|(left, right)| left.cmp(right));
    match differing.into_iter().find(|ordering| ordering.is_ne()) {
        Some(decided) => Some(decided),
        None => (left.len() == right.len()).then_some(Ordering::Equal),
    }
}

/// `2015`, `2015-02`, `2015-02-04`.
fn date(text: &str) -> Option<Vec<i64>> {
    let parts: Vec<&str> = text.split('-').collect();
    let numbers: Vec<i64> = match parts[..] {
        [year] => vec![digits(year, 4)?],
        [year, month] => vec![digits(year, 4)?, digits(month, 2)?],
        [year, month, day] => vec![digits(year, 4)?, digits(month, 2)?, digits(day, 2)?],
        _ => return None,
    };
    let or_first = |at: usize| numbers.get(at).copied().unwrap_or(1);
    calendar(numbers[0], or_first(1), or_first(2))?;
    Some(numbers)
}

fn calendar(year: i64, month: i64, day: i64) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

/// `10`, `10:00`, `10:00:00`, `10:00:00.250`.
fn clock(text: &str) -> Option<Vec<i64>> {
    let parts: Vec<&str> = text.split(':').collect();
    let numbers = match parts[..] {
        [hour] => vec![digits(hour, 2)?],
        [hour, minute] => vec![digits(hour, 2)?, digits(minute, 2)?],
        [hour, minute, second] => vec![digits(hour, 2)?, digits(minute, 2)?, nanoseconds(second)?],
        _ => return None,
    };
    let limits = [24, 60, 60 * SECOND];
    numbers.iter().zip(limits).all(|(number, limit)| *number < limit).then_some(numbers)
}

fn nanoseconds(text: &str) -> Option<i64> {
    let (second, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: String = fraction.chars().chain("00000000".chars()).take(9).collect();
    if plain { Some(digits(second, 2)? * SECOND + digits(&fraction, 9)?) } else { None }
}

/// `10:00Z`, `10:00+02:00`, `10:00`.
fn zone(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at(at);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let east = digits(hours, 2)? * 60 + digits(minutes, 2)?;
    let offset = if offset.starts_with('-') { -east } else { east };
    (east <= 14 * 60).then_some((clock, Some(offset)))
}

fn digits(text: &str, len: usize) -> Option<i64> {
    let plain = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_ordered_as_far_as_they_are_told() {
        let less = Some(Ordering::Less);
        let cases = [
            ("2015", "2016", less),
            ("2015-02", "2015-02-04", None),
            ("2015-02-04", "2015-02-04", Some(Ordering::Equal)),
            ("2015-01", "2015-02-04", less),
            ("2015-02-04", "2015-02-05T10:00:00Z", less),
            ("2015-02-04T10:00:00Z", "2015-02-04T12:00:00+02:00", Some(Ordering::Equal)),
            ("2015-02-04T10:00:00Z", "2015-02-04T10:00:00.5Z", less),
            ("2015-02-04T23:30:00-01:00", "2015-02-05T00:00:00Z", Some(Ordering::Greater)),
            ("2015-02-04T10:00Z", "2015-02-04T10:00:00Z", None),
            ("2015-02-04T10:00:00", "2015-02-04T10:00:00Z", None),
            ("10:00", "T11", less),
            ("10:00", "2015", None),
        ];
        for (left, right, want) in cases {
            let (a, b) = (Moment::parse(left).unwrap(), Moment::parse(right).unwrap());
            assert_eq!(a.order(&b), want, "{left} {right}");
            assert_eq!(b.order(&a), want.map(Ordering::reverse), "{right} {left}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let none = [
            "",
            "15",
            "2015-13",
            "2015-02-30",
            "2015-02T10:00",
            "2015-02-04T25:00",
            "24:00",
            "10:00:61",
            "10:00:00.",
            "2015-02-04T10:00+99:00",
            "2015-02-04-05",
            "T",
            "Zé:",
            "a:b",
        ];
        for text in none {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
