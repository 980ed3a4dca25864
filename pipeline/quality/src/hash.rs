//! Hashes of values and rows: fixed, so that two threads or two runs agree.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;

/// The hasher of all tables here.
pub(crate) const HASHER: FixedState = FixedState::with_seed(0x0068_6461);

/// What a missing value adds to the hash of its row.
pub(crate) const MISSING: u64 = 0x51ab_7e07_93c4_d1f5;

/// Bits below these place an entry in its table; sampling by them would fill a corner of it.
const SAMPLE_SHIFT: u32 = 20;

/// The hash of some bytes.
#[inline]
pub(crate) fn of_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// The hash of a row so far, with one more value.
#[inline]
pub(crate) fn mixed(row: u64, value: u64) -> u64 {
    let product = u128::from(row ^ value) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded into one")]
    let folded = (product >> 64) as u64 ^ product as u64;
    // Without this a run of values and its reverse would meet.
    folded.rotate_left(23)
}

/// Is this hash in the sample of one in `2^level`?
#[inline]
pub(crate) fn is_sampled(hash: u64, level: u32) -> bool {
    (hash >> SAMPLE_SHIFT) & ((1 << level) - 1) == 0
}
