//! The three functions. Each key holds its keyed hash ready made, so hashing a row cannot fail.

use pipeline_domain::{DomainId, HolderTag, Pseudonym, ResearchId};
use ring::hkdf;

use crate::{
    KeyError, Root, Seed,
    keyed_hash::{KeyedHash, OneBlock},
    secret::{Secret, hidden},
};

/// What kind of identifier is hashed; the first byte of its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum IdType {
    /// National and BIS numbers.
    Inss = 1,
    /// Health professionals and institutions (RIZIV-INAMI).
    Nihdi = 2,
    /// Enterprises.
    Cbe = 3,
    /// Prescriptions.
    Prescription = 4,
    /// Identifiers of a source without national numbers.
    Foreign = 5,
    /// Records of one holder, so that a later batch can supersede or delete them.
    Record = 6,
}

/// K1 of a domain, held by its holders: identifier to tag.
#[derive(Clone)]
pub struct HolderKey {
    pub(crate) secret: Secret,
    hash: KeyedHash,
}

/// K2 of a domain and version, held by the TTP: tag to pseudonym.
pub struct TtpKey(OneBlock);

/// K2 of a domain as its rotations left it: the first version, and each that was laid over it.
///
/// A person who arrives after a rotation gets the pseudonym of those who were there before it,
/// because a tag goes the whole way. What a version in between gives never leaves, so one that is
/// compromised may stand there.
pub struct RotatedKey {
    first: TtpKey,
    later: Vec<TtpKey>,
}

/// Stage 2 as the TTP runs it, whichever of the two modes a domain has: the keyed hash of a tag (mode
/// A, [`RotatedKey`]) or the oblivious function of a blinded one (mode B, `ObliviousKey`).
pub trait StageTwo {
    /// What a holder sends for one person.
    type Asked;
    /// What goes back for all of them.
    type Answer;

    /// Answers in the order of what was asked; all of it or nothing.
    fn answer(&self, asked: &[Self::Asked]) -> Result<Self::Answer, KeyError>;
}

/// K3 of a domain, held by the HDA: pseudonym to research id.
pub struct HdaKey(OneBlock);

impl HolderKey {
    /// A new key, as a custodian makes it.
    pub fn random() -> Result<Self, KeyError> {
        Secret::random().map(Self::from_secret)
    }

    pub(crate) fn from_secret(secret: Secret) -> Self {
        Self { hash: KeyedHash::new(secret.expose()), secret }
    }

    /// Stage 1. The identifier is given in its canonical form, of at most 255 bytes.
    #[must_use]
    pub fn tag(&self, id_type: IdType, canonical: &[u8]) -> HolderTag {
        // A longer identifier would lose its length byte; its type refuses that when it is parsed.
        let len = u8::try_from(canonical.len()).unwrap_or(u8::MAX);
        HolderTag::new(self.hash.of([0x01, id_type as u8, len], canonical))
    }

    /// By how many days the dates of a person are moved, from `-most` to `most`: the same in every
    /// batch of the domain, and unknown to whoever lacks the key.
    #[must_use]
    pub fn date_shift(&self, id_type: IdType, canonical: &[u8], most: u16) -> i32 {
        let len = u8::try_from(canonical.len()).unwrap_or(u8::MAX);
        let hash = self.hash.of([0x12, id_type as u8, len], canonical);
        let number = hash[..4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let days = number % (2 * u32::from(most) + 1);
        i32::try_from(days).unwrap_or_default() - i32::from(most)
    }
}

impl TtpKey {
    /// The key of a domain and version.
    #[must_use]
    pub fn derive(root: &Root, seed: &Seed, domain: DomainId, version: u32) -> Self {
        Self(OneBlock::new(derived(root, seed, "HDABE-PSN-v1/k2", domain, version).expose()))
    }

    /// Stage 2.
    #[must_use]
    pub fn pseudonym(&self, tag: &HolderTag) -> Pseudonym {
        Pseudonym::new(self.0.of(0x02, tag.as_bytes()))
    }

