//! The published values, each through the code that the line runs and, where there is one, through a
//! second implementation. A vector names its source.

use hex::{decode as unhex, encode as hex};
use hmac::{Hmac, KeyInit, Mac};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::{AesGcm128, AesGcm256},
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    setup_receiver, single_shot_open, single_shot_seal_with_rng,
};
use pipeline_domain::DomainId;
use ring::{aead, hkdf, hmac as ring_hmac, signature};
use sha2::Sha256;

use crate::{
    HdaKey, HolderKey, IdType, Root, Seed, TtpKey, keyed_hash::KeyedHash, party::signing_pair,
    secret::Secret, stages::derived,
};

fn bytes(first: u8) -> Secret {
    Secret::new(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
}

fn domain() -> DomainId {
    "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key)
        .unwrap()
        .chain_update(message)
        .finalize()
        .into_bytes()
        .to_vec()
}

/// RFC 4231, test cases 1 to 7; the fifth gives the first 128 bits alone.
#[test]
fn hmac_gives_the_published_values() {
    let counted: Vec<u8> = (1..=25).collect();
    let cases: [(&[u8], &[u8], &str); 7] = [
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (&counted, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
        (&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        (&[0xaa; 131], b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.", "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ];
    for (number, (key, message, want)) in (1..).zip(cases) {
        let shown = |hash: &[u8]| hex(hash)[..want.len()].to_owned();
        assert_eq!(shown(&hmac(key, message)), want, "case {number}, hmac");
        let by_ring = ring_hmac::sign(&ring_hmac::Key::new(ring_hmac::HMAC_SHA256, key), message);
        assert_eq!(shown(by_ring.as_ref()), want, "case {number}, ring");
        // A key below the block is one with zeros behind it, so that ours can stand in for it.
        if key.len() <= 32 {
            let mut padded = [0; 32];
            padded[..key.len()].copy_from_slice(key);
            let (head, value) = message.split_at(3);
            let ours = KeyedHash::new(&padded).of(head.try_into().unwrap(), value);
            assert_eq!(shown(&ours), want, "case {number}, the stages' own");
        }
    }
}

/// RFC 5869, section 2, over the crate `hmac`.
fn hkdf_by_hmac(salt: &[u8], input: &[u8], info: &[u8], len: usize) -> Vec<u8> {
    let extracted = hmac(salt, input);
    let (mut out, mut block) = (Vec::new(), Vec::new());
    for number in 1.. {
        if out.len() >= len {
            break;
        }
        block = hmac(&extracted, &[&block[..], info, &[number]].concat());
        out.extend_from_slice(&block);
    }
    out.truncate(len);
    out
}

struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

fn hkdf_by_ring(salt: &[u8], input: &[u8], info: &[&[u8]], len: usize) -> Vec<u8> {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(input);
    expand(&extracted, info, len)
}

fn expand(extracted: &hkdf::Prk, info: &[&[u8]], len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    extracted.expand(info, Len(len)).unwrap().fill(&mut out).unwrap();
    out
}

/// RFC 5869, test cases A.1 to A.3.
#[test]
fn hkdf_gives_the_published_values() {
    let range = |first: u8, last: u8| (first..=last).collect::<Vec<u8>>();
    let cases = [
        (
            (range(0x00, 0x0c), vec![0x0b; 22], range(0xf0, 0xf9)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            (range(0x60, 0xaf), range(0x00, 0x4f), range(0xb0, 0xff)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            (vec![], vec![0x0b; 22], vec![]),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for ((salt, input, info), want) in cases {
        let len = want.len() / 2;
        assert_eq!(hex(hkdf_by_ring(&salt, &input, &[&info], len)), want);
        assert_eq!(hex(hkdf_by_hmac(&salt, &input, &info, len)), want);
    }
}

/// RFC 8032, section 7.1: tests 1, 2 and 3, and the one of SHA(abc).
#[test]
fn signatures_are_the_published_ones() {
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    for (seed, public, message, want) in cases {
        let pair = signing_pair(&Secret::new(unhex(seed).unwrap().try_into().unwrap()));
        let message = unhex(message).unwrap();
        assert_eq!(hex(signature::KeyPair::public_key(&pair)), public);
        assert_eq!(hex(pair.sign(&message)), want);
        let key = signature::UnparsedPublicKey::new(&signature::ED25519, unhex(public).unwrap());
        assert!(key.verify(&message, &unhex(want).unwrap()).is_ok());
        assert!(key.verify(b"another message", &unhex(want).unwrap()).is_err());
    }
}

/// "Randomness" that gives the bytes a vector was made with.
struct Given(Vec<u8>);

impl rand_core::TryRng for Given {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Given {}

const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const PLAINTEXT: &str = "4265617574792069732074727574682c20747275746820626561757479";
const ENCAPSULATED: &str = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";

/// RFC 9180, A.1.1: base mode of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. Ours differs
/// in the last, AES-256-GCM, for which the RFC has no vector with this curve.
#[test]
fn sealing_to_a_party_gives_the_published_values() {
    let ephemeral =
        unhex("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234").unwrap();
    let recipient =
        unhex("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037").unwrap();
    let (private, public) = X25519HkdfSha256::derive_keypair(&recipient);
    // The RFC writes 46..c8; the crate keeps the scalar as X25519 uses it (RFC 7748, section 5).
    assert_eq!(
        hex(private.to_bytes()),
        "4012c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8a48"
    );
    assert_eq!(
        hex(public.to_bytes()),
        "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
    );

    let (info, plaintext) = (unhex(INFO).unwrap(), unhex(PLAINTEXT).unwrap());
    let sealed = [
        (
            "436f756e742d30",
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
        ),
        (
            "436f756e742d31",
            "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84",
        ),
        (
            "436f756e742d32",
            "498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb72516491588d96a19ad4a683518973dcc180",
        ),
    ];
    let (encapsulated, first) =
        single_shot_seal_with_rng::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            &info,
            &plaintext,
            &unhex(sealed[0].0).unwrap(),
            &mut Given(ephemeral.clone()),
        )
        .unwrap();
    assert_eq!(hex(encapsulated.to_bytes()), ENCAPSULATED);
    assert_eq!(hex(first), sealed[0].1);
    let mut receiver = setup_receiver::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapsulated,
        &info,
    )
    .unwrap();
    for (additional, sealed) in sealed {
        let opened = receiver.open(&unhex(sealed).unwrap(), &unhex(additional).unwrap()).unwrap();
        assert_eq!(hex(opened), PLAINTEXT);
    }

    // The same secret between the two, with the AEAD that we use, by `ring` and by `hpke`.
    let shared = unhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc").unwrap();
    assert_eq!(
        hex(seal_by_ring(&aead::AES_128_GCM, 1, &shared, &unhex(sealed[0].0).unwrap())),
        sealed[0].1
    );
    let ours = seal_by_ring(&aead::AES_256_GCM, 2, &shared, b"hospital");
    let (encapsulated, by_hpke) =
        single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            &info,
            &plaintext,
            b"hospital",
            &mut Given(ephemeral),
        )
        .unwrap();
    assert_eq!(hex(&by_hpke), hex(&ours));
    let opened = single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapsulated,
        &info,
        &ours,
        b"hospital",
    )
    .unwrap();
    assert_eq!(hex(opened), PLAINTEXT);
    let at_a_point =
        <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&unhex(ENCAPSULATED).unwrap()).unwrap();
    assert!(
        single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &at_a_point,
            b"another use",
            &ours,
            b"hospital",
        )
        .is_err()
    );
}

/// RFC 9180, sections 5.1 and 5.2, over `ring`: the key schedule and the first message.
fn seal_by_ring(
    algorithm: &'static aead::Algorithm,
    id: u8,
    shared: &[u8],
    additional: &[u8],
) -> Vec<u8> {
    let suite = [&b"HPKE"[..], &[0x00, 0x20], &[0x00, 0x01], &[0x00, id]].concat();
    let extract = |salt: &[u8], label: &[u8], input: &[u8]| {
        let labelled = [b"HPKE-v1", &suite[..], label, input].concat();
        hmac(salt, &labelled)
    };
    let context = [
        vec![0],
        extract(&[], b"psk_id_hash", &[]),
        extract(&[], b"info_hash", &unhex(INFO).unwrap()),
    ];
    let context = context.concat();
    let secret = extract(shared, b"secret", &[]);
    let expand_to = |label: &[u8], len: usize| {
        let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret);
        let len_bytes = u16::try_from(len).unwrap().to_be_bytes();
        expand(&prk, &[&len_bytes, b"HPKE-v1", &suite, label, &context], len)
    };
    let key = aead::UnboundKey::new(algorithm, &expand_to(b"key", algorithm.key_len())).unwrap();
    let nonce = aead::Nonce::try_assume_unique_for_key(&expand_to(b"base_nonce", 12)).unwrap();
    let mut sealed = unhex(PLAINTEXT).unwrap();
    aead::LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, aead::Aad::from(additional), &mut sealed)
        .unwrap();
    sealed
}

/// RFC 9106, section 5.3: Argon2id, with the secret and the associated data that we do without.
#[test]
fn argon2id_gives_the_published_value() {
    let mut parameters = argon2::ParamsBuilder::new();
    parameters.m_cost(32).t_cost(3).p_cost(4).data(argon2::AssociatedData::new(&[4; 12]).unwrap());
    let argon2 = argon2::Argon2::new_with_secret(
        &[3; 8],
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        parameters.build().unwrap(),
    )
    .unwrap();
    let mut out = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut out).unwrap();
    assert_eq!(hex(out), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

/// The chain of the protocol "HDABE-PSN v1": K1 = 00..1f, root of the TTP = 20..3f, its seeds =
/// 40..5f and a0..bf, root of the HDA = 60..7f, its seed = 80..9f; computed independently in Python.
#[test]
fn the_own_chain_gives_the_written_values() {
    let k1 = HolderKey::from_secret(bytes(0x00));
    let k2 = TtpKey::derive(&Root(bytes(0x20)), &Seed(bytes(0x40)), domain(), 1);
    let next = TtpKey::derive(&Root(bytes(0x20)), &Seed(bytes(0xa0)), domain(), 2);
    let k3 = HdaKey::derive(&Root(bytes(0x60)), &Seed(bytes(0x80)), domain(), 1);
    let cases = [
        (
            "93051822361",
            Some("17a2e3d362a4638a35454689dae485a89bc44be856af67ab66ecf0aa6c0870a4"),
            "86d2cbd8381fe7720151f2e6cf7edea17db46b0f33a5f578d52ef3e96750bcf5",
            Some("6eed40ab8f8a321448448cf94faed834506bdc212c8c6c64116f6c73e5bb9235"),
            "954bbdd9df0d6865d298826d2dac9c3a",
        ),
        (
            "00010100105",
            Some("60e1fa8e3449c3f46426b893a45cbc21522a9be1fa7660fb947c1a9a77b97f55"),
            "4f22cb2b400d15c70ee14ccbff88813355528af9e5d51db0b0a137269d9cfdcd",
            Some("3c54b9bf78f96d1541068bc7b177bf382dc98996635b39340c8dae2b953b0d22"),
            "06ee458b4e7a1a5d9546629ac9baf1f4",
        ),
        (
            "85473003317",
            None,
            "c6b97026ccfa1ae7d082b156c25520925a21e4cefc635c67d2614ad0363b4311",
            None,
            "48e688c86d6c14e9b0464c0401467b94",
        ),
        (
            "85273003371",
            None,
            "cdf5a64c45fb40bc6c53b41e70a11e22c67c1f4ec6d1890d856c3165ff4a7478",
            None,
            "fb9ae2fa66575f25a36ebda080cff7ab",
        ),
    ];
    for (inss, tag, pseudonym, rotated, research_id) in cases {
        let made = k1.tag(IdType::Inss, inss.as_bytes());
        if let Some(tag) = tag {
            assert_eq!(hex(made.as_bytes()), tag);
        }
        let made = k2.pseudonym(&made);
        assert_eq!(hex(made.as_bytes()), pseudonym);
        if let Some(rotated) = rotated {
            assert_eq!(hex(next.rotate(&made).as_bytes()), rotated);
        }
        assert_eq!(hex(k3.research_id(&made).as_bytes()), research_id);
    }
}

/// The same chain by other hands: HMAC by `ring`, HKDF by `hmac`.
#[test]
fn the_own_chain_is_the_same_by_a_second_implementation() {
    let sign = |key: &[u8], message: &[u8]| -> Vec<u8> {
        ring_hmac::sign(&ring_hmac::Key::new(ring_hmac::HMAC_SHA256, key), message)
            .as_ref()
            .to_vec()
    };
    let derive = |root: u8, seed: u8, label: &[u8], version: u32| {
        let info = [label, &[0], domain().as_bytes(), &version.to_be_bytes()].concat();
        hkdf_by_hmac(bytes(seed).expose(), bytes(root).expose(), &info, 32)
    };
    let inss = b"93051822361";
    let tag = sign(bytes(0).expose(), &[&[0x01, 0x01, 11], &inss[..]].concat());
    let pseudonym = sign(&derive(0x20, 0x40, b"HDABE-PSN-v1/k2", 1), &[&[0x02], &tag[..]].concat());
    let rotated =
        sign(&derive(0x20, 0xa0, b"HDABE-PSN-v1/k2", 2), &[&[0x03], &pseudonym[..]].concat());
    let research_id =
        sign(&derive(0x60, 0x80, b"HDABE-PSN-v1/k3", 1), &[&[0x04], &pseudonym[..]].concat());
    assert_eq!(hex(rotated), "6eed40ab8f8a321448448cf94faed834506bdc212c8c6c64116f6c73e5bb9235");
    assert_eq!(hex(&research_id[..16]), "954bbdd9df0d6865d298826d2dac9c3a");
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
