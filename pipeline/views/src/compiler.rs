//! A written `ViewDefinition` to a view that can run, or everything that is wrong with it.

use std::collections::BTreeMap;

use pipeline_domain::{ColumnKind, DatasetId};
use pipeline_exchange::wire::ColumnSpec;

use crate::{
    View, ViewError,
    aliases::spellings,
    definition::{
        ColumnDefinition, Definition, SelectDefinition, constant_value, is_column_name,
        is_type_name,
    },
    fhirpath::{Expr, Function, Literal, Operator},
    view::{Output, Select, WhenNone},
};

/// Deeper than any view nests its selects.
const DEEPEST: usize = 32;
/// Digits of a date-time to the millisecond, as the boundary functions count them.
const DATE_TIME_DIGITS: i64 = 17;

/// Reads a view; of one that cannot run, tells everything that is wrong.
pub(crate) fn compile(file: &str, json: &[u8]) -> Result<View, Vec<ViewError>> {
    let definition = read(file, json).map_err(|error| vec![error])?;
    let name = dataset_name(file, &definition);
    let view = name.as_ref().map_or_else(|| file.to_owned(), DatasetId::to_string);
    let mut compiler = Compiler::new(view);
    if name.is_none() {
        compiler.errors.push(ViewError::BadName { file: file.to_owned() });
    }
    if definition.resource_type.as_ref().is_some_and(|kind| kind != "ViewDefinition") {
        compiler.errors.push(ViewError::OtherResource { file: file.to_owned() });
    }
    compiler.definition(&definition);
    match name {
        Some(name) if compiler.errors.is_empty() => Ok(compiler.finish(name, definition)),
        _ => Err(compiler.errors),
    }
}

fn read(file: &str, json: &[u8]) -> Result<Definition, ViewError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let definition = serde_path_to_error::deserialize(&mut reader);
    let definition = definition.map_err(|error| ViewError::NotAView {
        file: file.to_owned(),
        place: error.path().to_string(),
        source: error.into_inner(),
    })?;
    reader.end().map_err(|source| ViewError::NotAView {
        file: file.to_owned(),
        place: "its end".to_owned(),
        source,
    })?;
    Ok(definition)
}

/// A view's name is a database name, a dataset's is part of a URL: `BloodPressure` and
/// `blood_pressure` become `blood-pressure`. A view without a name has that of its file.
fn dataset_name(file: &str, definition: &Definition) -> Option<DatasetId> {
    let stem = std::path::Path::new(file).file_stem().and_then(|stem| stem.to_str());
    let written = definition.name.as_deref().or(stem)?;
    let (mut name, mut before) = (String::new(), '_');
    for letter in written.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            name.push('-');
        }
        name.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
        before = letter;
    }
    name.parse().ok()
}

struct Compiler {
    view: String,
    constants: BTreeMap<String, Literal>,
    conditions: Vec<(Expr, String)>,
    select: Vec<Select>,
    columns: Vec<(ColumnSpec, Output)>,
    event_column: Option<usize>,
    depth: usize,
    errors: Vec<ViewError>,
}

impl Compiler {
    fn new(view: String) -> Self {
        Self {
            view,
            constants: BTreeMap::new(),
            conditions: Vec::new(),
            select: Vec::new(),
            columns: Vec::new(),
            event_column: None,
            depth: 0,
            errors: Vec::new(),
        }
    }

    fn definition(&mut self, definition: &Definition) {
        let view = self.view.clone();
        if !is_type_name(&definition.resource) {
            self.errors.push(ViewError::BadResource { view: view.clone() });
        }
        for (at, constant) in definition.constant.iter().enumerate() {
            self.constant(constant, &format!("constant[{at}]"));
        }
        for (at, condition) in definition.conditions.iter().enumerate() {
            let expr = self.path(&format!("where[{at}]"), &condition.path);
            self.conditions.push((expr, condition.path.clone()));
        }
        self.select = self.selects(&definition.select, "select");
        if self.columns.is_empty() && self.errors.is_empty() {
            self.errors.push(ViewError::NoColumns { view });
        }
    }

