//! The rows of a compiled view: its selects, one inside the other, over a frame.

use std::borrow::Cow;

use pipeline_domain::ColumnKind;
use pipeline_exchange::leaks::holds_national_number;
use time::Date;

use super::{
    frame::{NOWHERE, Projection, Scalar, Scope, Symbols, TOP},
    plan::{Compiler, Op, Places},
    run::{Few, Focus, Item},
};
use crate::{
    Cell, Fault, FaultKind, View,
    record::{days, first_day},
    view::{Select, WhenNone},
};

/// A value of a column, as far as possible borrowed from the text of the resource.
#[derive(Debug, Clone, PartialEq)]
pub enum CellRef<'f> {
    /// No value.
    Null,
    /// A code or a category.
    Text(Cow<'f, str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// A whole number.
    Integer(i64),
    /// A number with decimals.
    Decimal(f64),
    /// Yes or no.
    Boolean(bool),
}

/// A view in its compiled form.
#[derive(Debug)]
pub(crate) struct CompiledView {
    /// Each with its text.
    conditions: Vec<(Op, String)>,
    selects: Vec<CompiledSelect>,
}

#[derive(Debug)]
struct CompiledSelect {
    each: Option<(Op, WhenNone)>,
    /// Path, its text, and which column of the view it fills.
    columns: Vec<(Op, String, usize)>,
    nested: Vec<CompiledSelect>,
    union_all: Vec<CompiledSelect>,
}

impl CompiledView {
    /// Compiles a view; nothing where it says more than the compiled form can express.
    pub(crate) fn new(
        view: &View,
        projection: &mut Projection,
        symbols: &mut Symbols,
    ) -> Option<Self> {
        let mut compiler =
            Compiler { resource: &view.resource, constants: &view.constants, projection, symbols };
        let conditions = view.conditions.iter().zip(&view.condition_paths);
        Some(Self {
            conditions: conditions
                .map(|(expr, path)| Some((compiler.path(expr, &[TOP])?.0, path.clone())))
                .collect::<Option<_>>()?,
            selects: selects(&view.select, &mut compiler, &[TOP])?,
        })
    }

    /// Runs the view.
    pub(crate) fn rows<'f>(
        &'f self,
        view: &'f View,
        scope: Scope<'f>,
        today: Date,
        row: &mut dyn FnMut(&[CellRef<'f>]),
    ) -> Result<(), Fault> {
        let focus = Focus { scope, this: TOP, row_index: 0 };
        for (condition, path) in &self.conditions {
            if !takes(focus, condition).map_err(|kind| Fault::new(kind, path))? {
                return Ok(());
            }
        }
        let mut cells = vec![CellRef::Null; view.columns.len()];
        let last = days(today);
        product(view, &self.selects, focus, &mut cells, &mut |cells| {
            if let Some(column) = view.event_column
                && matches!(cells[column], CellRef::Date(day) if day > last)
            {
                return Err(Fault::new(FaultKind::DateInFuture, &view.columns[column].name));
            }
            row(cells);
            Ok(())
        })
    }
}

fn selects(
    definitions: &[Select],
    compiler: &mut Compiler<'_>,
    this: &[u32],
) -> Option<Vec<CompiledSelect>> {
    definitions.iter().map(|definition| select(definition, compiler, this)).collect()
}

fn select(
    definition: &Select,
    compiler: &mut Compiler<'_>,
    this: &[u32],
) -> Option<CompiledSelect> {
    let (each, places) = match &definition.each {
        Some((expr, when_none)) => {
            let (op, Places::Elements(places)) = compiler.path(expr, this)? else { return None };
            (Some((op, *when_none)), places)
        }
        None => (None, this.to_vec()),
    };
    let mut columns = Vec::new();
    for (expr, path, column) in &definition.columns {
        columns.push((compiler.path(expr, &places)?.0, path.clone(), *column));
    }
    let nested = selects(&definition.nested, compiler, &places)?;
    let union_all = selects(&definition.union_all, compiler, &places)?;
    Some(CompiledSelect { each, columns, nested, union_all })
}

/// What is done with a row once the selects before have filled their part.
type Then<'t, 'f> = dyn FnMut(&mut Vec<CellRef<'f>>) -> Result<(), Fault> + 't;

/// Sibling selects multiply: each row of one with each row of the next.
fn product<'f>(
    view: &'f View,
    selects: &'f [CompiledSelect],
    focus: Focus<'f>,
    cells: &mut Vec<CellRef<'f>>,
    then: &mut Then<'_, 'f>,
) -> Result<(), Fault> {
    let [select, rest @ ..] = selects else { return then(cells) };
    expand(view, select, focus, cells, &mut |cells| product(view, rest, focus, cells, then))
}

fn expand<'f>(
    view: &'f View,
    select: &'f CompiledSelect,
    focus: Focus<'f>,
    cells: &mut Vec<CellRef<'f>>,
    then: &mut Then<'_, 'f>,
) -> Result<(), Fault> {
    let Some((each, when_none)) = &select.each else {
        return expand_here(view, select, focus, cells, then);
    };
    let (mut row_index, mut outcome) = (0, Ok(()));
    focus.each(each, &mut |item| {
        if let Item::Element(this) = item {
            outcome = expand_here(view, select, Focus { this, row_index, ..focus }, cells, then);
        }
        row_index += 1;
        outcome.is_ok()
    });
    if row_index == 0 && *when_none == WhenNone::NullRow {
        fill_null(view, select, Focus { this: NOWHERE, row_index: 0, ..focus }, cells)?;
        return then(cells);
    }
    outcome
}

