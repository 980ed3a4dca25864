//! The functions alone, on one thread, over values in memory.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use pipeline_domain::{HolderTag, RowToken};
use pipeline_keys::{
    PayloadRoot, Root, RotatedKey, RowKey, SealedPlace, Seed, StageTwo, TtpKey,
    oblivious::{Blinded, ObliviousKey},
};
use sha2::Sha256;

use crate::{
    house::{K2, batch, bytes, domain, id_rows},
    measure::{Cost, Rounds},
};

/// What a loop over some values took.
pub(crate) struct LoopFigure {
    pub(crate) what: &'static str,
    pub(crate) values: u64,
    pub(crate) cost: Cost,
}

impl LoopFigure {
    /// Nanoseconds of the processor a value.
    pub(crate) fn each_cpu(&self) -> f64 {
        self.cost.each(self.values).cpu
    }
}

pub(crate) const BARE: &str = "bare loop of the crate hmac";
pub(crate) const EVALUATE: &str = "mode B, TTP: evaluate, with proof";

/// The rows of one person, padded, in bytes.
const SEALED: usize = 256;

/// The hash of stage 2 by the crate alone, its key taken in.
pub(crate) struct BareHash(Hmac<Sha256>);

impl BareHash {
    pub(crate) fn new() -> Self {
        Self(Hmac::new_from_slice(&bytes(K2)).unwrap())
    }

    pub(crate) fn of(&self, tag: &HolderTag) -> [u8; 32] {
        let mut hash = self.0.clone();
        hash.update(&[0x02]);
        hash.update(tag.as_bytes());
        hash.finalize().into_bytes().into()
    }
}

/// Stage 2, by the bare crate and by ours.
pub(crate) fn stage_two(values: u64, rounds: Rounds) -> Vec<LoopFigure> {
    let tags = tags(values);
    let (bare, ours) = (BareHash::new(), RotatedKey::new(any_key(), Vec::new()));
    let by_crate = rounds.best(|| {
        for tag in &tags {
            black_box(bare.of(tag));
        }
    });
    let by_ours = rounds.best(|| {
        black_box(ours.answer(&tags).unwrap());
    });
    vec![
        LoopFigure { what: BARE, values, cost: by_crate },
        LoopFigure { what: "stage 2 of pipeline-keys", values, cost: by_ours },
    ]
}

/// What sealing costs each party, beside the packing of rows.
pub(crate) fn sealing(values: u64, rounds: Rounds) -> Vec<LoopFigure> {
    let tokens: Vec<RowToken> =
        id_rows(0, values, values).into_iter().map(|(token, _)| token).collect();
    let root = PayloadRoot::draw().unwrap();
    let seal = |(number, token)| seal_one(&root, number, token);
    let sealed: Vec<(RowKey, Vec<u8>)> = (0..).zip(&tokens).map(seal).collect();
    let keys = rounds.best(|| {
        for token in &tokens {
            black_box(root.row_key(token));
        }
    });
    let sealing = rounds.best(|| {
        for of in (0..).zip(&tokens) {
            black_box(seal(of));
        }
    });
    let opening = rounds.best(|| {
        for (number, (token, (key, rows))) in (0..).zip(tokens.iter().zip(&sealed)) {
            black_box(key.open(&place(number), token, rows.clone()).unwrap());
        }
    });
    vec![
        LoopFigure { what: "TTP: row key", values, cost: keys },
        LoopFigure { what: "holder: row key, 256 bytes sealed", values, cost: sealing },
        LoopFigure { what: "HDA: 256 bytes opened", values, cost: opening },
    ]
}

/// The two sides of mode B.
pub(crate) fn oblivious(values: u64, rounds: Rounds) -> Vec<LoopFigure> {
    let tags = tags(values);
    let (root, seed) = (Root::random().unwrap(), Seed::random().unwrap());
    let key = ObliviousKey::derive(&root, &seed, domain(), 1);
    let public_key = key.public_key();
    let (blinded, elements) = Blinded::of(&tags).unwrap();
    let evaluated = key.evaluate(&elements).unwrap();
    let blind = rounds.best(|| {
        black_box(Blinded::of(&tags).unwrap());
    });
    let evaluate = rounds.best(|| {
        black_box(key.evaluate(&elements).unwrap());
    });
    let finish = rounds.best(|| {
        black_box(blinded.finish(&evaluated, &public_key).unwrap());
    });
    vec![
        LoopFigure { what: "mode B, holder: blind", values, cost: blind },
        LoopFigure { what: EVALUATE, values, cost: evaluate },
        LoopFigure { what: "mode B, holder: check and finalise", values, cost: finish },
    ]
}

fn tags(values: u64) -> Vec<HolderTag> {
    id_rows(0, values, values).into_iter().map(|(_, tag)| tag).collect()
}

fn any_key() -> TtpKey {
    TtpKey::derive(&Root::random().unwrap(), &Seed::random().unwrap(), domain(), 1)
}

fn seal_one(root: &PayloadRoot, number: u64, token: &RowToken) -> (RowKey, Vec<u8>) {
    let key = root.row_key(token);
    let sealed = key.seal(&place(number), token, vec![0; SEALED]).unwrap();
    (key, sealed)
}

fn place(number: u64) -> SealedPlace {
    SealedPlace { batch: batch(1), view: 0, number }
}
