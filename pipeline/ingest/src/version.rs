//! New versions of datasets: everything of the one before, and a part for each new batch.

use std::collections::BTreeMap;

use pipeline_domain::{BatchId, DatasetId, DomainId, Sha256Digest, VersionId};
use pipeline_exchange::{
    BatchMode, FileEntry, MANIFEST, Manifest, Store,
    lake::{self, Part, VersionManifest},
    wire::ColumnSpec,
};
use rayon::prelude::*;
use time::Duration;
use tracing::info;

use crate::{
    Ingest, IngestError, Refusal,
    join::write_part,
    pass::{Ready, Stop},
    supersede::{Touched, speaks_of, write_without},
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
            match self.fits(batch).and_then(|()| shapes.take_in(batch)) {
                Ok(()) => fit.push(batch),
                Err(refusal) => drop(unfit.insert(batch.manifest.batch_id, refusal)),
            }
        }
        let mut planned = Vec::new();
        for dataset in shapes.0.keys() {
            planned.extend(self.next(dataset, &fit)?);
        }
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

    /// Rows with record ids and rows without do not go together: nothing could supersede the latter.
    fn fits(&self, batch: &Ready) -> Result<(), Refusal> {
        let Manifest { domain, holder, mode, .. } = &batch.manifest;
        if *mode == BatchMode::Replace {
            return Ok(());
        }
        let ours = self.heads.values().filter(|head| head.domain == *domain);
        for head in ours {
            let mut parts = head.parts.iter().filter(|part| part.holder == *holder);
            if parts.any(|part| part.record_ids != mode.has_record_ids()) {
                return Err(Refusal::OtherMode { dataset: head.dataset.to_string() });
            }
        }
        Ok(())
    }

    /// The next version of a dataset; nothing where it has every batch already.
    fn next<'b>(
        &'b self,
        dataset: &DatasetId,
        batches: &[&'b Ready],
    ) -> Result<Option<Next<'b>>, IngestError> {
        let before = self.heads.get(dataset);
        let known = before.map_or(&[][..], |head| &head.parts);
        let is_new =
            |batch: &&&Ready| known.iter().all(|part| part.batch != batch.manifest.batch_id);
        let batches: Vec<&Ready> = batches.iter().filter(is_new).copied().collect();
        let mut fates = Vec::with_capacity(known.len());
        for part in known {
            fates.push(self.fate(before, part, &batches)?);
        }
        let replaces = |batch: &Ready| {
            let mut lost = known.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Gone);
            lost.any(|(part, _)| part.holder == batch.manifest.holder)
        };
        let name = format!("{dataset}.parquet");
        let new: Vec<(&Ready, &FileEntry)> = batches
            .iter()
            .filter_map(|batch| batch.manifest.file(&name).map(|file| (*batch, file)))
            // A holder without such records adds nothing, unless it is to take back what it sent.
            .filter(|(batch, file)| file.rows > 0 || replaces(batch))
            .collect();
        if new.is_empty() && fates.iter().all(|fate| *fate == Fate::Kept) {
            return Ok(None);
        }
        let (domain, resource, columns) = match (before, new.first()) {
            (Some(head), _) => (head.domain, head.resource.clone(), head.columns.clone()),
            (None, Some((first, file))) => {
                let resource = file.resource.clone().unwrap_or_default();
                (first.manifest.domain, resource, file.columns.clone())
            }
            (None, None) => return Ok(None),
        };
        // Versions are told apart by the second, and the newest has the greatest name.
        let after = before.map_or(self.ingest.now, |head| head.made + Duration::SECOND);
        let made = self.ingest.now.max(after);
        let manifest = VersionManifest {
            dataset: dataset.clone(),
            version: VersionId::new(made, &content(dataset, known, &batches)),
            domain,
            rekeyed: before.and_then(|head| head.rekeyed),
            made,
            resource,
            columns,
            parts: Vec::new(),
            software: self.ingest.software.to_owned(),
        };
        Ok(Some(Next { before, fates, batches, new, manifest }))
    }

    /// What becomes of a part in the next version.
    fn fate(
        &self,
        head: Option<&VersionManifest>,
        part: &Part,
        batches: &[&Ready],
    ) -> Result<Fate, IngestError> {
        let replaces = |batch: &&Ready| {
            batch.manifest.holder == part.holder && batch.manifest.mode == BatchMode::Replace
        };
        if batches.iter().any(replaces) {
            return Ok(Fate::Gone);
        }
        let folder = head.map_or_else(String::new, VersionManifest::folder);
        let cut = speaks_of(self.ingest.lake, &folder, part, &touched_of(part, batches))?;
        Ok(if cut { Fate::Cut } else { Fate::Kept })
    }
}

