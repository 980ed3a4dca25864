//! The keys a party has for itself: one to sign with, one to be sealed to.

use std::path::Path;

use hpke::{Kem, Serializable, kem::X25519HkdfSha256};
use pipeline_domain::{PublicKey, Signature, Signer};
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::{KeyError, Keyring, SecretKind, secret::Secret};

/// The signing and the sealing key of a party, and the keyring they lie in.
pub struct PartyKeys {
    keyring: Keyring,
    signing: Ed25519KeyPair,
    pub(crate) sealing: <X25519HkdfSha256 as Kem>::PrivateKey,
    sealing_public: PublicKey,
}

impl std::fmt::Debug for PartyKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartyKeys(hidden)")
    }
}

impl PartyKeys {
    /// Makes the keys of a new party; refused where the folder has keys already.
    pub fn create(folder: &Path) -> Result<Self, KeyError> {
        Self::from_keyring(Keyring::create(folder)?)
    }

    /// Opens the keys of a party.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        Self::from_keyring(Keyring::open(folder)?)
    }

    /// The keyring, for the keys of domains.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The key that others seal to.
    #[must_use]
    pub fn sealing_key(&self) -> PublicKey {
        self.sealing_public
    }

    fn from_keyring(keyring: Keyring) -> Result<Self, KeyError> {
        let signing = signing_pair(&keyring.party_secret(SecretKind::Signing)?);
        let seed = keyring.party_secret(SecretKind::Sealing)?;
        let (sealing, public) = X25519HkdfSha256::derive_keypair(seed.expose());
        let sealing_public = PublicKey::new(public.to_bytes().into());
        Ok(Self { keyring, signing, sealing, sealing_public })
    }
}

impl Signer for PartyKeys {
    fn sign(&self, context: &str, message: &[u8]) -> Signature {
        let signature = self.signing.sign(&Signature::message(context, message));
        let mut bytes = [0; 64];
        bytes.copy_from_slice(signature.as_ref());
        Signature::new(bytes)
    }

    fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.signing.public_key().as_ref());
        PublicKey::new(bytes)
    }
}

pub(crate) fn signing_pair(seed: &Secret) -> Ed25519KeyPair {
    #[expect(clippy::expect_used, reason = "Ed25519 takes any seed of 32 bytes (RFC 8032)")]
    Ed25519KeyPair::from_seed_unchecked(seed.expose()).expect("a seed of 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_the_same_after_it_was_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let made = PartyKeys::create(folder.path()).unwrap();
        let opened = PartyKeys::open(folder.path()).unwrap();
        assert_eq!(made.public_key(), opened.public_key());
        assert_eq!(made.sealing_key(), opened.sealing_key());
        let signature = made.sign("test", b"rows");
        assert_eq!(opened.public_key().verify("test", b"rows", &signature), Ok(()));
    }
}
