//! Mode B: the TTP answers for tags that it never sees (RFC 9497, VOPRF over ristretto255-SHA512).
//!
//! ```text
//! holder   element  = r · H(tag)              Blinded          the tag under a blind r
//! TTP      answer   = k · element, proof      ObliviousKey     one proof for at most 65,535 elements
//! holder   y        = Hash(tag, r⁻¹ · answer) Blinded::finish  after the proof holds for the known key
//! ```
//! The TTP learns how many tags there are and nothing of them, not even whether one came before. The
//! holder learns nothing of k, and whether another key than the registered one was used. It does learn
//! y, so that a quota and stage 3 must stand between y and the table. Input is the tag and not the
//! identifier, because then TTP and HDA together still lack K1.
//!
//! Blinds and the nonces of proofs are keyed hashes, not draws: what is asked or answered again comes
//! out byte for byte the same, and no fault of a random number generator gives a key away.

use std::convert::Infallible;

use pipeline_domain::{BatchId, DomainId, HolderTag, PublicKey};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use voprf_ng::{
    BlindedElement, EvaluationElement, Group, Proof, Ristretto255, VoprfClient, VoprfServer,
};

use crate::{
    KeyError, Root, Seed, StageTwo,
    keyed_hash::OneBlock,
    secret::{Secret, hidden},
    stages,
};

/// One blinded tag on its way to the TTP, or the answer to it on the way back; safe to send.
pub type Element = [u8; 32];
/// The proof that the elements were answered with the key that belongs to the public key.
pub type ElementProof = [u8; 64];

/// So many elements share one proof at most (RFC 9497 counts them in two bytes).
pub const MOST_A_PROOF: usize = 65_535;

const LABEL: &str = "HDABE-PSN-v1/kd";

/// What the oblivious function gives for a tag: y, the input of stage 3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObliviousOutput([u8; 32]);

/// The key of a domain and version, held by the TTP.
pub struct ObliviousKey {
    server: VoprfServer<Ristretto255>,
    nonces: OneBlock,
}

/// The blinds of one batch. Each batch has blinds of its own, so that nobody sees a tag come again.
pub struct Blinds(OneBlock);

/// What the holder keeps between its request and the answer.
pub struct Blinded {
    tags: Vec<HolderTag>,
    blinded: Vec<VoprfClient<Ristretto255>>,
}

/// The TTP's answer: an element for each that was asked, in the same order, and a proof for every
/// [`MOST_A_PROOF`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// The answers.
    pub elements: Vec<Element>,
    /// The proofs.
    pub proofs: Vec<ElementProof>,
}

impl ObliviousOutput {
    /// How many bytes it has as a column: the first half of what the function gives.
    pub const LEN: usize = 32;

    /// An output as it came in a payload row.
    #[must_use]
    pub fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes of the output.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl ObliviousKey {
    /// The key of a domain and version: derived as K2 is, then made a key of the group
    /// (`DeriveKeyPair` of RFC 9497, section 3.2.1).
    #[must_use]
    pub fn derive(root: &Root, seed: &Seed, domain: DomainId, version: u32) -> Self {
        let secret = stages::derived(root, seed, LABEL, domain, version);
        Self::from_seed(&secret, LABEL.as_bytes())
    }

    fn from_seed(seed: &Secret, info: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "256 tries would each have to hit zero of 2^252")]
        let server = VoprfServer::new_from_seed(seed.expose(), info).expect("a key of the group");
        // A hash of its own, because the seed is spent on the key.
        let nonces = Secret::new(OneBlock::new(seed.expose()).of(0x31, &[]));
        Self { server, nonces: OneBlock::new(nonces.expose()) }
    }

    /// The key that holders hold the proofs against; it belongs into their register before the first
    /// answer.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey::new(Ristretto255::serialize_elem(self.server.get_public_key()).into())
    }

    /// Answers elements, with one proof for every [`MOST_A_PROOF`] of them. Whoever answers on several
    /// cores hands each a multiple of so many.
    pub fn evaluate(&self, elements: &[Element]) -> Result<Evaluated, KeyError> {
        self.evaluate_by(MOST_A_PROOF, elements)
    }

    fn evaluate_by(&self, most: usize, elements: &[Element]) -> Result<Evaluated, KeyError> {
        let mut evaluated = Evaluated { elements: Vec::new(), proofs: Vec::new() };
        evaluated.elements.reserve(elements.len());
        for chunk in elements.chunks(most) {
            let nonce = Sha256::digest(chunk.as_flattened()).into();
            let mut nonce = Stream { key: &self.nonces, of: nonce, number: 0 };
            self.evaluate_chunk(chunk, &mut nonce, &mut evaluated)?;
        }
        Ok(evaluated)
    }

    fn evaluate_chunk(
        &self,
        chunk: &[Element],
        nonce: &mut impl TryCryptoRng,
        into: &mut Evaluated,
    ) -> Result<(), KeyError> {
        let asked = chunk.iter().map(|element| BlindedElement::deserialize(element));
        let asked = asked.collect::<Result<Vec<_>, _>>().map_err(|_| KeyError::NoElement)?;
        let answer =
            self.server.batch_blind_evaluate(nonce, &asked).map_err(|_| KeyError::NoElement)?;
        into.elements
            .extend(answer.messages.iter().map(|element| Element::from(element.serialize())));
        into.proofs.push(answer.proof.serialize().into());
        Ok(())
    }
}

impl StageTwo for ObliviousKey {
    type Asked = Element;
    type Answer = Evaluated;

