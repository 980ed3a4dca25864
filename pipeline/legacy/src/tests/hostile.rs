//! No bytes make a conversion panic, and no message that is cut or twisted loses an item unnoticed.

use proptest::prelude::*;

use super::messages::{ALL, SCHEME};
use crate::{LegacyError, Mapping, resources_of_csv, resources_of_xml};

/// Pieces from which messages of any shape can be put together.
const PIECES: [&str; 24] = [
    "<kmehrmessage xmlns='http://www.ehealth.fgov.be/standards/kmehr/schema/v1'>",
    "<s:single-message xmlns:s='http://www.apb.be/standards/smoa/schema/v1'>",
    "</kmehrmessage>",
    "</s:single-message>",
    "<folder>",
    "</folder>",
    "<patient><id S='INSS'>00000000097</id></patient>",
    "<transaction><cd S='CD-TRANSACTION'>medicationschemeelement</cd><date>2024-05-06</date>",
    "<transaction><cd S='CD-TRANSACTION'>treatmentsuspension</cd>",
    "<transaction><cd S='CD-TRANSACTION'>sumehr</cd><heading>",
    "</heading></transaction>",
    "</transaction>",
    "<item><cd S='CD-ITEM'>medication</cd><content><compoundprescription>w</compoundprescription></content>",
    "<item><cd S='CD-ITEM'>vaccine</cd><content><cd S='CD-ATC'>J07BB02</cd></content>",
    "<lifecycle><cd S='CD-LIFECYCLE'>suspended</cd></lifecycle>",
    "<lnk TYPE='isplannedfor' URL=\"//transaction[id[@S='ID-KMEHR']='2']\"/>",
    "<regimen><daynumber>1</daynumber><quantity><decimal>1e9</decimal></quantity></regimen>",
    "<beginmoment><date>2024-02-30</date></beginmoment>",
    "</item>",
    "<event type='PharmaceuticalCareEventType'>",
    "</event>",
    "<dispensedForSamePrescription><product><description><x>w</x></description></product></dispensedForSamePrescription>",
    "&amp;é",
    "<!-- -->",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_converted_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = resources_of_xml(&bytes);
    }

    #[test]
    fn any_text_like_xml_is_converted_or_refused(text in "[<>/&;'\"= a-z!\\[\\]?#0-9-]{0,200}") {
        let _ = resources_of_xml(text.as_bytes());
    }

    #[test]
    fn any_order_of_pieces_balances_or_is_refused(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let message: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        if let Ok(converted) = resources_of_xml(message.as_bytes()) {
            prop_assert!(converted.tally.is_balanced());
        }
    }

    #[test]
    fn a_message_cut_anywhere_is_refused(which in 0..ALL.len(), cut in 0.0..1.0_f64) {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place within a sample")]
        let end = (ALL[which].trim_end().len() as f64 * cut) as usize;
        prop_assert!(resources_of_xml(&ALL[which].as_bytes()[..end]).is_err());
    }

    #[test]
    fn a_twisted_byte_loses_no_item(which in 0..ALL.len(), place in 0.0..1.0_f64, byte in any::<u8>()) {
        let mut bytes = ALL[which].as_bytes().to_vec();
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place within a sample")]
        let place = (bytes.len() as f64 * place) as usize;
        bytes[place] = byte;
        if let Ok(converted) = resources_of_xml(&bytes) {
            prop_assert!(converted.tally.is_balanced());
        }
    }

    #[test]
    fn any_mapping_is_accepted_or_refused(path in "[a-zA-Z\\[\\]().0-9]{0,30}", value in "\\PC{0,10}") {
        let mut text = toml::Table::new();
        text.insert("resource".to_owned(), "Condition".into());
        let fill = toml::Table::from_iter([("path".to_owned(), path.into()), ("value".to_owned(), value.into())]);
        text.insert("fill".to_owned(), toml::Value::Array(vec![fill.into()]));
        prop_assert!(Mapping::from_toml(&text.to_string()).is_err());
    }

    #[test]
    fn every_row_of_any_table_is_a_resource_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mapping = Mapping::from_toml(include_str!("../../samples/dispenses.toml")).unwrap();
        let mut table = b"niss;cnk;afgeleverd;aantal;voorschrift;toestand\n".to_vec();
        table.extend(body);
        let _ = resources_of_csv(&table[..], &mapping).count();
    }
}

#[test]
fn a_hostile_message_is_refused_for_what_it_is() {
    let bomb = format!(
        "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>{}]>{}",
        (1..10)
            .map(|n| format!("<!ENTITY a{n} '&a{};&a{};'>", n - 1, n - 1))
            .collect::<Vec<_>>()
            .join("\n"),
        SCHEME.split_once("?>").unwrap().1,
    );
    let external = "<!DOCTYPE k SYSTEM 'file:///etc/hostname'><kmehrmessage/>";
    let deep = SCHEME.replacen(
        "<folder>",
        &format!("{}{}<folder>", "<x>".repeat(5000), "</x>".repeat(5000)),
        1,
    );
    let own = SCHEME.replacen("<folder>", "<x>&own;</x><folder>", 1);
    let wide = SCHEME.replacen("<item>", &format!("{}<item>", "<x/>".repeat(200_001)), 1);
    let huge = format!("{SCHEME}{}", " ".repeat(64 << 20));
    let attributes = SCHEME.replacen(
        "<folder>",
        &format!(
            "<x {}/><folder>",
            (0..100).map(|n| format!("a{n}=''")).collect::<Vec<_>>().join(" ")
        ),
        1,
    );
    let cases = [
        (bomb.as_str(), "document-type"),
        (external, "document-type"),
        (&deep, "too-deep"),
        (&own, "unknown-entity"),
        (&wide, "too-large"),
        (&huge, "too-large"),
        (&attributes, "too-large"),
    ];
    for (message, want) in cases {
        assert_eq!(resources_of_xml(message.as_bytes()).unwrap_err().code(), want);
    }
}

#[test]
fn a_long_text_is_dropped_like_any_other() {
    let words = "w".repeat(8 << 20);
    let long = SCHEME.replacen("<item>", &format!("<item><text L='nl'>{words}</text>"), 1);
    let converted = resources_of_xml(long.as_bytes()).unwrap();
    assert_eq!(converted.resources, resources_of_xml(SCHEME.as_bytes()).unwrap().resources);
    assert!(!serde_json::to_string(&converted.resources).unwrap().contains("wwww"));
}

#[test]
fn no_error_shows_what_stood_in_the_message() {
    let secret = "00000000097";
    let cases = [
        format!("<kmehrmessage xmlns='{secret}'/>"),
        format!("<a{secret}></b{secret}>"),
        format!("<a>&x{secret};</a>"),
        format!("<a b='{secret}' b='{secret}'/>"),
    ];
    for message in cases {
        let error = resources_of_xml(message.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
    }
    assert!(matches!(resources_of_xml(b""), Err(LegacyError::NotXml { line: 1 })));
}
