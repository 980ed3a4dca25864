//! Keys laid over pseudonyms the HDA has.

use super::*;

/// A permit's own domain.
fn permit() -> DomainId {
    "aaaaaaaa-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

fn other_permit() -> DomainId {
    "bbbbbbbb-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

/// What the HDA asks.
struct Asked {
    batch: u8,
    chain: Chain,
    version: u32,
    target: Option<DomainId>,
    by: &'static str,
}

impl Asked {
    fn first(batch: u8) -> Self {
        Self { batch, chain: Chain::FIRST, version: 1, target: None, by: "hda" }
    }

    fn of(batch: u8, target: DomainId) -> Self {
        Self { target: Some(target), ..Self::first(batch) }
    }
}

impl House {
    /// The HDA sends pseudonyms, under tokens that name their order; padded.
    fn ask(&self, asked: &Asked, pseudonyms: &[Pseudonym]) {
        let _entered = self.runtime.enter();
        let mut rows = pseudonyms.to_vec();
        for nobody in rows.len()..1024 {
            let mut random = [0xee; 32];
            random[..8].copy_from_slice(&nobody.to_be_bytes());
            rows.push(Pseudonym::new(random));
        }
        let tokens: Vec<_> = (0..rows.len()).map(token).collect();
        let column = |bytes: Vec<&[u8]>| -> ArrayRef {
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes.into_iter()).unwrap())
        };
        let columns = vec![
            column(tokens.iter().map(|token| &token.as_bytes()[..]).collect()),
            column(rows.iter().map(|pseudonym| &pseudonym.as_bytes()[..]).collect()),
        ];
        let (folder, schema) = (format!("{}/", id(asked.batch)), wire::link_schema());
        let mut sink =
            ParquetSink::create(&self.inbox, &folder, wire::ID_FILE, Arc::clone(&schema)).unwrap();
        sink.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        let manifest = Manifest {
            format: Manifest::format(),
            batch_id: id(asked.batch),
            domain: domain(),
            key_version: asked.version,
            target: asked.target,
            holder: name(asked.by),
            signed_by: name(asked.by),
            purpose: BatchPurpose::Rekey,
            mode: BatchMode::Append,
            chain: asked.chain,
            release: Release::Bulk,
            payload_root: None,
            files: vec![sink.finish().unwrap()],
            removed: None,
            not_after: NOW + Duration::days(1),
            created: NOW,
            software: "test".to_owned(),
        };
        manifest.write(&self.inbox, &folder, &self.parties[asked.by]).unwrap();
    }

    /// What came back for each of these, in their order.
    fn rekeyed(&self, asked: &Asked, pseudonyms: &[Pseudonym]) -> Vec<Option<Pseudonym>> {
        self.ask(asked, pseudonyms);
        assert_eq!(counts(&self.pass()), (1, 0, 0), "{:?}", self.reasons());
        let linked = self.linked(asked.batch);
        (0..pseudonyms.len()).map(|row| linked.get(&token(row)).map(|row| row.0)).collect()
    }

    /// The pseudonyms of these people, from a batch of their hospital.
    fn known(&self, sent: &Sent) -> Vec<Pseudonym> {
        self.answer(sent);
        sent.people.iter().map(|person| self.pseudonym(sent, *person).unwrap()).collect()
    }

    fn open_permit(&self, permit: DomainId) {
        let opened = Domain {
            domain: permit,
            key_version: 1,
            first_version: None,
            source: Some(domain()),
            holders: Vec::new(),
            quota: None,
            release: None,
        };
        self.as_ttp(|ttp| ttp.open_domain(&opened, NOW).unwrap());
    }
}

fn token(row: usize) -> RowToken {
    let mut token = [0; 16];
    token[..8].copy_from_slice(&row.to_be_bytes());
    RowToken::new(token)
}

