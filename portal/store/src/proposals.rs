//! What was put forward: the plan in words and the table, kept as one text that never changes.

use pipeline_domain::{ReleaseId, Sha256Digest};
use portal_workflow::ReleaseProposal;
use sqlx::SqliteConnection;

use crate::StoreError;

/// The text of a proposal; its digest stands in the log.
pub(crate) fn text(proposal: &ReleaseProposal) -> Result<String, StoreError> {
    let unreadable =
        |_| StoreError::Unreadable { release: proposal.id.to_string(), what: "proposal" };
    serde_json::to_string(proposal).map_err(unreadable)
}

/// The text kept for a release.
pub(crate) async fn stored(
    connection: &mut SqliteConnection,
    release: ReleaseId,
) -> Result<Option<String>, StoreError> {
    let content = sqlx::query_scalar("SELECT content FROM proposals WHERE id = $1")
        .bind(release.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(content)
}

/// Keeps the text of a proposal.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    proposal: &ReleaseProposal,
    content: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO proposals (id, digest, content) VALUES ($1, $2, $3)")
        .bind(proposal.id.to_string())
        .bind(proposal.digest.as_bytes().as_slice())
        .bind(content)
        .execute(connection)
        .await?;
    Ok(())
}

/// The proposal behind a text, provided it is still the one that was put forward.
pub(crate) fn read(
    release: ReleaseId,
    content: &str,
    proposed: &Sha256Digest,
) -> Result<ReleaseProposal, StoreError> {
    if Sha256Digest::of(content.as_bytes()) != *proposed {
        return Err(StoreError::ContentChanged(release));
    }
    let unreadable = |_| StoreError::Unreadable { release: release.to_string(), what: "proposal" };
    serde_json::from_str(content).map_err(unreadable)
}
