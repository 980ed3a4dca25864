//! Expression and resource to values.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::Value;

use super::{Expr, Function, Operator};

/// A value that does not stand in the resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
}

/// One value of a collection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item<'a> {
    /// An element of the resource; for a choice element such as `value[x]` with its type.
    Node(&'a Value, Option<&'a str>),
    /// A computed value.
    Computed(Literal),
}

/// Where an expression is evaluated: the resource around, the element in focus, the constants.
#[derive(Debug, Clone)]
pub(crate) struct Focus<'a> {
    pub(crate) resource: &'a Value,
    pub(crate) this: Item<'a>,
    pub(crate) constants: &'a BTreeMap<String, Literal>,
}

/// Types a choice element can have; the suffix of its JSON name.
const CHOICE_TYPES: [&str; 38] = [
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "Count",
    "Date",
    "DateTime",
    "Decimal",
    "Distance",
    "Dosage",
    "Duration",
    "HumanName",
    "Id",
    "Identifier",
    "Instant",
    "Integer",
    "Markdown",
    "Money",
    "Oid",
    "Period",
    "PositiveInt",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "SampledData",
    "String",
    "Time",
    "Timing",
    "UnsignedInt",
    "Uri",
];

impl<'a> Focus<'a> {
    /// The focus at the top of a resource.
    pub(crate) fn top(resource: &'a Value, constants: &'a BTreeMap<String, Literal>) -> Self {
        Self { resource, this: Item::Node(resource, None), constants }
    }

    /// The same with another element in focus.
    pub(crate) fn on(&self, this: Item<'a>) -> Self {
        Self { this, ..self.clone() }
    }

    /// The values of an expression here.
    pub(crate) fn values(&self, expr: &Expr) -> Vec<Item<'a>> {
        match expr {
            Expr::This => vec![self.this.clone()],
            Expr::Literal(literal) => vec![Item::Computed(literal.clone())],
            Expr::Constant(name) => {
                self.constants.get(name).cloned().map(Item::Computed).into_iter().collect()
            }
            Expr::Member(input, name) => self.members(input, name),
            Expr::Index(input, index) => {
                self.values(input).into_iter().nth(*index).into_iter().collect()
            }
            Expr::Call(input, function, arguments) => self.call(input, *function, arguments),
            Expr::Binary(left, operator, right) => self.binary(left, *operator, right),
        }
    }

    /// Is the expression true here? Nothing and several values are not.
    pub(crate) fn holds(&self, expr: &Expr) -> bool {
        truth(&self.values(expr)) == Some(true)
    }

    fn members(&self, input: &Expr, name: &str) -> Vec<Item<'a>> {
        // A path may begin with the type of the resource: `Patient.name`.
        let names_itself =
            *input == Expr::This && self.resource["resourceType"].as_str() == Some(name);
        if names_itself && self.this == Item::Node(self.resource, None) {
            return vec![self.this.clone()];
        }
        let mut found = Vec::new();
        for item in self.values(input) {
            if let Item::Node(node, _) = item {
                push_member(node, name, &mut found);
            }
        }
        found
    }

    fn call(&self, input: &Expr, function: Function, arguments: &[Expr]) -> Vec<Item<'a>> {
        let items = self.values(input);
        match function {
            Function::Where => self.filter(items, &arguments[0]),
            Function::Exists => {
                let found =
                    arguments.first().map_or(items.clone(), |rule| self.filter(items, rule));
                boolean(!found.is_empty())
            }
            Function::Empty => boolean(items.is_empty()),
            Function::First => items.into_iter().take(1).collect(),
            Function::Not => truth(&items).map(|truth| boolean(!truth)).unwrap_or_default(),
            Function::Count => {
                vec![Item::Computed(Literal::Integer(items.len().try_into().unwrap_or(i64::MAX)))]
            }
            Function::Extension => {
                let url = self.argument_text(arguments);
                let extensions = items.iter().flat_map(|item| match item {
                    Item::Node(node, _) => as_slice(&node["extension"]),
                    Item::Computed(_) => &[],
                });
                extensions
                    .filter(|extension| extension["url"].as_str() == url.as_deref())
                    .map(|extension| Item::Node(extension, None))
                    .collect()
            }
            Function::OfType => match &arguments[0] {
                Expr::Member(_, wanted) => {
                    items.into_iter().filter(|item| is_of_type(item, wanted)).collect()
                }
                _ => Vec::new(),
            },
            Function::Join => {
                let separator = self.argument_text(arguments).unwrap_or_default();
                let texts: Vec<String> = items.iter().filter_map(text_of).collect();
                vec![Item::Computed(Literal::Text(texts.join(&separator)))]
            }
            Function::StartsWith => {
                let prefix = self.argument_text(arguments).unwrap_or_default();
                single_text(&items)
                    .map(|text| boolean(text.starts_with(&prefix)))
                    .unwrap_or_default()
            }
            Function::Substring => self.substring(&items, arguments),
            Function::ToInteger => single_text(&items)
                .and_then(|text| text.parse().ok())
                .map(|number| vec![Item::Computed(Literal::Integer(number))])
                .unwrap_or_default(),
            Function::GetResourceKey => self.resource["id"].as_str().map(key).into_iter().collect(),
            Function::GetReferenceKey => {
                let wanted = match arguments.first() {
                    Some(Expr::Member(_, name)) => Some(name.as_str()),
                    _ => None,
                };
                items.iter().filter_map(|item| reference_key(item, wanted)).collect()
            }
        }
    }

    fn filter(&self, items: Vec<Item<'a>>, rule: &Expr) -> Vec<Item<'a>> {
        items.into_iter().filter(|item| self.on(item.clone()).holds(rule)).collect()
    }

    fn argument_text(&self, arguments: &[Expr]) -> Option<String> {
        arguments.first().and_then(|argument| single_text(&self.values(argument)))
    }

    fn argument_index(&self, argument: &Expr) -> Option<usize> {
        match self.values(argument).as_slice() {
            [Item::Computed(Literal::Integer(number))] => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    fn substring(&self, items: &[Item<'a>], arguments: &[Expr]) -> Vec<Item<'a>> {
        let Some((text, start)) = single_text(items).zip(self.argument_index(&arguments[0])) else {
            return Vec::new();
        };
        let len =
            arguments.get(1).map_or(Some(usize::MAX), |argument| self.argument_index(argument));
        let part: String = text.chars().skip(start).take(len.unwrap_or(0)).collect();
        if part.is_empty() { Vec::new() } else { vec![Item::Computed(Literal::Text(part))] }
    }

    fn binary(&self, left: &Expr, operator: Operator, right: &Expr) -> Vec<Item<'a>> {
        let (left, right) = (self.values(left), self.values(right));
        match operator {
            Operator::And | Operator::Or => logic(operator, truth(&left), truth(&right)),
            _ if left.is_empty() || right.is_empty() => Vec::new(),
            Operator::Equal => boolean(equal(&left, &right)),
            Operator::NotEqual => boolean(!equal(&left, &right)),
            Operator::Less => compared(&left, &right, Ordering::is_lt),
            Operator::LessOrEqual => compared(&left, &right, Ordering::is_le),
            Operator::Greater => compared(&left, &right, Ordering::is_gt),
            Operator::GreaterOrEqual => compared(&left, &right, Ordering::is_ge),
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                arithmetic(operator, &left, &right)
            }
        }
    }
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
}

fn push_member<'a>(node: &'a Value, name: &str, found: &mut Vec<Item<'a>>) {
    let Value::Object(object) = node else {
        return;
    };
    if let Some(value) = object.get(name) {
        push_all(value, None, found);
        return;
    }
    for (key, value) in object {
        if let Some(suffix) = key.strip_prefix(name)
            && CHOICE_TYPES.contains(&suffix)
        {
            push_all(value, Some(suffix), found);
            return;
        }
    }
}

fn push_all<'a>(value: &'a Value, choice: Option<&'a str>, found: &mut Vec<Item<'a>>) {
    match value {
        Value::Null => {}
        Value::Array(values) => {
            found.extend(
                values
                    .iter()
                    .filter(|value| !value.is_null())
                    .map(|value| Item::Node(value, choice)),
            );
        }
        _ => found.push(Item::Node(value, choice)),
    }
}

