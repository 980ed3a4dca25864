//! A vault that opens with a passphrase: Argon2id (RFC 9106), with its parameters beside the keys.

use std::{io, io::BufRead, path::Path};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    KeyError, KeyVault, VaultMark, files,
    keyed_hash::OneBlock,
    random_bytes,
    secret::{Secret, hidden},
    vault::{VAULT_FILE, Wrapping, mark},
};

/// As long as a password must be that stands alone (NIST SP 800-63B-4, section 3.1.1.2).
const SHORTEST: usize = 15;
const LONGEST: usize = 1024;

/// The second recommended option of RFC 9106, section 4: 64 MiB, three passes, four lanes.
const COST: Cost = Cost { memory_kib: 65_536, passes: 3, lanes: 4 };
/// No folder makes this machine spend more than that before the passphrase is even known.
const MOST: Cost = Cost { memory_kib: 1_048_576, passes: 16, lanes: 16 };

/// A passphrase, wiped when it is dropped.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// A key that grows from a passphrase.
pub struct PassphraseVault {
    record: Record,
    key: Secret,
    wrapping: Wrapping,
}

/// What lies beside the keys: all that is needed but the passphrase.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Record {
    format: Format,
    cost: Cost,
    salt: String,
    /// Tells a wrong passphrase from a changed file of keys.
    check: String,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
enum Format {
    #[serde(rename = "argon2id-v19")]
    Argon2id,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Passphrase {
    /// A passphrase, byte for byte as it was typed.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The first line of a file or a terminal, without its end.
    pub fn read(from: impl BufRead) -> io::Result<Self> {
        // Room for all of it from the start: a vector that grows leaves its bytes behind.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
        for byte in from.bytes() {
            match byte? {
                b'\n' => break,
                _ if line.len() == LONGEST => return Err(io::ErrorKind::FileTooLarge.into()),
                byte => line.push(byte),
            }
        }
        if line.ends_with(b"\r") {
            line.pop();
        }
        Ok(Self(line))
    }
}

impl PassphraseVault {
    /// A vault with a salt of its own, which lies nowhere yet.
    pub fn new(passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::with_cost(passphrase, COST)
    }

    fn with_cost(passphrase: &Passphrase, cost: Cost) -> Result<Self, KeyError> {
        if passphrase.0.len() < SHORTEST {
            return Err(KeyError::ShortPassphrase { shortest: SHORTEST });
        }
        let salt: [u8; 16] = random_bytes()?;
        let grown = grow(passphrase, &salt, cost).ok_or(KeyError::TooCostly)?;
        let record = Record {
            format: Format::Argon2id,
            cost,
            salt: hex::encode(salt),
            check: hex::encode(check(&grown)),
        };
        Ok(Self::grown(record, &grown))
    }

    /// The vault of this folder, where the passphrase is the right one.
    pub fn open(folder: &Path, passphrase: &Passphrase) -> Result<Self, KeyError> {
        let path = folder.join(VAULT_FILE);
        let record = Record::read(&path)?;
        let unreadable = || KeyError::Unreadable(path.clone());
        let salt = hex::decode(&record.salt).ok().filter(|salt| hex::encode(salt) == record.salt);
        let salt = salt.ok_or_else(unreadable)?;
        let grown = grow(passphrase, &salt, record.cost).ok_or_else(unreadable)?;
        // Who can compare the two has both already, so the time it takes tells nothing.
        if hex::encode(check(&grown)) != record.check {
            return Err(KeyError::WrongPassphrase);
        }
        Ok(Self::grown(record, &grown))
    }

    fn grown(record: Record, grown: &OneBlock) -> Self {
        let key = Secret::new(grown.of(0x34, &[]));
        Self { record, wrapping: Wrapping::new(&key), key }
    }
}

impl KeyVault for PassphraseVault {
    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.wrapping.wrap(label, secret)
    }

    fn unwrap(&self, label: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.wrapping.unwrap(label, wrapped)
    }

    fn mark(&self) -> VaultMark {
        mark(&self.key)
    }

    fn is_installed(&self, folder: &Path) -> bool {
        Record::read(&folder.join(VAULT_FILE)).is_ok_and(|record| record == self.record)
    }

    fn install(&self, folder: &Path) -> Result<(), KeyError> {
        files::write_private(&folder.join(VAULT_FILE), self.record.text().as_bytes())
    }
}

impl Record {
    fn read(path: &Path) -> Result<Self, KeyError> {
        serde_json::from_slice(&files::read(path)?)
            .map_err(|_| KeyError::Unreadable(path.to_owned()))
    }

    fn text(&self) -> String {
        #[expect(clippy::expect_used, reason = "numbers and words are always JSON")]
        let text = serde_json::to_string_pretty(self).expect("a record as JSON");
        text + "\n"
    }
}

/// What grows from a passphrase, or nothing where the parameters are none or too much to bear.
fn grow(passphrase: &Passphrase, salt: &[u8], cost: Cost) -> Option<OneBlock> {
    let bearable = cost.memory_kib <= MOST.memory_kib
        && cost.passes <= MOST.passes
        && cost.lanes <= MOST.lanes;
    if !bearable {
        return None;
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).ok()?;
    let mut grown = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(&passphrase.0, salt, &mut *grown)
        .ok()?;
    Some(OneBlock::new(&grown))
}

