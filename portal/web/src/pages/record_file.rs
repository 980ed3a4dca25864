//! The record of a dataset for machines.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use opendal::ErrorKind;
use pipeline_domain::DatasetId;

use crate::{catalogue, error::PortalError, router::App};

/// Sends one of the files a dataset is described in.
pub(crate) async fn record_file(
    State(app): State<App>,
    Path((dataset, name)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let dataset: DatasetId = dataset.parse().map_err(|_| PortalError::NotFound)?;
    let known = catalogue::FILES.into_iter().find(|(known, _)| *known == name);
    let (name, kind) = known.ok_or(PortalError::NotFound)?;
    let bytes = match app.catalogue.read(&format!("{dataset}/{name}")).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(PortalError::NotFound),
        read => read?.to_bytes(),
    };
    let attachment = format!("attachment; filename=\"{dataset}-{name}\"");
    let about = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, attachment),
        (header::CACHE_CONTROL, "public, no-cache".to_owned()),
    ];
    Ok((about, bytes).into_response())
}
