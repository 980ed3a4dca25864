//! Who takes part, with their public keys. Every party keeps its own copy.

use pipeline_domain::{HolderId, PublicKey};
use serde::{Deserialize, Serialize};

use crate::ExchangeError;

/// What a party does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyRole {
    /// Makes the stage-1 keys.
    Custodian,
    /// Has source data.
    Holder,
    /// Keeps the list of people who opted out (Art 71).
    OptOutRegistry,
    /// Says whom a domain is about.
    CohortOwner,
    /// Says which national number took the place of which.
    IdentityService,
    /// Approves that one person is named again, for a significant finding (Art 58(3)).
    ReidentificationOfficer,
    /// Turns tags into pseudonyms.
    Ttp,
    /// Receives rows without identifiers.
    Hda,
}

/// The public card of a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name.
    pub name: HolderId,
    /// What it does.
    pub role: PartyRole,
    /// Verifies what it signs (Ed25519).
    pub signing_key: PublicKey,
    /// Seals what only it may open (X25519, for HPKE).
    pub sealing_key: PublicKey,
}

/// The parties one party knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Their cards, in order of name.
    pub parties: Vec<Party>,
}

impl Register {
    /// The card of a party.
    pub fn party(&self, name: &HolderId) -> Result<&Party, ExchangeError> {
        self.parties
            .iter()
            .find(|party| &party.name == name)
            .ok_or_else(|| ExchangeError::UnknownParty { party: name.clone() })
    }

    /// The key that verifies a party's signatures, if it has one of these roles.
    pub fn signing_key(
        &self,
        name: &HolderId,
        roles: &[PartyRole],
    ) -> Result<PublicKey, ExchangeError> {
        let party = self.party(name)?;
        if !roles.contains(&party.role) {
            return Err(ExchangeError::UnknownParty { party: name.clone() });
        }
        Ok(party.signing_key)
    }

    /// Adds a card, in the place of an older one of the same name.
    pub fn add(&mut self, party: Party) {
        self.parties.retain(|known| known.name != party.name);
        self.parties.push(party);
        self.parties.sort_by(|a, b| a.name.cmp(&b.name));
    }
}
