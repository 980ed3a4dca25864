//! A compiled path over a frame: values are handed on one by one, nothing is gathered.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    frame::{NOWHERE, Scalar, Scope, Symbol, TOP},
    plan::{Op, Path, Segment, Step},
};
use crate::fhirpath::{Literal, Operator};

/// One value of a path.
#[derive(Debug, Clone)]
pub(crate) enum Item<'f> {
    /// An element of the resource.
    Element(u32),
    Text(Cow<'f, str>),
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
}

/// The values of a path, as far as a column cares.
#[derive(Debug, Clone)]
pub(crate) enum Few<'f> {
    None,
    One(Item<'f>),
    Several,
}

/// Where a path is evaluated: the element in focus, and its place among its siblings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Focus<'f> {
    pub(crate) scope: Scope<'f>,
    pub(crate) this: u32,
    pub(crate) row_index: i64,
}

/// A computed or literal value to compare with.
#[derive(Debug, Clone, PartialEq)]
enum Plain<'f> {
    Text(Cow<'f, str>),
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
}

impl<'f> Focus<'f> {
    pub(crate) fn on(self, this: u32) -> Self {
        Self { this, ..self }
    }

    /// Hands on each value of a path until `take` answers no.
    pub(crate) fn each(self, op: &'f Op, take: &mut dyn FnMut(Item<'f>) -> bool) -> bool {
        match op {
            Op::This => self.this == NOWHERE || take(Item::Element(self.this)),
            Op::Top => take(Item::Element(TOP)),
            Op::RowIndex => take(Item::Integer(self.row_index)),
            Op::Literal(literal) => literal_item(literal).is_none_or(take),
            Op::Member(input, symbols) => self.members(input, symbols, take),
            Op::Path(path) => self.walk(path, &mut |node| take(Item::Element(node))),
            Op::Index(input, wanted) => self.nth(input, *wanted, take),
            Op::Where(input, rule) => self.each(input, &mut |item| match item {
                Item::Element(at) if self.on(at).holds(rule) => take(item),
                _ => true,
            }),
            Op::Extension { input, extension, url, wanted } => {
                self.extensions(input, (*extension, *url), wanted, take)
            }
            Op::Join(input, separator) => {
                let mut texts: Vec<Cow<'f, str>> = Vec::new();
                self.each(input, &mut |item| {
                    texts.extend(self.text(item));
                    true
                });
                take(Item::Text(texts.join(separator.as_str()).into()))
            }
            Op::Count(input) => {
                take(Item::Integer(i64::try_from(self.count(input)).unwrap_or(i64::MAX)))
            }
            Op::Substring(input, start, len) => {
                let part = self.substring(input, start, len.as_deref());
                part.is_none_or(|part| take(Item::Text(part)))
            }
            Op::ToInteger(input) => {
                let number = self.single_text(input).and_then(|text| text.parse().ok());
                number.is_none_or(|number| take(Item::Integer(number)))
            }
            Op::ReferenceKey { input, reference, wanted } => self.each(input, &mut |item| {
                let key = self.reference_key(&item, *reference, wanted.as_deref());
                key.is_none_or(|key| take(Item::Text(key.into())))
            }),
            Op::Binary(left, operator, right) if is_arithmetic(*operator) => {
                let result = self.arithmetic(left, *operator, right);
                result.is_none_or(take)
            }
            Op::Exists(..)
            | Op::Empty(_)
            | Op::Not(_)
            | Op::StartsWith(..)
            | Op::Binary(..)
            | Op::TextIn(..) => self.truth(op).is_none_or(|truth| take(Item::Boolean(truth))),
        }
    }

    /// Hands on each element a path leads to, until `take` answers no.
    pub(crate) fn walk(self, path: &'f Path, take: &mut impl FnMut(u32) -> bool) -> bool {
        let start = if path.from_top { TOP } else { self.this };
        if start == NOWHERE {
            return true;
        }
        self.segments(start, &path.segments, take)
    }

    fn segments(
        self,
        start: u32,
        segments: &'f [Segment],
        take: &mut impl FnMut(u32) -> bool,
    ) -> bool {
        let mut at = start;
        for Segment { steps, pick } in segments {
            let Some(pick) = pick else {
                // Nothing is picked of the last elements alone.
                return self.steps(at, steps, take);
            };
            let (mut number, mut found) = (0, None);
            self.steps(at, steps, &mut |node| {
                if number == *pick {
                    found = Some(node);
                }
                number += 1;
                found.is_none()
            });
            match found {
                Some(node) => at = node,
                None => return true,
            }
        }
        take(at)
    }

    fn steps(self, node: u32, steps: &'f [Step], take: &mut impl FnMut(u32) -> bool) -> bool {
        let [step, rest @ ..] = steps else { return take(node) };
        let scope = self.scope;
        match step {
            Step::Child(symbol) => {
                for (child, found) in scope.children(node) {
                    if found == *symbol && !self.steps(child, rest, take) {
                        return false;
                    }
                }
                true
            }
            Step::Choice(symbols) => {
                let chosen = chosen(scope, node, symbols);
                for (child, found) in scope.children(node) {
                    if chosen.contains(&found) && !self.steps(child, rest, take) {
                        return false;
                    }
                }
                true
            }
            Step::Where(rule) => !self.on(node).holds(rule) || self.steps(node, rest, take),
            Step::Extension { extension, url, wanted } => {
                for (child, found) in scope.children(node) {
                    if found == *extension
                        && has_text(scope, child, *url, wanted)
                        && !self.steps(child, rest, take)
                    {
                        return false;
                    }
                }
                true
            }
        }
    }

    /// Is a path true here? Nothing and several values are not.
    pub(crate) fn holds(self, op: &'f Op) -> bool {
        self.truth(op) == Some(true)
    }

    /// The one value of a path.
    pub(crate) fn few(self, op: &'f Op) -> Few<'f> {
        let mut found = Few::None;
        if let Op::Path(path) = op {
            self.walk(path, &mut |node| {
                let first = matches!(found, Few::None);
                found = if first { Few::One(Item::Element(node)) } else { Few::Several };
                first
            });
            return found;
        }
        self.each(op, &mut |item| {
            let first = matches!(found, Few::None);
            found = if first { Few::One(item) } else { Few::Several };
            first
        });
        found
    }

    fn members(
        self,
        input: &'f Op,
        symbols: &'f [Symbol],
        take: &mut dyn FnMut(Item<'f>) -> bool,
    ) -> bool {
        let scope = self.scope;
        let mut from = |parent: u32| {
            let chosen = chosen(scope, parent, symbols);
            for (child, found) in scope.children(parent) {
                if chosen.contains(&found) && !take(Item::Element(child)) {
                    return false;
                }
            }
            true
        };
        match input {
            Op::This => from(self.this),
            Op::Top => from(TOP),
            input => self.each(input, &mut |item| match item {
                Item::Element(parent) => from(parent),
                _ => true,
            }),
        }
    }

    fn nth(self, input: &'f Op, wanted: usize, take: &mut dyn FnMut(Item<'f>) -> bool) -> bool {
        let (mut at, mut found) = (0, None);
        self.each(input, &mut |item| {
            if at == wanted {
                found = Some(item);
                return false;
            }
            at += 1;
            true
        });
        found.is_none_or(take)
    }

    fn extensions(
        self,
        input: &'f Op,
        (extension, url): (Symbol, Symbol),
        wanted: &'f str,
        take: &mut dyn FnMut(Item<'f>) -> bool,
    ) -> bool {
        self.each(input, &mut |item| {
            let Item::Element(parent) = item else { return true };
            for (child, symbol) in self.scope.children(parent) {
                let is_wanted = symbol == extension && has_text(self.scope, child, url, wanted);
                if is_wanted && !take(Item::Element(child)) {
                    return false;
                }
            }
            true
        })
    }

    fn count(self, input: &'f Op) -> usize {
        let mut count = 0;
        self.each(input, &mut |_| {
            count += 1;
            true
        });
        count
    }

    fn is_empty(self, input: &'f Op) -> bool {
        self.each(input, &mut |_| false)
    }

    /// The truth of a path: of one boolean its value, of another single value yes (FHIRPath,
    /// section 4.5), of nothing and several values none.
    fn truth(self, op: &'f Op) -> Option<bool> {
        match op {
            Op::Exists(input, None) => Some(!self.is_empty(input)),
            Op::Exists(input, Some(rule)) => {
                let none = self.each(input, &mut |item| match item {
                    Item::Element(at) => !self.on(at).holds(rule),
                    _ => true,
                });
                Some(!none)
            }
            Op::Empty(input) => Some(self.is_empty(input)),
            Op::TextIn(symbol, texts) => self.text_in(*symbol, texts),
            Op::Not(input) => self.truth(input).map(|truth| !truth),
            Op::StartsWith(input, prefix) => {
                let (text, prefix) = (self.single_text(input)?, self.single_text(prefix)?);
                Some(text.starts_with(&*prefix))
            }
            Op::Binary(left, operator @ (Operator::And | Operator::Or), right) => {
                let decisive = *operator == Operator::Or;
                let left = self.truth(left);
                if left == Some(decisive) {
                    return left;
                }
                match (left, self.truth(right)) {
                    (_, Some(truth)) if truth == decisive => Some(decisive),
                    (Some(_), Some(_)) => Some(!decisive),
                    _ => None,
                }
            }
            Op::Binary(left, operator, right) if !is_arithmetic(*operator) => {
                self.compared(left, *operator, right)
            }
            _ => match self.few(op) {
                Few::One(Item::Boolean(truth)) => Some(truth),
                Few::One(Item::Element(at)) => match self.scope.scalar(at) {
                    Some(Scalar::Boolean(truth)) => Some(truth),
                    _ => Some(true),
                },
                Few::One(_) => Some(true),
                Few::None | Few::Several => None,
            },
        }
    }

    /// Is the text of a child one of these? Several values are equal to no one text.
    fn text_in(self, symbol: Symbol, texts: &[String]) -> Option<bool> {
        let mut found = None;
        for (child, known) in self.scope.children(self.this) {
            if known == symbol {
                if found.is_some() {
                    return Some(false);
                }
                found = Some(match self.scope.scalar(child) {
                    Some(Scalar::Text(text)) => texts.iter().any(|wanted| wanted == text),
                    _ => false,
                });
            }
        }
        found
    }

    fn compared(self, left: &'f Op, operator: Operator, right: &'f Op) -> Option<bool> {
        let (left, right) = match (self.few(left), self.few(right)) {
            (Few::None, _) | (_, Few::None) => return None,
            (Few::One(left), Few::One(right)) => (self.plain(left), self.plain(right)),
            _ => return self.compared_lists(left, operator, right),
        };
        let order = left.as_ref().zip(right.as_ref()).and_then(|(left, right)| order(left, right));
        match operator {
            Operator::Equal => Some(order == Some(Ordering::Equal)),
            Operator::NotEqual => Some(order != Some(Ordering::Equal)),
            Operator::Less => order.map(Ordering::is_lt),
            Operator::LessOrEqual => order.map(Ordering::is_le),
            Operator::Greater => order.map(Ordering::is_gt),
            _ => order.map(Ordering::is_ge),
        }
    }

    /// Collections are equal value by value; nothing else can be said of them.
    fn compared_lists(self, left: &'f Op, operator: Operator, right: &'f Op) -> Option<bool> {
        let all = |op| {
            let mut found = Vec::new();
            self.each(op, &mut |item| {
                found.push(self.plain(item));
                true
            });
            found
        };
        let (left, right) = (all(left), all(right));
        let equal = left.len() == right.len()
            && left.iter().zip(&right).all(|pair| match pair {
                (Some(left), Some(right)) => order(left, right) == Some(Ordering::Equal),
                _ => false,
            });
        match operator {
            Operator::Equal => Some(equal),
            Operator::NotEqual => Some(!equal),
            _ => None,
        }
    }

    fn plain(self, item: Item<'f>) -> Option<Plain<'f>> {
        Some(match item {
            Item::Element(at) => match self.scope.scalar(at)? {
                Scalar::Text(text) => Plain::Text(text.into()),
                Scalar::Integer(number) => Plain::Integer(number),
                Scalar::Decimal(number) => Plain::Decimal(number),
                Scalar::Boolean(truth) => Plain::Boolean(truth),
            },
            Item::Text(text) => Plain::Text(text),
            Item::Integer(number) => Plain::Integer(number),
            Item::Decimal(number) => Plain::Decimal(number),
            Item::Boolean(truth) => Plain::Boolean(truth),
        })
    }

    fn single(self, op: &'f Op) -> Option<Plain<'f>> {
        match self.few(op) {
            Few::One(item) => self.plain(item),
            Few::None | Few::Several => None,
        }
    }

    fn single_text(self, op: &'f Op) -> Option<Cow<'f, str>> {
        self.single(op).map(text_of)
    }

    fn text(self, item: Item<'f>) -> Option<Cow<'f, str>> {
        self.plain(item).map(text_of)
    }

    fn substring(self, input: &'f Op, start: &'f Op, len: Option<&'f Op>) -> Option<Cow<'f, str>> {
        let index = |op| match self.single(op) {
            Some(Plain::Integer(number)) => usize::try_from(number).ok(),
            _ => None,
        };
        let (text, start) = (self.single_text(input)?, index(start)?);
        let len = len.map_or(Some(usize::MAX), index).unwrap_or(0);
        let at = |characters: usize| {
            text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
        };
        let (from, to) = (at(start), at(start.saturating_add(len)));
        if from >= to {
            return None;
        }
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(from..to)?),
            Cow::Owned(text) => Cow::Owned(text.get(from..to)?.to_owned()),
        })
    }

    /// `Patient/17` and `http://host/Patient/17` give `17`, where the type is the one wanted.
    fn reference_key(
        self,
        item: &Item<'f>,
        reference: Symbol,
        wanted: Option<&str>,
    ) -> Option<&'f str> {
        let Item::Element(parent) = item else { return None };
        let (at, _) = self.scope.children(*parent).find(|(_, symbol)| *symbol == reference)?;
        let Some(Scalar::Text(text)) = self.scope.scalar(at) else { return None };
        // The version of a resource is no other resource.
        let text = text.split_once("/_history/").map_or(text, |(resource, _)| resource);
        let mut parts = text.rsplit('/');
        let (id, kind) = (parts.next()?, parts.next()?);
        (wanted.is_none() || wanted == Some(kind)).then_some(id)
    }

    fn arithmetic(self, left: &'f Op, operator: Operator, right: &'f Op) -> Option<Item<'f>> {
        match (operator, self.single(left)?, self.single(right)?) {
            (Operator::Add, Plain::Text(left), Plain::Text(right)) => {
                Some(Item::Text(Cow::Owned(left.into_owned() + &right)))
            }
            (Operator::Add, Plain::Integer(a), Plain::Integer(b)) => {
                a.checked_add(b).map(Item::Integer)
            }
            (Operator::Subtract, Plain::Integer(a), Plain::Integer(b)) => {
                a.checked_sub(b).map(Item::Integer)
            }
            (Operator::Multiply, Plain::Integer(a), Plain::Integer(b)) => {
                a.checked_mul(b).map(Item::Integer)
            }
            (operator, left, right) => {
                let (left, right) = (number(&left)?, number(&right)?);
                let value = match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    _ => left / right,
                };
                value.is_finite().then_some(Item::Decimal(value))
            }
        }
    }
}

