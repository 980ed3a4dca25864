//! Batches through a TTP whose places are in memory.

use std::{collections::BTreeMap, sync::Arc};

use arrow::array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};
use pipeline_domain::{
    BatchId, DomainId, HolderId, HolderTag, Pseudonym, RowToken, Sha256Digest, Signer, Timestamp,
};
use pipeline_exchange::{
    BatchMode, BatchPurpose, Chain, MANIFEST, Manifest, ParquetSink, Party, PartyRole, Register,
    Release, Store, fixed_column, read_parquet, wire,
};
use pipeline_keys::{IdType, KeyState, PartyKeys, PayloadRoot, RowTokens, SecretKind, TtpKey};
use time::{Duration, macros::datetime};

use crate::{Answered, Domain, FrozenOptOuts, Ledger, LedgerEvent, Ttp};

mod rekey;

const NOW: Timestamp = datetime!(2026-11-25 12:00 UTC);

/// A TTP, a hospital that sends to it, and a clinic nobody let into the domain.
struct House {
    _folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    ttp: PartyKeys,
    parties: BTreeMap<&'static str, PartyKeys>,
    register: Register,
    folder: Store,
    inbox: Store,
    hda: Store,
}

/// What a batch is made of, where it is not as usual.
struct Sent {
    batch: u8,
    domain: DomainId,
    chain: Chain,
    not_after: Timestamp,
    purpose: BatchPurpose,
    by: &'static str,
    persons: u64,
    /// Of these people, by number, and padded; as often as not, of nobody in particular.
    people: Vec<u8>,
    /// The numbers that took the place of those, in a batch of aliases.
    became: Vec<u8>,
    /// With what its payload is sealed.
    root: Option<PayloadRoot>,
}

impl Sent {
    fn new(batch: u8, chain: Chain) -> Self {
        let (not_after, purpose) = (NOW + Duration::days(1), BatchPurpose::Extract);
        let (people, became, root) = (Vec::new(), Vec::new(), None);
        let by = "hospital";
        let domain = domain();
        Self { batch, domain, chain, not_after, purpose, by, persons: 3, people, became, root }
    }

    /// The first batch of a list, or of its hospital, that names these people.
    fn of(batch: u8, purpose: BatchPurpose, people: &[u8]) -> Self {
        let by = match purpose {
            BatchPurpose::Extract => "hospital",
            BatchPurpose::Exclude => "registry",
            BatchPurpose::Cohort => "owner",
            BatchPurpose::Alias => "identity",
            BatchPurpose::Rekey => "hda",
        };
        Self { purpose, by, people: people.to_vec(), ..Self::new(batch, Chain::FIRST) }
    }

    fn sealed(self) -> Self {
        Self { root: Some(PayloadRoot::draw().unwrap()), ..self }
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
        let ttp = keys("ttp");
        let (mut register, mut parties) = (Register::default(), BTreeMap::new());
        for (party, role) in [
            ("hospital", PartyRole::Holder),
            ("clinic", PartyRole::Holder),
            ("registry", PartyRole::OptOutRegistry),
            ("owner", PartyRole::CohortOwner),
            ("identity", PartyRole::IdentityService),
            ("hda", PartyRole::Hda),
        ] {
            let keys = keys(party);
            let (signing_key, sealing_key) = (keys.public_key(), keys.sealing_key());
            register.add(Party { name: name(party), role, signing_key, sealing_key });
            parties.insert(party, keys);
        }
        let store = || Store::open(&"memory:".parse().unwrap()).unwrap();
        let (state, inbox, hda) = (store(), store(), store());
        drop(entered);
        let house =
            Self { _folder: folder, ttp, parties, register, folder: state, inbox, hda, runtime };
        let opened = Domain {
            domain: domain(),
            key_version: 1,
            holders: ["hospital", "registry", "owner", "identity"].map(name).to_vec(),
            quota,
            first_version: None,
            source: None,
            release: None,
        };
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
        self.pass_at(NOW)
    }

    fn pass_at(&self, now: Timestamp) -> Answered {
        self.as_ttp(|ttp| ttp.pass(now).unwrap())
    }

