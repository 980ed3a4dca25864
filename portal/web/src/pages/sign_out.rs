//! Signing out.

use axum::response::Redirect;
use serde::Deserialize;
use tower_sessions::Session;

use crate::{csrf::Checked, error::PortalError, frame::Frame, routes};

/// The form holds nothing but its token.
#[derive(Deserialize)]
pub(crate) struct SignOut {}

/// Ends the session here and in the store.
pub(crate) async fn sign_out(
    session: Session,
    page: Frame,
    Checked(SignOut {}): Checked<SignOut>,
) -> Result<Redirect, PortalError> {
    session.flush().await?;
    Ok(Redirect::to(&routes::home(page.language)))
}
