//! People who opted out of secondary use (Art 71), as tags.

use std::collections::HashSet;

use pipeline_domain::{BatchId, DomainId, HolderTag};
use pipeline_exchange::Store;

use crate::{Refusal, batch::id_rows};

/// The tags of everyone who opted out in a domain, and the batches they came with.
#[derive(Debug, Default)]
pub(crate) struct OptOuts {
    tags: HashSet<HolderTag>,
    pub(crate) batches: Vec<BatchId>,
}

impl OptOuts {
    pub(crate) fn of(folder: &Store, domain: DomainId) -> Result<Self, Refusal> {
        let mut opt_outs = Self::default();
        let base = base(domain);
        for name in folder.folders(&base)? {
            // Padding rows stand in the list too; their random tags belong to nobody.
            let rows = id_rows(folder, &format!("{base}{name}/"))?;
            opt_outs.tags.extend(rows.into_iter().map(|(_, tag)| tag));
            opt_outs.batches.extend(name.parse::<BatchId>());
        }
        Ok(opt_outs)
    }

    pub(crate) fn contains(&self, tag: &HolderTag) -> bool {
        self.tags.contains(tag)
    }
}

/// Where the opt-outs of a domain lie.
pub(crate) fn base(domain: DomainId) -> String {
    format!("opt-out/{domain}/")
}
