use hex::encode as hex;
use proptest::prelude::*;

use super::*;
use crate::{HdaKey, HolderKey, IdType, RotatedKey, TtpKey};

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn domain() -> DomainId {
    "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

fn key(seed: u8, version: u32) -> ObliviousKey {
    ObliviousKey::derive(&Root(secret(0x20)), &Seed(secret(seed)), domain(), version)
}

fn tags(bytes: &[u8]) -> Vec<HolderTag> {
    bytes.iter().map(|byte| HolderTag::new([*byte; 32])).collect()
}

/// The function without blinds, as only the owner of the key can compute it.
fn direct(key: &ObliviousKey, tag: &HolderTag) -> ObliviousOutput {
    half(&key.server.evaluate(tag.as_bytes()).unwrap().into())
}

/// Bytes that stand in a vector, in place of draws.
struct Given(Vec<u8>);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("scalars are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("scalars are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl TryCryptoRng for Given {}

const BLIND: &str = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
const SECOND_BLIND: &str = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e";
const THIRD_SCALAR: &str = "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c";
const OUTPUT_OF_00: &str = "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c";
const OUTPUT_OF_5A: &str = "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6";

/// A row of RFC 9497, A.1.2: the inputs; per input its blind, blinded element, evaluated element and
/// output; the scalar of the proof and the proof.
struct Vector {
    inputs: &'static [&'static [u8]],
    rows: &'static [[&'static str; 4]],
    scalar: &'static str,
    proof: &'static str,
}

const VECTORS: [Vector; 3] = [
    Vector {
        inputs: &[&[0x00]],
        rows: &[[
            BLIND,
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            OUTPUT_OF_00,
        ]],
        scalar: SECOND_BLIND,
        proof: "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
    },
    Vector {
        inputs: &[&[0x5a; 17]],
        rows: &[[
            BLIND,
            "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
            "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
            OUTPUT_OF_5A,
        ]],
        scalar: SECOND_BLIND,
        proof: "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
    },
    Vector {
        inputs: &[&[0x00], &[0x5a; 17]],
        rows: &[
            [
                BLIND,
                "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
                "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
                OUTPUT_OF_00,
            ],
            [
                SECOND_BLIND,
                "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
                "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
                OUTPUT_OF_5A,
            ],
        ],
        scalar: THIRD_SCALAR,
        proof: "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
    },
];

/// RFC 9497, A.1.2, through the code that the line runs: the key from seed and info, then blind,
/// evaluate and finish with the scalars of the vector in place of our own.
#[test]
fn the_oblivious_function_gives_the_published_values() {
    let key = ObliviousKey::from_seed(&secret(0xa3), b"test key");
    assert_eq!(
        hex(&key.server.serialize()[..32]),
        "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
    );
    assert_eq!(
        hex(key.public_key().as_bytes()),
        "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"
    );
    for (number, vector) in (1..).zip(VECTORS) {
        let (mut states, mut asked) = (Vec::new(), Vec::new());
        for (input, [blind, blinded, ..]) in vector.inputs.iter().zip(vector.rows) {
            let given = &mut Given(unhex::<32>(blind).to_vec());
            let (state, element) = blind_one(input, given).unwrap();
            assert_eq!(hex(element), *blinded, "vector {number}");
            states.push(state);
            asked.push(element);
        }
        let mut answer = Evaluated { elements: Vec::new(), proofs: Vec::new() };
        let given = &mut Given(unhex::<32>(vector.scalar).to_vec());
        key.evaluate_chunk(&asked, given, &mut answer).unwrap();
        let elements: Vec<_> = answer.elements.iter().map(hex).collect();
        let want: Vec<_> = vector.rows.iter().map(|row| row[2]).collect();
        assert_eq!(elements, want, "vector {number}");
        assert_eq!(hex(answer.proofs[0]), vector.proof, "vector {number}");

        let (elements, proof) = (&answer.elements, &answer.proofs[0]);
        let outputs =
            finish_chunk(vector.inputs, &states, elements, proof, &key.public_key()).unwrap();
        let outputs: Vec<_> = outputs.iter().map(hex).collect();
        let want: Vec<_> = vector.rows.iter().map(|row| row[3]).collect();
        assert_eq!(outputs, want, "vector {number}");
    }
}

