//! Rows written anew under the ids that other keys give.

use std::collections::BTreeMap;

use pipeline_domain::{Pseudonym, ResearchId};
use pipeline_exchange::fixed_column;

use super::*;
use crate::{ForPermit, IngestError, RekeyOrder, RekeyRequest};

const ASKED: &str = "0199c1de-7f2a-7c6b-9d33-1f2e3d4c5b00";
const PERMIT: &str = "aaaaaaaa-2233-4455-6677-8899aabbccdd";

impl Door {
    /// Both halves of the batch with this number, of persons 1 and 2, as the TTP answers it under a
    /// version of its key: `turned` tells what it makes of a pseudonym.
    fn came(&self, number: u8, version: u32) {
        let batch = format!("{}{number:02x}", &BATCH[..BATCH.len() - 2]);
        self.deliver_as(&batch, ["1", "2"], [Some(3), None], ColumnKind::Text);
        let link = format!("{batch}/link/");
        let people = bytes(32, &[7, 6, 8].map(|person| turned(person, version)));
        let rows = vec![bytes(16, &[1, 2, 9]), people];
        let persons = self.write(&link, wire::LINK_FILE, wire::link_schema(), rows);
        let rows = vec![bytes(16, &[3]), bytes(32, &[turned(5, version)])];
        let linked = self.write(&link, wire::LINKED_FILE, wire::link_schema(), rows);
        self.sign_as(&batch, &link, "ttp", &self.ttp, persons, |manifest| {
            manifest.files.push(linked);
            manifest.key_version = version;
        });
    }

    fn order(permit: bool, into: &Store) -> RekeyOrder {
        let permit = permit.then(|| ForPermit {
            domain: PERMIT.parse().unwrap(),
            into: into.location().to_owned(),
            datasets: vec!["problem".parse().unwrap()],
        });
        RekeyOrder {
            domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
            permit,
            batch: ASKED.parse().unwrap(),
            instead_of: None,
            not_after: NOW,
        }
    }

    fn ask(&self, order: &RekeyOrder, ttp: &Store) -> Result<RekeyRequest, IngestError> {
        self.as_hda(|ingest| ingest.ask_to_rekey(order, ttp))
    }

    /// Answers as the TTP does: each pseudonym turned once more; nothing for those left out.
    fn answer(&self, ttp: &Store, version: u32, left_out: &[u8]) {
        let folder = format!("{ASKED}/");
        let key_of = |_: &HolderId| Ok(self.hda.public_key());
        let asked = pipeline_exchange::SignedManifest::read(ttp, &folder, key_of).unwrap().unwrap();
        asked.check_files(ttp, &folder).unwrap();
        let link = format!("{folder}link/");
        let mut files = Vec::new();
        for file in &asked.manifest.files {
            let path = format!("{folder}{}", file.name);
            let (mut tokens, mut made) = (Vec::new(), Vec::new());
            for rows in read_parquet(ttp, &path).unwrap() {
                let rows = rows.unwrap();
                let column = |name, len| fixed_column(&rows, &path, name, len).unwrap();
                let (sent, ids) = (column(wire::ROW_TOKEN, 16), column(wire::PSEUDONYM, 32));
                for row in 0..rows.num_rows() {
                    let pseudonym = ids.value(row);
                    let is_ours = pseudonym.iter().all(|byte| *byte == pseudonym[0]);
                    if !(is_ours && left_out.contains(&pseudonym[0])) {
                        tokens.extend_from_slice(sent.value(row));
                        let next = if is_ours { pseudonym[0] ^ 0x80 } else { pseudonym[0] };
                        made.extend([next; 32]);
                    }
                }
            }
            let column = |len, bytes: Vec<u8>| -> ArrayRef {
                Arc::new(FixedSizeBinaryArray::try_new(len, bytes.into(), None).unwrap())
            };
            let name = if file.name == wire::ID_FILE { wire::LINK_FILE } else { wire::LINKED_FILE };
            let rows = vec![column(16, tokens), column(32, made)];
            files.push(self.write(&link, name, wire::link_schema(), rows));
        }
        let manifest = Manifest {
            key_version: version,
            signed_by: "ttp".parse().unwrap(),
            files,
            ..asked.manifest
        };
        manifest.write(&self.inbox, &link, &self.ttp).unwrap();
    }

    fn research_id(&self, domain: &str, pseudonym: u8) -> ResearchId {
        self.as_hda(|ingest| {
            let key = ingest.key(domain.parse().unwrap()).unwrap();
            key.research_id(&Pseudonym::new([pseudonym; 32]))
        })
    }

