//! Rows under a key a person: what the HDA holds of people it may not read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use serde_json::{Value, json};

use crate::support::{
    DOMAIN, Hospital, SSIN, answer, by, files_below, lines, patient, run, vaccination,
};

const STAYS: &str = "93051822361";
const NIHDI: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi";
const OPTED_OUT: &str = "00010100105";

/// A hospital, a registry of opt-outs, the owner of a cohort, a TTP and an HDA, who know each other.
struct Country(Hospital);

impl Country {
    fn new() -> Self {
        let country = Self(Hospital::new());
        let path = |name: &str| country.0.path(name);
        for (party, role) in
            [("registry", "opt-out-registry"), ("owner", "cohort-owner"), ("hda", "hda")]
        {
            answer(&["keys", "init", "--party", party, "--role", role, "--dir", &path(party)]);
        }
        let (ttp, ttp_inbox, inbox) = (path("ttp"), path("ttp-inbox"), path("inbox"));
        answer(&["ttp", "init", "--dir", &ttp, "--inbox", &ttp_inbox, "--hda", &inbox]);
        let folders = ["keys", "registry", "owner", "hda", "ttp/keys", "custodian"].map(path);
        let cards = folders.each_ref().map(|folder| format!("{folder}/card.json"));
        for folder in &folders {
            let cards = cards.iter().map(String::as_str);
            let command = ["keys", "register", "--dir", folder];
            answer(&command.into_iter().chain(cards).collect::<Vec<_>>());
        }
        let sealed = path("more");
        let custodian = path("custodian");
        let create =
            ["keys", "domain", "create", "--dir", &custodian, "--domain", DOMAIN, "--out", &sealed];
        let senders = ["--holder", "registry", "--holder", "owner"];
        answer(&[&create[..], &senders].concat());
        for party in ["registry", "owner"] {
            let k1 = format!("{sealed}/{party}.k1.json");
            answer(&["keys", "domain", "receive", "--dir", &path(party), &k1]);
        }
        let domain = ["ttp", "domain", "--dir", &ttp, "--domain", DOMAIN, "--holder", "hospital"];
        answer(&[&domain[..], &senders].concat());
        country
            .0
            .put("source/Patient.ndjson", lines(&[patient("a", STAYS), patient("b", OPTED_OUT)]));
        let records = [(STAYS, "2025-10-03"), (STAYS, "2025-11-03"), (OPTED_OUT, "2025-10-04")];
        let records = records.map(|(person, day)| {
            let mut record = vaccination(&by(SSIN, person), day);
            record["performer"] = json!([{"actor": by(NIHDI, "10000007004")}]);
            record
        });
        country.0.put("source/Immunization.ndjson", lines(&records));
        country
    }

    /// Has a list of people taken in by the TTP.
    fn list(&self, party: &str, purpose: &str, people: &[Value]) {
        self.0.put(&format!("{party}-source/Patient.ndjson"), lines(people));
        let path = |name: &str| self.0.path(name);
        let (source, keys) = (path(&format!("{party}-source")), path(party));
        let (batch, ttp_inbox, inbox) =
            (path(&format!("{party}-batch")), path("ttp-inbox"), path("inbox"));
        let made = ["extract", "--domain", DOMAIN, "--holder", party, "--purpose", purpose];
        answer(&[&made[..], &["--source", &source, "--keys", &keys, "--out", &batch]].concat());
        answer(&["submit", &batch, "--ttp", &ttp_inbox, "--hda", &inbox]);
        assert_eq!(answer(&["ttp", "run", "--dir", &path("ttp")])["answered"], 1);
    }

    /// Extracts and sends; the TTP answers.
    fn send(&self, more: &[&str]) -> Value {
        self.0.extract("source", "batch", more);
        let path = |name: &str| self.0.path(name);
        answer(&["submit", &path("batch"), "--ttp", &path("ttp-inbox"), "--hda", &path("inbox")]);
        let (_, told, _) = run(&["--json", "ttp", "run", "--dir", &path("ttp")]);
        serde_json::from_str(&told).unwrap()
    }

    fn ingest(&self) -> Value {
        let path = |name: &str| self.0.path(name);
        let (inbox, lake, keys) = (path("inbox"), path("lake"), path("hda"));
        let places = ["--inbox", &inbox, "--lake", &lake, "--keys", &keys];
        answer(&[&["ingest"], &places[..], &["--catalog", &path("catalogue")]].concat())
    }

    /// The rows of the newest version of a dataset, column by name.
    fn dataset(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let parts = files_below(&self.0.dir().join("lake").join(name)).into_iter();
        let parts = parts.filter(|file| file.extension().is_some_and(|end| end == "parquet"));
        let mut rows: Vec<_> = parts.flat_map(|part| rows_of(&part.to_string_lossy())).collect();
        rows.sort();
        rows
    }
}

