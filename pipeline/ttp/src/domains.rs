//! The domains the TTP serves, and for whom.

use pipeline_domain::{DomainId, HolderId};
use pipeline_exchange::Store;
use serde::{Deserialize, Serialize};

use crate::{Refusal, TtpError};

/// A domain, as it was opened at the TTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The domain.
    pub domain: DomainId,
    /// The version of K2 in use.
    pub key_version: u32,
    /// Who may send batches for it: holders, and the registry of opt-outs.
    pub holders: Vec<HolderId>,
    /// How many id rows each of them may send in all, padding included: about as many as the
    /// approval speaks of people. Without a limit a holder could try every number there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u64>,
}

impl Domain {
    pub(crate) fn keep(&self, folder: &Store) -> Result<(), TtpError> {
        Ok(folder.write_json(&path(self.domain), self)?)
    }

    pub(crate) fn of(folder: &Store, domain: DomainId) -> Result<Self, Refusal> {
        if !folder.exists(&path(domain))? {
            return Err(Refusal::UnknownDomain { domain });
        }
        Ok(folder.read_json(&path(domain))?)
    }
}

fn path(domain: DomainId) -> String {
    format!("domains/{domain}.json")
}
