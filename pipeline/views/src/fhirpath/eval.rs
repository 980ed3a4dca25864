//! Expression and resource to values.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashSet},
};

use serde_json::Value;

use super::{
    Expr, Item, Literal, Operator,
    item::{
        arithmetic, boolean, compared, contains, distinct, equal, equivalent, logic, single_text,
        text, truth,
    },
};
use crate::choice;

/// The element of a `forEachOrNull` over nothing.
static NOTHING: Value = Value::Null;

/// Where an expression is evaluated: the resource around, the element in focus, the constants.
#[derive(Debug, Clone)]
pub(crate) struct Focus<'a> {
    pub(crate) resource: &'a Value,
    pub(crate) this: Item<'a>,
    pub(crate) constants: &'a BTreeMap<String, Literal>,
    /// `%rowIndex`: the place among the elements of the nearest `forEach` or `repeat` around.
    pub(crate) row_index: usize,
    /// `$index`: the place among the values that a function looks at.
    pub(super) item_index: usize,
}

impl<'a> Focus<'a> {
    /// The focus at the top of a resource.
    pub(crate) fn top(resource: &'a Value, constants: &'a BTreeMap<String, Literal>) -> Self {
        let this = Item::Node(resource, None);
        Self { resource, this, constants, row_index: 0, item_index: 0 }
    }

    /// The same with another element in focus, which begins a row.
    pub(crate) fn row(&self, this: Item<'a>, row_index: usize) -> Self {
        Self { this, row_index, item_index: 0, ..self.clone() }
    }

    /// The same with no element in focus.
    pub(crate) fn nowhere(&self) -> Self {
        self.row(Item::Node(&NOTHING, None), 0)
    }

    /// The same with another element in focus, inside a path.
    pub(super) fn on(&self, this: Item<'a>, item_index: usize) -> Self {
        Self { this, item_index, ..self.clone() }
    }

    /// The values of an expression here.
    pub(crate) fn values(&self, expr: &Expr) -> Vec<Item<'a>> {
        match expr {
            Expr::This => self.this(),
            Expr::Nothing => Vec::new(),
            Expr::Literal(literal) => vec![Item::Computed(literal.clone())],
            Expr::Constant(name) => self.constant(name),
            Expr::ItemIndex => super::item::whole(self.item_index),
            Expr::Member(input, name) => self.members(input, name),
            Expr::Index(input, index) => {
                self.values(input).into_iter().nth(*index).into_iter().collect()
            }
            Expr::IndexBy(input, index) => self.indexed(input, index),
            Expr::Call(input, function, arguments) => self.call(input, *function, arguments),
            Expr::Binary(left, operator, right) => self.binary(left, *operator, right),
            Expr::Negate(input) => self.negated(input),
            Expr::Pattern(pattern) => vec![text(pattern.as_str())],
            Expr::Repeat(paths) => self.repeated(paths),
            Expr::Collection(path) => self.values(path),
        }
    }

    /// Is the expression true here? Nothing and several values are not.
    pub(crate) fn holds(&self, expr: &Expr) -> bool {
        truth(&self.values(expr)) == Some(true)
    }

    fn this(&self) -> Vec<Item<'a>> {
        match self.this {
            Item::Node(Value::Null, _) => Vec::new(),
            _ => vec![self.this.clone()],
        }
    }

    fn constant(&self, name: &str) -> Vec<Item<'a>> {
        if let Some(literal) = self.constants.get(name) {
            return vec![Item::Computed(literal.clone())];
        }
        match name {
            "resource" => vec![Item::Node(self.resource, None)],
            "rowIndex" => super::item::whole(self.row_index),
            "sct" => vec![text("http://snomed.info/sct")],
            "loinc" => vec![text("http://loinc.org")],
            "ucum" => vec![text("http://unitsofmeasure.org")],
            _ => Vec::new(),
        }
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

    fn indexed(&self, input: &Expr, index: &Expr) -> Vec<Item<'a>> {
        match self.integer(index).map(usize::try_from) {
            Some(Ok(at)) => self.values(input).into_iter().nth(at).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn negated(&self, input: &Expr) -> Vec<Item<'a>> {
        let negative = match self.values(input).as_slice() {
            [item] => match item.literal() {
                Some(Literal::Integer(number)) => number.checked_neg().map(Literal::Integer),
                Some(Literal::Decimal(number)) => Some(Literal::Decimal(-number)),
                _ => None,
            },
            _ => None,
        };
        negative.map(Item::Computed).into_iter().collect()
    }

    /// Depth first, parents before children. An element comes once, so that no path goes in circles.
    fn repeated(&self, paths: &[Expr]) -> Vec<Item<'a>> {
        let mut open = self.of_all(paths);
        open.reverse();
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        while let Some(item) = open.pop() {
            if let Item::Node(node, _) = item {
                if !seen.insert(std::ptr::from_ref(node)) {
                    continue;
                }
                let children = self.on(item.clone(), 0).of_all(paths);
                open.extend(children.into_iter().rev());
            }
            found.push(item);
        }
        found
    }

    fn of_all(&self, paths: &[Expr]) -> Vec<Item<'a>> {
        paths.iter().flat_map(|path| self.values(path)).collect()
    }

    /// The single integer that an expression gives here.
    pub(super) fn integer(&self, expr: &Expr) -> Option<i64> {
        match self.values(expr).as_slice() {
            [item] => match item.literal() {
                Some(Literal::Integer(number)) => Some(number),
                _ => None,
            },
            _ => None,
        }
    }

    fn binary(&self, left: &Expr, operator: Operator, right: &Expr) -> Vec<Item<'a>> {
        let (left, right) = (self.values(left), self.values(right));
        match operator {
            Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                logic(operator, truth(&left), truth(&right))
            }
            Operator::Equivalent => boolean(equivalent(&left, &right)),
            Operator::NotEquivalent => boolean(!equivalent(&left, &right)),
            Operator::Union => distinct([left, right].concat()),
            Operator::Concatenate => concatenated(&left, &right),
            Operator::In => within(&left, &right),
            Operator::Contains => within(&right, &left),
            _ if left.is_empty() || right.is_empty() => Vec::new(),
            Operator::Equal => equal(&left, &right).map(boolean).unwrap_or_default(),
            Operator::NotEqual => {
                equal(&left, &right).map(|truth| boolean(!truth)).unwrap_or_default()
            }
            Operator::Less => compared(&left, &right, Ordering::is_lt),
            Operator::LessOrEqual => compared(&left, &right, Ordering::is_le),
            Operator::Greater => compared(&left, &right, Ordering::is_gt),
            Operator::GreaterOrEqual => compared(&left, &right, Ordering::is_ge),
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::WholeDivide
            | Operator::Remainder => arithmetic(operator, &left, &right),
        }
    }
}

