//! Argon2id with the parameters OWASP recommends, at the same cost for every attempt.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Semaphore;

use crate::StoreError;

// OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many passwords are hashed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked when there is no such account, so that the answer takes as long.
    nobodys: String,
}

impl Passwords {
    /// The shortest password an account may have (NIST SP 800-63B asks for 8 with a second
    /// factor; there is none here).
    pub(crate) const SHORTEST: usize = 12;

    pub(crate) fn new() -> Result<Self, StoreError> {
        let mut nobodys = [0; 32];
        SystemRandom::new().fill(&mut nobodys).map_err(|_| StoreError::Hashing)?;
        Ok(Self { turns: Arc::new(Semaphore::new(AT_ONCE)), nobodys: hash(&nobodys)? })
    }

    /// The PHC string of a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, StoreError> {
        if password.chars().count() < Self::SHORTEST {
            return Err(StoreError::PasswordTooShort(Self::SHORTEST));
        }
        let password = password.as_bytes().to_vec();
        self.in_turn(move || hash(&password)).await?
    }

    /// Is this the password behind the hash? Without a hash the answer is no, after the same work.
    pub(crate) async fn matches(
        &self,
        password: &str,
        stored: Option<String>,
    ) -> Result<bool, StoreError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobodys.clone());
        let password = password.as_bytes().to_vec();
        let matches = self.in_turn(move || verify(&password, &stored)).await??;
        Ok(known && matches)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| StoreError::Hashing)?;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        });
        done.await.map_err(|_| StoreError::Hashing)
    }
}

fn hasher() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| StoreError::Hashing)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, StoreError> {
    let mut salt = [0; 16];
    SystemRandom::new().fill(&mut salt).map_err(|_| StoreError::Hashing)?;
    let hashed: PasswordHash =
        hasher()?.hash_password_with_salt(password, &salt).map_err(|_| StoreError::Hashing)?;
    Ok(hashed.to_string())
}

fn verify(password: &[u8], stored: &str) -> Result<bool, StoreError> {
    let stored = PasswordHash::new(stored).map_err(|_| StoreError::Hashing)?;
    Ok(hasher()?.verify_password(password, &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_says_which_parameters_made_it() {
        let hashed = hash(b"correct horse battery").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(verify(b"correct horse battery", &hashed).unwrap());
        assert!(!verify(b"correct horse batterx", &hashed).unwrap());
    }
}