fn rows_of(path: &str) -> Vec<BTreeMap<String, String>> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let text = |field: &Field| match field {
        Field::Bytes(bytes) => format!("{:?}", bytes.data()),
        other => other.to_string(),
    };
    rows.map(|row| row.get_column_iter().map(|(name, value)| (name.clone(), text(value))).collect())
        .collect()
}

#[test]
fn the_hda_has_the_rows_of_people_who_opted_out_and_no_key_to_them() {
    let country = Country::new();
    country.list("registry", "exclude", &[patient("x", OPTED_OUT)]);
    assert_eq!(country.send(&[])["refused"], 0);

    // What lies at the HDA before it takes anything in.
    let inbox = files_below(&country.0.dir().join("inbox"));
    let named = |name: &str| {
        let file = inbox.iter().find(|file| file.ends_with(name)).unwrap();
        rows_of(&file.to_string_lossy())
    };
    let (payload, link) = (named("payload/vaccination.parquet"), named("link/link.parquet"));
    assert_eq!(payload.len(), 2, "one value a person");
    assert!(payload.iter().all(|row| row.len() == 3), "token, number and what is sealed");
    let keys: BTreeMap<&String, &String> = link.iter().map(|row| (&row["t"], &row["k"])).collect();
    let released: Vec<_> = payload.iter().filter(|row| keys.contains_key(&row["t"])).collect();
    assert_eq!(released.len(), 1, "the key of one of the two");
    for file in &inbox {
        let bytes = fs::read(file).unwrap();
        for plain in ["J07BB02", "2025-10", STAYS, OPTED_OUT] {
            let found = memchr::memmem::find(&bytes, plain.as_bytes());
            let is_described = file.extension().is_some_and(|end| end == "json");
            assert!(found.is_none() || is_described, "{plain} is in {}", file.display());
        }
    }

    country.ingest();
    let rows = country.dataset("vaccination");
    assert_eq!(rows.len(), 2, "those of the one who did not opt out");
    assert_eq!(country.dataset("person").len(), 1);
}

#[test]
fn sealed_or_not_the_same_rows_of_the_same_people_come_in() {
    let country = Country::new();
    country.send(&["--release", "sealed"]);
    country.ingest();
    let sealed = ["person", "vaccination"].map(|dataset| country.dataset(dataset));
    assert_eq!(sealed.each_ref().map(Vec::len), [2, 3]);
    // Again as they are, by the same holder, into an empty lake.
    fs::remove_dir_all(country.0.dir().join("batch")).unwrap();
    fs::remove_dir_all(country.0.dir().join("lake")).unwrap();
    country.send(&["--release", "bulk"]);
    country.ingest();
    assert_eq!(["person", "vaccination"].map(|dataset| country.dataset(dataset)), sealed);
}

#[test]
fn where_people_are_left_out_open_rows_are_refused_with_what_to_do() {
    let country = Country::new();
    country.list("owner", "cohort", &[patient("x", STAYS)]);
    let answer = country.send(&["--release", "bulk"]);
    assert_eq!((&answer["answered"], &answer["refused"]), (&json!(0), &json!(1)));
    let refused = files_below(&country.0.dir().join("ttp/refused"));
    let told = fs::read_to_string(&refused[0]).unwrap();
    assert!(told.contains("--release sealed"), "{told}");
}

#[test]
fn of_a_cohort_the_hda_gets_its_people_and_what_they_are_linked_with() {
    let country = Country::new();
    country.list("owner", "cohort", &[patient("x", STAYS)]);
    assert_eq!(country.send(&[])["answered"], 1);
    country.ingest();
    assert_eq!(country.dataset("person").len(), 1);
    let rows = country.dataset("vaccination");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["performer"], rows[1]["performer"]);
    assert_ne!(rows[0]["performer"], "null", "no list of people speaks of who vaccinated them");
}

impl Country {
    /// Has the TTP answer and the HDA take in.
    fn turn(&self) -> Value {
        answer(&["ttp", "run", "--dir", &self.0.path("ttp")]);
        self.ingest()
    }

    fn rekey(&self, more: &[&str]) -> Value {
        let path = |name: &str| self.0.path(name);
        let (lake, keys, ttp) = (path("lake"), path("hda"), path("ttp-inbox"));
        let asked = ["rekey", "--lake", &lake, "--keys", &keys, "--ttp", &ttp, "--domain", DOMAIN];
        answer(&[&asked[..], more].concat())
    }

    /// Extracts and sends a batch of its own folder.
    fn send_next(&self, batch: &str) {
        self.0.extract("source", batch, &[]);
        let path = |name: &str| self.0.path(name);
        answer(&["submit", &path(batch), "--ttp", &path("ttp-inbox"), "--hda", &path("inbox")]);
    }

    /// The rows of the version a dataset has now, in one of the lakes.
    fn newest(&self, lake: &str, name: &str) -> Vec<BTreeMap<String, String>> {
        let folder = self.0.dir().join(lake).join(name);
        let head = fs::read_to_string(folder.join("HEAD")).unwrap();
        let parts = files_below(&folder.join(head.trim())).into_iter();
        let parts = parts.filter(|file| file.extension().is_some_and(|end| end == "parquet"));
        let mut rows: Vec<_> = parts.flat_map(|part| rows_of(&part.to_string_lossy())).collect();
        rows.sort();
        rows
    }
}

