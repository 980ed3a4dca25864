//! The selects of a view over a resource: which rows there are, whatever their cells are made of.

use serde_json::Value;

use crate::{
    Fault, FaultKind, View,
    fhirpath::{Focus, Item},
    view::{Select, WhenNone},
};

/// Makes a cell of the values of a column: values, which column, and the text of its path.
pub(crate) type MakeCell<'m, C> = dyn Fn(&[Item<'_>], usize, &str) -> Result<C, Fault> + 'm;

impl View {
    /// The rows of a resource, as long as the columns of the view; `empty` fills what has no value.
    pub(crate) fn expanded<C: Clone>(
        &self,
        resource: &Value,
        empty: &C,
        make_cell: &MakeCell<'_, C>,
    ) -> Result<Vec<Vec<C>>, Fault> {
        let focus = Focus::top(resource, &self.constants);
        if resource["resourceType"].as_str() != Some(&self.resource) || !self.takes(&focus)? {
            return Ok(Vec::new());
        }
        let empty = vec![empty.clone(); self.columns.len()];
        product(&self.select, &focus, vec![empty], make_cell)
    }

    /// Do all conditions hold? Nothing is no; what is neither yes nor no is a fault.
    fn takes(&self, focus: &Focus<'_>) -> Result<bool, Fault> {
        for (condition, path) in self.conditions.iter().zip(&self.condition_paths) {
            let holds = match focus.values(condition).as_slice() {
                [] => false,
                [item] => match item.to_json() {
                    Value::Bool(truth) => truth,
                    _ => return Err(Fault::new(FaultKind::BadValue, path)),
                },
                _ => return Err(Fault::new(FaultKind::SeveralValues, path)),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Sibling selects multiply: each row of one with each row of the next.
fn product<C: Clone>(
    selects: &[Select],
    focus: &Focus<'_>,
    mut rows: Vec<Vec<C>>,
    make_cell: &MakeCell<'_, C>,
) -> Result<Vec<Vec<C>>, Fault> {
    for select in selects {
        let mut next = Vec::new();
        for row in rows {
            next.extend(expand(select, focus, row, make_cell)?);
        }
        rows = next;
    }
    Ok(rows)
}

fn expand<C: Clone>(
    select: &Select,
    focus: &Focus<'_>,
    mut row: Vec<C>,
    make_cell: &MakeCell<'_, C>,
) -> Result<Vec<Vec<C>>, Fault> {
    let Some((each, when_none)) = &select.each else {
        return expand_here(select, focus, row, make_cell);
    };
    let items = focus.values(each);
    if items.is_empty() && *when_none == WhenNone::NullRow {
        fill_null(select, &focus.nowhere(), &mut row, make_cell)?;
        return Ok(vec![row]);
    }
    let mut rows = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        rows.extend(expand_here(select, &focus.row(item, at), row.clone(), make_cell)?);
    }
    Ok(rows)
}

fn expand_here<C: Clone>(
    select: &Select,
    focus: &Focus<'_>,
    mut row: Vec<C>,
    make_cell: &MakeCell<'_, C>,
) -> Result<Vec<Vec<C>>, Fault> {
    fill(select, focus, &mut row, make_cell)?;
    let rows = product(&select.nested, focus, vec![row], make_cell)?;
    if select.union_all.is_empty() {
        return Ok(rows);
    }
    let mut all = Vec::new();
    for row in rows {
        for branch in &select.union_all {
            all.extend(expand(branch, focus, row.clone(), make_cell)?);
        }
    }
    Ok(all)
}

fn fill<C>(
    select: &Select,
    focus: &Focus<'_>,
    row: &mut [C],
    make_cell: &MakeCell<'_, C>,
) -> Result<(), Fault> {
    for (expr, path, column) in &select.columns {
        row[*column] = make_cell(&focus.values(expr), *column, path)?;
    }
    Ok(())
}

/// The one row of a `forEachOrNull` over nothing: every column inside as of an element that has
/// nothing, whatever the selects inside go through.
fn fill_null<C>(
    select: &Select,
    nowhere: &Focus<'_>,
    row: &mut [C],
    make_cell: &MakeCell<'_, C>,
) -> Result<(), Fault> {
    fill(select, nowhere, row, make_cell)?;
    // The branches of a union fill the same columns: one of them will do.
    for inner in select.nested.iter().chain(select.union_all.first()) {
        fill_null(inner, nowhere, row, make_cell)?;
    }
    Ok(())
}
