//! Counting in memory: one look at each record, whatever the number of tables it counts in.
//!
//! Persons are shared out over the threads, so that a person of a cell is known to one thread alone
//! and nothing has to be counted twice. What it takes is held against the memory of the run; where
//! that is too small, nothing is answered, and the query engine counts in files instead.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Decimal128Array, FixedSizeBinaryArray, Int64Array, RecordBatch,
        StringArray,
    },
    datatypes::{Decimal128Type, Int64Type},
};
use datafusion::{
    dataframe::DataFrame,
    error::DataFusionError,
    execution::memory_pool::{MemoryConsumer, MemoryReservation},
    prelude::SessionContext,
};
use foldhash::fast::FixedState;
use futures::TryStreamExt;
use hashbrown::{HashMap, hash_map::Entry};
use pipeline_disclosure::MOST_CELLS;
use pipeline_exchange::wire::RESEARCH_ID;
use rayon::prelude::*;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    AggregateError,
    contributions::{Contributed, contributions_array},
    selection::{Selection, Wanted, amount, lost, side, sum_of},
};

/// Bits for the number of a category; there are fewer categories than cells.
const CODE_BITS: u32 = 20;
/// Batches that wait to be counted.
const WAITING: usize = 2;

/// A hash of values that no outsider chooses: research ids and numbers given here.
type Numbers<K> = HashMap<K, u32, FixedState>;

/// The cells of each plan, or nothing where the memory does not suffice.
pub(crate) async fn in_memory(
    context: &SessionContext,
    selected: DataFrame,
    selection: &Selection<'_>,
    shares: usize,
) -> Result<Option<Vec<Vec<RecordBatch>>>, AggregateError> {
    let pool = &context.runtime_env().memory_pool;
    let reservation = MemoryConsumer::new("counting").register(pool);
    let counters = (0..shares.max(1)).map(|share| Counter::new(share, shares, selection)).collect();
    let (sender, receiver) = mpsc::channel(WAITING);
    let counting = Counting { counters, reservation };
    let counting: JoinHandle<_> =
        tokio::task::spawn_blocking(move || counting.count_all(receiver));
    let read = send_all(selected, sender).await;
    let counted = counting.await.map_err(|_| failed())?;
    match (read, counted) {
        // Both stop where the memory ends.
        (_, Err(Stop::OutOfMemory)) | (Err(Stop::OutOfMemory), _) => Ok(None),
        (_, Err(Stop::Failed(error))) | (Err(Stop::Failed(error)), _) => Err(error),
        (Ok(()), Ok(answers)) => Ok(Some(answers)),
    }
}

/// Hands on every batch, until the one who counts stops.
async fn send_all(selected: DataFrame, sender: mpsc::Sender<RecordBatch>) -> Result<(), Stop> {
    let mut stream = selected.execute_stream().await?;
    while let Some(batch) = stream.try_next().await? {
        if sender.send(batch).await.is_err() {
            break;
        }
    }
    Ok(())
}

enum Stop {
    OutOfMemory,
    Failed(AggregateError),
}

impl From<DataFusionError> for Stop {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::OutOfMemory,
            _ => Self::Failed(failed()),
        }
    }
}

impl From<AggregateError> for Stop {
    fn from(error: AggregateError) -> Self {
        Self::Failed(error)
    }
}

fn failed() -> AggregateError {
    AggregateError::Engine { stage: "counting" }
}

struct Counting {
    counters: Vec<Counter>,
    reservation: MemoryReservation,
}

impl Counting {
    fn count_all(
        mut self,
        mut batches: mpsc::Receiver<RecordBatch>,
    ) -> Result<Vec<Vec<RecordBatch>>, Stop> {
        while let Some(batch) = batches.blocking_recv() {
            let records = Records::of(&batch, &self.counters)?;
            self.counters.par_iter_mut().try_for_each(|counter| counter.add(&records))?;
            let size = self.counters.iter().map(Counter::size).sum();
            self.reservation.try_resize(size)?;
        }
        let plans = self.counters.first().map_or(0, |counter| counter.plans.len());
        let answers = (0..plans).into_par_iter().map(|plan| answer(&self.counters, plan));
        Ok(answers.collect::<Result<_, AggregateError>>()?)
    }
}

/// The columns of a batch of records.
struct Records<'a> {
    persons: &'a FixedSizeBinaryArray,
    sides: Vec<SideColumn<'a>>,
    amounts: Vec<&'a Decimal128Array>,
    lost: Vec<Option<&'a Int64Array>>,
}

