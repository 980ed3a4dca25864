//! Ids of different things are different types, so that they cannot be swapped.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A name has other characters than it may, or is empty or too long.
    #[error("a name has 1 to 63 characters: lower-case letters, digits and '-', a letter first")]
    NotAName,
    /// A version id is not the one this system writes.
    #[error("a version id looks like 20261125T141900Z-0123abcd")]
    NotAVersion,
    /// The text is no UUID.
    #[error("an id of this kind is a UUID")]
    NotAUuid,
}

/// Ids that people choose: short names that are safe in a path, a URL and a column.
macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if is_name(text) { Ok(Self(text.to_owned())) } else { Err(IdError::NotAName) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Ids that the system draws.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this UUID.
            #[must_use]
            pub fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The 16 bytes of the UUID, as they enter derivations and signatures.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::NotAUuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

name_id!(
    /// A data holder, also the registry of opt-outs and any other party that submits batches.
    HolderId
);
name_id!(
    /// A dataset of the lake, one for each view.
    DatasetId
);
name_id!(
    /// A decision that lets a plan run: a data permit (EHDS Art 68), an approved data request
    /// (Art 69) or a standing approval.
    ApprovalId
);
uuid_id!(
    /// The scope inside which pseudonyms are linkable.
    DomainId
);
uuid_id!(
    /// One submission of one holder (UUIDv7, so that ids sort by time).
    BatchId
);
uuid_id!(
    /// A sealed release package.
    ReleaseId
);

/// One immutable version of a dataset; ids sort by the time the version was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId(String);

impl VersionId {
    /// The version made at this moment from content with this digest.
    #[must_use]
    pub fn new(made: Timestamp, content: &crate::Sha256Digest) -> Self {
        let made = made.to_offset(time::UtcOffset::UTC);
        let mark = &content.to_string()[..8];
        Self(format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z-{mark}",
            made.year(),
            u8::from(made.month()),
            made.day(),
            made.hour(),
            made.minute(),
            made.second(),
        ))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VersionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let shape = text.len() == 25
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 => byte == b'T',
                15 => byte == b'Z',
                16 => byte == b'-',
                17.. => byte.is_ascii_hexdigit(),
                _ => byte.is_ascii_digit(),
            });
        if shape { Ok(Self(text.to_owned())) } else { Err(IdError::NotAVersion) }
    }
}

impl TryFrom<String> for VersionId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<VersionId> for String {
    fn from(id: VersionId) -> Self {
        id.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_name(text: &str) -> bool {
    let letter_first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    letter_first
        && text.len() <= 63
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        let cases = [
            ("vaccination", true),
            ("medication-line", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("A", false),
            ("1a", false),
            (&"a".repeat(64), false),
        ];
        for (text, valid) in cases {
            assert_eq!(text.parse::<DatasetId>().is_ok(), valid, "{text}");
        }
    }

    #[test]
    fn version_ids_sort_by_time() {
        let content = crate::Sha256Digest::of(b"rows");
        let early = VersionId::new(time::macros::datetime!(2026-11-25 14:19:00 UTC), &content);
        let late = VersionId::new(time::macros::datetime!(2026-11-25 14:19:01 UTC), &content);
        assert!(early < late);
        assert_eq!(early.as_str().parse(), Ok(early));
        assert_eq!("../../etc/passwd/12345678".parse::<VersionId>(), Err(IdError::NotAVersion));
    }
}
