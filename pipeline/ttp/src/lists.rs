//! The lists of a domain: people who opted out of secondary use (Art 71), the cohort it is about,
//! and numbers that took the place of others. They come as batches of tags.
//!
//! The list of opt-outs can be frozen: what a decision was made on stays what it runs on. Opt-outs
//! that come later hold from the next domain on, and in a domain that is not frozen at once.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use foldhash::fast::RandomState;
use pipeline_domain::{ApprovalId, BatchId, DomainId, HolderTag, Sha256Digest};
use pipeline_exchange::{BatchPurpose, ExchangeError, Store, fixed_column, read_parquet, wire};
use serde::{Deserialize, Serialize};

use crate::{
    Domain, Refusal, TtpError,
    batch::{IdFile, array},
};

type Ids<T> = HashSet<T, RandomState>;

/// The lists of one domain: of tags, as they came, or of the pseudonyms those have.
#[derive(Debug)]
pub(crate) struct Lists<T = HolderTag> {
    excluded: Ids<T>,
    cohort: Option<Ids<T>>,
    aliases: HashMap<T, T, RandomState>,
    /// The batches of opt-outs that were applied.
    pub(crate) opt_outs: Vec<BatchId>,
}

/// The opt-outs a domain is bound to, from the moment of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenOptOuts {
    /// The decision that binds it.
    pub approval: ApprovalId,
    /// The batches of opt-outs that had come by then.
    pub batches: Vec<BatchId>,
    /// The digest of all their tags, in order, each once.
    pub digest: Sha256Digest,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        let (excluded, aliases) = (Ids::default(), HashMap::default());
        Self { excluded, cohort: None, aliases, opt_outs: Vec::new() }
    }
}

impl Lists {
    /// Reads the lists of a domain, which must be all that the ledger says were taken in: with one
    /// missing, people would be released who said no. What fails here is the TTP's own and no fault
    /// of the batch that is asked about. A domain whose rows are laid over for `target` may be bound
    /// there to the opt-outs of an approval.
    pub(crate) fn of(
        folder: &Store,
        domain: DomainId,
        target: Option<DomainId>,
        taken_in: &[(BatchPurpose, BatchId)],
    ) -> Result<Self, TtpError> {
        for (purpose, batch) in taken_in {
            let path = format!("{}{batch}/{}", base(*purpose, domain), wire::ID_FILE);
            if !folder.exists(&path)? {
                return Err(TtpError::ListGone { batch: *batch });
            }
        }
        Self::read(folder, domain, target.unwrap_or(domain)).map_err(TtpError::list)
    }

    fn read(folder: &Store, domain: DomainId, bound: DomainId) -> Result<Self, Refusal> {
        let mut lists = Self::default();
        let frozen = FrozenOptOuts::of(folder, bound)?;
        for (batch, within) in batches(folder, BatchPurpose::Exclude, domain)? {
            if frozen.as_ref().is_none_or(|frozen| frozen.batches.contains(&batch)) {
                // Padding rows stand in the list too; their random tags belong to nobody.
                each_tag(folder, &within, &mut |tag| {
                    lists.excluded.insert(tag);
                })?;
                lists.opt_outs.push(batch);
            }
        }
        for (_, within) in batches(folder, BatchPurpose::Cohort, domain)? {
            let cohort = lists.cohort.get_or_insert_default();
            each_tag(folder, &within, &mut |tag| {
                cohort.insert(tag);
            })?;
        }
        for (_, within) in batches(folder, BatchPurpose::Alias, domain)? {
            for (old, new) in alias_rows(folder, &within)? {
                lists.aliases.insert(old, new);
            }
        }
        Ok(lists)
    }
}

impl<T: Copy + Eq + Hash> Lists<T> {
    /// The same lists of what these ids become.
    pub(crate) fn map<U: Eq + Hash>(&self, step: impl Fn(&T) -> U) -> Lists<U> {
        let ids = |ids: &Ids<T>| ids.iter().map(&step).collect();
        Lists {
            excluded: ids(&self.excluded),
            cohort: self.cohort.as_ref().map(ids),
            aliases: self.aliases.iter().map(|(old, new)| (step(old), step(new))).collect(),
            opt_outs: self.opt_outs.clone(),
        }
    }

    /// Says no list who may not be released?
    pub(crate) fn are_empty(&self) -> bool {
        self.excluded.is_empty() && self.cohort.is_none()
    }

    /// Under which id a person goes on; nothing for one who is not released.
    pub(crate) fn released(&self, id: &T) -> Option<T> {
        let new = self.newest(id);
        // Under whichever number somebody said no, or was named.
        let is_in = |ids: &Ids<T>| ids.contains(id) || ids.contains(&new);
        let released = !is_in(&self.excluded) && self.cohort.as_ref().is_none_or(is_in);
        released.then_some(new)
    }

    /// Follows replaced numbers; a ring of them ends where it began.
    fn newest(&self, id: &T) -> T {
        let mut newest = *id;
        for _ in 0..self.aliases.len().min(MOST_REPLACED) {
            match self.aliases.get(&newest) {
                Some(next) if next != id => newest = *next,
                _ => break,
            }
        }
        newest
    }
}

