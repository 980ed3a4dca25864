//! The quality of a whole batch.

use std::collections::BTreeMap;

use pipeline_domain::{BatchId, DatasetId, DomainId, HolderId};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::view::{Tally, ViewQuality, iso_day};

/// Which batch it is, and what its extraction counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchInfo {
    /// The batch.
    pub batch: BatchId,
    /// Who made it.
    pub holder: HolderId,
    /// The domain its tags belong to.
    pub domain: DomainId,
    /// The day it was made.
    #[serde(with = "iso_day")]
    pub day: Date,
    /// Persons with at least one row.
    pub persons: u64,
    /// Records that were read.
    pub read: u64,
    /// Records that were set aside, by reason.
    pub set_aside: BTreeMap<String, u64>,
}

impl BatchInfo {
    /// Records read, and how many of them were set aside.
    #[must_use]
    pub fn records(&self) -> Tally {
        Tally { checked: self.read, failed: self.set_aside.values().sum() }
    }
}

/// The quality of a batch, view by view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchQuality {
    /// Which batch.
    pub info: BatchInfo,
    /// Its views, in the order of their names.
    pub views: Vec<ViewQuality>,
}

impl BatchQuality {
    /// The quality of a batch with these views.
    #[must_use]
    pub fn new(info: BatchInfo, mut views: Vec<ViewQuality>) -> Self {
        views.sort_by(|a, b| a.view.cmp(&b.view));
        Self { info, views }
    }

    /// A view by its name.
    #[must_use]
    pub fn view(&self, view: &DatasetId) -> Option<&ViewQuality> {
        self.views.iter().find(|found| found.view == *view)
    }
}
