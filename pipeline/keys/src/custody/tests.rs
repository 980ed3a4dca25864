use super::*;
use crate::{
    IdType, TtpKey,
    passphrase::tests::{cheap, phrase},
    vault::WRAP_FILE,
};

const SEED: SecretKind = SecretKind::Seed;

fn domain() -> DomainId {
    "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

fn bytes(first: u8) -> Secret {
    Secret::new(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
}

fn keyring() -> (tempfile::TempDir, Keyring) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::create(folder.path()).unwrap();
    (folder, keyring)
}

fn seed_file(keyring: &Keyring, version: u32) -> PathBuf {
    keyring.path(&label(SEED, Some((domain(), version))), KEY)
}

/// Brings a new seed into a state.
fn seed_in(keyring: &Keyring, version: u32, state: KeyState) {
    keyring.prepare_seed(domain(), version).unwrap();
    let way: &[KeyState] = match state {
        KeyState::PreActive => &[],
        KeyState::Active => &[KeyState::Active],
        KeyState::Retired => &[KeyState::Active, KeyState::Retired],
        KeyState::Compromised => &[KeyState::Compromised],
        KeyState::Destroyed => &[KeyState::Destroyed],
    };
    for state in way {
        keyring.set_state(SEED, domain(), version, *state).unwrap();
    }
}

#[test]
fn a_key_comes_back_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let key = HolderKey::random().unwrap();
    let keyring = Keyring::create(folder.path()).unwrap();
    keyring.keep_holder_key(domain(), 1, &key).unwrap();

    let again = Keyring::open(folder.path()).unwrap().holder_key(domain(), 1).unwrap();
    let tag = |key: &HolderKey| key.tag(IdType::Inss, b"93051822361");
    assert_eq!(tag(&again), tag(&key));
    assert!(matches!(Keyring::create(folder.path()), Err(KeyError::AlreadyThere(_))));
    assert!(matches!(keyring.keep_holder_key(domain(), 1, &key), Err(KeyError::AlreadyThere(_))));
}

#[test]
fn no_key_lies_in_clear_and_none_stands_for_another() {
    let (_folder, keyring) = keyring();
    keyring.make_seed(domain(), 1).unwrap();
    let seed = keyring.seed(domain(), 1).unwrap();
    let bytes = fs::read(seed_file(&keyring, 1)).unwrap();
    assert!(!bytes.windows(32).any(|window| window == seed.0.expose()));

    fs::copy(seed_file(&keyring, 1), seed_file(&keyring, 2)).unwrap();
    assert!(matches!(keyring.seed(domain(), 2), Err(KeyError::Unreadable(_))));
}

#[test]
fn a_changed_key_file_is_refused_in_every_state() {
    for state in [KeyState::PreActive, KeyState::Active, KeyState::Retired, KeyState::Compromised] {
        let (_folder, keyring) = keyring();
        seed_in(&keyring, 1, state);
        let path = seed_file(&keyring, 1);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            let cut = &whole[..at];
            for bytes in [changed.as_slice(), cut] {
                fs::write(&path, bytes).unwrap();
                let refused = keyring.state(SEED, domain(), 1);
                assert!(matches!(refused, Err(KeyError::Unreadable(_))), "{state}, byte {at}");
                assert!(matches!(keyring.seed(domain(), 1), Err(KeyError::Unreadable(_))));
            }
        }
    }
}

#[test]
fn a_folder_from_before_there_were_vaults_and_states_opens() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrap.key"), [7; 32]).unwrap();
    // The seed 40..5f, as the release before this one wrapped it.
    let wrapped = hex::decode(OLD_SEED).unwrap();
    let name = "seed-00112233-4455-6677-8899-aabbccddeeff-v1.wrapped";
    fs::write(folder.path().join(name), wrapped).unwrap();

    let keyring = Keyring::open(folder.path()).unwrap();
    assert_eq!(keyring.seed(domain(), 1).unwrap().0.expose(), bytes(0x40).expose());
    assert_eq!(keyring.state(SEED, domain(), 1).unwrap(), KeyState::Active);
}

/// AES-256-GCM under the key 07.. with the nonce 00 01 .. 0b and the file's name as additional data.
const OLD_SEED: &str = "000102030405060708090a0b58c0ab33594c9f0e3ffbafd7ae1522b5b16de4dd4c3721664e9739e1d28a335af344812412c316884f6cfa001dbbeb68";

