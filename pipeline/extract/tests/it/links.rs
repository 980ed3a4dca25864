//! What the payload names, the TTP is asked about, and nothing else.

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use pipeline_exchange::{BatchMode, BatchPurpose, Store, read_parquet};
use serde_json::{Value, json};

use crate::support::{
    Batch, Besides, NIHDI, batch_of, by_identifier, inss, lines, patient, vaccination,
};

/// The tokens in the columns of fixed bytes of a file, beside those of its tags.
fn tokens(batch: &Batch, file: &str) -> BTreeSet<[u8; 16]> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let store = Store::open(&"memory:".parse().unwrap()).unwrap();
    store.write("file", batch.files[file].clone()).unwrap();
    let rows: Vec<RecordBatch> =
        read_parquet(&store, "file").unwrap().map(Result::unwrap).collect();
    let mut tokens = BTreeSet::new();
    for column in rows.iter().flat_map(RecordBatch::columns) {
        if let Some(column) = column.as_fixed_size_binary_opt()
            && column.value_length() == 16
        {
            tokens.extend(column.iter().flatten().map(|id| <[u8; 16]>::try_from(id).unwrap()));
        }
    }
    tokens
}

/// A blood pressure by one performer, with a value of each component.
fn pressure(id: &str, values: &[Value]) -> Value {
    let component = |value: &Value| json!({"valueQuantity": {"value": value, "code": "mm[Hg]"}});
    json!({"resourceType": "Observation", "id": id, "status": "final",
           "effectiveDateTime": "2025-03-02", "subject": by_identifier(&inss(1)),
           "performer": [{"identifier": {"system": NIHDI, "value": "10000007004"}}],
           "component": values.iter().map(component).collect::<Vec<_>>()})
}

/// The tokens the TTP is asked about: of people, and of what is linked.
fn asked(batch: &Batch) -> BTreeSet<[u8; 16]> {
    let files = ["for-ttp/ids.parquet", "for-ttp/linked-ids.parquet"];
    files.into_iter().flat_map(|file| tokens(batch, file)).collect()
}

#[test]
fn whoever_a_record_with_a_fault_named_first_is_linked_in_the_records_after_it() {
    // The fault stands behind a row that names the performer already.
    let records = [pressure("1", &[json!(120), json!("high")]), pressure("2", &[json!(80)])];
    let batch = batch_of(&[("a.ndjson", lines(records))], &Besides::default());
    assert_eq!((batch.written(), batch.set_aside().len()), (1, 1));
    let named = tokens(&batch, "for-hda/observation.parquet");
    assert_eq!(named.len(), 2, "a person and a performer");
    assert!(named.is_subset(&asked(&batch)), "each has its id row");
    assert_eq!(batch.report.identifiers, 2);
}

#[test]
fn of_an_increment_every_record_is_asked_about_and_of_opt_outs_none() {
    let records = lines([
        patient("p", &inss(1)),
        vaccination(1, &json!({"reference": "Patient/p"})),
        vaccination(2, &json!({"reference": "Patient/p"})),
    ]);
    let made = |mode, purpose| {
        let besides = Besides { mode, purpose, ..Besides::default() };
        batch_of(&[("a.ndjson", records.clone())], &besides)
    };
    // The person, two performers; with record ids, three records too.
    let append = made(BatchMode::Append, BatchPurpose::Extract).report.identifiers;
    for mode in [BatchMode::Replace, BatchMode::Increment] {
        let batch = made(mode, BatchPurpose::Extract);
        assert_eq!(batch.report.identifiers, append + 3);
        let named = tokens(&batch, "for-hda/vaccination.parquet");
        assert_eq!(named.len(), 5, "a person, two performers, two records");
        assert!(named.is_subset(&asked(&batch)));
        assert_eq!(made(mode, BatchPurpose::Exclude).report.identifiers, 1);
    }
}

#[test]
fn what_a_deletion_names_is_one_record_or_it_is_set_aside() {
    let cases = [
        ("Immunization/4", 1),
        ("http://host/fhir/Immunization/4/", 1),
        ("Immunization?identifier=4", 0),
        ("Immunization/4/_history/2", 0),
        ("4", 0),
        ("", 0),
    ];
    for (url, want) in cases {
        let deletion = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"request": {"method": "DELETE", "url": url}}]});
        let besides = Besides { mode: BatchMode::Increment, ..Besides::default() };
        let batch = batch_of(&[("a.ndjson", lines([deletion]))], &besides);
        assert_eq!(batch.report.removed, want, "{url}");
        let reasons: Vec<String> =
            batch.set_aside().into_iter().map(|(_, _, reason)| reason).collect();
        let wanted: &[&str] = if want == 1 { &[] } else { &["no-record-id"] };
        assert_eq!(reasons, wanted, "{url}");
    }
}
