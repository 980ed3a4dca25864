//! Holder, TTP and HDA killed at any moment of a batch, and started again: the lake ends as if nobody
//! had been disturbed.
//!
//! A few kills stand for all of them; `HDA_KILLS=100` makes so many, and says what came of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    process::Stdio,
    thread,
    time::{Duration, SystemTime},
};

use pipeline_party::clock::Stopwatch;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use serde_json::Value;

use crate::{
    country::{Country, Row},
    support::{DOMAIN, answer, files_below, hda},
};

/// Kills in a usual run, over both ways and all processes.
const KILLS: usize = 16;
const SIGKILL: i32 = 9;

/// A way of a batch through the line.
struct Way {
    /// What tells this way to an extraction.
    options: &'static [&'static str],
    /// Whether people opted out.
    opt_outs: bool,
    /// Which records are in the first batch and which in the second, by their number modulo three.
    batches: [&'static [usize]; 2],
}

const OPEN: Way =
    Way { options: &["--release", "bulk"], opt_outs: false, batches: [&[1, 2], &[0]] };
/// Some records of the first batch come again in the second.
const SEALED: Way = Way {
    options: &["--release", "sealed", "--mode", "increment"],
    opt_outs: true,
    batches: [&[1, 2], &[0, 1]],
};

impl Way {
    /// A country in which a first batch was taken in, so that there is something to lose, and in
    /// which every key is made.
    fn begin(&self) -> Country {
        let country = Country::new();
        let sample = country.0.path("sample");
        let people = ["--persons", "60", "--opt-out", "10%", "--seed", "4"];
        answer(&[&["sample", "--today", "2026-01-01", "--out", &sample], &people[..]].concat());
        for (number, records) in (1..).zip(self.batches) {
            source(&country, &format!("source-{number}"), records);
        }
        if self.opt_outs {
            let registry = fs::read_to_string(format!("{sample}/registry/Patient.ndjson")).unwrap();
            let people = registry.lines().map(|line| serde_json::from_str(line).unwrap());
            country.list("registry", "exclude", &people.collect::<Vec<_>>());
        }
        for arguments in self.commands(&country, 1) {
            run_until(&arguments, None);
        }
        country
    }

    /// What is said for a batch, by the holder twice, by the TTP and by the HDA.
    fn commands(&self, country: &Country, number: usize) -> [Vec<String>; 4] {
        let batch = format!("batch-{number}");
        let source = format!("source-{number}");
        [
            country.0.arguments(&source, &batch, self.options),
            country.submission(&batch),
            country.answering(),
            country.taking_in(),
        ]
    }

    /// Kills each process so often, of as many second batches as it takes.
    fn hold(&self, seed: u64, kills_of_each: usize) {
        let begun = self.begin();
        let whole = begun.copy();
        let took = self.commands(&whole, 2).map(|arguments| {
            let watch = Stopwatch::start();
            run_until(&arguments, None);
            watch.elapsed()
        });
        let whole = Ended::of(&whole);
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let mut tally = Tally::default();
        while tally.killed.iter().any(|killed| *killed < kills_of_each) {
            let country = begun.copy();
            let told = self.disturb(&country, &took, kills_of_each, &mut draws, &mut tally);
            settle(&country);
            Ended::of(&country).compare(&whole, &told, &mut tally);
        }
        if std::env::var_os("HDA_KILLS").is_some() {
            let mut err = io::stderr().lock();
            writeln!(err, "{:?}: {tally:?}", self.options).unwrap();
        }
    }

    /// Says every command until it succeeds, and kills it at moments of the time it takes. Gives
    /// what was killed when.
    fn disturb(
        &self,
        country: &Country,
        took: &[Duration; 4],
        kills_of_each: usize,
        draws: &mut ChaCha8Rng,
        tally: &mut Tally,
    ) -> String {
        let mut told = Vec::new();
        for (step, arguments) in self.commands(country, 2).iter().enumerate() {
            while tally.killed[step] < kills_of_each {
                let share = f64::from(draws.next_u32()) / f64::from(u32::MAX);
                let moment = took[step].mul_f64(share);
                if !run_until(arguments, Some(moment)) {
                    break;
                }
                tally.killed[step] += 1;
                told.push(format!("{} at {moment:?}", arguments[0]));
                if is_heads(draws) {
                    // The others look into their inboxes meanwhile.
                    run_until(&country.answering(), None);
                    run_until(&country.taking_in(), None);
                }
                if is_heads(draws) {
                    break;
                }
            }
            run_until(arguments, None);
        }
        told.join(", ")
    }
}

