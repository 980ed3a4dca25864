//! Opens dataset versions, and makes one row a person.

use std::sync::Arc;

use datafusion::{
    dataframe::DataFrame,
    functions_aggregate::expr_fn::min,
    prelude::{ParquetReadOptions, SessionContext, col},
};
use pipeline_domain::{DatasetId, VersionId};
use pipeline_exchange::{
    Store,
    lake::{self, VersionManifest},
    wire::RESEARCH_ID,
};
use url::Url;

use crate::AggregateError;

/// The name under which the query engine knows the lake.
const LAKE: &str = "lake://lake/";

/// Reading the lake waits for the storage, which an async task must not.
pub(crate) async fn manifest(
    lake: &Store,
    dataset: &DatasetId,
    version: Option<&VersionId>,
) -> Result<VersionManifest, AggregateError> {
    let (lake, dataset, version) = (lake.clone(), dataset.clone(), version.cloned());
    let read = tokio::task::spawn_blocking(move || {
        let version = match version {
            Some(version) => Some(version),
            None => lake::head(&lake, &dataset)?,
        };
        let version =
            version.ok_or_else(|| AggregateError::NoVersion { dataset: dataset.clone() })?;
        Ok(lake::manifest(&lake, &dataset, &version)?)
    });
    read.await.map_err(|_| AggregateError::Engine { stage: "reading a manifest" })?
}

/// Makes the lake known to the query engine.
pub(crate) fn register(context: &SessionContext, lake: &Store) -> Result<(), AggregateError> {
    let url = Url::parse(LAKE).map_err(|_| AggregateError::Engine { stage: "opening the lake" })?;
    let store = object_store_opendal::OpendalStore::new(lake.operator().clone());
    context.register_object_store(&url, Arc::new(store));
    Ok(())
}

/// The rows of a version: of the files its manifest names, and of no other.
pub(crate) async fn rows(
    context: &SessionContext,
    manifest: &VersionManifest,
) -> Result<DataFrame, AggregateError> {
    let parts = manifest.parts.iter();
    let paths: Vec<String> =
        parts.map(|part| format!("{LAKE}{}{}", manifest.folder(), part.name)).collect();
    let read = context.read_parquet(paths, ParquetReadOptions::default()).await;
    read.map_err(|_| AggregateError::Engine { stage: "opening a dataset version" })
}

/// One row a person: several holders may know somebody, and may differ; the least value is taken,
/// so that the order of their batches changes nothing. Columns are called `person_<name>`.
pub(crate) async fn persons(
    context: &SessionContext,
    manifest: &VersionManifest,
) -> Result<DataFrame, AggregateError> {
    let rows = rows(context, manifest).await?;
    let columns = manifest.columns.iter();
    let least =
        columns.map(|column| min(col(&column.name)).alias(format!("person_{}", column.name)));
    let failed = |_| AggregateError::Engine { stage: "finding the persons" };
    rows.aggregate(vec![col(RESEARCH_ID)], least.collect())
        .and_then(|persons| persons.with_column_renamed(RESEARCH_ID, "person_research_id"))
        .map_err(failed)
}
