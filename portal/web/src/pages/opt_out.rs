//! How a person opts out of second use (Regulation (EU) 2025/327, Art 71).

use askama::Template;

use crate::{
    frame::{Frame, Section},
    pages::{Page, show},
};

#[derive(Template)]
#[template(path = "opt_out.html")]
struct OptOutPage {
    page: Frame,
}

/// Shows the page.
pub(crate) async fn opt_out(page: Frame) -> Page {
    show(&OptOutPage { page })
}
