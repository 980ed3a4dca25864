//! Sessions: an id in a cookie that scripts cannot read, everything else in the store.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use pipeline_domain::Sha256Digest;
use portal_store::{Account, StoreError, StoredSession};
use time::Duration;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store,
};

use crate::{csrf::Token, error::PortalError, portal::Transport, router::App};

/// The name of the account that is signed in.
pub(crate) const ACCOUNT: &str = "account";
const TOKEN: &str = "token";

/// A session ends after so long without a page.
const IDLE: Duration = Duration::minutes(30);
/// A session ends after so long in any case.
const LONGEST: Duration = Duration::hours(10);

/// Keeps sessions in the portal's store.
#[derive(Clone)]
pub(crate) struct Sessions {
    app: App,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// The layer that finds the session of each request.
pub(crate) fn layer(app: &App) -> SessionManagerLayer<Sessions> {
    let (name, secure) = match app.transport {
        Transport::Https => ("__Host-portal", true),
        Transport::LoopbackHttp => ("portal", false),
    };
    SessionManagerLayer::new(Sessions { app: Arc::clone(app) })
        .with_name(name)
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        // The cookie goes with the browser; how long a session lasts is decided here, not there.
        .with_expiry(Expiry::OnSessionEnd)
        .with_always_save(true)
}

/// Lets somebody in: a new id, so that an id known before is worth nothing, and a new token.
pub(crate) async fn sign_in(session: &Session, account: &Account) -> Result<(), PortalError> {
    session.cycle_id().await?;
    session.insert(ACCOUNT, &account.name).await?;
    session.insert(TOKEN, Token::draw()?).await?;
    Ok(())
}

/// The token of this session, if it has one.
pub(crate) async fn token(session: &Session) -> Result<Option<Token>, PortalError> {
    Ok(session.get(TOKEN).await?)
}

/// The token of this session, which begins with it where there was none.
pub(crate) async fn token_or_new(session: &Session) -> Result<Token, PortalError> {
    if let Some(token) = token(session).await? {
        return Ok(token);
    }
    let token = Token::draw()?;
    session.insert(TOKEN, &token).await?;
    Ok(token)
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let session = self.stored(record)?;
        let now = self.app.clock.now();
        while !self
            .app
            .store
            .create_session(&digest(&record.id), &session, now)
            .await
            .map_err(backend)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let session = self.stored(record)?;
        self.app.store.save_session(&digest(&record.id), &session).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = self.app.clock.now();
        let found = self.app.store.session(&digest(id), now - LONGEST, now).await;
        let Some(session) = found.map_err(backend)? else { return Ok(None) };
        let data = serde_json::from_str(&session.data)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: session.expires }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.app.store.delete_session(&digest(id)).await.map_err(backend)
    }
}

impl Sessions {
    fn stored(&self, record: &Record) -> session_store::Result<StoredSession> {
        let data = serde_json::to_string(&record.data)
            .map_err(|error| session_store::Error::Encode(error.to_string()))?;
        Ok(StoredSession { data, expires: self.app.clock.now() + IDLE })
    }
}

fn digest(id: &Id) -> Sha256Digest {
    Sha256Digest::of(&id.0.to_be_bytes())
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn backend(error: StoreError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
