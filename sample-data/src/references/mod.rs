//! The lists behind the sample, and the same lists as CSV so that every code has a label.

pub(crate) mod measurements;
pub(crate) mod medicines;
pub(crate) mod municipalities;
pub(crate) mod names;
pub(crate) mod problems;
pub(crate) mod vaccines;

use measurements::{BLOOD_PRESSURE, DIASTOLIC, MEASUREMENTS, SYSTOLIC};
use medicines::MEDICINES;
use municipalities::MUNICIPALITIES;
use problems::{ADMISSIONS, ALLERGENS, PROBLEMS, PROCEDURES, REACTIONS, REFERRALS, THERAPIES};
use vaccines::VACCINES;

/// A reference list: file name and content.
pub(crate) type List = (&'static str, Result<Vec<u8>, csv::Error>);

/// All lists, in a fixed order.
pub(crate) fn lists() -> [List; 9] {
    [
        ("municipalities.csv", municipalities()),
        ("medicines.csv", medicines()),
        ("vaccines.csv", vaccines()),
        ("problems.csv", problems()),
        ("allergens.csv", pairs(ALLERGENS.iter().map(|row| (row.0, row.1)))),
        ("reactions.csv", pairs(REACTIONS)),
        ("measurements.csv", measurements()),
        ("referrals.csv", referrals()),
        ("procedures.csv", pairs(PROCEDURES.iter().map(|row| (row.1, row.2)))),
    ]
}

fn municipalities() -> Result<Vec<u8>, csv::Error> {
    let head = ["nis", "name", "province", "region", "postal_code", "inhabitants"];
    table(
        &head,
        MUNICIPALITIES.iter().map(|place| {
            [
                place.nis.to_owned(),
                place.name.to_owned(),
                place.province().to_owned(),
                place.region().to_owned(),
                place.postal_code.to_owned(),
                (place.hundreds * 100).to_string(),
            ]
        }),
    )
}

fn medicines() -> Result<Vec<u8>, csv::Error> {
    let head = ["atc", "name", "product_code", "strength", "pack_size", "ddd_per_pack"];
    table(
        &head,
        MEDICINES.iter().map(|medicine| {
            let ddd = match medicine.ddd_tenths {
                0 => String::new(),
                tenths => format!("{}.{}", tenths / 10, tenths % 10),
            };
            [
                medicine.atc.to_owned(),
                medicine.name.to_owned(),
                medicine.cnk.to_owned(),
                medicine.strength.to_owned(),
                medicine.pack.to_string(),
                ddd,
            ]
        }),
    )
}

fn vaccines() -> Result<Vec<u8>, csv::Error> {
    let rows =
        VACCINES.iter().map(|vaccine| [vaccine.code, vaccine.name, vaccine.atc, vaccine.cnk]);
    table(&["snomed_ct", "name", "atc", "product_code"], rows)
}

fn problems() -> Result<Vec<u8>, csv::Error> {
    let lasting = PROBLEMS.iter().map(|problem| (problem.code, problem.name));
    pairs(lasting.chain(ADMISSIONS.iter().map(|row| (row.0, row.1))))
}

fn measurements() -> Result<Vec<u8>, csv::Error> {
    let parts = [SYSTOLIC, DIASTOLIC].map(|(code, name)| [code, name, "mm[Hg]"]);
    let rows = MEASUREMENTS
        .iter()
        .map(|measurement| [measurement.code, measurement.name, measurement.unit]);
    let panel = [[BLOOD_PRESSURE.0, BLOOD_PRESSURE.1, ""]];
    table(&["loinc", "name", "ucum"], rows.chain(panel).chain(parts))
}

fn referrals() -> Result<Vec<u8>, csv::Error> {
    let mut rows: Vec<(&str, &str)> = REFERRALS
        .iter()
        .chain(&THERAPIES)
        .flat_map(|row| [row.category, row.code, row.reason])
        .collect();
    rows.sort_unstable();
    rows.dedup();
    pairs(rows)
}

fn pairs(
    rows: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Result<Vec<u8>, csv::Error> {
    table(&["snomed_ct", "name"], rows.into_iter().map(|(code, name)| [code, name]))
}

fn table<Row: IntoIterator<Item: AsRef<[u8]>>>(
    head: &[&str],
    rows: impl IntoIterator<Item = Row>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_province_is_there_and_no_code_twice() {
        let codes: BTreeSet<_> = MUNICIPALITIES.iter().map(|place| place.nis).collect();
        assert_eq!(codes.len(), MUNICIPALITIES.len());
        let provinces: BTreeSet<_> =
            MUNICIPALITIES.iter().map(municipalities::Municipality::province).collect();
        assert_eq!(provinces.len(), 11, "ten provinces and Brussels");
        assert!(MUNICIPALITIES.iter().any(|place| place.hundreds < 20), "small ones exist");
    }

    #[test]
    fn every_treatment_is_a_known_medicine_and_codes_are_unique() {
        for problem in &PROBLEMS {
            for (atc, _) in problem.treatment {
                assert_eq!(medicines::by_atc(atc).atc, *atc, "{}", problem.name);
            }
        }
        let products: BTreeSet<_> = MEDICINES
            .iter()
            .map(|medicine| medicine.cnk)
            .chain(VACCINES.iter().map(|vaccine| vaccine.cnk))
            .collect();
        assert_eq!(products.len(), MEDICINES.len() + VACCINES.len());
        assert!(products.iter().all(|code| code.len() == 7 && code.starts_with('9')));
    }

    #[test]
    fn each_list_has_a_head_and_rows() {
        for (name, list) in lists() {
            let list = String::from_utf8(list.expect("the list is written")).expect("UTF-8");
            assert!(list.lines().count() > 4, "{name}");
        }
    }
}
