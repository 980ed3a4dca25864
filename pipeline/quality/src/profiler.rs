//! Looks at the rows of one view while they are written.

use arrow::array::{FixedSizeBinaryArray, RecordBatch};
use pipeline_domain::{DatasetId, quality::ViewRules};
use pipeline_exchange::wire::{ColumnSpec, ROW_TOKEN, data_type};
use time::Date;

use crate::{
    column::{Column, typed},
    hash::of_bytes,
    months::Months,
    pairs::{Pair, pairs},
    sample::Sample,
    view::ViewQuality,
};

/// How much is remembered of a column or view; past that it is sampled, and says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Different values of a column.
    pub(crate) values: usize,
    /// Different rows of a view.
    pub(crate) rows: usize,
}

/// Every code system of which a holder uses a part fits; the tables of a view stay within some
/// megabytes.
const BOUNDS: Bounds = Bounds { values: 32_768, rows: 32_768 };

/// Why rows cannot be profiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QualityError {
    /// The rows, or the other profiler, are of another view.
    #[error("the rows are not those of this view")]
    OtherView,
    /// A column has another type than it declares.
    #[error("column {column} has another type than its view declares")]
    OtherType {
        /// The column.
        column: String,
    },
}

/// The quality of one view in the making.
///
/// A thread has its own; [`Profiler::merge`] makes one of two. What comes out depends on the rows
/// alone: not on their order, on how batches cut them, or on how threads shared them.
#[derive(Debug, Clone)]
pub struct Profiler {
    view: DatasetId,
    today: Date,
    rows: u64,
    columns: Vec<Column>,
    pairs: Vec<Pair>,
    duplicates: Sample,
    persons: Option<Sample>,
    months: Option<Months>,
    /// The hashes of the rows at hand; kept for its memory.
    hashes: Vec<u64>,
}

impl Profiler {
    /// A profiler that has seen nothing yet. `today` is the day of the batch.
    #[must_use]
    pub fn new(view: &DatasetId, columns: &[ColumnSpec], rules: &ViewRules, today: Date) -> Self {
        Self::bounded(view, columns, rules, today, BOUNDS)
    }

    pub(crate) fn bounded(
        view: &DatasetId,
        columns: &[ColumnSpec],
        rules: &ViewRules,
        today: Date,
        bounds: Bounds,
    ) -> Self {
        let one_row = rules.one_row_a_person.is_some();
        Self {
            view: view.clone(),
            today,
            rows: 0,
            columns: columns.iter().map(|spec| Column::new(spec, rules, bounds)).collect(),
            pairs: pairs(columns, rules, today),
            duplicates: Sample::of_at_most(bounds.rows),
            persons: one_row.then(|| Sample::of_at_most(bounds.rows)),
            months: Months::of(columns, rules, today),
            hashes: Vec::new(),
        }
    }

