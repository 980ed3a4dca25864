//! What the quality of a batch is told of its records.

use pipeline_extract::QUALITY;
use pipeline_quality::BatchQuality;
use serde_json::json;

use crate::support::{Besides, batch_of, by_identifier, inss, lines, vaccination};

#[test]
fn only_records_that_belong_to_a_dataset_count_as_set_aside() {
    let good = by_identifier(&inss(1));
    let mut in_error = vaccination(2, &good);
    in_error["status"] = json!("entered-in-error");
    let records = [
        vaccination(1, &good),
        in_error,
        vaccination(3, &by_identifier("93051822360")),
        json!({"resourceType": "Encounter", "status": "finished"}),
        json!([1, 2]),
        json!("no resource"),
        json!(17),
    ];
    let mut text = lines(records);
    text.extend(b"broken\nbroken too\n");
    let files = [("a.ndjson", text), ("notes.txt", b"no data".to_vec())];
    let batch = batch_of(&files, &Besides::default());
    let all: u64 = batch.report.quarantined.values().sum();
    assert_eq!((batch.report.total().read, all), (4, 9));

    let quality: BatchQuality = serde_json::from_slice(&batch.files[QUALITY]).unwrap();
    assert_eq!(quality.info.set_aside, [("inss-check-digits".to_owned(), 1)].into());
    let records = quality.info.records();
    assert_eq!((records.checked, records.failed), (4, 1));
}
