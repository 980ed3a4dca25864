//! What waits for the person who is signed in.

use askama::Template;
use axum::extract::State;
use portal_store::{Account, Release};

use crate::{
    frame::{Frame, Section},
    pages::{Page, show},
    router::App,
    table,
};

#[derive(Template)]
#[template(path = "my_work.html")]
struct MyWorkPage {
    page: Frame,
    account: Account,
    pending: Vec<Release>,
    approved: Vec<Release>,
    returned: Vec<Release>,
}

impl MyWorkPage {
    fn sees_releases(&self) -> bool {
        self.account.role.sees_pending_releases()
    }

    fn hidden(&self, release: &Release) -> String {
        self.page.count("cells-hidden", &table::hidden_count(&release.proposal.table))
    }
}

/// Shows the list; it is empty for roles that decide nothing here.
pub(crate) async fn my_work(State(app): State<App>, page: Frame) -> Page {
    let account = page.person()?.clone();
    let mut list =
        MyWorkPage { page, account, pending: vec![], approved: vec![], returned: vec![] };
    if list.sees_releases() {
        list.pending = app.store.pending().await?;
        list.approved = app.store.approved_unpublished().await?;
        list.returned = app.store.returned().await?;
    }
    show(&list)
}
