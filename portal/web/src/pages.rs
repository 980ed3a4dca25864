//! One page a file.

use askama::Template;
use axum::response::Html;

use crate::error::PortalError;

pub(crate) mod accessibility;
pub(crate) mod approve;
pub(crate) mod dataset;
pub(crate) mod datasets;
pub(crate) mod hand_back;
pub(crate) mod health;
pub(crate) mod home;
pub(crate) mod my_work;
pub(crate) mod opt_out;
pub(crate) mod pending_release;
pub(crate) mod privacy;
pub(crate) mod record_file;
pub(crate) mod release;
pub(crate) mod releases;
pub(crate) mod root;
pub(crate) mod sign_in;
pub(crate) mod sign_out;

/// What a handler of a page returns.
pub(crate) type Page = Result<Html<String>, PortalError>;

fn show(template: &impl Template) -> Page {
    Ok(Html(template.render()?))
}
