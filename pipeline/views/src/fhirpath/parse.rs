//! Tokens to expression.

use std::collections::BTreeMap;

use super::{
    Expr, Function, Literal, Moment, Operator, Pattern,
    lex::{Token, tokens},
    types,
};

/// Deeper nesting than any view needs; keeps a hostile view from exhausting the stack.
const DEEPEST: usize = 64;
/// More steps than any path needs: every step of a chain is one of the stack when it is run.
const MOST_STEPS: usize = 512;
/// What the runner knows without a constant of the view.
const KNOWN_CONSTANTS: [&str; 5] = ["rowIndex", "resource", "sct", "loinc", "ucum"];

/// Why a path cannot be run. Places are characters of the path, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The text ends too early or goes on too long.
    #[error("the path breaks off or goes on unexpectedly at character {at}")]
    Unexpected {
        /// Where.
        at: usize,
    },
    /// A function this runner does not have.
    #[error("this runner has no function {name}() (character {at})")]
    UnknownFunction {
        /// Its name.
        name: String,
        /// Where.
        at: usize,
    },
    /// A function with too few or too many arguments.
    #[error("{name}() takes another number of arguments (character {at})")]
    WrongArguments {
        /// Its name.
        name: String,
        /// Where.
        at: usize,
    },
    /// A constant that the view does not define.
    #[error("the view defines no constant %{name} (character {at})")]
    UnknownConstant {
        /// Its name.
        name: String,
        /// Where.
        at: usize,
    },
    /// An argument that must name a type, and does not.
    #[error("{name}() takes the name of a type (character {at})")]
    NotAType {
        /// The function.
        name: String,
        /// Where.
        at: usize,
    },
    /// A regular expression that is none, or too large to run.
    #[error("the pattern is no regular expression, or too large (character {at})")]
    BadPattern {
        /// Where.
        at: usize,
    },
    /// A date or a time that does not exist.
    #[error("there is no such date or time (character {at})")]
    BadMoment {
        /// Where.
        at: usize,
    },
    /// Parentheses within parentheses within ..., or more steps than a path may have.
    #[error("the path is nested too deeply or too long (character {at})")]
    TooDeep {
        /// Where.
        at: usize,
    },
}

impl ParseError {
    /// The character of the path, counted from 1.
    #[must_use]
    pub fn at(&self) -> usize {
        match self {
            Self::Unexpected { at }
            | Self::UnknownFunction { at, .. }
            | Self::WrongArguments { at, .. }
            | Self::UnknownConstant { at, .. }
            | Self::NotAType { at, .. }
            | Self::BadPattern { at }
            | Self::BadMoment { at }
            | Self::TooDeep { at } => *at,
        }
    }
}

impl Expr {
    /// Reads a path that may use these constants.
    pub(crate) fn parse(
        text: &str,
        constants: &BTreeMap<String, Literal>,
    ) -> Result<Self, ParseError> {
        let tokens = tokens(text)?;
        let end = text.chars().count() + 1;
        let mut parser = Parser { tokens: &tokens, constants, at: 0, depth: 0, steps: 0, end };
        let expr = parser.binary(0)?;
        if parser.at < tokens.len() {
            return Err(parser.unexpected());
        }
        Ok(expr)
    }
}

/// What may stand between two operands.
#[derive(Clone, Copy)]
enum Infix {
    Operator(Operator),
    /// `is` and `as`: the right side names a type.
    Type(Function),
}