enum SideColumn<'a> {
    Numbers(&'a Int64Array),
    Texts(&'a StringArray),
}

impl<'a> Records<'a> {
    fn of(batch: &'a RecordBatch, counters: &[Counter]) -> Result<Self, AggregateError> {
        let column = |name: &str| batch.column_by_name(name);
        let side_column = |at| {
            let column = column(&side(at)).ok_or_else(failed)?;
            let numbers = column.as_primitive_opt::<Int64Type>().map(SideColumn::Numbers);
            let texts = || column.as_string_opt::<i32>().map(SideColumn::Texts);
            numbers.or_else(texts).ok_or_else(failed)
        };
        let sides = counters.first().map_or(0, |counter| counter.codes.len());
        let sums = counters.first().map_or(0, |counter| counter.lost.len());
        let amounts = (0..sums).map(|at| {
            let column = column(&amount(at)).and_then(|column| column.as_primitive_opt());
            column.ok_or_else(failed)
        });
        Ok(Self {
            persons: column(RESEARCH_ID)
                .and_then(|column| column.as_fixed_size_binary_opt())
                .ok_or_else(failed)?,
            sides: (0..sides).map(side_column).collect::<Result<_, _>>()?,
            amounts: amounts.collect::<Result<_, AggregateError>>()?,
            lost: (0..sums)
                .map(|at| column(&lost(at)).and_then(|column| column.as_primitive_opt()))
                .collect(),
        })
    }
}

/// Counts the records of some of the persons.
struct Counter {
    share: u64,
    shares: u64,
    persons: Numbers<u128>,
    /// The categories of each side.
    codes: Vec<Codes>,
    /// Records of each sum whose value cannot be added up.
    lost: Vec<i64>,
    plans: Vec<Cells>,
    /// Of the batch at hand: which rows are counted here, of whom, in which categories.
    rows: Vec<usize>,
    of_whom: Vec<u32>,
    in_codes: Vec<Vec<u32>>,
}

impl Counter {
    fn new(share: usize, shares: usize, selection: &Selection<'_>) -> Self {
        Self {
            share: share as u64,
            shares: shares.max(1) as u64,
            persons: Numbers::default(),
            codes: (0..selection.sides()).map(|_| Codes::default()).collect(),
            lost: vec![0; selection.sums()],
            plans: selection.plans.iter().cloned().map(Cells::new).collect(),
            rows: Vec::new(),
            of_whom: Vec::new(),
            in_codes: vec![Vec::new(); selection.sides()],
        }
    }

    fn add(&mut self, records: &Records<'_>) -> Result<(), AggregateError> {
        self.find_persons(records.persons)?;
        for ((codes, side), found) in
            self.codes.iter_mut().zip(&records.sides).zip(&mut self.in_codes)
        {
            codes.find(side, &self.rows, found)?;
        }
        for (total, lost) in self.lost.iter_mut().zip(&records.lost) {
            if let Some(lost) = lost {
                *total += self.rows.iter().map(|row| lost.value(*row)).sum::<i64>();
            }
        }
        for cells in &mut self.plans {
            cells.add(&self.rows, &self.of_whom, &self.in_codes, &records.amounts)?;
        }
        Ok(())
    }

    /// Research ids are hashes: their first bits share people out evenly.
    fn find_persons(&mut self, persons: &FixedSizeBinaryArray) -> Result<(), AggregateError> {
        self.rows.clear();
        self.of_whom.clear();
        let mut last = None;
        for row in 0..persons.len() {
            let mut id = [0; 16];
            id.copy_from_slice(persons.value(row));
            let id = u128::from_be_bytes(id);
            if (id >> 96) as u64 % self.shares != self.share {
                continue;
            }
            let person = match last {
                Some((known, person)) if known == id => person,
                _ => {
                    let next = u32::try_from(self.persons.len()).map_err(|_| failed())?;
                    *self.persons.entry(id).or_insert(next)
                }
            };
            last = Some((id, person));
            self.rows.push(row);
            self.of_whom.push(person);
        }
        Ok(())
    }

    fn size(&self) -> usize {
        let rows = self.rows.capacity() * (size_of::<usize>() + size_of::<u32>());
        let plans: usize = self.plans.iter().map(Cells::size).sum();
        self.persons.allocation_size() + rows + plans
    }
}

/// A category as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Category {
    Nothing,
    Number(i64),
    Text(Box<str>),
}

/// The categories of one side, numbered as they come.
#[derive(Debug, Default)]
struct Codes {
    numbers: Numbers<i64>,
    texts: Numbers<Box<str>>,
    nothing: Option<u32>,
    all: Vec<Category>,
}

