//! What the persons of a cell contribute to a sum: how many do, the total, and the two largest.
//!
//! An aggregate function of the query engine, over one amount a person and cell. Ranking the persons
//! of each cell would sort them all; the two largest are known after one look at each.

use std::{mem, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, StructArray},
    datatypes::{DataType, Decimal128Type, Field, FieldRef, Fields, Int64Type},
};
use datafusion::{
    error::{DataFusionError, Result},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
    scalar::ScalarValue,
};

/// Amounts and their sums, in millionths.
pub(crate) const TOTAL: DataType = DataType::Decimal128(38, 6);
/// How many persons have an amount that is not zero.
pub(crate) const CONTRIBUTORS: &str = "contributors";
/// The sum.
pub(crate) const SUM: &str = "total";
/// The sum of the sizes, whatever their sign.
pub(crate) const MAGNITUDE: &str = "magnitude";
/// The largest size.
pub(crate) const LARGEST: &str = "largest";
/// The next one.
pub(crate) const SECOND: &str = "second";

/// The contributions of the persons with these amounts.
pub(crate) fn contributions(amount: Expr) -> Expr {
    AggregateUDF::from(ContributionsOf {
        signature: Signature::exact(vec![TOTAL], Volatility::Immutable),
    })
    .call(vec![amount])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ContributionsOf {
    signature: Signature,
}

impl AggregateUDFImpl for ContributionsOf {
    fn name(&self) -> &'static str {
        "contributions"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let named = |field: &FieldRef| {
            let name = format!("{}[{}]", arguments.name, field.name());
            Arc::new(field.as_ref().clone().with_name(name))
        };
        Ok(fields().iter().map(named).collect())
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OfOne(Groups::default())))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::default()))
    }
}

fn fields() -> Fields {
    let amounts = [SUM, MAGNITUDE, LARGEST, SECOND].map(|name| Field::new(name, TOTAL, false));
    let count = Field::new(CONTRIBUTORS, DataType::Int64, false);
    std::iter::once(count).chain(amounts).collect()
}

/// The contributions to one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Contributed {
    persons: i64,
    total: i128,
    magnitude: i128,
    largest: i128,
    second: i128,
}

impl Contributed {
    fn one(amount: i128) -> Self {
        let size = amount.saturating_abs();
        let persons = i64::from(amount != 0);
        Self { persons, total: amount, magnitude: size, largest: size, second: 0 }
    }

    fn add(&mut self, other: Self) -> Result<()> {
        let sum = |a: i128, b| a.checked_add(b).ok_or_else(too_large);
        self.persons += other.persons;
        self.total = sum(self.total, other.total)?;
        self.magnitude = sum(self.magnitude, other.magnitude)?;
        self.second = self.second.max(other.second).max(self.largest.min(other.largest));
        self.largest = self.largest.max(other.largest);
        Ok(())
    }
}

fn too_large() -> DataFusionError {
    DataFusionError::Execution("a sum is too large".to_owned())
}

/// The contributions to many cells at once.
#[derive(Debug, Default)]
struct Groups(Vec<Contributed>);

