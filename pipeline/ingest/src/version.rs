//! New versions of datasets: everything of the one before, and a part for each new batch.

use std::collections::BTreeMap;

use pipeline_domain::{BatchId, DatasetId, DomainId, Sha256Digest, VersionId};
use pipeline_exchange::{
    FileEntry, MANIFEST,
    lake::{self, Part, VersionManifest},
    wire::ColumnSpec,
};
use rayon::prelude::*;
use tracing::info;

use crate::{
    Ingest, IngestError, Refusal,
    join::write_part,
    pass::{Ready, Stop},
};

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

    /// Writes the files of the next version of every dataset that a batch adds to. No version exists
    /// before [`publish`](Self::publish).
    pub(crate) fn stage(&self, batches: &[Ready]) -> Result<Staged, IngestError> {
        let mut shapes = Shapes::of(&self.heads);
        let (mut fit, mut unfit) = (Vec::new(), BTreeMap::new());
        for batch in batches {
            match shapes.take_in(batch) {
                Ok(()) => fit.push(batch),
                Err(refusal) => drop(unfit.insert(batch.manifest.batch_id, refusal)),
            }
        }
        let planned: Vec<Next<'_>> =
            shapes.0.keys().filter_map(|dataset| self.next(dataset, &fit)).collect();
        let staged: Vec<_> =
            planned.par_iter().map(|next| next.write(self.ingest)).collect::<Result<_, _>>()?;
        let (mut versions, mut refused) = (Vec::new(), BTreeMap::new());
        for (manifest, found) in staged {
            versions.push(manifest);
            for (batch, refusal) in found {
                refused.entry(batch).or_insert(refusal);
            }
        }
        // A batch may fit once one that came before it is refused.
        Ok(Staged { versions, refused: if refused.is_empty() { unfit } else { refused } })
    }

    /// Removes what was written.
    pub(crate) fn undo(&self, staged: &Staged) -> Result<(), IngestError> {
        for manifest in &staged.versions {
            self.ingest.lake.delete_all(&manifest.folder())?;
        }
        Ok(())
    }

    /// Makes the versions exist.
    pub(crate) fn publish(&self, staged: Staged) -> Result<Vec<VersionManifest>, IngestError> {
        for manifest in &staged.versions {
            manifest.publish(self.ingest.lake)?;
            let VersionManifest { dataset, version, .. } = manifest;
            info!(%dataset, %version, rows = manifest.rows(), "published a version of {dataset}");
        }
        Ok(staged.versions)
    }

    /// The next version of a dataset; nothing where it has every batch already.
    fn next<'b>(&'b self, dataset: &DatasetId, batches: &[&'b Ready]) -> Option<Next<'b>> {
        let before = self.heads.get(dataset);
        let known = before.map_or(&[][..], |head| &head.parts);
        let name = format!("{dataset}.parquet");
        let new: Vec<(&Ready, &FileEntry)> = batches
            .iter()
            .filter(|batch| known.iter().all(|part| part.batch != batch.manifest.batch_id))
            .filter_map(|batch| batch.manifest.file(&name).map(|file| (*batch, file)))
            // A holder without such records adds nothing; a version of nothing is no dataset.
            .filter(|(_, file)| file.rows > 0)
            .collect();
        let (first, file) = new.first()?;
        let manifest = VersionManifest {
            dataset: dataset.clone(),
            version: VersionId::new(self.ingest.now, &content(dataset, known, &new)),
            domain: first.manifest.domain,
            made: self.ingest.now,
            resource: file.resource.clone().unwrap_or_default(),
            columns: file.columns.clone(),
            parts: known.to_vec(),
            software: self.ingest.software.to_owned(),
        };
        Some(Next { before, new, manifest })
    }
}

/// The columns and the domain of every dataset: of its newest version, or else of the first batch
/// that has rows for it.
struct Shapes<'a>(BTreeMap<DatasetId, (&'a [ColumnSpec], DomainId)>);

impl<'a> Shapes<'a> {
    fn of(heads: &'a BTreeMap<DatasetId, VersionManifest>) -> Self {
        let shape = |head: &'a VersionManifest| (head.columns.as_slice(), head.domain);
        Self(heads.iter().map(|(dataset, head)| (dataset.clone(), shape(head))).collect())
    }

    fn take_in(&mut self, batch: &'a Ready) -> Result<(), Refusal> {
        let mut added = Vec::new();
        for file in &batch.manifest.files {
            let dataset = dataset_of(file)?;
            match self.0.get(&dataset) {
                None => added.push((dataset, (file.columns.as_slice(), batch.manifest.domain))),
                Some((columns, domain))
                    if same_columns(columns, &file.columns) && *domain == batch.manifest.domain => {
                }
                Some(_) => return Err(Refusal::OtherView { dataset: dataset.to_string() }),
            }
        }
        self.0.extend(added);
        Ok(())
    }
}

/// Versions whose files are written, and the batches that turned out to have no place in them.
pub(crate) struct Staged {
    versions: Vec<VersionManifest>,
    pub(crate) refused: BTreeMap<BatchId, Refusal>,
}

/// The next version of one dataset, before its files are written.
struct Next<'a> {
    before: Option<&'a VersionManifest>,
    new: Vec<(&'a Ready, &'a FileEntry)>,
    /// With the parts of the version before.
    manifest: VersionManifest,
}

/// A version that is written, and the batches that must not be in it.
type Written = (VersionManifest, Vec<(BatchId, Refusal)>);

impl Next<'_> {
    fn write(&self, ingest: &Ingest<'_>) -> Result<Written, IngestError> {
        let Ingest { lake, inbox, .. } = *ingest;
        let mut manifest = self.manifest.clone();
        let folder = manifest.folder();
        let old = self.before.map_or_else(String::new, VersionManifest::folder);
        for part in &manifest.parts {
            lake.copy_to(&format!("{old}{}", part.name), lake, &format!("{folder}{}", part.name))?;
        }
        let first = manifest.parts.len();
        let parts: Vec<_> = self
            .new
            .par_iter()
            .enumerate()
            .map(|(at, (batch, file))| {
                let name = format!("part-{:05}.parquet", first + at);
                write_part(inbox, &batch.payload, file, &batch.links, lake, &folder, &name)
            })
            .collect();
        let mut refused = Vec::new();
        for (part, (batch, _)) in parts.into_iter().zip(&self.new) {
            match part {
                Ok(entry) => manifest.parts.push(Part {
                    name: entry.name,
                    rows: entry.rows,
                    bytes: entry.bytes,
                    sha256: entry.sha256,
                    batch: batch.manifest.batch_id,
                    holder: batch.manifest.holder.clone(),
                }),
                Err(Stop::Refused(refusal)) => refused.push((batch.manifest.batch_id, refusal)),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        Ok((manifest, refused))
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