impl Codes {
    fn find(
        &mut self,
        side: &SideColumn<'_>,
        rows: &[usize],
        found: &mut Vec<u32>,
    ) -> Result<(), AggregateError> {
        found.clear();
        match side {
            SideColumn::Numbers(column) => {
                let mut last = None;
                for row in rows {
                    let code = if column.is_null(*row) {
                        self.of_nothing()
                    } else {
                        let number = column.value(*row);
                        match last {
                            Some((known, code)) if known == number => code,
                            _ => self.of_number(number),
                        }
                    };
                    last = column.is_valid(*row).then(|| (column.value(*row), code));
                    found.push(code);
                }
            }
            SideColumn::Texts(column) => {
                for row in rows {
                    found.push(if column.is_null(*row) {
                        self.of_nothing()
                    } else {
                        self.of_text(column.value(*row))
                    });
                }
            }
        }
        // Every category has a cell at least.
        if self.all.len() as u64 > MOST_CELLS {
            return Err(AggregateError::TooManyCells);
        }
        Ok(())
    }

    fn next(all: &mut Vec<Category>, category: Category) -> u32 {
        all.push(category);
        u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
    }

    fn of_nothing(&mut self) -> u32 {
        let all = &mut self.all;
        *self.nothing.get_or_insert_with(|| Self::next(all, Category::Nothing))
    }

    fn of_number(&mut self, number: i64) -> u32 {
        let all = &mut self.all;
        *self
            .numbers
            .entry(number)
            .or_insert_with(|| Self::next(all, Category::Number(number)))
    }

    fn of_text(&mut self, text: &str) -> u32 {
        let all = &mut self.all;
        let new = || Self::next(all, Category::Text(text.into()));
        *self.texts.entry_ref(text).or_insert_with(new)
    }
}

/// The cells of one plan, and what each person has in each.
struct Cells {
    wanted: Wanted,
    /// By the numbers of their categories, side by side.
    cells: Numbers<u128>,
    /// By cell and person.
    places: Numbers<u64>,
    parts: Vec<Part>,
    /// The sums of each part.
    amounts: Vec<i128>,
}

/// What a person has in a cell, beside its sums.
#[derive(Debug, Clone, Copy)]
struct Part {
    cell: u32,
    records: u32,
}

impl Cells {
    fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            cells: Numbers::default(),
            places: Numbers::default(),
            parts: Vec::new(),
            amounts: Vec::new(),
        }
    }

    fn add(
        &mut self,
        rows: &[usize],
        of_whom: &[u32],
        in_codes: &[Vec<u32>],
        amounts: &[&Decimal128Array],
    ) -> Result<(), AggregateError> {
        let Self { wanted, cells, places, parts, amounts: kept } = self;
        let sums: Vec<&Decimal128Array> = wanted.sums.iter().map(|at| amounts[*at]).collect();
        let sides: Vec<&[u32]> = wanted.sides.iter().map(|at| in_codes[*at].as_slice()).collect();
        for (at, (row, person)) in rows.iter().zip(of_whom).enumerate() {
            let key = sides.iter().fold(0, |key, codes| key << CODE_BITS | u128::from(codes[at]));
            let next = u32::try_from(cells.len()).map_err(|_| failed())?;
            let cell = *cells.entry(key).or_insert(next);
            let part = match places.entry(u64::from(cell) << 32 | u64::from(*person)) {
                Entry::Occupied(known) => *known.get() as usize,
                Entry::Vacant(new) => {
                    let part = parts.len();
                    new.insert(u32::try_from(part).map_err(|_| failed())?);
                    parts.push(Part { cell, records: 0 });
                    kept.resize(kept.len() + sums.len(), 0);
                    part
                }
            };
            parts[part].records += 1;
            for (kept, sum) in kept[part * sums.len()..].iter_mut().zip(&sums) {
                if sum.is_valid(*row) {
                    *kept = kept.checked_add(sum.value(*row)).ok_or_else(failed)?;
                }
            }
        }
        if cells.len() as u64 > MOST_CELLS {
            return Err(AggregateError::TooManyCells);
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.cells.allocation_size()
            + self.places.allocation_size()
            + self.parts.capacity() * size_of::<Part>()
            + self.amounts.capacity() * size_of::<i128>()
    }

    /// The cells, with what their persons have together.
    fn together(&self) -> Result<Vec<Cell>, AggregateError> {
        let sums = self.wanted.sums.len();
        let mut cells = vec![Cell::none(sums); self.cells.len()];
        for (at, part) in self.parts.iter().enumerate() {
            let cell = &mut cells[part.cell as usize];
            cell.persons += 1;
            cell.records += i64::from(part.records);
            for (sum, amount) in cell.sums.iter_mut().zip(&self.amounts[at * sums..]) {
                sum.add(Contributed::one(*amount)).map_err(|_| failed())?;
            }
        }
        Ok(cells)
    }
}

