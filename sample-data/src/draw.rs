//! Chance that can be repeated: the same seed, person and topic give the same draws for ever.
//!
//! Only whole-number arithmetic on the `ChaCha8` stream is used, so the files do not depend on the
//! machine, on a math library, or on how a random-number crate chooses to map its words to ranges.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use time::Date;

/// What a stream of draws is for; each topic of a person has its own, so that one more draw in
/// one topic leaves every other row as it was.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Topic {
    Population = 0,
    Identity = 1,
    OptOut = 2,
    Problems = 3,
    Vaccination = 4,
    Medication = 5,
    Hospital = 6,
    Referral = 7,
    Damage = 8,
    Summary = 9,
    Followed = 10,
    OtherReferral = 11,
    Lifestyle = 12,
    Assessment = 13,
}

/// A stream of draws.
#[derive(Debug)]
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64, person: u64, topic: Topic) -> Self {
        let mut key = *b"................hda sample-data1";
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&person.to_le_bytes());
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(topic as u64);
        Self(stream)
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 up to, not including, `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(end)) >> 32) as u32
    }

    /// A number from `first` to `last`, both possible.
    pub(crate) fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// True in `per_mille` of a thousand cases.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// True in the given share of cases.
    pub(crate) fn share(&mut self, share: f64) -> bool {
        f64::from(self.0.next_u32()) < share * 4_294_967_296.0
    }

    /// One of the items; each is as likely as any other. The tables drawn from are never empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let end = u32::try_from(items.len()).unwrap_or(u32::MAX);
        items[self.below(end) as usize]
    }

    /// One of the items, each as likely as its weight says.
    pub(crate) fn pick_by<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let mut left = self.below(items.iter().map(&weight).sum());
        for item in items {
            if left < weight(item) {
                return item;
            }
            left -= weight(item);
        }
        &items[items.len() - 1]
    }

    /// A day from `first` to `last`, both possible; `first` if they are the wrong way round.
    pub(crate) fn day(&mut self, first: Date, last: Date) -> Date {
        let days = last.to_julian_day() - first.to_julian_day();
        let ahead = self.between(0, u32::try_from(days).unwrap_or(0));
        first + time::Duration::days(i64::from(ahead))
    }

    /// Text of `length` characters of the alphabet.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(alphabet))).collect()
    }

    /// A random (version 4) UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.word(), self.word());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

/// A shuffle of the numbers below `size` that needs no memory: a four-round Feistel network,
/// walked until it lands inside. Two numbers never go to the same place.
#[derive(Debug)]
pub(crate) struct Shuffle {
    size: u64,
    half_bits: u32,
    keys: [u64; 4],
}

impl Shuffle {
    pub(crate) fn new(size: u64, draws: &mut Draws) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        let keys = [draws.word(), draws.word(), draws.word(), draws.word()];
        Self { size, half_bits: bits.div_ceil(2).max(1), keys }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Where a number below `size` goes.
    pub(crate) fn at(&self, number: u64) -> u64 {
        let mut place = self.encrypt(number);
        while place >= self.size {
            place = self.encrypt(place);
        }
        place
    }

    fn encrypt(&self, number: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (number >> self.half_bits, number & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        (left << self.half_bits) | right
    }
}

/// The finaliser of splitmix64: a one-to-one mixing of 64 bits.
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_sends_every_number_to_a_place_of_its_own() {
        for size in [1, 2, 3, 1000, 4097] {
            let shuffle = Shuffle::new(size, &mut Draws::new(7, 0, Topic::Population));
            let mut places: Vec<u64> = (0..size).map(|number| shuffle.at(number)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..size).collect::<Vec<_>>(), "{size}");
        }
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_both_ends() {
        let mut draws = Draws::new(1, 2, Topic::Identity);
        let seen: std::collections::BTreeSet<u32> =
            (0..1000).map(|_| draws.between(3, 6)).collect();
        assert_eq!(seen, [3, 4, 5, 6].into());
    }

    #[test]
    fn topics_and_persons_have_streams_of_their_own() {
        let word = |person, topic| Draws::new(1, person, topic).word();
        assert_eq!(word(0, Topic::Identity), word(0, Topic::Identity));
        assert_ne!(word(0, Topic::Identity), word(1, Topic::Identity));
        assert_ne!(word(0, Topic::Identity), word(0, Topic::Damage));
    }
}
