use std::{fs, path::Path};

use pipeline_domain::DomainId;

use super::*;
use crate::{
    FileVault, KeyState, PassphraseVault, SecretKind, VaultKind,
    passphrase::tests::{cheap, phrase},
};

const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another kind";

fn domain() -> DomainId {
    "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
}

/// A way to hold a keyring: `None` by a key in a file, or by a passphrase.
type Held = Option<&'static str>;

const WAYS: [(Held, Held); 4] =
    [(None, Some(NEW)), (Some(OLD), None), (None, None), (Some(OLD), Some(NEW))];

fn vault(held: Held) -> Box<dyn KeyVault> {
    match held {
        None => Box::new(FileVault::draw().unwrap()),
        Some(words) => Box::new(cheap(words)),
    }
}

fn open(folder: &Path, held: Held) -> Result<Keyring, KeyError> {
    match held {
        None => Keyring::open(folder),
        Some(words) => {
            let vault = PassphraseVault::open(folder, &phrase(words))?;
            Keyring::open_with(folder, Box::new(vault))
        }
    }
}

/// A folder with a key of every state and one of no domain, and what the keys are.
fn filled(held: Held) -> (tempfile::TempDir, Keyring, Vec<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::create_with(folder.path(), vault(held)).unwrap();
    keyring.root().unwrap();
    for (version, state) in (1..).zip(KeyState::ALL) {
        keyring.prepare_seed(domain(), version).unwrap();
        if state == KeyState::Retired {
            keyring.set_state(SecretKind::Seed, domain(), version, KeyState::Active).unwrap();
        }
        if state != KeyState::PreActive {
            keyring.set_state(SecretKind::Seed, domain(), version, state).unwrap();
        }
    }
    fs::write(folder.path().join("card.json"), "{}").unwrap();
    let keys = keys(&keyring);
    (folder, keyring, keys)
}

/// All that a keyring holds.
fn keys(keyring: &Keyring) -> Vec<Vec<u8>> {
    let names = files::names(&keyring.folder).unwrap();
    let keys = names.iter().filter_map(|name| {
        let label = wrapped_label(name)?;
        Some(keyring.unwrap(label, &keyring.folder.join(name)).unwrap().to_vec())
    });
    keys.collect()
}

/// Nothing half done is left, and each state is still what it was.
fn assert_whole(keyring: &Keyring, want: &[Vec<u8>], what: &str) {
    assert!(keys(keyring) == want, "{what}");
    let states: Vec<_> = keyring.list().unwrap().into_iter().map(|entry| entry.state).collect();
    assert_eq!(states, KeyState::ALL, "{what}");
    let names = files::names(&keyring.folder).unwrap();
    let left: Vec<_> = names.iter().filter(|name| aside(name).is_some()).collect();
    assert!(left.is_empty(), "{what}: {left:?}");
    let by_passphrase = keyring.folder.join(VAULT_FILE).exists();
    assert!(!by_passphrase || !keyring.folder.join(WRAP_FILE).exists(), "{what}: two vaults");
}

#[test]
fn all_keys_open_with_the_new_vault_and_none_with_the_old() {
    for (from, to) in WAYS {
        let what = format!("{from:?} to {to:?}");
        let (folder, mut keyring, want) = filled(from);
        let before = fs::read(folder.path().join("root.wrapped")).unwrap();
        let old = open(folder.path(), from).unwrap();
        keyring.rewrap(vault(to)).unwrap();
        assert_whole(&keyring, &want, &what);
        assert_whole(&open(folder.path(), to).unwrap(), &want, &what);

        for name in files::names(folder.path()).unwrap() {
            if let Some(label) = wrapped_label(&name) {
                let refused = old.unwrap(label, &folder.path().join(&name));
                assert!(matches!(refused, Err(KeyError::Unreadable(_))), "{what}: {name}");
            }
        }
        assert!(fs::read(folder.path().join("root.wrapped")).unwrap() != before);
        let refused = old.make_seed(domain(), 9);
        assert!(matches!(refused, Err(KeyError::OtherVault(_))), "{what}: a key would be lost");
        if from != to {
            assert!(open(folder.path(), from).is_err(), "{what}");
        }
        assert_eq!(fs::read(folder.path().join("card.json")).unwrap(), b"{}");
    }
}

