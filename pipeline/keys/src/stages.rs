//! The three functions. Each key holds its keyed hash ready made, so hashing a row cannot fail.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use pipeline_domain::{DomainId, HolderTag, Pseudonym, ResearchId};
use ring::hkdf;
use sha2::Sha256;

use crate::{KeyError, Root, Seed, secret::Secret};

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
    hash: Hmac<Sha256>,
}

/// K2 of a domain, held by the TTP: tag to pseudonym.
pub struct TtpKey(Hmac<Sha256>);

/// K3 of a domain, held by the HDA: pseudonym to research id.
pub struct HdaKey(Hmac<Sha256>);

impl HolderKey {
    /// A new key, as a custodian makes it.
    pub fn random() -> Result<Self, KeyError> {
        Secret::random().map(Self::from_secret)
    }

    pub(crate) fn from_secret(secret: Secret) -> Self {
        Self { hash: keyed(secret.expose()), secret }
    }

    /// Stage 1. The identifier is given in its canonical form, of at most 255 bytes.
    #[must_use]
    pub fn tag(&self, id_type: IdType, canonical: &[u8]) -> HolderTag {
        // A longer identifier would lose its length byte; its type refuses that when it is parsed.
        let len = u8::try_from(canonical.len()).unwrap_or(u8::MAX);
        let hash = self.hash.clone().chain_update([0x01, id_type as u8, len]);
        HolderTag::new(hash.chain_update(canonical).finalize().into_bytes().into())
    }
}

impl HolderKey {
    /// By how many days the dates of a person are moved, from `-most` to `most`: the same in every
    /// batch of the domain, and unknown to whoever lacks the key.
    #[must_use]
    pub fn date_shift(&self, id_type: IdType, canonical: &[u8], most: u16) -> i32 {
        let len = u8::try_from(canonical.len()).unwrap_or(u8::MAX);
        let hash = self.hash.clone().chain_update([0x12, id_type as u8, len]);
        let hash: [u8; 32] = hash.chain_update(canonical).finalize().into_bytes().into();
        let number = hash[..4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let days = number % (2 * u32::from(most) + 1);
        i32::try_from(days).unwrap_or_default() - i32::from(most)
    }
}

impl TtpKey {
    /// The key of a domain and version.
    #[must_use]
    pub fn derive(root: &Root, seed: &Seed, domain: DomainId, version: u32) -> Self {
        Self(keyed(derived(root, seed, "HDABE-PSN-v1/k2", domain, version).expose()))
    }

    /// Stage 2.
    #[must_use]
    pub fn pseudonym(&self, tag: &HolderTag) -> Pseudonym {
        let hash = self.0.clone().chain_update([0x02]).chain_update(tag.as_bytes());
        Pseudonym::new(hash.finalize().into_bytes().into())
    }
}

impl HdaKey {
    /// The key of a domain and export number.
    #[must_use]
    pub fn derive(root: &Root, seed: &Seed, domain: DomainId, export: u32) -> Self {
        Self(keyed(derived(root, seed, "HDABE-PSN-v1/k3", domain, export).expose()))
    }

    /// Stage 3.
    #[must_use]
    pub fn research_id(&self, pseudonym: &Pseudonym) -> ResearchId {
        let hash = self.0.clone().chain_update([0x04]).chain_update(pseudonym.as_bytes());
        let full: [u8; 32] = hash.finalize().into_bytes().into();
        let mut half = [0; ResearchId::LEN];
        half.copy_from_slice(&full[..ResearchId::LEN]);
        ResearchId::new(half)
    }
}

pub(crate) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC takes a key of one block; 32 bytes fill the front of it.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

/// HKDF-SHA-256 with the seed as salt, the root as input, and what, domain and version as info.
fn derived(root: &Root, seed: &Seed, label: &str, domain: DomainId, version: u32) -> Secret {
    let version = version.to_be_bytes();
    let info = [label.as_bytes(), &[0], domain.as_bytes(), &version];
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, seed.0.expose()).extract(root.0.expose());
    let mut bytes = [0; 32];
    let expanded = extracted.expand(&info, hkdf::HKDF_SHA256);
    #[expect(clippy::expect_used, reason = "one block of HKDF output always fits (RFC 5869)")]
    expanded.and_then(|okm| okm.fill(&mut bytes)).expect("32 bytes of HKDF-SHA-256");
    Secret::new(bytes)
}

macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )*};
}

hidden!(HolderKey, TtpKey, HdaKey);

#[cfg(test)]
mod tests {
    use hex::encode as hex;

    use super::*;