#[test]
fn an_active_key_lies_in_its_file_as_it_did_before_there_were_states() {
    let (_folder, keyring) = keyring();
    keyring.make_seed(domain(), 1).unwrap();
    assert_eq!(fs::read(seed_file(&keyring, 1)).unwrap().len(), 12 + 32 + 16);
}

#[test]
fn only_the_owner_reads_a_key_file() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let (folder, keyring) = keyring();
        keyring.make_seed(domain(), 1).unwrap();
        seed_in(&keyring, 2, KeyState::Destroyed);
        for name in files::names(folder.path()).unwrap() {
            let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn a_keyring_under_a_passphrase_opens_with_it_and_with_nothing_else() {
    use crate::PassphraseVault;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(VaultKind::of(folder.path()), None);
    let vault = Box::new(cheap("correct horse battery"));
    let keyring = Keyring::create_with(folder.path(), vault).unwrap();
    keyring.make_seed(domain(), 1).unwrap();
    let seed = keyring.seed(domain(), 1).unwrap();

    assert_eq!(VaultKind::of(folder.path()), Some(VaultKind::Passphrase));
    assert!(Keyring::is_in(folder.path()) && !folder.path().join(WRAP_FILE).exists());
    let open = |text: &str| PassphraseVault::open(folder.path(), &phrase(text));
    assert!(matches!(open("correct horse Battery"), Err(KeyError::WrongPassphrase)));
    let opened = Box::new(open("correct horse battery").unwrap());
    let opened = Keyring::open_with(folder.path(), opened).unwrap();
    assert_eq!(opened.seed(domain(), 1).unwrap().0.expose(), seed.0.expose());

    assert!(matches!(Keyring::open(folder.path()), Err(KeyError::NeedsPassphrase(_))));
    assert!(matches!(Keyring::create(folder.path()), Err(KeyError::AlreadyThere(_))));
    let others = Box::new(cheap("correct horse battery"));
    let others = Keyring::open_with(folder.path(), others);
    assert!(matches!(others, Err(KeyError::OtherVault(_))), "the same words, another salt");
    // A key in a file that somebody lays beside the keys counts for nothing.
    fs::write(folder.path().join(WRAP_FILE), [7; 32]).unwrap();
    assert!(matches!(Keyring::open(folder.path()), Err(KeyError::NeedsPassphrase(_))));
}

#[test]
fn a_key_goes_from_state_to_state_by_this_table_and_no_other_way() {
    use KeyState::{Active, Compromised, Destroyed, PreActive, Retired};
    let ways = [
        (PreActive, &[Active, Compromised, Destroyed][..]),
        (Active, &[Retired, Compromised, Destroyed]),
        (Retired, &[Compromised, Destroyed]),
        (Compromised, &[Destroyed]),
        (Destroyed, &[]),
    ];
    let (_folder, keyring) = keyring();
    let mut version = 0;
    for (from, allowed) in ways {
        for to in KeyState::ALL {
            version += 1;
            seed_in(&keyring, version, from);
            let done = keyring.set_state(SEED, domain(), version, to);
            let state = keyring.state(SEED, domain(), version).unwrap();
            if allowed.contains(&to) {
                done.unwrap();
                assert_eq!(state, to, "{from} to {to}");
                continue;
            }
            match done.unwrap_err() {
                KeyError::NoSuchChange { from: stood, to: asked, .. } => {
                    assert_eq!((stood, asked), (from, to));
                }
                KeyError::Destroyed(_) => assert_eq!(from, Destroyed),
                other => panic!("{from} to {to}: {other}"),
            }
            assert_eq!(state, from, "{from} to {to}");
        }
    }
}

#[test]
fn what_a_key_serves_for_depends_on_its_state() {
    use KeyState::{Active, Compromised, Destroyed, PreActive, Retired};
    let cases = [
        (PreActive, "is pre-active", "is pre-active"),
        (Active, "given", "given"),
        (Retired, "given", "given"),
        (Compromised, "is compromised", "given"),
        (Destroyed, "was destroyed", "was destroyed"),
    ];
    let told = |seed: Result<Seed, KeyError>| {
        seed.map_or_else(|error| error.to_string(), |_| "given".to_owned())
    };
    for (state, for_use, for_rotation) in cases {
        let (_folder, keyring) = keyring();
        seed_in(&keyring, 1, state);
        let seed = told(keyring.seed(domain(), 1));
        assert!(seed.contains(for_use), "{state}: {seed}");
        let seed = told(keyring.seed_for_rotation(domain(), 1));
        assert!(seed.contains(for_rotation), "{state}, for rotation: {seed}");

        let key = HolderKey::random().unwrap();
        keyring.keep_holder_key(domain(), 1, &key).unwrap();
        if Active.may_become(state) {
            keyring.set_state(SecretKind::HolderKey, domain(), 1, state).unwrap();
            let given = keyring.holder_key(domain(), 1);
            assert_eq!(given.is_ok(), state == Retired, "K1, {state}");
        }
    }
}

#[test]
fn a_key_of_the_holders_waits_for_its_activation() {
    let (_folder, keyring) = keyring();
    let key = HolderKey::random().unwrap();
    keyring.prepare_holder_key(domain(), 1, &key).unwrap();
    assert!(matches!(keyring.holder_key(domain(), 1), Err(KeyError::PreActive(_))));
    keyring.set_state(SecretKind::HolderKey, domain(), 1, KeyState::Active).unwrap();
    let given = keyring.holder_key(domain(), 1).unwrap();
    assert_eq!(given.tag(IdType::Inss, b"x"), key.tag(IdType::Inss, b"x"));
}

#[test]
fn a_state_outlives_the_process_and_changes_no_key() {
    let (folder, keyring) = keyring();
    keyring.make_seed(domain(), 1).unwrap();
    let seed = keyring.seed(domain(), 1).unwrap();
    keyring.set_state(SEED, domain(), 1, KeyState::Retired).unwrap();
    keyring.make_seed(domain(), 1).unwrap();
    let opened = Keyring::open(folder.path()).unwrap();
    assert_eq!(opened.state(SEED, domain(), 1).unwrap(), KeyState::Retired);
    assert_eq!(opened.seed(domain(), 1).unwrap().0.expose(), seed.0.expose());
}

#[test]
fn a_destroyed_key_is_gone_and_its_version_is_never_made_again() {
    let (folder, keyring) = keyring();
    let key = HolderKey::random().unwrap();
    keyring.make_seed(domain(), 1).unwrap();
    keyring.keep_holder_key(domain(), 1, &key).unwrap();
    keyring.destroy(SEED, domain(), 1).unwrap();
    keyring.destroy(SecretKind::HolderKey, domain(), 1).unwrap();

    for keyring in [&keyring, &Keyring::open(folder.path()).unwrap()] {
        assert!(!seed_file(keyring, 1).exists() && !keyring.has(SEED, domain(), 1));
        let refused: [(&str, Result<(), KeyError>); 8] = [
            ("seed", keyring.seed(domain(), 1).map(drop)),
            ("for rotation", keyring.seed_for_rotation(domain(), 1).map(drop)),
            ("make", keyring.make_seed(domain(), 1)),
            ("prepare", keyring.prepare_seed(domain(), 1)),
            ("destroy", keyring.destroy(SEED, domain(), 1)),
            ("K1", keyring.holder_key(domain(), 1).map(drop)),
            ("keep K1", keyring.keep_holder_key(domain(), 1, &key)),
            ("activate", keyring.set_state(SEED, domain(), 1, KeyState::Active)),
        ];
        for (what, result) in refused {
            assert!(matches!(result, Err(KeyError::Destroyed(_))), "{what}");
        }
        assert_eq!(keyring.state(SEED, domain(), 1).unwrap(), KeyState::Destroyed);
    }
    keyring.make_seed(domain(), 2).unwrap();
}

#[test]
fn a_destruction_that_a_crash_broke_off_counts_and_is_brought_to_its_end() {
    let (folder, keyring) = keyring();
    keyring.make_seed(domain(), 1).unwrap();
    let kept = fs::read(seed_file(&keyring, 1)).unwrap();
    keyring.destroy(SEED, domain(), 1).unwrap();
    fs::write(seed_file(&keyring, 1), kept).unwrap();
    assert!(matches!(keyring.seed(domain(), 1), Err(KeyError::Destroyed(_))));
    assert!(!keyring.has(SEED, domain(), 1));
    Keyring::open(folder.path()).unwrap();
    assert!(!seed_file(&keyring, 1).exists());
}

#[test]
fn nobody_else_writes_a_tombstone() {
    let (folder, keyring) = keyring();
    keyring.make_seed(domain(), 1).unwrap();
    seed_in(&keyring, 2, KeyState::Destroyed);
    let tombstone = |version| keyring.path(&label(SEED, Some((domain(), version))), TOMBSTONE);
    let whole = fs::read(tombstone(2)).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(tombstone(2), changed).unwrap();
        assert!(matches!(keyring.state(SEED, domain(), 2), Err(KeyError::Unreadable(_))));
    }
    fs::write(tombstone(1), whole).unwrap();
    assert!(matches!(keyring.seed(domain(), 1), Err(KeyError::Unreadable(_))));
    // Nor does it make the key be overwritten when the folder is opened.
    Keyring::open(folder.path()).unwrap();
    fs::remove_file(tombstone(1)).unwrap();
    keyring.seed(domain(), 1).unwrap();
}

