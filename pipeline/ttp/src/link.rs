//! The answer to a batch: link rows, signed, in the inbox of the HDA.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, FixedSizeBinaryArray, RecordBatch},
    buffer::Buffer,
    datatypes::SchemaRef,
    error::ArrowError,
};
use pipeline_domain::{HolderTag, Pseudonym, RowToken, Timestamp};
use pipeline_exchange::{
    EncodedRows, ExchangeError, FileEntry, GroupEncoder, Manifest, ParquetSink, wire,
};
use pipeline_keys::{PayloadRoot, RotatedKey, RowKey, StageTwo};
use rayon::prelude::*;

use crate::{
    Ttp, TtpError,
    batch::{IdFile, IdRows},
    lists::Lists,
};

/// Where the link rows of a batch go, inside the inbox of the HDA.
pub(crate) fn folder_of(manifest: &Manifest) -> String {
    format!("{}/link/", manifest.batch_id)
}

/// What turns id rows into link rows.
pub(crate) struct Linking<'a> {
    pub(crate) key: &'a RotatedKey,
    /// Who is released; no list speaks of linked ids, which are of no person.
    pub(crate) lists: Option<&'a Lists>,
    /// Where rows are sealed, the root of their keys.
    pub(crate) root: Option<&'a PayloadRoot>,
}

/// The files of ids of a batch.
pub(crate) struct Ids {
    pub(crate) persons: IdFile,
    pub(crate) linked: Option<IdFile>,
}

/// Writes the link rows and, last, their manifest.
pub(crate) fn deliver(
    ttp: &Ttp<'_>,
    asked: &Manifest,
    ids: &Ids,
    linking: &Linking<'_>,
    key_version: u32,
    now: Timestamp,
) -> Result<(), TtpError> {
    let mut files = vec![linking.write(ttp, asked, &ids.persons, wire::LINK_FILE)?];
    if let Some(linked) = &ids.linked {
        let linking = Linking { key: linking.key, lists: None, root: None };
        files.push(linking.write(ttp, asked, linked, wire::LINKED_FILE)?);
    }
    let manifest = Manifest {
        key_version,
        signed_by: ttp.name.clone(),
        payload_root: None,
        files,
        created: now,
        software: ttp.software.to_owned(),
        ..asked.clone()
    };
    manifest.write(ttp.hda, &folder_of(asked), ttp.keys)?;
    Ok(())
}

impl Linking<'_> {
    /// Writes a file of link rows: row groups beside each other, while those before are written.
    fn write(
        &self,
        ttp: &Ttp<'_>,
        asked: &Manifest,
        ids: &IdFile,
        name: &str,
    ) -> Result<FileEntry, TtpError> {
        let schema =
            if self.root.is_some() { wire::releasing_schema() } else { wire::link_schema() };
        let mut sink =
            ParquetSink::create(ttp.hda, &folder_of(asked), name, SchemaRef::clone(&schema))?;
        let encoder = sink.encoder();
        let groups: Vec<usize> = (0..ids.groups()).collect();
        let mut made: Vec<EncodedRows> = Vec::new();
        for beside in groups.chunks(rayon::current_num_threads()) {
            let (next, written) = rayon::join(
                || {
                    let encode = |group: &usize| self.encode(ids, *group, &schema, &encoder);
                    beside.par_iter().map(encode).collect::<Result<Vec<_>, TtpError>>()
                },
                || made.drain(..).try_for_each(|rows| sink.append(rows)),
            );
            written?;
            made = next?;
        }
        made.into_iter().try_for_each(|rows| sink.append(rows))?;
        Ok(sink.finish()?)
    }

    fn encode(
        &self,
        ids: &IdFile,
        group: usize,
        schema: &SchemaRef,
        encoder: &GroupEncoder,
    ) -> Result<EncodedRows, TtpError> {
        let mut linked = Vec::new();
        for rows in ids.group(group)? {
            linked.push(self.link(&rows?, schema)?);
        }
        Ok(encoder.encode(linked.into_iter().map(Ok::<_, ExchangeError>))?)
    }

    /// Stage 2 for everyone who is released, in the order of the tokens.
    fn link(&self, ids: &IdRows, schema: &SchemaRef) -> Result<RecordBatch, TtpError> {
        let released = |(token, tag)| self.released(&tag).map(|tag| (token, tag));
        let (tokens, tags): (Vec<RowToken>, Vec<HolderTag>) =
            ids.iter().filter_map(released).unzip();
        let pseudonyms = self.key.answer(&tags)?;
        let mut columns = vec![
            column(tokens.iter().map(RowToken::as_bytes))?,
            column(pseudonyms.iter().map(Pseudonym::as_bytes))?,
        ];
        if let Some(root) = self.root {
            columns.push(column(root.row_keys(&tokens).iter().map(RowKey::to_column))?);
        }
        Ok(RecordBatch::try_new(SchemaRef::clone(schema), columns)?)
    }

    fn released(&self, tag: &HolderTag) -> Option<HolderTag> {
        self.lists.map_or(Some(*tag), |lists| lists.released(tag))
    }
}

fn column<'a, const N: usize>(
    values: impl ExactSizeIterator<Item = &'a [u8; N]>,
) -> Result<ArrayRef, ArrowError> {
    let mut bytes = Vec::with_capacity(N * values.len());
    values.for_each(|value| bytes.extend_from_slice(value));
    let len = i32::try_from(N).unwrap_or_default();
    Ok(Arc::new(FixedSizeBinaryArray::try_new(len, Buffer::from_vec(bytes), None)?))
}
