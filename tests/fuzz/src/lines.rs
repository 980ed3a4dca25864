//! Any bytes as a source: nothing panics, and every record is written or set aside.
//!
//! The first line of an input names the file that the rest is, such as `a.ndjson.gz`; where it names
//! none of the known ones, all of it is NDJSON. A name that begins with `increment` makes an
//! incremental batch. libFuzzer and a test of `pipeline-extract` run the same law.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use pipeline_domain::{BatchId, DomainId, HolderId, Signer, quality::QualityRules};
use pipeline_exchange::{BatchMode, BatchPurpose, Chain, Store};
use pipeline_extract::{Extraction, extract};
use pipeline_keys::{HolderKey, PartyKeys, RowTokens};
use pipeline_legacy::Mapping;
use pipeline_views::{View, built_in_views};

/// Some of them are enough here, and quick; the other target runs them all.
const VIEWS: [&str; 5] = ["person", "vaccination", "observation", "dispense", "questionnaire"];

const NAMES: [&str; 9] = [
    "a.ndjson",
    "increment.ndjson",
    "a.ndjson.gz",
    "a.ndjson.zst",
    "a.json",
    "increment.json",
    "a.xml",
    "a.csv",
    "a.txt",
];

/// Rules that stop nothing: what is judged here is the reader.
const LENIENT: &str = r#"{
    "version": "fuzz", "sources": {"fuzz": "none"}, "default": {},
    "batch": {"set_aside": {"warn": 1.0, "source": "fuzz"}},
    "drift": {
        "smallest_rows": 1000, "volume": {"warn": 100.0, "source": "fuzz"},
        "filled_drop": {"warn": 1.0, "source": "fuzz"},
        "codes_shift": {"warn": 100.0, "source": "fuzz"},
        "mean_shift": {"warn": 100.0, "source": "fuzz"},
        "new_codes": {"warn": 1.0, "source": "fuzz"}, "gone_codes": {"warn": 1.0, "source": "fuzz"}
    },
    "months": {
        "smallest_rows": 1000, "least_before": 12, "settled_days": 60,
        "rows_drop": {"warn": 1.0, "source": "fuzz"}, "filled_drop": {"warn": 1.0, "source": "fuzz"}
    }
}"#;

struct Holder {
    runtime: tokio::runtime::Runtime,
    views: Vec<View>,
    quality: QualityRules,
    mapping: Mapping,
    key: HolderKey,
    keys: Arc<dyn Signer + Send + Sync>,
    tokens: RowTokens,
    domain: DomainId,
    name: HolderId,
    batch: BatchId,
}

static HOLDER: LazyLock<Holder> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Holder {
        runtime: tokio::runtime::Runtime::new().unwrap(),
        views: built_in_views().unwrap().into_iter().filter(is_wanted).collect(),
        quality: serde_json::from_str(LENIENT).unwrap(),
        mapping: Mapping::from_toml(include_str!(
            "../../../pipeline/legacy/samples/dispenses.toml"
        ))
        .unwrap(),
        key: HolderKey::random().unwrap(),
        keys: Arc::new(PartyKeys::create(&folder.path().join("keys")).unwrap()),
        tokens: RowTokens::with_key([7; 32]),
        domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
        name: "hospital".parse().unwrap(),
        batch: "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap(),
    }
});

fn is_wanted(view: &View) -> bool {
    VIEWS.contains(&view.name().as_str())
}

/// The law.
pub(crate) fn check(input: &[u8]) {
    let known = &*HOLDER;
    let _entered = known.runtime.enter();
    let (name, bytes) = named(input);
    let open = || Store::open(&"memory:".parse().unwrap()).unwrap();
    let (source, out) = (open(), open());
    source.write(name, bytes.to_vec()).unwrap();
    let is_increment = name.starts_with("increment");
    let job = Extraction {
        source: &source,
        out: &out,
        views: &known.views,
        treatments: &BTreeMap::new(),
        quality: &known.quality,
        previous: None,
        despite_quality: None,
        key: &known.key,
        tokens: &known.tokens,
        key_version: 1,
        domain: known.domain,
        holder: &known.name,
        batch: known.batch,
        purpose: BatchPurpose::Extract,
        mode: if is_increment { BatchMode::Increment } else { BatchMode::Append },
        chain: Chain::FIRST,
        sealing: None,
        patients: None,
        identifier_system: Some("urn:oid:1.2.3"),
        csv_mapping: Some(&known.mapping),
        conversion: None,
        only: None,
        now: time::macros::datetime!(2026-11-25 12:00 UTC),
        not_after: time::macros::datetime!(2026-12-25 12:00 UTC),
        software: "fuzz",
    };
    let report = extract(&job, &*known.keys, &|_| {}).expect("no source stops an extraction");
    let total = report.total();
    assert_eq!(total.read, total.written + total.quarantined);
}

fn named(input: &[u8]) -> (&'static str, &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let first = parts.next().unwrap_or_default();
    match (NAMES.iter().find(|name| name.as_bytes() == first), parts.next()) {
        (Some(name), Some(rest)) => (name, rest),
        _ => (NAMES[0], input),
    }
}
