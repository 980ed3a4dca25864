//! What is true of every sample, checked on whole ones.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use time::macros::date;

use crate::{
    BadReason, Compression, Holder, ResourceKind, SampleError, SampleOptions, SampleReport,
    generate,
};

fn options(persons: u64) -> SampleOptions {
    SampleOptions { persons, bad_share: 0.03, ..SampleOptions::new(date!(2026 - 11 - 01)) }
}

fn make(options: &SampleOptions) -> (TempDir, SampleReport) {
    let folder = tempfile::tempdir().expect("a folder");
    let report = generate(options, folder.path(), &mut |_| {}).expect("a sample");
    (folder, report)
}

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder").to_owned();
                found.insert(name, fs::read(&path).expect("a readable file"));
            }
        }
    }
    found
}

fn lines(folder: &Path, holder: Holder, kind: ResourceKind) -> Vec<String> {
    let path = folder.join(holder.folder()).join(format!("{}.ndjson", kind.name()));
    fs::read_to_string(path).expect("a file").lines().map(str::to_owned).collect()
}

fn every_file() -> impl Iterator<Item = (Holder, ResourceKind)> {
    Holder::ALL
        .into_iter()
        .flat_map(|holder| holder.kinds().iter().map(move |kind| (holder, *kind)))
}

/// The rule as the register states it, written from the text and not from our own code.
fn is_valid_inss(digits: &str) -> bool {
    let Ok(number) = digits.parse::<u64>() else { return false };
    let (first_nine, check) = (number / 100, number % 100);
    let fits = |prefix: u64| 97 - (prefix * 1_000_000_000 + first_nine) % 97 == check;
    digits.len() == 11 && (fits(0) || fits(2))
}

fn inss_of(patient: &Value) -> Option<&str> {
    let identifiers = patient["identifier"].as_array()?;
    let ssin = identifiers
        .iter()
        .find(|identifier| identifier["system"].as_str().is_some_and(|uri| uri.ends_with("/ssin")));
    ssin?["value"].as_str()
}

/// How a reader would judge a line, most basic fault first.
fn fault(line: &str, known: &HashSet<String>) -> Option<BadReason> {
    let Ok(row) = serde_json::from_str::<Value>(line) else { return Some(BadReason::NotJson) };
    let kind = row["resourceType"].as_str().unwrap_or_default();
    if !every_file().any(|(_, known)| known.name() == kind) {
        return Some(BadReason::UnknownResource);
    }
    let number = if kind == "Patient" {
        inss_of(&row).map(str::to_owned)
    } else {
        let subject =
            [&row["subject"], &row["patient"]].into_iter().find(|value| value.is_object());
        let Some(subject) = subject else { return Some(BadReason::SubjectMissing) };
        match (subject["reference"].as_str(), subject["identifier"]["value"].as_str()) {
            (Some("#p"), _) => inss_of(&row["contained"][0]).map(str::to_owned),
            (Some(reference), _) => {
                let id = reference.strip_prefix("Patient/").expect("a relative reference");
                assert!(known.contains(id), "the subject is in the holder's own file");
                None
            }
            (None, Some(number)) => Some(number.to_owned()),
            (None, None) => return Some(BadReason::SubjectUnresolved),
        }
    };
    match number {
        Some(number) if number.starts_with("urn:be:fgov:ehealth:pseudo:v2:") => {
            return Some(BadReason::EhealthPseudonym);
        }
        Some(number) if !is_valid_inss(&number) => return Some(BadReason::InssInvalid),
        _ => {}
    }
    let latest = row.as_object()?.values().filter_map(Value::as_str).filter(|text| {
        text.len() >= 10
            && text.as_bytes()[4] == b'-'
            && text.as_bytes()[7] == b'-'
            && text[..4].chars().all(|digit| digit.is_ascii_digit())
    });
    let period = row["effectivePeriod"]["start"].as_str();
    let ahead = latest.chain(period).any(|date| &date[..10] > "2026-11-01");
    ahead.then_some(BadReason::DateInFuture)
}

#[test]
fn the_same_options_give_the_same_bytes() {
    for compression in Compression::ALL {
        let options = SampleOptions { compression, ..options(40) };
        let (first, second) = (make(&options), make(&options));
        assert_eq!(files(first.0.path()), files(second.0.path()), "{compression:?}");
        assert_eq!(first.1, second.1);
    }
}

