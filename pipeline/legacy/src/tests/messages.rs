//! Sample messages as resources, readable as snapshots.

use serde_json::{Value, json};

use crate::{Converted, Format, LegacyError, Reason, resources_of_xml};

pub(super) const SCHEME: &str = include_str!("../../samples/medication-scheme.xml");
pub(super) const SUMEHR: &str = include_str!("../../samples/sumehr.xml");
pub(super) const PRESCRIPTION: &str = include_str!("../../samples/prescription.xml");
pub(super) const PCDH: &str = include_str!("../../samples/pcdh.xml");
pub(super) const ALL: [&str; 4] = [SCHEME, SUMEHR, PRESCRIPTION, PCDH];

/// Words of the samples that must not come through, and the names of their persons.
const WORDS: [&str; 8] = [
    "Achternaam",
    "Voornaam",
    "maagsap",
    "Onderhoud",
    "zalf",
    "Pollen",
    "Huisarts",
    "bij de maaltijd",
];

fn converted(message: &str) -> Converted {
    resources_of_xml(message.as_bytes()).unwrap()
}

/// What a reader of a report sees, and the resources.
fn shown(converted: &Converted) -> Value {
    let aside: Vec<Value> = converted
        .set_aside
        .iter()
        .map(|aside| json!([aside.reason.code(), aside.transaction, aside.item, aside.line]))
        .collect();
    json!({ "tally": format!("{:?}", converted.tally), "set_aside": aside, "resources": converted.resources })
}

#[test]
fn a_medication_scheme_becomes_lines_with_their_suspensions() {
    insta::assert_json_snapshot!(shown(&converted(SCHEME)));
}

#[test]
fn a_summary_becomes_problems_allergies_vaccinations_and_medicines() {
    insta::assert_json_snapshot!(shown(&converted(SUMEHR)));
}

#[test]
fn a_prescription_keeps_the_identifier_that_links_it() {
    insta::assert_json_snapshot!(shown(&converted(PRESCRIPTION)));
}

#[test]
fn a_visit_to_a_pharmacy_becomes_one_dispense_a_product() {
    insta::assert_json_snapshot!(shown(&converted(PCDH)));
}

#[test]
fn every_item_is_accounted_for_and_no_word_comes_through() {
    for message in ALL {
        let converted = converted(message);
        let Converted { tally, resources, set_aside, .. } = &converted;
        let element = if converted.format == Format::Pcdh { "<smc:product" } else { "<item>" };
        let written =
            message.matches(element).count() + message.matches("<smc:drugRelatedProblem").count();
        assert_eq!(tally.items, written as u64);
        assert!(tally.is_balanced());
        assert_eq!(resources.len() as u64, tally.mapped + tally.persons);
        assert_eq!(set_aside.len() as u64, tally.set_aside);
        let text = serde_json::to_string(resources).unwrap();
        for word in WORDS {
            assert!(!text.contains(word), "{word}");
        }
        assert!(!format!("{converted:?}").contains("00000000097"));
    }
}

#[test]
fn every_resource_names_its_subject() {
    for message in ALL {
        for resource in converted(message).resources {
            let subject = ["/subject/identifier", "/patient/identifier", "/identifier/0"];
            let subject = subject.iter().find_map(|place| resource.pointer(place)).unwrap();
            assert_eq!(subject["value"], "00000000097");
        }
    }
}

#[test]
fn the_format_is_that_of_root_and_namespace() {
    let kmehr = "xmlns='http://www.ehealth.fgov.be/standards/kmehr/schema/v1'";
    let smoa = "xmlns:s='http://www.apb.be/standards/smoa/schema/v1'";
    let cases = [
        (format!("<kmehrmessage {kmehr}/>"), Some(Format::Kmehr)),
        (
            "<k:kmehrmessage xmlns:k='http://www.ehealth.fgov.be/standards/kmehr/schema/v1'></k:kmehrmessage>".to_owned(),
            Some(Format::Kmehr),
        ),
        (
            format!(
                "<p:prescription xmlns:p='urn:p'><p:id/><kmehrmessage {kmehr}/></p:prescription>"
            ),
            None,
        ),
        (
            format!("<p:prescription xmlns:p='urn:p'><kmehrmessage {kmehr}/></p:prescription>"),
            Some(Format::Kmehr),
        ),
        (format!("<s:single-message {smoa}/>"), Some(Format::Pcdh)),
        ("<kmehrmessage/>".to_owned(), None),
        (format!("<single-message {kmehr}/>"), None),
        ("<html/>".to_owned(), None),
    ];
    for (message, want) in cases {
        match (resources_of_xml(message.as_bytes()), want) {
            (Ok(converted), Some(want)) => assert_eq!(converted.format, want, "{message}"),
            (Err(error), None) => {
                assert!(matches!(error, LegacyError::UnknownFormat { .. }), "{message}");
            }
            (got, want) => panic!("{message}: {got:?}, not {want:?}"),
        }
    }
}

#[test]
fn an_old_encoding_gives_the_same_resources() {
    let wide = SUMEHR.replace("UTF-8", "ISO-8859-1");
    let latin: Vec<u8> =
        wide.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    assert_ne!(latin.len(), wide.len());
    assert_eq!(resources_of_xml(&latin).unwrap().resources, converted(SUMEHR).resources);
}

