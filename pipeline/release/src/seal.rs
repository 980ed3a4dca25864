//! The gate: a protected cube and an order become a package, or a refusal.

use std::collections::BTreeMap;

use pipeline_disclosure::ProtectedCube;
use pipeline_domain::{Sha256Digest, Signer};
use serde::Serialize;

use crate::{
    CONTEXT, MANIFEST, MANIFEST_SIGNATURE, Manifest, PLAN, REPORT_HTML, REPORT_JSON, RULES,
    ReleaseError, ReleaseOrder, TABLE_CSV, TABLE_METADATA, TABLE_PARQUET, csvw::Metadata,
    report::Report, table::Table,
};

/// The files of a sealed release, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Each file's bytes.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Seals a release, or says why it may not leave.
pub fn seal(
    cube: &ProtectedCube,
    order: &ReleaseOrder,
    signer: &dyn Signer,
) -> Result<Package, ReleaseError> {
    check(cube, order)?;
    let table = Table::of(cube);
    let texts = table.texts();
    let report = Report::new(cube, order);
    let mut files = BTreeMap::from([
        (TABLE_CSV.to_owned(), texts.to_csv()?),
        (TABLE_PARQUET.to_owned(), table.to_parquet()?),
        (TABLE_METADATA.to_owned(), json(TABLE_METADATA, &Metadata::new(cube, order))?),
        (REPORT_HTML.to_owned(), report.to_html(&texts).into_bytes()),
        (REPORT_JSON.to_owned(), json(REPORT_JSON, &report)?),
        (PLAN.to_owned(), order.plan.json.clone().into_bytes()),
        (RULES.to_owned(), order.rules.text().as_bytes().to_vec()),
    ]);
    let manifest = json(MANIFEST, &Manifest::new(cube, order, &files, signer.public_key()))?;
    let signature = signer.sign(CONTEXT, &manifest);
    files.insert(MANIFEST_SIGNATURE.to_owned(), format!("{signature}\n").into_bytes());
    files.insert(MANIFEST.to_owned(), manifest);
    Ok(Package { files })
}

fn check(cube: &ProtectedCube, order: &ReleaseOrder) -> Result<(), ReleaseError> {
    let (officer, digest) = (&order.officer, cube.digest());
    if is_same_person(&officer.by, &order.requester) {
        return Err(ReleaseError::OwnRequest { who: officer.by.clone() });
    }
    // The officer approved these very cells, not an earlier or a later version of them.
    if officer.digest != digest {
        return Err(ReleaseError::OtherCube { approved: officer.digest, cube: digest });
    }
    if officer.at > order.made {
        return Err(ReleaseError::ApprovedLater);
    }
    let plan = cube.source().plan;
    for named in [order.plan.hash, Sha256Digest::of(order.plan.json.as_bytes())] {
        if named != plan {
            return Err(ReleaseError::OtherPlan { order: named, cube: plan });
        }
    }
    if cube.source().versions.get(&order.dataset) != Some(&order.version) {
        return Err(ReleaseError::OtherVersion);
    }
    let (used, named) = (cube.rules(), &order.rules);
    if used.smallest_count() != named.smallest_count()
        || used.dominance_percent() != named.dominance_percent()
    {
        return Err(ReleaseError::OtherRules);
    }
    Ok(())
}

/// Names are compared without regard to case and outer space, so that nobody approves an own
/// request by another spelling of the same account.
fn is_same_person(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn json<T: Serialize>(file: &'static str, value: &T) -> Result<Vec<u8>, ReleaseError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|source| ReleaseError::Json { file, source })?;
    bytes.push(b'\n');
    Ok(bytes)
}
