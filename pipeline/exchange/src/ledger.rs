//! What a party did, for whoever is entitled to check it: a text file, one JSON object a line, each
//! bound to the one before by its hash and each signed.
//!
//! Nobody but the party can change, leave out or add a line without its being seen; the party itself
//! cannot change one that somebody else has a copy of. The signatures stand in a file beside, one a
//! line, each over the bytes of its line: the ledger itself stays a plain table of events.

use pipeline_domain::{PublicKey, Sha256Digest, Signature, Signer, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{ExchangeError, Store};

/// The file name of a ledger.
pub const LEDGER: &str = "ledger.ndjson";
/// The file name of its signatures.
pub const LEDGER_SIGNATURES: &str = "ledger.sig";

/// What a signature under a line is made for.
const CONTEXT: &str = "HDABE-PSN-v1/ledger";

/// One line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry<E> {
    /// Counted from 1.
    pub number: u64,
    /// The SHA-256 of the line before, without its line end; of nothing for the first.
    pub previous: Sha256Digest,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: E,
}

/// A ledger, opened and checked.
#[derive(Debug)]
pub struct Ledger<'a, E> {
    folder: &'a Store,
    text: String,
    signatures: String,
    entries: Vec<LedgerEntry<E>>,
    last: Sha256Digest,
}

impl<'a, E: Serialize + DeserializeOwned> Ledger<'a, E> {
    /// Opens the ledger of a folder and checks every link of its chain and every signature against
    /// the key of the party that writes it.
    pub fn open(folder: &'a Store, key: &PublicKey) -> Result<Self, ExchangeError> {
        let read = |path: &str| -> Result<String, ExchangeError> {
            let bytes = folder.read_if_there(path)?.unwrap_or_default();
            String::from_utf8(bytes).map_err(|_| ExchangeError::Differs {
                path: path.to_owned(),
                what: "bytes that are no text",
            })
        };
        let (text, signatures) = (read(LEDGER)?, read(LEDGER_SIGNATURES)?);
        let mut ledger = Self {
            folder,
            text: String::new(),
            signatures: String::new(),
            entries: Vec::new(),
            last: Sha256Digest::of(b""),
        };
        // A process that died may have left the signature of a line that was never written.
        let mut signed = signatures.lines();
        for (number, line) in (1..).zip(text.lines()) {
            let changed = || ExchangeError::LedgerChanged { line: number };
            let signature: Signature =
                signed.next().and_then(|text| text.parse().ok()).ok_or_else(changed)?;
            key.verify(CONTEXT, line.as_bytes(), &signature).map_err(|_| changed())?;
            let entry: LedgerEntry<E> = serde_json::from_str(line).map_err(|_| changed())?;
            if entry.number != number || entry.previous != ledger.last {
                return Err(changed());
            }
            ledger.push(entry, line, &signature);
        }
        Ok(ledger)
    }

    /// What it holds, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[LedgerEntry<E>] {
        &self.entries
    }

    /// Adds an entry.
    pub fn add(
        &mut self,
        event: E,
        at: Timestamp,
        signer: &dyn Signer,
    ) -> Result<(), ExchangeError> {
        let number = self.entries.len() as u64 + 1;
        let entry = LedgerEntry { number, previous: self.last, at, event };
        let line = serde_json::to_string(&entry)
            .map_err(|source| ExchangeError::Json { path: LEDGER.to_owned(), source })?;
        let signature = signer.sign(CONTEXT, line.as_bytes());
        self.push(entry, &line, &signature);
        // A line without its signature would be no line; a signature without its line is nothing.
        self.folder.write(LEDGER_SIGNATURES, self.signatures.clone().into_bytes())?;
        self.folder.write(LEDGER, self.text.clone().into_bytes())
    }

    fn push(&mut self, entry: LedgerEntry<E>, line: &str, signature: &Signature) {
        self.last = Sha256Digest::of(line.as_bytes());
        self.entries.push(entry);
        self.text.push_str(line);
        self.text.push('\n');
        self.signatures.push_str(&signature.to_string());
        self.signatures.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    use time::macros::datetime;

    use super::*;

    struct Party(Ed25519KeyPair);

    impl Party {
        fn new(seed: u8) -> Self {
            Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
        }
    }

    impl Signer for Party {
        fn sign(&self, context: &str, message: &[u8]) -> Signature {
            let signed = self.0.sign(&Signature::message(context, message));
            Signature::new(signed.as_ref().try_into().unwrap())
        }

        fn public_key(&self) -> PublicKey {
            PublicKey::new(self.0.public_key().as_ref().try_into().unwrap())
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "event", rename_all = "kebab-case")]
    enum Event {
        Happened { what: u8 },
    }

    fn open<'a>(folder: &'a Store, party: &Party) -> Result<Ledger<'a, Event>, ExchangeError> {
        Ledger::open(folder, &party.public_key())
    }

    fn add(ledger: &mut Ledger<'_, Event>, what: u8, party: &Party) {
        ledger.add(Event::Happened { what }, datetime!(2026-11-25 12:00 UTC), party).unwrap();
    }

    #[test]
    fn a_changed_ledger_is_found() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = Store::open(&"memory:".parse().unwrap()).unwrap();
        let (party, other) = (Party::new(1), Party::new(2));
        let mut ledger = open(&folder, &party).unwrap();
        for what in 0..3 {
            add(&mut ledger, what, &party);
        }
        assert_eq!(open(&folder, &party).unwrap().entries().len(), 3);
        assert!(open(&folder, &other).is_err(), "another key signed it");

        let text = |path| String::from_utf8(folder.read(path).unwrap()).unwrap();
        let (whole, signed) = (text(LEDGER), text(LEDGER_SIGNATURES));
        let (lines, signatures): (Vec<&str>, Vec<&str>) =
            (whole.lines().collect(), signed.lines().collect());
        let join = |lines: &[&str]| lines.join("\n");
        let changes = [
            (whole.replacen("\"what\":1", "\"what\":7", 1), signed.clone()),
            (join(&[lines[0], lines[2]]), join(&[signatures[0], signatures[2]])),
            (join(&[lines[1], lines[0]]), join(&[signatures[1], signatures[0]])),
            (join(&lines), join(&[signatures[0], signatures[2], signatures[1]])),
            (join(&lines), join(&signatures[..2])),
            (whole.replacen('{', "", 1), signed.clone()),
        ];
        for (text, signed) in changes {
            folder.write(LEDGER, text.into_bytes()).unwrap();
            folder.write(LEDGER_SIGNATURES, signed.into_bytes()).unwrap();
            let opened = open(&folder, &party);
            assert!(matches!(opened, Err(ExchangeError::LedgerChanged { .. })));
        }
    }

    #[test]
    fn a_signature_whose_line_was_never_written_is_no_entry() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let folder = Store::open(&"memory:".parse().unwrap()).unwrap();
        let party = Party::new(1);
        let mut ledger = open(&folder, &party).unwrap();
        add(&mut ledger, 0, &party);
        let before = folder.read(LEDGER).unwrap();
        add(&mut ledger, 1, &party);
        // The process died between the two files.
        folder.write(LEDGER, before).unwrap();
        let mut ledger = open(&folder, &party).unwrap();
        assert_eq!(ledger.entries().len(), 1);
        add(&mut ledger, 2, &party);
        let again = open(&folder, &party).unwrap();
        assert_eq!(again.entries()[1].event, Event::Happened { what: 2 });
    }
}