    /// Puts a batch into the inbox; gives the digest of its manifest.
    fn send(&self, sent: &Sent) -> Sha256Digest {
        let _entered = self.runtime.enter();
        let tokens = RowTokens::with_key([sent.batch; 32]);
        let padded = wire::padded_rows(sent.persons);
        let named = sent.people.iter().map(|person| (token(&tokens, *person), tag(*person)));
        let padding = (sent.people.len() as u64..padded).map(|number| tokens.padding(number));
        let mut rows: Vec<_> = named.chain(padding).collect();
        rows.sort_unstable();
        let column = |bytes: Vec<&[u8]>| -> ArrayRef {
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes.into_iter()).unwrap())
        };
        let became = |tag: &HolderTag| {
            let at = sent.people.iter().position(|person| self::tag(*person) == *tag);
            at.map_or(*tag, |at| self::tag(sent.became[at]))
        };
        let new: Vec<HolderTag> = match sent.purpose {
            BatchPurpose::Alias => rows.iter().map(|(_, tag)| became(tag)).collect(),
            _ => Vec::new(),
        };
        let mut columns = vec![
            column(rows.iter().map(|(token, _)| &token.as_bytes()[..]).collect()),
            column(rows.iter().map(|(_, tag)| &tag.as_bytes()[..]).collect()),
        ];
        let mut schema = wire::id_schema();
        if !new.is_empty() {
            schema = wire::alias_schema();
            columns.push(column(new.iter().map(|tag| &tag.as_bytes()[..]).collect()));
        }
        let folder = format!("{}/", id(sent.batch));
        let mut sink =
            ParquetSink::create(&self.inbox, &folder, wire::ID_FILE, Arc::clone(&schema)).unwrap();
        sink.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        let seal = |root: &PayloadRoot| {
            root.seal(sent.domain, id(sent.batch), &self.ttp.sealing_key()).unwrap()
        };
        let manifest = Manifest {
            format: Manifest::format(),
            batch_id: id(sent.batch),
            domain: sent.domain,
            key_version: 1,
            target: None,
            holder: name(sent.by),
            signed_by: name(sent.by),
            purpose: sent.purpose,
            mode: BatchMode::Append,
            chain: sent.chain,
            release: if sent.root.is_some() { Release::Sealed } else { Release::Bulk },
            payload_root: sent.root.as_ref().map(seal),
            files: vec![sink.finish().unwrap()],
            removed: None,
            not_after: sent.not_after,
            created: NOW,
            software: "test".to_owned(),
        };
        manifest.write(&self.inbox, &folder, &self.parties[sent.by]).unwrap()
    }

    /// The link rows of a batch, by token: pseudonym, and row key where it was released.
    fn linked(&self, batch: u8) -> BTreeMap<RowToken, (Pseudonym, Option<Vec<u8>>)> {
        let path = format!("{}/link/{}", id(batch), wire::LINK_FILE);
        let mut linked = BTreeMap::new();
        for rows in read_parquet(&self.hda, &path).unwrap() {
            let rows = rows.unwrap();
            let column = |name, len| fixed_column(&rows, &path, name, len).ok().cloned();
            let tokens = column(wire::ROW_TOKEN, 16).unwrap();
            let pseudonyms = column(wire::PSEUDONYM, 32).unwrap();
            let keys = column(wire::ROW_KEY, 32);
            for row in 0..rows.num_rows() {
                let token = RowToken::new(tokens.value(row).try_into().unwrap());
                let pseudonym = Pseudonym::new(pseudonyms.value(row).try_into().unwrap());
                let key = keys.as_ref().map(|keys| keys.value(row).to_vec());
                linked.insert(token, (pseudonym, key));
            }
        }
        linked
    }

    /// Sends the first batch of a party and has it answered.
    fn answer(&self, sent: &Sent) {
        self.send(sent);
        assert_eq!(counts(&self.pass()), (1, 0, 0), "{:?}", self.reasons());
    }

    fn pseudonym(&self, sent: &Sent, person: u8) -> Option<Pseudonym> {
        let token = token(&RowTokens::with_key([sent.batch; 32]), person);
        self.linked(sent.batch).get(&token).map(|(pseudonym, _)| *pseudonym)
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

fn token(tokens: &RowTokens, person: u8) -> RowToken {
    tokens.token(IdType::Inss, &[person])
}

fn tag(person: u8) -> HolderTag {
    HolderTag::new([person; 32])
}

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
    assert_eq!(counts(&house.pass_at(NOW + Duration::HOUR)), (1, 0, 0));
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
            target: None,
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
    with_opt_outs.answer(&Sent::of(1, BatchPurpose::Exclude, &[7, 8]));
    let without = House::new(None);
    let [one, other] = [&with_opt_outs, &without].map(|house| {
        house.send(&Sent::of(2, BatchPurpose::Extract, &[7, 8, 9]).sealed());
        house.pass()
    });
    assert_eq!(one, other);
    for house in [with_opt_outs, without] {
        assert!(house.inbox.list("").unwrap().is_empty());
    }
}

