//! A holder with everything at hand, and the records of people who do not exist.

use std::{collections::BTreeMap, sync::LazyLock};

use pipeline_domain::{BatchId, DomainId, HolderId, quality::QualityRules};
use pipeline_exchange::{BatchMode, BatchPurpose, Chain, Store};
use pipeline_extract::{ExtractReport, Extraction, Places, QUARANTINE, extract};
use pipeline_identity::PseudonymConversion;
use pipeline_keys::{HolderKey, PartyKeys, RowTokens};
use pipeline_legacy::Mapping;
use pipeline_views::{View, built_in_views};
use serde_json::{Value, json};
use time::macros::datetime;

pub(crate) const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";
pub(crate) const NIHDI: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi";

/// Rules that stop nothing.
const LENIENT: &str = r#"{
    "version": "test", "sources": {"test": "none"}, "default": {},
    "batch": {"set_aside": {"warn": 1.0, "source": "test"}},
    "drift": {
        "smallest_rows": 1000, "volume": {"warn": 100.0, "source": "test"},
        "filled_drop": {"warn": 1.0, "source": "test"},
        "codes_shift": {"warn": 100.0, "source": "test"},
        "mean_shift": {"warn": 100.0, "source": "test"},
        "new_codes": {"warn": 1.0, "source": "test"}, "gone_codes": {"warn": 1.0, "source": "test"}
    },
    "months": {
        "smallest_rows": 1000, "least_before": 12, "settled_days": 60,
        "rows_drop": {"warn": 1.0, "source": "test"}, "filled_drop": {"warn": 1.0, "source": "test"}
    }
}"#;

struct Holder {
    runtime: tokio::runtime::Runtime,
    views: Vec<View>,
    quality: QualityRules,
    key: HolderKey,
    keys: PartyKeys,
    domain: DomainId,
    name: HolderId,
    batch: BatchId,
}

static HOLDER: LazyLock<Holder> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Holder {
        runtime: tokio::runtime::Runtime::new().unwrap(),
        views: built_in_views().unwrap(),
        quality: serde_json::from_str(LENIENT).unwrap(),
        key: HolderKey::random().unwrap(),
        keys: PartyKeys::create(&folder.path().join("keys")).unwrap(),
        domain: "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap(),
        name: "hospital".parse().unwrap(),
        batch: "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap(),
    }
});

/// What an extraction has besides its source.
pub(crate) struct Besides<'a> {
    pub(crate) mode: BatchMode,
    pub(crate) purpose: BatchPurpose,
    pub(crate) conversion: Option<&'a (dyn PseudonymConversion + Sync)>,
    pub(crate) mapping: Option<&'a Mapping>,
    pub(crate) only: Option<&'a Places>,
}

impl Default for Besides<'_> {
    fn default() -> Self {
        let (mode, purpose) = (BatchMode::Append, BatchPurpose::Extract);
        Self { mode, purpose, conversion: None, mapping: None, only: None }
    }
}

/// A batch that was made.
pub(crate) struct Batch {
    pub(crate) report: ExtractReport,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// Extracts these files. Key, tokens, ids and times are the same each time.
pub(crate) fn batch_of(files: &[(&str, Vec<u8>)], besides: &Besides<'_>) -> Batch {
    let known = &*HOLDER;
    let _entered = known.runtime.enter();
    let open = || Store::open(&"memory:".parse().unwrap()).unwrap();
    let (source, out) = (open(), open());
    for (name, bytes) in files {
        source.write(name, bytes.clone()).unwrap();
    }
    let job = Extraction {
        source: &source,
        out: &out,
        views: &known.views,
        treatments: &BTreeMap::new(),
        quality: &known.quality,
        previous: None,
        despite_quality: None,
        key: &known.key,
        tokens: &RowTokens::with_key([7; 32]),
        key_version: 1,
        domain: known.domain,
        holder: &known.name,
        batch: known.batch,
        purpose: besides.purpose,
        mode: besides.mode,
        chain: Chain::FIRST,
        sealing: None,
        patients: None,
        identifier_system: None,
        csv_mapping: besides.mapping,
        conversion: besides.conversion,
        only: besides.only,
        now: datetime!(2026-11-25 12:00 UTC),
        not_after: datetime!(2026-12-25 12:00 UTC),
        software: "hda-test",
    };
    let report = extract(&job, &known.keys, &|_| ()).unwrap();
    let total = report.total();
    assert_eq!(total.read, total.written + total.quarantined);
    let files = out.list("").unwrap().into_iter();
    let files = files.map(|name| (name.clone(), out.read(&name).unwrap())).collect();
    Batch { report, files }
}

impl Batch {
    /// File, line and reason of everything that was set aside.
    pub(crate) fn set_aside(&self) -> Vec<(String, u64, String)> {
        let text = String::from_utf8(self.files[QUARANTINE].clone()).unwrap();
        let place = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("file"), line["line"].as_u64().unwrap(), text("reason"))
        };
        text.lines().map(place).collect()
    }

    /// The places of its quarantine.
    pub(crate) fn places(&self) -> Places {
        Places::read(self.files[QUARANTINE].as_slice()).unwrap()
    }

    pub(crate) fn written(&self) -> u64 {
        self.report.total().written
    }
}

/// The national number of somebody.
pub(crate) fn inss(person: usize) -> String {
    let born = format!("{:02}0518{:03}", 50 + person / 900 % 40, person % 900 + 1);
    format!("{born}{:02}", 97 - born.parse::<u64>().unwrap() % 97)
}

pub(crate) fn patient(id: &str, value: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1993-05-18",
           "identifier": [{"system": SSIN, "value": value}]})
}

pub(crate) fn by_identifier(value: &str) -> Value {
    json!({"identifier": {"system": SSIN, "value": value}})
}

pub(crate) fn vaccination(id: usize, patient: &Value) -> Value {
    let day = format!("20{:02}-{:02}-{:02}", 15 + id / 336 % 10, id / 28 % 12 + 1, id % 28 + 1);
    let body = 100_000 + id % 500;
    let performer = format!("{body}{:02}", 97 - body % 97);
    json!({"resourceType": "Immunization", "id": id.to_string(), "status": "completed",
           "patient": patient, "occurrenceDateTime": day,
           "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02"}]},
           "performer": [{"actor": {"identifier": {"system": NIHDI, "value": performer}}}]})
}

/// Lines of NDJSON.
pub(crate) fn lines(records: impl IntoIterator<Item = Value>) -> Vec<u8> {
    records.into_iter().flat_map(|record| format!("{record}\n").into_bytes()).collect()
}
