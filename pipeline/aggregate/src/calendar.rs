//! Days to years, quarters, months and ages, as functions the query engine calls.
//!
//! Each gives a number, which is cheaper to group by than a text; [`shape`](crate::shape) names it.

use std::sync::Arc;

use arrow::{
    array::{AsArray, Int64Array},
    compute::kernels::arity::{try_binary, unary},
    datatypes::{DataType, Date32Type, Int64Type},
};
use datafusion::{
    error::DataFusionError,
    logical_expr::{ColumnarValue, Expr, Volatility, create_udf},
};
use pipeline_domain::ColumnKind;
use pipeline_plan::Step;

/// The year of a day.
pub(crate) fn year(day: Expr) -> Expr {
    of_day("calendar_year", day, |months| months.div_euclid(12))
}

/// The quarter of a day, counted from the year 0.
pub(crate) fn quarter(day: Expr) -> Expr {
    of_day("calendar_quarter", day, |months| months.div_euclid(3))
}

/// The month of a day, counted from the year 0.
pub(crate) fn month(day: Expr) -> Expr {
    of_day("calendar_month", day, |months| months)
}

/// The number of the group an age falls into: the age of somebody at an event, born in a year or, for
/// a date, in a month. A birth after the event is an error of the source, and no age.
pub(crate) fn age_group(step: Step, day: Expr, birth: Expr, kind: ColumnKind) -> Option<Expr> {
    let group: Box<dyn Fn(i64) -> i64 + Send + Sync> = match step {
        Step::AgeBand(years) => Box::new(move |age| age / i64::from(years)),
        Step::AgeFrom(starts) => Box::new(move |age| {
            let reached = starts.ages().filter(|start| i64::from(*start) <= age).count();
            i64::try_from(reached).unwrap_or(i64::MAX)
        }),
        _ => return None,
    };
    let birth_type = match kind {
        ColumnKind::Integer => DataType::Int64,
        ColumnKind::Date => DataType::Date32,
        _ => return None,
    };
    let groups = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let days = arrays[0].as_primitive::<Date32Type>();
        let ages: Int64Array = match arrays[1].as_primitive_opt::<Date32Type>() {
            Some(births) => try_binary(days, births, |day, birth| {
                Ok((months(day) - months(birth)).div_euclid(12))
            })?,
            None => try_binary(days, arrays[1].as_primitive::<Int64Type>(), |day, birth| {
                Ok(months(day).div_euclid(12).saturating_sub(birth))
            })?,
        };
        let groups = ages.iter().map(|age| age.filter(|age| *age >= 0).map(&group));
        Ok(ColumnarValue::Array(Arc::new(groups.collect::<Int64Array>())))
    };
    let name = format!("age_group_{step:?}");
    let arguments = vec![DataType::Date32, birth_type];
    let function =
        create_udf(&name, arguments, DataType::Int64, Volatility::Immutable, Arc::new(groups));
    Some(function.call(vec![day, birth]))
}

fn of_day(name: &str, day: Expr, of_months: fn(i64) -> i64) -> Expr {
    let calendar = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let days = arrays[0].as_primitive::<Date32Type>();
        let numbers: Int64Array = unary(days, |day| of_months(months(day)));
        Ok(ColumnarValue::Array(Arc::new(numbers)))
    };
    let arguments = vec![DataType::Date32];
    let function =
        create_udf(name, arguments, DataType::Int64, Volatility::Immutable, Arc::new(calendar));
    function.call(vec![day])
}

/// Months since the beginning of the year 0, of a day counted from 1 January 1970.
///
/// The year is taken to begin in March, so that the leap day is its last (Howard Hinnant,
/// "chrono-compatible low-level date algorithms").
fn months(day: i32) -> i64 {
    let day = i64::from(day) + 719_468;
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let since_march = (5 * day_of_year + 2) / 153;
    (era * 400 + year_of_era) * 12 + since_march + 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{Date, Duration, macros::date};

    use super::*;

    proptest! {
        #[test]
        fn the_months_are_those_of_the_calendar(day in -900_000_i32..2_900_000) {
            let date: Date = date!(1970 - 01 - 01) + Duration::days(day.into());
            let want = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1;
            prop_assert_eq!(months(day), want);
        }
    }
}
