//! How deep a JSON text is nested, before anything reads it by calling itself.
//!
//! What is skipped while a record is read is skipped by recursion, so a line of some hundred
//! thousand brackets would end the process, not the record. No record of FHIR comes near the limit;
//! it is the one of the general interpreter's reader of JSON.

/// The deepest nesting that is read.
const DEEPEST: usize = 127;

/// Is a text JSON that can be read, which is to say nested no deeper than a record ever is?
#[must_use]
pub fn is_json(text: &str) -> bool {
    !is_too_deep(text) && sonic_rs::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Is a text nested too deep to be read?
pub(crate) fn is_too_deep(text: &str) -> bool {
    // Few records have so many brackets at all, and those are counted fast: in pieces, so that the
    // counter is a byte and the loop one over vectors.
    let opens = |byte: &u8| u8::from(byte | 0x20 == b'{');
    let count = |piece: &[u8]| usize::from(piece.iter().map(opens).sum::<u8>());
    let openers: usize = text.as_bytes().chunks(255).map(count).sum();
    openers > DEEPEST && deepest(text.as_bytes()) > DEEPEST
}

/// The deepest nesting of brackets outside strings.
fn deepest(mut text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    while let Some((byte, rest)) = text.split_first() {
        text = rest;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => text = after_string(text),
            _ => {}
        }
    }
    deepest
}

/// What stands after the end of a string; nothing where it has none.
fn after_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', text) {
        let is_end = text.get(at) == Some(&b'"');
        text = text.get(at + if is_end { 1 } else { 2 }..).unwrap_or_default();
        if is_end {
            return text;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn nested(open: &str, depth: usize, close: &str) -> String {
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    }

    #[test]
    fn what_is_nested_deeper_than_any_record_is_not_read() {
        let (brackets, many) = ("[".repeat(500), "{\"a\":[]},".repeat(500));
        let cases = [
            (nested("[", DEEPEST, "]"), true),
            (nested("[", DEEPEST + 1, "]"), false),
            (nested("{\"a\":", DEEPEST, "}"), true),
            (nested("{\"a\":", DEEPEST + 1, "}"), false),
            (nested("[", 1_000_000, "]"), false),
            ("[".repeat(1_000_000), false),
            // Brackets in a string nest nothing, and close nothing.
            (format!("\"{brackets}\""), true),
            (format!("\"\\\"{brackets}\\\\\""), true),
            (nested("[\"]\",", 1_000, "]"), false),
            (nested("[\"\\\"]\",", 1_000, "]"), false),
            (format!("[{many}1]"), true),
            ("{".to_owned(), false),
        ];
        for (text, want) in cases {
            assert_eq!(is_json(&text), want, "{}", &text[..text.len().min(20)]);
            assert_eq!(serde_json::from_str::<Value>(&text).is_ok(), want);
        }
    }
}
