//! Who acts: a person in a role, or the system itself.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a person's account lets them do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Finds data and asks for statistics or for access.
    Researcher,
    /// Runs aggregates under a standing approval.
    PolicyAnalyst,
    /// Checks minimisation and approves what leaves.
    PrivacyOfficer,
    /// Prepares the decision on an application or a request.
    CaseHandler,
    /// Takes that decision.
    DecisionMaker,
    /// Looks after a holder's datasets and their descriptions.
    Steward,
    /// Reads everything, changes nothing.
    Auditor,
    /// Looks after accounts and texts, never after cases.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Researcher,
        Self::PolicyAnalyst,
        Self::PrivacyOfficer,
        Self::CaseHandler,
        Self::DecisionMaker,
        Self::Steward,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The name used in files and in translation keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Researcher => "researcher",
            Self::PolicyAnalyst => "policy-analyst",
            Self::PrivacyOfficer => "privacy-officer",
            Self::CaseHandler => "case-handler",
            Self::DecisionMaker => "decision-maker",
            Self::Steward => "steward",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// May they see tables that are not public yet?
    #[must_use]
    pub fn sees_pending_releases(self) -> bool {
        matches!(self, Self::PrivacyOfficer | Self::Auditor)
    }

    /// May they decide whether a table leaves?
    #[must_use]
    pub fn decides_on_releases(self) -> bool {
        self == Self::PrivacyOfficer
    }

    /// May they put a table forward? Auditors and administrators act on no case.
    #[must_use]
    pub fn proposes_releases(self) -> bool {
        matches!(
            self,
            Self::Researcher | Self::PolicyAnalyst | Self::CaseHandler | Self::PrivacyOfficer
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names none of the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text names none of the roles")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

/// The name somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

impl AccountName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be an account's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account name has 1 to 63 lower-case letters, digits, '.' or '-', a letter first")]
pub struct NotAnAccountName;

impl FromStr for AccountName {
    type Err = NotAnAccountName;

    fn from_str(text: &str) -> Result<Self, NotAnAccountName> {
        let letter_first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let fits = text.len() <= 63
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
        if letter_first && fits { Ok(Self(text.to_owned())) } else { Err(NotAnAccountName) }
    }
}

impl TryFrom<String> for AccountName {
    type Error = NotAnAccountName;

    fn try_from(text: String) -> Result<Self, NotAnAccountName> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0
    }
}

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their account.
    pub account: AccountName,
    /// The role they act in.
    pub role: Role,
    /// The organisation they act for.
    pub organisation: String,
}

/// Whoever gives a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A person in a role.
    Person(Person),
    /// The system: the worker that runs plans and publishes what was approved.
    System,
}

impl Actor {
    /// A person in a role.
    #[must_use]
    pub fn person(account: AccountName, role: Role, organisation: &str) -> Self {
        Self::Person(Person { account, role, organisation: organisation.to_owned() })
    }

    /// The account, where a person acts.
    #[must_use]
    pub fn account(&self) -> Option<&AccountName> {
        match self {
            Self::Person(person) => Some(&person.account),
            Self::System => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn an_account_name_is_short_and_plain() {
        let cases = [("piet.peeters", true), ("a-1", true), ("", false), ("1a", false)];
        for (text, valid) in cases {
            assert_eq!(text.parse::<AccountName>().is_ok(), valid, "{text}");
        }
        for text in ["Piet", "a b", "a/b", "a<b", &"a".repeat(64)] {
            assert_eq!(text.parse::<AccountName>(), Err(NotAnAccountName), "{text}");
        }
    }
}
