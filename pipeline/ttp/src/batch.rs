//! A batch that arrived: believed, or refused with a reason.

use arrow::array::{Array, FixedSizeBinaryArray, RecordBatch};
use pipeline_domain::{HolderTag, RowToken, Timestamp};
use pipeline_exchange::{
    BatchPurpose, ExchangeError, Manifest, ParquetFile, PartyRole, Register, Release,
    SignedManifest, Store, fixed_column, wire,
};
use rayon::prelude::*;

use crate::{Domain, Refusal, lists::Lists};

/// The signed manifest of a batch folder; nothing while the folder is not complete.
pub(crate) fn manifest_of(
    inbox: &Store,
    folder: &str,
    register: &Register,
) -> Result<Option<SignedManifest>, Refusal> {
    let signed =
        SignedManifest::read(inbox, folder, |sender| Ok(register.party(sender)?.signing_key))?;
    let Some(signed) = signed else {
        return Ok(None);
    };
    let Manifest { batch_id, purpose, signed_by, .. } = &signed.manifest;
    if format!("{batch_id}/") != folder {
        return Err(Refusal::OtherName);
    }
    // Whoever may say who is left out may not say what was done to them, and the other way round.
    let role = match purpose {
        BatchPurpose::Extract => PartyRole::Holder,
        BatchPurpose::Exclude => PartyRole::OptOutRegistry,
        BatchPurpose::Cohort => PartyRole::CohortOwner,
        BatchPurpose::Alias => PartyRole::IdentityService,
        BatchPurpose::Rekey => PartyRole::Hda,
    };
    register.signing_key(signed_by, &[role]).map_err(|_| Refusal::NotItsPart)?;
    Ok(Some(signed))
}

/// Holds the manifest against the domain, and the files against the manifest.
pub(crate) fn believe(
    inbox: &Store,
    folder: &str,
    signed: &SignedManifest,
    domain: &Domain,
    lists: &Lists,
    now: Timestamp,
) -> Result<(), Refusal> {
    let manifest: &Manifest = &signed.manifest;
    let is_rekey = manifest.purpose == BatchPurpose::Rekey;
    let is_of_it = is_rekey || domain.holders.contains(&manifest.holder);
    if !is_of_it || manifest.signed_by != manifest.holder {
        return Err(Refusal::NotAHolder { domain: domain.domain });
    }
    if manifest.not_after < now {
        return Err(Refusal::Expired { not_after: manifest.not_after });
    }
    let linked = usize::from(manifest.file(wire::LINKED_ID_FILE).is_some());
    let may_link = !manifest.purpose.is_list();
    let files = manifest.all_files().count();
    if manifest.file(wire::ID_FILE).is_none() || files != 1 + linked || (linked > 0 && !may_link) {
        return Err(Refusal::OtherFiles);
    }
    if manifest.payload_root.is_some() != (manifest.release == Release::Sealed) {
        return Err(Refusal::NoRowKeys);
    }
    let must_be_sealed = domain.release.map_or(!lists.are_empty(), |release| !release.is_bulk());
    // What the HDA asks for again it has read before.
    if may_link && !is_rekey && must_be_sealed && manifest.release.is_bulk() {
        return Err(Refusal::NotSealed);
    }
    Ok(signed.check_files(inbox, folder)?)
}

/// A file of id rows that holds to its rules. It is read as often as it is needed, row group by row
/// group, because a national batch is more than memory should hold.
#[derive(Debug)]
pub(crate) struct IdFile {
    file: ParquetFile,
    path: String,
    /// The column beside the token.
    column: &'static str,
    pub(crate) rows: u64,
}

impl IdFile {
    /// Opens a file of tags, or of pseudonyms, and holds all its rows against the rules.
    pub(crate) fn open(
        store: &Store,
        folder: &str,
        name: &str,
        column: &'static str,
    ) -> Result<Self, Refusal> {
        let path = format!("{folder}{name}");
        let file = ParquetFile::open(store, &path)?;
        let groups = file.groups();
        let rows = groups.iter().fold(0, |rows: u64, group| rows.saturating_add(*group));
        // Before anything is made room for, in case the footer promises more than there is.
        if rows > store.size(&path)? / ROW_BYTES {
            return Err(Refusal::TooShort { rows });
        }
        if wire::padded_rows(rows) != rows {
            return Err(Refusal::NotPadded { rows });
        }
        let ids = Self { file, path, column, rows };
        ids.check(&groups)?;
        Ok(ids)
    }