#[test]
fn what_the_hda_has_is_carried_over_a_rotation_and_meets_who_arrives_after_it() {
    let house = House::new(None);
    let before = house.known(&Sent::of(1, BatchPurpose::Extract, &[6, 7]));
    for _ in 0..2 {
        house.as_ttp(|ttp| ttp.rotate_key(domain(), NOW).unwrap());
    }
    let rekeyed = house.rekeyed(&Asked::first(9), &before);
    let chain = Chain::after(1, ledgered(&house, 1));
    let arrived = house.known(&Sent { chain, ..Sent::of(2, BatchPurpose::Extract, &[7, 6]) });
    assert!(rekeyed == [Some(arrived[1]), Some(arrived[0])], "people, not numbers, are linked");
    assert!(rekeyed != before.iter().copied().map(Some).collect::<Vec<_>>());

    // What has the version in use already is left as it is.
    let chain = Chain::after(1, ledgered(&house, 9));
    let again = Asked { chain, version: 3, ..Asked::first(10) };
    assert!(house.rekeyed(&again, &arrived) == [Some(arrived[0]), Some(arrived[1])]);
}

#[test]
fn two_permits_have_pseudonyms_that_nothing_links() {
    let house = House::new(None);
    let standing = house.known(&Sent::of(1, BatchPurpose::Extract, &[6, 7]));
    house.open_permit(permit());
    house.open_permit(other_permit());
    let one = house.rekeyed(&Asked::of(8, permit()), &standing);
    let chain = Chain::after(1, ledgered(&house, 8));
    let other = house.rekeyed(&Asked { chain, ..Asked::of(9, other_permit()) }, &standing);
    let all: std::collections::BTreeSet<_> =
        one.iter().chain(&other).flatten().chain(&standing).collect();
    assert_eq!(all.len(), 6, "each person has another pseudonym in each of the three");

    // The same again gives the same: an extract can be renewed.
    let chain = Chain::after(2, ledgered(&house, 9));
    assert!(house.rekeyed(&Asked { chain, ..Asked::of(10, permit()) }, &standing) == one);
}

#[test]
fn without_the_seed_of_a_permit_its_pseudonyms_cannot_be_made_again() {
    let house = House::new(None);
    let standing = house.known(&Sent::of(1, BatchPurpose::Extract, &[6]));
    house.open_permit(permit());
    let made = house.rekeyed(&Asked::of(8, permit()), &standing);
    let keyring = house.ttp.keyring();
    keyring.destroy(SecretKind::Seed, permit(), 1).unwrap();

    let chain = Chain::after(1, ledgered(&house, 8));
    let again = Asked { chain, ..Asked::of(9, permit()) };
    house.ask(&again, &standing);
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    assert!(house.reasons()[0].contains("is not in use"), "{:?}", house.reasons());
    assert!(keyring.make_seed(permit(), 1).is_err(), "a destroyed version is never made again");

    // All that is left, the root and every other seed, gives another pseudonym.
    let root = keyring.root().unwrap();
    let left = keyring.seed(domain(), 1).unwrap();
    for version in 0..4 {
        let key = TtpKey::derive(&root, &left, permit(), version);
        assert!(Some(key.rotate(&standing[0])) != made[0], "version {version}");
    }
    // The standing tables live on.
    let chain = Chain::after(1, ledgered(&house, 8));
    let renewed = house.rekeyed(&Asked { chain, ..Asked::first(10) }, &standing);
    assert!(renewed == [Some(standing[0])]);
}

#[test]
fn who_opted_out_since_is_left_out_and_who_has_a_new_number_goes_on_under_it() {
    let house = House::new(None);
    let standing = house.known(&Sent::of(1, BatchPurpose::Extract, &[6, 7, 8, 9]));
    house.answer(&Sent::of(2, BatchPurpose::Exclude, &[7]));
    house.answer(&Sent { became: vec![9], ..Sent::of(3, BatchPurpose::Alias, &[8]) });
    let renewed = house.rekeyed(&Asked::first(9), &standing);
    let want = [Some(standing[0]), None, Some(standing[3]), Some(standing[3])];
    assert!(renewed == want);
    let answered = house.events().into_iter().rev().find_map(|event| match event {
        LedgerEvent::BatchAnswered { purpose: BatchPurpose::Rekey, opt_outs, .. } => Some(opt_outs),
        _ => None,
    });
    assert_eq!(answered, Some(vec![id(2)]), "the ledger says which opt-outs held");
}

