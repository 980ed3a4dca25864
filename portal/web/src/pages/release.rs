//! A released table: what it answers, the numbers, the files, and how to check them.

use askama::Template;
use axum::extract::{Path, State};
use pipeline_domain::{ReleaseId, Timestamp};
use portal_store::Release;

use crate::{
    chart::Chart,
    error::PortalError,
    frame::{Frame, Section},
    numbers,
    packages::{self, PackageFile},
    pages::{Page, show},
    router::App,
    routes,
    table::{CellWords, TableWords, hidden_lines},
};

#[derive(Template)]
#[template(path = "release.html")]
struct ReleasePage {
    page: Frame,
    table: TableWords,
    chart: Option<Chart>,
    hidden: Vec<(String, String)>,
    files: Vec<PackageFile>,
    published: Timestamp,
    release: Release,
}

impl ReleasePage {
    fn address(&self, file: &PackageFile) -> String {
        routes::release_file(self.release.id(), &file.name)
    }

    fn size(&self, file: &PackageFile) -> String {
        numbers::file_size(self.page.language, file.bytes)
    }

    fn file_kind(&self, file: &PackageFile) -> String {
        let ending = file.name.rsplit_once('.').map(|(_, ending)| ending);
        self.page.t(match (file.name.as_str(), ending) {
            (_, Some("csv")) => "file-csv",
            (_, Some("parquet")) => "file-parquet",
            ("manifest.json", _) => "file-manifest",
            (_, Some("sig")) => "file-signature",
            (_, Some("html")) => "file-report",
            (_, Some("toml")) => "file-rules",
            (_, Some("json" | "jsonld")) => "file-json",
            _ => "file-other",
        })
    }
}

/// Shows a published release; one that is not public is not there.
pub(crate) async fn release(
    State(app): State<App>,
    page: Frame,
    Path((_, release)): Path<(String, String)>,
) -> Page {
    let id: ReleaseId = release.parse().map_err(|_| PortalError::NotFound)?;
    let release = app.store.release(id).await?.ok_or(PortalError::NotFound)?;
    let published = release.published_at().ok_or(PortalError::NotFound)?;
    let files = packages::files(&app.releases, id).await?;
    let table = TableWords::new(&page, &release.proposal.table);
    let chart = Chart::new(&page, &release.proposal.table);
    let hidden = hidden_lines(&page, &release.proposal);
    show(&ReleasePage { page, table, chart, hidden, files, published, release })
}