/// `&`: nothing counts as the empty text.
fn concatenated<'a>(left: &[Item<'_>], right: &[Item<'_>]) -> Vec<Item<'a>> {
    if left.len() > 1 || right.len() > 1 {
        return Vec::new();
    }
    let part = |items| single_text(items).unwrap_or_default();
    vec![text(part(left) + &part(right))]
}

fn within<'a>(wanted: &[Item<'_>], among: &[Item<'_>]) -> Vec<Item<'a>> {
    match wanted {
        [wanted] => boolean(contains(among, wanted)),
        _ => Vec::new(),
    }
}

pub(super) fn push_member<'a>(node: &'a Value, name: &str, found: &mut Vec<Item<'a>>) {
    let Value::Object(object) = node else {
        return;
    };
    if let Some(value) = object.get(name) {
        push_all(value, None, found);
        return;
    }
    // A resource has one type of a choice; where a source writes more, `ofType` tells them apart.
    let Some(types) = choice::types_of(name) else {
        return;
    };
    for (key, value) in object {
        if let Some(suffix) = key.strip_prefix(name)
            && types.contains(&suffix)
        {
            push_all(value, Some(suffix), found);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::item::text_of, *};

    fn constants() -> BTreeMap<String, Literal> {
        BTreeMap::from([
            ("loinc".to_owned(), Literal::Text("http://loinc.org".to_owned())),
            ("second".to_owned(), Literal::Integer(1)),
        ])
    }

    #[test]
    fn paths_give_what_fhirpath_says() {
        let resource = json!({
            "resourceType": "Observation", "id": "o1", "status": "final",
            "code": {"coding": [
                {"system": "http://loinc.org", "code": "4548-4"},
                {"system": "http://snomed.info/sct", "code": "43396009"},
            ]},
            "subject": {"reference": "Patient/17"},
            "performer": [{"reference": "#who"}, {"reference": "Organization/9/_history/2"}],
            "contained": [{"resourceType": "Practitioner", "id": "who", "active": true}],
            "effectiveDateTime": "2025-03-02T10:00:00Z",
            "issued": "2025-03-02T12:00:00+02:00",
            "_issued": {"extension": [{"url": "why", "valueCode": "late"}]},
            "valueQuantity": {"value": 6.5, "code": "%"},
            "extension": [{"url": "u", "valueInteger": 3}],
        });
        let constants = constants();
        let cases = [
            ("code.coding.where(system = %loinc).code", "[4548-4]"),
            ("code.coding[%second].code", "[43396009]"),
            ("code.coding[1 - 1].code", "[4548-4]"),
            ("Observation.code.coding[1].code", "[43396009]"),
            ("code.coding.code", "[4548-4, 43396009]"),
            ("code.coding.first().code", "[4548-4]"),
            ("code.coding.last().code | code.coding.tail().code", "[43396009]"),
            ("code.coding.skip(1).code & '/' & code.coding.take(1).code", "[43396009/4548-4]"),
            ("code.coding.code.join(', ')", "[4548-4, 43396009]"),
            ("code.coding.select($index)", "[0, 1]"),
            ("code.coding.where($index = 1).code", "[43396009]"),
            ("value.ofType(Quantity).value", "[6.5]"),
            ("(value as Quantity).value", "[6.5]"),
            ("value is Quantity and code is CodeableConcept and (code is Period).not()", "[true]"),
            ("value.ofType(string)", "[]"),
            ("status.ofType(code)", "[final]"),
            ("effective.ofType(dateTime).substring(0, 4).toInteger()", "[2025]"),
            ("effective.ofType(dateTime) = issued", "[true]"),
            ("effective.ofType(dateTime) >= @2025-03-02T11:00:00+01:00", "[true]"),
            ("effective.ofType(dateTime) < @2025-03-02", "[]"),
            ("effective.ofType(dateTime) < @2025-04", "[true]"),
            ("issued.extension('why').value.ofType(code)", "[late]"),
            ("extension('u').value.ofType(integer) + 2", "[5]"),
            ("subject.getReferenceKey(Patient)", "[17]"),
            ("subject.getReferenceKey(Group)", "[]"),
            ("performer.getReferenceKey(Organization)", "[9]"),
            ("performer.resolve().ofType(Practitioner).active", "[true]"),
            ("getResourceKey()", "[o1]"),
            ("%resource.id & %rowIndex.toString()", "[o10]"),
            ("status = 'final' and note.empty()", "[true]"),
            ("note.exists() or status != 'final'", "[false]"),
            ("note.exists() implies missing", "[true]"),
            ("note.exists() xor status.exists()", "[true]"),
            ("missing and status = 'final'", "[]"),
            ("status in ('draft' | 'final')", "[true]"),
            ("code.coding.code contains '43396009'", "[true]"),
            ("status ~ 'FINAL'", "[true]"),
            ("missing ~ {}", "[true]"),
            ("value.ofType(Quantity).value > 6", "[true]"),
            ("code.coding.count() * 2", "[4]"),
            ("7 div 2 + 7 mod 2", "[4]"),
            ("-2 + 1.5", "[-0.5]"),
            ("1 / 0", "[]"),
            ("code.coding.exists(code.startsWith('454')).not()", "[false]"),
            ("code.coding.all(code.matches('^[0-9-]+$'))", "[true]"),
            ("status.upper().replace('NA', 'x').length()", "[4]"),
            ("status.endsWith('al') and status.contains('in')", "[true]"),
            ("' a '.trim().indexOf('a')", "[0]"),
            ("iif(status = 'final', 'yes', 'no')", "[yes]"),
            ("'2.50'.toDecimal() * 2", "[5]"),
            ("(1 | 2 | 1).count()", "[2]"),
            ("missing.thing = 'x'", "[]"),
            ("'it''s'.length()", "error"),
            ("'\\u0041' // a letter", "[A]"),
            ("`status`", "[final]"),
            ("@T10:30 < @T11", "[true]"),
        ];
        for (path, want) in cases {
            let Ok(expr) = Expr::parse(path, &constants) else {
                assert_eq!(want, "error", "{path}");
                continue;
            };
            let values = Focus::top(&resource, &constants).values(&expr);
            let told: Vec<String> = values.iter().filter_map(text_of).collect();
            assert_eq!(format!("[{}]", told.join(", ")), want, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused_when_it_is_read() {
        let cases = [
            ("name.memberOf('x')", "no function memberOf() (character 6)"),
            ("name.where()", "another number"),
            ("name.", "character 6"),
            ("a = 'b", "character 5"),
            ("(a", "character 3"),
            ("a b", "character 3"),
            ("", "character 1"),
            ("@@", "no such date or time (character 1)"),
            ("@2015-02-30", "no such date"),
            ("a = %wrong", "no constant %wrong (character 5)"),
            ("a.ofType('b')", "takes the name of a type (character 10)"),
            ("a.matches('(')", "no regular expression"),
            ("a.matches('(a{1000}){1000}')", "too large"),
            ("$that", "character 1"),
            (&"(".repeat(100), "too deeply"),
            (&"a.".repeat(1_000), "too long"),
            (&"a or ".repeat(1_000), "too long"),
        ];
        for (path, want) in cases {
            let error = Expr::parse(path, &constants()).unwrap_err().to_string();
            assert!(error.contains(want), "{path}: {error}");
        }
    }

    #[test]
    fn the_longest_chain_fits_on_the_stack() {
        let resource = json!({"resourceType": "Patient"});
        let constants = BTreeMap::new();
        let chains = [
            format!("a{}", ".first()".repeat(500)),
            format!("1{}", " + 1".repeat(250)),
            format!("{}1{}", "iif(true, ".repeat(60), ")".repeat(60)),
        ];
        for chain in chains {
            let expr = Expr::parse(&chain, &constants).unwrap();
            let _ = Focus::top(&resource, &constants).values(&expr);
        }
    }
}
