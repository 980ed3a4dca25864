//! A TTP with folders of its own, and a hospital that sends to it.
//!
//! Its keys are those of the protocol's worked example, so that everybody knows K2: what the TTP
//! answers can be computed without it.

use std::{fs, path::Path, sync::Arc};

use arrow::array::{FixedSizeBinaryArray, RecordBatch};
use pipeline_domain::{BatchId, DomainId, HolderId, HolderTag, RowToken, Signer, Timestamp};
use pipeline_exchange::{
    BatchMode, BatchPurpose, Chain, FileEntry, Manifest, ParquetSink, Party, PartyRole, Register,
    Release, Store, fixed_column, read_parquet, wire,
};
use pipeline_keys::{KeyError, KeyVault, PartyKeys, PayloadRoot, RowTokens, VaultMark};
use pipeline_ttp::{Answered, Domain, Ttp};
use time::{Duration, macros::datetime};
use zeroize::Zeroizing;

const NOW: Timestamp = datetime!(2026-11-25 12:00 UTC);
const DOMAIN: &str = "00112233-4455-6677-8899-aabbccddeeff";
/// K2 of the worked example, which follows from its root, its seed and its domain.
pub(crate) const K2: &str = "0dfdefe4f8ad3f7d15722701f41366ff7406fe1daf946b7e7522e6b87216d648";
/// The tags of two persons of the worked example.
pub(crate) const TAGS: [&str; 2] = [
    "17a2e3d362a4638a35454689dae485a89bc44be856af67ab66ecf0aa6c0870a4",
    "60e1fa8e3449c3f46426b893a45cbc21522a9be1fa7660fb947c1a9a77b97f55",
];
const IDS: &str = "ids/";
/// Rows that are made at a time.
const PORTION: u64 = 1 << 18;

pub(crate) type LinkRow = ([u8; 16], [u8; 32], Option<[u8; 32]>);

pub(crate) struct House {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    ttp: PartyKeys,
    hospital: PartyKeys,
    register: Register,
    state: Store,
    inbox: Store,
    hda: Store,
    /// The id rows, which every batch brings anew.
    ids: FileEntry,
    chain: Chain,
}

impl House {
    /// A house whose hospital has this many persons.
    pub(crate) fn of(persons: u64) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let entered = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let store = |name| Store::open(&place(name).to_str().unwrap().parse().unwrap()).unwrap();
        let (state, inbox, hda) = (store("state"), store("inbox"), store("hda"));
        let ids = write_ids(&store("holder"), persons);
        let ttp = PartyKeys::create_with(&place("ttp"), Box::new(GlassVault)).unwrap();
        let seed = format!("seed-{DOMAIN}-v1");
        for (key, first) in [("root", 0x20), (seed.as_str(), 0x40)] {
            fs::write(place("ttp").join(format!("{key}.wrapped")), worked_example(first)).unwrap();
        }
        let hospital = PartyKeys::create(&place("hospital")).unwrap();
        let (signing_key, sealing_key) = (hospital.public_key(), hospital.sealing_key());
        let mut register = Register::default();
        register.add(Party {
            name: name("hospital"),
            role: PartyRole::Holder,
            signing_key,
            sealing_key,
        });
        drop(entered);
        let chain = Chain::FIRST;
        let house =
            Self { folder, runtime, ttp, hospital, register, state, inbox, hda, ids, chain };
        let domain = Domain {
            source: None,
            domain: domain(),
            key_version: 1,
            first_version: None,
            holders: vec![name("hospital")],
            quota: None,
            release: None,
        };
        house.as_ttp(|ttp| ttp.open_domain(&domain, NOW).unwrap());
        house
    }

    fn as_ttp<T>(&self, act: impl FnOnce(&Ttp<'_>) -> T) -> T {
        let _entered = self.runtime.enter();
        act(&Ttp {
            name: &name("ttp"),
            keys: &self.ttp,
            folder: &self.state,
            inbox: &self.inbox,
            hda: &self.hda,
            register: &self.register,
            software: "benchmark",
        })
    }

    /// Puts the next batch of the hospital into the inbox, sealed if there is a root of row keys.
    pub(crate) fn send(&mut self, root: Option<&PayloadRoot>) -> BatchId {
        let _entered = self.runtime.enter();
        let batch = batch(self.chain.sequence);
        let folder = format!("{batch}/");
        let to = self.folder.path().join("inbox").join(&folder);
        fs::create_dir_all(&to).unwrap();
        let from = self.folder.path().join("holder").join(IDS).join(wire::ID_FILE);
        fs::copy(from, to.join(wire::ID_FILE)).unwrap();
        let seal = |root: &PayloadRoot| root.seal(domain(), batch, &self.ttp.sealing_key());
        let manifest = Manifest {
            target: None,
            format: Manifest::format(),
            batch_id: batch,
            domain: domain(),
            key_version: 1,
            holder: name("hospital"),
            signed_by: name("hospital"),
            purpose: BatchPurpose::Extract,
            mode: BatchMode::Append,
            chain: self.chain,
            release: if root.is_some() { Release::Sealed } else { Release::Bulk },
            payload_root: root.map(seal).transpose().unwrap(),
            files: vec![self.ids.clone()],
            removed: None,
            not_after: NOW + Duration::days(1),
            created: NOW,
            software: "benchmark".to_owned(),
        };
        let digest = manifest.write(&self.inbox, &folder, &self.hospital).unwrap();
        self.chain = Chain::after(self.chain.sequence, digest);
        batch
    }

    /// One pass over the inbox: what is measured.
    pub(crate) fn pass(&self) -> Answered {
        self.as_ttp(|ttp| ttp.pass(NOW).unwrap())
    }

    /// The link rows of a batch in their order: token, pseudonym, and row key where it was released.
    pub(crate) fn linked(&self, batch: BatchId) -> Vec<LinkRow> {
        let _entered = self.runtime.enter();
        let path = format!("{batch}/link/{}", wire::LINK_FILE);
        let mut linked = Vec::new();
        for rows in read_parquet(&self.hda, &path).unwrap() {
            let rows = rows.unwrap();
            let column = |name, len| fixed_column(&rows, &path, name, len);
            let tokens = column(wire::ROW_TOKEN, 16).unwrap();
            let pseudonyms = column(wire::PSEUDONYM, 32).unwrap();
            let keys = column(wire::ROW_KEY, 32).ok();
            linked.extend((0..rows.num_rows()).map(|row| {
                let key = keys.map(|keys| keys.value(row).try_into().unwrap());
                let token = tokens.value(row).try_into().unwrap();
                (token, pseudonyms.value(row).try_into().unwrap(), key)
            }));
        }
        linked
    }

    /// Room on the disk again.
    pub(crate) fn forget(&self, batch: BatchId) {
        let _entered = self.runtime.enter();
        self.hda.delete_all(&format!("{batch}/")).unwrap();
    }

    /// Its id rows, padding included.
    pub(crate) fn rows(&self) -> u64 {
        self.ids.rows
    }
}

