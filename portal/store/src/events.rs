//! The append-only log of what happened to release cases.

use pipeline_domain::{ReleaseId, Sha256Digest};
use portal_workflow::Event;
use sqlx::SqliteConnection;

use crate::{Store, StoreError, chain};

impl Store {
    /// Everything that happened to a release, in order.
    pub async fn events(&self, release: ReleaseId) -> Result<Vec<Event>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        of_release(&mut connection, release).await
    }
}

/// Everything that happened to a release, in order.
pub(crate) async fn of_release(
    connection: &mut SqliteConnection,
    release: ReleaseId,
) -> Result<Vec<Event>, StoreError> {
    let bodies: Vec<String> =
        sqlx::query_scalar("SELECT body FROM events WHERE release = $1 ORDER BY sequence")
            .bind(release.to_string())
            .fetch_all(connection)
            .await?;
    let unreadable = |_| StoreError::Unreadable { release: release.to_string(), what: "history" };
    bodies.iter().map(|body| serde_json::from_str(body).map_err(unreadable)).collect()
}

/// Appends one event to the chain and returns its place in it. The caller holds a transaction
/// that writes, so nobody else appends in between.
pub(crate) async fn append(
    connection: &mut SqliteConnection,
    release: ReleaseId,
    event: &Event,
) -> Result<i64, StoreError> {
    let last: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1")
            .fetch_optional(&mut *connection)
            .await?;
    let unreadable = || StoreError::Unreadable { release: release.to_string(), what: "event" };
    let (sequence, previous) = match last {
        Some((sequence, hash)) => (sequence + 1, digest(&hash).ok_or_else(unreadable)?),
        None => (1, chain::beginning()),
    };
    let body = serde_json::to_string(event).map_err(|_| unreadable())?;
    let hash = chain::link(&previous, sequence, &release.to_string(), &body);
    sqlx::query(
        "INSERT INTO events (sequence, release, body, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(sequence)
    .bind(release.to_string())
    .bind(body)
    .bind(previous.as_bytes().as_slice())
    .bind(hash.as_bytes().as_slice())
    .execute(connection)
    .await?;
    Ok(sequence)
}

fn digest(bytes: &[u8]) -> Option<Sha256Digest> {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(64);
    bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}")).ok()?;
    text.parse().ok()
}
