//! One column while it is written: each kind of value has its own way of counting.

use arrow::array::{
    Array, ArrayAccessor, ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryArray, Float64Array,
    Int64Array, StringArray,
};
use pipeline_domain::{
    ColumnKind,
    quality::{DateSpan, ViewRules},
};
use pipeline_exchange::wire::ColumnSpec;
use time::Date;

use crate::{
    codes::{Codes, Hashed},
    days::Days,
    hash::{MISSING, mixed, of_bytes},
    numbers::Numbers,
    profiler::{Bounds, QualityError},
    sample::Sample,
    view::{ColumnQuality, Distinct},
};

/// What is known of a column so far.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    name: String,
    kind: ColumnKind,
    /// It declares that it holds codes.
    declared: bool,
    dates: Option<DateSpan>,
    filled: u64,
    values: Values,
}

#[derive(Debug, Clone)]
enum Values {
    Texts(Box<Codes>),
    Dates(Days),
    Whole(Numbers),
    Decimal(Numbers),
    YesNo { yes: u64 },
    Links(Sample),
}

impl Column {
    pub(crate) fn new(spec: &ColumnSpec, rules: &ViewRules, bounds: Bounds) -> Self {
        let own = rules.columns.get(&spec.name);
        let system = spec.code_system.as_ref().and_then(|iri| rules.systems.get(iri));
        let allowed = own.and_then(|own| own.values.as_ref()).or(system);
        let range = own
            .filter(|own| own.low.is_some() || own.high.is_some())
            .map(|own| (own.low.unwrap_or(f64::NEG_INFINITY), own.high.unwrap_or(f64::INFINITY)));
        let values = match spec.kind {
            ColumnKind::Text => {
                Values::Texts(Box::new(Codes::of_at_most(bounds.values, allowed.cloned())))
            }
            ColumnKind::Date => Values::Dates(Days::default()),
            ColumnKind::Integer => Values::Whole(Numbers::whole(range)),
            ColumnKind::Decimal => Values::Decimal(Numbers::decimal(range)),
            ColumnKind::Boolean => Values::YesNo { yes: 0 },
            ColumnKind::Linked => Values::Links(Sample::of_at_most(bounds.values)),
        };
        Self {
            name: spec.name.clone(),
            kind: spec.kind,
            declared: spec.code_system.is_some() || allowed.is_some(),
            dates: own.and_then(|own| own.dates).or(rules.dates),
            filled: 0,
            values,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// Counts the values of these rows and mixes each into the hash of its row.
    pub(crate) fn observe(
        &mut self,
        array: &ArrayRef,
        rows: &mut [u64],
    ) -> Result<(), QualityError> {
        self.filled += (array.len() - array.null_count()) as u64;
        match &mut self.values {
            Values::Texts(codes) => {
                each_text(typed::<StringArray>(array, &self.name)?, rows, codes);
            }
            Values::Dates(days) => each(typed::<Date32Array>(array, &self.name)?, rows, |day| {
                days.add(day);
                u64::from(day.cast_unsigned())
            }),
            Values::Whole(numbers) => {
                each(typed::<Int64Array>(array, &self.name)?, rows, |whole| {
                    #[expect(
                        clippy::cast_precision_loss,
                        reason = "buckets keep fewer digits anyway"
                    )]
                    numbers.add(whole as f64);
                    whole.cast_unsigned()
                });
            }
            Values::Decimal(numbers) => {
                each(typed::<Float64Array>(array, &self.name)?, rows, |number| {
                    numbers.add(number);
                    number.to_bits()
                });
            }
            Values::YesNo { yes } => each(typed::<BooleanArray>(array, &self.name)?, rows, |is| {
                *yes += u64::from(is);
                u64::from(is)
            }),
            Values::Links(links) => {
                each(typed::<FixedSizeBinaryArray>(array, &self.name)?, rows, |link: &[u8]| {
                    let hash = of_bytes(link);
                    links.add(hash);
                    hash
                });
            }
        }
        Ok(())
    }

