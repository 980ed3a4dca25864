//! A profile, an authority and a release that the tests of this crate share.

use pipeline_domain::{
    ColumnKind, ColumnProfile, DatasetId, DatasetProfile, Language, Sha256Digest, VersionId,
};
use time::macros::datetime;

use crate::{
    Authority, Declared, FileFormat, HolderName, Record, ReleaseFacts, ReleaseFile, ReleaseRecord,
    Text, Variable, describe, describe_release,
};

pub(crate) const THRESHOLD: u64 = 10;

pub(crate) fn text(words: &str) -> Text {
    Text::from([(Language::En, words.to_owned())])
}

pub(crate) fn authority() -> Authority {
    let hospital = HolderName {
        name: "General Hospital \"Saint Elsewhere\"".to_owned(),
        kind: "healthcare-providers".parse().unwrap(),
    };
    let vault = HolderName { name: "First-line vault".to_owned(), ..hospital.clone() };
    let holders = [("hospital".parse().unwrap(), hospital), ("vault".parse().unwrap(), vault)];
    Authority { holders: holders.into(), ..Authority::belgium().unwrap() }
}

fn column(name: &str, kind: ColumnKind, description: &str, filled: u64) -> ColumnProfile {
    ColumnProfile {
        name: name.to_owned(),
        kind,
        description: text(description),
        element: None,
        code_system: None,
        filled,
    }
}

pub(crate) fn profile() -> DatasetProfile {
    let made = datetime!(2026-11-25 14:19:00 UTC);
    DatasetProfile {
        dataset: "vaccination".parse().unwrap(),
        version: VersionId::new(made, &Sha256Digest::of(b"rows")),
        domain: "018f4f3c-0000-7000-8000-000000000001".parse().unwrap(),
        made,
        holders: vec!["hospital".parse().unwrap(), "vault".parse().unwrap()],
        records: 41_233,
        persons: 17_020,
        period: Some("2019-01-03/2026-10-31".parse().unwrap()),
        ages: Some((0, 103)),
        resource: "Immunization".to_owned(),
        columns: vec![
            ColumnProfile {
                element: Some("Immunization.vaccineCode".to_owned()),
                code_system: Some("http://snomed.info/sct".to_owned()),
                ..column("vaccine_code", ColumnKind::Text, "The vaccine that was given", 41_233)
            },
            ColumnProfile {
                code_system: Some("https://cnk.example/codes".to_owned()),
                ..column(
                    "product_code",
                    ColumnKind::Text,
                    "The \"box\", C:\\ by number\nor not",
                    40_000,
                )
            },
            ColumnProfile {
                element: Some("Immunization.occurrence[x]".to_owned()),
                ..column("given_on", ColumnKind::Date, "The day on which it was given", 41_230)
            },
            column("dose_number", ColumnKind::Integer, "Which dose of the series it was", 3),
        ],
    }
}

pub(crate) fn declared() -> Declared {
    let vaccination: DatasetId = "vaccination".parse().unwrap();
    Declared::builtin(&vaccination).unwrap()
}

pub(crate) fn record() -> Record {
    describe(&profile(), &declared(), &authority(), THRESHOLD).unwrap()
}

pub(crate) fn facts() -> ReleaseFacts {
    let dimension = Variable {
        name: "sex".to_owned(),
        kind: ColumnKind::Text,
        description: text("Sex as the holder registered it"),
        element: Some("Patient.gender".to_owned()),
        code_system: None,
        filled_percent: None,
    };
    let measure = Variable {
        name: "persons".to_owned(),
        kind: ColumnKind::Integer,
        description: text("How many persons; empty where fewer than 10"),
        element: None,
        ..dimension.clone()
    };
    let file = |name: &str, format, bytes| ReleaseFile { name: name.to_owned(), format, bytes };
    ReleaseFacts {
        id: "018f4f3c-0000-7000-8000-00000000000a".parse().unwrap(),
        title: text("Persons vaccinated against influenza, by sex"),
        description: text("How many persons got a vaccine against influenza in 2025."),
        columns: vec![dimension, measure],
        source: profile().dataset,
        source_version: profile().version,
        period: Some("2025-01-01/2025-12-31".parse().unwrap()),
        issued: datetime!(2026-11-25 15:00:00 UTC),
        files: vec![
            file("table.csv", FileFormat::Csv, 812),
            file("table.parquet", FileFormat::Parquet, 2_048),
        ],
        base: authority().namespace,
    }
}

pub(crate) fn release() -> ReleaseRecord {
    describe_release(facts(), &declared(), &authority()).unwrap()
}
