//! An officer lets a table leave.

use axum::{
    extract::{Path, State},
    response::Redirect,
};
use portal_workflow::Refusal;
use serde::Deserialize;

use crate::{
    csrf::Checked, error::PortalError, frame::Frame, pages::pending_release::of_officer,
    router::App, routes,
};

/// What the form sends: the digest of the table the officer saw.
#[derive(Deserialize)]
pub(crate) struct Approve {
    #[serde(default)]
    digest: String,
}

/// Records the approval of the very table that was shown; the worker publishes it.
pub(crate) async fn approve(
    State(app): State<App>,
    page: Frame,
    Path((_, release)): Path<(String, String)>,
    Checked(sent): Checked<Approve>,
) -> Result<Redirect, PortalError> {
    let (account, release) = of_officer(&app, &page, &release).await?;
    let shown = sent.digest.parse().map_err(|_| Refusal::OtherTable)?;
    let event = release.case.approve(&account.actor(), &shown, app.clock.now())?;
    app.store.record(release.id(), &event).await?;
    Ok(Redirect::to(&routes::pending_release(page.language, release.id())))
}
