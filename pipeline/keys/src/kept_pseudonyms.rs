//! The pseudonyms the HDA keeps, sealed, so that a later key of the TTP can be laid over them.
//!
//! ```text
//! KS     = HKDF-SHA-256(salt = S3, ikm = R_H, info = "HDABE-PSN-v1/ps" ‖ 0 ‖ domain ‖ be32(export))
//! key    = HMAC-SHA-256(KS, 14 ‖ salt of the file)
//! sealed = AES-256-GCM(key, nonce = row number, pseudonym)
//! ```
//! Nothing but a re-keying opens them. Whoever has the files and not the keys of the HDA has nothing,
//! and with the seed of the domain they are gone for the HDA too.

use pipeline_domain::{DomainId, Pseudonym};
use ring::aead::{Aad, LessSafeKey, Nonce};

use crate::{
    KeyError, Root, Seed,
    keyed_hash::OneBlock,
    secret::{Secret, hidden},
    stages::derived,
};

/// Seals and opens the pseudonyms of one file.
pub struct KeptPseudonyms(LessSafeKey);

hidden!(KeptPseudonyms);

impl KeptPseudonyms {
    /// How many bytes a sealed pseudonym has as a column (`FixedSizeBinary`).
    pub const SEALED_LEN: usize = Pseudonym::LEN + 16;
    /// How many bytes the salt of a file has. It is drawn for each: under one salt no row number may
    /// be used twice.
    pub const SALT_LEN: usize = 16;

    /// The key of one file of a domain and export.
    #[must_use]
    pub fn derive(
        root: &Root,
        seed: &Seed,
        domain: DomainId,
        export: u32,
        salt: &[u8; Self::SALT_LEN],
    ) -> Self {
        let kept = derived(root, seed, "HDABE-PSN-v1/ps", domain, export);
        Self(Secret::new(OneBlock::new(kept.expose()).of(0x14, salt)).aead())
    }

    /// Seals the pseudonym of a row.
    pub fn seal(
        &self,
        row: u64,
        pseudonym: &Pseudonym,
    ) -> Result<[u8; Self::SEALED_LEN], KeyError> {
        let mut sealed = [0; Self::SEALED_LEN];
        let (value, tag) = sealed.split_at_mut(Pseudonym::LEN);
        value.copy_from_slice(pseudonym.as_bytes());
        let made = self.0.seal_in_place_separate_tag(nonce(row), Aad::empty(), value);
        tag.copy_from_slice(made.map_err(|_| KeyError::NotForUs)?.as_ref());
        Ok(sealed)
    }

    /// Opens the pseudonym of a row.
    pub fn open(&self, row: u64, sealed: &[u8]) -> Result<Pseudonym, KeyError> {
        let mut sealed: [u8; Self::SEALED_LEN] =
            sealed.try_into().map_err(|_| KeyError::NotForUs)?;
        let opened = self.0.open_in_place(nonce(row), Aad::empty(), &mut sealed);
        let opened = opened.map_err(|_| KeyError::NotForUs)?;
        let bytes = <[u8; Pseudonym::LEN]>::try_from(&*opened).map_err(|_| KeyError::NotForUs)?;
        zeroize::Zeroize::zeroize(&mut sealed);
        Ok(Pseudonym::new(bytes))
    }
}

fn nonce(row: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&row.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_opens_at_its_row_of_its_file_with_its_seed_alone() {
        let (root, seed) = (Root::random().unwrap(), Seed::random().unwrap());
        let domain =
            |last: &str| format!("00112233-4455-6677-8899-aabbccddee{last}").parse().unwrap();
        let key = |seed: &Seed, last: &str, export, salt| {
            KeptPseudonyms::derive(&root, seed, domain(last), export, &[salt; 16])
        };
        let pseudonym = Pseudonym::new([7; 32]);
        let sealed = key(&seed, "ff", 1, 5).seal(3, &pseudonym).unwrap();
        assert!(!sealed.windows(8).any(|bytes| bytes == [7; 8]));
        assert!(key(&seed, "ff", 1, 5).open(3, &sealed).unwrap() == pseudonym);
        let others = [
            (key(&seed, "ff", 1, 5), 4, "another row"),
            (key(&seed, "ff", 1, 6), 3, "another file"),
            (key(&seed, "fe", 1, 5), 3, "another domain"),
            (key(&seed, "ff", 2, 5), 3, "another export"),
            (key(&Seed::random().unwrap(), "ff", 1, 5), 3, "another seed"),
        ];
        for (key, row, what) in others {
            assert!(key.open(row, &sealed).is_err(), "{what}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed;
            changed[at] ^= 1;
            assert!(key(&seed, "ff", 1, 5).open(3, &changed).is_err(), "byte {at}");
        }
        assert!(key(&seed, "ff", 1, 5).open(3, &sealed[1..]).is_err());
        assert_eq!(format!("{:?}", key(&seed, "ff", 1, 5)), "KeptPseudonyms(hidden)");
    }
}