    fn finish(self, name: DatasetId, definition: Definition) -> View {
        let (conditions, condition_paths) = self.conditions.into_iter().unzip();
        let (columns, outputs) = self.columns.into_iter().unzip();
        View {
            name,
            resource: definition.resource,
            constants: self.constants,
            conditions,
            condition_paths,
            select: self.select,
            columns,
            outputs,
            event_column: self.event_column,
        }
    }

    fn constant(&mut self, definition: &BTreeMap<String, serde_json::Value>, place: &str) {
        let view = self.view.clone();
        let name = definition.get("name").and_then(serde_json::Value::as_str);
        let (Some(name), Some(value)) = (name, constant_value(definition)) else {
            let place = name.map_or_else(|| place.to_owned(), |name| format!("constant {name}"));
            return self.errors.push(ViewError::BadConstant { view, place });
        };
        if !is_column_name(name) {
            let place = format!("constant {name}");
            return self.errors.push(ViewError::BadColumnName { view, place });
        }
        if self.constants.insert(name.to_owned(), value).is_some() {
            self.errors.push(ViewError::RepeatedConstant { view, constant: name.to_owned() });
        }
    }

    fn selects(&mut self, definitions: &[SelectDefinition], place: &str) -> Vec<Select> {
        let numbered = definitions.iter().enumerate();
        numbered
            .map(|(at, definition)| self.select(definition, &format!("{place}[{at}]")))
            .collect()
    }

    fn select(&mut self, definition: &SelectDefinition, place: &str) -> Select {
        self.depth += 1;
        let select = if self.depth > DEEPEST {
            let (view, place) = (self.view.clone(), place.to_owned());
            self.errors.push(ViewError::TooDeep { view, place });
            Select { each: None, columns: Vec::new(), nested: Vec::new(), union_all: Vec::new() }
        } else {
            let each = self.each(definition, place);
            let columns = definition.column.iter().map(|column| self.column(column)).collect();
            let nested = self.selects(&definition.select, &format!("{place}.select"));
            let union_all = self.union(&definition.union_all, &format!("{place}.unionAll"));
            Select { each, columns, nested, union_all }
        };
        self.depth -= 1;
        select
    }

    /// The elements that a select goes through, one row each.
    fn each(&mut self, definition: &SelectDefinition, place: &str) -> Option<(Expr, WhenNone)> {
        let SelectDefinition { for_each, for_each_or_null, repeat, .. } = definition;
        match (for_each, for_each_or_null, repeat) {
            (None, None, None) => None,
            (Some(path), None, None) => {
                Some((self.path(&format!("{place}.forEach"), path), WhenNone::NoRow))
            }
            (None, Some(path), None) => {
                Some((self.path(&format!("{place}.forEachOrNull"), path), WhenNone::NullRow))
            }
            (None, None, Some(paths)) => {
                let place = format!("{place}.repeat");
                let paths = paths.iter().map(|path| self.path(&place, path)).collect();
                Some((Expr::Repeat(paths), WhenNone::NoRow))
            }
            _ => {
                let (view, place) = (self.view.clone(), place.to_owned());
                self.errors.push(ViewError::SeveralIterations { view, place });
                None
            }
        }
    }

    /// Every branch fills the same columns: those that its first branch added.
    fn union(&mut self, branches: &[SelectDefinition], place: &str) -> Vec<Select> {
        let start = self.columns.len();
        let mut compiled = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            let first = self.columns.split_off(start);
            let place = format!("{place}[{at}]");
            compiled.push(self.select(branch, &place));
            if at > 0 && !are_alike(&first, &self.columns[start..]) {
                self.errors.push(ViewError::UnionColumns { view: self.view.clone(), place });
            }
        }
        compiled
    }

    fn column(&mut self, definition: &ColumnDefinition) -> (Expr, String, usize) {
        let name = &definition.name;
        let (view, column) = (self.view.clone(), name.clone());
        if !is_column_name(name) {
            let place = format!("column {name}");
            self.errors.push(ViewError::BadColumnName { view: view.clone(), place });
        }
        if self.columns.iter().any(|(known, _)| &known.name == name) {
            let (view, column) = (view.clone(), column.clone());
            self.errors.push(ViewError::RepeatedColumn { view, column });
        }
        if !definition.has_known_type() {
            let fhir_type = definition.fhir_type().unwrap_or_default().to_owned();
            self.errors.push(ViewError::UnknownType { view, column, fhir_type });
        }
        let mut expr = self.path(&format!("column {name}"), &definition.path);
        if matches!(definition.fhir_type(), Some("dateTime" | "instant")) {
            to_date_time(&mut expr);
        }
        if definition.collection {
            expr = Expr::Collection(Box::new(expr));
        }
        let at = self.columns.len();
        if definition.tag("hda/role") == Some("event-date") {
            self.event_column = Some(at);
        }
        self.columns.push((definition.spec(), Output::of(definition)));
        (expr, definition.path.clone(), at)
    }

    fn path(&mut self, place: &str, path: &str) -> Expr {
        match Expr::parse(path, &self.constants) {
            Ok(expr) => in_any_spelling(expr, &self.constants),
            Err(source) => {
                self.errors.push(ViewError::Path {
                    view: self.view.clone(),
                    place: place.to_owned(),
                    path: path.to_owned(),
                    source,
                });
                Expr::Nothing
            }
        }
    }
}

