//! The keys of payload rows: what a person's rows are sealed with, and what only the TTP can release.
//!
//! ```text
//! row key = HMAC-SHA-256(KP, 10 ‖ row token)     KP is drawn for a batch and sealed to the TTP
//! sealed  = AES-256-GCM(row key, nonce = view ‖ number, additional = batch ‖ row token)
//! ```
//! The HDA has the sealed rows of everybody and gets the row keys of those who are in the cohort and
//! did not opt out. It cannot read the others; the TTP has keys and no rows.

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::AesGcm256, kdf::HkdfSha256,
    kem::X25519HkdfSha256, single_shot_open, single_shot_seal,
};
use pipeline_domain::{BatchId, DomainId, PublicKey, RowToken};
use ring::aead::{Aad, Nonce};
use zeroize::Zeroizing;

use crate::{
    KeyError, PartyKeys,
    keyed_hash::OneBlock,
    secret::{Secret, hidden},
};

const INFO: &[u8] = b"HDABE-PSN-v1/kp\0";

/// KP: the root of the row keys of one batch, made by its holder.
#[derive(Clone)]
pub struct PayloadRoot {
    secret: Secret,
    hash: OneBlock,
}

/// The key of the rows of one person in one batch.
#[derive(Clone)]
pub struct RowKey(Secret);

/// The place of some sealed rows in a batch. No two rows of a batch share it, so no nonce is used
/// twice under a row key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedPlace {
    /// The batch.
    pub batch: BatchId,
    /// The number of the view in the batch.
    pub view: u32,
    /// The number of the sealed rows within the view.
    pub number: u64,
}

impl PayloadRoot {
    /// A new root.
    pub fn draw() -> Result<Self, KeyError> {
        Secret::random().map(Self::from_secret)
    }

    fn from_secret(secret: Secret) -> Self {
        Self { hash: OneBlock::new(secret.expose()), secret }
    }

    /// The key of the rows with this token.
    #[must_use]
    pub fn row_key(&self, token: &RowToken) -> RowKey {
        RowKey(Secret::new(self.hash.of(0x10, token.as_bytes())))
    }

    /// The keys of the rows with these tokens, in their order.
    #[must_use]
    pub fn row_keys(&self, tokens: &[RowToken]) -> Vec<RowKey> {
        let hashes = self.hash.of_each(0x10, tokens.iter().map(RowToken::as_bytes));
        hashes.into_iter().map(RowKey::from_column).collect()
    }

    /// Seals the root to the TTP (HPKE, RFC 9180), for its manifest.
    pub fn seal(
        &self,
        domain: DomainId,
        batch: BatchId,
        ttp: &PublicKey,
    ) -> Result<String, KeyError> {
        let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(ttp.as_bytes())
            .map_err(|_| KeyError::BadPublicKey)?;
        let (encapsulated, sealed) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            &[INFO, domain.as_bytes()].concat(),
            self.secret.expose(),
            batch.as_bytes(),
        )
        .map_err(|_| KeyError::BadPublicKey)?;
        Ok(hex::encode([&encapsulated.to_bytes()[..], &sealed].concat()))
    }

    /// Opens a root that a holder sealed to this party.
    pub fn open(
        keys: &PartyKeys,
        domain: DomainId,
        batch: BatchId,
        sealed: &str,
    ) -> Result<Self, KeyError> {
        let bytes = hex::decode(sealed).map_err(|_| KeyError::NotForUs)?;
        let (encapsulated, sealed) = bytes.split_at_checked(32).ok_or(KeyError::NotForUs)?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
            .map_err(|_| KeyError::NotForUs)?;
        let opened = single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &keys.sealing,
            &encapsulated,
            &[INFO, domain.as_bytes()].concat(),
            sealed,
            batch.as_bytes(),
        )
        .map(Zeroizing::new)
        .map_err(|_| KeyError::NotForUs)?;
        let bytes = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| KeyError::NotForUs)?;
        Ok(Self::from_secret(Secret::new(bytes)))
    }
}

impl RowKey {
    /// How many bytes it has as a column (`FixedSizeBinary`).
    pub const LEN: usize = 32;