fn is_heads(draws: &mut ChaCha8Rng) -> bool {
    draws.next_u32() & 1 == 0
}

/// What came of the kills.
#[derive(Debug, Default)]
struct Tally {
    /// Of each command.
    killed: [usize; 4],
    lost_rows: usize,
    doubled_rows: usize,
}

/// A source with the patients of a vault and some of their records.
fn source(country: &Country, name: &str, records: &[usize]) {
    for file in files_below(&country.0.dir().join("sample/vault")) {
        let text = fs::read_to_string(&file).unwrap();
        let is_patients = file.ends_with("Patient.ndjson");
        let kept = text.lines().enumerate();
        let kept = kept.filter(|(number, _)| is_patients || records.contains(&(number % 3)));
        let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
        let file = file.file_name().unwrap().to_string_lossy();
        country.0.put(&format!("{name}/{file}"), kept.join("\n"));
    }
}

/// Runs a command to its end, or kills it at a moment. Tells whether it was killed; one that was not
/// must have done what it was to do.
fn run_until(arguments: &[String], moment: Option<Duration>) -> bool {
    let mut command = hda();
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    if let Some(moment) = moment {
        thread::sleep(moment);
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    if output.status.signal() == Some(SIGKILL) {
        return true;
    }
    let told = String::from_utf8_lossy(&output.stderr);
    // Killed after its last file, an extraction is finished, and says so when it is said again.
    let is_done = output.status.success() || told.contains("holds a finished batch");
    assert!(is_done, "{}: {told}", arguments.join(" "));
    false
}

/// What everybody does every day, two days later: files that nobody goes on writing are old by then.
fn settle(country: &Country) {
    let long_ago = SystemTime::UNIX_EPOCH;
    for file in files_below(country.0.dir()) {
        let is_in = |name: &str| file.components().any(|part| part.as_os_str() == name);
        if ["inbox", "ttp-inbox", ".partial"].into_iter().any(is_in) {
            fs::File::options().append(true).open(file).unwrap().set_modified(long_ago).unwrap();
        }
    }
    run_until(&country.answering(), None);
    run_until(&country.taking_in(), None);
}

/// What stands when all is done.
struct Ended {
    /// The newest version of each dataset.
    rows: BTreeMap<String, Vec<Row>>,
    /// How many versions each dataset has.
    versions: BTreeMap<String, usize>,
    /// The batches the HDA gave receipts for, and those of records that the TTP answered.
    receipts: Vec<String>,
    answered: Vec<String>,
    /// What the TTP did, without what differs from day to day.
    ledger: Vec<Value>,
    /// What the holder keeps of its batch.
    batch: BTreeSet<String>,
}

impl Ended {
    fn of(country: &Country) -> Self {
        let names = |folder: &str| -> BTreeSet<String> {
            let folder = country.0.dir().join(folder);
            let files = files_below(&folder).into_iter();
            files.map(|file| file.strip_prefix(&folder).unwrap().display().to_string()).collect()
        };
        for inbox in ["ttp-inbox", "inbox"] {
            assert_eq!(names(inbox), BTreeSet::new(), "left in {inbox}");
        }
        let mut lake = names("lake");
        let is_head = |file: &String| file.ends_with("/HEAD");
        let heads = lake.iter().filter_map(|file| file.strip_suffix("/HEAD").map(str::to_owned));
        let (mut rows, mut versions) = (BTreeMap::new(), BTreeMap::new());
        for dataset in heads.collect::<Vec<_>>() {
            rows.insert(dataset.clone(), country.dataset(&dataset));
            let within = |file: &String| file.starts_with(&format!("{dataset}/"));
            let manifests: Vec<String> = lake.iter().filter(|file| within(file)).cloned().collect();
            let manifests = manifests.iter().filter(|file| file.ends_with("/manifest.json"));
            versions.insert(dataset.clone(), manifests.clone().count());
            for manifest in manifests {
                for part in country.parts_in(manifest) {
                    assert!(lake.remove(&part), "{part} is named by a manifest");
                }
                lake.remove(manifest);
            }
            let record = country.0.dir().join("catalogue").join(&dataset).join("record.json");
            let record: Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
            assert_eq!(record["version"].as_str().unwrap(), country.head(&dataset), "{dataset}");
        }
        lake.retain(|file| !is_head(file));
        let receipts = lake.iter().filter_map(|file| {
            Some(file.strip_prefix("_receipts/")?.strip_suffix(".json")?.to_owned())
        });
        let receipts: Vec<String> = receipts.collect();
        lake.retain(|file| !file.starts_with("_receipts/"));
        for batch in &receipts {
            let kept = format!("_pseudonyms/{DOMAIN}/{batch}/");
            assert!(lake.remove(&format!("{kept}kept.json")), "the pseudonyms of {batch}");
            for file in ["link.parquet", "linked.parquet"] {
                lake.remove(&format!("{kept}{file}"));
            }
        }
        assert_eq!(lake, BTreeSet::new(), "in the lake and of no version");

        let audited = answer(&["ttp", "audit", "--dir", &country.0.path("ttp")]);
        let mut ledger = audited.as_array().unwrap().clone();
        let answered = ledger.iter().filter(|entry| entry["purpose"] == "extract");
        let mut answered: Vec<String> =
            answered.map(|entry| entry["batch"].as_str().unwrap().to_owned()).collect();
        answered.sort();
        for entry in &mut ledger {
            let entry = entry.as_object_mut().unwrap();
            entry.retain(|name, _| !["at", "previous", "batch", "manifest"].contains(&&**name));
        }
        Self { rows, versions, receipts, answered, ledger, batch: names("batch-2") }
    }

    fn compare(&self, whole: &Self, told: &str, tally: &mut Tally) {
        for (dataset, rows) in &whole.rows {
            let found = self.rows.get(dataset).map_or(&[][..], Vec::as_slice);
            tally.lost_rows += missing(rows, found);
            tally.doubled_rows += missing(found, rows);
        }
        assert_eq!((tally.lost_rows, tally.doubled_rows), (0, 0), "{told}");
        assert!(self.rows == whole.rows, "the same rows in the same datasets: {told}");
        assert_eq!(self.versions, whole.versions, "{told}");
        assert_eq!(self.ledger, whole.ledger, "{told}");
        assert_eq!(self.receipts, self.answered, "one receipt a batch: {told}");
        assert_eq!(self.receipts.len(), 2, "{told}");
        assert_eq!(self.batch, whole.batch, "{told}");
    }
}

/// How many of these rows are not among others, each counted as often as it comes.
fn missing(rows: &[Row], others: &[Row]) -> usize {
    let mut counts: BTreeMap<&Row, usize> = BTreeMap::new();
    for row in others {
        *counts.entry(row).or_default() += 1;
    }
    let is_missing = |row: &Row| match counts.get_mut(row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    rows.iter().map(is_missing).filter(|missing| *missing).count()
}

/// How often each test kills each of the four processes.
fn kills_of_each() -> usize {
    let asked = std::env::var_os("HDA_KILLS");
    let asked = asked.map(|kills| kills.to_str().unwrap().parse::<usize>().unwrap());
    asked.unwrap_or(KILLS).div_ceil(2 * 4)
}

#[test]
fn killed_at_any_moment_open_rows_are_neither_lost_nor_doubled() {
    OPEN.hold(1, kills_of_each());
}

#[test]
fn killed_at_any_moment_sealed_rows_that_take_the_place_of_others_are_neither_lost_nor_doubled() {
    SEALED.hold(2, kills_of_each());
}
