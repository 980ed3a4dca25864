//! What the pages need from whoever serves them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use opendal::Operator;
use pipeline_domain::{Language, Timestamp};
use portal_store::Store;
use portal_workflow::{AccountName, Role};

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// How browsers reach the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Over TLS, ended here or by a proxy in front: cookies are `__Host-` and `Secure`.
    Https,
    /// Plain HTTP on this machine alone, as in the demonstration.
    LoopbackHttp,
}

/// An account whose password is shown on the sign-in page of a demonstration.
#[derive(Clone)]
pub struct DemoAccount {
    /// The name to sign in with.
    pub name: AccountName,
    /// The password, which in a demonstration is no secret.
    pub password: String,
    /// What the account may do.
    pub role: Role,
}

impl fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DemoAccount({})", self.name)
    }
}

/// Everything the pages show and change.
#[derive(Clone)]
pub struct Portal {
    /// Accounts, sessions and release cases.
    pub store: Store,
    /// One folder a dataset, with `record.json`, `record.ttl` and `record.jsonld`.
    pub catalogue: Operator,
    /// One folder a release, with the files of its sealed package.
    pub releases: Operator,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How browsers reach the portal.
    pub transport: Transport,
    /// In a demonstration, the accounts to try it with; every page then says that it is one.
    pub demo_accounts: Option<Vec<DemoAccount>>,
    /// The name of the authority in each language; a language without one gets the usual words.
    pub authority_name: BTreeMap<Language, String>,
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal").field("transport", &self.transport).finish_non_exhaustive()
    }
}
