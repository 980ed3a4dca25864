//! What can go wrong with a key. No message holds anything of one.

use std::{io, path::PathBuf};

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
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key file has another form, or was changed, or another key wraps it.
    #[error("{0} cannot be opened: it was changed, or belongs to another keyring")]
    Unreadable(PathBuf),
    /// A sealed key was made for somebody else, for another domain, or was changed.
    #[error("the sealed key cannot be opened with the keys of this party")]
    NotForUs,
    /// A public key is no point on the curve.
    #[error("the public key cannot be sealed to")]
    BadPublicKey,
}