#[test]
fn an_item_that_cannot_be_kept_says_why() {
    let line = |item: &str| message("medicationschemeelement", item);
    let cnk = "<content><medicinalproduct><intendedcd S='CD-DRUG-CNK'>0318717</intendedcd></medicinalproduct></content>";
    let medication =
        |rest: &str| format!("<item><cd S='CD-ITEM'>medication</cd>{cnk}{rest}</item>");
    let item = |kind: &str, rest: &str| format!("<item><cd S='CD-ITEM'>{kind}</cd>{rest}</item>");
    let coded = |rest: &str| format!("<content><cd S='ICD' SV='10'>I10</cd></content>{rest}");
    let lifecycle = |code: &str| format!("<lifecycle><cd S='CD-LIFECYCLE'>{code}</cd></lifecycle>");
    let cases = [
        (line(&medication("")), None),
        (
            line(&medication("<beginmoment><date>2024-02-30</date></beginmoment>")),
            Some(Reason::BadDate),
        ),
        (line(&medication("<endmoment><year>20x4</year></endmoment>")), Some(Reason::BadDate)),
        (line(&item("medication", "")), Some(Reason::NoCode)),
        (
            line(&item(
                "medication",
                "<content><medicinalproduct><intendedname>w</intendedname></medicinalproduct></content>",
            )),
            None,
        ),
        (line(&medication("")).replace("ID-PATIENT", "LOCAL"), Some(Reason::NoSubject)),
        (
            message("treatmentsuspension", &medication(&lifecycle("suspended"))),
            Some(Reason::NoTreatment),
        ),
        (message("treatmentsuspension", &medication("")), Some(Reason::NoCode)),
        (message("sumehr", &item("healthcareelement", &coded(""))), None),
        (
            message(
                "sumehr",
                &item("healthcareelement", "<content><text L='nl'>w</text></content>"),
            ),
            Some(Reason::FreeTextOnly),
        ),
        (
            message(
                "sumehr",
                &item("healthcareelement", "<content><cd S='LOCAL' SL='x'>7</cd></content>"),
            ),
            Some(Reason::NoCode),
        ),
        (
            message("sumehr", &item("healthcareelement", &coded(&lifecycle("retracted")))),
            Some(Reason::Retracted),
        ),
        (message("sumehr", &item("vaccine", &coded(&lifecycle("planned")))), Some(Reason::NotDone)),
        (message("sumehr", &item("gmdmanager", "")), Some(Reason::UnmappedKind)),
        (message("sumehr", "<item/>"), Some(Reason::UnmappedKind)),
        (
            message("pharmaceuticalprescription", &medication(&lifecycle("proposed"))),
            Some(Reason::NotDone),
        ),
        (
            message("productdelivery", &medication("<quantity><decimal>2</decimal></quantity>")),
            None,
        ),
    ];
    for (message, want) in cases {
        let converted = converted(&message);
        assert_eq!(converted.set_aside.first().map(|aside| aside.reason), want, "{message}");
        assert!(converted.tally.is_balanced() && converted.tally.items == 1);
    }
}

#[test]
fn a_product_without_a_national_number_or_a_readable_day_is_set_aside() {
    let cases = [
        ("id:InssIdType", "id:OtherIdType", Reason::NoSubject),
        ("2024-05-06T10:15:00", "2024-05-36T10:15:00", Reason::BadDate),
        ("PharmaceuticalCareEventType", "RegisterExportEventType", Reason::UnmappedKind),
    ];
    for (from, to, want) in cases {
        let converted = converted(&PCDH.replace(from, to));
        assert!(converted.resources.is_empty() && converted.tally.is_balanced());
        assert_eq!(converted.set_aside[0].reason, want);
    }
}

/// A message of one transaction of one item.
fn message(transaction: &str, item: &str) -> String {
    format!(
        "<kmehrmessage xmlns='http://www.ehealth.fgov.be/standards/kmehr/schema/v1'><folder>\
         <patient><id S='ID-PATIENT'>00000000097</id></patient><transaction><id S='ID-KMEHR'>1</id>\
         <cd S='CD-TRANSACTION'>{transaction}</cd><date>2024-05-06</date>{item}</transaction></folder></kmehrmessage>"
    )
}

#[test]
fn a_first_day_that_is_only_the_day_of_recording_is_no_start() {
    let cnk = "<content><medicinalproduct><intendedcd S='CD-DRUG-CNK'>0318717</intendedcd></medicinalproduct></content>";
    let period = |begin: &str, end: &str| {
        let end = if end.is_empty() {
            String::new()
        } else {
            format!("<endmoment><date>{end}</date></endmoment>")
        };
        let item = format!(
            "<item><cd S='CD-ITEM'>medication</cd>{cnk}<beginmoment><date>{begin}</date></beginmoment>{end}</item>"
        );
        let line = converted(&message("medicationschemeelement", &item)).resources.remove(1);
        (
            line["effectivePeriod"]["start"].as_str().map(str::to_owned),
            line["dateAsserted"].as_str().map(str::to_owned),
        )
    };
    let recorded = Some("2024-05-06".to_owned());
    assert_eq!(period("2024-05-06", ""), (None, recorded.clone()));
    assert_eq!(period("2024-05-05", ""), (Some("2024-05-05".to_owned()), recorded.clone()));
    assert_eq!(period("2024-05-06", "2024-05-12"), (Some("2024-05-06".to_owned()), recorded));
}
