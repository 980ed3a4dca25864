//! Text to expression.

use super::{Expr, Function, Literal, Operator};

/// Deeper nesting than any view needs; keeps a hostile view from exhausting the stack.
const DEEPEST: usize = 64;

/// Why a path cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text ends too early or goes on too long.
    #[error("the path breaks off or goes on unexpectedly at character {at}")]
    Unexpected {
        /// Counted from 1.
        at: usize,
    },
    /// A function this runner does not have.
    #[error("this runner has no function {name}()")]
    UnknownFunction {
        /// Its name.
        name: String,
    },
    /// A function with too few or too many arguments.
    #[error("{name}() takes another number of arguments")]
    WrongArguments {
        /// Its name.
        name: String,
    },
    /// Parentheses within parentheses within ...
    #[error("the path is nested too deeply")]
    TooDeep,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Number(String),
    Constant(String),
    Mark(&'static str),
}

impl Expr {
    /// Reads a path.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, end: text.chars().count() + 1 };
        let expr = parser.binary(0)?;
        if parser.at < tokens.len() {
            return Err(parser.unexpected());
        }
        Ok(expr)
    }
}

/// Operators by precedence, loosest first (FHIRPath section 6.8).
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
];

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
    depth: usize,
    end: usize,
}

impl Parser<'_> {
    fn binary(&mut self, level: usize) -> Result<Expr, ParseError> {
        let Some(operators) = LEVELS.get(level) else {
            return self.path();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Expr::Binary(Box::new(left), operator, Box::new(right));
        }
        Ok(left)
    }

    fn operator(&self, operators: &[(&str, Operator)]) -> Option<Operator> {
        let symbol = match self.peek()? {
            Token::Mark(mark) => *mark,
            Token::Name(name) => name.as_str(),
            _ => return None,
        };
        operators.iter().find(|(text, _)| *text == symbol).map(|(_, operator)| *operator)
    }

    fn path(&mut self) -> Result<Expr, ParseError> {
        let mut expr = self.primary()?;
        loop {
            if self.take(".") {
                let name = self.name()?;
                expr = self.invocation(expr, name)?;
            } else if self.take("[") {
                expr = Expr::Index(Box::new(expr), self.index()?);
            } else {
                return Ok(expr);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        if self.take("(") {
            let inner = self.nested()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let token = self.peek().cloned().ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(match token {
            Token::Text(text) => Expr::Literal(Literal::Text(text)),
            Token::Number(digits) => Expr::Literal(self.number(&digits)?),
            Token::Constant(name) => Expr::Constant(name),
            Token::Name(name) if name == "true" => Expr::Literal(Literal::Boolean(true)),
            Token::Name(name) if name == "false" => Expr::Literal(Literal::Boolean(false)),
            Token::Name(name) if name == "$this" => Expr::This,
            Token::Name(name) => self.invocation(Expr::This, name)?,
            Token::Mark(_) => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }

    fn invocation(&mut self, input: Expr, name: String) -> Result<Expr, ParseError> {
        if !self.take("(") {
            return Ok(Expr::Member(Box::new(input), name));
        }
        let Some((_, function, arity)) =
            Function::ALL.into_iter().find(|(known, ..)| *known == name)
        else {
            return Err(ParseError::UnknownFunction { name });
        };
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.nested()?);
        }
        if !arity.contains(&arguments.len()) {
            return Err(ParseError::WrongArguments { name });
        }
        Ok(Expr::Call(Box::new(input), function, arguments))
    }

    fn nested(&mut self) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::TooDeep);
        }
        let expr = self.binary(0)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn index(&mut self) -> Result<usize, ParseError> {
        let Some(Token::Number(digits)) = self.peek() else {
            return Err(self.unexpected());
        };
        let index = digits.parse().map_err(|_| self.unexpected())?;
        self.at += 1;
        self.expect("]")?;
        Ok(index)
    }

    fn number(&self, digits: &str) -> Result<Literal, ParseError> {
        if digits.contains('.') {
            return digits.parse().map(Literal::Decimal).map_err(|_| self.unexpected());
        }
        digits.parse().map(Literal::Integer).map_err(|_| self.unexpected())
    }

    fn name(&mut self) -> Result<String, ParseError> {
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return Err(self.unexpected());
        };
        self.at += 1;
        Ok(name)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn take(&mut self, mark: &'static str) -> bool {
        let found = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &'static str) -> Result<(), ParseError> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> ParseError {
        ParseError::Unexpected { at: self.tokens.get(self.at).map_or(self.end, |(at, _)| *at) }
    }
}

const MARKS: [&str; 17] =
    ["!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ".", ",", "|"];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.chars().count() - rest.chars().count() + 1;
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        let (token, len) = match first {
            '\'' => quoted(rest, at)?,
            '`' => {
                let end = rest[1..].find('`').ok_or(ParseError::Unexpected { at })?;
                (Token::Name(rest[1..=end].to_owned()), end + 2)
            }
            '%' => {
                let len = 1 + name_len(&rest[1..]);
                (Token::Constant(rest[1..len].to_owned()), len)
            }
            '0'..='9' => {
                let len = number_len(rest);
                (Token::Number(rest[..len].to_owned()), len)
            }
            _ if first.is_ascii_alphabetic() || first == '_' || first == '$' => {
                let len = 1 + name_len(&rest[1..]);
                (Token::Name(rest[..len].to_owned()), len)
            }
            _ => {
                let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
                let mark = mark.ok_or(ParseError::Unexpected { at })?;
                (Token::Mark(mark), mark.len())
            }
        };
        tokens.push((at, token));
        rest = &rest[len..];
    }
}

fn quoted(rest: &str, at: usize) -> Result<(Token, usize), ParseError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '\'' => return Ok((Token::Text(text), index + 1)),
            '\\' => {
                let (_, escaped) = chars.next().ok_or(ParseError::Unexpected { at })?;
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => text.push(c),
        }
    }
    Err(ParseError::Unexpected { at })
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
