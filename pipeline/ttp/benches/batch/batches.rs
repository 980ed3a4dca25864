//! Whole batches, from the inbox of the TTP to that of the HDA.

use pipeline_keys::PayloadRoot;

use crate::{
    house::House,
    measure::{Cost, Rounds, forget_peak, peak_mib},
};

/// What a pass over one batch took.
pub(crate) struct BatchFigure {
    pub(crate) sealed: bool,
    pub(crate) threads: usize,
    /// Padding included.
    pub(crate) rows: u64,
    pub(crate) cost: Cost,
    pub(crate) peak_mib: Option<u64>,
}

/// Bulk and sealed batches of so many persons, on one thread and on all.
pub(crate) fn figures(persons: u64, rounds: Rounds) -> Vec<BatchFigure> {
    let all = std::thread::available_parallelism().unwrap().get();
    let threads = if all > 1 { vec![1, all] } else { vec![1] };
    let mut house = House::of(persons);
    let mut figures = Vec::new();
    for sealed in [false, true] {
        for threads in &threads {
            figures.push(figure(&mut house, sealed, *threads, rounds));
        }
    }
    figures
}

fn figure(house: &mut House, sealed: bool, threads: usize, rounds: Rounds) -> BatchFigure {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let root = sealed.then(|| PayloadRoot::draw().unwrap());
    let (mut best, mut peak): (Option<Cost>, Option<u64>) = (None, None);
    for _ in 0..rounds.0 {
        let batch = house.send(root.as_ref());
        forget_peak();
        let cost = Cost::of(|| {
            let answered = pool.install(|| house.pass());
            assert_eq!((answered.answered, answered.rows), (1, house.rows()));
        });
        best = Some(best.map_or(cost, |best| best.least(cost)));
        // Of memory the most counts.
        peak = peak.max(peak_mib());
        house.forget(batch);
    }
    BatchFigure { sealed, threads, rows: house.rows(), cost: best.unwrap(), peak_mib: peak }
}
