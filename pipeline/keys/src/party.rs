//! The keys a party has for itself: one to sign with, one to be sealed to.

use std::path::Path;

use hpke::{Kem, Serializable, kem::X25519HkdfSha256};
use pipeline_domain::{PublicKey, Signature, Signer};
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::{
    KeyError, KeyVault, Keyring, SecretKind,
    secret::{Secret, hidden},
};

/// The signing and the sealing key of a party, and the keyring they lie in.
pub struct PartyKeys {
    keyring: Keyring,
    signing: Ed25519KeyPair,
    pub(crate) sealing: <X25519HkdfSha256 as Kem>::PrivateKey,
    sealing_public: PublicKey,
}

hidden!(PartyKeys);

impl PartyKeys {
    /// Makes the keys of a new party; refused where the folder has keys already.
    pub fn create(folder: &Path) -> Result<Self, KeyError> {
        Self::from_keyring(Keyring::create(folder)?)
    }

    /// Opens the keys of a party.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        Self::from_keyring(Keyring::open(folder)?)
    }

    /// Makes the keys of a new party and wraps them with this vault.
    pub fn create_with(folder: &Path, vault: Box<dyn KeyVault>) -> Result<Self, KeyError> {
        Self::from_keyring(Keyring::create_with(folder, vault)?)
    }

    /// Opens the keys of a party with the vault that wraps them.
    pub fn open_with(folder: &Path, vault: Box<dyn KeyVault>) -> Result<Self, KeyError> {
        Self::from_keyring(Keyring::open_with(folder, vault)?)
    }

    /// Wraps all keys anew: [`Keyring::rewrap`]. The party stays who it is.
    pub fn rewrap(&mut self, to: Box<dyn KeyVault>) -> Result<(), KeyError> {
        self.keyring.rewrap(to)
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
    use crate::{
        FileVault, PassphraseVault,
        passphrase::tests::{cheap, phrase},
    };

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

    #[test]
    fn a_party_stays_who_it_is_when_its_keys_are_wrapped_anew() {
        let folder = tempfile::tempdir().unwrap();
        let vault = || Box::new(cheap("correct horse battery"));
        let mut keys = PartyKeys::create_with(folder.path(), vault()).unwrap();
        let (public, sealing) = (keys.public_key(), keys.sealing_key());
        assert!(PartyKeys::create(folder.path()).is_err(), "the folder has keys already");
        assert!(matches!(PartyKeys::open(folder.path()), Err(KeyError::NeedsPassphrase(_))));

        let phrase = phrase("correct horse battery");
        let opened = PassphraseVault::open(folder.path(), &phrase).unwrap();
        let opened = PartyKeys::open_with(folder.path(), Box::new(opened)).unwrap();
        assert_eq!((opened.public_key(), opened.sealing_key()), (public, sealing));

        keys.rewrap(Box::new(FileVault::draw().unwrap())).unwrap();
        assert_eq!((keys.public_key(), keys.sealing_key()), (public, sealing));
        let opened = PartyKeys::open(folder.path()).unwrap();
        assert_eq!((opened.public_key(), opened.sealing_key()), (public, sealing));
    }
}
