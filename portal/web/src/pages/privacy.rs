//! What the portal itself keeps of its visitors.

use askama::Template;

use crate::{
    frame::{Frame, Section},
    pages::{Page, show},
};

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    page: Frame,
}

/// Shows the page.
pub(crate) async fn privacy(page: Frame) -> Page {
    show(&PrivacyPage { page })
}
