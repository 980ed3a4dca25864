//! Keys at rest: one file a key, wrapped by the vault of the keyring, with its state under the same seal.
//!
//! A file holds the key and, unless it is active, the state it is in: who could change a state could as
//! well make a key. What is destroyed leaves a tombstone, wrapped as well, so that a version that was
//! once destroyed is never made a second time. Against an older copy of a whole file laid over it no
//! file can defend itself; that is what the ledger of the party is for.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use pipeline_domain::DomainId;
use zeroize::Zeroizing;

use crate::{
    FileVault, HolderKey, KeyEntry, KeyError, KeyState, KeyVault, Root, Seed, VaultKind, files,
    secret::Secret,
};

/// What the files of a keyring end with.
pub(crate) const KEY: &str = ".wrapped";
pub(crate) const TOMBSTONE: &str = ".destroyed";

/// What a wrapped key is for; enters the additional data, so that no file can stand for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// The seed of a party's Ed25519 key.
    Signing,
    /// The seed of a party's X25519 key.
    Sealing,
    /// K1 of a domain.
    HolderKey,
    /// The root of the TTP or the HDA.
    Root,
    /// The seed of a domain.
    Seed,
}

/// A folder of wrapped keys and the vault that opens them.
pub struct Keyring {
    pub(crate) folder: PathBuf,
    pub(crate) vault: Box<dyn KeyVault>,
}

/// A key as it lies in its file.
struct Kept {
    secret: Secret,
    state: KeyState,
}

