//! Numbers and days as each language writes them.

use pipeline_domain::{Language, Timestamp};

/// A decimal text with the separators of the language, like `1.204,5` in Dutch.
pub(crate) fn number(language: Language, decimal: &str) -> String {
    let (group, point) = match language {
        Language::Nl | Language::De => (".", ","),
        Language::Fr => ("\u{202f}", ","),
        Language::En => (",", "."),
    };
    let (sign, unsigned) =
        decimal.strip_prefix('-').map_or(("", decimal), |rest| ("\u{2212}", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut text = sign.to_owned();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push_str(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push_str(point);
        text.push_str(fraction);
    }
    text
}

/// The time of day, to the minute.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// The length of a file, in units people read.
pub(crate) fn file_size(language: Language, bytes: u64) -> String {
    let (whole, unit) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (bytes.div_ceil(100), "kB"),
        _ => (bytes.div_ceil(100_000), "MB"),
    };
    let tenths = format!("{}.{}", whole / 10, whole % 10);
    format!("{} {unit}", number(language, &tenths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_separators() {
        let cases = [
            (Language::Nl, "1234567.5", "1.234.567,5"),
            (Language::Fr, "1234", "1\u{202f}234"),
            (Language::De, "-999.25", "\u{2212}999,25"),
            (Language::En, "1000000", "1,000,000"),
            (Language::En, "12", "12"),
        ];
        for (language, decimal, want) in cases {
            assert_eq!(number(language, decimal), want, "{language} {decimal}");
        }
    }
}
