//! Hashes of values and rows: fixed, so that two threads or two runs agree.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;

/// The hasher of all tables here.
pub(crate) const HASHER: FixedState = FixedState::with_seed(0x0068_6461);

/// What a missing value adds to the hash of its row.
pub(crate) const MISSING: u64 = 0x51ab_7e07_93c4_d1f5;

/// Bits below these place an entry in its table; sampling by them would fill a corner of it.
const SAMPLE_SHIFT: u32 = 20;

/// Two odd constants without a pattern.
const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xc2b2_ae3d_27d4_eb4f;

/// Up to sixteen bytes as two words, which overlap where there are fewer: with the length they are
/// the bytes. Nearly all codes are that short, and two words are compared and hashed at once.
#[inline]
pub(crate) fn short(bytes: &[u8]) -> Option<(u64, u64)> {
    if bytes.len() > 16 {
        return None;
    }
    if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return Some((u64::from_le_bytes(*head), u64::from_le_bytes(*tail)));
    }
    if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return Some((u32::from_le_bytes(*head).into(), u32::from_le_bytes(*tail).into()));
    }
    let word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    Some((word, 0))
}

/// The hash of some bytes, of which these are the words.
#[inline]
pub(crate) fn of_words((head, tail): (u64, u64), len: usize) -> u64 {
    folded(head ^ FIRST, tail ^ SECOND ^ (len as u64).rotate_right(8))
}

/// The hash of some bytes.
#[inline]
pub(crate) fn of_bytes(bytes: &[u8]) -> u64 {
    short(bytes).map_or_else(|| of_many(bytes), |words| of_words(words, bytes.len()))
}

/// The hash of more than sixteen bytes.
pub(crate) fn of_many(bytes: &[u8]) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// The product of two words, its halves folded into one.
#[inline]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded into one")]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

/// The hash of a row so far, with one more value.
#[inline]
pub(crate) fn mixed(row: u64, value: u64) -> u64 {
    // Turned, so that a run of values and its reverse do not meet.
    folded(row ^ value, FIRST).rotate_left(23)
}

/// Is this hash in the sample of one in `2^level`?
#[inline]
pub(crate) fn is_sampled(hash: u64, level: u32) -> bool {
    (hash >> SAMPLE_SHIFT) & ((1 << level) - 1) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_words_and_the_length_are_the_bytes(
            a in prop::collection::vec(0_u8..3, 0..17), b in prop::collection::vec(0_u8..3, 0..17),
        ) {
            let same = a.len() == b.len() && short(&a) == short(&b);
            prop_assert_eq!(same, a == b);
        }
    }
}
