//! The number of threads changes how long it takes, and not one byte.

use std::{collections::BTreeMap, io::Write};

use serde_json::json;

use crate::{
    conversion::{Table, transit},
    support::{Besides, batch_of, by_identifier, inss, lines, patient, vaccination},
};

/// Some pieces of text, in several forms, with faults and pseudonyms in between.
fn source() -> Vec<(&'static str, Vec<u8>)> {
    let patients = (0..1_500).map(|person| patient(&format!("p{person}"), &inss(person)));
    let records = |from: usize, to: usize| {
        lines((from..to).map(|id| match id % 50 {
            0 => json!({"resourceType": "Imunization"}),
            1 => vaccination(id, &by_identifier("93051822360")),
            2 => vaccination(id, &by_identifier(&transit(id % 300, id))),
            3 => vaccination(id, &by_identifier(&inss(id % 1_700))),
            _ => vaccination(id, &json!({"reference": format!("Patient/p{}", id * 7 % 1_500)})),
        }))
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&records(20_000, 32_000)).unwrap();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:1", "resource": patient("b", &inss(3))},
        {"resource": vaccination(1, &json!({"reference": "urn:uuid:1"}))}]});
    let message = include_str!("../../../legacy/samples/medication-scheme.xml");
    vec![
        ("Immunization.1.ndjson", records(0, 20_000)),
        ("Immunization.2.ndjson.gz", gzip.finish().unwrap()),
        ("Immunization.3.jsonl.zst", zstd::encode_all(&records(32_000, 60_000)[..], 1).unwrap()),
        ("Patient.ndjson", lines(patients)),
        ("bundle.json", bundle.to_string().into_bytes()),
        ("message.xml", message.replace("00000000097", &inss(4)).into_bytes()),
    ]
}

#[test]
fn every_file_of_a_batch_is_the_same_on_one_thread_and_on_several() {
    let source = source();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let table = Table::default();
        let besides = Besides { conversion: Some(&table), ..Besides::default() };
        pool.install(|| batch_of(&source, &besides)).files
    };
    let one: BTreeMap<String, Vec<u8>> = on(1);
    for file in ["for-hda/manifest.json", "for-hda/vaccination.parquet", "for-ttp/manifest.json"] {
        assert!(one.contains_key(file), "{file} of {:?}", one.keys());
    }
    assert!(one["for-hda/vaccination.parquet"].len() > 100_000);
    for threads in [2, 5] {
        let several = on(threads);
        assert!(several.keys().eq(one.keys()));
        for (name, bytes) in &several {
            assert!(*bytes == one[name], "{name} on {threads} threads");
        }
    }
}
