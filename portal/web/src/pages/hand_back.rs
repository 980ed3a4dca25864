//! An officer sends a table back.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use portal_workflow::Reason;
use serde::Deserialize;

use crate::{
    csrf::Checked,
    error::PortalError,
    frame::Frame,
    pages::pending_release::{desk, of_officer},
    router::App,
    routes,
};

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct HandBack {
    #[serde(default)]
    reason: String,
}

/// Records the return with its reason; without one the page asks for it.
pub(crate) async fn hand_back(
    State(app): State<App>,
    page: Frame,
    Path((_, release)): Path<(String, String)>,
    Checked(sent): Checked<HandBack>,
) -> Result<Response, PortalError> {
    let (account, release) = of_officer(&app, &page, &release).await?;
    let reason = match Reason::try_from(sent.reason) {
        Ok(reason) => reason,
        Err(error) => {
            let again = desk(page, &account, release, Some(error))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    let event = release.case.hand_back(&account.actor(), reason, app.clock.now())?;
    app.store.record(release.id(), &event).await?;
    Ok(Redirect::to(&routes::pending_release(page.language, release.id())).into_response())
}