    /// Looks at the next rows: the row token, then the columns of the view.
    ///
    /// Rows of another shape are refused before any is counted.
    pub fn observe(&mut self, batch: &RecordBatch) -> Result<(), QualityError> {
        self.check_shape(batch)?;
        let Some((tokens, columns)) = batch.columns().split_first() else {
            return Err(QualityError::OtherView);
        };
        let tokens = typed::<FixedSizeBinaryArray>(tokens, ROW_TOKEN)?;
        self.hashes.clear();
        self.hashes.extend((0..batch.num_rows()).map(|row| of_bytes(tokens.value(row))));
        if let Some(persons) = &mut self.persons {
            self.hashes.iter().for_each(|hash| persons.add(*hash));
        }
        for (column, array) in self.columns.iter_mut().zip(columns) {
            column.observe(array, &mut self.hashes)?;
        }
        for pair in &mut self.pairs {
            pair.observe(batch)?;
        }
        if let Some(months) = &mut self.months {
            months.observe(columns)?;
        }
        self.hashes.iter().for_each(|hash| self.duplicates.add(*hash));
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn check_shape(&self, batch: &RecordBatch) -> Result<(), QualityError> {
        if batch.num_columns() != self.columns.len() + 1 {
            return Err(QualityError::OtherView);
        }
        let schema = batch.schema_ref();
        for (column, field) in self.columns.iter().zip(schema.fields().iter().skip(1)) {
            if field.name() != column.name() {
                return Err(QualityError::OtherView);
            }
            if *field.data_type() != data_type(column.kind()) {
                return Err(QualityError::OtherType { column: column.name().to_owned() });
            }
        }
        Ok(())
    }

    /// What both saw. They must have been made alike.
    pub fn merge(mut self, other: Self) -> Result<Self, QualityError> {
        let same_names = |(mine, its): (&Column, &Column)| mine.name() == its.name();
        let alike = self.view == other.view
            && self.columns.len() == other.columns.len()
            && self.pairs.len() == other.pairs.len()
            && self.columns.iter().zip(&other.columns).all(same_names);
        if !alike {
            return Err(QualityError::OtherView);
        }
        for (column, more) in self.columns.iter_mut().zip(other.columns) {
            column.merge(more)?;
        }
        for (pair, more) in self.pairs.iter_mut().zip(other.pairs) {
            pair.merge(more)?;
        }
        self.duplicates.merge(&other.duplicates);
        if let (Some(persons), Some(more)) = (&mut self.persons, &other.persons) {
            persons.merge(more);
        }
        if let (Some(months), Some(more)) = (&mut self.months, &other.months) {
            months.merge(more);
        }
        self.rows += other.rows;
        Ok(self)
    }

    /// What was found in all rows.
    #[must_use]
    pub fn finish(self) -> ViewQuality {
        let today = self.today;
        ViewQuality {
            view: self.view,
            rows: self.rows,
            columns: self.columns.into_iter().map(|column| column.finish(today)).collect(),
            duplicates: self.duplicates.repeats(),
            repeated_persons: self.persons.map(|persons| persons.repeats()),
            pairs: self.pairs.into_iter().flat_map(Pair::finish).collect(),
            months: self.months.and_then(|months| months.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Row, TODAY, observation_columns, observation_profiler, observations};

    fn row() -> impl Strategy<Value = Row> {
        let dates = (prop::option::of(-30_000_i32..40_000), prop::option::of(20_000_i32..21_000));
        let codes = prop::option::of(prop_oneof![
            Just("8302-2".to_owned()),
            "[0-9]{1,3}-[0-9]",
            "[A-Za-z ]{0,8}",
        ]);
        let units = prop::option::of(prop_oneof![Just("cm".to_owned()), Just("kg".to_owned())]);
        let values = prop::option::of(prop_oneof![-1e3_f64..1e3, any::<f64>()]);
        let others = (any::<Option<bool>>(), any::<Option<u8>>(), prop::option::of("[a-c]{1,2}"));
        (any::<u8>(), dates, codes, values, units, others).prop_map(
            |(token, (effective, recorded), code, value, unit, (is_final, link, note))| Row {
                token,
                effective,
                recorded,
                code,
                value,
                unit,
                is_final,
                link,
                note,
            },
        )
    }

    fn profiler(rows: &[Row]) -> Profiler {
        let mut profiler = observation_profiler();
        profiler.observe(&observations(rows)).unwrap();
        profiler
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_comes_out_depends_on_the_rows_alone(
            rows in prop::collection::vec(row(), 0..250),
            cuts in prop::collection::vec(0_usize..250, 3),
        ) {
            let whole = profiler(&rows).finish();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| (*cut).min(rows.len())).collect();
            cuts.sort_unstable();
            let parts = [&rows[..cuts[0]], &rows[cuts[0]..cuts[1]], &rows[cuts[1]..cuts[2]], &rows[cuts[2]..]];
            let [a, b, c, d] = parts.map(profiler);
            let left = a.clone().merge(b.clone()).unwrap().merge(c.clone()).unwrap().merge(d.clone());
            prop_assert_eq!(&left.unwrap().finish(), &whole, "in a row");
            let right = a.clone().merge(b.clone().merge(c.clone().merge(d.clone()).unwrap()).unwrap());
            prop_assert_eq!(&right.unwrap().finish(), &whole, "associative");
            let turned = d.merge(c).unwrap().merge(b).unwrap().merge(a);
            prop_assert_eq!(&turned.unwrap().finish(), &whole, "commutative");
            let mut one = observation_profiler();
            for part in parts {
                one.observe(&observations(part)).unwrap();
            }
            prop_assert_eq!(&one.finish(), &whole, "one thread, four batches");
            let mut backwards = rows.clone();
            backwards.reverse();
            prop_assert_eq!(&profiler(&backwards).finish(), &whole, "row order");
        }

        #[test]
        fn a_report_comes_back_as_it_was_written(rows in prop::collection::vec(row(), 0..60)) {
            // A reader of JSON may miss the last digit of a number that has seventeen of them.
            let eighths = |value: f64| (value.clamp(-1e9, 1e9) * 8.0).round() / 8.0;
            let rows: Vec<Row> =
                rows.into_iter().map(|row| Row { value: row.value.map(eighths), ..row }).collect();
            let quality = profiler(&rows).finish();
            let text = serde_json::to_string(&quality).unwrap();
            prop_assert_eq!(serde_json::from_str::<ViewQuality>(&text).unwrap(), quality);
        }

        #[test]
        fn no_text_of_a_record_is_in_the_report(rows in prop::collection::vec(row(), 0..60)) {
            let secret = "Janssens-85.07.30-033.28";
            let rows: Vec<Row> = rows
                .into_iter()
                .map(|row| Row { code: Some(secret.into()), note: Some(secret.into()), unit: Some("85073003328".into()), ..row })
                .collect();
            let text = serde_json::to_string(&profiler(&rows).finish()).unwrap();
            prop_assert!(!text.contains("anssens") && !text.contains("85.07") && !text.contains("850730"));
        }
    }

    #[test]
    fn rows_of_another_shape_are_refused_before_any_is_counted() {
        let mut columns = observation_columns();
        columns.swap(0, 2);
        let view = "observation".parse().unwrap();
        let mut other = Profiler::new(&view, &columns, &ViewRules::default(), TODAY);
        assert_eq!(other.observe(&observations(&[])), Err(QualityError::OtherView));
        columns.truncate(3);
        let mut fewer = Profiler::new(&view, &columns, &ViewRules::default(), TODAY);
        assert_eq!(fewer.observe(&observations(&[])), Err(QualityError::OtherView));
        let refused = other.merge(fewer).err();
        assert_eq!(refused, Some(QualityError::OtherView));
    }
}
