//! Batches through a TTP whose places are in memory.

use std::sync::Arc;

use arrow::array::{FixedSizeBinaryArray, RecordBatch};
use pipeline_domain::{BatchId, DomainId, HolderId, Sha256Digest, Signer, Timestamp};
use pipeline_exchange::{
    BatchMode, BatchPurpose, Chain, MANIFEST, Manifest, ParquetSink, Party, PartyRole, Register,
    Store, wire,
};
use pipeline_keys::{PartyKeys, RowTokens};
use time::{Duration, macros::datetime};

use crate::{Answered, Domain, Ledger, LedgerEvent, Ttp};

const NOW: Timestamp = datetime!(2026-11-25 12:00 UTC);

/// A TTP, a hospital that sends to it, and a clinic nobody let into the domain.
struct House {
    _folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    ttp: PartyKeys,
    hospital: PartyKeys,
    clinic: PartyKeys,
    register: Register,
    folder: Store,
    inbox: Store,
    hda: Store,
}

/// What a batch is made of, where it is not as usual.
struct Sent {
    batch: u8,
    chain: Chain,
    not_after: Timestamp,
    purpose: BatchPurpose,
    by: &'static str,
    persons: u64,
}

impl Sent {
    fn new(batch: u8, chain: Chain) -> Self {
        let (not_after, purpose) = (NOW + Duration::days(1), BatchPurpose::Extract);
        Self { batch, chain, not_after, purpose, by: "hospital", persons: 3 }
    }
}

fn id(batch: u8) -> BatchId {
    format!("0192f0c1-2345-7abc-8def-0123456789{batch:02x}").parse().unwrap()
}

fn domain() -> DomainId {
    "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

fn name(party: &str) -> HolderId {
    party.parse().unwrap()
}

impl House {
    fn new(quota: Option<u64>) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let keys = |party: &str| PartyKeys::create(&folder.path().join(party)).unwrap();
        let (ttp, hospital, clinic) = (keys("ttp"), keys("hospital"), keys("clinic"));
        let mut register = Register::default();
        for (party, keys) in [("hospital", &hospital), ("clinic", &clinic)] {
            let (signing_key, sealing_key) = (keys.public_key(), keys.sealing_key());
            let role = PartyRole::Holder;
            register.add(Party { name: name(party), role, signing_key, sealing_key });
        }
        let store = || Store::open(&"memory:".parse().unwrap()).unwrap();
        let (state, inbox, hda) = (store(), store(), store());
        drop(entered);
        let house = Self {
            _folder: folder,
            ttp,
            hospital,
            clinic,
            register,
            folder: state,
            inbox,
            hda,
            runtime,
        };
        let opened =
            Domain { domain: domain(), key_version: 1, holders: vec![name("hospital")], quota };
        house.as_ttp(|ttp| ttp.open_domain(&opened, NOW).unwrap());
        house
    }

    fn as_ttp<T>(&self, act: impl FnOnce(&Ttp<'_>) -> T) -> T {
        let _entered = self.runtime.enter();
        act(&Ttp {
            name: &name("ttp"),
            keys: &self.ttp,
            folder: &self.folder,
            inbox: &self.inbox,
            hda: &self.hda,
            register: &self.register,
            software: "test",
        })
    }

    fn pass(&self) -> Answered {
        self.as_ttp(|ttp| ttp.pass(NOW).unwrap())
    }

    /// Puts a batch into the inbox; gives the digest of its manifest.
    fn send(&self, sent: &Sent) -> Sha256Digest {
        let _entered = self.runtime.enter();
        let tokens = RowTokens::with_key([sent.batch; 32]);
        let rows = 0..wire::padded_rows(sent.persons);
        let mut rows: Vec<_> = rows.map(|number| tokens.padding(number)).collect();
        rows.sort_unstable();
        let column = |bytes: Vec<Vec<u8>>| {
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes.into_iter()).unwrap())
        };
        let ids = column(rows.iter().map(|(token, _)| token.as_bytes().to_vec()).collect());
        let tags = column(rows.iter().map(|(_, tag)| tag.as_bytes().to_vec()).collect());
        let folder = format!("{}/", id(sent.batch));
        let schema = wire::id_schema();
        let mut sink =
            ParquetSink::create(&self.inbox, &folder, wire::ID_FILE, Arc::clone(&schema)).unwrap();
        sink.write(&RecordBatch::try_new(schema, vec![ids, tags]).unwrap()).unwrap();
        let manifest = Manifest {
            format: Manifest::format(),
            batch_id: id(sent.batch),
            domain: domain(),
            key_version: 1,
            holder: name(sent.by),
            signed_by: name(sent.by),
            purpose: sent.purpose,
            mode: BatchMode::Append,
            chain: sent.chain,
            files: vec![sink.finish().unwrap()],
            removed: None,
            not_after: sent.not_after,
            created: NOW,
            software: "test".to_owned(),
        };
        let keys = if sent.by == "hospital" { &self.hospital } else { &self.clinic };
        manifest.write(&self.inbox, &folder, keys).unwrap()
    }

    /// What the TTP wrote for the HDA, file by file.
    fn delivered(&self) -> Vec<(String, Vec<u8>)> {
        let files = self.hda.list("").unwrap().into_iter();
        files.map(|file| (file.clone(), self.hda.read(&file).unwrap())).collect()
    }

    fn events(&self) -> Vec<LedgerEvent> {
        let ledger = Ledger::open(&self.folder, &self.ttp.public_key()).unwrap();
        ledger.entries().iter().map(|entry| entry.event.clone()).collect()
    }

    /// Why batches were refused, in order.
    fn reasons(&self) -> Vec<String> {
        let events = self.events().into_iter();
        let reason = |event| match event {
            LedgerEvent::BatchRefused { reason, .. } => Some(reason),
            _ => None,
        };
        events.filter_map(reason).collect()
    }
}