    /// Lays this key over a pseudonym: of the version before, when the key of a domain is rotated,
    /// or of another domain, when a table gets pseudonyms of a domain of its own. Who was linkable
    /// stays so and no identifier is needed; without this key nothing leads from one to the other.
    #[must_use]
    pub fn rotate(&self, pseudonym: &Pseudonym) -> Pseudonym {
        Pseudonym::new(self.0.of(0x03, pseudonym.as_bytes()))
    }

    fn pseudonyms(&self, tags: &[HolderTag]) -> Vec<Pseudonym> {
        let hashes = self.0.of_each(0x02, tags.iter().map(HolderTag::as_bytes));
        hashes.into_iter().map(Pseudonym::new).collect()
    }

    fn rotate_all(&self, pseudonyms: &[Pseudonym]) -> Vec<Pseudonym> {
        let hashes = self.0.of_each(0x03, pseudonyms.iter().map(Pseudonym::as_bytes));
        hashes.into_iter().map(Pseudonym::new).collect()
    }
}

impl RotatedKey {
    /// A key of these versions, from the first to the one in use.
    #[must_use]
    pub fn new(first: TtpKey, later: Vec<TtpKey>) -> Self {
        Self { first, later }
    }

    /// Stage 2, and each rotation since.
    #[must_use]
    pub fn pseudonym(&self, tag: &HolderTag) -> Pseudonym {
        self.rotated(self.first.pseudonym(tag))
    }

    /// Lays this key, and each rotation since, over a pseudonym of another domain.
    #[must_use]
    pub fn lay_over(&self, pseudonym: &Pseudonym) -> Pseudonym {
        self.rotated(self.first.rotate(pseudonym))
    }

    fn rotated(&self, pseudonym: Pseudonym) -> Pseudonym {
        self.later.iter().fold(pseudonym, |pseudonym, key| key.rotate(&pseudonym))
    }
}

impl StageTwo for RotatedKey {
    type Asked = HolderTag;
    type Answer = Vec<Pseudonym>;

    fn answer(&self, asked: &[HolderTag]) -> Result<Vec<Pseudonym>, KeyError> {
        let first = self.first.pseudonyms(asked);
        Ok(self.later.iter().fold(first, |pseudonyms, key| key.rotate_all(&pseudonyms)))
    }
}

impl HdaKey {
    /// The key of a domain and export number.
    #[must_use]
    pub fn derive(root: &Root, seed: &Seed, domain: DomainId, export: u32) -> Self {
        Self(OneBlock::new(derived(root, seed, "HDABE-PSN-v1/k3", domain, export).expose()))
    }

    /// Stage 3.
    #[must_use]
    pub fn research_id(&self, pseudonym: &Pseudonym) -> ResearchId {
        half(self.0.of(0x04, pseudonym.as_bytes()))
    }

    /// Stage 3 of mode B, from what the oblivious function gave for a tag.
    #[cfg(feature = "oblivious")]
    #[must_use]
    pub fn research_id_of_oblivious(
        &self,
        output: &crate::oblivious::ObliviousOutput,
    ) -> ResearchId {
        half(self.0.of(0x05, output.as_bytes()))
    }
}

fn half(hash: [u8; 32]) -> ResearchId {
    let mut half = [0; ResearchId::LEN];
    half.copy_from_slice(&hash[..ResearchId::LEN]);
    ResearchId::new(half)
}

/// HKDF-SHA-256 with the seed as salt, the root as input, and what, domain and version as info.
pub(crate) fn derived(
    root: &Root,
    seed: &Seed,
    label: &str,
    domain: DomainId,
    version: u32,
) -> Secret {
    let version = version.to_be_bytes();
    let info = [label.as_bytes(), &[0], domain.as_bytes(), &version];
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, seed.0.expose()).extract(root.0.expose());
    let mut bytes = [0; 32];
    let expanded = extracted.expand(&info, hkdf::HKDF_SHA256);
    #[expect(clippy::expect_used, reason = "one block of HKDF output always fits (RFC 5869)")]
    expanded.and_then(|okm| okm.fill(&mut bytes)).expect("32 bytes of HKDF-SHA-256");
    Secret::new(bytes)
}