#[test]
fn a_small_sample_is_the_beginning_of_a_larger_one() {
    let (small, large) = (make(&options(30)).0, make(&options(90)).0);
    let large = files(large.path());
    for (path, content) in files(small.path()) {
        if path.extension().is_some_and(|ending| ending == "ndjson") {
            assert!(large[&path].starts_with(&content), "{}", path.display());
        }
    }
}

#[test]
fn another_seed_gives_other_people() {
    let people = |seed| {
        let (folder, _) = make(&SampleOptions { seed, ..options(20) });
        lines(folder.path(), Holder::Vault, ResourceKind::Patient)
    };
    assert!(people(1).iter().all(|line| !people(2).contains(line)));
}

#[test]
fn the_report_counts_every_line_and_every_fault() {
    let (folder, report) = make(&options(400));
    for (holder, kind) in every_file() {
        let patients = lines(folder.path(), holder, ResourceKind::Patient);
        let known: HashSet<String> = patients
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|patient| patient["id"].as_str().map(str::to_owned))
            .collect();
        let mut faults: BTreeMap<BadReason, u64> = BTreeMap::new();
        let lines = lines(folder.path(), holder, kind);
        for reason in lines.iter().filter_map(|line| fault(line, &known)) {
            *faults.entry(reason).or_default() += 1;
        }
        let counted = &report.holders[&holder][&kind];
        assert_eq!(counted.written, lines.len() as u64, "{holder} {kind:?}");
        assert_eq!(counted.bad, faults, "{holder} {kind:?}");
    }
    let registry = folder.path().join("registry/Patient.ndjson");
    let registry = fs::read_to_string(registry).expect("the registry");
    assert_eq!(registry.lines().count() as u64, report.opted_out);
}

#[test]
fn every_reason_occurs_and_the_share_is_the_one_asked_for() {
    let (_folder, report) = make(&SampleOptions { bad_share: 0.02, ..options(3000) });
    let share = report.bad_rows() * 10_000 / report.rows();
    assert!((180..=220).contains(&share), "{share} in ten thousand");
    let reasons: BTreeSet<_> = report
        .holders
        .values()
        .flat_map(BTreeMap::values)
        .flat_map(|file| file.bad.keys().copied())
        .collect();
    assert_eq!(reasons.len(), 7);
    assert!((15..=50).contains(&report.opted_out), "{} opted out", report.opted_out);
}

#[test]
fn bad_rows_are_extra_rows() {
    let clean = make(&SampleOptions { bad_share: 0.0, ..options(60) });
    let spoiled = make(&SampleOptions { bad_share: 0.3, ..options(60) });
    assert_eq!(clean.1.bad_rows(), 0);
    for (holder, kind) in every_file() {
        let mut rest = lines(spoiled.0.path(), holder, kind).into_iter();
        for line in lines(clean.0.path(), holder, kind) {
            assert!(rest.any(|other| other == line), "{holder} {kind:?}: a good row is missing");
        }
        let counted = &spoiled.1.holders[&holder][&kind];
        assert_eq!(counted.good_rows(), clean.1.holders[&holder][&kind].written);
    }
}

#[test]
fn patients_have_valid_numbers_that_agree_with_sex_and_birth() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(2000) });
    let (mut homes, mut centuries, mut bis) = (BTreeSet::new(), [0, 0], [0, 0]);
    let mut people: HashMap<String, Value> = HashMap::new();
    for holder in Holder::ALL {
        let mut here = HashSet::new();
        for line in lines(folder.path(), holder, ResourceKind::Patient) {
            let patient: Value = serde_json::from_str(&line).expect("a good row");
            let inss = inss_of(&patient).expect("a number").to_owned();
            assert!(is_valid_inss(&inss));
            assert!(here.insert(inss.clone()), "a person has one file at a holder");
            let birth = patient["birthDate"].as_str().expect("a birth date");
            let month: u32 = inss[2..4].parse().expect("digits");
            assert_eq!(inss[..2], birth[2..4]);
            assert_eq!(month % 20, birth[5..7].parse::<u32>().expect("digits"));
            assert_eq!(inss[4..6], birth[8..10]);
            let odd = inss[6..9].parse::<u32>().expect("digits") % 2 == 1;
            assert_eq!(patient["gender"] == "male", odd);
            centuries[usize::from(birth >= "2000")] += 1;
            if month > 20 {
                bis[usize::from(month > 40)] += 1;
            }
            let home = patient["address"][0]["extension"][0]["valueCode"].as_str();
            homes.insert(home.expect("a municipality").to_owned());
            let same = people.entry(inss).or_insert_with(|| patient["birthDate"].clone());
            assert_eq!(*same, patient["birthDate"]);
        }
    }
    assert!(homes.len() > 90 && centuries.iter().all(|count| *count > 300), "{centuries:?}");
    assert!(bis.iter().all(|count| *count > 5), "{bis:?}");
}

