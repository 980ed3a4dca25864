//! One dataset: what it is, how much of it there is, and every variable in it.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]

use askama::Template;
use axum::extract::{Path, State};
use catalog::{Record, ShownCount};
use pipeline_domain::{ColumnKind, DatasetId};
use portal_store::Release;

use crate::{
    catalogue,
    error::PortalError,
    frame::{Frame, Section},
    pages::{Page, datasets, show},
    router::App,
    routes,
};

#[derive(Template)]
#[template(path = "dataset.html")]
struct DatasetPage {
    page: Frame,
    record: Record,
    releases: Vec<Release>,
}

impl DatasetPage {
    fn shown(&self, count: &ShownCount) -> String {
        datasets::shown(&self.page, *count)
    }

    fn kind(&self, kind: &ColumnKind) -> String {
        self.page.t(match kind {
            ColumnKind::Text => "kind-text",
            ColumnKind::Date => "kind-date",
            ColumnKind::Integer => "kind-integer",
            ColumnKind::Decimal => "kind-decimal",
            ColumnKind::Boolean => "kind-boolean",
            ColumnKind::Linked => "kind-linked",
        })
    }

    fn file(&self, name: &str) -> String {
        routes::record_file(&self.record.dataset, name)
    }
}

/// Shows a dataset.
pub(crate) async fn dataset(
    State(app): State<App>,
    page: Frame,
    Path((_, dataset)): Path<(String, String)>,
) -> Page {
    let dataset: DatasetId = dataset.parse().map_err(|_| PortalError::NotFound)?;
    let record = catalogue::record(&app.catalogue, &dataset).await?.ok_or(PortalError::NotFound)?;
    let mut releases = app.store.published().await?;
    releases.retain(|release| release.proposal.dataset == dataset);
    show(&DatasetPage { page, record, releases })
}