    /// How many row groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.file.groups().len()
    }

    /// The tokens and ids of a row group.
    pub(crate) fn group(
        &self,
        group: usize,
    ) -> Result<impl Iterator<Item = Result<IdRows, ExchangeError>>, ExchangeError> {
        let batches = self.file.read_group(group)?;
        Ok(batches.map(|batch| IdRows::of(&batch?, &self.path, self.column)))
    }

    fn check(&self, groups: &[u64]) -> Result<(), Refusal> {
        let mut halves = vec![0_u128; usize::try_from(self.rows).unwrap_or_default()];
        let (mut slots, mut rest, mut first_row) = (Vec::new(), halves.as_mut_slice(), 0);
        for rows in groups {
            let (slot, others) = rest.split_at_mut(usize::try_from(*rows).unwrap_or_default());
            slots.push((first_row, slot));
            (rest, first_row) = (others, first_row + rows);
        }
        let looks: Vec<_> = slots
            .into_par_iter()
            .enumerate()
            .map(|(group, (first_row, slot))| self.look(group, first_row, slot))
            .collect();
        let (mut last, mut row) = (None, 0);
        for (look, rows) in looks.into_iter().zip(groups) {
            if let Some((first, end)) = look? {
                if last.is_some_and(|last| last >= first) {
                    return Err(Refusal::TokensOutOfOrder { row });
                }
                last = Some(end);
            }
            row += rows;
        }
        // Half a tag is enough to tell two apart: by chance no two of them ever agree.
        halves.par_sort_unstable();
        let repeated = halves.par_windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        if repeated > 0 { Err(Refusal::RepeatedTags { count: repeated }) } else { Ok(()) }
    }

    /// Looks through a row group: the first and the last of its tokens, and its tags by their half.
    fn look(
        &self,
        group: usize,
        first_row: u64,
        halves: &mut [u128],
    ) -> Result<Option<(RowToken, RowToken)>, Refusal> {
        let (mut ends, mut at): (Option<(RowToken, RowToken)>, usize) = (None, 0);
        for rows in self.group(group)? {
            for (token, id) in rows?.iter() {
                ends = match ends {
                    Some((_, last)) if last >= token => {
                        let row = first_row + at as u64;
                        return Err(Refusal::TokensOutOfOrder { row });
                    }
                    Some((first, _)) => Some((first, token)),
                    None => Some((token, token)),
                };
                if let Some(half) = halves.get_mut(at) {
                    *half = u128::from_be_bytes(array(&id[..16]));
                }
                at += 1;
            }
        }
        if at == halves.len() {
            return Ok(ends);
        }
        let what = "a row group of another length than its footer tells";
        Err(ExchangeError::Differs { path: self.path.clone(), what }.into())
    }
}

/// What a row takes: nothing of it is compressed, for nothing of it could be.
const ROW_BYTES: u64 = (RowToken::LEN + HolderTag::LEN) as u64;

/// A tag, or a pseudonym that other keys are laid over.
pub(crate) type Id = [u8; HolderTag::LEN];

/// Some id rows.
pub(crate) struct IdRows {
    tokens: FixedSizeBinaryArray,
    ids: FixedSizeBinaryArray,
}

impl IdRows {
    fn of(batch: &RecordBatch, path: &str, column: &str) -> Result<Self, ExchangeError> {
        let tokens = fixed_column(batch, path, wire::ROW_TOKEN, RowToken::LEN)?.clone();
        let ids = fixed_column(batch, path, column, HolderTag::LEN)?.clone();
        Ok(Self { tokens, ids })
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RowToken, Id)> {
        (0..self.len())
            .map(|row| (RowToken::new(array(self.tokens.value(row))), array(self.ids.value(row))))
    }
}

/// The column has this width; a shorter value would be left at zero and match nothing.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pipeline_exchange::ParquetSink;

    use super::*;

    type Rows = Vec<(RowToken, HolderTag)>;

    fn rows(count: u32) -> Rows {
        let row = |number: u32| {
            let mut token = [0; 16];
            token[..4].copy_from_slice(&number.to_be_bytes());
            let mut tag = [7; 32];
            tag[..4].copy_from_slice(&number.to_be_bytes());
            (RowToken::new(token), HolderTag::new(tag))
        };
        (0..count).map(row).collect()
    }

    fn told(rows: &Rows) -> String {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let store = Store::open(&"memory:".parse().unwrap()).unwrap();
        let column = |bytes: Vec<&[u8]>| {
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes.into_iter()).unwrap())
        };
        let tokens = column(rows.iter().map(|(token, _)| &token.as_bytes()[..]).collect());
        let tags = column(rows.iter().map(|(_, tag)| &tag.as_bytes()[..]).collect());
        let schema = wire::id_schema();
        let mut sink = ParquetSink::create(&store, "", wire::ID_FILE, Arc::clone(&schema)).unwrap();
        sink.write(&RecordBatch::try_new(schema, vec![tokens, tags]).unwrap()).unwrap();
        sink.finish().unwrap();
        let opened = IdFile::open(&store, "", wire::ID_FILE, wire::TAG);
        opened.map_or_else(|refusal| refusal.to_string(), |_| "fine".to_owned())
    }

    #[test]
    fn rows_that_break_a_rule_are_refused() {
        let mut swapped = rows(1024);
        swapped.swap(3, 4);
        let mut twice = rows(1024);
        twice[5].1 = twice[6].1;
        let mut same_token = rows(1024);
        same_token[5].0 = same_token[6].0;
        let cases = [
            (rows(1024), "fine"),
            (rows(1000), "1000 rows are no step of the padding"),
            (swapped, "row 4: the row tokens do not ascend strictly"),
            (same_token, "row 6: the row tokens do not ascend strictly"),
            (twice, "1 tags stand in the batch more than once"),
        ];
        for (rows, want) in cases {
            assert_eq!(told(&rows), want);
        }
    }

    #[test]
    fn rows_are_held_against_the_rules_across_row_groups_too() {
        // The second row group begins at row 262,144.
        let count = 294_912;
        assert_eq!(told(&rows(count)), "fine");
        let mut back = rows(count);
        back[262_144].0 = back[262_143].0;
        assert_eq!(told(&back), "row 262144: the row tokens do not ascend strictly");
        let mut twice = rows(count);
        twice[290_000].1 = twice[3].1;
        assert_eq!(told(&twice), "1 tags stand in the batch more than once");
    }
}
