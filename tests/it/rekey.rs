//! Rows under new research ids: after a rotation, for a permit, without who opted out since.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use crate::{
    country::{Country, Row, rows_of},
    sealed::{OPTED_OUT, country, send},
    support::{DOMAIN, answer, files_below, patient, run},
};

impl Country {
    /// Has the TTP answer and the HDA take in.
    fn turn(&self) -> Value {
        answer(&self.answering());
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
        answer(&self.submission(batch));
    }

    /// The rows of the version a dataset has now, in one of the lakes.
    fn newest(&self, lake: &str, name: &str) -> Vec<Row> {
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
fn ids(rows: &[Row]) -> [BTreeSet<String>; 2] {
    ["research_id", "performer"].map(|column| rows.iter().map(|row| row[column].clone()).collect())
}

#[test]
fn a_new_key_is_laid_over_the_tables_and_one_person_stays_one_person() {
    let country = country();
    send(&country, &[]);
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
    let country = country();
    send(&country, &[]);
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
    let country = country();
    send(&country, &[]);
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
