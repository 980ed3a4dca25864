//! Every party of a domain, in a folder: what a journey of sealed rows needs.

use std::{collections::BTreeMap, fs};

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use serde_json::Value;

use crate::support::{DOMAIN, Hospital, answer, lines};

/// A hospital, a registry of opt-outs, the owner of a cohort, a TTP and an HDA, who know each other.
pub(crate) struct Country(pub(crate) Hospital);

/// A row of a file: column by name.
pub(crate) type Row = BTreeMap<String, String>;

impl Country {
    pub(crate) fn new() -> Self {
        let country = Self(Hospital::new());
        let path = |name: &str| country.0.path(name);
        for (party, role) in
            [("registry", "opt-out-registry"), ("owner", "cohort-owner"), ("hda", "hda")]
        {
            answer(&["keys", "init", "--party", party, "--role", role, "--dir", &path(party)]);
        }
        country.place_ttp();
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
        let ttp = path("ttp");
        let domain = ["ttp", "domain", "--dir", &ttp, "--domain", DOMAIN, "--holder", "hospital"];
        answer(&[&domain[..], &senders].concat());
        country
    }

    /// The same parties with the same keys and everything they hold, in a folder of their own.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self(self.0.copy());
        copy.place_ttp();
        copy
    }

    /// Tells the TTP where its inbox and the HDA's are.
    fn place_ttp(&self) {
        let path = |name: &str| self.0.path(name);
        let (ttp, ttp_inbox, inbox) = (path("ttp"), path("ttp-inbox"), path("inbox"));
        answer(&["ttp", "init", "--dir", &ttp, "--inbox", &ttp_inbox, "--hda", &inbox]);
    }

    /// Has a list of people taken in by the TTP.
    pub(crate) fn list(&self, party: &str, purpose: &str, people: &[Value]) {
        self.0.put(&format!("{party}-source/Patient.ndjson"), lines(people));
        let path = |name: &str| self.0.path(name);
        let (source, keys) = (path(&format!("{party}-source")), path(party));
        let batch = path(&format!("{party}-batch"));
        let made = ["extract", "--domain", DOMAIN, "--holder", party, "--purpose", purpose];
        answer(&[&made[..], &["--source", &source, "--keys", &keys, "--out", &batch]].concat());
        answer(&self.submission(&format!("{party}-batch")));
        assert_eq!(answer(&self.answering())["answered"], 1);
    }

    /// The command line that sends a batch.
    pub(crate) fn submission(&self, batch: &str) -> Vec<String> {
        let path = |name: &str| self.0.path(name);
        let (ttp, hda) = (path("ttp-inbox"), path("inbox"));
        ["submit", &path(batch), "--ttp", &ttp, "--hda", &hda].map(str::to_owned).to_vec()
    }

    /// The command line of a pass of the TTP.
    pub(crate) fn answering(&self) -> Vec<String> {
        ["ttp", "run", "--dir", &self.0.path("ttp")].map(str::to_owned).to_vec()
    }

    /// The command line of a pass of the HDA.
    pub(crate) fn taking_in(&self) -> Vec<String> {
        let path = |name: &str| self.0.path(name);
        let (inbox, lake, keys) = (path("inbox"), path("lake"), path("hda"));
        let catalogue = path("catalogue");
        let places = ["--inbox", &inbox, "--lake", &lake, "--keys", &keys, "--catalog", &catalogue];
        [&["ingest"], &places[..]].concat().into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn ingest(&self) -> Value {
        answer(&self.taking_in())
    }

    /// The name of the newest version of a dataset.
    pub(crate) fn head(&self, dataset: &str) -> String {
        let head = self.0.dir().join("lake").join(dataset).join("HEAD");
        fs::read_to_string(head).unwrap().trim().to_owned()
    }

    /// The files a manifest of a version names; all inside the lake.
    pub(crate) fn parts_in(&self, manifest: &str) -> Vec<String> {
        let version = manifest.strip_suffix("manifest.json").unwrap();
        let manifest = fs::read(self.0.dir().join("lake").join(manifest)).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let parts = manifest["parts"].as_array().unwrap().iter();
        parts.map(|part| format!("{version}{}", part["name"].as_str().unwrap())).collect()
    }

    /// The rows of the newest version of a dataset, in order.
    pub(crate) fn dataset(&self, name: &str) -> Vec<Row> {
        let manifest = format!("{name}/{}/manifest.json", self.head(name));
        let parts = self.parts_in(&manifest).into_iter();
        let path = |part| self.0.path(&format!("lake/{part}"));
        let mut rows: Vec<_> = parts.flat_map(|part: String| rows_of(&path(part))).collect();
        rows.sort();
        rows
    }
}

/// The rows of a Parquet file.
pub(crate) fn rows_of(path: &str) -> Vec<Row> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let text = |field: &Field| match field {
        Field::Bytes(bytes) => format!("{:?}", bytes.data()),
        other => other.to_string(),
    };
    rows.map(|row| row.get_column_iter().map(|(name, value)| (name.clone(), text(value))).collect())
        .collect()
}
