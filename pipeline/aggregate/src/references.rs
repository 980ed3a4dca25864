//! Reference data in a run: which category a code falls into, by the newest version of a list.
//!
//! The lists are small and public. They are read before the query starts and looked up code by code
//! while the records stream by; the report names the versions, so that a run can be repeated.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arrow::{array::StringArray, datatypes::DataType};
use datafusion::{
    common::cast::as_string_array,
    error::DataFusionError,
    logical_expr::{ColumnarValue, Expr, Volatility, cast, create_udf},
};
use pipeline_domain::{Language, Sha256Digest, VersionId};
use pipeline_exchange::Store;
use pipeline_plan::{Column, Dimension, Plan, Step, Test, UNKNOWN, Value};
use pipeline_reference::{
    AtcGroup, Entry, Grouping, Kind, Medicine, Place, ReferenceError, ReferenceManifest, head, rows,
};
use serde::Serialize;

use crate::AggregateError;

/// The column with the ATC code of a record, which is believed before that of its product.
const ATC: &str = "atc";

/// A version of a reference list that a run looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceUse {
    /// The version.
    pub version: VersionId,
    /// What people call it.
    pub label: String,
    /// The digest of its rows.
    pub sha256: Sha256Digest,
    /// Who publishes the list.
    pub source: String,
    /// Its licence.
    pub licence: String,
}

/// The groupings a plan asks for.
#[derive(Debug, Default)]
pub(crate) struct References {
    groupings: HashMap<Dimension, Arc<Grouping>>,
    /// ATC groups of the records' own codes, for sides that look at the product as well.
    own_codes: HashMap<Dimension, Arc<Grouping>>,
    used: BTreeMap<Kind, ReferenceUse>,
}

impl References {
    /// Reads what the plan needs. Reading waits for the storage, which an async task must not.
    pub(crate) async fn load(lake: &Store, plan: &Plan) -> Result<Self, AggregateError> {
        if !plan.dimensions().iter().any(|side| needs_reference(&side.by)) {
            return Ok(Self::default());
        }
        let (lake, plan) = (lake.clone(), plan.clone());
        let read = tokio::task::spawn_blocking(move || Self::read(&lake, &plan)).await;
        let read = read.map_err(|_| AggregateError::Engine { stage: "reading reference data" })?;
        Ok(read?)
    }

    fn read(lake: &Store, plan: &Plan) -> Result<Self, ReferenceError> {
        let mut lists = Lists { lake, used: BTreeMap::new() };
        let (mut groupings, mut own_codes) = (HashMap::new(), HashMap::new());
        for side in plan.dimensions() {
            let grouping = match side.by {
                Step::Arrondissement => Grouping::of_arrondissements(&lists.rows::<Place>()?),
                Step::PrimaryCareZone => Grouping::of_primary_care_zones(&lists.rows::<Place>()?),
                Step::AtcLevel(level) => {
                    let all = Grouping::of_atc(&lists.rows::<AtcGroup>()?, level);
                    all.only(|code| may_occur(plan, &side.column, code))
                }
                Step::AtcOfCnk(level) => {
                    let groups = lists.rows::<AtcGroup>()?;
                    let all = Grouping::of_medicines(&lists.rows::<Medicine>()?, &groups, level);
                    own_codes.insert(side.clone(), Arc::new(Grouping::of_atc(&groups, level)));
                    all
                }
                _ => continue,
            };
            groupings.insert(side.clone(), Arc::new(grouping));
        }
        Ok(Self { groupings, own_codes, used: lists.used })
    }

    /// The versions that were looked up.
    pub(crate) fn used(&self) -> BTreeMap<Kind, ReferenceUse> {
        self.used.clone()
    }

    /// Every category of a side, with its names, where the reference data says them: the grid of
    /// the table is that of the list, whatever occurs in the records. Unknown comes last.
    pub(crate) fn categories(&self, side: &Dimension) -> Option<Vec<String>> {
        let listed = self.groupings.get(side)?.categories().keys().cloned();
        Some(listed.chain([UNKNOWN.to_owned()]).collect())
    }

    /// What a category is called, where the reference data says it.
    pub(crate) fn labels(
        &self,
        side: &Dimension,
        code: &str,
    ) -> Option<&BTreeMap<Language, String>> {
        self.groupings.get(side)?.categories().get(code)
    }

    /// The category of a code.
    pub(crate) fn category(&self, side: &Dimension, code: Expr) -> Result<Expr, AggregateError> {
        let grouping = self.groupings.get(side).ok_or_else(not_read)?;
        Ok(lookup(&format!("category_{}", side.name()), grouping, code))
    }

    /// The category of a record's own ATC code, where its side looks at the product as well.
    pub(crate) fn own_category(&self, side: &Dimension, atc: Expr) -> Result<Expr, AggregateError> {
        let grouping = self.own_codes.get(side).ok_or_else(not_read)?;
        Ok(lookup(&format!("own_category_{}", side.name()), grouping, atc))
    }
}

/// The column with the record's own ATC code, beside that of its product.
pub(crate) fn own_atc(side: &Dimension) -> Option<Column> {
    if side.column.is_of_person() { None } else { ATC.parse().ok() }
}

fn needs_reference(step: &Step) -> bool {
    matches!(
        step,
        Step::Arrondissement | Step::PrimaryCareZone | Step::AtcLevel(_) | Step::AtcOfCnk(_)
    )
}

/// Can a record the plan counts fall into this group? The plan and the list alone tell, so the grid
/// stays public: a plan about antibiotics has no lines for the other groups.
fn may_occur(plan: &Plan, column: &Column, group: &str) -> bool {
    let leaves_open = |test: &Test| match test {
        Test::StartsWith(prefixes) => prefixes
            .iter()
            .any(|prefix| prefix.starts_with(group) || group.starts_with(prefix.as_str())),
        Test::Is(values) => {
            values.iter().any(|value| matches!(value, Value::Text(code) if code.starts_with(group)))
        }
        Test::Between(..) => true,
    };
    plan.cohort()
        .iter()
        .filter(|filter| filter.column == *column)
        .all(|filter| leaves_open(&filter.test))
}

/// The newest versions, each read once or more but of one version only.
struct Lists<'a> {
    lake: &'a Store,
    used: BTreeMap<Kind, ReferenceUse>,
}

impl Lists<'_> {
    fn rows<T: Entry>(&mut self) -> Result<Vec<T>, ReferenceError> {
        let manifest = match self.used.get(&T::KIND) {
            Some(used) => pipeline_reference::manifest(self.lake, T::KIND, &used.version)?,
            None => head(self.lake, T::KIND)?,
        };
        let found = rows(self.lake, &manifest)?;
        self.used.insert(T::KIND, used(manifest));
        Ok(found)
    }
}

fn used(manifest: ReferenceManifest) -> ReferenceUse {
    ReferenceUse {
        version: manifest.version,
        label: manifest.label,
        sha256: manifest.sha256,
        source: manifest.source.name,
        licence: manifest.source.licence,
    }
}

fn lookup(name: &str, grouping: &Arc<Grouping>, code: Expr) -> Expr {
    let grouping = Arc::clone(grouping);
    let find = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let codes = as_string_array(&arrays[0])?;
        let found: StringArray = codes.iter().map(|code| grouping.of(code?)).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    };
    let arguments = vec![DataType::Utf8];
    let function =
        create_udf(name, arguments, DataType::Utf8, Volatility::Immutable, Arc::new(find));
    function.call(vec![cast(code, DataType::Utf8)])
}

fn not_read() -> AggregateError {
    AggregateError::Engine { stage: "looking up reference data" }
}
