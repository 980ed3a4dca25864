//! A path compiled for frames: names become numbers, constants become values.
//!
//! What a frame cannot answer is not compiled, and its view is left to the general interpreter.

use std::collections::BTreeMap;

use super::frame::{Projection, Symbol, Symbols, TOP};
use crate::{
    choice,
    fhirpath::{Expr, Function, Literal, Operator},
};

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    This,
    Top,
    RowIndex,
    Literal(Literal),
    Member(Box<Op>, Box<[Symbol]>),
    Index(Box<Op>, usize),
    Where(Box<Op>, Box<Op>),
    Extension {
        input: Box<Op>,
        extension: Symbol,
        url: Symbol,
        wanted: String,
    },
    Exists(Box<Op>, Option<Box<Op>>),
    Empty(Box<Op>),
    Not(Box<Op>),
    Count(Box<Op>),
    Join(Box<Op>, String),
    StartsWith(Box<Op>, Box<Op>),
    Substring(Box<Op>, Box<Op>, Option<Box<Op>>),
    ToInteger(Box<Op>),
    ReferenceKey {
        input: Box<Op>,
        reference: Symbol,
        wanted: Option<String>,
    },
    Binary(Box<Op>, Operator, Box<Op>),
    /// Element by element down from the focus or the top: what most paths are.
    Path(Path),
    /// A child's text is one of these, as `system = 'x' or system = 'y'` asks.
    TextIn(Symbol, Vec<String>),
}

/// A path of elements, without detours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path {
    pub(crate) from_top: bool,
    /// Each ends where one element is picked of all that were found.
    pub(crate) segments: Vec<Segment>,
}

/// Steps, and which of the elements found is picked, if one is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    pub(crate) steps: Vec<Step>,
    pub(crate) pick: Option<usize>,
}

/// One step of a path.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// To the children of this name.
    Child(Symbol),
    /// To the children of a choice element, which has one of these names.
    Choice(Box<[Symbol]>),
    /// Stays, where a rule holds.
    Where(Op),
    /// To the extensions of this URL.
    Extension { extension: Symbol, url: Symbol, wanted: String },
}

/// Where the values of a compiled path stand: elements of these places, or computed.
#[derive(Debug, Clone)]
pub(crate) enum Places {
    Elements(Vec<u32>),
    Computed,
}

/// Compiles the paths of one resource type.
pub(crate) struct Compiler<'a> {
    pub(crate) resource: &'a str,
    pub(crate) constants: &'a BTreeMap<String, Literal>,
    pub(crate) projection: &'a mut Projection,
    pub(crate) symbols: &'a mut Symbols,
}

/// A compiled path, and where its values stand; nothing where it cannot be compiled.
type Compiled = Option<(Op, Places)>;

