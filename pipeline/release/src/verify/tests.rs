//! A package that was sealed holds; one that was touched anywhere does not.

use std::collections::BTreeMap;

use pipeline_disclosure::{
    Amount, Category, Contributions, CubeDimension, CubeMeasure, MeasureKind, ProtectedCube,
    RawCell, RawCube, Rules, Source, protect,
};
use pipeline_domain::{Language, Sha256Digest, Signer};
use proptest::prelude::*;
use ring::signature::{Ed25519KeyPair, KeyPair};
use time::macros::datetime;

use crate::{OfficerApproval, Package, PlanAnnex, ReleaseOrder, seal};

use super::*;

const PLAN_JSON: &str = r#"{"title":{"en":"Antibiotics"},"dataset":"dispense"}"#;

struct TestSigner(Ed25519KeyPair);

impl Signer for TestSigner {
    fn sign(&self, context: &str, message: &[u8]) -> Signature {
        let signed = self.0.sign(&Signature::message(context, message));
        Signature::new(signed.as_ref().try_into().unwrap())
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::new(self.0.public_key().as_ref().try_into().unwrap())
    }
}

fn signer(seed: u8) -> TestSigner {
    TestSigner(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
}

fn amount(number: i128) -> Amount {
    Amount::from_millionths(number * 500_000)
}

fn sum(persons: u64, largest: i128) -> Contributions {
    let rest = i128::from(persons.saturating_sub(1));
    Contributions {
        persons,
        total: amount(largest + rest),
        magnitude: amount(largest + rest),
        largest: amount(largest),
        second: amount(1),
    }
}

/// Persons by sex, with the second cell dominated and the third too small.
fn cube_of(persons: [u64; 3]) -> ProtectedCube {
    let label = |text: &str| BTreeMap::from([(Language::En, text.to_owned())]);
    let category = |code: &str| Category { code: code.to_owned(), label: label(code) };
    let sex = CubeDimension {
        name: "person_sex".to_owned(),
        label: label("sex"),
        categories: vec![category("female"), category("male, \"so\""), category("other")],
    };
    let area = CubeDimension {
        name: "person_nis_province".to_owned(),
        label: label("province"),
        categories: vec![category("BE-VAN"), category("BE-WLG")],
    };
    let measure =
        |name: &str, kind| CubeMeasure { name: name.to_owned(), kind, label: label(name) };
    let cell = |at, persons, largest| RawCell {
        at,
        persons,
        records: persons * 2,
        sums: vec![sum(persons, largest)],
    };
    let source = Source {
        plan: Sha256Digest::of(PLAN_JSON.as_bytes()),
        versions: BTreeMap::from([(
            "dispense".parse().unwrap(),
            "20261125T141900Z-0123abcd".parse().unwrap(),
        )]),
    };
    let measures = vec![
        measure("persons", MeasureKind::Persons),
        measure("records", MeasureKind::Records),
        measure("sum_quantity", MeasureKind::Sum),
    ];
    let [female, male, other] = persons;
    let cells = vec![
        cell(vec![0, 0], female, 1),
        cell(vec![1, 0], male, 10_000),
        cell(vec![2, 1], other, 1),
        cell(vec![1, 1], 33, 1),
    ];
    let raw = RawCube::new(source, vec![sex, area], measures, cells).unwrap();
    protect(raw, &Rules::new(10, 10).unwrap())
}

fn cube() -> ProtectedCube {
    cube_of([24, 15, 4])
}

fn order(cube: &ProtectedCube) -> ReleaseOrder {
    ReleaseOrder {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        title: BTreeMap::from([(Language::En, "Antibiotics <2025>".to_owned())]),
        plan: PlanAnnex {
            hash: Sha256Digest::of(PLAN_JSON.as_bytes()),
            json: PLAN_JSON.to_owned(),
            text: BTreeMap::from([(Language::En, "This table shows.".to_owned())]),
        },
        approval: "antibiotics-2025".parse().unwrap(),
        dataset: "dispense".parse().unwrap(),
        version: "20261125T141900Z-0123abcd".parse().unwrap(),
        requester: "a.peeters".to_owned(),
        officer: OfficerApproval {
            by: "m.dubois".to_owned(),
            at: datetime!(2026-11-26 09:00 UTC),
            digest: cube.digest(),
        },
        rules: DisclosureRules::in_force().unwrap(),
        made: datetime!(2026-11-26 09:01 UTC),
        software: "0.1.0".to_owned(),
    }
}

fn package() -> Package {
    seal(&cube(), &order(&cube()), &signer(1)).unwrap()
}

/// Signs the files again after a change, as only the authority could.
fn signed_again(files: &mut BTreeMap<String, Vec<u8>>, change: impl FnOnce(&mut Manifest)) {
    let mut manifest: Manifest = serde_json::from_slice(&files[MANIFEST]).unwrap();
    for entry in &mut manifest.files {
        let bytes = &files[&entry.name];
        entry.bytes = bytes.len() as u64;
        entry.sha256 = Sha256Digest::of(bytes);
    }
    change(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let signature = signer(1).sign(CONTEXT, &bytes);
    files.insert(MANIFEST.to_owned(), bytes);
    files.insert(MANIFEST_SIGNATURE.to_owned(), format!("{signature}\n").into_bytes());
}

#[test]
fn a_sealed_package_holds() {
    let key = signer(1).public_key();
    let verdict = verify(&package().files, Some(&key)).unwrap();
    assert!(verdict.is_trusted);
    assert_eq!((verdict.rows, verdict.shown, verdict.hidden), (4, 8, 4));
    assert_eq!(verdict.manifest.cube, cube().digest());
    assert!(!verify(&package().files, None).unwrap().is_trusted);

    let other = signer(2).public_key();
    let refused = verify(&package().files, Some(&other));
    assert!(matches!(refused, Err(ReleaseError::NotTrusted { .. })));
}

#[test]
fn the_text_files_of_a_package_stay_what_they_are() {
    let files = package().files;
    let mut text = String::new();
    for (name, bytes) in &files {
        if name != "table.parquet" && name != "rules.toml" {
            let content = String::from_utf8(bytes.clone()).unwrap().replace('\r', "");
            text.push_str(&["== ", name, "\n", &content, "\n"].concat());
        }
    }
    // The digest of the Parquet file changes with the version of its library.
    let parquet = Sha256Digest::of(&files["table.parquet"]).to_string();
    let signature = String::from_utf8(files["manifest.sig"].clone()).unwrap();
    let text = text.replace(&parquet, "[parquet]").replace(signature.trim(), "[signature]");
    insta::assert_snapshot!(text);
}

#[test]
fn equal_input_gives_equal_bytes() {
    assert_eq!(package(), package());
}

#[test]
fn an_officer_approves_these_cells_and_not_an_own_request() {
    type Change<'a> = &'a dyn Fn(&mut ReleaseOrder);
    let cube = cube();
    let sealed = |change: &dyn Fn(&mut ReleaseOrder)| {
        let mut order = order(&cube);
        change(&mut order);
        seal(&cube, &order, &signer(1)).map(|_| ()).unwrap_err().to_string()
    };
    let cases: [(Change, &str); 9] = [
        (&|o| o.officer.digest = Sha256Digest::of(b"other"), "let the officer look again"),
        (&|o| o.officer.by = "a.peeters".to_owned(), "cannot approve its release"),
        (&|o| o.officer.by = " A.Peeters".to_owned(), "cannot approve its release"),
        (&|o| o.officer.at = datetime!(2026-11-26 09:02 UTC), "later than the release"),
        (&|o| o.plan.hash = Sha256Digest::of(b"other"), "carries the plan"),
        (&|o| o.plan.json.push(' '), "carries the plan"),
        (&|o| o.version = "20261125T141901Z-0123abcd".parse().unwrap(), "dataset version"),
        (&|o| o.dataset = "person".parse().unwrap(), "dataset version"),
        (
            &|o| {
                let text = o.rules.text().replace("smallest_count = 10", "smallest_count = 11");
                o.rules = DisclosureRules::from_text(&text).unwrap();
            },
            "other rules",
        ),
    ];
    for (change, want) in cases {
        let said = sealed(change);
        assert!(said.contains(want), "{want}: {said}");
    }
}

#[test]
fn a_missing_or_added_file_is_named() {
    for name in package().files.keys() {
        let mut files = package().files;
        files.remove(name);
        match verify(&files, None) {
            Err(ReleaseError::Missing { file }) => assert_eq!(&file, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    let mut files = package().files;
    files.insert("notes.txt".to_owned(), Vec::new());
    let refused = verify(&files, None);
    assert!(matches!(refused, Err(ReleaseError::Extra { file }) if file == "notes.txt"));
}

#[test]
fn even_a_signed_package_must_keep_its_own_rules() {
    type Change = fn(&mut BTreeMap<String, Vec<u8>>);
    let cases: [(Change, &str); 4] = [
        (|files| replace(files, TABLE_CSV, "BE-VAN,24", "BE-VAN,25"), "differ in line 2"),
        (|files| replace(files, TABLE_CSV, "persons,", "people,"), "differ in their columns"),
        (|files| replace(files, PLAN, "Antibiotics", "Vaccines"), "is not the plan"),
        (
            |files| replace(files, RULES, "smallest_count = 10", "smallest_count = 9"),
            "other numbers",
        ),
    ];
    for (change, want) in cases {
        let mut files = package().files;
        change(&mut files);
        signed_again(&mut files, |_| ());
        let said = verify(&files, None).unwrap_err().to_string();
        assert!(said.contains(want), "{want}: {said}");
    }

    // A package sealed by looser rules and relabelled with stricter ones shows too few persons.
    let mut files = package().files;
    replace(&mut files, RULES, "smallest_count = 10", "smallest_count = 20");
    signed_again(&mut files, |manifest| manifest.rules.smallest_count = 20);
    let said = verify(&files, None).unwrap_err().to_string();
    assert!(said.contains("line 4 shows fewer than 20 persons"), "{said}");
}

fn replace(files: &mut BTreeMap<String, Vec<u8>>, name: &str, old: &str, new: &str) {
    let text = String::from_utf8(files[name].clone()).unwrap();
    assert!(text.contains(old), "{text}");
    files.insert(name.to_owned(), text.replacen(old, new, 1).into_bytes());
}

#[test]
fn a_changed_byte_anywhere_is_found() {
    let files = package().files;
    let key = signer(1).public_key();
    for (name, bytes) in &files {
        // Each place in the small files, some four hundred in the larger ones.
        for at in (0..bytes.len()).step_by(bytes.len() / 400 + 1) {
            for bit in [0x01, 0x20, 0x80] {
                let mut changed = files.clone();
                changed.get_mut(name).unwrap()[at] ^= bit;
                assert!(verify(&changed, Some(&key)).is_err(), "{name}, byte {at}, bit {bit:x}");
                assert!(verify(&changed, None).is_err(), "{name}, byte {at}, bit {bit:x}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_table_reads_the_same_from_both_files(persons in prop::array::uniform3(0_u64..40)) {
        let cube = cube_of(persons);
        let package = seal(&cube, &order(&cube), &signer(1)).unwrap();
        let verdict = verify(&package.files, None).unwrap();
        let report = cube.report();
        prop_assert_eq!(verdict.rows as u64, report.cells);
        prop_assert_eq!(verdict.shown as u64, report.shown);
    }
}
