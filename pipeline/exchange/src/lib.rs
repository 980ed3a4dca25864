//! Files between the parties: where they lie, what they look like, who signed them.
//!
//! Everything one party hands to another passes through here: a [`Store`] opened from a
//! [`Location`], Parquet files with the wire schemas of [`wire`], a signed [`Manifest`] that names
//! them by digest, and the leak scanner at both doors. No key and no identifier is known here.
//!
//! The order of writing is always the same: files first, manifest last. What has no manifest does
//! not exist, so a process that dies leaves nothing another one would take for whole.
//!
//! ```
//! use pipeline_exchange::{Location, Store};
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # let _entered = runtime.enter();
//! let store = Store::open(&"memory:".parse::<Location>()?)?;
//! store.write("lake/HEAD", b"20261125T141900Z-0123abcd".to_vec())?;
//! assert_eq!(store.list("lake/")?, ["lake/HEAD"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod abandoned;
mod error;
pub mod lake;
pub mod leaks;
pub mod ledger;
mod location;
mod manifest;
mod parquet_file;
mod parquet_read;
#[cfg(test)]
mod parquet_tests;
mod plain_column;
mod register;
mod store;
pub mod wire;

pub use error::{ExchangeError, sentence};
pub use location::{Location, LocationError};
pub use manifest::{
    BatchMode, BatchPurpose, Chain, FileEntry, MANIFEST, MANIFEST_SIGNATURE, Manifest, Release,
    SignedManifest,
};
pub use parquet_file::{EncodedRows, GroupEncoder, ParquetSink};
pub use parquet_read::{ParquetFile, fixed_column, read_parquet};
pub use register::{Party, PartyRole, Register};
pub use store::{Store, StoreReader, StoreWriter};
