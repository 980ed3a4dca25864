//! Whole signed batches at the door of the HDA.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray};
use pipeline_domain::{BatchId, ColumnKind, HolderId, Signer, Timestamp};
use pipeline_exchange::{
    BatchPurpose, FileEntry, Location, Manifest, ParquetSink, Party, PartyRole, Register, Store,
    lake,
    wire::{self, ColumnSpec},
};
use pipeline_keys::PartyKeys;
use tempfile::TempDir;
use time::macros::datetime;
use tokio::runtime::{EnterGuard, Runtime};

use crate::{Ingest, Ingested};

const NOW: Timestamp = datetime!(2026-11-25 12:00 UTC);
const BATCH: &str = "0199c1de-7f2a-7c6b-9d33-1f2e3d4c5b6a";

/// The parties, an inbox and a lake.
struct Door {
    folder: TempDir,
    holder: PartyKeys,
    ttp: PartyKeys,
    hda: PartyKeys,
    register: Register,
    inbox: Store,
    lake: Store,
}

impl Door {
    fn new(_entered: &EnterGuard<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = |name: &str| PartyKeys::create(&folder.path().join(name)).unwrap();
        let (holder, ttp, hda) = (keys("holder"), keys("ttp"), keys("hda"));
        let card = |name: &str, role, keys: &PartyKeys| Party {
            name: name.parse().unwrap(),
            role,
            signing_key: keys.public_key(),
            sealing_key: keys.sealing_key(),
        };
        let parties =
            vec![card("hospital", PartyRole::Holder, &holder), card("ttp", PartyRole::Ttp, &ttp)];
        let store = |name: &str| {
            let path: Location = folder.path().join(name).to_str().unwrap().parse().unwrap();
            Store::open(&path).unwrap()
        };
        let (inbox, lake) = (store("inbox"), store("lake"));
        Self { holder, ttp, hda, register: Register { parties }, inbox, lake, folder }
    }

    /// Delivers both halves: two people in the payload, of whom the TTP linked the first.
    fn deliver(&self, codes: [&str; 2]) {
        let columns = vec![ColumnSpec {
            name: "code".to_owned(),
            kind: ColumnKind::Text,
            description: [].into(),
            element: None,
            code_system: None,
        }];
        let texts: ArrayRef = Arc::new(StringArray::from(codes.to_vec()));
        let payload = format!("{BATCH}/payload/");
        let rows = [bytes(16, &[1, 2]), texts];
        let entry =
            self.write(&payload, "problem.parquet", wire::payload_schema(&columns), rows.to_vec());
        let entry = FileEntry { columns, resource: Some("Condition".to_owned()), ..entry };
        self.sign(&payload, "hospital", &self.holder, entry);

        let link = format!("{BATCH}/link/");
        let rows = [bytes(16, &[1, 9]), bytes(32, &[7, 8])];
        let entry = self.write(&link, wire::LINK_FILE, wire::link_schema(), rows.to_vec());
        self.sign(&link, "ttp", &self.ttp, entry);
    }

    fn write(
        &self,
        folder: &str,
        name: &str,
        schema: arrow::datatypes::SchemaRef,
        columns: Vec<ArrayRef>,
    ) -> FileEntry {
        let mut sink = ParquetSink::create(&self.inbox, folder, name, Arc::clone(&schema)).unwrap();
        sink.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        sink.finish().unwrap()
    }

    fn sign(&self, folder: &str, by: &str, keys: &PartyKeys, file: FileEntry) {
        let manifest = Manifest {
            format: Manifest::format(),
            batch_id: batch(),
            domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
            key_version: 1,
            holder: "hospital".parse().unwrap(),
            signed_by: by.parse::<HolderId>().unwrap(),
            purpose: BatchPurpose::Extract,
            files: vec![file],
            not_after: NOW,
            created: NOW,
            software: "test".to_owned(),
        };
        manifest.write(&self.inbox, folder, keys).unwrap();
    }

    fn pass(&self) -> Ingested {
        let ingest = Ingest {
            keys: &self.hda,
            inbox: &self.inbox,
            lake: &self.lake,
            register: &self.register,
            smallest_count: 10,
            now: NOW,
            software: "test",
        };
        ingest.pass().unwrap()
    }

