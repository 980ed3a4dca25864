//! Local accounts, signing in, and a lock after too many wrong passwords.

use pipeline_domain::{Sha256Digest, Timestamp};
use portal_workflow::{AccountName, Actor, Role};

use crate::{Store, StoreError};

/// Wrong passwords after which a name is locked.
const ATTEMPTS_ALLOWED: i64 = 5;
/// How long it stays locked, and after how long without an attempt they are forgotten.
const LOCKED_SECONDS: i64 = 15 * 60;

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name they sign in with.
    pub name: AccountName,
    /// What they may do.
    pub role: Role,
    /// Whom they work for.
    pub organisation: String,
}

impl Account {
    /// The account as somebody who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::person(self.name.clone(), self.role, &self.organisation)
    }
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The name, the password or both are wrong; which of them is not said.
    #[error("the name or the password is wrong")]
    WrongNameOrPassword,
    /// There were too many wrong passwords for this name, whether it exists or not.
    #[error("too many attempts, try again later")]
    Locked,
    /// The store did not answer.
    #[error("the sign-in could not be checked")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LoginError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Makes an account.
    #[tracing::instrument(skip_all)]
    pub async fn create_account(
        &self,
        name: &AccountName,
        password: &str,
        role: Role,
        organisation: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let hash = self.passwords.hash(password).await?;
        let made = sqlx::query(
            "INSERT INTO accounts (name, password_hash, role, organisation, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name.as_str())
        .bind(hash)
        .bind(role.name())
        .bind(organisation)
        .bind(now.unix_timestamp())
        .execute(&self.pool)
        .await?;
        match made.rows_affected() {
            0 => Err(StoreError::AccountExists(name.clone())),
            _ => Ok(()),
        }
    }

    /// Who is this? Names that do not exist cost as much as wrong passwords, and lock as well.
    #[tracing::instrument(skip_all)]
    pub async fn authenticate(
        &self,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Account, LoginError> {
        let digest = Sha256Digest::of(name.as_bytes());
        if !self.take_attempt(&digest, now).await? {
            return Err(LoginError::Locked);
        }
        let known: Option<AccountName> = name.parse().ok();
        let stored = match &known {
            Some(name) => self.password_hash(name).await?,
            None => None,
        };
        if !self.passwords.matches(password, stored).await? {
            return Err(LoginError::WrongNameOrPassword);
        }
        self.forget_attempts(&digest).await?;
        let account = match known {
            Some(name) => self.account(&name).await?,
            None => None,
        };
        account.ok_or(LoginError::WrongNameOrPassword)
    }

    /// The account with this name.
    pub async fn account(&self, name: &AccountName) -> Result<Option<Account>, StoreError> {
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT role, organisation FROM accounts WHERE name = $1")
                .bind(name.as_str())
                .fetch_optional(&self.pool)
                .await?;
        let Some((role, organisation)) = row else { return Ok(None) };
        let role = role.parse().map_err(|_| StoreError::UnreadableAccount(name.clone()))?;
        Ok(Some(Account { name: name.clone(), role, organisation }))
    }

    /// Counts an attempt before it is made, so that many at once get no more than many in turn.
    /// Returns whether it may be made.
    async fn take_attempt(&self, name: &Sha256Digest, now: Timestamp) -> Result<bool, sqlx::Error> {
        let now = now.unix_timestamp();
        let mut take_attempt = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM sign_in_attempts WHERE last_at <= $1")
            .bind(now - LOCKED_SECONDS)
            .execute(&mut *take_attempt)
            .await?;
        // A locked name is not touched: trying on does not keep it locked for ever.
        let taken = sqlx::query(
            "INSERT INTO sign_in_attempts (name_digest, attempts, last_at) VALUES ($1, 1, $2)
             ON CONFLICT (name_digest) DO UPDATE SET attempts = attempts + 1, last_at = $2
             WHERE attempts < $3",
        )
        .bind(name.as_bytes().as_slice())
        .bind(now)
        .bind(ATTEMPTS_ALLOWED)
        .execute(&mut *take_attempt)
        .await?;
        take_attempt.commit().await?;
        Ok(taken.rows_affected() > 0)
    }

    async fn forget_attempts(&self, name: &Sha256Digest) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM sign_in_attempts WHERE name_digest = $1")
            .bind(name.as_bytes().as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn password_hash(&self, name: &AccountName) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT password_hash FROM accounts WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&self.pool)
            .await
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: Timestamp = datetime!(2026-11-25 14:00 UTC);
    const RIGHT: &str = "correct horse battery";

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portal.sqlite")).await.unwrap();
        let piet = "piet".parse().unwrap();
        store.create_account(&piet, RIGHT, Role::PrivacyOfficer, "Authority", NOW).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn a_name_exists_once_and_a_password_is_long() {
        let (_folder, store) = store().await;
        let piet = "piet".parse().unwrap();
        let again = store.create_account(&piet, RIGHT, Role::Auditor, "Authority", NOW).await;
        assert!(matches!(again, Err(StoreError::AccountExists(_))));
        let anna = "anna".parse().unwrap();
        let short = store.create_account(&anna, "short", Role::Auditor, "Authority", NOW).await;
        assert!(matches!(short, Err(StoreError::PasswordTooShort(12))));
        assert_eq!(store.account(&anna).await.unwrap(), None);
    }

    #[tokio::test]
    async fn five_wrong_passwords_lock_any_name_for_a_quarter_of_an_hour() {
        let (_folder, store) = store().await;
        for name in ["piet", "nobody", "<no name at all>"] {
            for _ in 0..ATTEMPTS_ALLOWED {
                let wrong = store.authenticate(name, "wrong horse battery", NOW).await;
                assert!(matches!(wrong, Err(LoginError::WrongNameOrPassword)), "{name}");
            }
            let locked = store.authenticate(name, RIGHT, NOW).await;
            assert!(matches!(locked, Err(LoginError::Locked)), "{name}");
        }
        let soon = NOW + Duration::minutes(14);
        assert!(matches!(store.authenticate("piet", RIGHT, soon).await, Err(LoginError::Locked)));
        let later = NOW + Duration::minutes(15);
        let account = store.authenticate("piet", RIGHT, later).await.unwrap();
        assert_eq!(account.role, Role::PrivacyOfficer);
    }

    #[tokio::test]
    async fn a_right_password_forgets_the_wrong_ones() {
        let (_folder, store) = store().await;
        for _ in 0..3 {
            for _ in 0..ATTEMPTS_ALLOWED - 1 {
                assert!(store.authenticate("piet", "wrong horse battery", NOW).await.is_err());
            }
            assert!(store.authenticate("piet", RIGHT, NOW).await.is_ok());
        }
    }
}
