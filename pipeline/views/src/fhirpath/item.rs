//! Values: elements of a resource and computed ones, and how they compare.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Moment, Operator, moment::Kind};

/// A value that does not stand in the resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
    /// A date or a time: a literal of a path or a constant. In a resource they are texts.
    Moment(Moment),
}

/// One value of a collection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item<'a> {
    /// An element of the resource; for a choice element such as `value[x]` with its type.
    Node(&'a Value, Option<&'a str>),
    /// A computed value.
    Computed(Literal),
}

impl Item<'_> {
    /// The value as a literal; nothing for an object.
    pub(crate) fn literal(&self) -> Option<Literal> {
        match self {
            Item::Computed(literal) => Some(literal.clone()),
            Item::Node(Value::String(text), _) => Some(Literal::Text(text.clone())),
            Item::Node(Value::Bool(truth), _) => Some(Literal::Boolean(*truth)),
            Item::Node(Value::Number(number), _) => match number.as_i64() {
                Some(whole) => Some(Literal::Integer(whole)),
                None => number.as_f64().map(Literal::Decimal),
            },
            Item::Node(..) => None,
        }
    }

    /// The value as JSON.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Item::Node(node, _) => (*node).clone(),
            Item::Computed(Literal::Text(text)) => Value::from(text.as_str()),
            Item::Computed(Literal::Integer(number)) => Value::from(*number),
            Item::Computed(Literal::Decimal(number)) => Value::from(*number),
            Item::Computed(Literal::Boolean(truth)) => Value::from(*truth),
            Item::Computed(Literal::Moment(moment)) => Value::from(moment.as_str()),
        }
    }

    /// The date or time, where it is one by its type or by its form.
    pub(super) fn moment(&self) -> Option<Moment> {
        match self {
            Item::Computed(Literal::Moment(moment)) => Some(moment.clone()),
            Item::Computed(Literal::Text(text)) => Moment::parse(text),
            Item::Node(Value::String(text), choice) => {
                let moment = Moment::parse(text)?;
                match choice {
                    Some("DateTime" | "Instant") => Some(Moment { kind: Kind::DateTime, ..moment }),
                    Some("Date" | "Time") | None => Some(moment),
                    Some(_) => None,
                }
            }
            _ => None,
        }
    }
}

pub(super) fn boolean<'a>(truth: bool) -> Vec<Item<'a>> {
    vec![Item::Computed(Literal::Boolean(truth))]
}

pub(super) fn text<'a>(text: impl Into<String>) -> Item<'a> {
    Item::Computed(Literal::Text(text.into()))
}

pub(super) fn whole<'a>(number: usize) -> Vec<Item<'a>> {
    vec![Item::Computed(Literal::Integer(i64::try_from(number).unwrap_or(i64::MAX)))]
}

