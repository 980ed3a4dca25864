//! The bytes of a message or a table as text.
//!
//! Old KMEHR often declares ISO-8859-1, and spreadsheets write windows-1252. Both are read as
//! windows-1252, as browsers do: it differs from ISO-8859-1 only where that has control characters.

use std::borrow::Cow;

use crate::error::LegacyError;

/// How far into a message its XML declaration may reach.
const DECLARATION: usize = 256;

/// The single-byte encodings read here, beside UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SingleByte {
    Windows1252,
    Latin9,
}

/// windows-1252 from 0x80 to 0x9F; where it has none, the control character of that number.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl SingleByte {
    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        bytes.iter().map(|byte| self.char(*byte)).collect()
    }

    fn char(self, byte: u8) -> char {
        match (self, byte) {
            (Self::Windows1252, 0x80..=0x9f) => WINDOWS_1252[usize::from(byte - 0x80)],
            (Self::Latin9, 0xa4) => '€',
            (Self::Latin9, 0xa6) => 'Š',
            (Self::Latin9, 0xa8) => 'š',
            (Self::Latin9, 0xb4) => 'Ž',
            (Self::Latin9, 0xb8) => 'ž',
            (Self::Latin9, 0xbc) => 'Œ',
            (Self::Latin9, 0xbd) => 'œ',
            (Self::Latin9, 0xbe) => 'Ÿ',
            _ => char::from(byte),
        }
    }
}

/// The text of an XML message, by its byte order mark or else its declaration.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, LegacyError> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest);
    }
    // UTF-16 and UTF-32 begin with a mark, or have a zero beside their first `<`
    if bytes.starts_with(b"\xfe\xff")
        || bytes.starts_with(b"\xff\xfe")
        || bytes.iter().take(4).any(|byte| *byte == 0)
    {
        return Err(LegacyError::UnknownEncoding);
    }
    match declared(bytes).map(<[u8]>::to_ascii_lowercase).as_deref() {
        None | Some(b"utf-8" | b"utf8" | b"us-ascii" | b"ascii") => utf8(bytes),
        Some(b"iso-8859-1" | b"latin1" | b"latin-1" | b"windows-1252" | b"cp1252") => {
            Ok(SingleByte::Windows1252.decode(bytes).into())
        }
        Some(b"iso-8859-15" | b"latin9" | b"latin-9") => {
            Ok(SingleByte::Latin9.decode(bytes).into())
        }
        Some(_) => Err(LegacyError::UnknownEncoding),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, LegacyError> {
    str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        LegacyError::WrongEncoding { line: 1 + newlines(good) }
    })
}

/// How many line ends there are.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// The `encoding` of the XML declaration, if there is one.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?.trim_ascii_start();
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = find(declaration, b"?>")?;
    let declaration = declaration.get(..end)?;
    let value =
        declaration.get(find(declaration, b"encoding")? + b"encoding".len()..)?.trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    value.get(..value.iter().position(|byte| byte == quote)?)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_comes_before_the_declaration_and_utf8_is_the_default() {
        let cases: [(&[u8], &str); 6] = [
            ("é€".as_bytes(), "é€"),
            (b"\xef\xbb\xbf<?xml version='1.0' encoding='latin1'?>\xc3\xa9", "é"),
            (b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\xe9\x80", "é€"),
            (b"<?xml version='1.0' encoding = 'windows-1252' standalone='yes'?>\x8c", "Œ"),
            (b"<?xml version='1.0' encoding='iso-8859-15'?>\xa4\xbc", "€Œ"),
            (b"<?xml version='1.0'?>\xc3\xa9", "é"),
        ];
        for (bytes, want) in cases {
            assert!(decode(bytes).unwrap().ends_with(want), "{want}");
        }
    }

    #[test]
    fn what_is_not_read_is_refused_with_its_line() {
        let wrong = decode(b"<?xml version='1.0'?>\n\xe9").unwrap_err();
        assert!(matches!(wrong, LegacyError::WrongEncoding { line: 2 }));
        for bytes in [
            &b"\xff\xfe<\0"[..],
            b"\xfe\xff\0<",
            b"<\0?\0",
            b"<?xml version='1.0' encoding='ebcdic-be'?>",
        ] {
            assert!(matches!(decode(bytes), Err(LegacyError::UnknownEncoding)));
        }
    }
}
