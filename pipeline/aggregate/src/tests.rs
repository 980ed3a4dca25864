//! Runs over small lakes, held against a count of the same rows that knows no query engine.

mod lake;
mod naive;
mod references;

use pipeline_disclosure::RawCube;
use pipeline_plan::Plan;
use proptest::prelude::*;

use crate::{AggregateError, Limits, RunReport, aggregate};

use lake::{Event, Lake, PersonRow};

const PLAN: &str = r#"{
    "title": {"en": "Antibiotics and painkillers"},
    "dataset": "dispense",
    "period": {"column": "handed_over", "within": "2025-01-01/2025-12-31"},
    "cohort": [
        {"column": "atc", "starts_with": ["J01", "N02B"]},
        {"column": "status", "is": ["completed"]},
        {"column": "person.birth_year", "between": [1940, 2025]}
    ],
    "dimensions": [
        {"column": "person.nis", "by": "province"},
        {"column": "person.birth_year", "by": {"age_band": 10}},
        {"column": "person.sex"},
        {"column": "handed_over", "by": "quarter"},
        {"column": "atc", "by": {"prefix": 3}}
    ],
    "measures": ["persons", "records", {"sum": "quantity"}, {"sum": "pieces"}]
}"#;

/// A plan over all dispenses with these dimensions and measures.
fn plan(dimensions: &str, measures: &str) -> Plan {
    let json = format!(
        r#"{{"title":{{"en":"t"}},"dataset":"dispense",
            "period":{{"column":"handed_over","within":"2025-01-01/2025-12-31"}},
            "dimensions":{dimensions},"measures":{measures}}}"#
    );
    Plan::from_json(json.as_bytes()).unwrap()
}

fn run(lake: &Lake, plan: &Plan) -> Result<(RawCube, RunReport), AggregateError> {
    lake.runtime.block_on(aggregate(&lake.store, plan, &Limits::default()))
}

fn said(lake: &Lake, plan: &Plan) -> String {
    run(lake, plan).unwrap_err().to_string()
}

fn event(person: u8, quantity: f64) -> Event {
    Event {
        person,
        // 1 July 2025.
        day: Some(20_270),
        status: "completed",
        atc: Some("J01CA04".to_owned()),
        quantity: Some(quantity),
        pieces: Some(1),
    }
}

fn events() -> impl Strategy<Value = Event> {
    let codes = ["J01CA04", "J01FA10", "N02BE01", "N02AA01", "A02", ""];
    let atc = prop::option::weighted(0.9, prop::sample::select(codes.to_vec()));
    let status = prop::sample::select(&["completed", "completed", "cancelled"][..]);
    // From December 2024 to February 2026.
    let day = prop::option::weighted(0.95, 20_060_i32..20_490);
    let quantity = prop::option::weighted(0.9, -8_i32..40);
    let pieces = prop::option::weighted(0.9, -2_i64..9);
    (0_u8..14, day, status, atc, quantity, pieces).prop_map(
        |(person, day, status, atc, quarters, pieces)| Event {
            person,
            day,
            status,
            atc: atc.map(str::to_owned),
            quantity: quarters.map(|quarters| f64::from(quarters) / 4.0),
            pieces,
        },
    )
}