/// Of a choice element a resource has one type; where the name alone is there, it is the one.
fn chosen<'s>(scope: Scope<'_>, parent: u32, symbols: &'s [Symbol]) -> &'s [Symbol] {
    match symbols {
        [name, _, ..] if scope.children(parent).any(|(_, symbol)| symbol == *name) => &symbols[..1],
        _ => symbols,
    }
}

fn has_text(scope: Scope<'_>, node: u32, symbol: Symbol, wanted: &str) -> bool {
    scope
        .children(node)
        .any(|(at, found)| found == symbol && scope.scalar(at) == Some(Scalar::Text(wanted)))
}

fn literal_item(literal: &Literal) -> Option<Item<'_>> {
    Some(match literal {
        Literal::Text(text) => Item::Text(text.as_str().into()),
        Literal::Integer(number) => Item::Integer(*number),
        Literal::Decimal(number) => Item::Decimal(*number),
        Literal::Boolean(truth) => Item::Boolean(*truth),
        Literal::Moment(_) => return None,
    })
}

fn is_arithmetic(operator: Operator) -> bool {
    matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide)
}

fn order(left: &Plain<'_>, right: &Plain<'_>) -> Option<Ordering> {
    match (left, right) {
        (Plain::Text(left), Plain::Text(right)) => Some(left.cmp(right)),
        (Plain::Boolean(left), Plain::Boolean(right)) => Some(left.cmp(right)),
        (Plain::Integer(left), Plain::Integer(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

#[expect(clippy::cast_precision_loss, reason = "FHIR integers have 32 bits and are exact as f64")]
fn number(plain: &Plain<'_>) -> Option<f64> {
    match plain {
        Plain::Integer(whole) => Some(*whole as f64),
        Plain::Decimal(decimal) => Some(*decimal),
        Plain::Text(_) | Plain::Boolean(_) => None,
    }
}

fn text_of(plain: Plain<'_>) -> Cow<'_, str> {
    match plain {
        Plain::Text(text) => text,
        Plain::Integer(number) => number.to_string().into(),
        Plain::Decimal(number) => number.to_string().into(),
        Plain::Boolean(truth) => truth.to_string().into(),
    }
}
