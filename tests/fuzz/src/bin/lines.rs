//! Any bytes as a source: nothing panics, and every record is written or set aside.
#![no_main]

use std::{collections::BTreeMap, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use pipeline_exchange::{BatchPurpose, Store};
use pipeline_extract::{Extraction, extract};
use pipeline_keys::{HolderKey, PartyKeys, RowTokens};
use pipeline_views::{View, built_in_views};

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
static VIEWS: LazyLock<Vec<View>> = LazyLock::new(|| built_in_views().unwrap());
static KEY: LazyLock<HolderKey> = LazyLock::new(|| HolderKey::random().unwrap());
static KEYS: LazyLock<PartyKeys> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("fuzz-keys-{}", std::process::id()));
    PartyKeys::create(&folder).unwrap()
});
static TOKENS: LazyLock<RowTokens> = LazyLock::new(|| RowTokens::with_key([7; 32]));

fuzz_target!(|bytes: &[u8]| {
    let _entered = RUNTIME.enter();
    let open = || Store::open(&"memory:".parse().unwrap()).unwrap();
    let (source, out) = (open(), open());
    let (name, bytes) = match bytes.split_first() {
        Some((0, rest)) => ("a.json", rest),
        Some((1, rest)) => ("a.ndjson.gz", rest),
        Some((2, rest)) => ("a.xml", rest),
        _ => ("a.ndjson", bytes),
    };
    source.write(name, bytes.to_vec()).unwrap();
    let keys = &*KEYS;
    let job = Extraction {
        source: &source,
        out: &out,
        views: &VIEWS,
        treatments: &BTreeMap::new(),
        key: &KEY,
        tokens: &TOKENS,
        key_version: 1,
        domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
        holder: &"hospital".parse().unwrap(),
        batch: "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap(),
        purpose: BatchPurpose::Extract,
        identifier_system: None,
        csv_mapping: None,
        conversion: None,
        only: None,
        now: time::macros::datetime!(2026-11-25 12:00 UTC),
        not_after: time::macros::datetime!(2026-12-25 12:00 UTC),
        software: "fuzz",
    };
    let report = extract(&job, keys, &|_| {}).expect("a bad source never stops an extraction");
    let total = report.total();
    assert_eq!(total.read, total.written + total.quarantined);
});