pub(super) fn single_text(items: &[Item<'_>]) -> Option<String> {
    match items {
        [item] => text_of(item),
        _ => None,
    }
}

pub(super) fn text_of(item: &Item<'_>) -> Option<String> {
    Some(match item.literal()? {
        Literal::Text(text) => text,
        Literal::Integer(number) => number.to_string(),
        Literal::Decimal(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string(),
        Literal::Moment(moment) => moment.as_str().to_owned(),
    })
}

/// The truth of a collection; nothing where it has none or several values.
pub(super) fn truth(items: &[Item<'_>]) -> Option<bool> {
    match items {
        [item] => match item.literal() {
            Some(Literal::Boolean(truth)) => Some(truth),
            // A single value that is no boolean counts as true (FHIRPath section 4.5).
            _ => Some(true),
        },
        _ => None,
    }
}

/// Three-valued logic (FHIRPath section 6.5).
pub(super) fn logic<'a>(
    operator: Operator,
    left: Option<bool>,
    right: Option<bool>,
) -> Vec<Item<'a>> {
    let truth = match operator {
        Operator::And => all_of(left, right),
        Operator::Or => any_of(left, right),
        Operator::Implies => any_of(left.map(|truth| !truth), right),
        _ => left.zip(right).map(|(left, right)| left != right),
    };
    truth.map(boolean).unwrap_or_default()
}

fn all_of(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn any_of(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Are they the same, one by one? Nothing where dates are not exact enough to tell.
pub(super) fn equal(left: &[Item<'_>], right: &[Item<'_>]) -> Option<bool> {
    if left.len() != right.len() {
        return Some(false);
    }
    let mut told = Some(true);
    for (left, right) in left.iter().zip(right) {
        told = all_of(told, same(left, right));
    }
    told
}

pub(super) fn same(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    match (left.literal(), right.literal()) {
        (Some(left), Some(right)) => match moments(&left, &right) {
            Some((left, right)) if left.is_comparable_to(&right) => {
                left.order(&right).map(Ordering::is_eq)
            }
            _ => Some(order(&left, &right) == Some(Ordering::Equal)),
        },
        (None, None) => Some(left == right),
        _ => Some(false),
    }
}

/// The distinct values, in the order of their first appearance.
pub(super) fn distinct<'a>(items: Vec<Item<'a>>) -> Vec<Item<'a>> {
    let mut kept: Vec<Item<'a>> = Vec::new();
    for item in items {
        if !contains(&kept, &item) {
            kept.push(item);
        }
    }
    kept
}

pub(super) fn contains(items: &[Item<'_>], wanted: &Item<'_>) -> bool {
    items.iter().any(|item| same(item, wanted) == Some(true))
}

/// Do they say the same, whatever the order and the case of letters? Two of nothing do.
pub(super) fn equivalent(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    let alike = |left: &Item<'_>, right: &Item<'_>| match (left.literal(), right.literal()) {
        (Some(Literal::Text(left)), Some(Literal::Text(right))) => plain(&left) == plain(&right),
        _ => same(left, right) == Some(true),
    };
    left.len() == right.len()
        && left.iter().all(|item| right.iter().any(|other| alike(item, other)))
        && right.iter().all(|item| left.iter().any(|other| alike(other, item)))
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Both as moments, where one of them is one, or both are date-times to the minute.
fn moments(left: &Literal, right: &Literal) -> Option<(Moment, Moment)> {
    match (left, right) {
        (Literal::Moment(left), Literal::Moment(right)) => Some((left.clone(), right.clone())),
        (Literal::Moment(left), Literal::Text(right)) => {
            Some((left.clone(), Moment::parse(right)?))
        }
        (Literal::Text(left), Literal::Moment(right)) => {
            Some((Moment::parse(left)?, right.clone()))
        }
        // The same instant has many texts; anything shorter than a date-time is its own text.
        (Literal::Text(left), Literal::Text(right))
            if left.as_bytes().get(10) == Some(&b'T')
                && right.as_bytes().get(10) == Some(&b'T') =>
        {
            let (left, right) = (Moment::parse(left)?, Moment::parse(right)?);
            left.offset.and(right.offset).map(|_| (left, right))
        }
        _ => None,
    }
}

pub(super) fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    if let Some((left, right)) = moments(left, right) {
        return left.order(&right);
    }
    match (left, right) {
        (Literal::Text(left), Literal::Text(right)) => Some(left.cmp(right)),
        (Literal::Boolean(left), Literal::Boolean(right)) => Some(left.cmp(right)),
        (Literal::Integer(left), Literal::Integer(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

pub(super) fn compared<'a>(
    left: &[Item<'_>],
    right: &[Item<'_>],
    rule: fn(Ordering) -> bool,
) -> Vec<Item<'a>> {
    let ([left], [right]) = (left, right) else {
        return Vec::new();
    };
    let ordering =
        left.literal().zip(right.literal()).and_then(|(left, right)| order(&left, &right));
    ordering.map(|ordering| boolean(rule(ordering))).unwrap_or_default()
}

pub(super) fn arithmetic<'a>(
    operator: Operator,
    left: &[Item<'_>],
    right: &[Item<'_>],
) -> Vec<Item<'a>> {
    let ([left], [right]) = (left, right) else {
        return Vec::new();
    };
    let result = left.literal().zip(right.literal()).and_then(|pair| match pair {
        (Literal::Text(left), Literal::Text(right)) => {
            (operator == Operator::Add).then(|| Literal::Text(left + &right))
        }
        (Literal::Integer(left), Literal::Integer(right)) if operator != Operator::Divide => {
            integers(operator, left, right).map(Literal::Integer)
        }
        (left, right) => decimals(operator, number(&left)?, number(&right)?),
    });
    result.map(Item::Computed).into_iter().collect()
}

fn integers(operator: Operator, left: i64, right: i64) -> Option<i64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::WholeDivide => left.checked_div(right),
        Operator::Remainder => left.checked_rem(right),
        _ => None,
    }
}

fn decimals(operator: Operator, left: f64, right: f64) -> Option<Literal> {
    let value = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::WholeDivide => return whole_part(left / right).map(Literal::Integer),
        Operator::Remainder => left % right,
        _ => return None,
    };
    value.is_finite().then_some(Literal::Decimal(value))
}

#[expect(clippy::cast_possible_truncation, reason = "compared with the limits of an integer first")]
fn whole_part(value: f64) -> Option<i64> {
    (value.abs() < 9e15).then_some(value as i64)
}

#[expect(clippy::cast_precision_loss, reason = "FHIR integers have 32 bits and are exact as f64")]
fn number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Integer(whole) => Some(*whole as f64),
        Literal::Decimal(decimal) => Some(*decimal),
        Literal::Text(_) | Literal::Boolean(_) | Literal::Moment(_) => None,
    }
}