fn expand_here<'f>(
    view: &'f View,
    select: &'f CompiledSelect,
    focus: Focus<'f>,
    cells: &mut Vec<CellRef<'f>>,
    then: &mut Then<'_, 'f>,
) -> Result<(), Fault> {
    fill(view, select, focus, cells)?;
    if select.nested.is_empty() && select.union_all.is_empty() {
        return then(cells);
    }
    product(view, &select.nested, focus, cells, &mut |cells| {
        if select.union_all.is_empty() {
            return then(cells);
        }
        for branch in &select.union_all {
            expand(view, branch, focus, cells, then)?;
        }
        Ok(())
    })
}

fn fill<'f>(
    view: &'f View,
    select: &'f CompiledSelect,
    focus: Focus<'f>,
    cells: &mut [CellRef<'f>],
) -> Result<(), Fault> {
    for (op, path, column) in &select.columns {
        cells[*column] = cell(view, focus, op, *column).map_err(|kind| Fault::new(kind, path))?;
    }
    Ok(())
}

/// The one row of a `forEachOrNull` over nothing: every column inside as of an element that has
/// nothing, whatever the selects inside go through.
fn fill_null<'f>(
    view: &'f View,
    select: &'f CompiledSelect,
    nowhere: Focus<'f>,
    cells: &mut [CellRef<'f>],
) -> Result<(), Fault> {
    fill(view, select, nowhere, cells)?;
    // The branches of a union fill the same columns: one of them will do.
    for inner in select.nested.iter().chain(select.union_all.first()) {
        fill_null(view, inner, nowhere, cells)?;
    }
    Ok(())
}

/// Does a condition hold? Nothing is no; what is neither yes nor no is a fault.
fn takes<'f>(focus: Focus<'f>, condition: &'f Op) -> Result<bool, FaultKind> {
    match focus.few(condition) {
        Few::None => Ok(false),
        Few::One(Item::Boolean(truth)) => Ok(truth),
        Few::One(Item::Element(at)) => match focus.scope.scalar(at) {
            Some(Scalar::Boolean(truth)) => Ok(truth),
            _ => Err(FaultKind::BadValue),
        },
        Few::One(_) => Err(FaultKind::BadValue),
        Few::Several => Err(FaultKind::SeveralValues),
    }
}

