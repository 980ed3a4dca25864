//! Text to tokens.

use super::ParseError;

/// A longer path than any view needs.
const LONGEST: usize = 8_192;

/// One token of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    /// A name between backquotes: never an operator or a keyword.
    Quoted(String),
    Text(String),
    Number(String),
    /// `@2015-02-04T10:00Z`, without the `@`.
    Moment(String),
    Constant(String),
    Mark(&'static str),
}

const MARKS: [&str; 23] = [
    "!=", "!~", "<=", ">=", "=", "~", "<", ">", "+", "-", "*", "/", "&", "|", "(", ")", "[", "]",
    "{", "}", ".", ",", "!",
];

/// The tokens of a path, each with the character it begins at, counted from 1.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError::TooDeep { at: 1 });
    }
    let mut tokens = Vec::new();
    let (mut rest, mut at) = (text, 1);
    loop {
        let skipped = blank_len(rest).ok_or(ParseError::Unexpected { at })?;
        at += rest[..skipped].chars().count();
        rest = &rest[skipped..];
        if rest.is_empty() {
            return Ok(tokens);
        }
        let (token, len) = token(rest).ok_or(ParseError::Unexpected { at })?;
        tokens.push((at, token));
        at += rest[..len].chars().count();
        rest = &rest[len..];
    }
}

/// How many bytes of spaces and comments come first; nothing where a comment has no end.
fn blank_len(text: &str) -> Option<usize> {
    let mut rest = text.trim_start();
    loop {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1.trim_start();
        } else {
            return Some(text.len() - rest.len());
        }
    }
}

fn token(rest: &str) -> Option<(Token, usize)> {
    let first = rest.chars().next()?;
    match first {
        '\'' => quoted(rest, '\'').map(|(text, len)| (Token::Text(text), len)),
        '`' => quoted(rest, '`').map(|(name, len)| (Token::Quoted(name), len)),
        '%' => constant(&rest[1..]).map(|(name, len)| (Token::Constant(name), len + 1)),
        '@' => {
            let len = moment_len(&rest[1..]);
            Some((Token::Moment(rest[1..=len].to_owned()), len + 1))
        }
        '0'..='9' => {
            let len = number_len(rest);
            Some((Token::Number(rest[..len].to_owned()), len))
        }
        _ if first.is_ascii_alphabetic() || first == '_' || first == '$' => {
            let len = 1 + name_len(&rest[1..]);
            Some((Token::Name(rest[..len].to_owned()), len))
        }
        _ => {
            let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark))?;
            Some((Token::Mark(mark), mark.len()))
        }
    }
}

fn constant(rest: &str) -> Option<(String, usize)> {
    match rest.chars().next()? {
        quote @ ('\'' | '`') => quoted(rest, quote),
        _ => match name_len(rest) {
            0 => None,
            len => Some((rest[..len].to_owned(), len)),
        },
    }
}

/// What stands between two quotes, and how many bytes that takes with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'f' => text.push('\u{c}'),
                'u' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                    text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                other => text.push(other),
            },
            _ if c == quote => return Some((text, index + 1)),
            _ => text.push(c),
        }
    }
    None
}

fn name_len(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

fn number_len(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, digits);
    if fraction == 0 { whole } else { whole + 1 + fraction }
}

/// A date, a date-time or a time; a point belongs to it where a fraction follows.
fn moment_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let belongs = |at: usize| match bytes[at] {
        b'0'..=b'9' | b':' | b'T' | b'Z' | b'-' | b'+' => true,
        b'.' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    (0..bytes.len()).take_while(|at| belongs(*at)).count()
}