fn check(grown: &OneBlock) -> [u8; 16] {
    let mut check = [0; 16];
    check.copy_from_slice(&grown.of(0x35, &[])[..16]);
    check
}

hidden!(Passphrase, PassphraseVault);

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;

    /// A vault as ours in all but its cost, so that tests can open hundreds.
    pub(crate) fn cheap(passphrase: &str) -> PassphraseVault {
        let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        PassphraseVault::with_cost(&phrase(passphrase), cost).unwrap()
    }

    pub(crate) fn phrase(text: &str) -> Passphrase {
        Passphrase::new(text.as_bytes().to_vec())
    }

    #[test]
    fn the_right_passphrase_opens_and_a_wrong_one_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let made = PassphraseVault::new(&phrase("correct horse battery")).unwrap();
        made.install(folder.path()).unwrap();
        let wrapped = made.wrap("seed", b"secret").unwrap();
        let opened = PassphraseVault::open(folder.path(), &phrase("correct horse battery"));
        let opened = opened.unwrap();
        assert_eq!(opened.unwrap("seed", &wrapped).unwrap().as_slice(), b"secret");
        assert!(opened.mark() == made.mark() && opened.is_installed(folder.path()));

        let wrong = PassphraseVault::open(folder.path(), &phrase("correct horse batterY"));
        let wrong = wrong.unwrap_err();
        assert!(matches!(wrong, KeyError::WrongPassphrase));
        assert_eq!(wrong.to_string(), "the passphrase does not open this keyring");
    }

    #[test]
    fn the_cost_is_the_second_option_of_rfc_9106_and_stands_beside_the_keys() {
        let folder = tempfile::tempdir().unwrap();
        PassphraseVault::new(&phrase("correct horse battery"))
            .unwrap()
            .install(folder.path())
            .unwrap();
        let text = fs::read_to_string(folder.path().join(VAULT_FILE)).unwrap();
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(record["format"], "argon2id-v19");
        let cost = serde_json::json!({"memory_kib": 64 * 1024, "passes": 3, "lanes": 4});
        assert_eq!(record["cost"], cost);
        assert_eq!(record["salt"].as_str().unwrap().len(), 32);
    }

    #[test]
    fn the_same_passphrase_grows_into_other_keys_in_another_folder() {
        let (one, other) = (cheap("correct horse battery"), cheap("correct horse battery"));
        assert!(one.mark() != other.mark() && one.record.salt != other.record.salt);
        let wrapped = one.wrap("seed", b"secret").unwrap();
        assert!(other.unwrap("seed", &wrapped).is_err());
    }

    #[test]
    fn a_changed_record_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(VAULT_FILE);
        cheap("correct horse battery").install(folder.path()).unwrap();
        let whole = fs::read(&path).unwrap();
        let open = || PassphraseVault::open(folder.path(), &phrase("correct horse battery"));
        open().unwrap();
        for at in 0..whole.len() {
            // The case of a digit, the digit itself, and anything but a digit.
            for bit in [0x20, 0x01, 0x80] {
                let mut changed = whole.clone();
                changed[at] ^= bit;
                fs::write(&path, changed).unwrap();
                let refused = open().unwrap_err();
                let told = matches!(refused, KeyError::Unreadable(_) | KeyError::WrongPassphrase);
                assert!(told, "byte {at}, bit {bit:02x}");
            }
        }
    }

    #[test]
    fn a_record_that_asks_for_too_much_is_refused_before_anything_is_spent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(VAULT_FILE);
        for cost in [
            Cost { memory_kib: u32::MAX, ..COST },
            Cost { passes: u32::MAX, ..COST },
            Cost { lanes: 17, ..COST },
            Cost { memory_kib: 0, passes: 0, lanes: 0 },
        ] {
            let record = Record { cost, ..cheap("correct horse battery").record };
            fs::write(&path, record.text()).unwrap();
            let refused = PassphraseVault::open(folder.path(), &phrase("correct horse battery"));
            assert!(matches!(refused, Err(KeyError::Unreadable(_))));
        }
    }

    #[test]
    fn a_short_passphrase_makes_no_vault() {
        let refused = PassphraseVault::new(&phrase("fourteen bytes")).unwrap_err();
        assert!(matches!(refused, KeyError::ShortPassphrase { shortest: 15 }));
    }

    #[test]
    fn a_passphrase_is_the_first_line_without_its_end() {
        let cases = [
            ("a word", "a word"),
            ("a word\n", "a word"),
            ("a word\r\nand another\n", "a word"),
            (" a word ", " a word "),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(*Passphrase::read(text.as_bytes()).unwrap().0, want.as_bytes());
        }
        let most = "x".repeat(LONGEST);
        assert_eq!(*Passphrase::read(most.as_bytes()).unwrap().0, most.as_bytes());
        assert!(
            Passphrase::read(format!("{most}x").as_bytes()).is_err(),
            "cut, it would be another"
        );
    }

    #[test]
    fn neither_passphrase_nor_vault_can_be_shown() {
        let shown = format!("{:?} {:?}", phrase("a word"), cheap("correct horse battery"));
        assert_eq!(shown, "Passphrase(hidden) PassphraseVault(hidden)");
    }
}