fn cell<'f>(
    view: &'f View,
    focus: Focus<'f>,
    op: &'f Op,
    column: usize,
) -> Result<CellRef<'f>, FaultKind> {
    let item = match focus.few(op) {
        Few::None => return Ok(CellRef::Null),
        Few::One(item) => item,
        Few::Several => return Err(FaultKind::SeveralValues),
    };
    let scalar = match item {
        Item::Element(at) => focus.scope.scalar(at).ok_or(FaultKind::BadValue)?,
        Item::Text(Cow::Borrowed(text)) => Scalar::Text(text),
        Item::Text(Cow::Owned(text)) => return owned(view.columns[column].kind, text),
        Item::Integer(number) => Scalar::Integer(number),
        Item::Decimal(number) => Scalar::Decimal(number),
        Item::Boolean(truth) => Scalar::Boolean(truth),
    };
    match (view.columns[column].kind, scalar) {
        (ColumnKind::Text, Scalar::Text(text)) => checked(text.into()),
        (ColumnKind::Text, Scalar::Integer(number)) => checked(number.to_string().into()),
        (ColumnKind::Text, Scalar::Decimal(number)) => checked(number.to_string().into()),
        (ColumnKind::Text, Scalar::Boolean(truth)) => checked(truth.to_string().into()),
        // What is linked is an identifier: it becomes a row token before it leaves the holder.
        (ColumnKind::Linked, Scalar::Text(text)) => Ok(CellRef::Text(text.into())),
        (ColumnKind::Linked, Scalar::Integer(number)) => {
            Ok(CellRef::Text(number.to_string().into()))
        }
        (ColumnKind::Date, Scalar::Text(text)) => date(text),
        (ColumnKind::Integer, Scalar::Integer(number)) => whole(number),
        (ColumnKind::Decimal, Scalar::Decimal(number)) => Ok(CellRef::Decimal(number)),
        #[expect(clippy::cast_precision_loss, reason = "amounts of care are far below 2^53")]
        (ColumnKind::Decimal, Scalar::Integer(number)) => Ok(CellRef::Decimal(number as f64)),
        (ColumnKind::Boolean, Scalar::Boolean(truth)) => Ok(CellRef::Boolean(truth)),
        _ => Err(FaultKind::BadValue),
    }
}

fn owned<'f>(kind: ColumnKind, text: String) -> Result<CellRef<'f>, FaultKind> {
    match kind {
        ColumnKind::Text => checked(text.into()),
        ColumnKind::Linked => Ok(CellRef::Text(text.into())),
        ColumnKind::Date => date(&text),
        _ => Err(FaultKind::BadValue),
    }
}

fn checked(text: Cow<'_, str>) -> Result<CellRef<'_>, FaultKind> {
    // Shorter than any national number: nothing to look for.
    if text.len() >= 11 && holds_national_number(&text) {
        return Err(FaultKind::IdentifierInPayload);
    }
    Ok(CellRef::Text(text))
}

fn date<'f>(text: &str) -> Result<CellRef<'f>, FaultKind> {
    first_day(text).map(|day| CellRef::Date(days(day))).ok_or(FaultKind::DateImplausible)
}

fn whole<'f>(number: i64) -> Result<CellRef<'f>, FaultKind> {
    // Counts and years are small; a longer number is checked like a text.
    if number >= 10_000_000 && holds_national_number(&format!("{number:011}")) {
        return Err(FaultKind::IdentifierInPayload);
    }
    Ok(CellRef::Integer(number))
}

/// The same by the general interpreter.
pub(crate) fn interpreted<'f>(
    view: &View,
    json: &str,
    today: Date,
    row: &mut dyn FnMut(&[CellRef<'f>]),
) -> Result<(), Fault> {
    let resource = serde_json::from_str(json)
        .map_err(|_| Fault::new(FaultKind::BadValue, &view.name().to_string()))?;
    for cells in view.rows(&resource, today)? {
        let cells: Vec<CellRef<'f>> = cells.into_iter().map(CellRef::from).collect();
        row(&cells);
    }
    Ok(())
}

impl From<Cell> for CellRef<'_> {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Text(text) => Self::Text(text.into()),
            Cell::Date(day) => Self::Date(day),
            Cell::Integer(number) => Self::Integer(number),
            Cell::Decimal(number) => Self::Decimal(number),
            Cell::Boolean(truth) => Self::Boolean(truth),
        }
    }
}
