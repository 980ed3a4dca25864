//! The functions.

use serde_json::Value;

use super::{
    Expr, Focus, Function, Item, Literal, Pattern,
    boundary::{End, boundary},
    eval::push_member,
    item::{boolean, distinct, single_text, text, text_of, truth, whole},
    types::{is_of_type, named},
};
use crate::choice;

impl<'a> Focus<'a> {
    pub(super) fn call(
        &self,
        input: &Expr,
        function: Function,
        arguments: &[Expr],
    ) -> Vec<Item<'a>> {
        match function {
            Function::GetResourceKey => self.resource_key(),
            Function::Extension => self.extensions(input, arguments),
            _ => {
                let items = self.values(input);
                self.on_items(items, function, arguments)
            }
        }
    }

    /// The functions of a collection.
    fn on_items(
        &self,
        items: Vec<Item<'a>>,
        function: Function,
        arguments: &[Expr],
    ) -> Vec<Item<'a>> {
        match (function, arguments) {
            (Function::Where, [rule]) => self.filter(items, rule),
            (Function::Select, [path]) => self.select(items, path),
            (Function::Exists, [rule]) => boolean(!self.filter(items, rule).is_empty()),
            (Function::Exists, _) => boolean(!items.is_empty()),
            (Function::All, [rule]) => boolean(self.all(items, rule)),
            (Function::Empty, _) => boolean(items.is_empty()),
            (Function::First, _) => items.into_iter().take(1).collect(),
            (Function::Last, _) => items.into_iter().last().into_iter().collect(),
            (Function::Tail, _) => items.into_iter().skip(1).collect(),
            (Function::Skip, [many]) => items.into_iter().skip(self.many(many)).collect(),
            (Function::Take, [many]) => items.into_iter().take(self.many(many)).collect(),
            (Function::Not, _) => truth(&items).map(|truth| boolean(!truth)).unwrap_or_default(),
            (Function::Count, _) => whole(items.len()),
            (Function::Distinct, _) => distinct(items),
            (Function::OfType, [kind]) => of_type(items, kind),
            (Function::Is, [kind]) => is_type(&items, kind),
            (Function::Iif, [condition, yes, no @ ..]) => self.iif(&items, condition, yes, no),
            (Function::HasValue, _) => boolean(single_text(&items).is_some()),
            (Function::Join, separator) => self.join(&items, separator),
            (Function::Resolve, _) => items.iter().filter_map(|item| self.resolve(item)).collect(),
            (Function::GetReferenceKey, wanted) => reference_keys(&items, wanted.first()),
            (Function::LowBoundary, digits) => self.boundary(&items, End::Low, digits.first()),
            (Function::HighBoundary, digits) => self.boundary(&items, End::High, digits.first()),
            _ => match single_text(&items) {
                Some(text) => self.on_text(&text, function, arguments),
                None => Vec::new(),
            },
        }
    }

    /// The functions of a single text.
    fn on_text(&self, input: &str, function: Function, arguments: &[Expr]) -> Vec<Item<'a>> {
        let argument =
            |at: usize| arguments.get(at).and_then(|argument| single_text(&self.values(argument)));
        let item = |item: Item<'a>| vec![item];
        match function {
            Function::ToInteger => computed(input.parse().ok().map(Literal::Integer)),
            Function::ToDecimal => computed(to_decimal(input)),
            Function::ToText => item(text(input)),
            Function::Length => whole(input.chars().count()),
            Function::Lower => item(text(input.to_lowercase())),
            Function::Upper => item(text(input.to_uppercase())),
            Function::Trim => item(text(input.trim())),
            Function::Substring => self.substring(input, arguments),
            Function::Matches => self.matches(input, arguments),
            _ => {
                // As FHIRPath says, nothing comes of an argument that is nothing; a view that is
                // written for an extraction may rely on it.
                let Some(first) = argument(0) else { return Vec::new() };
                match function {
                    Function::StartsWith => boolean(input.starts_with(&first)),
                    Function::EndsWith => boolean(input.ends_with(&first)),
                    Function::Contains => boolean(input.contains(&first)),
                    Function::IndexOf => index_of(input, &first),
                    Function::Replace => match argument(1) {
                        Some(second) => item(text(input.replace(&first, &second))),
                        None => Vec::new(),
                    },
                    _ => Vec::new(),
                }
            }
        }
    }

    fn each(&self, items: Vec<Item<'a>>) -> impl Iterator<Item = Focus<'a>> {
        items.into_iter().enumerate().map(|(at, item)| self.on(item, at))
    }

    fn filter(&self, items: Vec<Item<'a>>, rule: &Expr) -> Vec<Item<'a>> {
        let kept = self.each(items).filter(|focus| focus.holds(rule));
        kept.map(|focus| focus.this).collect()
    }

    fn select(&self, items: Vec<Item<'a>>, path: &Expr) -> Vec<Item<'a>> {
        self.each(items).flat_map(|focus| focus.values(path)).collect()
    }

    fn all(&self, items: Vec<Item<'a>>, rule: &Expr) -> bool {
        self.each(items).all(|focus| focus.holds(rule))
    }

    fn many(&self, argument: &Expr) -> usize {
        self.integer(argument).and_then(|many| usize::try_from(many).ok()).unwrap_or(0)
    }

    fn iif(&self, items: &[Item<'a>], condition: &Expr, yes: &Expr, no: &[Expr]) -> Vec<Item<'a>> {
        let focus = match items {
            [item] => self.on(item.clone(), 0),
            _ => self.clone(),
        };
        if focus.holds(condition) {
            return focus.values(yes);
        }
        no.first().map(|no| focus.values(no)).unwrap_or_default()
    }

    fn join(&self, items: &[Item<'a>], separator: &[Expr]) -> Vec<Item<'a>> {
        let separator = separator.first().and_then(|expr| single_text(&self.values(expr)));
        let texts: Vec<String> = items.iter().filter_map(text_of).collect();
        vec![text(texts.join(&separator.unwrap_or_default()))]
    }

    fn substring(&self, input: &str, arguments: &[Expr]) -> Vec<Item<'a>> {
        let index = |argument| self.integer(argument).and_then(|at| usize::try_from(at).ok());
        let Some(start) = arguments.first().and_then(index) else {
            return Vec::new();
        };
        let len = arguments.get(1).map_or(Some(usize::MAX), index);
        let part: String = input.chars().skip(start).take(len.unwrap_or(0)).collect();
        if part.is_empty() { Vec::new() } else { vec![text(part)] }
    }

    fn matches(&self, input: &str, arguments: &[Expr]) -> Vec<Item<'a>> {
        match arguments {
            [Expr::Pattern(pattern)] => boolean(pattern.is_in(input)),
            // A pattern that comes from the record is compiled each time, and may be none.
            [argument] => single_text(&self.values(argument))
                .and_then(|text| Pattern::new(&text))
                .map(|pattern| boolean(pattern.is_in(input)))
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn boundary(&self, items: &[Item<'a>], end: End, digits: Option<&Expr>) -> Vec<Item<'a>> {
        let precision = match digits.map(|digits| self.integer(digits)) {
            None => None,
            Some(Some(digits)) => Some(digits),
            Some(None) => return Vec::new(),
        };
        match items {
            [item] => computed(boundary(item, end, precision)),
            _ => Vec::new(),
        }
    }

    fn resource_key(&self) -> Vec<Item<'a>> {
        self.resource["id"].as_str().map(text).into_iter().collect()
    }

    /// The extensions of elements; those of a primitive stand beside it, under `_name`.
    fn extensions(&self, input: &Expr, arguments: &[Expr]) -> Vec<Item<'a>> {
        let url = arguments.first().and_then(|url| single_text(&self.values(url)));
        let Some(url) = url else {
            return Vec::new();
        };
        let mut holders = self.values(input);
        if let Expr::Member(owner, name) = input {
            for item in self.values(owner) {
                if let Item::Node(node, _) = item {
                    push_shadow(node, name, &mut holders);
                }
            }
        }
        let mut found = Vec::new();
        for holder in holders {
            if let Item::Node(node, _) = holder {
                push_member(node, "extension", &mut found);
            }
        }
        found.retain(|item| match item {
            Item::Node(extension, _) => extension["url"].as_str() == Some(&url),
            Item::Computed(_) => false,
        });
        found
    }

    /// The contained resource that a reference like `#id` means; others lie outside the record.
    fn resolve(&self, item: &Item<'a>) -> Option<Item<'a>> {
        let reference = match item {
            Item::Node(Value::String(text), _) => text,
            Item::Node(node, _) => node["reference"].as_str()?,
            Item::Computed(_) => return None,
        };
        let id = reference.strip_prefix('#')?;
        if id.is_empty() {
            return Some(Item::Node(self.resource, None));
        }
        let contained = self.resource["contained"].as_array()?;
        let found = contained.iter().find(|resource| resource["id"].as_str() == Some(id))?;
        Some(Item::Node(found, None))
    }
}

fn computed<'a>(literal: Option<Literal>) -> Vec<Item<'a>> {
    literal.map(Item::Computed).into_iter().collect()
}

fn to_decimal(text: &str) -> Option<Literal> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Literal::Decimal(number))
}

fn index_of<'a>(text: &str, wanted: &str) -> Vec<Item<'a>> {
    match text.find(wanted) {
        Some(at) => whole(text[..at].chars().count()),
        None => vec![Item::Computed(Literal::Integer(-1))],
    }
}

fn of_type<'a>(mut items: Vec<Item<'a>>, kind: &Expr) -> Vec<Item<'a>> {
    items.retain(|item| named(kind).is_some_and(|kind| is_of_type(item, kind)));
    items
}

fn is_type<'a>(items: &[Item<'a>], kind: &Expr) -> Vec<Item<'a>> {
    match (items, named(kind)) {
        ([item], Some(kind)) => boolean(is_of_type(item, kind)),
        _ => Vec::new(),
    }
}