#[test]
fn a_party_sends_batches_of_its_own_part_alone() {
    let purposes =
        [BatchPurpose::Extract, BatchPurpose::Exclude, BatchPurpose::Cohort, BatchPurpose::Alias];
    for purpose in purposes {
        for by in ["hospital", "registry", "owner", "identity"] {
            let house = House::new(None);
            let own = Sent { became: vec![2], ..Sent::of(1, purpose, &[1]) };
            let is_its_own = own.by == by;
            house.send(&Sent { by, ..own });
            let want = if is_its_own { (1, 0, 0) } else { (0, 1, 0) };
            assert_eq!(counts(&house.pass()), want, "{purpose:?} by {by}");
            assert!(is_its_own || house.reasons()[0].starts_with("its sender may not send"));
        }
    }
}

#[test]
fn of_people_who_opted_out_and_of_nobody_else_no_row_key_is_released() {
    let house = House::new(None);
    house.answer(&Sent::of(1, BatchPurpose::Exclude, &[7]));
    // Rows that the HDA could read anyhow are not taken any more.
    let open = Sent::of(2, BatchPurpose::Extract, &[6, 7]);
    house.send(&open);
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    assert!(house.reasons()[0].starts_with("its rows are not sealed"));

    let sealed = open.sealed();
    house.answer(&sealed);
    let (linked, tokens) = (house.linked(2), RowTokens::with_key([2; 32]));
    assert_eq!(linked.len(), 1023, "everybody but one, padding included");
    assert!(!linked.contains_key(&token(&tokens, 7)));
    let (_, key) = &linked[&token(&tokens, 6)];
    let want = sealed.root.unwrap().row_key(&token(&tokens, 6));
    assert!(key.as_deref() == Some(&want.to_column()[..]));
}

#[test]
fn a_domain_may_say_that_rows_come_as_they_are_or_always_sealed() {
    for (release, bulk, lists) in [
        (None, true, false),
        (None, false, true),
        (Some(Release::Bulk), true, true),
        (Some(Release::Sealed), false, false),
    ] {
        let house = House::new(None);
        house.as_ttp(|ttp| {
            let kept = Domain { release, ..Domain::kept(ttp.folder, domain()).unwrap() };
            kept.keep(ttp.folder).unwrap();
        });
        if lists {
            house.answer(&Sent::of(1, BatchPurpose::Exclude, &[7]));
        }
        house.send(&Sent::of(2, BatchPurpose::Extract, &[6]));
        let is_taken = counts(&house.pass()) == (1, 0, 0);
        assert_eq!(is_taken, bulk, "{release:?}, with lists: {lists}");
    }
}

#[test]
fn row_keys_that_the_ttp_cannot_open_are_refused_before_anything_is_delivered() {
    let house = House::new(None);
    house.send(&Sent::of(1, BatchPurpose::Extract, &[6]).sealed());
    // Sealed to another than this TTP.
    let folder = format!("{}/", id(1));
    let mut read: Manifest = house.inbox.read_json(&format!("{folder}{MANIFEST}")).unwrap();
    let root = PayloadRoot::draw().unwrap();
    let another = house.parties["clinic"].sealing_key();
    read.payload_root = Some(root.seal(domain(), id(1), &another).unwrap());
    read.write(&house.inbox, &folder, &house.parties["hospital"]).unwrap();
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    assert!(house.reasons()[0].starts_with("the keys of its rows cannot be released"));
    assert!(house.delivered().is_empty());
}

#[test]
fn with_a_cohort_nobody_outside_it_is_released() {
    let house = House::new(None);
    house.answer(&Sent::of(1, BatchPurpose::Cohort, &[5, 6, 7]));
    house.answer(&Sent::of(2, BatchPurpose::Exclude, &[7]));
    let sent = Sent::of(3, BatchPurpose::Extract, &[6, 7, 8]).sealed();
    house.answer(&sent);
    // Not even padding: the HDA learns how many of the cohort are here, and nothing of the others.
    assert_eq!(house.linked(3).len(), 1);
    assert!(house.pseudonym(&sent, 6).is_some());
}

#[test]
fn a_replaced_number_gets_the_pseudonym_of_the_one_that_took_its_place() {
    let house = House::new(None);
    house.answer(&Sent { became: vec![7], ..Sent::of(1, BatchPurpose::Alias, &[6]) });
    let sent = Sent::of(2, BatchPurpose::Extract, &[6, 7, 8]);
    house.answer(&sent);
    let of = |person| house.pseudonym(&sent, person).unwrap();
    assert!(of(6) == of(7) && of(7) != of(8));
}

