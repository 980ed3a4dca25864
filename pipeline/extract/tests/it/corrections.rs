//! What was set aside is corrected and read again, and nothing else with it.

use pipeline_legacy::Mapping;
use serde_json::{Value, json};

use crate::support::{Batch, Besides, batch_of, by_identifier, inss, lines, vaccination};

const MAPPING: &str = r#"
    resource = "Immunization"
    delimiter = ";"

    [[fill]]
    path = "patient.identifier"
    column = "person"
    system = "ssin"

    [[fill]]
    path = "status"
    value = "completed"

    [[fill]]
    path = "vaccineCode.coding[0]"
    column = "vaccine"
    system = "atc"

    [[fill]]
    path = "occurrenceDateTime"
    column = "day"
    required = true
"#;

/// The sample message, of a person whose number can be.
fn message() -> String {
    let message = include_str!("../../../legacy/samples/medication-scheme.xml");
    message.replace("00000000097", &inss(4))
}

/// Extracts, corrects, and extracts what waited; gives both.
fn twice(
    files: &[(&str, Vec<u8>)],
    corrected: &[(&str, Vec<u8>)],
    mappings: [Option<&Mapping>; 2],
) -> [Batch; 2] {
    let first = batch_of(files, &Besides { mapping: mappings[0], ..Besides::default() });
    let places = first.places();
    let only = Besides { mapping: mappings[1], only: Some(&places), ..Besides::default() };
    let second = batch_of(corrected, &only);
    [first, second]
}

#[test]
fn lines_and_entries_are_read_again_and_no_others() {
    let good = by_identifier(&inss(1));
    let bad = by_identifier("93051822360");
    let file = |second: &Value| {
        let mut text = lines([vaccination(1, &good), vaccination(2, second)]);
        text.extend(b"broken\xff\n");
        text
    };
    let bundle = |fourth: &Value| {
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": vaccination(3, &good)}, {"resource": vaccination(4, fourth)}]});
        bundle.to_string().into_bytes()
    };
    let notes = ("c.txt", b"no data".to_vec());
    let before = [("a.ndjson", file(&bad)), ("b.json", bundle(&bad)), notes];
    let after = [("a.ndjson", file(&good)), ("b.json", bundle(&good))];
    let [first, second] = twice(&before, &after, [None; 2]);
    assert_eq!((first.written(), first.report.total().read), (2, 4));
    assert_eq!((second.written(), second.report.total().read), (2, 2));
    // The line that is still broken is told again.
    assert_eq!(second.set_aside(), [("a.ndjson".to_owned(), 3, "not-utf8".to_owned())]);
}

#[test]
fn a_message_that_was_written_is_not_written_again_with_what_was_corrected() {
    let record = |subject: &str| ("a.ndjson", lines([vaccination(1, &by_identifier(subject))]));
    let message = ("b.xml", message().into_bytes());
    let table = format!("person;vaccine;day\n{};J07BB02;2024-05-06\n", inss(2));
    // A number is wrong, and so is the header of the table.
    let before = [
        record("93051822360"),
        message.clone(),
        ("c.csv", table.replace("day", "date").into_bytes()),
    ];
    let after = [record(&inss(1)), message, ("c.csv", table.into_bytes())];
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let [first, second] = twice(&before, &after, [Some(&mapping); 2]);
    assert_eq!(first.report.quarantined["table-row"], 1);
    assert!(first.report.quarantined["legacy-item"] > 0);
    let files: Vec<&String> = second.report.by_file.keys().collect();
    assert_eq!(files, ["a.ndjson", "c.csv"]);
    assert_eq!((second.written(), second.report.total().read), (2, 2));
    assert_eq!(second.set_aside(), []);
}

#[test]
fn a_table_without_a_mapping_and_a_message_that_was_none_are_read_whole_the_second_time() {
    let person = inss(2);
    let rows = format!("{person};J07BB02;2024-05-06\n{person};J07BB02;2025-05-06\n");
    let table = ("a.csv", format!("person;vaccine;day\n{rows}").into_bytes());
    let cut = message().split_at(4_000).0.to_owned();
    let before = [table.clone(), ("b.xml", cut.into_bytes())];
    let after = [table, ("b.xml", message().into_bytes())];
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let [first, second] = twice(&before, &after, [None, Some(&mapping)]);
    let reasons: Vec<&String> = first.report.quarantined.keys().collect();
    assert_eq!(reasons, ["no-mapping", "not-a-message"]);
    assert_eq!((first.written(), first.report.not_records), (0, 2));
    assert_eq!(second.report.resources["Immunization"].written, 2);
    assert!(second.report.resources["MedicationStatement"].written > 0);
    assert_eq!(second.report.persons, 2);
}

#[test]
fn rows_behind_one_that_never_ends_are_read_once_it_does() {
    let row = |person: usize, day: &str| format!("{};J07BB02;{day}\n", inss(person));
    let head = format!("person;vaccine;day\n{}", row(1, "2024-05-06"));
    let endless = format!("{head}\"{}", "x".repeat(5 << 20));
    let ended = format!("{head}{}", row(2, "2024-05-07"));
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let [first, second] = twice(
        &[("a.csv", endless.into_bytes())],
        &[("a.csv", ended.into_bytes())],
        [Some(&mapping); 2],
    );
    assert_eq!(first.set_aside(), [("a.csv".to_owned(), 3, "unreadable".to_owned())]);
    assert_eq!((first.written(), second.written(), second.report.persons), (1, 1, 1));
}
