//! Runs that look codes up in reference data of the same lake.

use pipeline_disclosure::{Number, Rules, Value, protect};
use pipeline_domain::Language;
use pipeline_plan::Plan;
use pipeline_reference::{
    Entry, Import, Kind, Provenance, SourceFile, import_atc, import_medicines, import_places,
    publish,
};
use time::macros::{date, datetime};

use crate::references::References;

use super::{
    event,
    lake::{Event, Lake, PersonRow},
    plan, run, said,
};

const PLACES: &str = "code,name_nl,merged_into\n11002,Antwerpen,\n44021,Gent,\n21004,Brussel,\n\
    71047,Opglabbeek,72042\n72042,Oudsbergen,\n";
const ZONES: &str = "zone_code,zone_name_nl,nis\nZA,Zone A,44021\nZB,Zone B,72042\n";
const ATC: &str = "code,name_nl,name_en\nJ,Infecties,Infections\nJ01,Antibiotica,Antibiotics\n\
    J07,Vaccins,Vaccines\nN,Zenuwstelsel,Nervous system\nN02,Pijn,Pain\n";
const MEDICINES: &str = "cnk,atc,name\n9100001,J01CA04,a\n9100002,N02BE01,b\n9100003,,c\n";

fn file(text: &str) -> SourceFile {
    SourceFile::of_text("list.csv", text)
}

fn keep<T: Entry>(lake: &Lake, import: &Import<T>) {
    let source = Provenance {
        name: "own rows".to_owned(),
        date: date!(2026 - 11 - 25),
        licence: "CC0".to_owned(),
        files: Vec::new(),
    };
    let now = datetime!(2026-11-25 14:19 UTC);
    let _entered = lake.runtime.enter();
    publish(&lake.store, import, "2026-11", source, now, "test").unwrap();
}

fn with_references(lake: &Lake) {
    let on = date!(2026 - 11 - 25);
    keep(lake, &import_places(vec![file(PLACES), file(ZONES)], on).unwrap());
    keep(lake, &import_atc(vec![file(ATC)]).unwrap());
    keep(lake, &import_medicines(vec![file(MEDICINES)], on).unwrap());
}

fn person(person: u8, nis: Option<&str>) -> PersonRow {
    PersonRow { person, sex: None, birth_year: None, nis: nis.map(str::to_owned) }
}

fn by_atc(person: u8, atc: Option<&str>) -> Event {
    Event { atc: atc.map(str::to_owned), ..event(person, 1.0) }
}

/// The persons in each category of the only side that is shown. Three are the fewest that are, and
/// protection leaves out the categories of which nothing is.
fn persons(lake: &Lake, plan: &Plan) -> Vec<(String, String, u64)> {
    let (cube, _) = run(lake, plan).unwrap();
    let cube = protect(cube, &Rules::new(3, 100).unwrap());
    let count = |at: usize| {
        let cell = cube.cells().iter().find(|cell| cell.at[0] == at);
        match cell.map(|cell| cell.values[0]) {
            Some(Value::Shown(Number::Count(persons))) => persons,
            _ => 0,
        }
    };
    let categories = cube.dimensions()[0].categories.iter().enumerate();
    categories
        .map(|(at, category)| {
            (category.code.clone(), category.label[&Language::Nl].clone(), count(at))
        })
        .collect()
}