#[test]
fn a_dispense_names_the_prescription_it_is_for() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(300) });
    let rows = |kind| {
        let lines = lines(folder.path(), Holder::Prescriptions, kind);
        lines.into_iter().map(|line| serde_json::from_str::<Value>(&line).expect("a good row"))
    };
    let prescribed: HashMap<String, String> = rows(ResourceKind::MedicationRequest)
        .map(|row| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (text(&row["identifier"][0]["value"]), text(&row["authoredOn"]))
        })
        .collect();
    let mut dispensed = 0;
    for row in rows(ResourceKind::MedicationDispense) {
        let rid = row["authorizingPrescription"][0]["identifier"]["value"].as_str();
        let authored = &prescribed[rid.expect("a number")];
        assert!(row["whenHandedOver"].as_str().expect("a day") >= &authored[..10]);
        dispensed += 1;
    }
    assert!(dispensed * 100 > prescribed.len() * 80, "most are dispensed");
}

/// The good rows of a file.
fn rows(folder: &Path, holder: Holder, kind: ResourceKind) -> Vec<Value> {
    let lines = lines(folder, holder, kind);
    lines.iter().map(|line| serde_json::from_str(line).expect("a good row")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn the_four_steps_of_a_treatment_share_a_number_under_the_systems_of_their_holders() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(1500) });
    let rows = |holder, kind| rows(folder.path(), holder, kind);
    let prescribed: HashMap<String, Value> =
        rows(Holder::Prescriptions, ResourceKind::MedicationRequest)
            .into_iter()
            .map(|row| {
                (text(&row["identifier"][0]["value"]), row["medicationCodeableConcept"].clone())
            })
            .collect();
    let later_steps = [
        (Holder::Prescriptions, ResourceKind::MedicationDispense, "/authorizingPrescription/0"),
        (Holder::Hospital, ResourceKind::MedicationAdministration, "/request"),
        (Holder::Vault, ResourceKind::MedicationStatement, "/basedOn/0"),
    ];
    let (mut systems, mut products) = (BTreeSet::new(), BTreeSet::new());
    let mut followed = BTreeSet::new();
    for (holder, kind, place) in later_steps {
        let mut linked = 0;
        for row in rows(holder, kind) {
            let Some(reference) = row.pointer(place) else { continue };
            let rid = text(&reference["identifier"]["value"]);
            systems.insert(text(&reference["identifier"]["system"]));
            let Some(medicine) = prescribed.get(&rid) else { continue };
            let atc = |medicine: &Value| medicine["coding"][1]["code"].clone();
            assert_eq!(atc(&row["medicationCodeableConcept"]), atc(medicine), "{kind:?}");
            products.insert(text(&row["medicationCodeableConcept"]["coding"][0]["system"]));
            followed.insert((rid, kind));
            linked += 1;
        }
        assert!(linked > 20, "{kind:?}: {linked}");
    }
    assert_eq!((systems.len(), products.len()), (2, 4));
    let through_all = prescribed.keys().filter(|rid| {
        later_steps.iter().all(|(_, kind, _)| followed.contains(&((*rid).clone(), *kind)))
    });
    assert!(through_all.count() > 3, "some treatments are seen in all four steps");
}

#[test]
fn numbers_of_caregivers_and_organisations_have_their_check_digits() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(200) });
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for (holder, kind) in every_file() {
        for row in rows(folder.path(), holder, kind) {
            let mut open = vec![&row];
            while let Some(value) = open.pop() {
                open.extend(value.as_object().into_iter().flat_map(|object| object.values()));
                open.extend(value.as_array().into_iter().flatten());
                let (Some(system), Some(number)) =
                    (value["system"].as_str(), value["value"].as_str())
                else {
                    continue;
                };
                let body = match system.rsplit('/').next() {
                    Some(name @ ("nihdi-professional" | "nihdi-organization")) => (name, 6),
                    Some("cbe") => ("cbe", 8),
                    _ => continue,
                };
                let (first, check) = number.split_at(body.1);
                let [first, check] =
                    [first, check].map(|part| part.parse::<u64>().expect("digits"));
                assert_eq!(97 - first % 97, check, "{}", body.0);
                assert!(body.0 != "cbe" || number.starts_with('0'));
                *seen.entry(if body.0 == "cbe" { "cbe" } else { "nihdi" }).or_default() += 1;
            }
        }
    }
    assert!(seen.values().all(|count| *count > 50) && seen.len() == 2, "{seen:?}");
}