#[test]
fn a_permit_runs_on_the_opt_outs_of_its_approval() {
    let house = House::new(None);
    let standing = house.known(&Sent::of(1, BatchPurpose::Extract, &[6, 7, 8]));
    house.answer(&Sent::of(2, BatchPurpose::Exclude, &[7]));
    house.open_permit(permit());
    house.as_ttp(|ttp| ttp.freeze_opt_outs(permit(), &"permit-1".parse().unwrap(), NOW)).unwrap();
    let chain = Chain::after(1, ledgered(&house, 2));
    house.answer(&Sent { chain, ..Sent::of(3, BatchPurpose::Exclude, &[8]) });

    let given = house.rekeyed(&Asked::of(8, permit()), &standing);
    assert_eq!(given.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
    let chain = Chain::after(1, ledgered(&house, 8));
    let renewed = house.rekeyed(&Asked { chain, ..Asked::first(9) }, &standing);
    assert_eq!(renewed.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn what_must_not_be_re_keyed_is_refused_with_nothing_delivered() {
    let house = House::new(None);
    let standing = house.known(&Sent::of(1, BatchPurpose::Extract, &[6]));
    let cases = [
        (Asked { by: "hospital", ..Asked::first(8) }, "its sender may not send"),
        (Asked { version: 2, ..Asked::first(8) }, "no version 2"),
        (Asked { version: 0, ..Asked::first(8) }, "no version 0"),
        (Asked::of(8, permit()), "is not served by this TTP"),
        (Asked::of(8, domain()), "is not laid over the one"),
        (Asked { chain: Chain::after(1, Sha256Digest::of(b"x")), ..Asked::first(8) }, "waits"),
    ];
    for (asked, want) in cases {
        let delivered = house.delivered();
        house.ask(&asked, &standing);
        let pass = house.pass();
        if want == "waits" {
            assert_eq!(counts(&pass), (0, 0, 1));
        } else {
            assert_eq!(counts(&pass), (0, 1, 0), "{want}");
            let told = house.reasons().pop().unwrap();
            assert!(told.contains(want), "{told}");
        }
        assert_eq!(house.delivered(), delivered, "{want}");
    }
}

#[test]
fn nobody_extracts_for_a_domain_that_is_laid_over_another() {
    let house = House::new(None);
    house.open_permit(permit());
    let mut sent = Sent::of(1, BatchPurpose::Extract, &[6]);
    sent.domain = permit();
    house.send(&sent);
    assert_eq!(counts(&house.pass()), (0, 1, 0));
    assert!(house.delivered().is_empty());
}

#[test]
fn a_domain_that_is_open_keeps_its_key_whatever_is_said_again() {
    let house = House::new(None);
    house.as_ttp(|ttp| ttp.rotate_key(domain(), NOW).unwrap());
    let kept = Domain::kept(&house.folder, domain()).unwrap();
    let said = Domain { key_version: 1, first_version: None, quota: Some(9000), ..kept.clone() };
    let now = house.as_ttp(|ttp| ttp.open_domain(&said, NOW).unwrap());
    assert_eq!(now, Domain { quota: Some(9000), ..kept.clone() });
    for said in [
        Domain { key_version: 7, ..kept.clone() },
        Domain { source: Some(permit()), ..kept.clone() },
    ] {
        assert!(house.as_ttp(|ttp| ttp.open_domain(&said, NOW)).is_err());
    }
    assert_eq!(Domain::kept(&house.folder, domain()).unwrap(), now);
    let unknown = Domain { domain: permit(), source: Some(other_permit()), ..kept };
    let told = house.as_ttp(|ttp| ttp.open_domain(&unknown, NOW)).unwrap_err().to_string();
    assert!(told.contains("is not served"), "{told}");
}
