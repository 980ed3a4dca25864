//! Randomness, from `ring` alone, and the row tokens that grow from it.

use pipeline_domain::{HolderTag, ResearchId, RowToken};
use ring::rand::{SecureRandom, SystemRandom};

use crate::{IdType, KeyError, keyed_hash::KeyedHash, secret::hidden};

/// Random bytes, such as those of an id.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// The row tokens of one batch.
///
/// A token is a keyed hash of the identifier under a key that is drawn for the batch, kept nowhere
/// and gone with it: to everybody else the tokens are random. All cores can make them without asking
/// each other, and none has to be remembered.
#[derive(Clone)]
pub struct RowTokens(KeyedHash);

hidden!(RowTokens);

impl RowTokens {
    /// Tokens under a new key.
    pub fn draw() -> Result<Self, KeyError> {
        random_bytes().map(Self::with_key)
    }

    /// Tokens under a given key, for a batch that must come out the same twice, as in a test of just
    /// that.
    #[must_use]
    pub fn with_key(mut key: [u8; 32]) -> Self {
        let tokens = Self(KeyedHash::new(&key));
        zeroize::Zeroize::zeroize(&mut key);
        tokens
    }

    /// The token of an identifier in this batch.
    #[must_use]
    pub fn token(&self, id_type: IdType, canonical: &[u8]) -> RowToken {
        let len = u8::try_from(canonical.len()).unwrap_or(u8::MAX);
        RowToken::new(first(self.0.of([0x20, id_type as u8, len], canonical)))
    }

    /// The token of a research id, in a batch by which the HDA has its pseudonyms re-keyed.
    #[must_use]
    pub fn of_research_id(&self, id: &ResearchId) -> RowToken {
        RowToken::new(first(self.0.of_one(0x23, id.as_bytes())))
    }

    /// A token and a tag that belong to nobody, to pad an id file with: the one of this number.
    #[must_use]
    pub fn padding(&self, number: u64) -> (RowToken, HolderTag) {
        let hash = |purpose: u8| self.0.of_one(purpose, &number.to_be_bytes());
        (RowToken::new(first(hash(0x21))), HolderTag::new(hash(0x22)))
    }
}

fn first(hash: [u8; 32]) -> [u8; RowToken::LEN] {
    let mut bytes = [0; RowToken::LEN];
    bytes.copy_from_slice(&hash[..RowToken::LEN]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_within_its_batch_and_no_other() {
        let (one, other) = (RowTokens::draw().unwrap(), RowTokens::draw().unwrap());
        let token = |tokens: &RowTokens, id: &[u8]| tokens.token(IdType::Inss, id);
        assert!(token(&one, b"93051822361") == token(&one, b"93051822361"));
        assert!(token(&one, b"93051822361") != token(&one, b"00010100105"));
        assert!(token(&one, b"93051822361") != token(&other, b"93051822361"));
        assert!(
            one.token(IdType::Nihdi, b"93051822361") != one.token(IdType::Inss, b"93051822361")
        );
        assert!(one.padding(1) != one.padding(2));
    }
}