/// What stands beside a primitive element: `_birthDate`, or `_valueString` for `value`.
fn push_shadow<'a>(node: &'a Value, name: &str, found: &mut Vec<Item<'a>>) {
    let Value::Object(object) = node else {
        return;
    };
    let is_shadow = |key: &str| {
        let suffix = key.strip_prefix('_').and_then(|key| key.strip_prefix(name));
        suffix.is_some_and(|suffix| suffix.is_empty() || choice::TYPES.contains(&suffix))
    };
    for value in object.iter().filter(|(key, _)| is_shadow(key)).map(|(_, value)| value) {
        match value {
            Value::Array(values) => {
                found.extend(values.iter().map(|value| Item::Node(value, None)));
            }
            _ => found.push(Item::Node(value, None)),
        }
    }
}

fn reference_keys<'a>(items: &[Item<'a>], wanted: Option<&Expr>) -> Vec<Item<'a>> {
    let wanted = wanted.and_then(named);
    let key = |item: &Item<'a>| match item {
        Item::Node(node, _) => reference_key(node["reference"].as_str()?, wanted).map(text),
        Item::Computed(_) => None,
    };
    items.iter().filter_map(key).collect()
}

/// `Patient/17`, `http://host/Patient/17` and `Patient/17/_history/2` give `17`, where the type is
/// the one wanted.
pub(crate) fn reference_key<'a>(reference: &'a str, wanted: Option<&str>) -> Option<&'a str> {
    let unversioned = reference.split("/_history/").next()?;
    let mut parts = unversioned.rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    (wanted.is_none() || wanted == Some(kind)).then_some(id)
}