pub(crate) fn batch(sequence: u64) -> BatchId {
    format!("0192f0c1-2345-7abc-8def-{sequence:012x}").parse().unwrap()
}

pub(crate) fn domain() -> DomainId {
    DOMAIN.parse().unwrap()
}

fn name(party: &str) -> HolderId {
    party.parse().unwrap()
}

/// Thirty-two bytes that count up, as all keys of the worked example do.
fn worked_example(first: u8) -> Vec<u8> {
    (first..first + 32).collect()
}

/// Id rows `from..to` of `of`: tokens that ascend over their whole range, tags as good as random, those
/// of the worked example among them.
pub(crate) fn id_rows(from: u64, to: u64, of: u64) -> Vec<(RowToken, HolderTag)> {
    let tokens = RowTokens::with_key([7; 32]);
    let row = |number: u64| {
        let (token, tag) = tokens.padding(number);
        let mut token = *token.as_bytes();
        let ascending = (u128::from(number) << 64) / u128::from(of);
        token[..8].copy_from_slice(&u64::try_from(ascending).unwrap().to_be_bytes());
        let known = usize::try_from(number).ok().and_then(|number| TAGS.get(number));
        (RowToken::new(token), known.map_or(tag, |hex| HolderTag::new(bytes(hex))))
    };
    (from..to).map(row).collect()
}

/// The bytes of a hexadecimal text.
pub(crate) fn bytes(hex: &str) -> [u8; 32] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

/// Writes id rows a portion at a time, so that the memory of a pass is not that of its making.
fn write_ids(store: &Store, persons: u64) -> FileEntry {
    let rows = wire::padded_rows(persons);
    let schema = wire::id_schema();
    let mut sink = ParquetSink::create(store, IDS, wire::ID_FILE, Arc::clone(&schema)).unwrap();
    for from in (0..rows).step_by(usize::try_from(PORTION).unwrap()) {
        let portion = id_rows(from, rows.min(from + PORTION), rows);
        let tokens = portion.iter().map(|(token, _)| token.as_bytes());
        let tags = portion.iter().map(|(_, tag)| tag.as_bytes());
        let columns: [arrow::array::ArrayRef; 2] = [
            Arc::new(FixedSizeBinaryArray::try_from_iter(tokens).unwrap()),
            Arc::new(FixedSizeBinaryArray::try_from_iter(tags).unwrap()),
        ];
        sink.write(&RecordBatch::try_new(Arc::clone(&schema), columns.to_vec()).unwrap()).unwrap();
    }
    sink.finish().unwrap()
}

/// A vault of glass: keys that everybody may know lie in their files as they are.
struct GlassVault;

impl KeyVault for GlassVault {
    fn wrap(&self, _label: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(secret.to_vec())
    }

    fn unwrap(&self, _label: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(Zeroizing::new(wrapped.to_vec()))
    }

    fn mark(&self) -> VaultMark {
        VaultMark::new([0; 8])
    }

    fn is_installed(&self, _folder: &Path) -> bool {
        true
    }

    fn install(&self, _folder: &Path) -> Result<(), KeyError> {
        Ok(())
    }
}