hidden!(HolderKey, TtpKey, RotatedKey, HdaKey);

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(first: u8) -> Secret {
        Secret::new(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
    }

    fn domain() -> DomainId {
        "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
    }

    #[test]
    fn another_type_domain_or_version_gives_another_value() {
        let k1 = HolderKey::from_secret(bytes(0));
        let tag = k1.tag(IdType::Inss, b"93051822361");
        assert_ne!(tag, k1.tag(IdType::Foreign, b"93051822361"));
        let other_domain = "00112233-4455-6677-8899-aabbccddee00".parse().unwrap();
        let pseudonym = |domain, version| {
            TtpKey::derive(&Root(bytes(0x20)), &Seed(bytes(0x40)), domain, version).pseudonym(&tag)
        };
        assert_ne!(pseudonym(domain(), 1), pseudonym(domain(), 2));
        assert_ne!(pseudonym(domain(), 1), pseudonym(other_domain, 1));
    }

    fn key(seed: u8, version: u32) -> TtpKey {
        TtpKey::derive(&Root(bytes(0x20)), &Seed(bytes(seed)), domain(), version)
    }

    #[test]
    fn who_comes_after_a_rotation_meets_who_was_there_before() {
        let tag = HolderKey::from_secret(bytes(0)).tag(IdType::Inss, b"93051822361");
        let (first, second, third) = (0x40, 0xa0, 0xc0);
        let kept = key(second, 2).rotate(&key(first, 1).pseudonym(&tag));
        let arrived = RotatedKey::new(key(first, 1), vec![key(second, 2)]).pseudonym(&tag);
        assert!(kept == arrived);
        let again = RotatedKey::new(key(first, 1), vec![key(second, 2), key(third, 3)]);
        assert!(key(third, 3).rotate(&kept) == again.pseudonym(&tag));
        let permit = RotatedKey::new(key(second, 2), vec![key(third, 3)]);
        let laid_over = key(third, 3).rotate(&key(second, 2).rotate(&kept));
        assert!(permit.lay_over(&kept) == laid_over);
        assert!(
            RotatedKey::new(key(first, 1), vec![]).pseudonym(&tag) == key(first, 1).pseudonym(&tag)
        );
    }

    #[test]
    fn many_tags_are_answered_as_each_of_them() {
        let tags: Vec<_> = (0..27).map(|number| HolderTag::new([number; 32])).collect();
        let once = RotatedKey::new(key(0x40, 1), vec![]);
        let twice = RotatedKey::new(key(0x40, 1), vec![key(0xa0, 2), key(0xc0, 3)]);
        for key in [once, twice] {
            let each: Vec<_> = tags.iter().map(|tag| key.pseudonym(tag)).collect();
            assert!(key.answer(&tags).unwrap() == each);
        }
    }

    #[test]
    fn a_rotation_is_no_stage_2_and_needs_its_very_key() {
        let bytes = [7; 32];
        let key = key(0x40, 1);
        let (pseudonym, rotated) =
            (key.pseudonym(&HolderTag::new(bytes)), key.rotate(&Pseudonym::new(bytes)));
        assert!(pseudonym != rotated);
        assert!(rotated != self::key(0xa0, 2).rotate(&Pseudonym::new(bytes)));
    }

    #[test]
    fn an_identifier_longer_than_a_block_has_a_tag_of_its_own() {
        let key = HolderKey::from_secret(bytes(0));
        let tags: std::collections::BTreeSet<_> =
            (0..=255).map(|len| key.tag(IdType::Record, &vec![b'x'; len])).collect();
        assert_eq!(tags.len(), 256);
    }

    #[test]
    fn no_key_can_be_shown() {
        let (root, seed) = (Root(bytes(0x20)), Seed(bytes(0x40)));
        let shown = format!(
            "{:?} {:?} {:?} {:?} {root:?} {seed:?}",
            HolderKey::from_secret(bytes(0)),
            key(0x40, 1),
            RotatedKey::new(key(0x40, 1), vec![key(0xa0, 2)]),
            HdaKey::derive(&root, &seed, domain(), 1),
        );
        assert_eq!(
            shown,
            "HolderKey(hidden) TtpKey(hidden) RotatedKey(hidden) HdaKey(hidden) Root(hidden) Seed(hidden)"
        );
    }
}