fn by(dimension: &str) -> Plan {
    plan(&format!("[{dimension}]"), r#"["persons"]"#)
}

/// Three persons for each of these rows, with three more numbers.
fn thrice<T>(rows: &[T], row: impl Fn(u8, &T) -> Event) -> Vec<Event> {
    (0..).zip(rows.iter().flat_map(|of| [of, of, of])).map(|(at, of)| row(at, of)).collect()
}

fn told(found: &[(String, String, u64)]) -> Vec<(&str, &str, u64)> {
    found.iter().map(|(code, name, persons)| (code.as_str(), name.as_str(), *persons)).collect()
}

#[test]
fn places_fall_into_the_areas_of_the_version() {
    let places = ["44021", "71047", "72042", "21004", "11002", "99999"];
    let events = thrice(&places, |at, _| event(at, 1.0));
    let nis = places.iter().flat_map(|place| [place, place, place]);
    let people: Vec<PersonRow> =
        (0..).zip(nis).map(|(at, nis)| person(at, Some(nis))).chain([person(40, None)]).collect();
    let lake = Lake::new(&[&events], &people);
    with_references(&lake);

    let found = persons(&lake, &by(r#"{"column":"person.nis","by":"arrondissement"}"#));
    // Opglabbeek lies in Maaseik since it was merged.
    assert_eq!(
        told(&found),
        [
            ("11000", "Antwerpen", 3),
            ("21000", "Brussel-Hoofdstad", 3),
            ("44000", "Gent", 3),
            ("72000", "Maaseik", 6),
            ("unknown", "onbekend", 3),
        ]
    );
    let found = persons(&lake, &by(r#"{"column":"person.nis","by":"primary_care_zone"}"#));
    assert_eq!(
        told(&found),
        [
            ("ZA", "Zone A", 3),
            ("ZB", "Zone B", 6),
            ("none", "geen eerstelijnszone", 6),
            ("unknown", "onbekend", 3),
        ]
    );
}

/// The categories of the first side as the cube is counted, before anything is hidden.
fn grid(lake: &Lake, plan: &Plan) -> Vec<String> {
    let references = lake.runtime.block_on(References::load(&lake.store, plan)).unwrap();
    references.categories(&plan.dimensions()[0]).unwrap()
}

#[test]
fn the_grid_is_that_of_the_list_and_of_the_plan_never_of_the_records() {
    // Ninety days by ninety codes by the 43 arrondissements and unknown are too many cells, though
    // all persons live in one place.
    let events: Vec<Event> = (0..90)
        .map(|at| Event { day: Some(20_100 + at), ..by_atc(1, Some(&format!("A{at}"))) })
        .collect();
    let lake = Lake::new(&[&events], &[person(1, Some("44021"))]);
    with_references(&lake);
    let by_place = r#"{"column":"person.nis","by":"arrondissement"}"#;
    let sides = format!(r#"[{by_place},{{"column":"handed_over"}},{{"column":"atc"}}]"#);
    let said = said(&lake, &plan(&sides, r#"["persons"]"#));
    assert!(said.contains("person_nis_arrondissement: 44"), "{said}");

    let by_group = r#"{"column":"atc","by":{"atc_level":2}}"#;
    assert_eq!(grid(&lake, &by(by_group)), ["J01", "J07", "N02", "unknown"]);
    for (condition, want) in [
        (r#"{"column":"atc","starts_with":["J01CA"]}"#, &["J01", "unknown"][..]),
        (r#"{"column":"atc","starts_with":["J","A"]}"#, &["J01", "J07", "unknown"]),
        (r#"{"column":"atc","is":["N02BE01","A"]}"#, &["N02", "unknown"]),
        (r#"{"column":"status","is":["J01"]}"#, &["J01", "J07", "N02", "unknown"]),
    ] {
        let json = format!(
            r#"{{"title":{{"en":"t"}},"dataset":"dispense","cohort":[{condition}],
                "dimensions":[{by_group}],"measures":["persons"]}}"#
        );
        assert_eq!(grid(&lake, &Plan::from_json(json.as_bytes()).unwrap()), want, "{condition}");
    }
}

#[test]
fn codes_fall_into_named_groups_and_a_condition_leaves_only_its_own() {
    let codes = [Some("J01CA04"), Some("J01"), Some("N02BE01"), Some("A02BC01"), None, Some("?")];
    let events = thrice(&codes, |at, atc| by_atc(at, *atc));
    let lake = Lake::new(&[&events], &[]);
    with_references(&lake);

    let found = persons(&lake, &by(r#"{"column":"atc","by":{"atc_level":2}}"#));
    assert_eq!(
        told(&found),
        [("J01", "J01 Antibiotica", 6), ("N02", "N02 Pijn", 3), ("unknown", "onbekend", 9),]
    );
    let json = r#"{"title":{"en":"t"},"dataset":"dispense",
        "cohort":[{"column":"atc","starts_with":["J01C","N"]}],
        "dimensions":[{"column":"atc","by":{"atc_level":2}}],"measures":["persons"]}"#;
    let found = persons(&lake, &Plan::from_json(json.as_bytes()).unwrap());
    assert_eq!(told(&found), [("J01", "J01 Antibiotica", 3), ("N02", "N02 Pijn", 3)]);
}

#[test]
fn a_record_with_a_product_alone_finds_its_group() {
    // The status stands in for a column of product codes: this small lake has no other text.
    let rows = [
        (None, "9100001"),
        (Some("N02BE01"), "9100001"),
        (Some("?"), "9100002"),
        (None, "9100003"),
        (None, "0000000"),
    ];
    let events = thrice(&rows, |at, (atc, cnk)| Event { status: cnk, ..by_atc(at, *atc) });
    let lake = Lake::new(&[&events], &[]);
    with_references(&lake);
    let found = persons(&lake, &by(r#"{"column":"status","by":{"atc_of_cnk":1}}"#));
    assert_eq!(
        told(&found),
        [
            ("J", "J Infecties", 3),
            // A code of its own is believed before that of the product.
            ("N", "N Zenuwstelsel", 6),
            ("unknown", "onbekend", 6),
        ]
    );
}

#[test]
fn the_report_names_the_versions_that_were_looked_up_and_no_other() {
    let lake = Lake::new(&[&[event(1, 1.0)]], &[]);
    let by_group = by(r#"{"column":"status","by":{"atc_of_cnk":1}}"#);
    let wanted = "the lake has no version of the reference data atc";
    assert!(said(&lake, &by_group).starts_with(wanted));

    with_references(&lake);
    let (cube, report) = run(&lake, &by_group).unwrap();
    let kinds: Vec<Kind> = report.references.keys().copied().collect();
    assert_eq!(kinds, [Kind::Medicine, Kind::Atc]);
    assert_eq!(report.references[&Kind::Atc].label, "2026-11");
    let written = serde_json::to_value(&report).unwrap();
    assert_eq!(written["references"]["medicine"]["licence"], "CC0");
    assert!(run(&lake, &by_group).unwrap().0 == cube, "the same run gives the same cube");

    let (_, report) = run(&lake, &by(r#"{"column":"atc"}"#)).unwrap();
    assert!(serde_json::to_value(&report).unwrap().get("references").is_none());
}