    /// Takes in what another profiler saw of the same column.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), QualityError> {
        match (&mut self.values, other.values) {
            (Values::Texts(codes), Values::Texts(more)) => codes.merge(*more),
            (Values::Dates(days), Values::Dates(more)) => days.merge(&more),
            (Values::Whole(numbers), Values::Whole(more))
            | (Values::Decimal(numbers), Values::Decimal(more)) => numbers.merge(&more),
            (Values::YesNo { yes }, Values::YesNo { yes: more }) => *yes += more,
            (Values::Links(links), Values::Links(more)) => links.merge(&more),
            _ => return Err(QualityError::OtherView),
        }
        self.filled += other.filled;
        Ok(())
    }

    pub(crate) fn finish(self, today: Date) -> ColumnQuality {
        let mut quality = ColumnQuality {
            name: self.name,
            kind: self.kind,
            filled: self.filled,
            conforming: None,
            plausible: None,
            distinct: None,
            codes: Vec::new(),
            looks: Vec::new(),
            numbers: None,
            dates: None,
            yes: None,
        };
        match self.values {
            Values::Texts(codes) => {
                let found = codes.finish(self.declared);
                quality.conforming = found.conforming;
                quality.distinct = Some(found.distinct);
                quality.codes = found.codes;
                quality.looks = found.looks;
            }
            Values::Dates(days) => {
                quality.plausible = self.dates.map(|span| days.within(span, today));
                quality.dates = days.summary(today);
            }
            Values::Whole(numbers) | Values::Decimal(numbers) => {
                quality.plausible = numbers.within();
                quality.numbers = numbers.summary();
            }
            Values::YesNo { yes } => quality.yes = Some(yes),
            Values::Links(links) => {
                let (values, exact) = links.distinct();
                quality.distinct = Some(Distinct { values, exact });
            }
        }
        quality
    }
}

/// The column of a batch as what its kind says it is.
pub(crate) fn typed<'a, A: Array + 'static>(
    array: &'a ArrayRef,
    name: &str,
) -> Result<&'a A, QualityError> {
    array
        .as_any()
        .downcast_ref::<A>()
        .ok_or_else(|| QualityError::OtherType { column: name.to_owned() })
}

/// Hands each value to `count`, and mixes what it returns into the hash of the row.
#[inline]
fn each<'a, A>(
    array: &'a A,
    rows: &mut [u64],
    mut count: impl FnMut(<&'a A as ArrayAccessor>::Item) -> u64,
) where
    &'a A: ArrayAccessor,
    A: Array,
{
    if array.null_count() == 0 {
        for (at, row) in rows.iter_mut().enumerate() {
            *row = mixed(*row, count(array.value(at)));
        }
        return;
    }
    for (at, row) in rows.iter_mut().enumerate() {
        let value = if array.is_null(at) { MISSING } else { count(array.value(at)) };
        *row = mixed(*row, value);
    }
}

/// As `each`, for texts, straight from their bytes: of all columns these are the most. Neighbours are
/// often alike, so a run of one text is counted once.
fn each_text(texts: &StringArray, rows: &mut [u64], codes: &mut Codes) {
    let (offsets, bytes) = (texts.value_offsets(), texts.value_data());
    let place = |offset: &i32| usize::try_from(*offset).unwrap_or_default();
    let mut start = offsets.first().map(place).unwrap_or_default();
    let (mut last, mut run) = (Hashed::new(&[]), 0);
    for (at, (row, end)) in rows.iter_mut().zip(offsets.iter().skip(1)).enumerate() {
        let end = place(end);
        if texts.is_null(at) {
            *row = mixed(*row, MISSING);
        } else {
            let text = bytes.get(start..end).unwrap_or_default();
            if run == 0 || !last.is(text) {
                codes.add_run(&last, run);
                (last, run) = (Hashed::new(text), 0);
            }
            run += 1;
            *row = mixed(*row, last.hash);
        }
        start = end;
    }
    codes.add_run(&last, run);
}
