//! What can go wrong between a decision and its keeping.

use pipeline_domain::ReleaseId;
use portal_workflow::{AccountName, Refusal};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not answer, or refused.
    #[error("the portal database could not be used")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the portal database could not be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Something that was stored cannot be read back.
    #[error("the stored {what} of release {release} cannot be read")]
    Unreadable {
        /// The release it belongs to.
        release: String,
        /// What it is.
        what: &'static str,
    },
    /// A stored account holds a role this version does not know.
    #[error("the stored account {0} cannot be read")]
    UnreadableAccount(AccountName),
    /// What the officer would be shown is no longer what was proposed.
    #[error("the content of release {0} was changed after it was proposed")]
    ContentChanged(ReleaseId),
    /// No such release.
    #[error("there is no release {0}")]
    NoSuchRelease(ReleaseId),
    /// The same release was proposed before with another table.
    #[error("release {0} was proposed before with another table")]
    OtherProposal(ReleaseId),
    /// The case changed between the decision and its keeping.
    #[error("release {0} was decided on in the meantime")]
    DecidedMeanwhile(ReleaseId),
    /// The workflow refuses the proposal.
    #[error("the proposal is refused")]
    Refused(#[from] Refusal),
    /// The account name is taken.
    #[error("there is already an account {0}")]
    AccountExists(AccountName),
    /// The password is too easy to guess.
    #[error("a password has at least {0} characters")]
    PasswordTooShort(usize),
    /// The password could not be hashed, or no randomness came from the system.
    #[error("the password could not be hashed")]
    Hashing,
}