#[test]
fn an_approval_runs_on_the_opt_outs_of_its_day_and_later_ones_wait_for_the_next() {
    let house = House::new(None);
    house.answer(&Sent::of(1, BatchPurpose::Exclude, &[7]));
    let freeze = |approval: &str| {
        let approval = approval.parse().unwrap();
        house.as_ttp(|ttp| ttp.freeze_opt_outs(domain(), &approval, NOW))
    };
    let frozen = freeze("permit-1").unwrap();
    assert_eq!(frozen.batches, [id(1)]);
    let events = house.events();
    assert!(
        matches!(events.last(), Some(LedgerEvent::OptOutsFrozen { digest, .. }) if *digest == frozen.digest)
    );

    let first = ledgered(&house, 1);
    house.answer(&Sent {
        chain: Chain::after(1, first),
        ..Sent::of(2, BatchPurpose::Exclude, &[8])
    });
    let sent = Sent::of(3, BatchPurpose::Extract, &[6, 7, 8]).sealed();
    house.answer(&sent);
    let released = [6, 7, 8].map(|person| house.pseudonym(&sent, person).is_some());
    assert_eq!(released, [true, false, true]);

    assert_eq!(freeze("permit-1").unwrap(), frozen, "again, for the same approval");
    assert!(freeze("permit-2").is_err());
}

/// The digest under which a batch was answered.
fn ledgered(house: &House, batch: u8) -> Sha256Digest {
    let ledger = Ledger::open(&house.folder, &house.ttp.public_key()).unwrap();
    ledger.answered(id(batch)).unwrap()
}

#[test]
fn after_a_rotation_who_was_there_stays_linkable_with_who_arrives() {
    let house = House::new(None);
    let before = Sent::of(1, BatchPurpose::Extract, &[6]);
    house.answer(&before);
    let version = house.as_ttp(|ttp| ttp.rotate_key(domain(), NOW).unwrap());
    assert_eq!(version, 2);
    let chain = Chain::after(1, ledgered(&house, 1));
    let after = Sent { chain, ..Sent::of(2, BatchPurpose::Extract, &[6]) };
    house.answer(&after);
    let (old, new) = (house.pseudonym(&before, 6).unwrap(), house.pseudonym(&after, 6).unwrap());
    assert!(old != new);
    let keyring = house.ttp.keyring();
    let seed = keyring.seed(domain(), 2).unwrap();
    let key = TtpKey::derive(&keyring.root().unwrap(), &seed, domain(), 2);
    assert!(key.rotate(&old) == new);
}

#[test]
fn without_a_list_that_was_taken_in_nobody_is_released() {
    let house = House::new(None);
    house.answer(&Sent::of(1, BatchPurpose::Exclude, &[7]));
    house.folder.delete_all(&format!("opt-out/{}/{}/", domain(), id(1))).unwrap();
    house.send(&Sent::of(2, BatchPurpose::Extract, &[6, 7]).sealed());
    let told = house.as_ttp(|ttp| ttp.pass(NOW)).unwrap_err().to_string();
    assert!(told.contains("is gone from the folder of the TTP"), "{told}");
    assert!(house.delivered().is_empty());
    assert!(!house.inbox.list("").unwrap().is_empty(), "the batch waits; it is not to blame");
}

#[test]
fn replaced_numbers_without_the_new_ones_are_refused_before_other_batches_lean_on_them() {
    let house = House::new(None);
    let without = Sent { by: "identity", ..Sent::of(1, BatchPurpose::Exclude, &[6]) };
    house.send(&without);
    let folder = format!("{}/", id(1));
    let mut read: Manifest = house.inbox.read_json(&format!("{folder}{MANIFEST}")).unwrap();
    read.purpose = BatchPurpose::Alias;
    read.write(&house.inbox, &folder, &house.parties["identity"]).unwrap();
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    house.answer(&Sent::of(2, BatchPurpose::Extract, &[6]));
}

#[test]
fn a_domain_whose_key_is_not_in_use_stops_no_other() {
    for state in [KeyState::Compromised, KeyState::Destroyed] {
        let house = House::new(None);
        house.ttp.keyring().set_state(SecretKind::Seed, domain(), 1, state).unwrap();
        house.send(&Sent::of(1, BatchPurpose::Extract, &[6]));
        assert_eq!(counts(&house.pass()), (0, 1, 0), "{state}");
        assert!(house.reasons()[0].starts_with("the key of the domain"), "{state}");
        assert!(house.delivered().is_empty());
    }
}

#[test]
fn a_freeze_that_died_before_it_was_written_down_is_written_down_by_the_next() {
    let house = House::new(None);
    let approval = "permit-1".parse().unwrap();
    let known = Domain::kept(&house.folder, domain()).unwrap();
    let frozen = FrozenOptOuts::freeze(&house.folder, &known, &approval).unwrap();
    for _ in 0..2 {
        assert_eq!(
            house.as_ttp(|ttp| ttp.freeze_opt_outs(domain(), &approval, NOW)).unwrap(),
            frozen
        );
    }
    let is_freeze = |event: &LedgerEvent| matches!(event, LedgerEvent::OptOutsFrozen { .. });
    assert_eq!(house.events().iter().filter(|event| is_freeze(event)).count(), 1);
}
