//! The catalogue as a list, with a plain search.

use askama::Template;
use axum::extract::{Query, State};
use catalog::{Record, ShownCount};
use serde::Deserialize;

use crate::{
    catalogue,
    frame::{Frame, Section},
    pages::{Page, show},
    router::App,
};

/// No search is longer; the rest of the text is left out.
const LONGEST_SEARCH: usize = 200;

/// What the search form sends.
#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "datasets.html")]
struct DatasetsPage {
    page: Frame,
    search: String,
    found: Vec<Record>,
}

impl DatasetsPage {
    fn found_line(&self) -> String {
        self.page.count("datasets-found", &(self.found.len() as u64))
    }

    fn shown(&self, count: &ShownCount) -> String {
        shown(&self.page, *count)
    }
}

/// Shows the datasets that mention what was searched for.
pub(crate) async fn datasets(
    State(app): State<App>,
    page: Frame,
    Query(search): Query<Search>,
) -> Page {
    let search: String = search.q.trim().chars().take(LONGEST_SEARCH).collect();
    let mut found = catalogue::records(&app.catalogue).await?;
    found.retain(|record| catalogue::mentions(record, page.language, &search));
    show(&DatasetsPage { page, search, found })
}

/// A count in words where it is too small to be shown.
pub(crate) fn shown(page: &Frame, count: ShownCount) -> String {
    match count {
        ShownCount::Exact(count) => page.number(&count),
        ShownCount::Below(smallest) => page.count("fewer-than", &smallest),
    }
}
