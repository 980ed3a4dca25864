//! A table before it leaves: exactly what will be public, what is hidden and why, and the decision.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use pipeline_domain::ReleaseId;
use portal_store::{Account, Release};
use portal_workflow::{ReasonError, State as CaseState};

use crate::{
    error::PortalError,
    frame::{Frame, Section},
    pages,
    router::App,
    routes,
    table::{CellWords, TableWords, hidden_count, hidden_lines},
};

#[derive(Template)]
#[template(path = "pending_release.html")]
struct PendingReleasePage {
    page: Frame,
    table: TableWords,
    hidden: Vec<(String, String)>,
    release: Release,
    may_decide: bool,
    reason_error: Option<&'static str>,
}

impl PendingReleasePage {
    fn shown_count(&self) -> String {
        self.page.number(&(self.release.proposal.table.shown() as u64))
    }

    fn hidden_count(&self) -> String {
        self.page.number(&hidden_count(&self.release.proposal.table))
    }
}

/// Shows the table and, to an officer, the decision; a published one is shown where it is public.
pub(crate) async fn pending_release(
    State(app): State<App>,
    page: Frame,
    Path((_, release)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let (account, release) = of_officer(&app, &page, &release).await?;
    if release.published_at().is_some() {
        return Ok(Redirect::to(&routes::release(page.language, release.id())).into_response());
    }
    Ok(desk(page, &account, release, None)?.into_response())
}

/// The release with this id, provided the person may see it before it is public.
pub(crate) async fn of_officer(
    app: &App,
    page: &Frame,
    release: &str,
) -> Result<(Account, Release), PortalError> {
    let account = page.person()?;
    if !account.role.sees_pending_releases() {
        return Err(PortalError::Forbidden);
    }
    let id: ReleaseId = release.parse().map_err(|_| PortalError::NotFound)?;
    let release = app.store.release(id).await?.ok_or(PortalError::NotFound)?;
    Ok((account.clone(), release))
}

/// The page with the table and the decision.
pub(crate) fn desk(
    page: Frame,
    account: &Account,
    release: Release,
    reason_error: Option<ReasonError>,
) -> pages::Page {
    let page = page.at(&routes::pending_release(pipeline_domain::Language::En, release.id()));
    let table = TableWords::new(&page, &release.proposal.table);
    let hidden = hidden_lines(&page, &release.proposal);
    let digest = release.case.subject().digest;
    // The time plays no part in whether somebody may decide.
    let proposed = release.case.proposed_at();
    let may_decide = release.case.approve(&account.actor(), &digest, proposed).is_ok();
    let reason_error = reason_error.map(|error| match error {
        ReasonError::Empty => "reason-empty",
        ReasonError::TooLong => "reason-too-long",
    });
    pages::show(&PendingReleasePage { page, table, hidden, release, may_decide, reason_error })
}