    /// The key as it came in a column of link rows.
    #[must_use]
    pub fn from_column(bytes: [u8; Self::LEN]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes for a column of link rows: the one place where a key leaves, because to release a
    /// row is to hand out its key.
    #[must_use]
    pub fn to_column(&self) -> &[u8; Self::LEN] {
        self.0.expose()
    }

    /// Seals rows of the person with this token.
    pub fn seal(
        &self,
        place: &SealedPlace,
        token: &RowToken,
        mut rows: Vec<u8>,
    ) -> Result<Vec<u8>, KeyError> {
        self.0
            .aead()
            .seal_in_place_append_tag(nonce(place), additional(place, token), &mut rows)
            .map_err(|_| KeyError::NotForUs)?;
        Ok(rows)
    }

    /// Opens sealed rows.
    pub fn open(
        &self,
        place: &SealedPlace,
        token: &RowToken,
        mut sealed: Vec<u8>,
    ) -> Result<Vec<u8>, KeyError> {
        let opened = self
            .0
            .aead()
            .open_in_place(nonce(place), additional(place, token), &mut sealed)
            .map_err(|_| KeyError::NotForUs)?
            .len();
        sealed.truncate(opened);
        Ok(sealed)
    }
}

fn nonce(place: &SealedPlace) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&place.view.to_be_bytes());
    nonce[4..].copy_from_slice(&place.number.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn additional(place: &SealedPlace, token: &RowToken) -> Aad<[u8; 32]> {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(place.batch.as_bytes());
    bytes[16..].copy_from_slice(token.as_bytes());
    Aad::from(bytes)
}

hidden!(PayloadRoot, RowKey);

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> SealedPlace {
        let batch = "0192f0c1-2345-7abc-8def-012345678901".parse().unwrap();
        SealedPlace { batch, view: 3, number: 7 }
    }

    fn domain() -> DomainId {
        "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
    }

    #[test]
    fn only_the_key_of_the_person_opens_their_rows_at_their_place() {
        let root = PayloadRoot::draw().unwrap();
        let (one, other) = (RowToken::new([1; 16]), RowToken::new([2; 16]));
        let sealed = root.row_key(&one).seal(&place(), &one, b"rows".to_vec()).unwrap();
        let open = |root: &PayloadRoot, place: &SealedPlace, token: &RowToken, of: &RowToken| {
            root.row_key(of).open(place, token, sealed.clone()).ok()
        };
        assert_eq!(open(&root, &place(), &one, &one).unwrap(), b"rows");
        assert!(open(&root, &place(), &one, &other).is_none(), "the key of another person");
        assert!(open(&root, &place(), &other, &one).is_none(), "as the rows of another person");
        let elsewhere = SealedPlace { view: 4, ..place() };
        assert!(open(&root, &elsewhere, &one, &one).is_none(), "in another view");
        let elsewhere = SealedPlace { number: 8, ..place() };
        assert!(open(&root, &elsewhere, &one, &one).is_none(), "in another place");
        assert!(open(&PayloadRoot::draw().unwrap(), &place(), &one, &one).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(root.row_key(&one).open(&place(), &one, changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn many_tokens_have_the_keys_of_each_of_them() {
        let root = PayloadRoot::draw().unwrap();
        let tokens: Vec<_> = (0..27).map(|number| RowToken::new([number; 16])).collect();
        let keys = root.row_keys(&tokens);
        let columns: Vec<_> = keys.iter().map(RowKey::to_column).collect();
        let each: Vec<_> = tokens.iter().map(|token| root.row_key(token)).collect();
        assert_eq!(columns, each.iter().map(RowKey::to_column).collect::<Vec<_>>());
    }

    #[test]
    fn only_the_ttp_it_was_sealed_to_opens_a_root_and_for_its_batch_alone() {
        let (ttp, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ttp = PartyKeys::create(ttp.path()).unwrap();
        let other = PartyKeys::create(other.path()).unwrap();
        let (root, batch) = (PayloadRoot::draw().unwrap(), place().batch);
        let sealed = root.seal(domain(), batch, &ttp.sealing_key()).unwrap();
        let token = RowToken::new([9; 16]);
        let opened = PayloadRoot::open(&ttp, domain(), batch, &sealed).unwrap();
        assert_eq!(opened.row_key(&token).to_column(), root.row_key(&token).to_column());
        assert!(PayloadRoot::open(&other, domain(), batch, &sealed).is_err());
        let another = "0192f0c1-2345-7abc-8def-012345678902".parse().unwrap();
        assert!(PayloadRoot::open(&ttp, domain(), another, &sealed).is_err());
        assert!(PayloadRoot::open(&ttp, domain(), batch, &sealed[2..]).is_err());
        assert!(PayloadRoot::open(&ttp, domain(), batch, "no key").is_err());
    }

    #[test]
    fn neither_the_root_nor_a_row_key_can_be_shown() {
        let root = PayloadRoot::draw().unwrap();
        let shown = format!("{root:?} {:?}", root.row_key(&RowToken::new([1; 16])));
        assert_eq!(shown, "PayloadRoot(hidden) RowKey(hidden)");
    }
}
