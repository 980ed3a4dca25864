//! Thirty-two secret bytes, and what they are for.

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{KeyError, random_bytes};

/// Secret bytes without a way to show, compare or serialise them.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    pub(crate) fn random() -> Result<Self, KeyError> {
        Ok(Self(random_bytes()?))
    }

    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// As a key of AES-256-GCM.
    pub(crate) fn aead(&self) -> LessSafeKey {
        #[expect(clippy::expect_used, reason = "AES-256 takes any 32 bytes")]
        let key = UnboundKey::new(&AES_256_GCM, &self.0).expect("a key of 32 bytes");
        LessSafeKey::new(key)
    }
}

/// A `Debug` that says the type and nothing else.
macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )*};
}

pub(crate) use hidden;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) Secret);

        impl $name {
            /// A new one, from the randomness of the operating system.
            pub fn random() -> Result<Self, KeyError> {
                Secret::random().map(Self)
            }
        }

        hidden!($name);
    };
}

secret!(
    /// The root from which one party derives its keys of every domain.
    Root
);
secret!(
    /// The part of a derived key that belongs to one domain and version, and dies with it.
    Seed
);
