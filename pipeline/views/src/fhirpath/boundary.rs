//! `lowBoundary()` and `highBoundary()`: the least and the greatest that an inexact value can mean.

use serde_json::Value;
use time::Month;

use super::{
    Item, Literal, Moment,
    moment::{Kind, SECOND},
};

/// Decimals of a boundary where none are asked for (FHIRPath section 5.9).
const DEFAULT_DECIMALS: i64 = 8;
/// More decimals than the arithmetic here is exact for.
const MOST_DECIMALS: i64 = 15;
/// The easternmost and the westernmost zone, in minutes: the first and the last on any day.
const FIRST_ZONE: i64 = 14 * 60;
const LAST_ZONE: i64 = -12 * 60;

/// Which end of what a value can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Low,
    High,
}

/// The boundary of a value, with so many digits (of a decimal, decimals).
pub(super) fn boundary(item: &Item<'_>, end: End, precision: Option<i64>) -> Option<Literal> {
    match item {
        Item::Node(Value::Number(number), _) => decimal(&number.to_string(), end, precision),
        Item::Computed(Literal::Integer(number)) => decimal(&number.to_string(), end, precision),
        // Debug, because Display writes 1.0 as 1.
        Item::Computed(Literal::Decimal(number)) => decimal(&format!("{number:?}"), end, precision),
        _ => moment(&item.moment()?, end, precision).map(Literal::Moment),
    }
}