/// The research ids that stand in some rows, and those of who vaccinated.
fn ids(rows: &[BTreeMap<String, String>]) -> [BTreeSet<String>; 2] {
    ["research_id", "performer"].map(|column| rows.iter().map(|row| row[column].clone()).collect())
}

#[test]
fn a_new_key_is_laid_over_the_tables_and_one_person_stays_one_person() {
    let country = Country::new();
    country.send(&[]);
    country.ingest();
    let before = country.newest("lake", "vaccination");
    let rotated = ["ttp", "rekey", "--dir", &country.0.path("ttp"), "--domain", DOMAIN];
    let (code, _, told) = run(&rotated);
    assert_eq!(code, 1, "nobody is there to answer");
    assert!(told.contains("--yes"), "{told}");
    assert_eq!(answer(&[&rotated[..], &["--yes"]].concat())["version"], 2);

    // The hospital sends the same again; the HDA cannot link it yet, and does not try to.
    country.send_next("batch-2");
    assert_eq!(country.turn()["waiting"], 1);
    assert_eq!(country.newest("lake", "vaccination"), before);
    assert_eq!(country.rekey(&[])["persons"], 2);
    let done = country.turn();
    assert_eq!(done["rekeyed"][0]["left_out"], 0);
    assert_eq!((&done["waiting"], done["batches"].as_array().unwrap().len()), (&json!(0), 1));

    let after = country.newest("lake", "vaccination");
    assert_eq!((before.len(), after.len()), (3, 6));
    let ([people, vaccinators], [new_people, new_vaccinators]) = (ids(&before), ids(&after));
    assert_eq!((people.len(), new_people.len(), new_vaccinators.len()), (2, 2, 1));
    assert!(people.is_disjoint(&new_people) && vaccinators.is_disjoint(&new_vaccinators));
    let twice: Vec<_> = after.chunks(2).map(|pair| pair[0] == pair[1]).collect();
    assert_eq!(twice, [true; 3], "each row twice, under one id");
    assert_eq!(answer(&["verify", &country.0.path("ttp")])["valid"], true);
}

#[test]
fn a_later_opt_out_reaches_the_tables_at_their_next_version() {
    let country = Country::new();
    country.send(&[]);
    country.ingest();
    country.list("registry", "exclude", &[patient("x", OPTED_OUT)]);
    assert_eq!(country.newest("lake", "vaccination").len(), 3);
    country.rekey(&[]);
    let done = country.turn();
    assert_eq!(done["rekeyed"][0]["left_out"], 2, "the person and a vaccination");
    assert_eq!(country.newest("lake", "vaccination").len(), 2);
    assert_eq!(country.newest("lake", "person").len(), 1);
    // The catalogue describes the new version.
    let record = fs::read(country.0.path("catalogue/vaccination/record.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    let head = fs::read_to_string(country.0.path("lake/vaccination/HEAD")).unwrap();
    assert_eq!(record["version"], head.trim());
}

#[test]
fn two_permits_get_tables_whose_people_nothing_links() {
    const PERMITS: [&str; 2] =
        ["aaaaaaaa-1122-3344-5566-778899aabbcc", "bbbbbbbb-1122-3344-5566-778899aabbcc"];
    let country = Country::new();
    country.send(&[]);
    country.ingest();
    let ttp = country.0.path("ttp");
    let mut people = vec![ids(&country.newest("lake", "vaccination"))];
    for permit in PERMITS {
        let open = ["ttp", "domain", "--dir", &ttp, "--domain", permit, "--source", DOMAIN];
        assert_eq!(answer(&open)["source"], DOMAIN);
        let into = country.0.path(permit);
        country.rekey(&["--permit", permit, "--into", &into, "--dataset", "vaccination"]);
        assert_eq!(country.turn()["rekeyed"][0]["domain"], permit);
        let rows = country.newest(permit, "vaccination");
        assert_eq!(rows.len(), 3);
        people.push(ids(&rows));
        assert!(!country.0.dir().join(permit).join("person").exists(), "what was not asked for");
    }
    for column in 0..2 {
        let all: BTreeSet<_> = people.iter().flat_map(|ids| &ids[column]).collect();
        let each: usize = people.iter().map(|ids| ids[column].len()).sum();
        assert_eq!(all.len(), each, "no id of one is an id of another");
    }
    assert_eq!(country.newest("lake", "vaccination").len(), 3);

    // What was destroyed gives nothing any more, and the others live on.
    let unknown = ["--permit", "cccccccc-1122-3344-5566-778899aabbcc", "--into", "x"];
    country.rekey(&unknown);
    let (_, told, _) = run(&["--json", "ttp", "run", "--dir", &ttp]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["answered"], &told["refused"]), (&json!(0), &json!(1)));
}