/// Operators by precedence, loosest first (FHIRPath section 6.8).
const LEVELS: [&[(&str, Infix)]; 10] = [
    &[("implies", Infix::Operator(Operator::Implies))],
    &[("or", Infix::Operator(Operator::Or)), ("xor", Infix::Operator(Operator::Xor))],
    &[("and", Infix::Operator(Operator::And))],
    &[("in", Infix::Operator(Operator::In)), ("contains", Infix::Operator(Operator::Contains))],
    &[
        ("=", Infix::Operator(Operator::Equal)),
        ("!=", Infix::Operator(Operator::NotEqual)),
        ("~", Infix::Operator(Operator::Equivalent)),
        ("!~", Infix::Operator(Operator::NotEquivalent)),
    ],
    &[
        ("<=", Infix::Operator(Operator::LessOrEqual)),
        (">=", Infix::Operator(Operator::GreaterOrEqual)),
        ("<", Infix::Operator(Operator::Less)),
        (">", Infix::Operator(Operator::Greater)),
    ],
    &[("|", Infix::Operator(Operator::Union))],
    &[("is", Infix::Type(Function::Is)), ("as", Infix::Type(Function::OfType))],
    &[
        ("+", Infix::Operator(Operator::Add)),
        ("-", Infix::Operator(Operator::Subtract)),
        ("&", Infix::Operator(Operator::Concatenate)),
    ],
    &[
        ("*", Infix::Operator(Operator::Multiply)),
        ("/", Infix::Operator(Operator::Divide)),
        ("div", Infix::Operator(Operator::WholeDivide)),
        ("mod", Infix::Operator(Operator::Remainder)),
    ],
];

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    constants: &'a BTreeMap<String, Literal>,
    at: usize,
    depth: usize,
    steps: usize,
    end: usize,
}