fn persons() -> impl Strategy<Value = PersonRow> {
    let places = ["11002", "21004", "25112", "62063", "22000", "1100", ""];
    let nis = prop::option::weighted(0.9, prop::sample::select(places.to_vec()));
    let sexes = ["female", "male", "other", "unknown"];
    let sex = prop::option::weighted(0.9, prop::sample::select(sexes.to_vec()));
    let birth_year = prop::option::weighted(0.9, 1935_i64..2027);
    // Persons 12 and 13 of the events are in no batch; some persons are in several.
    (0_u8..12, sex, birth_year, nis).prop_map(|(person, sex, birth_year, nis)| PersonRow {
        person,
        sex: sex.map(str::to_owned),
        birth_year,
        nis: nis.map(str::to_owned),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_cube_is_that_of_a_plain_count_in_whatever_order_rows_come(
        events in prop::collection::vec(events(), 1..120),
        persons in prop::collection::vec(persons(), 1..20),
        cut in 0_usize..120,
    ) {
        let plan = Plan::from_json(PLAN.as_bytes()).unwrap();
        let cut = cut.min(events.len());
        let (first, second) = events.split_at(cut);
        let lake = Lake::new(&[first, second], &persons);
        let (cube, report) = run(&lake, &plan).unwrap();
        // A raw cube does not show its numbers, so it is held against another one whole.
        prop_assert!(cube == naive::cube(&plan, &lake, &events, &persons));
        prop_assert_eq!(report.rows, events.len() as u64);
        prop_assert_eq!(report.cells, cube.filled_cells() as u64);

        let turned: Vec<Event> = events.iter().rev().cloned().collect();
        let persons: Vec<PersonRow> = persons.into_iter().rev().collect();
        let (again, _) = run(&Lake::new(&[&turned], &persons), &plan).unwrap();
        prop_assert!(again == cube);
    }
}

#[test]
fn a_person_with_thirty_records_is_one_person() {
    let events: Vec<Event> = (0..30).map(|_| event(1, 0.1)).collect();
    let lake = Lake::new(&[&events[..11], &events[11..]], &[]);
    let plan = plan("[]", r#"["persons","records",{"sum":"quantity"}]"#);
    let (cube, report) = run(&lake, &plan).unwrap();
    assert!(cube == naive::cube(&plan, &lake, &events, &[]));
    assert_eq!((report.rows, report.counted, report.cells), (30, 30, 1));
}

#[test]
fn ages_are_those_of_the_month_where_the_birth_is_a_date() {
    // The event is of 1 July 2025.
    let births = [
        ("in July 2007", 13_710, Some("18+")),
        ("in August 2007", 13_726, Some("0-17")),
        ("in July 2025", 20_299, Some("0-17")),
        ("in August 2025", 20_301, None),
    ];
    for (when, birth, want) in births {
        let lake = Lake::with_birth(&[event(1, 1.0)], 1, birth);
        let sides = r#"[{"column":"person.birth","by":{"age_from":[18]}}]"#;
        let (cube, _) = run(&lake, &plan(sides, r#"["persons"]"#)).unwrap();
        // A raw cube does not show what is in it, but its only category has a name.
        let wanted = want.unwrap_or("unknown");
        let same = cube == naive::one_person(&plan(sides, r#"["persons"]"#), &lake, wanted);
        assert!(same, "born {when}");
    }
}

#[test]
fn a_plan_nobody_is_in_gives_an_empty_cube() {
    let person = PersonRow { person: 1, sex: None, birth_year: Some(1990), nis: None };
    let lake = Lake::new(&[&[event(1, 1.0)]], &[person]);
    let plan = Plan::from_json(PLAN.replace("2025-", "1999-").as_bytes()).unwrap();
    let (cube, report) = run(&lake, &plan).unwrap();
    assert_eq!((cube.filled_cells(), report.counted), (0, 0));
}

#[test]
fn what_the_dataset_lacks_is_named_with_what_it_has() {
    let person = PersonRow { person: 1, sex: None, birth_year: None, nis: None };
    let lake = Lake::new(&[&[event(1, 1.0)]], &[person]);
    let has = "it has handed_over, status, atc, quantity, pieces";
    let persons = r#"["persons"]"#;
    let cases = [
        (r#"[{"column":"cnk"}]"#, persons, has),
        (
            r#"[{"column":"person.age"}]"#,
            persons,
            "person has no column age; it has sex, birth_year",
        ),
        ("[]", r#"[{"sum":"price"}]"#, has),
        ("[]", r#"[{"sum":"atc"}]"#, "atc cannot be used so: only numbers"),
        (r#"[{"column":"atc","by":"year"}]"#, persons, "atc cannot be used so: only a date"),
        (r#"[{"column":"pieces","by":{"prefix":2}}]"#, persons, "pieces cannot be used so"),
        (r#"[{"column":"quantity"}]"#, persons, "quantity cannot be used so"),
        (r#"[{"column":"person.sex","by":{"age_band":5}}]"#, persons, "person.sex cannot be used"),
    ];
    for (dimensions, measures, want) in cases {
        let said = said(&lake, &plan(dimensions, measures));
        assert!(said.contains(want), "{dimensions} {measures}: {said}");
    }
    let other =
        Plan::from_json(br#"{"title":{"en":"t"},"dataset":"vaccination","measures":["persons"]}"#);
    let said = said(&lake, &other.unwrap());
    assert_eq!(said, "the lake has no version of the dataset vaccination");
}

#[test]
fn a_condition_of_another_type_is_refused() {
    let lake = Lake::new(&[&[event(1, 1.0)]], &[]);
    let conditions = [
        r#"{"column":"atc","is":[1]}"#,
        r#"{"column":"pieces","is":["1"]}"#,
        r#"{"column":"pieces","starts_with":["1"]}"#,
        r#"{"column":"handed_over","is":["yesterday"]}"#,
        r#"{"column":"handed_over","between":[1,2]}"#,
        r#"{"column":"atc","between":["2025-01-01","2025-12-31"]}"#,
    ];
    for condition in conditions {
        let json = format!(
            r#"{{"title":{{"en":"t"}},"dataset":"dispense","cohort":[{condition}],
                "measures":["persons"]}}"#
        );
        let said = said(&lake, &Plan::from_json(json.as_bytes()).unwrap());
        assert!(said.contains("cannot be used so"), "{condition}: {said}");
    }
}

#[test]
fn a_value_is_a_value_and_never_a_part_of_the_query() {
    let odd = "x' OR '1'='1";
    let events = [event(1, 1.0), Event { atc: Some(odd.to_owned()), ..event(2, 1.0) }];
    let lake = Lake::new(&[&events], &[]);
    let json = serde_json::json!({
        "title": {"en": "t"}, "dataset": "dispense",
        "cohort": [{"column": "atc", "is": [odd]}], "measures": ["persons"]
    });
    let plan = Plan::from_json(json.to_string().as_bytes()).unwrap();
    assert_eq!(run(&lake, &plan).unwrap().1.counted, 1);
}

#[test]
fn a_lake_that_differs_from_its_manifest_stops_the_run() {
    type Change = fn(&mut pipeline_exchange::lake::Part);
    let cases: [(Change, &str); 4] = [
        (|part| part.rows += 1, "part-00000.parquet differs from its manifest: its number of rows"),
        (|part| part.bytes += 1, "differs from its manifest: its size"),
        (|part| part.name = "part-00009.parquet".to_owned(), "it cannot be found"),
        (|part| part.name = "part-*.parquet".to_owned(), "its name is not one of a part"),
    ];
    for (change, want) in cases {
        let lake = Lake::new(&[&[event(1, 1.0)]], &[]);
        lake.rewrite("dispense", |manifest| change(&mut manifest.parts[0]));
        let said = said(&lake, &plan("[]", r#"["persons"]"#));
        assert!(said.contains(want), "{said}");
    }
}

#[test]
fn a_file_the_manifest_does_not_name_is_not_read() {
    let events = [event(1, 1.0), event(2, 1.0)];
    let lake = Lake::new(&[&events[..1], &events[1..]], &[]);
    lake.rewrite("dispense", |manifest| manifest.parts.truncate(1));
    assert_eq!(run(&lake, &plan("[]", r#"["persons"]"#)).unwrap().1.counted, 1);
}

#[test]
fn persons_of_another_domain_are_not_joined() {
    let person = PersonRow { person: 1, sex: None, birth_year: None, nis: None };
    let lake = Lake::new(&[&[event(1, 1.0)]], &[person]);
    lake.rewrite("person", |manifest| {
        manifest.domain = "01890a5d-ac96-774b-bcce-b302099a8099".parse().unwrap();
    });
    let said = said(&lake, &plan(r#"[{"column":"person.sex"}]"#, r#"["persons"]"#));
    assert!(said.starts_with("the newest version of person belongs to another domain"), "{said}");
}

#[test]
fn a_sum_never_leaves_a_value_out_in_silence() {
    for odd in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e20, -1e30] {
        // Two plain values: of a column with a single one the engine reads only the statistics, and
        // those know no NaN.
        let lake = Lake::new(&[&[event(1, 1.0), event(2, odd), event(3, 2.0)]], &[]);
        let said = said(&lake, &plan("[]", r#"[{"sum":"quantity"}]"#));
        assert!(said.starts_with("1 records have a quantity"), "{odd}: {said}");
        assert!(run(&lake, &plan("[]", r#"["persons"]"#)).is_ok(), "nothing is summed");
    }
}

#[test]
fn a_table_larger_than_anybody_can_check_is_refused_in_words() {
    // Ninety days by ninety codes by ninety numbers are more than 200,000 cells.
    let events: Vec<Event> = (0..90)
        .map(|at| Event {
            day: Some(20_100 + at),
            atc: Some(format!("A{at}")),
            pieces: Some(at.into()),
            ..event(1, 1.0)
        })
        .collect();
    let lake = Lake::new(&[&events], &[]);
    let sides = r#"[{"column":"handed_over"},{"column":"atc"},{"column":"pieces"}]"#;
    let said = said(&lake, &plan(sides, r#"["persons"]"#));
    assert!(said.contains("729000 cells"), "{said}");
    assert!(said.contains("handed_over: 90, atc: 90, pieces: 90"), "{said}");
}

#[test]
fn a_run_keeps_within_its_memory_and_leaves_no_temporary_file() {
    let events: Vec<Event> =
        (0..20_000_u32).map(|at| event((at % 250).try_into().unwrap(), 1.0)).collect();
    let lake = Lake::new(&[&events], &[]);
    let spill = lake.folder.path().join("spill");
    let plan = plan(r#"[{"column":"atc"}]"#, r#"["persons",{"sum":"quantity"}]"#);
    for (memory_bytes, fits) in [(256 << 20, true), (1 << 10, false)] {
        let limits = Limits { memory_bytes, spill: Some(spill.clone()), ..Limits::default() };
        let ran = lake.runtime.block_on(aggregate(&lake.store, &plan, &limits));
        assert_eq!(ran.is_ok(), fits, "{memory_bytes}");
        if let Err(error) = ran {
            assert!(matches!(error, AggregateError::OutOfMemory { .. }), "{error}");
        }
        assert!(!spill.exists());
    }
}