    /// The rows of the newest version of a lake: who, and who prescribed.
    fn people(lake: &Store) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let dataset = "problem".parse().unwrap();
        let head = lake::head(lake, &dataset).unwrap().unwrap();
        let manifest = lake::manifest(lake, &dataset, &head).unwrap();
        let mut people = Vec::new();
        for part in &manifest.parts {
            let path = format!("{}{}", manifest.folder(), part.name);
            for rows in read_parquet(lake, &path).unwrap() {
                let rows = rows.unwrap();
                let column = |at: usize| rows.column(at).as_fixed_size_binary();
                for row in 0..rows.num_rows() {
                    let linked = (!column(2).is_null(row)).then(|| column(2).value(row).to_vec());
                    people.push((column(0).value(row).to_vec(), linked));
                }
            }
        }
        people
    }
}

/// Version 1 leaves a pseudonym as it is, version 2 turns its first bit.
fn turned(pseudonym: u8, version: u32) -> u8 {
    if version == 1 { pseudonym } else { pseudonym ^ 0x80 }
}

/// What is wrong with an answer, and how it comes to be so.
type Change<'a> = (&'a str, &'a dyn Fn(&mut Manifest));

const STANDING: &str = "00112233-4455-6677-8899-aabbccddeeff";

#[test]
fn after_a_rotation_the_tables_are_written_anew_and_meet_what_arrives() {
    at_the_door(|door| {
        let ttp = Store::open(&"memory:".parse().unwrap()).unwrap();
        door.came(1, 1);
        assert_eq!(door.pass().receipts.len(), 1);
        // A batch that was answered under the new key waits for the tables.
        door.came(2, 2);
        let pass = door.pass();
        assert_eq!((pass.receipts.len(), pass.waiting, pass.refused.len()), (0, 1, 0));

        let order = Door::order(false, &door.lake);
        let request = door.ask(&order, &ttp).unwrap();
        assert_eq!((request.persons, request.linked), (2, 1));
        assert!(matches!(door.ask(&order, &ttp), Err(IngestError::RekeyWaits { .. })));
        let pass = door.pass();
        assert_eq!((pass.rekeyed.len(), pass.waiting), (0, 1), "nobody answered yet");
        door.answer(&ttp, 2, &[]);
        let pass = door.pass();
        assert_eq!((pass.rekeyed[0].rows, pass.rekeyed[0].left_out), (2, 0));
        assert_eq!((pass.receipts.len(), pass.waiting), (1, 0), "and then what waited");

        let id = |person| door.research_id(STANDING, turned(person, 2)).as_bytes().to_vec();
        let first = [(id(7), Some(id(5))), (id(6), None)];
        let rows = Door::people(&door.lake);
        assert_eq!(
            rows,
            [first.clone(), first].concat(),
            "one person, one id, in old and new rows"
        );
        assert!(door.lake.list(&format!("_rekey/{ASKED}/")).unwrap().is_empty());

        // What was answered under the old key comes too late.
        door.came(3, 1);
        let refused = door.pass().refused;
        assert!(refused[0].reason.contains("submit the batch again"), "{}", refused[0].reason);
    });
}

#[test]
fn a_pass_that_died_before_it_was_done_is_done_once() {
    at_the_door(|door| {
        let ttp = Store::open(&"memory:".parse().unwrap()).unwrap();
        door.came(1, 1);
        door.pass();
        door.ask(&Door::order(false, &door.lake), &ttp).unwrap();
        door.answer(&ttp, 2, &[]);
        let kept = |door: &Door| copy(&door.lake, "_pseudonyms");
        let (inbox, asked) = (copy(&door.inbox, ASKED), copy(&door.lake, "_rekey"));
        let old = kept(&door);
        assert_eq!(door.pass().rekeyed.len(), 1);
        let (head, rows) = (door.newest().unwrap(), Door::people(&door.lake));
        // As if it had died after the versions, before anything else.
        restore(&door.inbox, inbox);
        restore(&door.lake, asked);
        restore(&door.lake, old.clone());
        let again = door.pass().rekeyed.remove(0);
        assert_eq!((again.rows, again.left_out), (2, 0));
        assert_eq!((door.newest().unwrap(), Door::people(&door.lake)), (head, rows));
        let left = kept(&door);
        assert!(!left.is_empty() && old.keys().all(|file| !left.contains_key(file)));
        assert_eq!(door.as_hda(|ingest| ingest.rekey_requests().unwrap()), []);
    });
}

