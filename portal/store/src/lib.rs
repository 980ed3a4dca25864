//! All SQL of the portal: accounts, sessions, release cases and their log.
//!
//! The store keeps what `portal-workflow` decided and checks on the way in that an event fits the
//! case as it stands; it decides nothing itself. The log is append-only and hash-chained. Time
//! always comes in as a value.
//!
//! ```
//! use portal_store::Store;
//! use portal_workflow::Role;
//! use time::macros::datetime;
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! let store = Store::open(&folder.path().join("portal.sqlite")).await?;
//! let now = datetime!(2026-11-25 14:00 UTC);
//! let piet = "piet".parse()?;
//! store.create_account(&piet, "correct horse battery", Role::PrivacyOfficer, "Authority", now).await?;
//! assert!(store.authenticate("piet", "correct horse battery", now).await.is_ok());
//! assert!(store.authenticate("piet", "wrong horse battery", now).await.is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accounts;
mod chain;
mod error;
mod events;
mod passwords;
mod proposals;
mod release_cases;
mod sessions;
mod store;

pub use accounts::{Account, LoginError};
pub use chain::{ChainError, ChainHead};
pub use error::StoreError;
pub use release_cases::Release;
pub use sessions::StoredSession;
pub use store::Store;
