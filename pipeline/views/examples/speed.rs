//! scratch
use pipeline_views::*;
use std::time::Instant;
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Coding<'a> {
    #[serde(borrow)]
    system: &'a str,
    code: &'a str,
}
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Concept<'a> {
    #[serde(borrow)]
    coding: Vec<Coding<'a>>,
}
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Ident<'a> {
    system: &'a str,
    value: &'a str,
}
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Ref<'a> {
    #[serde(borrow)]
    identifier: Ident<'a>,
}
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Qty {
    value: f64,
}
#[derive(serde::Deserialize)]
#[allow(dead_code, non_snake_case)]
struct Disp {
    quantity: Qty,
    expectedSupplyDuration: Qty,
}
#[derive(serde::Deserialize)]
#[allow(dead_code, non_snake_case)]
struct Med<'a> {
    status: &'a str,
    #[serde(borrow)]
    medicationCodeableConcept: Concept<'a>,
    #[serde(borrow)]
    subject: Ref<'a>,
    #[serde(borrow, default)]
    authoredOn: Option<&'a str>,
    #[serde(borrow, default)]
    whenHandedOver: Option<&'a str>,
    #[serde(borrow, default)]
    requester: Option<Ref<'a>>,
    #[serde(default)]
    dispenseRequest: Option<Disp>,
    #[serde(default)]
    quantity: Option<Qty>,
    #[serde(default)]
    daysSupply: Option<Qty>,
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1]).unwrap();
    let program = Program::new(
        built_in_views().unwrap(),
        &[
            "id",
            "subject.reference",
            "subject.identifier.system",
            "subject.identifier.value",
            "subject.identifier._value.extension.url",
            "patient.reference",
            "patient.identifier.system",
            "patient.identifier.value",
            "identifier.system",
            "identifier.value",
            "contained.resourceType",
            "contained.id",
        ],
        &[],
    );
    for (i, v) in program.views().iter().enumerate() {
        println!("{} {}", v.name(), program.is_compiled(i));
    }
    let gb = text.len() as f64 / 1e9;
    for round in 0..3 {
        let start = Instant::now();
        let mut frame = Frame::default();
        let (mut rows, mut faults, mut parse) = (0, 0, 0);
        for line in text.lines() {
            let kind = resource_type(line).unwrap();
            let record = program.read(&kind, line, &mut frame).unwrap();
            parse += record.top().child("id").is_some() as usize;
            if args.len() > 2 {
                continue;
            }
            for &v in record.views() {
                if record.rows(v, time::macros::date!(2026 - 11 - 25), &mut |_| rows += 1).is_err()
                {
                    faults += 1;
                }
            }
        }
        println!(
            "round {round}: {:.2} GB/s rows {rows} faults {faults} {parse}",
            gb / start.elapsed().as_secs_f64()
        );
        let start = Instant::now();
        let mut n = 0;
        for line in text.lines() {
            let v: serde::de::IgnoredAny = sonic_rs::from_str(line).unwrap();
            let _ = v;
            n += 1;
        }
        let start2 = Instant::now();
        for line in text.lines() {
            if let Ok(m) = sonic_rs::from_str::<Med>(line) {
                n += m.subject.identifier.value.len();
            }
        }
        println!("  typed: {:.2} GB/s", gb / start2.elapsed().as_secs_f64());
        println!("  ignore: {:.2} GB/s {n}", gb / start.elapsed().as_secs_f64());
    }
}
