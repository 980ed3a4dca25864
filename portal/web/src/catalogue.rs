//! Reads the records of the catalogue; they are written elsewhere and believed as they are.

use catalog::Record;
use opendal::{ErrorKind, Operator};
use pipeline_domain::{DatasetId, Language};

use crate::error::PortalError;

/// The files of a dataset that may be downloaded, with their media types.
pub(crate) const FILES: [(&str, &str); 3] = [
    ("record.ttl", "text/turtle; charset=utf-8"),
    ("record.jsonld", "application/ld+json"),
    ("record.json", "application/json"),
];

/// Every record, by name of the dataset.
pub(crate) async fn records(catalogue: &Operator) -> Result<Vec<Record>, PortalError> {
    let mut records = Vec::new();
    for entry in catalogue.list("/").await? {
        let Ok(dataset) = entry.name().trim_end_matches('/').parse() else { continue };
        records.extend(record(catalogue, &dataset).await?);
    }
    records.sort_by(|a, b| a.dataset.cmp(&b.dataset));
    Ok(records)
}

/// The record of a dataset, if there is one.
pub(crate) async fn record(
    catalogue: &Operator,
    dataset: &DatasetId,
) -> Result<Option<Record>, PortalError> {
    let read = catalogue.read(&format!("{dataset}/record.json")).await;
    match read {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes.to_bytes())?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Is every word somewhere in what the reader would see of the record?
pub(crate) fn mentions(record: &Record, language: Language, words: &str) -> bool {
    let mut text = vec![record.dataset.as_str(), &record.resource];
    for map in [&record.title, &record.description, &record.population] {
        text.extend(map.get(&language).or_else(|| map.get(&Language::En)).map(String::as_str));
    }
    text.extend(record.keywords.values().flatten().map(String::as_str));
    text.extend(record.variables.iter().map(|variable| variable.name.as_str()));
    text.extend(
        record.variables.iter().filter_map(|v| v.description.get(&language)).map(String::as_str),
    );
    text.extend(record.holders.iter().map(|holder| holder.name.as_str()));
    let text = text.join("\n").to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