    /// The rows of the newest version, where there is one.
    fn rows(&self) -> Option<u64> {
        let dataset = "problem".parse().unwrap();
        let version = lake::head(&self.lake, &dataset).unwrap()?;
        Some(lake::manifest(&self.lake, &dataset, &version).unwrap().rows())
    }

    /// The batch was refused for this reason, nothing of it is left and nothing was published.
    fn is_refused(&self, why: &str) {
        let pass = self.pass();
        let [refused] = pass.refused.as_slice() else { panic!("{pass:?}") };
        assert!(refused.reason.contains(why), "{}", refused.reason);
        assert!(!refused.reason.contains("93051822361"), "the value is not told");
        assert_eq!(self.inbox.list("").unwrap(), Vec::<String>::new());
        assert_eq!(self.rows(), None);
        assert!(self.lake.exists(&format!("_refused/{BATCH}.json")).unwrap());
    }
}

fn batch() -> BatchId {
    BATCH.parse().unwrap()
}

fn bytes(len: usize, firsts: &[u8]) -> ArrayRef {
    let values = firsts.iter().map(|first| vec![*first; len]);
    Arc::new(FixedSizeBinaryArray::try_from_iter(values).unwrap())
}

fn at_the_door(test: impl FnOnce(Door)) {
    let runtime = Runtime::new().unwrap();
    let entered = runtime.enter();
    test(Door::new(&entered));
}

#[test]
fn only_linked_people_come_in_and_a_batch_that_comes_again_adds_nothing() {
    at_the_door(|door| {
        for _ in 0..3 {
            door.deliver(["44054006", "38341003"]);
            let pass = door.pass();
            assert_eq!(pass.refused, []);
            assert_eq!(door.rows(), Some(1), "the second person has no link row");
            assert_eq!(door.inbox.list("").unwrap(), Vec::<String>::new());
        }
    });
}

#[test]
fn a_column_that_looks_like_national_numbers_stops_its_batch() {
    at_the_door(|door| {
        door.deliver(["44054006", "93.05.18-223.61"]);
        door.is_refused("problem.parquet: the column code holds what looks like national numbers, in 1 rows, first in rows 1");
    });
}

#[test]
fn a_changed_file_a_changed_manifest_and_a_strange_signer_are_refused() {
    let flip = |door: &Door, path: &str| {
        let mut changed = door.inbox.read(path).unwrap();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        door.inbox.write(path, changed).unwrap();
    };
    at_the_door(|door| {
        door.deliver(["44054006", "38341003"]);
        flip(&door, &format!("{BATCH}/payload/problem.parquet"));
        door.is_refused("another digest");
    });
    at_the_door(|door| {
        door.deliver(["44054006", "38341003"]);
        flip(&door, &format!("{BATCH}/link/{}", wire::LINK_FILE));
        door.is_refused("another digest");
    });
    at_the_door(|door| {
        door.deliver(["44054006", "38341003"]);
        let path = format!("{BATCH}/payload/manifest.json");
        let text = String::from_utf8(door.inbox.read(&path).unwrap()).unwrap();
        door.inbox.write(&path, text.replace("\"test\"", "\"tent\"").into_bytes()).unwrap();
        door.is_refused("is not signed by hospital");
    });
    at_the_door(|mut door| {
        door.deliver(["44054006", "38341003"]);
        door.register.parties.retain(|party| party.role == PartyRole::Holder);
        door.is_refused("ttp is not in the register");
    });
}

#[test]
fn a_half_alone_waits() {
    at_the_door(|door| {
        door.deliver(["44054006", "38341003"]);
        let kept = door.folder.path().join("inbox").join(BATCH).join("link/manifest.json");
        let bytes = std::fs::read(&kept).unwrap();
        std::fs::remove_file(&kept).unwrap();
        let pass = door.pass();
        assert!(pass.receipts.is_empty() && pass.refused.is_empty());
        assert_eq!(door.rows(), None);
        std::fs::write(&kept, bytes).unwrap();
        assert_eq!(door.pass().receipts.len(), 1);
        assert_eq!(door.rows(), Some(1));
    });
}