    fn bytes(first: u8) -> Secret {
        Secret::new(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
    }

    fn domain() -> DomainId {
        "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
    }

    /// RFC 4231, test cases 1, 2, 6 and 7, through the crate that the stages use.
    #[test]
    fn hmac_gives_the_published_values() {
        let cases: [(Vec<u8>, &[u8], &str); 4] = [
            (vec![0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe".to_vec(), b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (vec![0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            (vec![0xaa; 131], b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.", "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ];
        for (key, message, want) in cases {
            let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(message);
            assert_eq!(hex(mac.finalize().into_bytes()), want);
        }
    }

    /// RFC 5869, test cases A.1 and A.3, through the crate that the derivation uses.
    #[test]
    fn hkdf_gives_the_published_values() {
        struct Len(usize);
        impl hkdf::KeyType for Len {
            fn len(&self) -> usize {
                self.0
            }
        }
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let cases = [
            (
                salt,
                info,
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                vec![],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (salt, info, want) in cases {
            let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&[0x0b; 22]);
            let mut out = [0; 42];
            extracted.expand(&[&info], Len(42)).unwrap().fill(&mut out).unwrap();
            assert_eq!(hex(out), want);
        }
    }

    /// The chain of the protocol "HDABE-PSN v1": K1 = 00..1f, root of the TTP = 20..3f, its seed =
    /// 40..5f, root of the HDA = 60..7f, its seed = 80..9f; computed independently in Python.
    #[test]
    fn the_own_chain_gives_the_written_values() {
        let k1 = HolderKey::from_secret(bytes(0x00));
        let k2 = TtpKey::derive(&Root(bytes(0x20)), &Seed(bytes(0x40)), domain(), 1);
        let k3 = HdaKey::derive(&Root(bytes(0x60)), &Seed(bytes(0x80)), domain(), 1);
        let cases = [
            (
                "93051822361",
                Some("17a2e3d362a4638a35454689dae485a89bc44be856af67ab66ecf0aa6c0870a4"),
                "86d2cbd8381fe7720151f2e6cf7edea17db46b0f33a5f578d52ef3e96750bcf5",
                "954bbdd9df0d6865d298826d2dac9c3a",
            ),
            (
                "00010100105",
                Some("60e1fa8e3449c3f46426b893a45cbc21522a9be1fa7660fb947c1a9a77b97f55"),
                "4f22cb2b400d15c70ee14ccbff88813355528af9e5d51db0b0a137269d9cfdcd",
                "06ee458b4e7a1a5d9546629ac9baf1f4",
            ),
            (
                "85473003317",
                None,
                "c6b97026ccfa1ae7d082b156c25520925a21e4cefc635c67d2614ad0363b4311",
                "48e688c86d6c14e9b0464c0401467b94",
            ),
            (
                "85273003371",
                None,
                "cdf5a64c45fb40bc6c53b41e70a11e22c67c1f4ec6d1890d856c3165ff4a7478",
                "fb9ae2fa66575f25a36ebda080cff7ab",
            ),
        ];
        for (inss, tag, pseudonym, research_id) in cases {
            let made = k1.tag(IdType::Inss, inss.as_bytes());
            if let Some(tag) = tag {
                assert_eq!(hex(made.as_bytes()), tag);
            }
            let made = k2.pseudonym(&made);
            assert_eq!(hex(made.as_bytes()), pseudonym);
            assert_eq!(hex(k3.research_id(&made).as_bytes()), research_id);
        }
    }

    #[test]
    fn the_derived_keys_are_the_written_ones() {
        let cases = [
            (
                "HDABE-PSN-v1/k2",
                0x20,
                0x40,
                1,
                "0dfdefe4f8ad3f7d15722701f41366ff7406fe1daf946b7e7522e6b87216d648",
            ),
            (
                "HDABE-PSN-v1/k2",
                0x20,
                0xa0,
                2,
                "510b48724731f5497f94e44e843c8dce4755b98e9d3e9a2391bf84a274d99a27",
            ),
            (
                "HDABE-PSN-v1/k3",
                0x60,
                0x80,
                1,
                "547340ba0d3f8419a6dc8103a128999539f316b318591217a4fc2fe4ebe3f046",
            ),
        ];
        for (label, root, seed, version, want) in cases {
            let key = derived(&Root(bytes(root)), &Seed(bytes(seed)), label, domain(), version);
            assert_eq!(hex(key.expose()), want, "{label} {version}");
        }
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

    #[test]
    fn no_key_can_be_shown() {
        let (root, seed) = (Root(bytes(0x20)), Seed(bytes(0x40)));
        let shown = format!(
            "{:?} {:?} {:?} {root:?} {seed:?}",
            HolderKey::from_secret(bytes(0)),
            TtpKey::derive(&root, &seed, domain(), 1),
            HdaKey::derive(&root, &seed, domain(), 1),
        );
        assert_eq!(
            shown,
            "HolderKey(hidden) TtpKey(hidden) HdaKey(hidden) Root(hidden) Seed(hidden)"
        );
    }
}
