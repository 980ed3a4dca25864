//! Batches that take back or replace what their holder sent before.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Refusal;

/// A batch of records: who, the id of the record, its code.
#[derive(Debug, Clone)]
struct Sent {
    mode: BatchMode,
    records: Vec<(u8, u8, u8)>,
    removed: Vec<u8>,
}

impl Door {
    /// Delivers both halves. Tokens are the same in every batch, and so are pseudonyms: of a person
    /// 1 to 99, of a record 100 and more.
    fn send(&self, number: usize, sent: &Sent) {
        let batch = id_of(number);
        let columns = vec![ColumnSpec {
            name: "code".to_owned(),
            kind: ColumnKind::Text,
            description: [].into(),
            element: None,
            code_system: None,
        }];
        let payload = format!("{batch}/payload/");
        let persons: Vec<u8> = sent.records.iter().map(|record| record.0).collect();
        let ids: Vec<u8> = sent.records.iter().map(|record| record.1).collect();
        let codes: Vec<String> = sent.records.iter().map(|record| record.2.to_string()).collect();
        let mut rows = vec![bytes(16, &persons), Arc::new(StringArray::from(codes)) as ArrayRef];
        let mut schema = wire::payload_schema(&columns);
        if sent.mode.has_record_ids() {
            let ids = ids.iter().map(|first| Some([*first; 16]));
            let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16).unwrap();
            rows.push(Arc::new(ids));
            schema = wire::with_record_ids(&schema);
        }
        let entry = if persons.is_empty() {
            ParquetSink::create(&self.inbox, &payload, "problem.parquet", schema).unwrap().finish()
        } else {
            Ok(self.write(&payload, "problem.parquet", schema, rows))
        };
        let resource = Some("Condition".to_owned());
        let entry = FileEntry { columns, resource, ..entry.unwrap() };
        let removed = (sent.mode == BatchMode::Increment && !sent.removed.is_empty()).then(|| {
            let rows = vec![bytes(16, &sent.removed)];
            self.write(&payload, wire::REMOVED_FILE, wire::removed_schema(), rows)
        });
        let change =
            |manifest: &mut Manifest| (manifest.mode, manifest.removed) = (sent.mode, removed);
        self.sign_as(&batch, &payload, "hospital", &self.holder, entry, change);

        let link = format!("{batch}/link/");
        let mut tokens: Vec<u8> = [&persons[..], &ids[..], &sent.removed[..]].concat();
        tokens.extend([0, 255]);
        tokens.sort_unstable();
        tokens.dedup();
        let rows = vec![bytes(16, &tokens), bytes(32, &tokens)];
        let entry = self.write(&link, wire::LINK_FILE, wire::link_schema(), rows);
        let change = |manifest: &mut Manifest| manifest.mode = sent.mode;
        self.sign_as(&batch, &link, "ttp", &self.ttp, entry, change);
    }

    /// The codes in the newest version, in order.
    fn codes(&self) -> Vec<u8> {
        let parts = self.newest().map_or(0, |manifest| manifest.parts.len());
        let mut codes = Vec::new();
        for at in 0..parts {
            let part = self.part(at);
            codes.extend(
                part.column(1)
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                    .map(|code| code.parse::<u8>().unwrap()),
            );
        }
        codes.sort_unstable();
        codes
    }
}

fn id_of(number: usize) -> String {
    format!("{}{number:02x}", &BATCH[..BATCH.len() - 2])
}

fn sent(mode: BatchMode, records: &[(u8, u8, u8)], removed: &[u8]) -> Sent {
    Sent { mode, records: records.to_vec(), removed: removed.to_vec() }
}

#[test]
fn records_that_came_again_or_are_no_more_lose_their_earlier_rows() {
    use BatchMode::{Increment, Replace};
    let all = sent(Replace, &[(1, 101, 1), (1, 102, 2), (2, 103, 3), (2, 103, 4)], &[]);
    let cases: [(&str, Sent, &[u8]); 7] = [
        ("nothing", sent(Increment, &[], &[]), &[1, 2, 3, 4]),
        ("a new record", sent(Increment, &[(3, 104, 9)], &[]), &[1, 2, 3, 4, 9]),
        ("one came again", sent(Increment, &[(1, 102, 9)], &[]), &[1, 3, 4, 9]),
        ("with fewer rows", sent(Increment, &[(2, 103, 9)], &[]), &[1, 2, 9]),
        ("it is of somebody else now", sent(Increment, &[(9, 101, 9)], &[]), &[2, 3, 4, 9]),
        ("one is no more", sent(Increment, &[], &[103, 177]), &[1, 2]),
        ("all of them are", sent(Increment, &[], &[101, 102, 103]), &[]),
    ];
    for (what, next, want) in cases {
        // In one pass or in two, it is the same.
        for passes in [1, 2] {
            at_the_door(|door| {
                door.send(1, &all);
                if passes == 2 {
                    assert_eq!(door.pass().refused, []);
                }
                door.send(2, &next);
                assert_eq!(door.pass().refused, [], "{what}");
                assert_eq!(door.codes(), want, "{what}, {passes} passes");
                // It came again: nothing changes, and no version is made.
                let version = door.newest().unwrap().version;
                door.send(2, &next);
                door.pass();
                assert_eq!(door.newest().unwrap().version, version, "{what}");
                let manifest = door.newest().unwrap();
                assert!(manifest.parts.iter().all(|part| part.record_ids));
            });
        }
    }
}