/// The values of the own chain: root 20..3f, seed 40..5f.
#[test]
fn what_a_destroyed_seed_gave_cannot_be_computed_again_not_even_from_a_copy_without_it() {
    let (folder, keyring) = keyring();
    keyring.keep(SecretKind::Root, None, &bytes(0x20), KeyState::Active).unwrap();
    keyring.keep(SEED, Some((domain(), 1)), &bytes(0x40), KeyState::Active).unwrap();
    let tag = HolderKey::from_secret(bytes(0x00)).tag(IdType::Inss, b"93051822361");
    let pseudonym = |keyring: &Keyring, version| {
        let (root, seed) = (keyring.root().unwrap(), keyring.seed(domain(), version).unwrap());
        hex::encode(TtpKey::derive(&root, &seed, domain(), 1).pseudonym(&tag).as_bytes())
    };
    let written = "86d2cbd8381fe7720151f2e6cf7edea17db46b0f33a5f578d52ef3e96750bcf5";
    assert_eq!(pseudonym(&keyring, 1), written);

    let copy = tempfile::tempdir().unwrap();
    for name in files::names(folder.path()).unwrap() {
        if !name.starts_with("seed-") {
            fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
        }
    }
    keyring.destroy(SEED, domain(), 1).unwrap();
    // A new seed under the same root gives another key, even derived for the same version.
    keyring.make_seed(domain(), 2).unwrap();
    assert_ne!(pseudonym(&keyring, 2), written);

    let copy = Keyring::open(copy.path()).unwrap();
    assert_eq!(copy.root().unwrap().0.expose(), bytes(0x20).expose());
    assert!(matches!(copy.seed(domain(), 1), Err(KeyError::Missing(_))));
    copy.make_seed(domain(), 1).unwrap();
    assert_ne!(pseudonym(&copy, 1), written);
}

