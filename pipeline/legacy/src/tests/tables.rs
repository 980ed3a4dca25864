//! Tables as resources, by mappings that fit and mappings that do not.

use std::fmt::Write as _;
use std::io::Read;

use serde_json::Value;

use crate::{LegacyError, Mapping, resources_of_csv};

const DISPENSES: &str = include_str!("../../samples/dispenses.toml");
const OBSERVATIONS: &str = include_str!("../../samples/observations.toml");

fn mapping() -> Mapping {
    Mapping::from_toml(DISPENSES).unwrap()
}

fn outcomes(table: &[u8], mapping: &Mapping) -> Vec<String> {
    resources_of_csv(table, mapping)
        .map(|row| match row {
            Ok((line, value)) => format!("line {line}: {value}"),
            Err(error) => format!("{}: {error}", error.code()),
        })
        .collect()
}

#[test]
fn rows_become_resources_and_bad_rows_stop_nothing() {
    let table = include_bytes!("../../samples/dispenses.csv");
    insta::assert_snapshot!(outcomes(table, &mapping()).join("\n"));
}

#[test]
fn arrays_choices_numbers_and_constants_are_filled() {
    let mapping = Mapping::from_toml(OBSERVATIONS).unwrap();
    let latin = b"pat,code,waarde,eenheid,datum,dringend\n00000000097,29463-7,\"70,5\",kg,20240229,true\n\
                  00000000097,8302-2,,kg,20240229,\n00000000097,8302-2,\"1,70\",\xb5m,20240229,false\n";
    let rows: Vec<Value> =
        resources_of_csv(&latin[..], &mapping).map(|row| row.unwrap().1).collect();
    insta::assert_json_snapshot!(rows);
}

#[test]
fn a_mapping_that_says_too_little_or_too_much_is_refused_with_a_sentence() {
    let subject = "[[fill]]\npath = 'subject.identifier'\ncolumn = 'p'\nsystem = 'ssin'\n";
    let condition = |rest: &str| format!("resource = 'Condition'\n{subject}[[fill]]\n{rest}\n");
    let cases = [
        "resource = 'Condition'".to_owned(),
        "resource = 'Condition'\nfill = []".to_owned(),
        "resource = 'Composition'\nfill = []".to_owned(),
        "resource = 'Coding'\nfill = []".to_owned(),
        format!("resource = 'Condition'\ndelimiter = '€'\n{subject}"),
        format!("resource = 'Condition'\nencoding = 'utf-16'\n{subject}"),
        condition("path = 'code.coding[0].code'\ncolumn = 'c'\nvalue = 'd'"),
        condition("path = 'code.coding[0]'\ncolumn = 'c'"),
        condition("path = 'code.coding[0]'\ncolumn = 'c'\nsystem = 'mine'"),
        condition("path = 'code.coding[0].code'\ncolumn = 'c'\nsystem = 'snomed'"),
        condition("path = 'code.coding[0].code'\ncolumn = 'c'\ndate = 'yyyy'"),
        condition("path = 'onsetDateTime'\ncolumn = 'c'\ndate = 'd/m/y'"),
        condition("path = 'onsetDateTime'\nvalue = '29/02/2024'"),
        condition(
            "path = 'onsetDateTime'\ncolumn = 'c'\n[[fill]]\npath = 'onsetPeriod.start'\ncolumn = 'd'",
        ),
        condition("path = 'subject.identifier.value'\ncolumn = 'c'"),
        condition("path = 'code.text'\ncolumn = 'c'"),
        condition("path = 'severity.coding[0].code'\ncolumn = 'c'\notherwise = 'd'"),
        condition("path = 'severity.coding[0].code'\nvalue = 'c'\nrequired = true"),
        condition("path = 'severity.coding[0].code'\ncolum = 'c'"),
        "resource = 'Condition'\n[[fill]]\npath = 'subject.identifier.value'\ncolumn = 'p'"
            .to_owned(),
        "resource = 'Patient'\n[[fill]]\npath = 'gender'\ncolumn = 'g'".to_owned(),
    ];
    let mut refused = String::new();
    for text in cases {
        let error = Mapping::from_toml(&text).unwrap_err();
        writeln!(refused, "{}: {error}", error.code()).unwrap();
    }
    insta::assert_snapshot!(refused);
}

#[test]
fn a_file_without_a_column_of_the_mapping_is_refused_before_its_first_row() {
    let cases: [(&[u8], &str); 4] = [
        (b"niss;cnk;aantal;voorschrift;toestand\n00000000097;1;2;;1\n", "afgeleverd"),
        (b"niss;cnk;afgeleverd;aantal;voorschrift;toestand;niss\n", "more than once"),
        (b"niss;\xff;afgeleverd;aantal;voorschrift;toestand\n", "encoding"),
        (b"", "the file does not have"),
    ];
    for (table, want) in cases {
        let outcomes = outcomes(table, &mapping());
        assert_eq!(outcomes.len(), 1, "{want}");
        assert!(outcomes[0].contains(want), "{}", outcomes[0]);
    }
}

#[test]
fn a_quote_that_never_closes_takes_no_file_into_memory() {
    let header: &[u8] = b"niss;cnk;afgeleverd;aantal;voorschrift;toestand\n\"";
    let endless = header.chain(std::io::repeat(b'x').take(1 << 30));
    let mapping = mapping();
    let mut rows = resources_of_csv(endless, &mapping);
    assert!(matches!(rows.next(), Some(Err(LegacyError::RowTooLong { line: 2, .. }))));
    assert!(rows.next().is_none());
}

#[test]
fn a_table_of_any_length_is_read_row_by_row() {
    let header: &[u8] = b"niss;cnk;afgeleverd;aantal;voorschrift;toestand\n";
    let row = b"00000000097;0318717;29/02/2024;1,5;;1\n".repeat(200_000);
    let mapping = mapping();
    let mut count = 0;
    for (outcome, line) in resources_of_csv(header.chain(&row[..]), &mapping).zip(2..) {
        assert_eq!(outcome.unwrap().0, line);
        count += 1;
    }
    assert_eq!(count, 200_000);
}

#[test]
fn no_error_of_a_row_shows_its_fields() {
    let table = b"niss;cnk;afgeleverd;aantal;voorschrift;toestand\n00000000097;x;geheim;1;;1\n00000000097;x;;geheim;;1\n\
                  00000000097;x;;1;;geheim\ngeheim\n";
    for row in resources_of_csv(&table[..], &mapping()) {
        let error = row.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("geheim"));
        assert!(error.is_of_one_row());
    }
}