#[test]
fn a_report_names_the_results_of_its_day() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(1000) });
    let days: HashMap<String, String> =
        rows(folder.path(), Holder::Hospital, ResourceKind::Observation)
            .iter()
            .filter(|row| row["category"][0]["coding"][0]["code"] == "laboratory")
            .map(|row| (text(&row["id"]), text(&row["effectiveDateTime"])[..10].to_owned()))
            .collect();
    let mut named = 0;
    for report in rows(folder.path(), Holder::Hospital, ResourceKind::DiagnosticReport) {
        for result in report["result"].as_array().expect("results") {
            let reference = text(&result["reference"]);
            let id = reference.strip_prefix("Observation/").expect("an observation");
            assert_eq!(days[id], text(&report["effectiveDateTime"])[..10]);
            named += 1;
        }
    }
    assert!(named > 50);
    assert_eq!(named, days.len(), "each result stands in one report");
}

#[test]
fn every_kind_of_record_occurs_and_assessments_nest() {
    let (folder, report) = make(&SampleOptions { bad_share: 0.0, ..options(1500) });
    for (holder, kind) in every_file() {
        assert!(report.holders[&holder][&kind].written > 5, "{holder} {kind:?}");
    }
    let assessments = rows(folder.path(), Holder::Vault, ResourceKind::QuestionnaireResponse);
    let below_an_answer =
        assessments.iter().filter(|row| row.pointer("/item/2/answer/0/item/0/answer").is_some());
    assert!(below_an_answer.count() > 5);
    let observations = rows(folder.path(), Holder::Vault, ResourceKind::Observation);
    let devices = observations.iter().filter(|row| row["device"].is_object()).count();
    let categories: BTreeSet<String> =
        observations.iter().map(|row| text(&row["category"][0]["coding"][0]["code"])).collect();
    assert!(devices > 5 && devices < observations.len());
    assert_eq!(categories, ["social-history".to_owned(), "vital-signs".to_owned()].into());
    let referrals = rows(folder.path(), Holder::Prescriptions, ResourceKind::ServiceRequest);
    let professions: BTreeSet<String> =
        referrals.iter().map(|row| text(&row["category"][0]["coding"][0]["code"])).collect();
    for profession in ["91251008", "9632001", "5154007", "103699006", "363679005", "15220000"] {
        assert!(professions.contains(profession), "{profession}");
    }
}

#[test]
fn medicines_follow_age_sex_and_season() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(4000) });
    let patients = lines(folder.path(), Holder::Prescriptions, ResourceKind::Patient);
    let gender: HashMap<String, String> = patients
        .iter()
        .map(|line| {
            let patient: Value = serde_json::from_str(line).expect("a good row");
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (text(&patient["id"]), text(&patient["gender"]))
        })
        .collect();
    let (mut winter, mut summer, mut women, mut men) = (0, 0, 0, 0);
    for line in lines(folder.path(), Holder::Prescriptions, ResourceKind::MedicationRequest) {
        let row: Value = serde_json::from_str(&line).expect("a good row");
        let atc = row["medicationCodeableConcept"]["coding"][1]["code"].as_str().expect("ATC");
        let month = &row["authoredOn"].as_str().expect("a moment")[5..7];
        if atc.starts_with("J01") {
            match month {
                "12" | "01" | "02" => winter += 1,
                "06" | "07" | "08" => summer += 1,
                _ => {}
            }
        }
        if atc.starts_with("G03A") {
            let subject = row["subject"]["reference"].as_str().unwrap_or_default();
            match subject.strip_prefix("Patient/").and_then(|id| gender.get(id)) {
                Some(sex) if sex == "female" => women += 1,
                Some(_) => men += 1,
                None => {}
            }
        }
    }
    assert!(winter > summer * 3 / 2, "antibiotics: {winter} in winter, {summer} in summer");
    assert!(women > 20 && men == 0, "contraceptives: {women} women, {men} men");
}

