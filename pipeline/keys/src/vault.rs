//! What the keys of a keyring are wrapped with.
//!
//! A vault wraps and unwraps, and says how it is found again. Two stand here: a key that lies in a file
//! beside the keys, for a machine that starts by itself, and one that grows from a passphrase. A
//! hardware module or a key service is a third: it wraps with a key that never leaves it, and leaves
//! the name of that key in the folder.

use std::{fmt, fs, path::Path};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{
    KeyError, files,
    keyed_hash::OneBlock,
    random_bytes,
    secret::{Secret, hidden},
};

/// The file that holds the key all others of the folder are wrapped with.
pub(crate) const WRAP_FILE: &str = "wrap.key";
/// What a vault that is no such file says of itself. Where it lies, no key in a file counts.
pub(crate) const VAULT_FILE: &str = "vault.json";
const NONCE_LEN: usize = 12;

/// Wraps the keys of a keyring.
pub trait KeyVault: Send + Sync {
    /// Wraps a secret. The label is bound to it, so that no key can stand for another.
    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// Unwraps what was wrapped with this label; [`KeyError::NotWrapped`] for anything else.
    fn unwrap(&self, label: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError>;

    /// Names this vault among those a folder may ever have. It says nothing of its key.
    fn mark(&self) -> VaultMark;

    /// Is this the vault of the folder?
    fn is_installed(&self, folder: &Path) -> bool;

    /// Makes this the vault of the folder. After a crash it is that, or the one before still is.
    fn install(&self, folder: &Path) -> Result<(), KeyError>;
}

/// The name of a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultMark([u8; 8]);

impl VaultMark {
    /// The mark with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for VaultMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// How the keyring of a folder is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultKind {
    /// With the key that lies beside the keys.
    File,
    /// With a passphrase.
    Passphrase,
}

impl VaultKind {
    /// How the keyring of this folder is opened, or `None` where there is none.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let has = |name| folder.join(name).exists();
        match (has(VAULT_FILE), has(WRAP_FILE)) {
            (true, _) => Some(Self::Passphrase),
            (false, true) => Some(Self::File),
            (false, false) => None,
        }
    }
}

/// A key in a file that its owner alone can read. It protects copies of the key files and no more:
/// whoever reads the folder has both.
pub struct FileVault {
    secret: Secret,
    wrapping: Wrapping,
}

hidden!(FileVault);

impl FileVault {
    /// A new key, which lies nowhere yet.
    pub fn draw() -> Result<Self, KeyError> {
        Secret::random().map(Self::with)
    }

    /// The key in this folder.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        if VaultKind::of(folder) == Some(VaultKind::Passphrase) {
            return Err(KeyError::NeedsPassphrase(folder.to_owned()));
        }
        let path = folder.join(WRAP_FILE);
        let bytes = Zeroizing::new(files::read(&path)?);
        let bytes =
            <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Unreadable(path))?;
        Ok(Self::with(Secret::new(bytes)))
    }

    fn with(secret: Secret) -> Self {
        Self { wrapping: Wrapping::new(&secret), secret }
    }
}

impl KeyVault for FileVault {
    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.wrapping.wrap(label, secret)
    }

    fn unwrap(&self, label: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.wrapping.unwrap(label, wrapped)
    }

    fn mark(&self) -> VaultMark {
        mark(&self.secret)
    }

    fn is_installed(&self, folder: &Path) -> bool {
        Self::open(folder).is_ok_and(|there| there.mark() == self.mark())
    }

    fn install(&self, folder: &Path) -> Result<(), KeyError> {
        files::replace_private(&folder.join(WRAP_FILE), self.secret.expose())?;
        // What counts until now goes last: before this the other vault still opens the folder.
        let other = folder.join(VAULT_FILE);
        if other.exists() {
            fs::remove_file(&other).map_err(files::file_error("remove", &other))?;
        }
        Ok(())
    }
}

