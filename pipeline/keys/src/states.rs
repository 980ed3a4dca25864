//! The life of a key (NIST SP 800-57 part 1, section 7): which states there are and what follows what.

use std::fmt;

use pipeline_domain::DomainId;

use crate::SecretKind;

/// Where a key of a domain stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Made, and not used yet.
    PreActive,
    /// In use.
    Active,
    /// Followed by another version; computes what was made with it and starts nothing new.
    Retired,
    /// Somebody else may know it. It serves to lead away from it, and nothing else.
    Compromised,
    /// Gone, with all that only it could compute.
    Destroyed,
}

/// A key of a domain and its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyEntry {
    /// What it is for.
    pub kind: SecretKind,
    /// The domain.
    pub domain: DomainId,
    /// The version of the key.
    pub version: u32,
    /// Its state.
    pub state: KeyState,
}

impl KeyState {
    /// All states, in the order of a life.
    pub const ALL: [Self; 5] =
        [Self::PreActive, Self::Active, Self::Retired, Self::Compromised, Self::Destroyed];

    /// May a key go from this state into that one? No way leads back, and none out of destruction.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::PreActive => {
                matches!(next, Self::Active | Self::Compromised | Self::Destroyed)
            }
            Self::Active => matches!(next, Self::Retired | Self::Compromised | Self::Destroyed),
            Self::Retired => matches!(next, Self::Compromised | Self::Destroyed),
            Self::Compromised => next == Self::Destroyed,
            Self::Destroyed => false,
        }
    }

    /// The byte that stands behind a wrapped key. An active one has none: so every key looked before
    /// there were states.
    pub(crate) fn byte(self) -> Option<u8> {
        match self {
            Self::PreActive => Some(1),
            Self::Active => None,
            Self::Retired => Some(3),
            Self::Compromised => Some(4),
            Self::Destroyed => Some(5),
        }
    }

    pub(crate) fn from_byte(byte: Option<u8>) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.byte() == byte)
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::PreActive => "pre-active",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Compromised => "compromised",
            Self::Destroyed => "destroyed",
        })
    }
}

impl std::str::FromStr for KeyState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.to_string() == text).ok_or(UnknownState)
    }
}

/// A word that names no state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is pre-active, active, retired, compromised or destroyed")]
pub struct UnknownState;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_is_written() {
        for state in KeyState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
            assert_eq!(KeyState::from_byte(state.byte()), Some(state));
        }
        assert_eq!("Active".parse::<KeyState>(), Err(UnknownState));
        assert_eq!(KeyState::from_byte(Some(2)), None);
    }

    #[test]
    fn no_way_leads_back() {
        for from in KeyState::ALL {
            for to in KeyState::ALL {
                assert!(!from.may_become(to) || from < to, "{from} to {to}");
            }
        }
    }
}