/// What becomes of a part of one version in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It stays as it is.
    Kept,
    /// Records of it came again or are no more: their rows are left out.
    Cut,
    /// Its holder sent everything anew.
    Gone,
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
    /// Of each part of the version before.
    fates: Vec<Fate>,
    batches: Vec<&'a Ready>,
    new: Vec<(&'a Ready, &'a FileEntry)>,
    /// Without parts.
    manifest: VersionManifest,
}

/// A version that is written, and the batches that must not be in it.
type Written = (VersionManifest, Vec<(BatchId, Refusal)>);

impl Next<'_> {
    fn write(&self, ingest: &Ingest<'_>) -> Result<Written, IngestError> {
        let Ingest { lake, inbox, .. } = *ingest;
        let mut manifest = self.manifest.clone();
        let folder = manifest.folder();
        let mut first = 0;
        if let Some(before) = self.before {
            manifest.parts = self.keep(lake, before, &folder)?;
            first = before.parts.iter().filter_map(number).max().map_or(0, |last| last + 1);
        }
        let parts: Vec<_> = self
            .new
            .par_iter()
            .enumerate()
            .map(|(at, (batch, file))| {
                let name = format!("part-{:05}.parquet", first + at);
                write_part(inbox, file, batch, lake, &folder, &name)
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
                    record_ids: batch.manifest.mode.has_record_ids(),
                }),
                Err(Stop::Refused(refusal)) => refused.push((batch.manifest.batch_id, refusal)),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        Ok((manifest, refused))
    }

    /// Takes the parts of the version before over, without what new batches took back.
    fn keep(
        &self,
        lake: &Store,
        before: &VersionManifest,
        to: &str,
    ) -> Result<Vec<Part>, IngestError> {
        let from = before.folder();
        let mut parts = Vec::new();
        for (part, fate) in before.parts.iter().zip(&self.fates) {
            match fate {
                Fate::Gone => {}
                Fate::Kept => {
                    let name = &part.name;
                    lake.copy_to(&format!("{from}{name}"), lake, &format!("{to}{name}"))?;
                    parts.push(part.clone());
                }
                Fate::Cut => {
                    let touched = touched_of(part, &self.batches);
                    parts.push(write_without(lake, &from, to, part, &touched)?);
                }
            }
        }
        Ok(parts)
    }
}

/// The records of which the holder of a part speaks in these batches.
fn touched_of<'b>(part: &Part, batches: &[&'b Ready]) -> Vec<&'b Touched> {
    let ours = batches.iter().filter(|batch| batch.manifest.holder == part.holder);
    ours.map(|batch| &batch.touched).collect()
}

/// The number in the name of a part.
fn number(part: &Part) -> Option<usize> {
    part.name.strip_prefix("part-")?.strip_suffix(".parquet")?.parse().ok()
}

fn dataset_of(file: &FileEntry) -> Result<DatasetId, Refusal> {
    let name = file.name.strip_suffix(".parquet").unwrap_or_default();
    name.parse().map_err(|_| Refusal::NotADataset { file: file.name.clone() })
}

fn same_columns(a: &[ColumnSpec], b: &[ColumnSpec]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name && a.kind == b.kind)
}

/// Names the content of a version: the same batches give the same name.
fn content(dataset: &DatasetId, known: &[Part], new: &[&Ready]) -> Sha256Digest {
    let known = known.iter().map(|part| part.batch);
    let batches = known.chain(new.iter().map(|batch| batch.manifest.batch_id));
    let named: Vec<String> = batches.map(|batch| batch.to_string()).collect();
    Sha256Digest::of(format!("{dataset} {}", named.join(" ")).as_bytes())
}
