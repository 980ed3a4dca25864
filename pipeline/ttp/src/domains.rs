//! The domains the TTP serves, and for whom.

use pipeline_domain::{DomainId, HolderId};
use pipeline_exchange::{Release, Store};
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
    /// The version its first pseudonyms were made with, where the key was rotated since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_version: Option<u32>,
    /// The domain over whose pseudonyms its own are laid, as for a permit: nobody but the HDA has
    /// rows for it then, and the lists of that domain hold here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<DomainId>,
    /// Who may send batches for it: holders, and the registry of opt-outs.
    pub holders: Vec<HolderId>,
    /// How many id rows each of them may send in all, padding included: about as many as the
    /// approval speaks of people. Without a limit a holder could try every number there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u64>,
    /// How rows come to the HDA. Where nothing is said they must be sealed as soon as a list of
    /// opt-outs or of a cohort is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

impl Domain {
    /// The version its first pseudonyms were made with.
    #[must_use]
    pub fn first_version(&self) -> u32 {
        self.first_version.unwrap_or(self.key_version)
    }

    /// The domain whose lists of people hold in it.
    pub(crate) fn with_lists(&self) -> DomainId {
        self.source.unwrap_or(self.domain)
    }

    pub(crate) fn keep(&self, folder: &Store) -> Result<(), TtpError> {
        Ok(folder.write_json(&path(self.domain), self)?)
    }

    /// A domain somebody wants to change.
    pub(crate) fn kept(folder: &Store, domain: DomainId) -> Result<Self, TtpError> {
        if !folder.exists(&path(domain))? {
            return Err(TtpError::UnknownDomain { domain });
        }
        Ok(folder.read_json(&path(domain))?)
    }

    pub(crate) fn of(folder: &Store, domain: DomainId) -> Result<Self, Refusal> {
        Self::kept(folder, domain).map_err(|error| match error {
            TtpError::Exchange(error) => error.into(),
            _ => Refusal::UnknownDomain { domain },
        })
    }
}

fn path(domain: DomainId) -> String {
    format!("domains/{domain}.json")
}