#[derive(Debug, Clone)]
struct Cell {
    persons: i64,
    records: i64,
    sums: Vec<Contributed>,
}

impl Cell {
    fn none(sums: usize) -> Self {
        Self { persons: 0, records: 0, sums: vec![Contributed::default(); sums] }
    }
}

/// The cells of one plan, of all persons, in the columns in which the engine answers too.
fn answer(counters: &[Counter], plan: usize) -> Result<Vec<RecordBatch>, AggregateError> {
    let Some(first) = counters.first() else {
        return Ok(Vec::new());
    };
    let wanted = &first.plans[plan].wanted;
    let mut categories: Vec<Vec<&Category>> = Vec::new();
    for at in &wanted.sides {
        let mut all: Vec<&Category> =
            counters.iter().flat_map(|counter| &counter.codes[*at].all).collect();
        all.sort_unstable();
        all.dedup();
        categories.push(all);
    }
    let mut cells: BTreeMap<u128, Cell> = BTreeMap::new();
    for counter in counters {
        let common: Vec<Vec<u128>> = wanted
            .sides
            .iter()
            .zip(&categories)
            .map(|(at, all)| counter.codes[*at].all.iter().map(|one| position(all, one)).collect())
            .collect();
        let together = counter.plans[plan].together()?;
        for (key, cell) in &counter.plans[plan].cells {
            let own = codes_of(*key, common.len());
            let key = own.zip(&common).fold(0, |key, (code, common)| key << CODE_BITS | common[code]);
            let one = &together[*cell as usize];
            let all = cells.entry(key).or_insert_with(|| Cell::none(wanted.sums.len()));
            all.persons += one.persons;
            all.records += one.records;
            for (sum, other) in all.sums.iter_mut().zip(&one.sums) {
                sum.add(*other).map_err(|_| failed())?;
            }
        }
    }
    if cells.len() as u64 > MOST_CELLS {
        return Err(AggregateError::TooManyCells);
    }
    if cells.is_empty() {
        return Ok(Vec::new());
    }
    let lost = wanted.sums.iter().map(|at| counters.iter().map(|counter| counter.lost[*at]).sum());
    Ok(vec![columns(&cells, &categories, lost.collect())?])
}

fn position(all: &[&Category], one: &Category) -> u128 {
    all.binary_search(&one).unwrap_or_default() as u128
}

/// The numbers of the categories of a cell, side by side.
fn codes_of(key: u128, sides: usize) -> impl Iterator<Item = usize> {
    let mask = (1 << CODE_BITS) - 1;
    (0..sides).rev().map(move |at| {
        let bits = u32::try_from(at).unwrap_or_default() * CODE_BITS;
        usize::try_from(key >> bits & mask).unwrap_or_default()
    })
}

fn columns(
    cells: &BTreeMap<u128, Cell>,
    categories: &[Vec<&Category>],
    lost_records: Vec<i64>,
) -> Result<RecordBatch, AggregateError> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (at, all) in categories.iter().enumerate() {
        let of = |key: &u128| codes_of(*key, categories.len()).nth(at).and_then(|code| all.get(code));
        let has_texts = all.iter().any(|category| matches!(category, Category::Text(_)));
        let array: ArrayRef = if has_texts {
            let text = |key| match of(key) {
                Some(Category::Text(text)) => Some(text.as_ref()),
                _ => None,
            };
            Arc::new(cells.keys().map(text).collect::<StringArray>())
        } else {
            let number = |key| match of(key) {
                Some(Category::Number(number)) => Some(*number),
                _ => None,
            };
            Arc::new(cells.keys().map(number).collect::<Int64Array>())
        };
        columns.push((side(at), array));
    }
    let whole = |of: fn(&Cell) -> i64| -> ArrayRef {
        Arc::new(cells.values().map(of).collect::<Int64Array>())
    };
    columns.push(("persons".to_owned(), whole(|cell| cell.persons)));
    columns.push(("records".to_owned(), whole(|cell| cell.records)));
    for (at, records) in lost_records.into_iter().enumerate() {
        let each: Vec<Contributed> = cells.values().map(|cell| cell.sums[at]).collect();
        columns.push((sum_of(at), contributions_array(&each).map_err(|_| failed())?));
        // They are told once for the whole table.
        let told = (0..cells.len()).map(|row| if row == 0 { records } else { 0 });
        columns.push((lost(at), Arc::new(told.collect::<Int64Array>())));
    }
    RecordBatch::try_from_iter(columns).map_err(|_| failed())
}