impl Parser<'_> {
    /// Operands joined by operators of this level or a tighter one.
    fn binary(&mut self, loosest: usize) -> Result<Expr, ParseError> {
        let mut left = self.unary()?;
        while let Some((level, infix)) = self.infix().filter(|(level, _)| *level >= loosest) {
            self.at += 1;
            self.step()?;
            left = match infix {
                Infix::Operator(operator) => {
                    let right = self.binary(level + 1)?;
                    Expr::Binary(Box::new(left), operator, Box::new(right))
                }
                Infix::Type(function) => {
                    let place = self.place();
                    let named = self.binary(level + 1)?;
                    check_type(&named, "is", place)?;
                    Expr::Call(Box::new(left), function, vec![named])
                }
            };
        }
        Ok(left)
    }

    fn infix(&self) -> Option<(usize, Infix)> {
        let symbol = match self.peek()? {
            Token::Mark(mark) => *mark,
            Token::Name(name) => name.as_str(),
            _ => return None,
        };
        let of_level = |operators: &[(&str, Infix)]| {
            operators.iter().find(|(text, _)| *text == symbol).map(|(_, infix)| *infix)
        };
        (0..).zip(LEVELS).find_map(|(level, operators)| Some((level, of_level(operators)?)))
    }

    fn unary(&mut self) -> Result<Expr, ParseError> {
        let mut negative = false;
        while self.take("-") {
            negative = !negative;
        }
        let expr = self.path()?;
        Ok(match expr {
            _ if !negative => expr,
            Expr::Literal(Literal::Integer(number)) => Expr::Literal(Literal::Integer(-number)),
            Expr::Literal(Literal::Decimal(number)) => Expr::Literal(Literal::Decimal(-number)),
            _ => Expr::Negate(Box::new(expr)),
        })
    }

    fn path(&mut self) -> Result<Expr, ParseError> {
        let mut expr = self.primary()?;
        loop {
            if self.take(".") {
                let place = self.place();
                let name = self.name()?;
                expr = self.invocation(expr, name, place)?;
            } else if self.take("[") {
                expr = self.index(expr)?;
            } else {
                return Ok(expr);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        self.step()?;
        if self.take("(") {
            let inner = self.nested()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.take("{") {
            self.expect("}")?;
            return Ok(Expr::Nothing);
        }
        let place = self.place();
        let token = self.peek().cloned().ok_or_else(|| self.unexpected())?;
        if matches!(token, Token::Mark(_)) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(match token {
            Token::Text(text) => Expr::Literal(Literal::Text(text)),
            Token::Number(digits) => Expr::Literal(number(&digits, place)?),
            Token::Moment(text) => Expr::Literal(moment(&text, place)?),
            Token::Constant(name) => self.constant(name, place)?,
            Token::Quoted(name) => Expr::Member(Box::new(Expr::This), name),
            Token::Name(name) => self.word(name, place)?,
            Token::Mark(_) => return Err(ParseError::Unexpected { at: place }),
        })
    }

    fn word(&mut self, name: String, place: usize) -> Result<Expr, ParseError> {
        Ok(match name.as_str() {
            "true" => Expr::Literal(Literal::Boolean(true)),
            "false" => Expr::Literal(Literal::Boolean(false)),
            "$this" => Expr::This,
            "$index" => Expr::ItemIndex,
            _ => self.invocation(Expr::This, name, place)?,
        })
    }

    fn constant(&self, name: String, at: usize) -> Result<Expr, ParseError> {
        let known = self.constants.contains_key(&name) || KNOWN_CONSTANTS.contains(&name.as_str());
        if known { Ok(Expr::Constant(name)) } else { Err(ParseError::UnknownConstant { name, at }) }
    }

    fn invocation(&mut self, input: Expr, name: String, at: usize) -> Result<Expr, ParseError> {
        self.step()?;
        if !self.take("(") {
            if name.starts_with('$') {
                return Err(ParseError::Unexpected { at });
            }
            return Ok(Expr::Member(Box::new(input), name));
        }
        let Some((_, function, arity)) =
            Function::ALL.into_iter().find(|(known, ..)| *known == name)
        else {
            return Err(ParseError::UnknownFunction { name, at });
        };
        let place = self.place();
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.nested()?);
        }
        if !arity.contains(&arguments.len()) {
            return Err(ParseError::WrongArguments { name, at });
        }
        self.settle(function, &name, &mut arguments, place)?;
        Ok(Expr::Call(Box::new(input), function, arguments))
    }

    /// What of the arguments can be settled before any record passes.
    fn settle(
        &self,
        function: Function,
        name: &str,
        arguments: &mut [Expr],
        at: usize,
    ) -> Result<(), ParseError> {
        let Some(argument) = arguments.first_mut() else {
            return Ok(());
        };
        if function.takes_a_type() {
            return check_type(argument, name, at);
        }
        if function == Function::Matches
            && let Some(text) = self.text(argument)
        {
            *argument = Expr::Pattern(Pattern::new(text).ok_or(ParseError::BadPattern { at })?);
        }
        Ok(())
    }

    fn text<'e>(&'e self, expr: &'e Expr) -> Option<&'e str> {
        match expr {
            Expr::Literal(Literal::Text(text)) => Some(text),
            Expr::Constant(name) => match self.constants.get(name) {
                Some(Literal::Text(text)) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn nested(&mut self) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::TooDeep { at: self.place() });
        }
        let expr = self.binary(0)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn step(&mut self) -> Result<(), ParseError> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(ParseError::TooDeep { at: self.place() }) } else { Ok(()) }
    }

    /// The place in brackets: a number where it is known now, or an expression.
    fn index(&mut self, input: Expr) -> Result<Expr, ParseError> {
        self.step()?;
        let index = self.nested()?;
        self.expect("]")?;
        let known = match &index {
            Expr::Literal(literal) => Some(literal),
            Expr::Constant(name) => self.constants.get(name),
            _ => None,
        };
        Ok(match known {
            Some(Literal::Integer(at)) if usize::try_from(*at).is_ok() => {
                Expr::Index(Box::new(input), usize::try_from(*at).unwrap_or_default())
            }
            _ => Expr::IndexBy(Box::new(input), Box::new(index)),
        })
    }

    fn name(&mut self) -> Result<String, ParseError> {
        let Some(Token::Name(name) | Token::Quoted(name)) = self.peek().cloned() else {
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
        ParseError::Unexpected { at: self.place() }
    }

    /// The character that the next token begins at.
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }
}

fn check_type(expr: &Expr, name: &str, at: usize) -> Result<(), ParseError> {
    match types::named(expr) {
        Some(_) => Ok(()),
        None => Err(ParseError::NotAType { name: name.to_owned(), at }),
    }
}

fn number(digits: &str, at: usize) -> Result<Literal, ParseError> {
    let parsed = if digits.contains('.') {
        digits.parse().ok().map(Literal::Decimal)
    } else {
        digits.parse().ok().map(Literal::Integer)
    };
    parsed.ok_or(ParseError::Unexpected { at })
}

fn moment(text: &str, at: usize) -> Result<Literal, ParseError> {
    Moment::parse(text).map(Literal::Moment).ok_or(ParseError::BadMoment { at })
}