#[test]
fn a_pass_that_died_after_its_versions_is_repeated_without_a_trace() {
    at_the_door(|door| {
        door.send(1, &sent(BatchMode::Replace, &[(1, 101, 1), (1, 102, 2)], &[]));
        door.pass();
        let next = sent(BatchMode::Increment, &[(1, 102, 5)], &[101]);
        door.send(2, &next);
        door.pass();
        // As if it had died before its receipt: the halves are still there.
        door.lake.delete(&format!("_receipts/{}.json", id_of(2))).unwrap();
        door.send(2, &next);
        assert_eq!(door.pass().receipts.len(), 1);
        assert_eq!(door.codes(), [5]);
    });
}

#[test]
fn what_would_mean_something_else_is_refused() {
    use BatchMode::{Append, Increment, Replace};
    let one = |mode, code| sent(mode, &[(1, 101, code)], &[]);
    let out_of_order = "was taken in already";
    let other_mode = "in another mode before";
    let cases = [
        ((1, one(Append, 1)), (2, one(Increment, 2)), Some(other_mode)),
        ((1, one(Replace, 1)), (2, one(Append, 2)), Some(other_mode)),
        ((2, one(Replace, 1)), (1, one(Increment, 2)), Some(out_of_order)),
        ((2, one(Replace, 1)), (1, one(Append, 2)), Some(out_of_order)),
        ((2, one(Append, 1)), (1, one(Replace, 2)), Some(out_of_order)),
        ((2, one(Append, 1)), (1, one(Append, 2)), None),
        ((1, one(Append, 1)), (2, one(Replace, 2)), None),
    ];
    for ((first, before), (second, after), want) in cases {
        at_the_door(|door| {
            door.send(first, &before);
            assert_eq!(door.pass().refused, []);
            door.send(second, &after);
            let reasons: Vec<String> =
                door.pass().refused.into_iter().map(|refused| refused.reason).collect();
            match want {
                Some(why) => {
                    assert!(reasons.len() == 1 && reasons[0].contains(why), "{reasons:?}");
                    assert_eq!(door.codes(), [1]);
                }
                None => assert_eq!(reasons, Vec::<String>::new()),
            }
        });
    }
    let told = Refusal::OtherMode { dataset: "problem".to_owned() }.to_string();
    assert!(told.contains("--mode replace"), "it says what to do: {told}");
}

fn any_sent() -> impl Strategy<Value = Sent> {
    let mode = prop_oneof![1 => Just(BatchMode::Replace), 4 => Just(BatchMode::Increment)];
    let records = prop::collection::vec((1_u8..5, 100_u8..110, any::<u8>()), 0..6);
    let removed = prop::collection::vec(100_u8..110, 0..3);
    (mode, records, removed).prop_map(|(mode, records, mut removed)| {
        removed.sort_unstable();
        removed.dedup();
        removed.retain(|gone| records.iter().all(|record| record.1 != *gone));
        Sent { mode, records, removed }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_lake_holds_the_last_word_on_every_record(
        batches in prop::collection::vec((any_sent(), any::<bool>()), 1..7),
    ) {
        let mut batches = batches;
        batches[0].0.mode = BatchMode::Replace;
        at_the_door(|door| {
            let mut model: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
            for (number, (sent, pass)) in batches.iter().enumerate() {
                door.send(number, sent);
                if *pass {
                    assert_eq!(door.pass().refused, []);
                }
                if sent.mode == BatchMode::Replace {
                    model.clear();
                }
                let spoken = sent.records.iter().map(|record| &record.1).chain(&sent.removed);
                spoken.for_each(|record| drop(model.remove(record)));
                for (_, record, code) in &sent.records {
                    model.entry(*record).or_default().push(*code);
                }
            }
            assert_eq!(door.pass().refused, []);
            let mut want: Vec<u8> = model.into_values().flatten().collect();
            want.sort_unstable();
            assert_eq!(door.codes(), want);
        });
    }
}
