//! Keys at rest: one file a key, wrapped with AES-256-GCM under the key of the keyring.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use pipeline_domain::DomainId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{HolderKey, KeyError, Root, Seed, random_bytes, secret::Secret};

/// The file that holds the key all others of the folder are wrapped with.
const WRAP_FILE: &str = "wrap.key";
const NONCE_LEN: usize = 12;

/// What a wrapped key is for; enters the additional data, so that no file can stand for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// A folder of wrapped keys and the key that opens them.
pub struct Keyring {
    folder: PathBuf,
    wrap: LessSafeKey,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Makes a new keyring; refused where the folder has one already.
    pub fn create(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(WRAP_FILE);
        if path.exists() {
            return Err(KeyError::AlreadyThere(folder.to_owned()));
        }
        fs::create_dir_all(folder).map_err(file_error("write", folder))?;
        let secret = Secret::random()?;
        write_private(&path, secret.expose())?;
        Ok(Self::with_secret(folder, &secret))
    }

    /// Opens the keyring of a folder.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(WRAP_FILE);
        let bytes = Zeroizing::new(read(&path)?);
        let bytes =
            <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Unreadable(path))?;
        Ok(Self::with_secret(folder, &Secret::new(bytes)))
    }

    /// Is there a keyring in this folder?
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(WRAP_FILE).exists()
    }

    /// Does the keyring hold this key of a domain?
    #[must_use]
    pub fn has(&self, kind: SecretKind, domain: DomainId, version: u32) -> bool {
        self.path(kind, Some((domain, version))).exists()
    }

    /// Keeps K1 of a domain; kept once, it is never overwritten.
    pub fn keep_holder_key(
        &self,
        domain: DomainId,
        version: u32,
        key: &HolderKey,
    ) -> Result<(), KeyError> {
        self.keep(SecretKind::HolderKey, Some((domain, version)), &key.secret)
    }

    /// K1 of a domain.
    pub fn holder_key(&self, domain: DomainId, version: u32) -> Result<HolderKey, KeyError> {
        self.get(SecretKind::HolderKey, Some((domain, version))).map(HolderKey::from_secret)
    }

    /// The root of this party, made when it is first asked for.
    pub fn root(&self) -> Result<Root, KeyError> {
        self.get_or_make(SecretKind::Root, None).map(Root)
    }

    /// Makes the seed of a domain where there is none yet.
    pub fn make_seed(&self, domain: DomainId, version: u32) -> Result<(), KeyError> {
        self.get_or_make(SecretKind::Seed, Some((domain, version))).map(|_| ())
    }

    /// The seed of a domain; where it was never made or was destroyed, there is no other way to it.
    pub fn seed(&self, domain: DomainId, version: u32) -> Result<Seed, KeyError> {
        self.get(SecretKind::Seed, Some((domain, version))).map(Seed)
    }

    pub(crate) fn party_secret(&self, kind: SecretKind) -> Result<Secret, KeyError> {
        self.get_or_make(kind, None)
    }

    fn with_secret(folder: &Path, secret: &Secret) -> Self {
        #[expect(clippy::expect_used, reason = "AES-256 takes any 32 bytes")]
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).expect("a key of 32 bytes");
        Self { folder: folder.to_owned(), wrap: LessSafeKey::new(key) }
    }

    fn get_or_make(
        &self,
        kind: SecretKind,
        of: Option<(DomainId, u32)>,
    ) -> Result<Secret, KeyError> {
        match self.get(kind, of) {
            Err(KeyError::Missing(_)) => {
                let secret = Secret::random()?;
                self.keep(kind, of, &secret)?;
                Ok(secret)
            }
            other => other,
        }
    }

    fn keep(
        &self,
        kind: SecretKind,
        of: Option<(DomainId, u32)>,
        secret: &Secret,
    ) -> Result<(), KeyError> {
        let path = self.path(kind, of);
        if path.exists() {
            return Err(KeyError::AlreadyThere(path));
        }
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        let mut wrapped = Zeroizing::new(secret.expose().to_vec());
        self.wrap
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label(kind, of)),
                &mut *wrapped,
            )
            .map_err(|_| KeyError::Unreadable(path.clone()))?;
        write_private(&path, &[&nonce[..], &wrapped].concat())
    }

    fn get(&self, kind: SecretKind, of: Option<(DomainId, u32)>) -> Result<Secret, KeyError> {
        let path = self.path(kind, of);
        let mut bytes = Zeroizing::new(read(&path)?);
        let unreadable = || KeyError::Unreadable(path.clone());
        let (nonce, wrapped) = bytes.split_at_mut_checked(NONCE_LEN).ok_or_else(unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unreadable())?;
        let opened = self
            .wrap
            .open_in_place(nonce, Aad::from(label(kind, of)), wrapped)
            .map_err(|_| unreadable())?;
        <[u8; 32]>::try_from(&*opened).map(Secret::new).map_err(|_| unreadable())
    }

    fn path(&self, kind: SecretKind, of: Option<(DomainId, u32)>) -> PathBuf {
        self.folder.join(format!("{}.wrapped", label(kind, of)))
    }
}

/// The name of a key, as file name and as additional data of its wrapping.
fn label(kind: SecretKind, of: Option<(DomainId, u32)>) -> String {
    let kind = match kind {
        SecretKind::Signing => "signing",
        SecretKind::Sealing => "sealing",
        SecretKind::HolderKey => "k1",
        SecretKind::Root => "root",
        SecretKind::Seed => "seed",
    };
    match of {
        Some((domain, version)) => format!("{kind}-{domain}-v{version}"),
        None => kind.to_owned(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(KeyError::Missing(path.to_owned()))
        }
        Err(source) => Err(file_error("read", path)(source)),
    }
}

/// Writes aside and renames, readable by the owner alone.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let aside = path.with_extension("partial");
    let write = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().map_err(file_error("write", path))
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::File { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain() -> DomainId {
        "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
    }

    #[test]
    fn a_key_comes_back_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let key = HolderKey::random().unwrap();
        let keyring = Keyring::create(folder.path()).unwrap();
        keyring.keep_holder_key(domain(), 1, &key).unwrap();

        let again = Keyring::open(folder.path()).unwrap().holder_key(domain(), 1).unwrap();
        let tag = |key: &HolderKey| key.tag(crate::IdType::Inss, b"93051822361");
        assert_eq!(tag(&again), tag(&key));
        assert!(matches!(Keyring::create(folder.path()), Err(KeyError::AlreadyThere(_))));
        assert!(matches!(
            keyring.keep_holder_key(domain(), 1, &key),
            Err(KeyError::AlreadyThere(_))
        ));
    }

    #[test]
    fn no_key_lies_in_clear_and_none_stands_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::create(folder.path()).unwrap();
        keyring.make_seed(domain(), 1).unwrap();
        let seed = keyring.seed(domain(), 1).unwrap();
        let path = keyring.path(SecretKind::Seed, Some((domain(), 1)));
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == seed.0.expose()));

        fs::copy(&path, keyring.path(SecretKind::Seed, Some((domain(), 2)))).unwrap();
        assert!(matches!(keyring.seed(domain(), 2), Err(KeyError::Unreadable(_))));
    }

    #[test]
    fn a_changed_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::create(folder.path()).unwrap();
        keyring.make_seed(domain(), 1).unwrap();
        let path = keyring.path(SecretKind::Seed, Some((domain(), 1)));
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            assert!(matches!(keyring.seed(domain(), 1), Err(KeyError::Unreadable(_))), "byte {at}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_a_key_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Keyring::create(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(WRAP_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
