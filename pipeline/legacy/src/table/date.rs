//! Dates as tables write them.

use time::{Date, Month};

/// How a column writes its dates: `dd/MM/yyyy`, `yyyyMMdd HH:mm`, `MM/yyyy`.
#[derive(Debug, Clone)]
pub(super) struct DateForm(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Year,
    Month,
    Day,
    /// Hours, minutes and seconds are read over: a time without a zone is no FHIR time.
    Clock,
    Letter(char),
}

impl DateForm {
    /// Reads a form; on error says what is wrong with it.
    pub(super) fn parse(written: &str) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some(first) = rest.chars().next() {
            let run = rest.chars().take_while(|letter| *letter == first).count();
            let (part, taken) = match (first, run) {
                ('y', 4) => (Part::Year, 4),
                ('M', 2) => (Part::Month, 2),
                ('d', 2) => (Part::Day, 2),
                ('H' | 'm' | 's', 2) => (Part::Clock, 2),
                ('y' | 'M' | 'd' | 'H' | 'm' | 's', _) => {
                    return Err("a date is written with yyyy, MM, dd, HH, mm and ss");
                }
                _ => (Part::Letter(first), first.len_utf8()),
            };
            parts.push(part);
            rest = rest.get(taken..).unwrap_or_default();
        }
        let times = |wanted| parts.iter().filter(|part| **part == wanted).count();
        match (times(Part::Year), times(Part::Month), times(Part::Day)) {
            (1, 1, 0 | 1) | (1, 0, 0) => Ok(Self(parts)),
            _ => Err("a date has one year, at most one month, and a day only in a month"),
        }
    }

    /// The date of a field, as FHIR writes it.
    pub(super) fn read(&self, text: &str) -> Option<String> {
        let (mut year, mut month, mut day) = (0, None, None);
        let mut rest = text;
        for (place, part) in self.0.iter().enumerate() {
            let is_followed_by_number =
                self.0.get(place + 1).is_some_and(|next| !matches!(next, Part::Letter(_)));
            match part {
                Part::Letter(letter) => rest = rest.strip_prefix(*letter)?,
                Part::Year => (year, rest) = digits(rest, 4, 4)?,
                Part::Month => {
                    let (number, left) =
                        digits(rest, if is_followed_by_number { 2 } else { 1 }, 2)?;
                    (month, rest) = (Some(u8::try_from(number).ok()?), left);
                }
                Part::Day => {
                    let (number, left) =
                        digits(rest, if is_followed_by_number { 2 } else { 1 }, 2)?;
                    (day, rest) = (Some(u8::try_from(number).ok()?), left);
                }
                Part::Clock => rest = digits(rest, 2, 2)?.1,
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let first = Date::from_calendar_date(
            i32::from(year),
            Month::try_from(month.unwrap_or(1)).ok()?,
            day.unwrap_or(1),
        )
        .ok()?;
        let whole = format!("{year:04}-{:02}-{:02}", u8::from(first.month()), first.day());
        let length = match (month, day) {
            (Some(_), Some(_)) => 10,
            (Some(_), None) => 7,
            _ => 4,
        };
        whole.get(..length).map(str::to_owned)
    }
}

/// Between `least` and `most` digits from the start of a text, and the rest of it.
fn digits(text: &str, least: usize, most: usize) -> Option<(u16, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_its_form_says_or_not_at_all() {
        let cases = [
            ("dd/MM/yyyy", "29/02/2024", Some("2024-02-29")),
            ("dd/MM/yyyy", "1/2/2024", Some("2024-02-01")),
            ("dd/MM/yyyy", "30/02/2024", None),
            ("dd/MM/yyyy", "02/30/2024", None),
            ("dd/MM/yyyy", "01/02/24", None),
            ("dd/MM/yyyy", "01/02/2024 ", None),
            ("yyyyMMdd", "20240229", Some("2024-02-29")),
            ("yyyyMMdd", "2024229", None),
            ("yyyy-MM-dd HH:mm:ss", "2024-02-29 13:45:59", Some("2024-02-29")),
            ("MM/yyyy", "3/2024", Some("2024-03")),
            ("yyyy", "2024", Some("2024")),
            ("dd.MM.yyyy", "é", None),
        ];
        for (form, text, want) in cases {
            assert_eq!(
                DateForm::parse(form).unwrap().read(text).as_deref(),
                want,
                "{form}: {text}"
            );
        }
        for form in ["", "dd/MM/yy", "dd/yyyy", "MM/dd", "yyyy/yyyy", "d/M/yyyy", "dd/MM/yyyyy"] {
            assert!(DateForm::parse(form).is_err(), "{form}");
        }
    }
}
