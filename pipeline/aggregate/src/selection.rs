//! The records that count, with the category of each side of the tables they are counted into.

use arrow::datatypes::DataType;
use datafusion::{
    common::JoinType,
    dataframe::DataFrame,
    functions::expr_fn::coalesce,
    logical_expr::Expr,
    prelude::{SessionContext, col, lit},
};
use pipeline_domain::DatasetId;
use pipeline_exchange::{Store, wire::RESEARCH_ID};
use pipeline_plan::{Column, Dimension, Measure, Plan, UNKNOWN};

use crate::{
    AggregateError,
    expressions::Columns,
    persons::{persons, rows},
};

/// What plans about the same records ask of each: every side and every sum once.
pub(crate) struct Selection<'a> {
    sides: Vec<&'a Dimension>,
    sums: Vec<&'a Column>,
    /// The sides and the sums of each plan, by their number.
    pub(crate) plans: Vec<Wanted>,
}

/// What one plan asks of a selection.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) sides: Vec<usize>,
    pub(crate) sums: Vec<usize>,
}

impl<'a> Selection<'a> {
    /// What these plans ask, which have period and cohort in common.
    pub(crate) fn of(plans: &[&'a Plan]) -> Self {
        let mut all = Self { sides: Vec::new(), sums: Vec::new(), plans: Vec::new() };
        for plan in plans {
            let wanted = Wanted {
                sides: plan.dimensions().iter().map(|side| place(&mut all.sides, side)).collect(),
                sums: sums(plan).map(|sum| place(&mut all.sums, sum)).collect(),
            };
            all.plans.push(wanted);
        }
        all
    }

    /// How many sides it has.
    pub(crate) fn sides(&self) -> usize {
        self.sides.len()
    }

    /// How many sums it has.
    pub(crate) fn sums(&self) -> usize {
        self.sums.len()
    }

    /// The records: person, category of each side, amounts.
    pub(crate) async fn select(
        &self,
        context: &SessionContext,
        lake: &Store,
        plans: &[&Plan],
        columns: &Columns<'_>,
    ) -> Result<DataFrame, AggregateError> {
        let mut frame = rows(context, lake, columns.events).await?;
        let period = plans.iter().find_map(|plan| plan.period());
        if let Some(period) = period {
            frame = frame.filter(columns.within(&period.column, period.within)?).map_err(engine)?;
        }
        if let Some(manifest) = columns.persons {
            let mut known = persons(context, lake, manifest).await?;
            for (at, dimension) in self.sides.iter().enumerate() {
                if is_of_person_alone(dimension) {
                    let category = columns.category(dimension)?;
                    known = known.with_column(&side(at), category).map_err(engine)?;
                }
            }
            frame = known
                .join(frame, JoinType::Right, &["person_research_id"], &[RESEARCH_ID], None)
                .map_err(engine)?;
        }
        for filter in plans.first().map_or(&[][..], |plan| plan.cohort()) {
            frame = frame.filter(columns.condition(filter)?).map_err(engine)?;
        }
        let mut wanted = vec![col(RESEARCH_ID)];
        for (at, dimension) in self.sides.iter().enumerate() {
            let category = if is_of_person_alone(dimension) {
                or_unknown(&frame, at)?
            } else {
                columns.category(dimension)?
            };
            wanted.push(category.alias(side(at)));
        }
        for (at, column) in self.sums.iter().enumerate() {
            wanted.push(columns.amount(column)?.alias(amount(at)));
            if let Some(no_amount) = columns.no_amount(column)? {
                wanted.push(no_amount.alias(lost(at)));
            }
        }
        frame.select(wanted).map_err(engine)
    }
}

/// The dataset of persons, where the plan asks for something of them.
pub(crate) fn person_dataset(plan: &Plan) -> Option<DatasetId> {
    let cohort = plan.cohort().iter().map(|filter| &filter.column);
    let sides = plan.dimensions().iter().map(|dimension| &dimension.column);
    let needed = cohort.chain(sides).any(Column::is_of_person);
    if needed { "person".parse().ok() } else { None }
}

/// The columns that are summed, in the order of the measures.
pub(crate) fn sums(plan: &Plan) -> impl Iterator<Item = &Column> {
    plan.measures().iter().filter_map(|measure| match measure {
        Measure::Sum(column) => Some(column),
        Measure::Persons | Measure::Records => None,
    })
}

/// The category of a side.
pub(crate) fn side(at: usize) -> String {
    format!("side_{at}")
}

/// What a record adds to a sum.
pub(crate) fn amount(at: usize) -> String {
    format!("amount_{at}")
}

/// Records whose value cannot be added up.
pub(crate) fn lost(at: usize) -> String {
    format!("lost_{at}")
}

/// What the persons of a cell contribute to a sum.
pub(crate) fn sum_of(at: usize) -> String {
    format!("sum_{at}")
}

fn place<'a, T: PartialEq>(all: &mut Vec<&'a T>, one: &'a T) -> usize {
    all.iter().position(|known| *known == one).unwrap_or_else(|| {
        all.push(one);
        all.len() - 1
    })
}

/// Does the category follow from the person, whatever the event?
fn is_of_person_alone(dimension: &Dimension) -> bool {
    dimension.column.is_of_person() && dimension.by.narrowest_ages().is_none()
}

/// The category of a person; of somebody nobody knows, it is not known either.
fn or_unknown(frame: &DataFrame, at: usize) -> Result<Expr, AggregateError> {
    let name = side(at);
    let field = frame.schema().field_with_unqualified_name(&name).map_err(engine)?;
    Ok(match field.data_type() {
        DataType::Int64 => col(name),
        _ => coalesce(vec![col(name), lit(UNKNOWN)]),
    })
}

fn engine(_: datafusion::error::DataFusionError) -> AggregateError {
    AggregateError::Engine { stage: "putting the query together" }
}
