//! The answers of what is measured, held against the bare hash. No time is looked at.

use pipeline_domain::BatchId;
use pipeline_keys::PayloadRoot;

use crate::{
    batches,
    functions::{self, BareHash},
    house::{House, bytes, id_rows},
    measure::Rounds,
    report::Report,
};

/// What the worked example of the protocol says of its two persons.
const PSEUDONYMS: [&str; 2] = [
    "86d2cbd8381fe7720151f2e6cf7edea17db46b0f33a5f578d52ef3e96750bcf5",
    "4f22cb2b400d15c70ee14ccbff88813355528af9e5d51db0b0a137269d9cfdcd",
];
const PERSONS: u64 = 1500;

/// Holds what batches answer against the bare hash, and measures a little of everything.
pub(crate) fn hold() {
    let mut house = House::of(PERSONS);
    let root = PayloadRoot::draw().unwrap();
    for sealed in [None, Some(&root)] {
        let batch = house.send(sealed);
        assert_eq!(house.pass().answered, 1);
        hold_batch(&house, batch, sealed);
    }
    let rounds = Rounds(1);
    let loops = [
        functions::stage_two(PERSONS, rounds),
        functions::sealing(PERSONS, rounds),
        functions::oblivious(8, rounds),
    ];
    let report = Report {
        persons: PERSONS,
        batches: batches::figures(PERSONS, rounds),
        loops: loops.into_iter().flatten().collect(),
        elsewhere: Vec::new(),
    };
    let told = report.to_string();
    assert_eq!(told.matches("(aim").count(), 3, "{told}");
}

/// Every row of the holder, and nothing else, with what the bare hash gives for its tag.
fn hold_batch(house: &House, batch: BatchId, root: Option<&PayloadRoot>) {
    let bare = BareHash::new();
    let rows = id_rows(0, house.rows(), house.rows());
    let want: Vec<_> = rows
        .iter()
        .map(|(token, tag)| {
            let key = root.map(|root| *root.row_key(token).to_column());
            (*token.as_bytes(), bare.of(tag), key)
        })
        .collect();
    let found = house.linked(batch);
    assert!(found == want, "link rows differ from the bare hash");
    for (row, known) in found.iter().zip(PSEUDONYMS) {
        assert!(row.1 == bytes(known), "link rows differ from the worked example");
    }
}