/// The domain and version of a key that belongs to one.
type Of = Option<(DomainId, u32)>;

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Makes a new keyring, wrapped with a key in a file; refused where the folder has one already.
    pub fn create(folder: &Path) -> Result<Self, KeyError> {
        Self::create_with(folder, Box::new(FileVault::draw()?))
    }

    /// Makes a new keyring, wrapped by this vault; refused where the folder has one already.
    pub fn create_with(folder: &Path, vault: Box<dyn KeyVault>) -> Result<Self, KeyError> {
        if Self::is_in(folder) {
            return Err(KeyError::AlreadyThere(folder.to_owned()));
        }
        fs::create_dir_all(folder).map_err(files::file_error("write", folder))?;
        vault.install(folder)?;
        Ok(Self { folder: folder.to_owned(), vault })
    }

    /// Opens the keyring of a folder with the key in its file; [`KeyError::NeedsPassphrase`] where
    /// there is none.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        Self::open_with(folder, Box::new(FileVault::open(folder)?))
    }

    /// Opens the keyring of a folder with the vault that wraps it, and brings to its end what a crash
    /// left half done.
    pub fn open_with(folder: &Path, vault: Box<dyn KeyVault>) -> Result<Self, KeyError> {
        let keyring = Self { folder: folder.to_owned(), vault };
        keyring.check_vault()?;
        keyring.recover()?;
        Ok(keyring)
    }

    /// Is there a keyring in this folder?
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        VaultKind::of(folder).is_some()
    }

    /// Does the keyring hold this key of a domain? Not, once it is destroyed.
    #[must_use]
    pub fn has(&self, kind: SecretKind, domain: DomainId, version: u32) -> bool {
        let label = label(kind, Some((domain, version)));
        self.path(&label, KEY).exists() && !self.path(&label, TOMBSTONE).exists()
    }

    /// Keeps K1 of a domain; kept once, it is never overwritten.
    pub fn keep_holder_key(
        &self,
        domain: DomainId,
        version: u32,
        key: &HolderKey,
    ) -> Result<(), KeyError> {
        self.keep(SecretKind::HolderKey, Some((domain, version)), &key.secret, KeyState::Active)
    }

    /// Keeps K1 of a domain that is not used before it is activated.
    pub fn prepare_holder_key(
        &self,
        domain: DomainId,
        version: u32,
        key: &HolderKey,
    ) -> Result<(), KeyError> {
        self.keep(SecretKind::HolderKey, Some((domain, version)), &key.secret, KeyState::PreActive)
    }

    /// K1 of a domain, as long as it is active or retired.
    pub fn holder_key(&self, domain: DomainId, version: u32) -> Result<HolderKey, KeyError> {
        self.usable(SecretKind::HolderKey, domain, version).map(HolderKey::from_secret)
    }

    /// The root of this party, made when it is first asked for.
    pub fn root(&self) -> Result<Root, KeyError> {
        self.get_or_make(SecretKind::Root, None, KeyState::Active).map(Root)
    }

    /// Makes the seed of a domain where there is none yet; refused where there was one and it was
    /// destroyed.
    pub fn make_seed(&self, domain: DomainId, version: u32) -> Result<(), KeyError> {
        self.get_or_make(SecretKind::Seed, Some((domain, version)), KeyState::Active).map(|_| ())
    }

    /// Makes the seed of a version that is not used before it is activated.
    pub fn prepare_seed(&self, domain: DomainId, version: u32) -> Result<(), KeyError> {
        self.get_or_make(SecretKind::Seed, Some((domain, version)), KeyState::PreActive).map(|_| ())
    }

    /// The seed of a domain, as long as it is active or retired; where it was never made or was
    /// destroyed, there is no other way to it.
    pub fn seed(&self, domain: DomainId, version: u32) -> Result<Seed, KeyError> {
        self.usable(SecretKind::Seed, domain, version).map(Seed)
    }

    /// The seed of a version that others are laid over, which may be compromised: what it gives does
    /// not leave.
    pub fn seed_for_rotation(&self, domain: DomainId, version: u32) -> Result<Seed, KeyError> {
        let of = Some((domain, version));
        let kept = self.kept(SecretKind::Seed, of)?;
        if kept.state == KeyState::PreActive {
            return Err(KeyError::PreActive(label(SecretKind::Seed, of)));
        }
        Ok(Seed(kept.secret))
    }

    /// The state of a key of a domain. One without a word about it is active: it was made before keys
    /// had states.
    pub fn state(
        &self,
        kind: SecretKind,
        domain: DomainId,
        version: u32,
    ) -> Result<KeyState, KeyError> {
        match self.kept(kind, Some((domain, version))) {
            Ok(kept) => Ok(kept.state),
            Err(KeyError::Destroyed(_)) => Ok(KeyState::Destroyed),
            Err(error) => Err(error),
        }
    }

    /// Brings a key of a domain into another state, where [`KeyState::may_become`] has a way.
    pub fn set_state(
        &self,
        kind: SecretKind,
        domain: DomainId,
        version: u32,
        to: KeyState,
    ) -> Result<(), KeyError> {
        let _alone = self.change()?;
        let (of, key) = (Some((domain, version)), label(kind, Some((domain, version))));
        let kept = self.kept(kind, of)?;
        if !kept.state.may_become(to) {
            return Err(KeyError::NoSuchChange { key, from: kept.state, to });
        }
        match to {
            KeyState::Destroyed => self.bury(&key),
            _ => self.write(&key, &kept.secret, to),
        }
    }

    /// Destroys a key of a domain: its file is overwritten and removed, and a tombstone says so. What
    /// was derived from it cannot be computed again, by nobody; copies of the folder, as in a backup,
    /// are for whoever made them to destroy too.
    pub fn destroy(
        &self,
        kind: SecretKind,
        domain: DomainId,
        version: u32,
    ) -> Result<(), KeyError> {
        self.set_state(kind, domain, version, KeyState::Destroyed)
    }

    /// The keys of domains and their states, destroyed ones too, in order.
    pub fn list(&self) -> Result<Vec<KeyEntry>, KeyError> {
        let names = files::names(&self.folder)?;
        let keys: BTreeSet<_> = names.iter().filter_map(|name| key_of_domain(name)).collect();
        let entry = |(kind, domain, version)| {
            let state = self.state(kind, domain, version)?;
            Ok(KeyEntry { kind, domain, version, state })
        };
        keys.into_iter().map(entry).collect()
    }

    pub(crate) fn party_secret(&self, kind: SecretKind) -> Result<Secret, KeyError> {
        self.get_or_make(kind, None, KeyState::Active)
    }

    /// Holds off every other process, and makes sure that the vault still is the one of the folder: a
    /// key wrapped by one that was replaced would be lost.
    pub(crate) fn change(&self) -> Result<fs::File, KeyError> {
        let alone = files::lock(&self.folder)?;
        self.check_vault()?;
        Ok(alone)
    }

    fn check_vault(&self) -> Result<(), KeyError> {
        if self.vault.is_installed(&self.folder) {
            return Ok(());
        }
        Err(KeyError::OtherVault(self.folder.clone()))
    }

    fn usable(&self, kind: SecretKind, domain: DomainId, version: u32) -> Result<Secret, KeyError> {
        let of = Some((domain, version));
        let kept = self.kept(kind, of)?;
        match kept.state {
            KeyState::Active | KeyState::Retired => Ok(kept.secret),
            KeyState::PreActive => Err(KeyError::PreActive(label(kind, of))),
            KeyState::Compromised => Err(KeyError::Compromised(label(kind, of))),
            KeyState::Destroyed => Err(KeyError::Destroyed(label(kind, of))),
        }
    }

    fn get_or_make(&self, kind: SecretKind, of: Of, state: KeyState) -> Result<Secret, KeyError> {
        match self.kept(kind, of) {
            Err(KeyError::Missing(_)) => {}
            other => return other.map(|kept| kept.secret),
        }
        let _alone = self.change()?;
        match self.kept(kind, of) {
            Err(KeyError::Missing(_)) => {
                let secret = Secret::random()?;
                self.write(&label(kind, of), &secret, state)?;
                Ok(secret)
            }
            // Another process was faster.
            other => other.map(|kept| kept.secret),
        }
    }

    fn keep(
        &self,
        kind: SecretKind,
        of: Of,
        secret: &Secret,
        state: KeyState,
    ) -> Result<(), KeyError> {
        let _alone = self.change()?;
        match self.kept(kind, of) {
            Err(KeyError::Missing(_)) => self.write(&label(kind, of), secret, state),
            Err(KeyError::Destroyed(key)) => Err(KeyError::Destroyed(key)),
            _ => Err(KeyError::AlreadyThere(self.path(&label(kind, of), KEY))),
        }
    }

    fn kept(&self, kind: SecretKind, of: Of) -> Result<Kept, KeyError> {
        let label = label(kind, of);
        if self.is_buried(&label)? {
            return Err(KeyError::Destroyed(label));
        }
        let path = self.path(&label, KEY);
        let content = self.unwrap(&label, &path)?;
        let unreadable = || KeyError::Unreadable(path.clone());
        let (secret, state) = content.split_first_chunk::<32>().ok_or_else(unreadable)?;
        let state = match state {
            [] => KeyState::from_byte(None),
            [byte] => KeyState::from_byte(Some(*byte)),
            _ => None,
        };
        Ok(Kept { secret: Secret::new(*secret), state: state.ok_or_else(unreadable)? })
    }

    fn write(&self, label: &str, secret: &Secret, state: KeyState) -> Result<(), KeyError> {
        let mut content = Zeroizing::new([0; 33]);
        content[..32].copy_from_slice(secret.expose());
        let content = match state.byte() {
            Some(byte) => {
                content[32] = byte;
                &content[..]
            }
            None => &content[..32],
        };
        files::write_private(&self.path(label, KEY), &self.vault.wrap(label, content)?)
    }

    /// The tombstone first: whatever happens then, the key is destroyed.
    fn bury(&self, label: &str) -> Result<(), KeyError> {
        let tombstone = format!("{label}{TOMBSTONE}");
        let wrapped = self.vault.wrap(&tombstone, TOMBSTONE.as_bytes())?;
        files::write_private(&self.folder.join(&tombstone), &wrapped)?;
        files::shred(&self.path(label, KEY))
    }

    pub(crate) fn is_buried(&self, label: &str) -> Result<bool, KeyError> {
        let path = self.path(label, TOMBSTONE);
        match self.unwrap(&format!("{label}{TOMBSTONE}"), &path) {
            Ok(content) if *content == TOMBSTONE.as_bytes() => Ok(true),
            Ok(_) => Err(KeyError::Unreadable(path)),
            Err(KeyError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn unwrap(&self, label: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.vault.unwrap(label, &files::read(path)?).map_err(|error| match error {
            KeyError::NotWrapped => KeyError::Unreadable(path.to_owned()),
            other => other,
        })
    }

    pub(crate) fn path(&self, label: &str, end: &str) -> PathBuf {
        self.folder.join(format!("{label}{end}"))
    }
}

/// The name of a key, as file name and as additional data of its wrapping.
pub(crate) fn label(kind: SecretKind, of: Of) -> String {
    let kind = name(kind);
    match of {
        Some((domain, version)) => format!("{kind}-{domain}-v{version}"),
        None => kind.to_owned(),
    }
}

fn name(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::Signing => "signing",
        SecretKind::Sealing => "sealing",
        SecretKind::HolderKey => "k1",
        SecretKind::Root => "root",
        SecretKind::Seed => "seed",
    }
}

/// Which key of a domain a file is for, by its name.
fn key_of_domain(file: &str) -> Option<(SecretKind, DomainId, u32)> {
    let file = file.strip_suffix(KEY).or_else(|| file.strip_suffix(TOMBSTONE))?;
    let (rest, version) = file.rsplit_once("-v")?;
    let (kind, domain) = rest.split_once('-')?;
    let kinds = [SecretKind::HolderKey, SecretKind::Seed];
    let kind = kinds.into_iter().find(|other| name(*other) == kind)?;
    let (domain, version) = (domain.parse().ok()?, version.parse().ok()?);
    (label(kind, Some((domain, version))) == file).then_some((kind, domain, version))
}

#[cfg(test)]
mod tests;
