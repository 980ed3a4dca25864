//! Keys laid over pseudonyms the HDA has already: after a rotation, or for a domain of their own.
//!
//! ```text
//! p made under version v  ->  HMAC(K2_v+1, 03 ‖ p) -> ... -> p of the version in use   (released?)
//!                         ->  HMAC(K2 of the permit, 03 ‖ p)                           (its own domain)
//! ```
//! No identifier is needed and none can be found: the HDA sends what it has, under tokens that mean
//! nothing, and gets back what it could not compute. Who opted out since is not in the answer.

use pipeline_domain::Pseudonym;
use pipeline_keys::{RotatedKey, TtpKey};

/// The keys between the pseudonyms that were sent and those that go back.
pub(crate) struct Rekeying {
    /// Of each version that came after the one they were made with.
    rotations: Vec<TtpKey>,
    /// Of the domain the answer belongs to, where it is another.
    target: Option<RotatedKey>,
}

impl Rekeying {
    pub(crate) fn new(rotations: Vec<TtpKey>, target: Option<RotatedKey>) -> Self {
        Self { rotations, target }
    }

    /// The pseudonym under the version in use, which the lists speak of.
    pub(crate) fn current(&self, pseudonym: Pseudonym) -> Pseudonym {
        self.rotations.iter().fold(pseudonym, |pseudonym, key| key.rotate(&pseudonym))
    }

    /// What goes back for a current one.
    pub(crate) fn answer(&self, current: Pseudonym) -> Pseudonym {
        self.target.as_ref().map_or(current, |target| target.lay_over(&current))
    }
}
