//! Whole signed batches at the door of the HDA.

mod increments;
mod rekey;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray,
};
use pipeline_domain::{ColumnKind, HolderId, Signer, Timestamp};
use pipeline_exchange::{
    BatchMode, BatchPurpose, Chain, FileEntry, Location, Manifest, ParquetFile, ParquetSink, Party,
    PartyRole, Register, Release, Store, lake, read_parquet,
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

    /// Delivers both halves: two people in the payload, of whom the TTP linked the first, and as
    /// prescribers those with the tokens 3 (linked), 4 (not linked) or nobody.
    fn deliver(&self, codes: [&str; 2]) {
        self.deliver_as(BATCH, codes, [Some(3), Some(4)], ColumnKind::Text);
    }

    fn deliver_as(
        &self,
        batch: &str,
        codes: [&str; 2],
        prescribers: [Option<u8>; 2],
        kind: ColumnKind,
    ) {
        let column = |name: &str, kind| ColumnSpec {
            name: name.to_owned(),
            kind,
            description: [].into(),
            element: None,
            code_system: None,
        };
        let columns = vec![column("code", kind), column("prescriber", ColumnKind::Linked)];
        let codes: ArrayRef = match kind {
            ColumnKind::Text => Arc::new(StringArray::from(codes.to_vec())),
            _ => Arc::new(Int64Array::from_iter_values(codes.map(|code| code.parse().unwrap()))),
        };
        let payload = format!("{batch}/payload/");
        let prescribers = prescribers.map(|first| first.map(|first| [first; 16]));
        let prescribers =
            FixedSizeBinaryArray::try_from_sparse_iter_with_size(prescribers.into_iter(), 16);
        let rows = vec![bytes(16, &[1, 2]), codes, Arc::new(prescribers.unwrap())];
        let entry = self.write(&payload, "problem.parquet", wire::payload_schema(&columns), rows);
        let entry = FileEntry { columns, resource: Some("Condition".to_owned()), ..entry };
        self.sign(batch, &payload, "hospital", &self.holder, entry);

        let link = format!("{batch}/link/");
        let rows = [bytes(16, &[1, 3, 9]), bytes(32, &[7, 6, 8])];
        let entry = self.write(&link, wire::LINK_FILE, wire::link_schema(), rows.to_vec());
        self.sign(batch, &link, "ttp", &self.ttp, entry);
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

    fn sign(&self, id: &str, folder: &str, by: &str, keys: &PartyKeys, file: FileEntry) {
        self.sign_as(id, folder, by, keys, file, |_| {});
    }

    fn sign_as(
        &self,
        id: &str,
        folder: &str,
        by: &str,
        keys: &PartyKeys,
        file: FileEntry,
        change: impl FnOnce(&mut Manifest),
    ) {
        let mut manifest = Manifest {
            format: Manifest::format(),
            batch_id: id.parse().unwrap(),
            domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
            key_version: 1,
            target: None,
            holder: "hospital".parse().unwrap(),
            signed_by: by.parse::<HolderId>().unwrap(),
            purpose: BatchPurpose::Extract,
            mode: BatchMode::Append,
            chain: Chain::FIRST,
            release: Release::Bulk,
            payload_root: None,
            files: vec![file],
            removed: None,
            not_after: NOW,
            created: NOW,
            software: "test".to_owned(),
        };
        change(&mut manifest);
        manifest.write(&self.inbox, folder, keys).unwrap();
    }

    fn pass(&self) -> Ingested {
        self.as_hda(|ingest| ingest.pass().unwrap())
    }

    fn as_hda<T>(&self, act: impl FnOnce(&Ingest<'_>) -> T) -> T {
        act(&Ingest {
            name: &"hda".parse().unwrap(),
            keys: &self.hda,
            inbox: &self.inbox,
            lake: &self.lake,
            register: &self.register,
            smallest_count: 10,
            now: NOW,
            software: "test",
        })
    }

    /// The newest version, where there is one.
    fn newest(&self) -> Option<lake::VersionManifest> {
        let dataset = "problem".parse().unwrap();
        let version = lake::head(&self.lake, &dataset).unwrap()?;
        Some(lake::manifest(&self.lake, &dataset, &version).unwrap())
    }

    /// The rows of the newest version, where there is one.
    fn rows(&self) -> Option<u64> {
        self.newest().map(|manifest| manifest.rows())
    }

    /// The rows of a part of the newest version.
    fn part(&self, at: usize) -> RecordBatch {
        let manifest = self.newest().unwrap();
        let path = format!("{}{}", manifest.folder(), manifest.parts[at].name);
        let schema = Arc::clone(ParquetFile::open(&self.lake, &path).unwrap().schema());
        let batches: Vec<RecordBatch> =
            read_parquet(&self.lake, &path).unwrap().map(Result::unwrap).collect();
        arrow::compute::concat_batches(&schema, &batches).unwrap()
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

fn bytes(len: usize, firsts: &[u8]) -> ArrayRef {
    let values: Vec<u8> = firsts.iter().flat_map(|first| vec![*first; len]).collect();
    let len = i32::try_from(len).unwrap();
    Arc::new(FixedSizeBinaryArray::try_new(len, values.into(), None).unwrap())
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

#[test]
fn a_linked_id_comes_in_as_a_research_id_or_not_at_all() {
    let cases = [
        ([Some(3), Some(4)], Some(true)),
        ([Some(4), Some(3)], None),
        ([None, None], None),
        // Somebody who is a patient and a prescriber under one token is one person.
        ([Some(1), None], Some(false)),
    ];
    for (prescribers, want) in cases {
        at_the_door(|door| {
            door.deliver_as(BATCH, ["a", "b"], prescribers, ColumnKind::Text);
            assert_eq!(door.pass().refused, []);
            let rows = door.part(0);
            let (persons, linked) =
                (rows.column(0).as_fixed_size_binary(), rows.column(2).as_fixed_size_binary());
            let other = linked.is_valid(0).then(|| linked.value(0) != persons.value(0));
            assert_eq!((rows.num_rows(), other), (1, want), "{prescribers:?}");
            assert!(linked.iter().flatten().all(|id| id != [3; 16] && id != [1; 16]));
        });
    }
}

#[test]
fn of_several_batches_only_the_one_with_a_leak_stays_out() {
    at_the_door(|door| {
        let other = |last: char| format!("{}{last}", &BATCH[..BATCH.len() - 1]);
        let text = ColumnKind::Text;
        door.deliver_as(&other('1'), ["a", "b"], [None; 2], text);
        door.deliver_as(&other('2'), ["93051822361", "b"], [None; 2], text);
        door.deliver_as(&other('3'), ["c", "d"], [None; 2], text);
        let pass = door.pass();
        let refused: Vec<&str> =
            pass.refused.iter().map(|refused| refused.batch.as_str()).collect();
        assert_eq!(refused, [other('2')]);
        assert_eq!((pass.receipts.len(), door.rows()), (2, Some(2)));
        assert_eq!(door.part(1).column(1).as_string::<i32>().value(0), "c");
        // Nothing of the first try is left: one version, its two parts, its manifest.
        let files = door.lake.list("problem/").unwrap();
        assert_eq!(files.len(), 4, "{files:?}");
    });
}

#[test]
fn two_views_of_one_dataset_do_not_come_in_together() {
    at_the_door(|door| {
        let other = format!("{}1", &BATCH[..BATCH.len() - 1]);
        door.deliver_as(&other, ["1", "2"], [None; 2], ColumnKind::Integer);
        door.deliver(["a", "b"]);
        let pass = door.pass();
        assert_eq!((pass.receipts.len(), pass.refused.len(), door.rows()), (1, 1, Some(1)));
        assert!(pass.refused[0].reason.contains("all holders must use one view"));
    });
}