fn as_slice(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn boolean<'a>(truth: bool) -> Vec<Item<'a>> {
    vec![Item::Computed(Literal::Boolean(truth))]
}

fn key<'a>(id: &str) -> Item<'a> {
    Item::Computed(Literal::Text(id.to_owned()))
}

/// `Patient/17` and `http://host/Patient/17` give `17`, where the type is the one wanted.
fn reference_key<'a>(item: &Item<'a>, wanted: Option<&str>) -> Option<Item<'a>> {
    let Item::Node(node, _) = item else {
        return None;
    };
    let mut parts = node["reference"].as_str()?.rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    (wanted.is_none() || wanted == Some(kind)).then(|| key(id))
}

fn is_of_type(item: &Item<'_>, wanted: &str) -> bool {
    match item {
        Item::Node(_, Some(choice)) => choice.eq_ignore_ascii_case(wanted),
        Item::Node(node, None) => match node {
            Value::Object(object) => {
                object.get("resourceType").and_then(Value::as_str) == Some(wanted)
            }
            Value::String(_) => wanted == "string",
            Value::Bool(_) => wanted == "boolean",
            Value::Number(number) => wanted == if number.is_f64() { "decimal" } else { "integer" },
            Value::Null | Value::Array(_) => false,
        },
        Item::Computed(_) => false,
    }
}