#[test]
fn an_output_is_the_first_half_of_what_the_function_gives() {
    let output = half(&unhex(OUTPUT_OF_00));
    assert_eq!(hex(output.as_bytes()), OUTPUT_OF_00[..64]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Whatever the blinds and however many elements share a proof.
    #[test]
    fn blinded_or_not_a_tag_has_one_output(
        tags in prop::collection::vec(any::<[u8; 32]>(), 0..4), blinds in any::<u8>(), most in 1..4_usize,
    ) {
        let tags: Vec<_> = tags.into_iter().map(HolderTag::new).collect();
        let (key, blinds) = (key(0x40, 1), Blinds(OneBlock::new(secret(blinds).expose())));
        let (state, asked) = Blinded::with(&blinds, &tags).unwrap();
        let answer = key.evaluate_by(most, &asked).unwrap();
        let outputs = state.finish_by(most, &answer, &key.public_key()).unwrap();
        let direct: Vec<_> = tags.iter().map(|tag| direct(&key, tag)).collect();
        prop_assert!(outputs == direct);
    }
}

#[test]
fn another_blind_hides_a_tag_anew_and_the_output_is_the_same() {
    let (key, tags) = (key(0x40, 1), tags(&[1, 2]));
    let (one, asked_by_one) = Blinded::of(&tags).unwrap();
    let (other, asked_by_other) = Blinded::of(&tags).unwrap();
    assert!(asked_by_one.iter().all(|element| !asked_by_other.contains(element)));
    let finish = |state: &Blinded, asked: &[Element]| {
        state.finish(&key.answer(asked).unwrap(), &key.public_key()).unwrap()
    };
    assert!(finish(&one, &asked_by_one) == finish(&other, &asked_by_other));
}

#[test]
fn a_batch_is_blinded_the_same_after_a_crash_and_otherwise_than_any_other() {
    let batch = |last: u8| format!("0192f0c1-2345-7abc-8def-0123456789{last:02x}").parse().unwrap();
    let tags = tags(&[1, 2]);
    let asked = |root: u8, last: u8| {
        Blinded::with(&Blinds::derive(&Root(secret(root)), batch(last)), &tags).unwrap().1
    };
    assert_eq!(asked(1, 1), asked(1, 1));
    assert!(asked(1, 1)[0] != asked(1, 1)[1]);
    assert!(asked(1, 1).iter().all(|element| !asked(1, 2).contains(element)));
    assert!(asked(1, 1).iter().all(|element| !asked(2, 1).contains(element)));
}

#[test]
fn the_same_request_has_the_same_answer_byte_for_byte() {
    let (key, (_, asked)) = (key(0x40, 1), Blinded::of(&tags(&[1, 2])).unwrap());
    assert_eq!(key.evaluate(&asked).unwrap(), key.evaluate(&asked).unwrap());
}

/// A proof is c and s = r - c · k: two with one nonce r give k away.
#[test]
fn no_two_proofs_have_the_same_nonce() {
    let (key, (_, asked)) = (key(0x40, 1), Blinded::of(&tags(&[1, 2])).unwrap());
    let requests = [&asked[..], &asked[..1], &asked[1..], &[asked[1], asked[0]]];
    let nonces: std::collections::BTreeSet<_> = requests
        .iter()
        .map(|asked| {
            let proof = key.evaluate(asked).unwrap().proofs[0];
            let scalar = |bytes: &[u8]| Ristretto255::deserialize_scalar(bytes).unwrap();
            let key = scalar(&key.server.serialize()[..32]);
            (scalar(&proof[32..]) + scalar(&proof[..32]) * key).to_bytes()
        })
        .collect();
    assert_eq!(nonces.len(), requests.len());
}

#[test]
fn no_two_tags_of_a_batch_have_the_same_blind() {
    let (state, _) = Blinded::of(&tags(&[1, 2])).unwrap();
    assert!(state.blinded[0].serialize()[..32] != state.blinded[1].serialize()[..32]);
}

/// What somebody between the TTP and the holder, or the TTP itself, may do to an answer.
type Change<'a> = &'a dyn Fn(&mut Evaluated);

#[test]
fn a_wrong_answer_is_refused_whole() {
    let (key, other) = (key(0x40, 1), key(0x41, 1));
    let (state, asked) = Blinded::of(&tags(&[1, 2])).unwrap();
    let right = key.evaluate(&asked).unwrap();
    let by_other = other.evaluate(&asked).unwrap();
    let finish = |answer: &Evaluated| state.finish(answer, &key.public_key());
    finish(&right).unwrap();

    let changed = |change: Change| {
        let mut answer = right.clone();
        change(&mut answer);
        finish(&answer).map(|_| ()).unwrap_err()
    };
    let refused: [(&str, Change); 5] = [
        ("another key, with its own proof", &|answer| *answer = by_other.clone()),
        ("another key, with our proof", &|answer| answer.elements = by_other.elements.clone()),
        ("one element of another key", &|answer| answer.elements[1] = by_other.elements[1]),
        ("two elements swapped", &|answer| answer.elements.swap(0, 1)),
        ("a proof of another key", &|answer| answer.proofs = by_other.proofs.clone()),
    ];
    for (what, change) in refused {
        assert!(matches!(changed(change), KeyError::BadProof), "{what}");
    }
    for at in [0, 31, 32, 63] {
        let flipped = changed(&|answer| answer.proofs[0][at] ^= 1);
        assert!(matches!(flipped, KeyError::BadProof), "byte {at} of the proof");
    }
    let counted: [(&str, Change); 4] = [
        ("an element too few", &|answer| answer.elements.truncate(1)),
        ("an element too many", &|answer| answer.elements.push(asked[0])),
        ("no proof", &|answer| answer.proofs.clear()),
        ("a proof too many", &|answer| answer.proofs.push(right.proofs[0])),
    ];
    for (what, change) in counted {
        assert!(matches!(changed(change), KeyError::WrongCount), "{what}");
    }
    let wrong_key = state.finish(&right, &other.public_key());
    assert!(matches!(wrong_key, Err(KeyError::BadProof)));
    let no_key = state.finish(&right, &PublicKey::new([0xff; 32]));
    assert!(matches!(no_key, Err(KeyError::BadPublicKey)));
}

#[test]
fn what_is_no_point_of_the_group_is_neither_answered_nor_believed() {
    let key = key(0x40, 1);
    let (state, asked) = Blinded::of(&tags(&[1])).unwrap();
    // The point at infinity has every answer for its own, so it would say nothing of a tag.
    for element in [[0; 32], [0xff; 32]] {
        assert!(matches!(key.evaluate(&[asked[0], element]), Err(KeyError::NoElement)));
        let mut answer = key.evaluate(&asked).unwrap();
        answer.elements[0] = element;
        let finished = state.finish(&answer, &key.public_key());
        assert!(matches!(finished, Err(KeyError::NoElement)));
    }
}

#[test]
fn another_seed_or_version_is_another_key() {
    let public = |seed, version| key(seed, version).public_key();
    assert_eq!(public(0x40, 1), public(0x40, 1));
    assert_ne!(public(0x40, 1), public(0x40, 2));
    assert_ne!(public(0x40, 1), public(0x41, 1));
}

#[test]
fn the_two_modes_of_stage_2_and_of_stage_3_lead_to_ids_that_have_nothing_in_common() {
    let (root, seed) = (Root(secret(0x20)), Seed(secret(0x40)));
    let tag = HolderKey::from_secret(secret(0)).tag(IdType::Inss, b"93051822361");
    let hashed = RotatedKey::new(TtpKey::derive(&root, &seed, domain(), 1), Vec::new());
    let pseudonym = hashed.answer(&[tag]).unwrap()[0];
    let output = direct(&key(0x40, 1), &tag);
    assert!(pseudonym.as_bytes() != output.as_bytes());
    let hda = HdaKey::derive(&root, &seed, domain(), 1);
    let as_pseudonym = pipeline_domain::Pseudonym::new(*output.as_bytes());
    assert!(hda.research_id_of_oblivious(&output) != hda.research_id(&as_pseudonym));
}

#[test]
fn no_output_key_or_blind_can_be_shown() {
    let (state, _) = Blinded::of(&tags(&[1])).unwrap();
    let shown = format!(
        "{:?} {:?} {:?} {state:?}",
        direct(&key(0x40, 1), &tags(&[1])[0]),
        key(0x40, 1),
        Blinds::draw().unwrap()
    );
    assert_eq!(
        shown,
        "ObliviousOutput(hidden) ObliviousKey(hidden) Blinds(hidden) Blinded(hidden)"
    );
}
