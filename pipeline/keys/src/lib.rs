//! The three stages of keyed HMAC and the custody of their keys; the only home of key bytes.
//!
//! ```text
//! tag         = HMAC-SHA-256(K1, 01 ‖ idtype ‖ len ‖ id)     holder   HolderKey
//! pseudonym   = HMAC-SHA-256(K2, 02 ‖ tag)                   TTP      TtpKey
//! research id = HMAC-SHA-256(K3, 04 ‖ pseudonym)[0..16]      HDA      HdaKey
//! ```
//! K1 is random, made by the custodian and sealed to each holder (HPKE, RFC 9180). K2 and K3 are
//! derived (HKDF, RFC 5869) from a root and a seed of the domain: destroying the seed destroys the
//! key. Every key is wiped from memory when dropped, and none can be shown, copied out or written
//! in clear: at rest they are wrapped by the vault of their keyring ([`KeyVault`]), with the state each
//! is in ([`KeyState`]). With the feature `oblivious` the TTP can answer for tags that it never sees
//! (mode B, RFC 9497).
//!
//! ```
//! use pipeline_keys::{HdaKey, HolderKey, IdType, Root, Seed, TtpKey};
//!
//! let domain = "00112233-4455-6677-8899-aabbccddeeff".parse()?;
//! let (holder, root, seed) = (HolderKey::random()?, Root::random()?, Seed::random()?);
//! let tag = holder.tag(IdType::Inss, b"93051822361");
//! let pseudonym = TtpKey::derive(&root, &seed, domain, 1).pseudonym(&tag);
//! let research_id = HdaKey::derive(&root, &seed, domain, 1).research_id(&pseudonym);
//! assert_eq!(format!("{research_id:?}"), "ResearchId(hidden)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod custody;
mod error;
mod files;
mod kept_pseudonyms;
mod keyed_hash;
#[cfg(feature = "oblivious")]
pub mod oblivious;
mod party;
mod passphrase;
mod random;
mod rewrap;
mod row_keys;
mod sealed;
mod secret;
mod stages;
mod states;
mod vault;
#[cfg(test)]
mod vectors;

pub use custody::{Keyring, SecretKind};
pub use error::KeyError;
pub use kept_pseudonyms::KeptPseudonyms;
pub use party::PartyKeys;
pub use passphrase::{Passphrase, PassphraseVault};
pub use random::{RowTokens, random_bytes};
pub use row_keys::{PayloadRoot, RowKey, SealedPlace};
pub use sealed::SealedKey;
pub use secret::{Root, Seed};
pub use stages::{HdaKey, HolderKey, IdType, RotatedKey, StageTwo, TtpKey};
pub use states::{KeyEntry, KeyState, UnknownState};
pub use vault::{FileVault, KeyVault, VaultKind, VaultMark};