/// Half a unit of the last written decimal below or above.
fn decimal(text: &str, end: End, precision: Option<i64>) -> Option<Literal> {
    let decimals = precision.unwrap_or(DEFAULT_DECIMALS);
    if !(0..=MOST_DECIMALS).contains(&decimals) {
        return None;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let written = i64::try_from(fraction.len()).ok().filter(|len| *len <= MOST_DECIMALS)?;
    let units: i128 = format!("{whole}{fraction}5").parse().ok()?;
    let units = if text.starts_with('-') { units + 5 } else { units - 5 };
    let units = if end == End::Low { units - 5 } else { units + 5 };
    let digits = shifted(units, decimals - written - 1, end)?;
    let text = format!("{digits}e-{decimals}");
    text.parse().ok().map(Literal::Decimal)
}

/// Ten times a number, so often; a number cut short goes down for the low end, up for the high one.
fn shifted(units: i128, places: i64, end: End) -> Option<i128> {
    let factor = 10_i128.checked_pow(u32::try_from(places.abs()).ok()?)?;
    if places >= 0 {
        return units.checked_mul(factor);
    }
    let down = units.div_euclid(factor);
    let cut = units.rem_euclid(factor) != 0;
    Some(if end == End::High && cut { down + 1 } else { down })
}

fn moment(moment: &Moment, end: End, precision: Option<i64>) -> Option<Moment> {
    let (date, clock) = (full_date(moment, end)?, full_clock(moment, end));
    let text = match (moment.kind, precision) {
        (Kind::Time, _) => time_text(&clock, precision.unwrap_or(9), &[2, 4, 6, 9])?,
        (Kind::Date, None | Some(..=8)) => date_text(&date, precision.unwrap_or(8))?,
        (Kind::DateTime, Some(..=8)) => date_text(&date, precision?)?,
        (Kind::Date | Kind::DateTime, _) => {
            let digits = precision.unwrap_or(17);
            let time = time_text(&clock, digits - 8, &[2, 4, 6, 9])?;
            let unknown = if end == End::Low { FIRST_ZONE } else { LAST_ZONE };
            let zone = zone_text(moment.offset.unwrap_or(unknown));
            format!("{}T{time}{zone}", date_text(&date, 8)?)
        }
    };
    Moment::parse(&text)
}

fn full_date(moment: &Moment, end: End) -> Option<[i64; 3]> {
    if moment.kind == Kind::Time {
        return Some([0; 3]);
    }
    let part = |at: usize, low: i64, high: i64| {
        moment.date.get(at).copied().unwrap_or(if end == End::Low { low } else { high })
    };
    let (year, month) = (part(0, 1, 9999), part(1, 1, 12));
    let name = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let last = name.length(i32::try_from(year).ok()?);
    Some([year, month, part(2, 1, i64::from(last))])
}

fn full_clock(moment: &Moment, end: End) -> [i64; 3] {
    let part = |at: usize, high: i64| {
        moment.clock.get(at).copied().unwrap_or(if end == End::Low { 0 } else { high })
    };
    let last = 60 * SECOND - 1;
    let mut clock = [part(0, 23), part(1, 59), part(2, last)];
    // A whole second was told to the second: it may have any fraction.
    if end == End::High && clock[2] % SECOND == 0 {
        clock[2] += SECOND - 1;
    }
    clock
}

fn date_text([year, month, day]: &[i64; 3], digits: i64) -> Option<String> {
    match digits {
        4 => Some(format!("{year:04}")),
        6 => Some(format!("{year:04}-{month:02}")),
        8 => Some(format!("{year:04}-{month:02}-{day:02}")),
        _ => None,
    }
}

fn time_text([hour, minute, nanos]: &[i64; 3], digits: i64, allowed: &[i64]) -> Option<String> {
    let (second, millis) = (nanos / SECOND, nanos % SECOND / 1_000_000);
    match digits {
        _ if !allowed.contains(&digits) => None,
        2 => Some(format!("{hour:02}")),
        4 => Some(format!("{hour:02}:{minute:02}")),
        6 => Some(format!("{hour:02}:{minute:02}:{second:02}")),
        _ => Some(format!("{hour:02}:{minute:02}:{second:02}.{millis:03}")),
    }
}

fn zone_text(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    format!("{sign}{hours:02}:{minutes:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_means_half_a_unit_of_its_last_decimal_either_way() {
        let cases = [
            ("1.0", None, 0.95, 1.05),
            ("1.587", None, 1.5865, 1.5875),
            ("1.587", Some(2), 1.58, 1.59),
            ("-1.587", Some(2), -1.59, -1.58),
            ("-1.587", None, -1.5875, -1.5865),
            ("2", None, 1.5, 2.5),
            ("0", None, -0.5, 0.5),
            ("1.587", Some(0), 1.0, 2.0),
        ];
        for (text, precision, low, high) in cases {
            let told = |end| decimal(text, end, precision);
            assert_eq!(told(End::Low), Some(Literal::Decimal(low)), "{text}");
            assert_eq!(told(End::High), Some(Literal::Decimal(high)), "{text}");
        }
        for (text, precision) in [("1.0", Some(-1)), ("1.0", Some(31)), ("1e300", None)] {
            assert_eq!(decimal(text, End::Low, precision), None, "{text}");
        }
    }

    #[test]
    fn a_partial_moment_means_its_first_and_its_last_instant() {
        let cases = [
            ("1970-06", None, "1970-06-01", "1970-06-30"),
            ("2024", Some(6), "2024-01", "2024-12"),
            ("2024-02", None, "2024-02-01", "2024-02-29"),
            (
                "2010-10-10",
                Some(17),
                "2010-10-10T00:00:00.000+14:00",
                "2010-10-10T23:59:59.999-12:00",
            ),
            (
                "2014-01-01T08",
                None,
                "2014-01-01T08:00:00.000+14:00",
                "2014-01-01T08:59:59.999-12:00",
            ),
            (
                "2014-01-01T08:30Z",
                None,
                "2014-01-01T08:30:00.000+00:00",
                "2014-01-01T08:30:59.999+00:00",
            ),
            ("12:34:00", None, "12:34:00.000", "12:34:00.999"),
            ("T12", Some(4), "12:00", "12:59"),
        ];
        for (text, precision, low, high) in cases {
            let value = Moment::parse(text).unwrap();
            let told = |end| moment(&value, end, precision).map(|moment| moment.text);
            assert_eq!(told(End::Low).as_deref(), Some(low), "{text}");
            assert_eq!(told(End::High).as_deref(), Some(high), "{text}");
        }
    }
}