/// Nobody's number is replaced more often.
const MOST_REPLACED: usize = 16;

impl FrozenOptOuts {
    /// The opt-outs a domain is bound to, if it is.
    pub fn of(folder: &Store, domain: DomainId) -> Result<Option<Self>, ExchangeError> {
        let path = frozen_path(domain);
        if folder.exists(&path)? { folder.read_json(&path).map(Some) } else { Ok(None) }
    }

    /// Binds a domain to the opt-outs that have come, in it or in the one whose lists hold there.
    pub(crate) fn freeze(
        folder: &Store,
        domain: &Domain,
        approval: &ApprovalId,
    ) -> Result<Self, TtpError> {
        let (mut tags, mut known) = (Vec::new(), Vec::new());
        for (batch, within) in batches(folder, BatchPurpose::Exclude, domain.with_lists())? {
            each_tag(folder, &within, &mut |tag| tags.push(tag)).map_err(TtpError::list)?;
            known.push(batch);
        }
        tags.sort_unstable();
        tags.dedup();
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        for tag in &tags {
            context.update(tag.as_bytes());
        }
        let digest = Sha256Digest::finish(context);
        let frozen = Self { approval: approval.clone(), batches: known, digest };
        folder.write_json(&frozen_path(domain.domain), &frozen)?;
        Ok(frozen)
    }
}

fn frozen_path(domain: DomainId) -> String {
    format!("domains/{domain}.opt-outs.json")
}

/// Where the list of a purpose lies.
pub(crate) fn base(purpose: BatchPurpose, domain: DomainId) -> String {
    let list = match purpose {
        BatchPurpose::Exclude => "opt-out",
        BatchPurpose::Cohort => "cohort",
        BatchPurpose::Alias => "alias",
        BatchPurpose::Extract => "extract",
        BatchPurpose::Rekey => "rekey",
    };
    format!("{list}/{domain}/")
}

fn batches(
    folder: &Store,
    purpose: BatchPurpose,
    domain: DomainId,
) -> Result<Vec<(BatchId, String)>, ExchangeError> {
    let base = base(purpose, domain);
    let names = folder.folders(&base)?;
    Ok(names
        .into_iter()
        .filter_map(|name| Some((name.parse().ok()?, format!("{base}{name}/"))))
        .collect())
}

fn each_tag(folder: &Store, within: &str, take: &mut dyn FnMut(HolderTag)) -> Result<(), Refusal> {
    let ids = IdFile::open(folder, within, wire::ID_FILE, wire::TAG)?;
    for group in 0..ids.groups() {
        for rows in ids.group(group)? {
            rows?.iter().for_each(|(_, id)| take(HolderTag::new(id)));
        }
    }
    Ok(())
}

/// Pairs of tags: of the number before, and of the one that took its place.
pub(crate) fn alias_rows(
    folder: &Store,
    within: &str,
) -> Result<Vec<(HolderTag, HolderTag)>, Refusal> {
    let path = format!("{within}{}", wire::ID_FILE);
    let mut pairs = Vec::new();
    for batch in read_parquet(folder, &path)? {
        let batch = batch?;
        let column = |name| fixed_column(&batch, &path, name, HolderTag::LEN);
        let (old, new) = (column(wire::TAG)?, column(wire::NEW_TAG)?);
        let tag = |bytes: &[u8]| HolderTag::new(array(bytes));
        pairs.extend(old.iter().flatten().zip(new.iter().flatten()).map(|(a, b)| (tag(a), tag(b))));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use pipeline_domain::Pseudonym;

    use super::*;

    fn tag(number: u8) -> HolderTag {
        HolderTag::new([number; 32])
    }

    #[test]
    fn who_is_released_and_under_which_tag() {
        let lists = Lists {
            excluded: [tag(1), tag(12)].into_iter().collect(),
            cohort: Some([tag(1), tag(2), tag(11), tag(21), tag(30)].into_iter().collect()),
            aliases: [(10, 11), (11, 12), (20, 21), (30, 31), (31, 30)]
                .map(|(old, new)| (tag(old), tag(new)))
                .into_iter()
                .collect(),
            opt_outs: Vec::new(),
        };
        let cases = [
            (1, None, "opted out, though in the cohort"),
            (2, Some(2), "in the cohort"),
            (3, None, "not in the cohort"),
            (11, None, "opted out under the new number"),
            (20, Some(21), "in the cohort under the new number, and goes on under it"),
            (21, Some(21), "the new number itself"),
            (30, Some(31), "a ring of numbers ends"),
        ];
        for (number, want, why) in cases {
            assert!(lists.released(&tag(number)) == want.map(tag), "{why}");
        }
        assert!(Lists::default().released(&tag(9)) == Some(tag(9)), "without lists, everybody");
        assert!(Lists::<HolderTag>::default().are_empty() && !lists.are_empty());
        let pseudonym = |tag: &HolderTag| Pseudonym::new(tag.as_bytes().map(|byte| byte ^ 0xff));
        let mapped = lists.map(pseudonym);
        for (number, want, why) in cases {
            let want = want.map(|number| pseudonym(&tag(number)));
            assert!(mapped.released(&pseudonym(&tag(number))) == want, "as a pseudonym, {why}");
        }
    }
}