#[test]
fn the_list_names_every_key_of_a_domain_and_nothing_else() {
    let (folder, keyring) = keyring();
    keyring.root().unwrap();
    keyring.keep_holder_key(domain(), 1, &HolderKey::random().unwrap()).unwrap();
    seed_in(&keyring, 1, KeyState::Destroyed);
    seed_in(&keyring, 2, KeyState::Retired);
    seed_in(&keyring, 10, KeyState::PreActive);
    for stranger in ["card.json", "seed-of-nothing-v1.wrapped", "notes.wrapped", "seed.partial"] {
        fs::write(folder.path().join(stranger), "{}").unwrap();
    }
    let entry = |kind, version, state| KeyEntry { kind, domain: domain(), version, state };
    let want = [
        entry(SecretKind::HolderKey, 1, KeyState::Active),
        entry(SEED, 1, KeyState::Destroyed),
        entry(SEED, 2, KeyState::Retired),
        entry(SEED, 10, KeyState::PreActive),
    ];
    assert_eq!(keyring.list().unwrap(), want);
}

#[test]
fn a_key_that_was_never_made_has_no_state() {
    let (_folder, keyring) = keyring();
    assert!(matches!(keyring.state(SEED, domain(), 1), Err(KeyError::Missing(_))));
    assert!(matches!(keyring.destroy(SEED, domain(), 1), Err(KeyError::Missing(_))));
    keyring.make_seed(domain(), 1).unwrap();
}

#[test]
fn workers_that_ask_for_a_seed_at_once_get_the_same() {
    let (folder, _keyring) = keyring();
    let seeds: Vec<_> = std::thread::scope(|scope| {
        let worker = || {
            let keyring = Keyring::open(folder.path()).unwrap();
            keyring.make_seed(domain(), 1).unwrap();
            *keyring.seed(domain(), 1).unwrap().0.expose()
        };
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(seeds.iter().all(|seed| *seed == seeds[0]));
}
