//! What can go wrong with a key. No message holds anything of one.

use std::{io, path::PathBuf};

use crate::KeyState;

/// Why a key cannot be made, kept or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    NoRandomness,
    /// The folder has keys already.
    #[error("{0} holds keys already; they are never overwritten")]
    AlreadyThere(PathBuf),
    /// A key file is not there.
    #[error("{0} is not there; make keys with `hda keys init`, or receive the domain's key first")]
    Missing(PathBuf),
    /// A key file cannot be read or written.
    #[error("cannot {action} the key file {path}")]
    File {
        /// What was tried, such as `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key file has another form, or was changed, or another key wraps it.
    #[error("{0} cannot be opened: it was changed, or belongs to another keyring")]
    Unreadable(PathBuf),
    /// A vault did not wrap these bytes under this label.
    #[error("this was not wrapped by this vault, or was changed")]
    NotWrapped,
    /// The keyring is held by a passphrase, and none was given.
    #[error("the keyring in {0} opens with a passphrase")]
    NeedsPassphrase(PathBuf),
    /// Another passphrase made this keyring.
    #[error("the passphrase does not open this keyring")]
    WrongPassphrase,
    /// A new passphrase that a machine would find.
    #[error("a passphrase has at least {shortest} bytes")]
    ShortPassphrase {
        /// So many.
        shortest: usize,
    },
    /// The key of a passphrase cannot be computed here.
    #[error("the passphrase cannot be made a key with these parameters")]
    TooCostly,
    /// The keyring was wrapped anew, by another process, after it was opened.
    #[error("the keyring in {0} is not held by this vault; open it anew")]
    OtherVault(PathBuf),
    /// The key is not in use yet.
    #[error("the key {0} is pre-active: it must be activated before it is used")]
    PreActive(String),
    /// Somebody else may know the key.
    #[error("the key {0} is compromised: it serves for rotation alone")]
    Compromised(String),
    /// The key is gone for good.
    #[error("the key {0} was destroyed: nothing brings it back, and its version is not made again")]
    Destroyed(String),
    /// The life of a key does not go this way.
    #[error("the key {key} is {from} and cannot become {to}")]
    NoSuchChange {
        /// The key.
        key: String,
        /// Its state.
        from: KeyState,
        /// What was asked.
        to: KeyState,
    },
    /// A sealed key was made for somebody else, for another domain, or was changed.
    #[error("the sealed key cannot be opened with the keys of this party")]
    NotForUs,
    /// A public key is no point on the curve.
    #[error("the public key is none that can be used")]
    BadPublicKey,
    /// An element of the oblivious function is no point of its group.
    #[error("an element is no point of the group")]
    NoElement,
    /// An answer has not one element for each that was asked, or not one proof for each chunk.
    #[error("the answer has another number of elements or proofs than the request calls for")]
    WrongCount,
    /// An answer was made with another key than the registered one, or was changed.
    #[error("the proof does not hold for this answer and the registered key")]
    BadProof,
}