fn truth(items: &[Item<'_>]) -> Option<bool> {
    match items {
        [item] => match item.literal() {
            Some(Literal::Boolean(truth)) => Some(truth),
            // A single value that is no boolean counts as true (FHIRPath section 4.5).
            _ => Some(true),
        },
        _ => None,
    }
}

fn logic<'a>(operator: Operator, left: Option<bool>, right: Option<bool>) -> Vec<Item<'a>> {
    let decisive = operator == Operator::Or;
    match (left, right) {
        (Some(truth), _) | (_, Some(truth)) if truth == decisive => boolean(decisive),
        (Some(_), Some(_)) => boolean(!decisive),
        _ => Vec::new(),
    }
}

fn equal(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}

fn same(left: &Item<'_>, right: &Item<'_>) -> bool {
    match (left.literal(), right.literal()) {
        (Some(left), Some(right)) => order(&left, &right) == Some(Ordering::Equal),
        (None, None) => left == right,
        _ => false,
    }
}

fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    match (left, right) {
        (Literal::Text(left), Literal::Text(right)) => Some(left.cmp(right)),
        (Literal::Boolean(left), Literal::Boolean(right)) => Some(left.cmp(right)),
        (Literal::Integer(left), Literal::Integer(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

fn compared<'a>(
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

fn arithmetic<'a>(operator: Operator, left: &[Item<'_>], right: &[Item<'_>]) -> Vec<Item<'a>> {
    let ([left], [right]) = (left, right) else {
        return Vec::new();
    };
    let result = left.literal().zip(right.literal()).and_then(|pair| match (operator, pair) {
        (Operator::Add, (Literal::Text(left), Literal::Text(right))) => {
            Some(Literal::Text(left + &right))
        }
        (Operator::Add, (Literal::Integer(a), Literal::Integer(b))) => {
            a.checked_add(b).map(Literal::Integer)
        }
        (Operator::Subtract, (Literal::Integer(a), Literal::Integer(b))) => {
            a.checked_sub(b).map(Literal::Integer)
        }
        (Operator::Multiply, (Literal::Integer(a), Literal::Integer(b))) => {
            a.checked_mul(b).map(Literal::Integer)
        }
        (operator, (left, right)) => {
            let (left, right) = (number(&left)?, number(&right)?);
            let value = match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                _ => left / right,
            };
            value.is_finite().then_some(Literal::Decimal(value))
        }
    });
    result.map(Item::Computed).into_iter().collect()
}

#[expect(clippy::cast_precision_loss, reason = "FHIR integers have 32 bits and are exact as f64")]
fn number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Integer(whole) => Some(*whole as f64),
        Literal::Decimal(decimal) => Some(*decimal),
        Literal::Text(_) | Literal::Boolean(_) => None,
    }
}

fn single_text(items: &[Item<'_>]) -> Option<String> {
    match items {
        [item] => text_of(item),
        _ => None,
    }
}

fn text_of(item: &Item<'_>) -> Option<String> {
    Some(match item.literal()? {
        Literal::Text(text) => text,
        Literal::Integer(number) => number.to_string(),
        Literal::Decimal(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_give_what_fhirpath_says() {
        let resource = json!({
            "resourceType": "Observation", "id": "o1", "status": "final",
            "code": {"coding": [
                {"system": "http://loinc.org", "code": "4548-4"},
                {"system": "http://snomed.info/sct", "code": "43396009"},
            ]},
            "subject": {"reference": "Patient/17"},
            "effectiveDateTime": "2025-03-02T10:00:00Z",
            "valueQuantity": {"value": 6.5, "code": "%"},
            "extension": [{"url": "u", "valueInteger": 3}],
        });
        let constants =
            BTreeMap::from([("loinc".to_owned(), Literal::Text("http://loinc.org".to_owned()))]);
        let cases = [
            ("code.coding.where(system = %loinc).code", "[4548-4]"),
            ("Observation.code.coding[1].code", "[43396009]"),
            ("code.coding.code", "[4548-4, 43396009]"),
            ("code.coding.first().code", "[4548-4]"),
            ("code.coding.code.join(', ')", "[4548-4, 43396009]"),
            ("value.ofType(Quantity).value", "[6.5]"),
            ("value.ofType(string)", "[]"),
            ("effective.ofType(dateTime).substring(0, 4).toInteger()", "[2025]"),
            ("extension('u').value.ofType(integer) + 2", "[5]"),
            ("subject.getReferenceKey(Patient)", "[17]"),
            ("subject.getReferenceKey(Group)", "[]"),
            ("getResourceKey()", "[o1]"),
            ("status = 'final' and note.empty()", "[true]"),
            ("note.exists() or status != 'final'", "[false]"),
            ("value.ofType(Quantity).value > 6", "[true]"),
            ("code.coding.count() * 2", "[4]"),
            ("code.coding.exists(code.startsWith('454')).not()", "[false]"),
            ("missing.thing = 'x'", "[]"),
        ];
        for (path, want) in cases {
            let values = Focus::top(&resource, &constants).values(&Expr::parse(path).unwrap());
            let told: Vec<String> = values.iter().filter_map(text_of).collect();
            assert_eq!(format!("[{}]", told.join(", ")), want, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused_when_it_is_read() {
        let cases = [
            ("name.resolve()", "no function resolve()"),
            ("name.where()", "another number"),
            ("name.", "character 6"),
            ("a = 'b", "character 5"),
            ("(a", "character 3"),
            ("a b", "character 3"),
            ("", "character 1"),
            (&"(".repeat(100), "too deeply"),
        ];
        for (path, want) in cases {
            let error = Expr::parse(path).unwrap_err().to_string();
            assert!(error.contains(want), "{path}: {error}");
        }
    }
}