/// AES-256-GCM with the label as additional data: nonce, then what is wrapped.
pub(crate) struct Wrapping(LessSafeKey);

impl Wrapping {
    pub(crate) fn new(secret: &Secret) -> Self {
        #[expect(clippy::expect_used, reason = "AES-256 takes any 32 bytes")]
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).expect("a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    pub(crate) fn wrap(&self, label: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        let room = secret.len() + AES_256_GCM.tag_len();
        let mut wrapped = Zeroizing::new(Vec::with_capacity(room));
        wrapped.extend_from_slice(secret);
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label),
                &mut *wrapped,
            )
            .map_err(|_| KeyError::NotWrapped)?;
        Ok([&nonce[..], &wrapped].concat())
    }

    pub(crate) fn unwrap(
        &self,
        label: &str,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (nonce, wrapped) = wrapped.split_at_checked(NONCE_LEN).ok_or(KeyError::NotWrapped)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::NotWrapped)?;
        let mut opened = Zeroizing::new(wrapped.to_vec());
        let len = self
            .0
            .open_in_place(nonce, Aad::from(label), &mut opened)
            .map_err(|_| KeyError::NotWrapped)?
            .len();
        opened.truncate(len);
        Ok(opened)
    }
}

pub(crate) fn mark(secret: &Secret) -> VaultMark {
    let mut mark = [0; 8];
    mark.copy_from_slice(&OneBlock::new(secret.expose()).of(0x33, &[])[..8]);
    VaultMark(mark)
}

#[cfg(test)]
mod tests {
    use aes_gcm::{
        Aes256Gcm, KeyInit,
        aead::{Aead, Payload},
    };

    use super::*;

    #[test]
    fn what_is_wrapped_opens_with_the_same_vault_and_label_alone() {
        let (ours, theirs) = (FileVault::draw().unwrap(), FileVault::draw().unwrap());
        let wrapped = ours.wrap("seed", b"secret").unwrap();
        assert_eq!(ours.unwrap("seed", &wrapped).unwrap().as_slice(), b"secret");
        assert!(matches!(theirs.unwrap("seed", &wrapped), Err(KeyError::NotWrapped)));
        assert!(matches!(ours.unwrap("root", &wrapped), Err(KeyError::NotWrapped)));
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert!(matches!(ours.unwrap("seed", &changed), Err(KeyError::NotWrapped)), "{at}");
            assert!(ours.unwrap("seed", &wrapped[..at]).is_err(), "the first {at} bytes");
        }
        assert!(ours.wrap("seed", b"secret").unwrap() != wrapped, "no nonce is used twice");
    }

    /// The same by the crate `aes-gcm`.
    #[test]
    fn the_wrapping_is_aes_gcm_with_the_label_as_additional_data() {
        let secret = Secret::random().unwrap();
        let wrapped = FileVault::with(secret.clone()).wrap("seed", b"secret").unwrap();
        let (nonce, sealed) = wrapped.split_at(NONCE_LEN);
        let nonce = <[u8; NONCE_LEN]>::try_from(nonce).unwrap().into();
        let opened = Aes256Gcm::new(secret.expose().into())
            .decrypt(&nonce, Payload { msg: sealed, aad: b"seed" })
            .unwrap();
        assert_eq!(opened, b"secret");
    }

    #[test]
    fn a_vault_is_known_by_its_mark_which_says_nothing_of_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (FileVault::draw().unwrap(), FileVault::draw().unwrap());
        assert!(!ours.is_installed(folder.path()));
        ours.install(folder.path()).unwrap();
        assert!(ours.is_installed(folder.path()) && !theirs.is_installed(folder.path()));
        assert_eq!(FileVault::open(folder.path()).unwrap().mark(), ours.mark());
        assert!(!ours.secret.expose().starts_with(&ours.mark().0));
        assert_eq!(format!("{ours:?}"), "FileVault(hidden)");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_key_that_wraps() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        FileVault::draw().unwrap().install(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(WRAP_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
