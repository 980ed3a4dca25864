//! The accessibility statement.

use askama::Template;

use crate::{
    frame::{Frame, Section},
    pages::{Page, show},
};

#[derive(Template)]
#[template(path = "accessibility.html")]
struct AccessibilityPage {
    page: Frame,
}

/// Shows the page.
pub(crate) async fn accessibility(page: Frame) -> Page {
    show(&AccessibilityPage { page })
}