/// `system = 'x'` asks for every URI under which sources write that code system: the one meant is
/// the canonical one of the table of aliases.
fn in_any_spelling(expr: Expr, constants: &BTreeMap<String, Literal>) -> Expr {
    let again = |expr: Box<Expr>| Box::new(in_any_spelling(*expr, constants));
    match expr {
        Expr::Member(input, name) => Expr::Member(again(input), name),
        Expr::Index(input, at) => Expr::Index(again(input), at),
        Expr::Call(input, function, arguments) => {
            let arguments = arguments.into_iter().map(|expr| in_any_spelling(expr, constants));
            Expr::Call(again(input), function, arguments.collect())
        }
        Expr::Binary(left, Operator::Equal, right) => {
            match (is_system(&left), text_of(&right, constants).map(spellings)) {
                (true, Some(spelled)) if spelled.len() > 1 => any_of(&left, &spelled),
                _ => Expr::Binary(again(left), Operator::Equal, again(right)),
            }
        }
        Expr::Binary(left, operator, right) => Expr::Binary(again(left), operator, again(right)),
        Expr::Collection(input) => Expr::Collection(again(input)),
        expr => expr,
    }
}

fn is_system(expr: &Expr) -> bool {
    matches!(expr, Expr::Member(_, name) if name == "system")
}

fn text_of<'e>(expr: &'e Expr, constants: &'e BTreeMap<String, Literal>) -> Option<&'e str> {
    let literal = match expr {
        Expr::Literal(literal) => literal,
        Expr::Constant(name) => constants.get(name)?,
        _ => return None,
    };
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

fn any_of(left: &Expr, texts: &[&str]) -> Expr {
    let equal = |text: &&str| {
        let right = Expr::Literal(Literal::Text((*text).to_owned()));
        Expr::Binary(Box::new(left.clone()), Operator::Equal, Box::new(right))
    };
    let either = |left, right| Expr::Binary(Box::new(left), Operator::Or, Box::new(right));
    texts.iter().map(equal).reduce(either).unwrap_or(Expr::Nothing)
}

fn are_alike(first: &[(ColumnSpec, Output)], other: &[(ColumnSpec, Output)]) -> bool {
    let same = |(a, of_a): &(ColumnSpec, Output), (b, of_b): &(ColumnSpec, Output)| {
        (&a.name, of_a.kind, of_a.collection) == (&b.name, of_b.kind, of_b.collection)
    };
    first.len() == other.len() && first.iter().zip(other).all(|(a, b)| same(a, b))
}

/// A date without a time has the boundaries of a date; in a column of date-times, those of one.
fn to_date_time(expr: &mut Expr) {
    if let Expr::Call(_, Function::LowBoundary | Function::HighBoundary, arguments) = expr
        && arguments.is_empty()
    {
        arguments.push(Expr::Literal(Literal::Integer(DATE_TIME_DIGITS)));
    }
}

impl Output {
    fn of(definition: &ColumnDefinition) -> Self {
        let (kind, collection): (ColumnKind, bool) = (definition.kind(), definition.collection);
        let link = definition.tag("hda/link").map(str::to_owned);
        Self { kind, collection, fhir_type: definition.fhir_type().map(str::to_owned), link }
    }
}