/// What is done to a batch before it is sent.
type Change = Box<dyn Fn(&mut Sent)>;

fn counts(pass: &Answered) -> (u64, u64, u64) {
    (pass.answered, pass.refused, pass.waiting)
}

#[test]
fn batches_of_a_holder_are_answered_in_their_order_however_they_arrive() {
    let house = House::new(None);
    let first = house.send(&Sent::new(1, Chain::FIRST));
    let second = Sent::new(2, Chain::after(1, first));
    // The second arrives alone: it waits, and nothing is written.
    house.as_ttp(|ttp| ttp.inbox.delete_all(&format!("{}/", id(1))).unwrap());
    let digest = house.send(&second);
    assert_eq!(counts(&house.pass()), (0, 0, 1));
    assert!(house.delivered().is_empty());
    // With the first it goes, and so does a third, in one pass.
    house.send(&Sent::new(1, Chain::FIRST));
    house.send(&Sent::new(3, Chain::after(2, digest)));
    assert_eq!(counts(&house.pass()), (3, 0, 0));
    assert_eq!(house.delivered().len(), 9);
    let answered = house.events().into_iter().filter_map(|event| match event {
        LedgerEvent::BatchAnswered { sequence, .. } => Some(sequence),
        _ => None,
    });
    assert_eq!(answered.collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn what_breaks_the_chain_or_the_rules_is_refused_and_nothing_is_delivered() {
    let other = Sha256Digest::of(b"another manifest");
    let cases: [(&str, Change, &str); 6] = [
        (
            "another batch in the same place",
            Box::new(|sent| sent.chain = Chain::FIRST),
            "its holder has sent batch 1 of this domain before",
        ),
        (
            "another history",
            Box::new(move |sent| sent.chain.previous = Some(other)),
            "batch 2 does not name the batch before it",
        ),
        (
            "no history",
            Box::new(|sent| sent.chain.previous = None),
            "batch 2 does not name the batch before it",
        ),
        (
            "too late",
            Box::new(|sent| sent.not_after = NOW - Duration::seconds(1)),
            "the batch was valid until",
        ),
        (
            "too late, and before its turn",
            Box::new(|sent| {
                sent.chain.sequence = 9;
                sent.not_after = NOW - Duration::seconds(1);
            }),
            "the batch was valid until",
        ),
        (
            "more people than the approval speaks of",
            Box::new(|sent| sent.persons = 2000),
            "with this batch its holder would have sent 3072 rows of the 3000 it may send",
        ),
    ];
    for (case, change, reason) in cases {
        let house = House::new(Some(3000));
        let first = house.send(&Sent::new(1, Chain::FIRST));
        assert_eq!(counts(&house.pass()), (1, 0, 0), "{case}");
        let before = house.delivered();
        let mut sent = Sent::new(2, Chain::after(1, first));
        change(&mut sent);
        house.send(&sent);
        assert_eq!(counts(&house.pass()), (0, 1, 0), "{case}");
        assert!(house.reasons()[0].starts_with(reason), "{case}: {}", house.reasons()[0]);
        assert_eq!(house.delivered(), before, "{case}");
        assert!(house.inbox.list("").unwrap().is_empty(), "{case}");
        // A refused batch takes no place: the next one does.
        house.send(&Sent::new(3, Chain::after(1, first)));
        assert_eq!(counts(&house.pass()), (1, 0, 0), "{case}");
    }
}

#[test]
fn a_batch_is_answered_once_and_again_byte_for_byte_and_never_with_other_content() {
    let house = House::new(None);
    let first = house.send(&Sent::new(1, Chain::FIRST));
    let kept: Vec<_> = house
        .inbox
        .list("")
        .unwrap()
        .into_iter()
        .map(|file| (file.clone(), house.inbox.read(&file).unwrap()))
        .collect();
    house.pass();
    let (delivered, events) = (house.delivered(), house.events());
    // The same again, as a holder sends it that never heard of an answer.
    for (file, bytes) in kept {
        house.inbox.write(&file, bytes).unwrap();
    }
    assert_eq!(counts(&house.pass()), (1, 0, 0));
    assert_eq!(house.delivered(), delivered);
    assert_eq!(house.events(), events, "an answer is written down once");
    // Another one under the same id.
    house.send(&Sent { persons: 2000, ..Sent::new(1, Chain::after(1, first)) });
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    assert!(house.reasons()[0].starts_with("another batch was answered under this id"));
    assert_eq!(house.delivered(), delivered);
}

#[test]
fn every_flipped_bit_of_a_batch_is_refused_and_nothing_is_delivered() {
    let house = House::new(None);
    let sent = Sent::new(1, Chain::FIRST);
    house.send(&sent);
    let files = house.inbox.list("").unwrap().into_iter();
    let files: Vec<_> = files.map(|file| (house.inbox.read(&file).unwrap(), file)).collect();
    for (whole, file) in files {
        let step = (whole.len() / 40).max(1);
        for at in (0..whole.len()).step_by(step) {
            house.send(&sent);
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            house.inbox.write(&file, changed).unwrap();
            let pass = house.pass();
            assert_eq!(counts(&pass), (0, 1, 0), "byte {at} of {file}");
            assert!(house.delivered().is_empty());
        }
    }
    // One that lost its end.
    house.send(&sent);
    let file = format!("{}/{}", id(1), wire::ID_FILE);
    let mut bytes = house.inbox.read(&file).unwrap();
    bytes.truncate(bytes.len() - 1);
    house.inbox.write(&file, bytes).unwrap();
    assert_eq!(counts(&house.pass()), (0, 1, 0));
}

#[test]
fn a_party_nobody_let_in_is_refused_and_takes_no_place() {
    let house = House::new(None);
    house.send(&Sent { by: "clinic", ..Sent::new(1, Chain::FIRST) });
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    assert!(house.reasons()[0].starts_with("the sender is no holder of the domain"));
    house.send(&Sent::new(2, Chain::FIRST));
    assert_eq!(counts(&house.pass()), (1, 0, 0));
}

#[test]
fn once_answered_the_id_rows_are_gone_and_the_ttp_answers_for_it() {
    let house = House::new(None);
    house.send(&Sent::new(1, Chain::FIRST));
    house.pass();
    assert!(house.inbox.list("").unwrap().is_empty());
    assert_eq!(house.events().last(), Some(&LedgerEvent::IdRowsDeleted { batch: id(1) }));

    // A pass that died after the answer: the next one deletes and says so, without another answer.
    let house = House::new(None);
    let digest = house.send(&Sent::new(1, Chain::FIRST));
    house.as_ttp(|ttp| {
        let mut ledger = Ledger::open(ttp.folder, &ttp.keys.public_key()).unwrap();
        let event = LedgerEvent::BatchAnswered {
            batch: id(1),
            domain: domain(),
            holder: name("hospital"),
            purpose: BatchPurpose::Extract,
            sequence: 1,
            rows: 1024,
            manifest: digest,
            opt_outs: Vec::new(),
        };
        ledger.add(event, NOW, ttp.keys).unwrap();
        ttp.inbox.delete(&format!("{}/{MANIFEST}", id(1))).unwrap();
    });
    assert_eq!(counts(&house.pass()), (0, 0, 0));
    assert!(house.inbox.list("").unwrap().is_empty());
    assert_eq!(house.events().last(), Some(&LedgerEvent::IdRowsDeleted { batch: id(1) }));
}

#[test]
fn what_a_holder_can_read_does_not_depend_on_who_opted_out() {
    // The ledger of the TTP is its own; of what a holder sees, its inbox, nothing is left either way.
    let with_opt_outs = House::new(None);
    let first =
        with_opt_outs.send(&Sent { purpose: BatchPurpose::Exclude, ..Sent::new(1, Chain::FIRST) });
    with_opt_outs.pass();
    with_opt_outs.send(&Sent::new(2, Chain::after(1, first)));
    let without = House::new(None);
    without.send(&Sent::new(2, Chain::FIRST));
    let (one, other) = (with_opt_outs.pass(), without.pass());
    assert_eq!(one, other);
    for house in [with_opt_outs, without] {
        assert!(house.inbox.list("").unwrap().is_empty());
    }
}
