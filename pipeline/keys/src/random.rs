//! Randomness, from `ring` alone.

use pipeline_domain::{HolderTag, RowToken};
use ring::rand::{SecureRandom, SystemRandom};

use crate::KeyError;

/// Random bytes, such as those of an id.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// Draws the row tokens of one batch.
#[derive(Debug)]
pub struct RowTokens(SystemRandom);

impl Default for RowTokens {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl RowTokens {
    /// The next token.
    pub fn draw(&self) -> Result<RowToken, KeyError> {
        self.fill().map(RowToken::new)
    }

    /// A token and a tag that belong to nobody, to pad an id file with.
    pub fn draw_padding(&self) -> Result<(RowToken, HolderTag), KeyError> {
        Ok((self.draw()?, HolderTag::new(self.fill()?)))
    }

    fn fill<const N: usize>(&self) -> Result<[u8; N], KeyError> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
        Ok(bytes)
    }
}
