//! The home page: what this is, for whom, and how much of it there is.

use askama::Template;
use axum::extract::State;
use pipeline_domain::Timestamp;
use portal_store::Release;

use crate::{
    catalogue,
    frame::{Frame, Section},
    pages::{Page, show},
    router::App,
};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Frame,
    datasets: u64,
    releases: u64,
    updated: Option<Timestamp>,
}

/// Shows the home page.
pub(crate) async fn home(State(app): State<App>, page: Frame) -> Page {
    let records = catalogue::records(&app.catalogue).await?;
    let releases = app.store.published().await?;
    let made = records.iter().map(|record| record.made);
    let updated = made.chain(releases.iter().filter_map(Release::published_at)).max();
    let (datasets, releases) = (records.len() as u64, releases.len() as u64);
    show(&HomePage { page, datasets, releases, updated })
}