#[test]
fn before_the_new_vault_is_installed_a_crash_leaves_the_old_keyring() {
    for (from, to) in WAYS {
        let files = filled(from).2.len();
        for written in 0..=files {
            let what = format!("{from:?} to {to:?}, {written} files aside");
            let (folder, keyring, want) = filled(from);
            let to = vault(to);
            keyring.wrap_aside(&*to).unwrap();
            let names = files::names(folder.path()).unwrap();
            for name in names.iter().filter(|name| aside(name).is_some()).skip(written) {
                fs::remove_file(folder.path().join(name)).unwrap();
            }
            assert!(Keyring::open_with(folder.path(), to).is_err(), "{what}");
            assert_whole(&open(folder.path(), from).unwrap(), &want, &what);
        }
    }
}

#[test]
fn after_it_is_installed_a_crash_leaves_the_new_keyring() {
    for (from, to) in WAYS {
        let files = filled(from).2.len();
        for placed in 0..=files {
            let what = format!("{from:?} to {to:?}, {placed} files placed");
            let (folder, keyring, want) = filled(from);
            let new = vault(to);
            keyring.wrap_aside(&*new).unwrap();
            new.install(folder.path()).unwrap();
            let names = files::names(folder.path()).unwrap();
            for name in names.iter().filter(|name| aside(name).is_some()).take(placed) {
                let (place, _) = aside(name).unwrap();
                fs::rename(folder.path().join(name), folder.path().join(place)).unwrap();
            }
            assert_whole(&open(folder.path(), to).unwrap(), &want, &what);
        }
    }
}

#[test]
fn a_crash_while_a_key_in_a_file_takes_over_leaves_the_passphrase() {
    let (folder, keyring, want) = filled(Some(OLD));
    keyring.wrap_aside(&*vault(None)).unwrap();
    // The file is there, and the record of the passphrase not yet gone.
    fs::write(folder.path().join(WRAP_FILE), [7; 32]).unwrap();
    assert_eq!(VaultKind::of(folder.path()), Some(VaultKind::Passphrase));
    assert_whole(&open(folder.path(), Some(OLD)).unwrap(), &want, "the passphrase");
}

#[test]
fn a_second_attempt_takes_nothing_over_from_one_that_a_crash_broke_off() {
    let (folder, mut keyring, _) = filled(None);
    let first = vault(Some(NEW));
    keyring.wrap_aside(&*first).unwrap();
    keyring.set_state(SecretKind::Seed, domain(), 2, KeyState::Destroyed).unwrap();
    keyring.rewrap(first).unwrap();
    let opened = open(folder.path(), Some(NEW)).unwrap();
    for keyring in [&keyring, &opened] {
        let state = keyring.state(SecretKind::Seed, domain(), 2).unwrap();
        assert_eq!(state, KeyState::Destroyed);
    }
    assert!(files::names(folder.path()).unwrap().iter().all(|name| aside(name).is_none()));
}

#[test]
fn where_one_file_cannot_be_opened_nothing_is_wrapped_anew() {
    let (folder, mut keyring, _) = filled(None);
    let path = folder.path().join("root.wrapped");
    let mut changed = fs::read(&path).unwrap();
    changed[20] ^= 1;
    fs::write(&path, changed).unwrap();
    assert!(matches!(keyring.rewrap(vault(Some(NEW))), Err(KeyError::Unreadable(_))));
    let opened = open(folder.path(), None).unwrap();
    assert_eq!(opened.list().unwrap().len(), KeyState::ALL.len());
}

#[test]
fn the_vault_that_holds_the_keys_already_changes_nothing() {
    let (folder, mut keyring, want) = filled(None);
    keyring.rewrap(Box::new(FileVault::open(folder.path()).unwrap())).unwrap();
    assert_whole(&keyring, &want, "the same vault");
}

#[test]
fn a_file_aside_is_known_by_the_mark_of_its_vault() {
    let cases = [
        ("root.wrapped.0123456789abcdef", Some(("root.wrapped", "0123456789abcdef"))),
        ("seed-x-v1.destroyed.0123456789abcdef", Some(("seed-x-v1.destroyed", "0123456789abcdef"))),
        ("root.wrapped", None),
        ("root.wrapped.0123456789abcde", None),
        ("root.wrapped.partial", None),
        ("card.json.0123456789abcdef", None),
    ];
    for (name, want) in cases {
        assert_eq!(aside(name), want, "{name}");
    }
}
