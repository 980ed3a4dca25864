//! Views compiled for speed: raw JSON in, rows of cells out, no tree of the resource between.
//!
//! All views of a resource type share one pass. The paths of their columns are merged into one
//! trie of wanted elements; the reader keeps those and skips the rest ([`frame`]); the paths run on
//! what was kept ([`run`]). A view that says more than the compiled form can express is run by the
//! general interpreter on the same record; a test holds the two against each other.

mod frame;
mod plan;
mod rows;
mod run;

use std::collections::HashMap;

pub use self::{frame::Frame, rows::CellRef};
use self::{
    frame::{Projection, Scalar, Scope, Symbols, TOP},
    rows::CompiledView,
};
use crate::{Fault, View, depth::is_too_deep};

/// Views made ready to run on the JSON text of resources.
#[derive(Debug)]
pub struct Program {
    views: Vec<View>,
    compiled: Vec<Option<CompiledView>>,
    types: HashMap<String, TypePlan, foldhash::fast::RandomState>,
    /// What is kept of a resource no view reads.
    others: TypePlan,
    symbols: Symbols,
}

#[derive(Debug, Default)]
struct TypePlan {
    projection: Projection,
    views: Vec<usize>,
}

/// The text is no JSON, or nested deeper than any record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not JSON")]
pub struct NotJson;

impl Program {
    /// Compiles views. `kept` are elements that are kept of every resource, such as
    /// `subject.reference`, and those that are kept of one type alone.
    #[must_use]
    pub fn new(views: Vec<View>, kept: &[&str], kept_of: &[(&str, &[&str])]) -> Self {
        let mut symbols = Symbols::default();
        let others = TypePlan { projection: keep(kept, &mut symbols), views: Vec::new() };
        let mut types: HashMap<String, TypePlan, _> = HashMap::default();
        for (resource, paths) in kept_of {
            let paths: Vec<&str> = kept.iter().chain(*paths).copied().collect();
            let plan = TypePlan { projection: keep(&paths, &mut symbols), views: Vec::new() };
            types.insert((*resource).to_owned(), plan);
        }
        let mut compiled = Vec::new();
        for (at, view) in views.iter().enumerate() {
            let plan = types.entry(view.resource().to_owned()).or_insert_with(|| TypePlan {
                projection: keep(kept, &mut symbols),
                views: Vec::new(),
            });
            plan.views.push(at);
            compiled.push(CompiledView::new(view, &mut plan.projection, &mut symbols));
        }
        Self { views, compiled, types, others, symbols }
    }

    /// The views.
    #[must_use]
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// Does a view run compiled, or by the general interpreter?
    #[must_use]
    pub fn is_compiled(&self, view: usize) -> bool {
        self.compiled.get(view).is_some_and(Option::is_some)
    }

    /// The views that read this type of resource.
    #[must_use]
    pub fn views_of(&self, resource: &str) -> &[usize] {
        self.types.get(resource).map_or(&[], |plan| &plan.views)
    }

    /// Reads a resource of this type into a frame.
    pub fn read<'f>(
        &'f self,
        resource: &str,
        json: &'f str,
        frame: &'f mut Frame,
    ) -> Result<Record<'f>, NotJson> {
        if is_too_deep(json) {
            return Err(NotJson);
        }
        let plan = self.types.get(resource).unwrap_or(&self.others);
        let scope = frame.read(&plan.projection, json).map_err(|_| NotJson)?;
        Ok(Record { program: self, views: &plan.views, scope, json })
    }
}

fn keep(paths: &[&str], symbols: &mut Symbols) -> Projection {
    let mut projection = Projection::new();
    for path in paths {
        path.split('.').fold(TOP, |at, name| projection.want(at, name, symbols).1);
    }
    projection
}

/// The type of a resource, from its JSON text; nothing where it has none, or is no JSON object.
#[must_use]
pub fn resource_type(json: &str) -> Option<std::borrow::Cow<'_, str>> {
    const FIRST: &str = "{\"resourceType\":\"";
    if let Some(rest) = json.trim_start().strip_prefix(FIRST) {
        let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        if rest.as_bytes().get(end) == Some(&b'"') {
            return rest.get(..end).map(Into::into);
        }
    }
    if is_too_deep(json) {
        return None;
    }
    let found: sonic_rs::LazyValue<'_> = sonic_rs::get(json, ["resourceType"]).ok()?;
    sonic_rs::from_str::<String>(found.as_raw_str()).ok().map(Into::into)
}

/// A resource that was read.
#[derive(Debug, Clone, Copy)]
pub struct Record<'f> {
    program: &'f Program,
    views: &'f [usize],
    scope: Scope<'f>,
    json: &'f str,
}

impl<'f> Record<'f> {
    /// The views that read it.
    #[must_use]
    pub fn views(self) -> &'f [usize] {
        self.views
    }

    /// Its kept elements, from the top.
    #[must_use]
    pub fn top(self) -> Element<'f> {
        Element { record: self, node: TOP }
    }

    /// Runs a view; `row` gets the cells of each row.
    pub fn rows(
        self,
        view: usize,
        today: time::Date,
        row: &mut dyn FnMut(&[CellRef<'f>]),
    ) -> Result<(), Fault> {
        let Some(definition) = self.program.views.get(view) else { return Ok(()) };
        match self.program.compiled.get(view) {
            Some(Some(compiled)) => compiled.rows(definition, self.scope, today, row),
            _ => rows::interpreted(definition, self.json, today, row),
        }
    }
}

/// A kept element of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Element<'f> {
    record: Record<'f>,
    node: u32,
}

impl<'f> Element<'f> {
    /// The elements of this name directly inside.
    pub fn children(self, name: &str) -> impl Iterator<Item = Self> + use<'f, '_> {
        let record = self.record;
        let named = move |(_, symbol): &(u32, u16)| record.program.symbols.name(*symbol) == name;
        record.scope.children(self.node).filter(named).map(move |(node, _)| Self { record, node })
    }

    /// The first of them.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Self> {
        self.children(name).next()
    }

    /// Its text; nothing where it is no text.
    #[must_use]
    pub fn text(self) -> Option<&'f str> {
        match self.record.scope.scalar(self.node)? {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Is it an object?
    #[must_use]
    pub fn is_object(self) -> bool {
        self.record.scope.scalar(self.node).is_none()
    }
}
