//! The public register of released tables.

use askama::Template;
use axum::extract::State;
use portal_store::Release;

use crate::{
    frame::{Frame, Section},
    pages::{Page, show},
    router::App,
    table,
};

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesPage {
    page: Frame,
    releases: Vec<Release>,
}

impl ReleasesPage {
    fn cells(&self, release: &Release) -> String {
        let shown = self.page.number(&(release.proposal.table.shown() as u64));
        let hidden = table::hidden_count(&release.proposal.table);
        format!(
            "{} · {}",
            self.page.t1("cells-shown", "shown", &shown),
            self.page.count("cells-hidden", &hidden)
        )
    }
}

/// Shows the register.
pub(crate) async fn releases(State(app): State<App>, page: Frame) -> Page {
    let releases = app.store.published().await?;
    show(&ReleasesPage { page, releases })
}
