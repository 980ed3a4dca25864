//! Invented data for the preview and for the tests of the pages.

use std::{collections::BTreeMap, error::Error, path::Path, sync::Arc};

use catalog::{Authority, Declared, HolderName};
use opendal::{Operator, services::Memory};
use pipeline_domain::{
    ColumnKind, ColumnProfile, DatasetProfile, Language, ReleaseId, Sha256Digest, Timestamp,
    VersionId,
};
use portal_store::Store;
use portal_web::{DemoAccount, Portal, Transport};
use portal_workflow::{
    Actor, Amount, ColumnRole, HiddenReason, ReleaseProposal, Role, TableCell, TableColumn,
    TableView,
};
use time::macros::datetime;

/// The password of every invented account.
pub(crate) const PASSWORD: &str = "only-a-preview";
/// A release that is public.
pub(crate) const PUBLIC: &str = "0199f1a0-0000-7000-8000-000000000001";
/// A release that waits for an officer.
pub(crate) const PENDING: &str = "0199f1a0-0000-7000-8000-000000000002";

const ACCOUNTS: [(&str, Role); 4] = [
    ("otto", Role::PrivacyOfficer),
    ("anna", Role::PolicyAnalyst),
    ("rosa", Role::Researcher),
    ("aude", Role::Auditor),
];

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A portal with three datasets, a public and a pending release, and an account for some roles.
pub(crate) async fn portal(
    database: &Path,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Outcome<Portal> {
    let now = clock();
    let portal = Portal {
        store: Store::open(database).await?,
        catalogue: Operator::new(Memory::default())?,
        releases: Operator::new(Memory::default())?,
        clock: Arc::new(clock),
        transport: Transport::LoopbackHttp,
        demo_accounts: Some(accounts()?),
        authority_name: BTreeMap::new(),
    };
    for account in accounts()? {
        let organisation = "Health Data Authority";
        portal
            .store
            .create_account(&account.name, &account.password, account.role, organisation, now)
            .await?;
    }
    for (number, dataset) in (1..).zip(["vaccination", "dispense", "problem"]) {
        describe(&portal.catalogue, dataset, number).await?;
    }
    for proposal in [by_age()?, by_province()?] {
        portal.store.propose(&proposal, &Actor::System, now).await?;
    }
    publish(&portal, PUBLIC.parse()?, now).await?;
    Ok(portal)
}

/// Writes the files of a package; its signature is as invented as the rest.
pub(crate) async fn seal(releases: &Operator, proposal: &ReleaseProposal) -> Outcome<()> {
    let id = proposal.id;
    releases.write(&format!("{id}/table.csv"), "province,persons\nAntwerp,1204\n").await?;
    releases.write(&format!("{id}/table.parquet"), "PAR1 invented PAR1").await?;
    releases.write(&format!("{id}/report.json"), "{}").await?;
    releases.write(&format!("{id}/manifest.json"), "{}").await?;
    releases.write(&format!("{id}/manifest.json.sig"), "invented").await?;
    Ok(())
}

async fn publish(portal: &Portal, id: ReleaseId, now: Timestamp) -> Outcome<()> {
    let officer = Actor::person("otto".parse()?, Role::PrivacyOfficer, "Health Data Authority");
    let release = portal.store.release(id).await?.ok_or("the release was proposed")?;
    let digest = release.case.subject().digest;
    let approval = release.case.approve(&officer, &digest, now)?;
    portal.store.record(id, &approval).await?;
    seal(&portal.releases, &release.proposal).await?;
    let published = release.case.apply(&approval)?.publish(&Actor::System, now)?;
    portal.store.record(id, &published).await?;
    Ok(())
}

fn accounts() -> Outcome<Vec<DemoAccount>> {
    let mut accounts = Vec::new();
    for (name, role) in ACCOUNTS {
        accounts.push(DemoAccount { name: name.parse()?, password: PASSWORD.into(), role });
    }
    Ok(accounts)
}

async fn describe(catalogue: &Operator, dataset: &str, number: u64) -> Outcome<()> {
    let made = datetime!(2026-11-24 09:30 UTC);
    let profile = DatasetProfile {
        dataset: dataset.parse()?,
        version: VersionId::new(made, &Sha256Digest::of(dataset.as_bytes())),
        domain: "018f4f3c-0000-7000-8000-000000000001".parse()?,
        made,
        holders: vec!["hospital-north".parse()?, "first-line-vault".parse()?],
        records: 41_233 * number,
        persons: 17_020 + number,
        period: Some("2019-01-03/2026-10-31".parse()?),
        ages: Some((0, 103)),
        resource: "Immunization".into(),
        columns: columns(41_233 * number),
    };
    let declared = Declared::builtin(&profile.dataset)?;
    let record = catalog::describe(&profile, &declared, &authority()?, 10)?;
    catalogue.write(&format!("{dataset}/record.json"), serde_json::to_vec(&record)?).await?;
    catalogue.write(&format!("{dataset}/record.ttl"), "# invented\n").await?;
    catalogue.write(&format!("{dataset}/record.jsonld"), "{}").await?;
    Ok(())
}

fn columns(records: u64) -> Vec<ColumnProfile> {
    let column =
        |name: &str, kind, english: &str, dutch: &str, element: &str, filled| ColumnProfile {
            name: name.into(),
            kind,
            description: BTreeMap::from([
                (Language::En, english.to_owned()),
                (Language::Nl, dutch.to_owned()),
            ]),
            element: Some(element.into()),
            code_system: None,
            filled,
        };
    vec![
        ColumnProfile {
            code_system: Some("http://snomed.info/sct".into()),
            ..column(
                "vaccine_code",
                ColumnKind::Text,
                "The vaccine that was given",
                "Het toegediende vaccin",
                "Immunization.vaccineCode",
                records,
            )
        },
        column(
            "given_on",
            ColumnKind::Date,
            "The day on which it was given",
            "De dag waarop het werd toegediend",
            "Immunization.occurrenceDateTime",
            records - 310,
        ),
        column(
            "dose_number",
            ColumnKind::Integer,
            "Which dose of the series it was",
            "De hoeveelste dosis van de reeks",
            "Immunization.protocolApplied.doseNumberPositiveInt",
            records / 3,
        ),
        column(
            "birth_year",
            ColumnKind::Integer,
            "The year in which the person was born",
            "Het geboortejaar van de persoon",
            "Patient.birthDate",
            records,
        ),
    ]
}

fn authority() -> Outcome<Authority> {
    let hospital =
        HolderName { name: "General Hospital North".into(), kind: "healthcare-providers".parse()? };
    let vault = HolderName { name: "First-line vault".into(), ..hospital.clone() };
    let holders = BTreeMap::from([
        ("hospital-north".parse()?, hospital),
        ("first-line-vault".parse()?, vault),
    ]);
    Ok(Authority { holders, ..Authority::belgium()? })
}

fn words(texts: [&str; 4]) -> BTreeMap<Language, String> {
    Language::ALL.into_iter().zip(texts.map(str::to_owned)).collect()
}

fn column(name: &str, role: ColumnRole, labels: [&str; 4]) -> TableColumn {
    TableColumn { name: name.into(), label: words(labels), role }
}

fn persons_column() -> TableColumn {
    let labels = ["Personen", "Personnes", "Personen", "People"];
    column("persons", ColumnRole::Measure, labels)
}

fn by_province() -> Outcome<ReleaseProposal> {
    let labels = ["Provincie", "Province", "Provinz", "Province"];
    let columns = vec![column("province", ColumnRole::Dimension, labels), persons_column()];
    let counts = [
        ("Antwerpen", Some(2_841)),
        ("Brussels", Some(1_904)),
        ("Hainaut", Some(1_377)),
        ("Liège", Some(1_210)),
        ("Limburg", Some(956)),
        ("Luxembourg", None),
        ("Namur", Some(402)),
        ("Oost-Vlaanderen", Some(2_230)),
        ("Vlaams-Brabant", Some(1_655)),
        ("Brabant wallon", None),
        ("West-Vlaanderen", Some(1_788)),
    ];
    let rows = counts.map(|(name, count)| vec![TableCell::Label(name.into()), cell(count)]);
    let title = words([
        "Personen met een griepvaccinatie per provincie, 2025",
        "Personnes vaccinées contre la grippe par province, 2025",
        "Gegen Grippe geimpfte Personen je Provinz, 2025",
        "People vaccinated against influenza by province, 2025",
    ]);
    let plan_text = words([
        "Telt personen met minstens één griepvaccinatie in 2025, per provincie van verblijf.",
        "Compte les personnes avec au moins une vaccination contre la grippe en 2025, par province.",
        "Zählt Personen mit mindestens einer Grippeimpfung im Jahr 2025, je Provinz des Wohnorts.",
        "Counts people with at least one influenza vaccination in 2025, by province of residence.",
    ]);
    Ok(ReleaseProposal {
        id: PENDING.parse()?,
        title,
        plan_text,
        table: TableView::new(columns, rows.into())?,
        ..proposal(PENDING)?
    })
}

fn by_age() -> Outcome<ReleaseProposal> {
    let columns = vec![
        column("age_group", ColumnRole::Dimension, ["Leeftijd", "Âge", "Alter", "Age"]),
        column("sex", ColumnRole::Dimension, ["Geslacht", "Sexe", "Geschlecht", "Sex"]),
        persons_column(),
    ];
    let counts = [
        ("0-17", "women", Some(611)),
        ("0-17", "men", Some(640)),
        ("18-64", "women", Some(3_120)),
        ("18-64", "men", Some(2_705)),
        ("65-89", "women", Some(2_988)),
        ("65-89", "men", Some(2_411)),
        ("90+", "women", Some(122)),
        ("90+", "men", None),
    ];
    let row = |(age, sex, count): (&str, &str, _)| {
        vec![TableCell::Label(age.into()), TableCell::Label(sex.into()), cell(count)]
    };
    let title = words([
        "Personen met een griepvaccinatie per leeftijd en geslacht, 2025",
        "Personnes vaccinées contre la grippe par âge et sexe, 2025",
        "Gegen Grippe geimpfte Personen nach Alter und Geschlecht, 2025",
        "People vaccinated against influenza by age and sex, 2025",
    ]);
    let plan_text = words([
        "Telt personen met minstens één griepvaccinatie in 2025, per leeftijdsgroep en geslacht.",
        "Compte les personnes avec au moins une vaccination contre la grippe en 2025, par âge et sexe.",
        "Zählt Personen mit mindestens einer Grippeimpfung im Jahr 2025, nach Alter und Geschlecht.",
        "Counts people with at least one influenza vaccination in 2025, by age group and sex.",
    ]);
    Ok(ReleaseProposal {
        title,
        plan_text,
        table: TableView::new(columns, counts.map(row).into())?,
        ..proposal(PUBLIC)?
    })
}

fn proposal(id: &str) -> Outcome<ReleaseProposal> {
    Ok(ReleaseProposal {
        id: id.parse()?,
        title: BTreeMap::new(),
        plan_text: BTreeMap::new(),
        plan_json: "{\n  \"dataset\": \"vaccination\",\n  \"measures\": [\"persons\"]\n}".into(),
        approval: "standing-2026-03".parse()?,
        dataset: "vaccination".parse()?,
        dataset_version: "20261124T093000Z-0123abcd".parse()?,
        requester: "Public health unit".into(),
        digest: Sha256Digest::of(id.as_bytes()),
        table: TableView::new(Vec::new(), Vec::new())?,
    })
}

fn cell(count: Option<u64>) -> TableCell {
    let hidden = HiddenReason::TooFewPersons { smallest_count: 10 };
    count.map_or(TableCell::Hidden(hidden), |count| TableCell::Number(Amount::from(count)))
}
