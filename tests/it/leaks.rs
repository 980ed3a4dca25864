//! Nothing that names a person leaves its holder.

use std::{collections::HashSet, fs, path::Path};

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

use crate::support::{DEMO, files_below};

/// Every national number and family name in the sources, as the sources have them.
struct Planted {
    numbers: HashSet<[u8; 11]>,
    names: HashSet<String>,
}

fn planted() -> Planted {
    let mut planted = Planted { numbers: HashSet::new(), names: HashSet::new() };
    for file in files_below(&DEMO.dir().join("sources")) {
        if !file.to_string_lossy().ends_with(".ndjson") {
            continue;
        }
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Ok(record) = serde_json::from_str::<Value>(line) else { continue };
            collect(&record, &mut planted);
        }
    }
    assert!(planted.numbers.len() > 1_000 && planted.names.len() > 20);
    planted
}

fn collect(value: &Value, planted: &mut Planted) {
    match value {
        Value::Object(object) => {
            let system = object.get("system").and_then(Value::as_str).unwrap_or_default();
            if system.ends_with("/ssin") {
                let value = object["value"].as_str().unwrap_or_default();
                let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).collect();
                planted.numbers.extend(<[u8; 11]>::try_from(digits));
            }
            if let Some(family) = object.get("family").and_then(Value::as_str) {
                planted.names.insert(family.to_owned());
            }
            object.values().for_each(|value| collect(value, planted));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, planted)),
        _ => {}
    }
}

impl Planted {
    /// Is one of the numbers in these bytes, as eleven digits or with `.` and `-` between them?
    fn number_in(&self, bytes: &[u8]) -> bool {
        let mut run: Vec<u8> = Vec::new();
        for (at, byte) in bytes.iter().enumerate() {
            if byte.is_ascii_digit() {
                run.push(*byte);
                let tail = run.len().checked_sub(11).map(|from| &run[from..]);
                if tail.is_some_and(|tail| self.numbers.contains(tail)) {
                    return true;
                }
            } else if !(matches!(byte, b'.' | b'-')
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
            {
                run.clear();
            }
        }
        false
    }

    fn name_in(&self, text: &str) -> Option<&String> {
        text.split(|c: char| !c.is_alphabetic()).find_map(|word| self.names.get(word))
    }
}

/// Every value of a Parquet file and every statistic in its footer, as text.
pub(crate) fn parquet_texts(path: &Path) -> Vec<String> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let mut texts = vec![format!("{:?}", reader.metadata())];
    for group in reader.metadata().row_groups() {
        for column in group.columns() {
            if let Some(statistics) = column.statistics() {
                let bytes = [statistics.min_bytes_opt(), statistics.max_bytes_opt()];
                texts.extend(
                    bytes
                        .into_iter()
                        .flatten()
                        .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
                );
            }
        }
    }
    texts.extend(reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()));
    texts
}

#[test]
fn no_national_number_is_found_past_the_holders() {
    let planted = planted();
    let mut scanned = 0;
    for party in ["ttp", "hda", "custodian"] {
        for file in files_below(&DEMO.dir().join(party)) {
            scanned += 1;
            assert!(!planted.number_in(&fs::read(&file).unwrap()), "{}", file.display());
            if file.extension().is_some_and(|extension| extension == "parquet") {
                for text in parquet_texts(&file) {
                    assert!(!planted.number_in(text.as_bytes()), "{}", file.display());
                }
            }
        }
    }
    assert!(scanned > 50, "{scanned} files were scanned");
}

#[test]
fn no_number_and_no_name_is_in_a_log_a_report_a_quarantine_or_an_answer() {
    let planted = planted();
    let mut texts = vec![DEMO.log.clone(), DEMO.answer.to_string()];
    for holder in ["hospital", "vault", "prescriptions", "registry"] {
        let batch = DEMO.dir().join("holders").join(holder).join("batch-1");
        for name in ["quarantine.ndjson", "report.json"] {
            texts.push(fs::read_to_string(batch.join(name)).unwrap());
        }
    }
    for text in texts {
        assert!(!planted.number_in(text.as_bytes()));
        assert_eq!(planted.name_in(&text), None);
    }
}

#[test]
fn what_a_holder_writes_holds_no_number_either() {
    let planted = planted();
    for holder in ["hospital", "vault", "prescriptions", "registry"] {
        for file in files_below(&DEMO.dir().join("holders").join(holder)) {
            assert!(!planted.number_in(&fs::read(&file).unwrap()), "{}", file.display());
            if file.extension().is_some_and(|extension| extension == "parquet") {
                for text in parquet_texts(&file) {
                    assert!(!planted.number_in(text.as_bytes()), "{}", file.display());
                }
            }
        }
    }
}

#[test]
fn the_search_finds_what_it_searches_for() {
    let planted = planted();
    let number = planted.numbers.iter().next().unwrap();
    let plain = [b"x".as_slice(), number, b"y"].concat();
    let text = String::from_utf8_lossy(number).into_owned();
    let grouped =
        format!("{}.{}.{}-{}.{}", &text[..2], &text[2..4], &text[4..6], &text[6..9], &text[9..]);
    assert!(planted.number_in(&plain) && planted.number_in(grouped.as_bytes()));
    assert!(!planted.number_in(b"2026-11-25 J07BB02 12345678901"));
}
