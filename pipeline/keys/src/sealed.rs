//! K1 on its way from the custodian to one holder: sealed with HPKE (RFC 9180).

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::AesGcm256, kdf::HkdfSha256,
    kem::X25519HkdfSha256, single_shot_open, single_shot_seal,
};
use pipeline_domain::{DomainId, HolderId, PublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{HolderKey, KeyError, PartyKeys, secret::Secret};

/// K1 of a domain, which only one holder can open. Safe to send and to keep.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedKey {
    /// The domain.
    pub domain: DomainId,
    /// The version of the key.
    pub version: u32,
    /// Whom it is for.
    pub holder: HolderId,
    encapsulated: String,
    sealed: String,
}

impl SealedKey {
    /// Seals a key to the holder with this sealing key.
    pub fn seal(
        key: &HolderKey,
        domain: DomainId,
        version: u32,
        holder: &HolderId,
        sealing_key: &PublicKey,
    ) -> Result<Self, KeyError> {
        let public = sealing_key.as_bytes();
        let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public)
            .map_err(|_| KeyError::BadPublicKey)?;
        let (encapsulated, sealed) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            &info(domain, version),
            key.secret.expose(),
            holder.as_str().as_bytes(),
        )
        .map_err(|_| KeyError::BadPublicKey)?;
        Ok(Self {
            domain,
            version,
            holder: holder.clone(),
            encapsulated: hex::encode(encapsulated.to_bytes()),
            sealed: hex::encode(&sealed),
        })
    }

    /// Opens the key with the keys of the holder it was sealed to.
    pub fn open(&self, keys: &PartyKeys) -> Result<HolderKey, KeyError> {
        let encapsulated = hex::decode(&self.encapsulated).map_err(|_| KeyError::NotForUs)?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&encapsulated)
            .map_err(|_| KeyError::NotForUs)?;
        let opened = single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &keys.sealing,
            &encapsulated,
            &info(self.domain, self.version),
            &hex::decode(&self.sealed).map_err(|_| KeyError::NotForUs)?,
            self.holder.as_str().as_bytes(),
        )
        .map(Zeroizing::new)
        .map_err(|_| KeyError::NotForUs)?;
        let bytes = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| KeyError::NotForUs)?;
        Ok(HolderKey::from_secret(Secret::new(bytes)))
    }
}

fn info(domain: DomainId, version: u32) -> Vec<u8> {
    [b"HDABE-PSN-v1/k1\0", domain.as_bytes().as_slice(), &version.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IdType;

    #[test]
    fn only_the_holder_it_was_sealed_to_opens_a_key() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ours = PartyKeys::create(ours.path()).unwrap();
        let theirs = PartyKeys::create(theirs.path()).unwrap();
        let domain = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
        let holder: HolderId = "hospital".parse().unwrap();
        let key = HolderKey::random().unwrap();
        let sealed = SealedKey::seal(&key, domain, 1, &holder, &ours.sealing_key()).unwrap();

        let opened = sealed.open(&ours).unwrap();
        assert_eq!(opened.tag(IdType::Inss, b"x"), key.tag(IdType::Inss, b"x"));
        assert!(matches!(sealed.open(&theirs), Err(KeyError::NotForUs)));
        let other_version = SealedKey { version: 2, ..sealed.clone() };
        assert!(matches!(other_version.open(&ours), Err(KeyError::NotForUs)));
        let other_holder = SealedKey { holder: "vault".parse().unwrap(), ..sealed };
        assert!(matches!(other_holder.open(&ours), Err(KeyError::NotForUs)));
    }
}
