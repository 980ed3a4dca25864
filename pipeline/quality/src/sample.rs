//! Which hashes come back: exact up to a bound, then on a fixed share of the hashes.
//!
//! A hash is in the sample or not by its own bits, so equal rows are sampled together, and the sample
//! depends on the rows alone: not on their order, nor on how threads shared them.

use hashbrown::{HashTable, hash_table::Entry};

use crate::{hash::is_sampled, view::Repeats};

/// Hashes and how often each was seen.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    seen: HashTable<Seen>,
    level: u32,
    most: usize,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    hash: u64,
    times: u64,
}

impl Sample {
    /// Keeps at most so many different hashes.
    pub(crate) fn of_at_most(most: usize) -> Self {
        Self { seen: HashTable::new(), level: 0, most }
    }

    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        if is_sampled(hash, self.level) {
            self.add_times(hash, 1);
        }
    }

    fn add_times(&mut self, hash: u64, times: u64) {
        match self.seen.entry(hash, |seen| seen.hash == hash, |seen| seen.hash) {
            Entry::Occupied(mut seen) => seen.get_mut().times += times,
            Entry::Vacant(place) => {
                place.insert(Seen { hash, times });
                self.thin_out();
            }
        }
    }

    fn thin_out(&mut self) {
        while self.seen.len() > self.most {
            self.raise(self.level + 1);
        }
    }

    fn raise(&mut self, level: u32) {
        self.level = level;
        self.seen.retain(|seen| is_sampled(seen.hash, level));
    }

    /// Takes in what another saw.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.raise(self.level.max(other.level));
        for seen in &other.seen {
            if is_sampled(seen.hash, self.level) {
                self.add_times(seen.hash, seen.times);
            }
        }
    }

    /// How many came back.
    pub(crate) fn repeats(&self) -> Repeats {
        let examined: u64 = self.seen.iter().map(|seen| seen.times).sum();
        let distinct = self.seen.len() as u64;
        Repeats { examined, repeated: examined - distinct, one_in: 1 << self.level }
    }

    /// How many different ones there are, and whether that is exact.
    pub(crate) fn distinct(&self) -> (u64, bool) {
        if self.level == 0 { (self.seen.len() as u64, true) } else { (self.most as u64, false) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::of_bytes;

    fn sample(values: &[u16]) -> Sample {
        let mut sample = Sample::of_at_most(16);
        for value in values {
            sample.add(of_bytes(&value.to_le_bytes()));
        }
        sample
    }

    proptest! {
        #[test]
        fn a_sample_depends_on_the_values_alone(
            values in prop::collection::vec(0_u16..200, 0..300),
            cut in 0_usize..300,
        ) {
            let whole = sample(&values);
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = sample(right);
            merged.merge(&sample(left));
            prop_assert_eq!(merged.repeats(), whole.repeats());
            prop_assert_eq!(merged.distinct(), whole.distinct());
        }

        #[test]
        fn below_the_bound_repeats_are_exact(values in prop::collection::vec(0_u16..16, 0..300)) {
            let distinct = values.iter().collect::<std::collections::BTreeSet<_>>().len();
            let want = Repeats {
                examined: values.len() as u64,
                repeated: (values.len() - distinct) as u64,
                one_in: 1,
            };
            prop_assert_eq!(sample(&values).repeats(), want);
        }
    }
}
