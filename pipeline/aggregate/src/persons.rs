//! Opens dataset versions, and makes one row a person.

use std::sync::Arc;

use datafusion::{
    dataframe::DataFrame,
    functions_aggregate::expr_fn::min,
    prelude::{ParquetReadOptions, SessionContext, col, ident},
};
use pipeline_domain::{DatasetId, VersionId};
use pipeline_exchange::{
    ParquetFile, Store,
    lake::{self, Part, VersionManifest},
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
    lake: &Store,
    manifest: &VersionManifest,
) -> Result<DataFrame, AggregateError> {
    let mut paths = Vec::new();
    for part in &manifest.parts {
        paths.push(checked(lake, &manifest.folder(), part).await?);
    }
    let read = context.read_parquet(paths, ParquetReadOptions::default()).await;
    read.map_err(|_| AggregateError::Engine { stage: "opening a dataset version" })
}

/// The path of a part for the query engine, after a look at its size and number of rows: a part that
/// lost rows would make a table that is wrong and looks right.
async fn checked(lake: &Store, folder: &str, part: &Part) -> Result<String, AggregateError> {
    let path = format!("{folder}{}", part.name);
    let differs = |what| AggregateError::Differs { part: path.clone(), what };
    // The engine takes `*` and `?` in a path for a pattern, which would read other files as well.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !part.name.bytes().all(is_plain) {
        return Err(differs("its name is not one of a part"));
    }
    let found = lake.operator().stat(&path).await.map_err(|_| differs("it cannot be found"))?;
    if found.content_length() != part.bytes {
        return Err(differs("its size"));
    }
    let (store, name) = (lake.clone(), path.clone());
    let counted = tokio::task::spawn_blocking(move || {
        ParquetFile::open(&store, &name).map(|file| file.groups().iter().sum::<u64>())
    });
    match counted.await {
        Ok(Ok(rows)) if rows == part.rows => Ok(format!("{LAKE}{path}")),
        Ok(Ok(_)) => Err(differs("its number of rows")),
        _ => Err(differs("it is no Parquet file that can be read")),
    }
}

/// One row a person: several holders may know somebody, and may differ; the least value is taken,
/// so that the order of their batches changes nothing. Columns are called `person_<name>`.
pub(crate) async fn persons(
    context: &SessionContext,
    lake: &Store,
    manifest: &VersionManifest,
) -> Result<DataFrame, AggregateError> {
    let rows = rows(context, lake, manifest).await?;
    let columns = manifest.columns.iter();
    let least =
        columns.map(|column| min(ident(&column.name)).alias(format!("person_{}", column.name)));
    let failed = |_| AggregateError::Engine { stage: "finding the persons" };
    rows.aggregate(vec![col(RESEARCH_ID)], least.collect())
        .and_then(|persons| persons.with_column_renamed(RESEARCH_ID, "person_research_id"))
        .map_err(failed)
}
