//! The values that stand for a person in the files between the parties.
//!
//! None of them can be shown: each has a `Debug` that says only its type, and no `Display` and no
//! `Serialize`. They enter and leave files as bytes, in columns, and nowhere else.

use std::fmt;

macro_rules! hidden_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// How many bytes it has, also as a column (`FixedSizeBinary`).
            pub const LEN: usize = $len;

            /// The value with these bytes.
            #[must_use]
            pub fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes, for a column or for the next stage.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    };
}

hidden_bytes!(
    /// Random, one for each person and batch: joins the two halves of a batch, then is dropped.
    RowToken, 16
);
hidden_bytes!(
    /// Stage 1, made by a holder: `HMAC(K1, 01 ‖ E(id))`.
    HolderTag, 32
);
hidden_bytes!(
    /// Stage 2, made by the TTP: `HMAC(K2, 02 ‖ tag)`.
    Pseudonym, 32
);
hidden_bytes!(
    /// Stage 3, made by the HDA: `HMAC(K3, 04 ‖ pseudonym)`, its first 16 bytes.
    ResearchId, 16
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_stands_for_a_person_can_be_shown() {
        assert_eq!(format!("{:?}", RowToken::new([7; 16])), "RowToken(hidden)");
        assert_eq!(format!("{:?}", HolderTag::new([7; 32])), "HolderTag(hidden)");
        assert_eq!(format!("{:?}", Pseudonym::new([7; 32])), "Pseudonym(hidden)");
        assert_eq!(format!("{:?}", ResearchId::new([7; 16])), "ResearchId(hidden)");
    }
}
