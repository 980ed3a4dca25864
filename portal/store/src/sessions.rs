//! Sessions of the pages, found by the digest of the id in the cookie.

use pipeline_domain::{Sha256Digest, Timestamp};

use crate::{Store, StoreError};

/// A session as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// What the pages keep in it, as JSON.
    pub data: String,
    /// When it ends if nothing happens.
    pub expires: Timestamp,
}

impl Store {
    /// Keeps a new session; false where one with this id is there already.
    pub async fn create_session(
        &self,
        id: &Sha256Digest,
        session: &StoredSession,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.delete_expired_sessions(now).await?;
        let made = sqlx::query(
            "INSERT INTO sessions (id_digest, data, created_at, expires_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (id_digest) DO NOTHING",
        )
        .bind(id.as_bytes().as_slice())
        .bind(&session.data)
        .bind(now.unix_timestamp())
        .bind(session.expires.unix_timestamp())
        .execute(&self.pool)
        .await?;
        Ok(made.rows_affected() > 0)
    }

    /// Keeps a session that exists; one that was ended in the meantime stays ended.
    pub async fn save_session(
        &self,
        id: &Sha256Digest,
        session: &StoredSession,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET data = $2, expires_at = $3 WHERE id_digest = $1")
            .bind(id.as_bytes().as_slice())
            .bind(&session.data)
            .bind(session.expires.unix_timestamp())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The session with this id, unless it was idle too long or began before `oldest`.
    pub async fn session(
        &self,
        id: &Sha256Digest,
        oldest: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredSession>, StoreError> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT data, expires_at FROM sessions
             WHERE id_digest = $1 AND created_at >= $2 AND expires_at > $3",
        )
        .bind(id.as_bytes().as_slice())
        .bind(oldest.unix_timestamp())
        .bind(now.unix_timestamp())
        .fetch_optional(&self.pool)
        .await?;
        let Some((data, expires)) = row else { return Ok(None) };
        let expires = Timestamp::from_unix_timestamp(expires).unwrap_or(now);
        Ok(Some(StoredSession { data, expires }))
    }

    /// Ends a session.
    pub async fn delete_session(&self, id: &Sha256Digest) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE id_digest = $1")
            .bind(id.as_bytes().as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Drops every session that was idle too long.
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(now.unix_timestamp())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    #[tokio::test]
    async fn a_session_ends_when_idle_when_old_and_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portal.sqlite")).await.unwrap();
        let now = datetime!(2026-11-25 14:00 UTC);
        let id = Sha256Digest::of(b"cookie");
        let expires = now + Duration::minutes(30);
        let session = StoredSession { data: "{}".into(), expires };
        assert!(store.create_session(&id, &session, now).await.unwrap());
        assert!(!store.create_session(&id, &session, now).await.unwrap());

        let day_before = now - Duration::days(1);
        let second = Duration::seconds(1);
        let cases = [
            (day_before, now, true),
            (now, expires - second, true),
            (now, expires, false),
            (now + second, now, false),
        ];
        for (oldest, at, found) in cases {
            let session = store.session(&id, oldest, at).await.unwrap();
            assert_eq!(session.is_some(), found, "{oldest} {at}");
        }
        store.delete_session(&id).await.unwrap();
        store.save_session(&id, &session).await.unwrap();
        assert_eq!(store.session(&id, day_before, now).await.unwrap(), None);
    }
}