#[test]
fn who_opted_out_since_is_not_in_the_next_version() {
    at_the_door(|door| {
        let ttp = Store::open(&"memory:".parse().unwrap()).unwrap();
        door.came(1, 1);
        door.pass();
        door.ask(&Door::order(false, &door.lake), &ttp).unwrap();
        door.answer(&ttp, 2, &[6]);
        let rekeyed = door.pass().rekeyed.remove(0);
        assert_eq!((rekeyed.rows, rekeyed.left_out), (1, 1));
        let id = |person| door.research_id(STANDING, turned(person, 2)).as_bytes().to_vec();
        assert_eq!(Door::people(&door.lake), [(id(7), Some(id(5)))]);
        // What was kept of them is gone too: they cannot be asked for again.
        let request = door.ask(&Door::order(false, &door.lake), &ttp).unwrap();
        assert_eq!(request.persons, 1);
    });
}

#[test]
fn a_permit_has_ids_of_its_own_and_the_tables_stay_as_they_are() {
    at_the_door(|door| {
        let store = |uri: &str| Store::open(&uri.parse().unwrap()).unwrap();
        let ttp = store("memory:");
        let into = store(door.folder.path().join("permit").to_str().unwrap());
        door.came(1, 1);
        door.pass();
        let standing = Door::people(&door.lake);
        door.ask(&Door::order(true, &into), &ttp).unwrap();
        // Standing tables go on: they do not wait for a permit.
        door.came(2, 1);
        let pass = door.pass();
        assert_eq!((pass.receipts.len(), pass.waiting), (1, 0));
        door.answer(&ttp, 1, &[]);
        let rekeyed = door.pass().rekeyed.remove(0);
        assert_eq!(rekeyed.domain.to_string(), PERMIT);

        let id = |person| door.research_id(PERMIT, turned(person, 2)).as_bytes().to_vec();
        assert_eq!(Door::people(&into), [(id(7), Some(id(5))), (id(6), None)]);
        assert_eq!(Door::people(&door.lake)[..2], standing);
        let head = door.newest().unwrap();
        assert_eq!((head.rekeyed, head.domain.to_string().as_str()), (None, STANDING));
    });
}

#[test]
fn an_answer_to_something_else_is_refused_and_the_tables_wait_on() {
    at_the_door(|door| {
        let ttp = Store::open(&"memory:".parse().unwrap()).unwrap();
        door.came(1, 1);
        door.pass();
        door.ask(&Door::order(false, &door.lake), &ttp).unwrap();
        let elsewhere = |manifest: &mut Manifest| manifest.target = Some(PERMIT.parse().unwrap());
        let later = |manifest: &mut Manifest| {
            manifest.chain = Chain::after(1, pipeline_domain::Sha256Digest::of(b""));
        };
        let by_another = |manifest: &mut Manifest| manifest.signed_by = "hospital".parse().unwrap();
        let changes: [Change<'_>; 3] = [
            ("another domain", &elsewhere),
            ("another place", &later),
            ("another signer", &by_another),
        ];
        for (what, change) in changes {
            door.answer(&ttp, 2, &[]);
            let link = format!("{ASKED}/link/");
            let mut answer: Manifest =
                door.inbox.read_json(&format!("{link}{}", pipeline_exchange::MANIFEST)).unwrap();
            change(&mut answer);
            answer.write(&door.inbox, &link, &door.ttp).unwrap();
            let pass = door.pass();
            assert_eq!((pass.rekeyed.len(), pass.refused.len()), (0, 1), "{what}");
        }
        door.answer(&ttp, 2, &[]);
        assert_eq!(door.pass().rekeyed.len(), 1);
    });
}

#[test]
fn ids_without_a_kept_pseudonym_are_said_and_nothing_is_asked() {
    at_the_door(|door| {
        let ttp = Store::open(&"memory:".parse().unwrap()).unwrap();
        let order = Door::order(false, &door.lake);
        assert!(matches!(door.ask(&order, &ttp), Err(IngestError::NothingToRekey { .. })));
        door.came(1, 1);
        door.pass();
        door.lake.delete_all("_pseudonyms/").unwrap();
        let told = door.ask(&order, &ttp).unwrap_err().to_string();
        assert!(told.starts_with("of 2 ids"), "{told}");
        assert!(ttp.list("").unwrap().iter().all(|file| !file.ends_with("manifest.json")));
        assert_eq!(door.as_hda(|ingest| ingest.rekey_requests().unwrap()), []);
    });
}

fn copy(store: &Store, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = store.list(&format!("{folder}/")).unwrap();
    files.into_iter().map(|file| (file.clone(), store.read(&file).unwrap())).collect()
}

fn restore(store: &Store, files: BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        store.write(&path, bytes).unwrap();
    }
}