impl Compiler<'_> {
    /// Compiles a path that is evaluated at elements of these places.
    pub(crate) fn path(&mut self, expr: &Expr, this: &[u32]) -> Compiled {
        self.plain(expr, this).map(|(op, places)| (straightened(op), places))
    }

    fn plain(&mut self, expr: &Expr, this: &[u32]) -> Compiled {
        match expr {
            Expr::This => Some((Op::This, Places::Elements(this.to_vec()))),
            Expr::Literal(literal) => value(literal),
            Expr::Constant(name) if name == "rowIndex" => computed(Op::RowIndex),
            Expr::Constant(name) if name == "resource" => {
                Some((Op::Top, Places::Elements(vec![TOP])))
            }
            Expr::Constant(name) => value(self.constants.get(name)?),
            Expr::Member(input, name) => self.member(input, name, this),
            Expr::Index(input, at) => {
                let (input, places) = self.path(input, this)?;
                Some((Op::Index(Box::new(input), *at), places))
            }
            Expr::Call(input, function, arguments) => self.call(input, *function, arguments, this),
            Expr::Binary(left, operator, right) => {
                if !is_compiled(*operator) {
                    return None;
                }
                let (left, right) = (self.boxed(left, this)?, self.boxed(right, this)?);
                computed(Op::Binary(left, *operator, right))
            }
            _ => None,
        }
    }

    fn boxed(&mut self, expr: &Expr, this: &[u32]) -> Option<Box<Op>> {
        self.path(expr, this).map(|(op, _)| Box::new(op))
    }

    /// A path that may begin with the type of the resource: `Patient.name`.
    fn names_itself(&self, input: &Expr, name: &str, this: &[u32]) -> bool {
        *input == Expr::This && this == [TOP] && name == self.resource
    }

    fn member(&mut self, input: &Expr, name: &str, this: &[u32]) -> Compiled {
        if self.names_itself(input, name, this) {
            return Some((Op::This, Places::Elements(vec![TOP])));
        }
        let keys: Vec<String> = match choice::types_of(name) {
            Some(types) => std::iter::once(name.to_owned())
                .chain(types.iter().map(|kind| format!("{name}{kind}")))
                .collect(),
            None => vec![name.to_owned()],
        };
        self.keys(input, &keys, this)
    }

    fn keys(&mut self, input: &Expr, keys: &[String], this: &[u32]) -> Compiled {
        let (input, Places::Elements(parents)) = self.path(input, this)? else {
            return None;
        };
        let (mut symbols, mut places) = (Vec::new(), Vec::new());
        for key in keys {
            for &parent in &parents {
                let (symbol, place) = self.projection.want(parent, key, self.symbols);
                places.push(place);
                if !symbols.contains(&symbol) {
                    symbols.push(symbol);
                }
            }
        }
        Some((Op::Member(Box::new(input), symbols.into()), Places::Elements(places)))
    }

    fn call(
        &mut self,
        input: &Expr,
        function: Function,
        arguments: &[Expr],
        this: &[u32],
    ) -> Compiled {
        match (function, arguments) {
            (Function::Where, [rule]) => {
                let (input, places) = self.path(input, this)?;
                let Places::Elements(at) = &places else { return None };
                let rule = self.boxed(rule, at)?;
                Some((Op::Where(Box::new(input), rule), places))
            }
            (Function::First, []) => {
                let (input, places) = self.path(input, this)?;
                Some((Op::Index(Box::new(input), 0), places))
            }
            (Function::Exists, []) => computed(Op::Exists(self.boxed(input, this)?, None)),
            (Function::Exists, [rule]) => {
                let (input, Places::Elements(at)) = self.path(input, this)? else { return None };
                let rule = self.boxed(rule, &at)?;
                computed(Op::Exists(Box::new(input), Some(rule)))
            }
            (Function::Empty, []) => computed(Op::Empty(self.boxed(input, this)?)),
            (Function::Not, []) => computed(Op::Not(self.boxed(input, this)?)),
            (Function::Count, []) => computed(Op::Count(self.boxed(input, this)?)),
            (Function::ToInteger, []) => computed(Op::ToInteger(self.boxed(input, this)?)),
            (Function::Join, separator) => {
                let separator = match separator {
                    [] => String::new(),
                    [text, ..] => self.text(text)?,
                };
                computed(Op::Join(self.boxed(input, this)?, separator))
            }
            (Function::StartsWith, [prefix]) => {
                let (input, prefix) = (self.boxed(input, this)?, self.boxed(prefix, this)?);
                computed(Op::StartsWith(input, prefix))
            }
            (Function::Substring, [start, rest @ ..]) => {
                let (input, start) = (self.boxed(input, this)?, self.boxed(start, this)?);
                let len = match rest {
                    [] => None,
                    [len, ..] => Some(self.boxed(len, this)?),
                };
                computed(Op::Substring(input, start, len))
            }
            (Function::Extension, [url]) => self.extension(input, url, this),
            (Function::OfType, [kind]) => self.of_type(input, kind, this),
            (Function::GetResourceKey, []) if *input == Expr::This && this == [TOP] => {
                self.keys(&Expr::This, &["id".to_owned()], this)
            }
            (Function::GetReferenceKey, wanted) => {
                let (input, Places::Elements(at)) = self.path(input, this)? else { return None };
                let reference = self.want_all(&at, "reference")?;
                let wanted = match wanted {
                    [] => None,
                    [Expr::Member(_, name), ..] => Some(name.clone()),
                    _ => return None,
                };
                computed(Op::ReferenceKey { input: Box::new(input), reference, wanted })
            }
            _ => None,
        }
    }

    fn extension(&mut self, input: &Expr, url: &Expr, this: &[u32]) -> Compiled {
        let wanted = self.text(url)?;
        let (input, Places::Elements(parents)) = self.path(input, this)? else { return None };
        let mut places = Vec::new();
        let mut extension = None;
        for &parent in &parents {
            let (symbol, place) = self.projection.want(parent, "extension", self.symbols);
            places.push(place);
            extension = Some(symbol);
        }
        let url = self.want_all(&places, "url")?;
        let op = Op::Extension { input: Box::new(input), extension: extension?, url, wanted };
        Some((op, Places::Elements(places)))
    }

    /// `value.ofType(Quantity)` stands as `valueQuantity` in the text.
    fn of_type(&mut self, input: &Expr, kind: &Expr, this: &[u32]) -> Compiled {
        let (Expr::Member(owner, name), Expr::Member(start, kind)) = (input, kind) else {
            return None;
        };
        let types = choice::types_of(name)?;
        let wanted = types.iter().find(|known| known.eq_ignore_ascii_case(kind))?;
        if **start != Expr::This || self.names_itself(owner, name, this) {
            return None;
        }
        self.keys(owner, &[format!("{name}{wanted}")], this)
    }

    fn want_all(&mut self, parents: &[u32], name: &str) -> Option<Symbol> {
        let mut symbol = None;
        for &parent in parents {
            symbol = Some(self.projection.want(parent, name, self.symbols).0);
        }
        symbol
    }

    fn text(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Literal(Literal::Text(text)) => Some(text.clone()),
            Expr::Constant(name) => match self.constants.get(name)? {
                Literal::Text(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }
}

fn value(literal: &Literal) -> Compiled {
    match literal {
        Literal::Text(_) | Literal::Integer(_) | Literal::Decimal(_) | Literal::Boolean(_) => {
            computed(Op::Literal(literal.clone()))
        }
        Literal::Moment(_) => None,
    }
}

/// The same, in the form that runs fastest.
fn straightened(op: Op) -> Op {
    match op {
        Op::Member(input, symbols) => match as_path(&input) {
            Some(path) => Op::Path(path.then(match &*symbols {
                [symbol] => Step::Child(*symbol),
                _ => Step::Choice(symbols),
            })),
            None => Op::Member(input, symbols),
        },
        Op::Where(input, rule) => match as_path(&input) {
            Some(path) => Op::Path(path.then(Step::Where(*rule))),
            None => Op::Where(input, rule),
        },
        Op::Extension { input, extension, url, wanted } => match as_path(&input) {
            Some(path) => Op::Path(path.then(Step::Extension { extension, url, wanted })),
            None => Op::Extension { input, extension, url, wanted },
        },
        Op::Index(input, at) => match as_path(&input) {
            Some(path) => Op::Path(path.picked(at)),
            None => Op::Index(input, at),
        },
        Op::Binary(left, Operator::Equal, right) => match (as_child(&left), &*right) {
            (Some(symbol), Op::Literal(Literal::Text(text))) => {
                Op::TextIn(symbol, vec![text.clone()])
            }
            _ => Op::Binary(left, Operator::Equal, right),
        },
        Op::Binary(left, Operator::Or, right) => match (*left, *right) {
            (Op::TextIn(symbol, mut texts), Op::TextIn(other, more)) if symbol == other => {
                texts.extend(more);
                Op::TextIn(symbol, texts)
            }
            (left, right) => Op::Binary(Box::new(left), Operator::Or, Box::new(right)),
        },
        op => op,
    }
}

fn as_path(op: &Op) -> Option<Path> {
    match op {
        Op::This => Some(Path::default()),
        Op::Top => Some(Path { from_top: true, segments: Vec::new() }),
        Op::Path(path) => Some(path.clone()),
        _ => None,
    }
}

/// A child of the element in focus, and nothing more.
fn as_child(op: &Op) -> Option<Symbol> {
    let Op::Path(Path { from_top: false, segments }) = op else { return None };
    match segments.as_slice() {
        [Segment { steps, pick: None }] => match steps.as_slice() {
            [Step::Child(symbol)] => Some(*symbol),
            _ => None,
        },
        _ => None,
    }
}

impl Path {
    fn then(mut self, step: Step) -> Self {
        match self.segments.last_mut() {
            Some(segment) if segment.pick.is_none() => segment.steps.push(step),
            _ => self.segments.push(Segment { steps: vec![step], pick: None }),
        }
        self
    }

    fn picked(mut self, at: usize) -> Self {
        match self.segments.last_mut() {
            Some(segment) if segment.pick.is_none() => segment.pick = Some(at),
            _ => self.segments.push(Segment { steps: Vec::new(), pick: Some(at) }),
        }
        self
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the end of every branch that compiles")]
fn computed(op: Op) -> Compiled {
    Some((op, Places::Computed))
}

fn is_compiled(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Or
            | Operator::And
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
    )
}