    fn answer(&self, asked: &[Element]) -> Result<Evaluated, KeyError> {
        self.evaluate(asked)
    }
}

impl Blinds {
    /// New blinds, for a request whose answer is waited for.
    pub fn draw() -> Result<Self, KeyError> {
        Secret::random().map(|secret| Self(OneBlock::new(secret.expose())))
    }

    /// The blinds of a batch of the holder with this root: the same again after a crash, so that
    /// nothing has to be kept until the answer comes.
    #[must_use]
    pub fn derive(root: &Root, batch: BatchId) -> Self {
        let secret = Secret::new(OneBlock::new(root.0.expose()).of(0x32, batch.as_bytes()));
        Self(OneBlock::new(secret.expose()))
    }
}

impl Blinded {
    /// Blinds tags, under blinds that only the result knows.
    pub fn of(tags: &[HolderTag]) -> Result<(Self, Vec<Element>), KeyError> {
        Self::with(&Blinds::draw()?, tags)
    }

    /// Blinds tags under the blinds of their batch. Beside the state come the elements to send, in
    /// the order of the tags.
    pub fn with(blinds: &Blinds, tags: &[HolderTag]) -> Result<(Self, Vec<Element>), KeyError> {
        let mut blinded = Vec::with_capacity(tags.len());
        let mut elements = Vec::with_capacity(tags.len());
        for tag in tags {
            let mut blind = Stream { key: &blinds.0, of: *tag.as_bytes(), number: 0 };
            let (state, element) = blind_one(tag.as_bytes(), &mut blind)?;
            blinded.push(state);
            elements.push(element);
        }
        Ok((Self { tags: tags.to_vec(), blinded }, elements))
    }

    /// What the function gives for each tag, once every proof holds for the registered key. One wrong
    /// answer refuses them all.
    pub fn finish(
        &self,
        evaluated: &Evaluated,
        public_key: &PublicKey,
    ) -> Result<Vec<ObliviousOutput>, KeyError> {
        self.finish_by(MOST_A_PROOF, evaluated, public_key)
    }

    fn finish_by(
        &self,
        most: usize,
        evaluated: &Evaluated,
        public_key: &PublicKey,
    ) -> Result<Vec<ObliviousOutput>, KeyError> {
        let Evaluated { elements, proofs } = evaluated;
        let proofs_due = self.tags.len().div_ceil(most);
        if elements.len() != self.tags.len() || proofs.len() != proofs_due {
            return Err(KeyError::WrongCount);
        }
        let chunks = self.tags.chunks(most).zip(self.blinded.chunks(most));
        let mut outputs = Vec::with_capacity(self.tags.len());
        for ((tags, blinded), (elements, proof)) in chunks.zip(elements.chunks(most).zip(proofs)) {
            let tags: Vec<_> = tags.iter().map(HolderTag::as_bytes).collect();
            let whole = finish_chunk(&tags, blinded, elements, proof, public_key)?;
            outputs.extend(whole.iter().map(half));
        }
        Ok(outputs)
    }
}

fn blind_one(
    input: &[u8],
    blind: &mut impl TryCryptoRng,
) -> Result<(VoprfClient<Ristretto255>, Element), KeyError> {
    let blinded = VoprfClient::blind(input, blind).map_err(|_| KeyError::NoElement)?;
    Ok((blinded.state, blinded.message.serialize().into()))
}

fn finish_chunk<Input: AsRef<[u8]>>(
    inputs: &[Input],
    blinded: &[VoprfClient<Ristretto255>],
    elements: &[Element],
    proof: &ElementProof,
    public_key: &PublicKey,
) -> Result<Vec<[u8; 64]>, KeyError> {
    let public_key = Ristretto255::deserialize_elem(public_key.as_bytes())
        .map_err(|_| KeyError::BadPublicKey)?;
    let proof = Proof::deserialize(proof).map_err(|_| KeyError::BadProof)?;
    let answers = elements.iter().map(|element| EvaluationElement::deserialize(element));
    let answers = answers.collect::<Result<Vec<_>, _>>().map_err(|_| KeyError::NoElement)?;
    VoprfClient::batch_finalize(&Part(inputs), &Part(blinded), &answers, &proof, public_key)
        .map_err(|_| KeyError::BadProof)?
        .map(|output| output.map(<[u8; 64]>::from).map_err(|_| KeyError::NoElement))
        .collect()
}

fn half(output: &[u8; 64]) -> ObliviousOutput {
    let mut bytes = [0; ObliviousOutput::LEN];
    bytes.copy_from_slice(&output[..ObliviousOutput::LEN]);
    ObliviousOutput(bytes)
}

/// A part of a vector, in the shape that the crate takes: what has a size and can be walked by reference.
struct Part<'a, T>(&'a [T]);

impl<'a, T> IntoIterator for &'a Part<'_, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The scalars of one value under a key: as unforeseeable as draws for whoever lacks the key, and the
/// same whenever they are asked for.
struct Stream<'a> {
    key: &'a OneBlock,
    of: [u8; 32],
    number: u64,
}

impl TryRng for Stream<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            let mut message = [0; 40];
            message[..32].copy_from_slice(&self.of);
            message[32..].copy_from_slice(&self.number.to_be_bytes());
            chunk.copy_from_slice(&self.key.of(0x30, &message)[..chunk.len()]);
            self.number += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Stream<'_> {}

hidden!(ObliviousOutput, ObliviousKey, Blinds, Blinded);

#[cfg(test)]
mod tests;
