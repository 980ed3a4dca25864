//! The chain over the log: each event's hash covers the one before it.
//!
//! Changing, removing or reordering any event breaks the chain at that place. Cutting off its end
//! does not; for that the head is printed where others keep it.

use pipeline_domain::Sha256Digest;
use sqlx::Row as _;

use crate::{Store, StoreError};

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// How many events there are.
    pub events: u64,
    /// The hash of the last one; of nothing where there is none.
    pub hash: Sha256Digest,
}

/// Why the log cannot be believed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// This event is not the one that was written, or one before it is missing.
    #[error("the log was changed at event {sequence}")]
    Broken {
        /// Its place in the log.
        sequence: i64,
    },
    /// What was proposed is not what the log says was proposed.
    #[error("the content behind event {sequence} was changed")]
    ContentChanged {
        /// The event that proposed it.
        sequence: i64,
    },
    /// The log could not be read.
    #[error("the log could not be read")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChainError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Follows the chain from its beginning and says where it ends.
    #[tracing::instrument(skip_all)]
    pub async fn verify_chain(&self) -> Result<ChainHead, ChainError> {
        let rows = sqlx::query(
            "SELECT e.sequence, e.release, e.body, e.previous_hash, e.hash, p.content
             FROM events e LEFT JOIN proposals p ON p.id = e.release ORDER BY e.sequence",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut head = ChainHead { events: 0, hash: beginning() };
        for (expected, row) in (1..).zip(&rows) {
            let sequence: i64 = row.try_get("sequence")?;
            let (release, body): (String, String) = (row.try_get("release")?, row.try_get("body")?);
            let (previous, hash): (Vec<u8>, Vec<u8>) =
                (row.try_get("previous_hash")?, row.try_get("hash")?);
            let want = link(&head.hash, sequence, &release, &body);
            let holds =
                sequence == expected && previous == head.hash.as_bytes() && hash == want.as_bytes();
            if !holds {
                return Err(ChainError::Broken { sequence });
            }
            let content: Option<String> = row.try_get("content")?;
            if !content_matches(&body, content.as_deref()) {
                return Err(ChainError::ContentChanged { sequence });
            }
            head = ChainHead { events: head.events + 1, hash: want };
        }
        Ok(head)
    }
}

/// What the first event follows on.
pub(crate) fn beginning() -> Sha256Digest {
    Sha256Digest::of(b"")
}

/// The hash of an event; every part has a fixed length or is ended by a zero no text holds.
pub(crate) fn link(
    previous: &Sha256Digest,
    sequence: i64,
    release: &str,
    body: &str,
) -> Sha256Digest {
    let parts = [
        previous.as_bytes().as_slice(),
        &sequence.to_be_bytes(),
        release.as_bytes(),
        &[0],
        body.as_bytes(),
    ];
    Sha256Digest::of(&parts.concat())
}

fn content_matches(body: &str, content: Option<&str>) -> bool {
    let Ok(event) = serde_json::from_str::<portal_workflow::Event>(body) else { return false };
    match (event.change, content) {
        (portal_workflow::Change::Proposed(subject), Some(content)) => {
            subject.content == Sha256Digest::of(content.as_bytes())
        }
        (_, content) => content.is_some(),
    }
}