#[test]
fn compressed_files_hold_the_same_lines_and_leave_no_other_form_behind() {
    let plain = options(15);
    let (folder, _) = make(&plain);
    let want = fs::read(folder.path().join("vault/Patient.ndjson")).expect("a file");
    let again = |compression| {
        let options = SampleOptions { compression, ..plain };
        generate(&options, folder.path(), &mut |_| {}).expect("a sample");
    };
    again(Compression::Gzip);
    let packed = fs::File::open(folder.path().join("vault/Patient.ndjson.gz")).expect("a file");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, want);
    again(Compression::Zstd);
    let packed = fs::File::open(folder.path().join("vault/Patient.ndjson.zst")).expect("a file");
    assert_eq!(zstd::decode_all(packed).expect("zstd"), want);
    let forms = files(folder.path()).into_keys().filter(|path| {
        path.to_string_lossy().starts_with("vault/Patient")
            || path.to_string_lossy().contains(".part")
    });
    assert_eq!(forms.count(), 1);
}

#[test]
fn a_run_that_stops_leaves_no_mark_of_a_whole_sample() {
    let (folder, _) = make(&options(5));
    let blocked = folder.path().join("vault/.Patient.ndjson.part");
    fs::create_dir(&blocked).expect("a folder in the way");
    let stopped = generate(&options(5), folder.path(), &mut |_| {});
    assert!(matches!(stopped, Err(SampleError::Write { path, .. }) if path == blocked));
    assert!(!folder.path().join("sample.json").exists());
}

#[test]
fn impossible_options_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = options(10);
    let cases = [
        (
            SampleOptions { bad_share: 0.6, ..base },
            "the share of bad rows must lie between 0 and 0.5",
        ),
        (
            SampleOptions { bad_share: f64::NAN, ..base },
            "the share of bad rows must lie between 0 and 0.5",
        ),
        (
            SampleOptions { opt_out_share: -0.1, ..base },
            "the share of opt-outs must lie between 0 and 1",
        ),
        (
            SampleOptions { today: date!(1999 - 01 - 01), ..base },
            "the day of the sample must lie between 2005 and 2099",
        ),
    ];
    for (options, want) in cases {
        let refused = generate(&options, folder.path(), &mut |_| {}).expect_err(want);
        assert_eq!(refused.to_string(), want);
    }
    let many = generate(&SampleOptions { persons: u64::MAX, ..base }, folder.path(), &mut |_| {});
    assert!(matches!(many, Err(SampleError::TooManyPersons { .. })));
    assert!(files(folder.path()).is_empty());
}

#[test]
fn the_report_holds_no_number_and_no_name() {
    let (folder, _) = make(&options(50));
    let report = fs::read_to_string(folder.path().join("sample.json")).expect("the report");
    for line in lines(folder.path(), Holder::Vault, ResourceKind::Patient) {
        let Ok(patient) = serde_json::from_str::<Value>(&line) else { continue };
        let family = patient["name"][0]["family"].as_str().expect("a name");
        assert!(!report.contains(family));
        assert!(!report.contains(inss_of(&patient).expect("a number")));
    }
    let parsed: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(parsed["today"], "2026-11-01");
    assert!(parsed["holders"]["vault"]["Immunization"]["written"].is_u64());
}

#[test]
fn the_committed_sample_is_what_this_code_makes() {
    let (made, _) = make(&SampleOptions::small());
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("small");
    let mut committed = files(&committed);
    committed.remove(Path::new("README.md"));
    let made = files(made.path());
    assert_eq!(made.keys().collect::<Vec<_>>(), committed.keys().collect::<Vec<_>>());
    for (path, content) in made {
        assert!(committed[&path] == content, "{}: run the example `small`", path.display());
    }
}

#[test]
fn every_resource_has_its_shape() {
    let (folder, _) = make(&SampleOptions { bad_share: 0.0, ..options(200) });
    let mut shapes = String::new();
    for (holder, kind) in every_file() {
        let mut paths = BTreeSet::new();
        for line in lines(folder.path(), holder, kind) {
            let row = serde_json::from_str(&line).expect("a good row");
            collect_paths("", &row, &mut paths);
        }
        writeln!(shapes, "{holder} {}", kind.name()).expect("room");
        for path in paths {
            writeln!(shapes, "  {path}").expect("room");
        }
    }
    insta::assert_snapshot!(shapes);
}

fn collect_paths(path: &str, value: &Value, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                collect_paths(&format!("{path}.{name}"), field, paths);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_paths(&format!("{path}[]"), item, paths);
            }
        }
        Value::String(_) => drop(paths.insert(format!("{} string", &path[1..]))),
        Value::Number(_) => drop(paths.insert(format!("{} number", &path[1..]))),
        Value::Bool(_) => drop(paths.insert(format!("{} boolean", &path[1..]))),
        Value::Null => drop(paths.insert(format!("{} null", &path[1..]))),
    }
}
