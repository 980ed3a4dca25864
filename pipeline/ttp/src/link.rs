//! The answer to a batch: link rows, signed, in the inbox of the HDA.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, FixedSizeBinaryArray, RecordBatch},
    buffer::Buffer,
    datatypes::SchemaRef,
    error::ArrowError,
};
use pipeline_domain::{HolderTag, Pseudonym, RowToken};
use pipeline_exchange::{
    EncodedRows, ExchangeError, FileEntry, GroupEncoder, Manifest, ParquetSink, wire,
};
use pipeline_keys::{PayloadRoot, RotatedKey, RowKey, StageTwo};
use rayon::prelude::*;

use crate::{
    Ttp, TtpError,
    batch::{IdFile, IdRows},
    lists::Lists,
    rekey::Rekeying,
};

/// Where the link rows of a batch go, inside the inbox of the HDA.
pub(crate) fn folder_of(manifest: &Manifest) -> String {
    format!("{}/link/", manifest.batch_id)
}

/// What turns the ids of a batch into the pseudonyms of its answer.
pub(crate) enum Step<'a> {
    /// Stage 2, for those the lists release.
    Pseudonymise(&'a RotatedKey, &'a Lists),
    /// Keys laid over pseudonyms, for those the lists release.
    Rekey(&'a Rekeying, &'a Lists<Pseudonym>),
}

/// What turns id rows into link rows.
pub(crate) struct Linking<'a> {
    pub(crate) step: Step<'a>,
    /// Are the ids of people? No list speaks of linked ids, which are of nobody.
    pub(crate) of_people: bool,
    /// Where rows are sealed, the root of their keys.
    pub(crate) root: Option<&'a PayloadRoot>,
}

impl Step<'_> {
    /// The tokens and pseudonyms of those who are released, in their order.
    fn take(
        &self,
        ids: &IdRows,
        of_people: bool,
    ) -> Result<(Vec<RowToken>, Vec<Pseudonym>), TtpError> {
        match self {
            Self::Pseudonymise(key, lists) => {
                let released = |(token, id)| {
                    let tag = HolderTag::new(id);
                    let tag = if of_people { lists.released(&tag)? } else { tag };
                    Some((token, tag))
                };
                let (tokens, tags): (_, Vec<_>) = ids.iter().filter_map(released).unzip();
                Ok((tokens, key.answer(&tags)?))
            }
            Self::Rekey(keys, lists) => {
                let released = |(token, id)| {
                    let current = keys.current(Pseudonym::new(id));
                    let current = if of_people { lists.released(&current)? } else { current };
                    Some((token, keys.answer(current)))
                };
                Ok(ids.iter().filter_map(released).unzip())
            }
        }
    }
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
    linking: Linking<'_>,
    key_version: u32,
) -> Result<(), TtpError> {
    let mut files = vec![linking.write(ttp, asked, &ids.persons, wire::LINK_FILE)?];
    if let Some(linked) = &ids.linked {
        let linking = Linking { of_people: false, root: None, ..linking };
        files.push(linking.write(ttp, asked, linked, wire::LINKED_FILE)?);
    }
    // Nothing of the moment stands in it: an answer that is given again, because a process died before
    // it wrote the first down, is the same byte for byte, and the HDA may be reading it.
    let manifest = Manifest {
        key_version,
        signed_by: ttp.name.clone(),
        payload_root: None,
        files,
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
        let (tokens, pseudonyms) = self.step.take(ids, self.of_people)?;
        let mut columns = vec![
            column(tokens.iter().map(RowToken::as_bytes))?,
            column(pseudonyms.iter().map(Pseudonym::as_bytes))?,
        ];
        if let Some(root) = self.root {
            columns.push(column(root.row_keys(&tokens).iter().map(RowKey::to_column))?);
        }
        Ok(RecordBatch::try_new(SchemaRef::clone(schema), columns)?)
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
