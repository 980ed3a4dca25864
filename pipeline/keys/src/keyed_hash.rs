//! HMAC-SHA-256 with its key already taken in, at the two compressions that one short message costs.
//!
//! Every message of the protocol fits into the one block of SHA-256 that follows the block of the
//! key. So the states after the key are kept, and a hash is one compression from each of them
//! (RFC 2104, section 4, names this way). Only an identifier of more than 52 bytes takes the long one.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, block_api::compress256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The state SHA-256 starts from (FIPS 180-4, section 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
/// A block ends with a one bit and the length of the message in eight bytes.
const MOST: usize = 64 - 1 - 8;
/// So many hashes are made beside each other. The rounds of one wait for one another; those of several
/// do not, and a processor works ahead. With more than these nothing is gained.
const BESIDE: usize = 8;

/// A keyed hash of messages that fit into one block.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct OneBlock {
    inner: [u32; 8],
    outer: [u32; 8],
}

/// A keyed hash of messages of any length.
#[derive(Clone)]
pub(crate) struct KeyedHash {
    short: OneBlock,
    long: Hmac<Sha256>,
}

impl OneBlock {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { inner: after_key(key, 0x36), outer: after_key(key, 0x5c) }
    }

    /// The hash of `stage ‖ value`.
    pub(crate) fn of<const N: usize>(&self, stage: u8, value: &[u8; N]) -> [u8; 32] {
        const { assert!(N < MOST, "stage and value fit into one block") };
        let mut block = [0; 64];
        block[0] = stage;
        block[1..=N].copy_from_slice(value);
        self.close(block, N + 1)
    }

    /// The hash of `stage ‖ value` for each of these values, in their order.
    pub(crate) fn of_each<'a, const N: usize>(
        &self,
        stage: u8,
        values: impl ExactSizeIterator<Item = &'a [u8; N]>,
    ) -> Vec<[u8; 32]> {
        const { assert!(N < MOST, "stage and value fit into one block") };
        let mut block = [0; 64];
        block[0] = stage;
        end(&mut block, N + 1);
        let (mut inner, mut outer) = ([block; BESIDE], [[0; 64]; BESIDE]);
        for block in &mut outer {
            end(block, 32);
        }
        let mut hashes = Vec::with_capacity(values.len());
        let mut values = values.peekable();
        while values.peek().is_some() {
            let mut filled = 0;
            for (block, value) in inner.iter_mut().zip(&mut values) {
                block[1..=N].copy_from_slice(value);
                filled += 1;
            }
            for (block, hash) in outer.iter_mut().zip(compressed(&self.inner, &inner)) {
                block[..32].copy_from_slice(&hash);
            }
            hashes.extend(compressed(&self.outer, &outer).take(filled));
        }
        hashes
    }

    /// The hash of a message that stands at the start of the block.
    fn close(&self, mut block: [u8; 64], len: usize) -> [u8; 32] {
        end(&mut block, len);
        let mut state = self.inner;
        compress256(&mut state, &[block]);
        let mut block = [0; 64];
        block[..32].copy_from_slice(&bytes(state));
        end(&mut block, 32);
        let mut state = self.outer;
        compress256(&mut state, &[block]);
        bytes(state)
    }
}

impl KeyedHash {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // HMAC takes a key of one block; 32 bytes fill the front of it.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        let keyed = Self { short: OneBlock::new(key), long: Hmac::new(&block.into()) };
        block.zeroize();
        keyed
    }

    /// The hash of `head ‖ value`.
    pub(crate) fn of(&self, head: [u8; 3], value: &[u8]) -> [u8; 32] {
        let len = head.len() + value.len();
        if len > MOST {
            return self
                .long
                .clone()
                .chain_update(head)
                .chain_update(value)
                .finalize()
                .into_bytes()
                .into();
        }
        let mut block = [0; 64];
        block[..head.len()].copy_from_slice(&head);
        block[head.len()..len].copy_from_slice(value);
        self.short.close(block, len)
    }

    /// The hash of `stage ‖ value`.
    pub(crate) fn of_one<const N: usize>(&self, stage: u8, value: &[u8; N]) -> [u8; 32] {
        self.short.of(stage, value)
    }
}

fn after_key(key: &[u8; 32], pad: u8) -> [u32; 8] {
    let mut block = [pad; 64];
    for (padded, byte) in block.iter_mut().zip(key) {
        *padded ^= byte;
    }
    let mut state = START;
    compress256(&mut state, &[block]);
    block.zeroize();
    state
}

/// What each of the blocks makes of a state.
fn compressed(
    state: &[u32; 8],
    blocks: &[[u8; 64]; BESIDE],
) -> impl Iterator<Item = [u8; 32]> + use<> {
    let mut states = [*state; BESIDE];
    for (state, block) in states.iter_mut().zip(blocks) {
        compress256(state, std::slice::from_ref(block));
    }
    states.into_iter().map(bytes)
}

/// Ends a message of this length that follows one block.
fn end(block: &mut [u8; 64], len: usize) {
    block[len] = 0x80;
    let bits = 8 * (64 + len as u64);
    block[MOST + 1..].copy_from_slice(&bits.to_be_bytes());
}

fn bytes(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::hmac as ring_hmac;

    use super::*;

    /// The same hash by the crate `hmac` and by `ring`, which must agree.
    fn others(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        let by_hmac: [u8; 32] = Hmac::<Sha256>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .into();
        let by_ring = ring_hmac::sign(&ring_hmac::Key::new(ring_hmac::HMAC_SHA256, key), message);
        assert_eq!(by_hmac, by_ring.as_ref());
        by_hmac
    }

    proptest! {
        #[test]
        fn a_short_message_has_the_hash_of_every_other_implementation(
            key in any::<[u8; 32]>(), stage in any::<u8>(), tag in any::<[u8; 32]>(), token in any::<[u8; 16]>(),
        ) {
            let hash = OneBlock::new(&key);
            prop_assert_eq!(hash.of(stage, &tag), others(&key, &[&[stage], &tag[..]].concat()));
            prop_assert_eq!(hash.of(stage, &token), others(&key, &[&[stage], &token[..]].concat()));
            prop_assert_eq!(KeyedHash::new(&key).of_one(stage, &tag), hash.of(stage, &tag));
        }

        #[test]
        fn many_beside_each_other_have_the_hashes_of_each(
            key in any::<[u8; 32]>(), stage in any::<u8>(), tags in prop::collection::vec(any::<[u8; 32]>(), 0..40),
        ) {
            let hash = OneBlock::new(&key);
            let each: Vec<_> = tags.iter().map(|tag| others(&key, &[&[stage], &tag[..]].concat())).collect();
            prop_assert_eq!(hash.of_each(stage, tags.iter()), each);
        }

        #[test]
        fn so_has_a_message_of_any_length(
            key in any::<[u8; 32]>(), head in any::<[u8; 3]>(), value in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let message = [&head[..], &value].concat();
            prop_assert_eq!(KeyedHash::new(&key).of(head, &value), others(&key, &message));
        }
    }

    #[test]
    fn the_length_at_which_one_block_is_full_is_no_edge() {
        let (key, head) = ([7; 32], [1, 2, 3]);
        for len in 0..130 {
            let value = vec![0xa5; len];
            let message = [&head[..], &value].concat();
            assert_eq!(
                KeyedHash::new(&key).of(head, &value),
                others(&key, &message),
                "{len} bytes"
            );
        }
    }
}