impl Groups {
    fn update(
        &mut self,
        amounts: &ArrayRef,
        counts: impl Fn(usize) -> bool,
        group_of: impl Fn(usize) -> usize,
    ) -> Result<()> {
        let amounts = amounts.as_primitive::<Decimal128Type>();
        for row in 0..amounts.len() {
            if amounts.is_valid(row) && counts(row) {
                self.0[group_of(row)].add(Contributed::one(amounts.value(row)))?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], group_of: impl Fn(usize) -> usize) -> Result<()> {
        let persons = states[0].as_primitive::<Int64Type>();
        let amounts: Vec<&Decimal128Array> =
            states[1..].iter().map(AsArray::as_primitive::<Decimal128Type>).collect();
        for row in 0..persons.len() {
            self.0[group_of(row)].add(Contributed {
                persons: persons.value(row),
                total: amounts[0].value(row),
                magnitude: amounts[1].value(row),
                largest: amounts[2].value(row),
                second: amounts[3].value(row),
            })?;
        }
        Ok(())
    }

    fn emit(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = match emit_to {
            EmitTo::All => mem::take(&mut self.0),
            EmitTo::First(count) => self.0.drain(..count).collect(),
        };
        columns(&groups)
    }
}

fn columns(groups: &[Contributed]) -> Result<Vec<ArrayRef>> {
    let persons: ArrayRef =
        Arc::new(Int64Array::from_iter_values(groups.iter().map(|g| g.persons)));
    let amounts = |of: fn(&Contributed) -> i128| -> Result<ArrayRef> {
        let values = Decimal128Array::from_iter_values(groups.iter().map(of));
        Ok(Arc::new(values.with_data_type(TOTAL)))
    };
    Ok(vec![
        persons,
        amounts(|group| group.total)?,
        amounts(|group| group.magnitude)?,
        amounts(|group| group.largest)?,
        amounts(|group| group.second)?,
    ])
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.0.resize(total_num_groups, Contributed::default());
        let counts = |row| opt_filter.is_none_or(|kept| kept.is_valid(row) && kept.value(row));
        self.update(&values[0], counts, |row| group_indices[row])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.0.resize(total_num_groups, Contributed::default());
        self.merge(values, |row| group_indices[row])
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(StructArray::try_new(fields(), self.emit(emit_to)?, None)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.emit(emit_to)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let mut each = Self(vec![Contributed::default(); values[0].len()]);
        let counts = |row| opt_filter.is_none_or(|kept| kept.is_valid(row) && kept.value(row));
        each.update(&values[0], counts, |row| row)?;
        columns(&each.0)
    }

    fn size(&self) -> usize {
        self.0.capacity() * size_of::<Contributed>()
    }
}

/// The same for a table of one cell.
#[derive(Debug)]
struct OfOne(Groups);

impl OfOne {
    fn state_arrays(&mut self) -> Result<Vec<ArrayRef>> {
        self.0.0.resize(1, Contributed::default());
        columns(&self.0.0)
    }
}

impl Accumulator for OfOne {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.0.resize(1, Contributed::default());
        self.0.update(&values[0], |_| true, |_| 0)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.0.resize(1, Contributed::default());
        self.0.merge(states, |_| 0)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let all = StructArray::try_new(fields(), self.state_arrays()?, None)?;
        ScalarValue::try_from_array(&all, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.state_arrays()?.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn in_whatever_parts_amounts_come_the_two_largest_are_known(
            amounts in prop::collection::vec(-9_i128..9, 0..40),
            cuts in prop::collection::vec(0_usize..40, 0..5),
        ) {
            let mut sizes: Vec<i128> = amounts.iter().map(|amount| amount.abs()).collect();
            sizes.sort_unstable();
            let mut all = Contributed::default();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(amounts.len())).collect();
            cuts.sort_unstable();
            let ends = cuts.iter().copied().chain([amounts.len()]);
            for (begin, end) in [0].into_iter().chain(cuts.iter().copied()).zip(ends) {
                let mut part = Contributed::default();
                for amount in &amounts[begin..end] {
                    part.add(Contributed::one(*amount)).unwrap();
                }
                all.add(part).unwrap();
            }
            let size = |from_end: usize| {
                sizes.len().checked_sub(from_end).map_or(0, |at| sizes[at])
            };
            prop_assert_eq!((all.largest, all.second), (size(1), size(2)));
            prop_assert_eq!(all.total, amounts.iter().sum::<i128>());
            prop_assert_eq!(all.magnitude, sizes.iter().sum::<i128>());
            let contributors = sizes.iter().filter(|size| **size > 0).count();
            prop_assert_eq!(usize::try_from(all.persons).unwrap(), contributors);
        }
    }
}
