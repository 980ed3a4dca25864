//! Records about pseudonyms of the eHealth platform: they wait, and are converted.

use std::sync::Mutex;

use pipeline_identity::{
    Conversion, ConversionError, PseudonymConversion, StablePseudonym, TransitPseudonym,
};
use serde_json::{Value, json};

use crate::support::{Besides, batch_of, by_identifier, inss, lines, patient, vaccination};

/// The TTP as a table: person 7 has expired, person 8 is of another domain.
#[derive(Default)]
pub(crate) struct Table {
    /// How many were asked for in each call.
    calls: Mutex<Vec<usize>>,
    fails: bool,
}

impl PseudonymConversion for Table {
    fn convert(&self, pseudonyms: &[TransitPseudonym]) -> Result<Vec<Conversion>, ConversionError> {
        self.calls.lock().unwrap().push(pseudonyms.len());
        if self.fails {
            return Err(ConversionError::Unavailable("closed".into()));
        }
        Ok(pseudonyms
            .iter()
            .map(|pseudonym| match pseudonym.expose().rsplit('-').next().unwrap() {
                "7" => Conversion::Expired,
                "8" => Conversion::Refused,
                person => Conversion::Stable(StablePseudonym::new("hda_v1", person).unwrap()),
            })
            .collect())
    }
}

/// A pseudonym of a person: other text in each exchange.
pub(crate) fn transit(person: usize, exchange: usize) -> String {
    format!("urn:be:fgov:ehealth:pseudo:v2:BA{exchange}:person-{person}")
}

fn about(person: usize, exchange: usize) -> Value {
    by_identifier(&transit(person, exchange))
}

fn pseudonymous(id: &str, person: usize, exchange: usize) -> Value {
    patient(id, &transit(person, exchange))
}

#[test]
fn however_a_record_names_a_pseudonym_it_is_one_person_after_the_conversion() {
    let by_reference = json!({"reference": "Patient/p"});
    let mut holding = vaccination(3, &json!({"reference": "#c"}));
    holding["contained"] = json!([pseudonymous("c", 1, 3)]);
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:1", "resource": pseudonymous("b", 1, 4)},
        {"resource": vaccination(4, &json!({"reference": "urn:uuid:1"}))},
    ]});
    let files = [
        ("Patient.ndjson", lines([pseudonymous("p", 1, 1)])),
        (
            "Immunization.ndjson",
            lines([vaccination(1, &by_reference), vaccination(2, &about(1, 2)), holding]),
        ),
        ("bundle.json", bundle.to_string().into_bytes()),
    ];
    let waiting = batch_of(&files, &Besides::default());
    assert_eq!((waiting.written(), waiting.report.persons), (0, 0));
    let reasons = waiting.report.quarantined.keys().collect::<Vec<_>>();
    assert_eq!(reasons, ["ehealth-pseudonym"]);

    let table = Table::default();
    let converted = batch_of(&files, &Besides { conversion: Some(&table), ..Besides::default() });
    assert_eq!(converted.set_aside(), []);
    assert_eq!((converted.written(), converted.report.persons), (6, 1));
    assert_eq!(converted.report.converted, 6);
    assert_eq!(converted.report.conversion_failed, None);
}

#[test]
fn what_waited_is_converted_from_the_quarantine_and_nothing_else_is_read() {
    let records = [
        vaccination(1, &by_identifier(&inss(1))),
        vaccination(2, &about(2, 1)),
        vaccination(3, &about(7, 1)),
        vaccination(4, &about(8, 1)),
        vaccination(5, &about(2, 2)),
    ];
    let files = [("a.ndjson", lines(records))];
    let first = batch_of(&files, &Besides::default());
    assert_eq!((first.written(), first.report.total().quarantined), (1, 4));

    let (table, places) = (Table::default(), first.places());
    let besides = Besides { conversion: Some(&table), only: Some(&places), ..Besides::default() };
    let second = batch_of(&files, &besides);
    assert_eq!((second.written(), second.report.total().read), (2, 4));
    assert_eq!(second.report.persons, 1);
    let want = [(3, "ehealth-pseudonym-expired"), (4, "ehealth-pseudonym")];
    let want = want.map(|(line, reason)| ("a.ndjson".to_owned(), line, reason.to_owned()));
    assert_eq!(second.set_aside(), want);
    assert_eq!(*table.calls.lock().unwrap(), [4], "all of a piece in one question");
}

#[test]
fn two_patients_of_one_id_are_not_told_apart_by_the_text_of_their_pseudonyms() {
    let files = [
        ("Patient.ndjson", lines([pseudonymous("p", 1, 1), pseudonymous("p", 2, 1)])),
        ("Immunization.ndjson", lines([vaccination(1, &json!({"reference": "Patient/p"}))])),
    ];
    let table = Table::default();
    let batch = batch_of(&files, &Besides { conversion: Some(&table), ..Besides::default() });
    let want = ("Immunization.ndjson".to_owned(), 1, "subject-ambiguous".to_owned());
    assert_eq!(batch.set_aside(), [want]);
    assert_eq!(batch.report.persons, 2, "the Patients themselves are two");
}

#[test]
fn a_service_that_fails_is_given_up_and_the_records_wait() {
    // Two files are two pieces: on one thread the second would be a second call.
    let files = [
        ("a.ndjson", lines([vaccination(1, &about(1, 1)), vaccination(2, &about(2, 1))])),
        ("b.ndjson", lines([vaccination(3, &about(3, 1))])),
    ];
    let table = Table { fails: true, ..Table::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let besides = Besides { conversion: Some(&table), ..Besides::default() };
    let batch = pool.install(|| batch_of(&files, &besides));
    assert_eq!(*table.calls.lock().unwrap(), [2]);
    assert_eq!(batch.report.quarantined["ehealth-pseudonym"], 3);
    let failure = batch.report.conversion_failed.unwrap();
    assert!(failure.contains("gives no answer") && !failure.contains("person"), "{failure}");
}

#[test]
fn no_pseudonym_is_written_anywhere() {
    let files = [("a.ndjson", lines([vaccination(1, &about(2, 1)), vaccination(2, &about(7, 1))]))];
    let table = Table::default();
    let batch = batch_of(&files, &Besides { conversion: Some(&table), ..Besides::default() });
    for (name, bytes) in batch.files {
        assert!(memchr::memmem::find(&bytes, b"person-").is_none(), "{name}");
    }
}
