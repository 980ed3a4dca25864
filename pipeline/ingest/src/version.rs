//! New versions of datasets: everything of the one before, and a part for each new batch.

use std::collections::BTreeMap;

use pipeline_domain::{DatasetId, Sha256Digest, VersionId};
use pipeline_exchange::{
    FileEntry, MANIFEST,
    lake::{self, Part, VersionManifest},
    wire::ColumnSpec,
};
use tracing::info;

use crate::{Ingest, IngestError, Refusal, join::write_part, pass::Ready};

/// The newest versions of all datasets.
pub(crate) struct Versions<'a> {
    ingest: &'a Ingest<'a>,
    heads: BTreeMap<DatasetId, VersionManifest>,
}

impl<'a> Versions<'a> {
    /// Reads the newest versions, and mends what a pass that died has left: a version whose
    /// manifest is there but that HEAD does not name yet, and folders without a manifest.
    pub(crate) fn open(ingest: &'a Ingest<'a>) -> Result<Self, IngestError> {
        let mut heads = BTreeMap::new();
        for dataset in lake::datasets(ingest.lake)? {
            let mut newest: Option<VersionManifest> = None;
            for name in ingest.lake.folders(&format!("{dataset}/"))? {
                let Ok(version) = name.parse::<VersionId>() else {
                    continue;
                };
                let folder = lake::folder(&dataset, &version);
                if ingest.lake.exists(&format!("{folder}{MANIFEST}"))? {
                    newest = Some(lake::manifest(ingest.lake, &dataset, &version)?);
                } else {
                    ingest.lake.delete_all(&folder)?;
                }
            }
            if let Some(manifest) = newest {
                if lake::head(ingest.lake, &dataset)?.as_ref() != Some(&manifest.version) {
                    manifest.publish(ingest.lake)?;
                }
                heads.insert(dataset, manifest);
            }
        }
        Ok(Self { ingest, heads })
    }

    /// Do the columns and the domain of a batch fit what the datasets have?
    pub(crate) fn fits(&self, batch: &Ready) -> Result<(), Refusal> {
        for file in &batch.manifest.files {
            let dataset = dataset_of(file)?;
            let differs = self.heads.get(&dataset).is_some_and(|head| {
                !same_columns(&head.columns, &file.columns) || head.domain != batch.manifest.domain
            });
            if differs {
                return Err(Refusal::OtherView { dataset: dataset.to_string() });
            }
        }
        Ok(())
    }

    /// Publishes a version of every dataset that a batch adds to.
    pub(crate) fn publish(&self, batches: &[Ready]) -> Result<Vec<VersionManifest>, IngestError> {
        let files = batches.iter().flat_map(|batch| &batch.manifest.files);
        let mut datasets: Vec<DatasetId> = files.filter_map(|file| dataset_of(file).ok()).collect();
        datasets.sort_unstable();
        datasets.dedup();
        let mut published = Vec::new();
        for dataset in datasets {
            published.extend(self.next(&dataset, batches)?);
        }
        Ok(published)
    }

    /// The next version of a dataset; nothing where it has every batch already.
    fn next(
        &self,
        dataset: &DatasetId,
        batches: &[Ready],
    ) -> Result<Option<VersionManifest>, IngestError> {
        let Ingest { lake, inbox, now, software, .. } = *self.ingest;
        let before = self.heads.get(dataset);
        let known = before.map_or(&[][..], |head| &head.parts);
        let name = format!("{dataset}.parquet");
        let new: Vec<(&Ready, &FileEntry)> = batches
            .iter()
            .filter(|batch| known.iter().all(|part| part.batch != batch.manifest.batch_id))
            .filter_map(|batch| batch.manifest.file(&name).map(|file| (batch, file)))
            // A holder without such records adds nothing; a version of nothing is no dataset.
            .filter(|(_, file)| file.rows > 0)
            .collect();
        let Some((first, file)) = new.first() else {
            return Ok(None);
        };
        let version = VersionId::new(now, &content(dataset, known, &new));
        let folder = lake::folder(dataset, &version);
        let mut parts = Vec::new();
        for part in known {
            let old = before.map_or_else(String::new, VersionManifest::folder);
            lake.copy_to(&format!("{old}{}", part.name), lake, &format!("{folder}{}", part.name))?;
            parts.push(part.clone());
        }
        for (batch, file) in &new {
            let name = format!("part-{:05}.parquet", parts.len());
            let entry =
                write_part(inbox, &batch.payload, file, &batch.links, lake, &folder, &name)?;
            parts.push(Part {
                name,
                rows: entry.rows,
                bytes: entry.bytes,
                sha256: entry.sha256,
                batch: batch.manifest.batch_id,
                holder: batch.manifest.holder.clone(),
            });
        }
        let manifest = VersionManifest {
            dataset: dataset.clone(),
            version,
            domain: first.manifest.domain,
            made: now,
            resource: file.resource.clone().unwrap_or_default(),
            columns: file.columns.clone(),
            parts,
            software: software.to_owned(),
        };
        manifest.publish(lake)?;
        info!(%dataset, version = %manifest.version, rows = manifest.rows(), "published a version of {dataset}");
        Ok(Some(manifest))
    }
}

fn dataset_of(file: &FileEntry) -> Result<DatasetId, Refusal> {
    let name = file.name.strip_suffix(".parquet").unwrap_or_default();
    name.parse().map_err(|_| Refusal::NotADataset { file: file.name.clone() })
}

fn same_columns(a: &[ColumnSpec], b: &[ColumnSpec]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name && a.kind == b.kind)
}

/// Names the content of a version: the same batches give the same name.
fn content(dataset: &DatasetId, known: &[Part], new: &[(&Ready, &FileEntry)]) -> Sha256Digest {
    let known = known.iter().map(|part| part.batch);
    let batches = known.chain(new.iter().map(|(batch, _)| batch.manifest.batch_id));
    let named: Vec<String> = batches.map(|batch| batch.to_string()).collect();
    Sha256Digest::of(format!("{dataset} {}", named.join(" ")).as_bytes())
}
