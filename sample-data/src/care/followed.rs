//! What follows from the records there are: a medicine that was dispensed is administered and
//! stands in the scheme, a laboratory reports its results, a stay has its procedure, and the vault
//! sums up.

use std::collections::BTreeMap;

use time::Date;

use super::{File, later};
use crate::draw::Draws;
use crate::record::{Fact, Record};
use crate::references::problems::PROCEDURES;
use crate::report::Holder;

pub(super) fn write(file: &mut File<'_>, draws: &mut Draws) {
    prescriptions_of_lines(file);
    administrations(file, draws);
    reports(file, draws);
    procedures(file, draws);
    summary(file, draws);
}

/// A line of the scheme names the first prescription of its medicine: that makes no draw.
fn prescriptions_of_lines(file: &mut File<'_>) {
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for record in &file.records {
        if let Fact::Prescription { medicine, prescription } = &record.fact {
            first.entry(medicine.atc).or_insert_with(|| prescription.rid.clone());
        }
    }
    for record in &mut file.records {
        if let Fact::MedicationLine { medicine, rid, .. } = &mut record.fact {
            *rid = first.get(medicine.atc).cloned();
        }
    }
}

/// One medicine in twelve that the pharmacy hands over is administered under the eye of a
/// caregiver of the hospital.
fn administrations(file: &mut File<'_>, draws: &mut Draws) {
    let dispensed = facts(file, |record| match &record.fact {
        Fact::Dispense { medicine, prescription } => {
            Some((record.on, *medicine, prescription.clone()))
        }
        _ => None,
    });
    for (on, medicine, prescription) in dispensed {
        if draws.chance(80) {
            let fact = Fact::Administration { medicine, prescription: Some(prescription) };
            file.add(Holder::Hospital, later(on, draws.between(0, 3)), fact, draws);
        }
    }
}

/// The results of a day make one report.
fn reports(file: &mut File<'_>, draws: &mut Draws) {
    let mut results: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    for record in &file.records {
        if let Fact::Value { measurement, .. } = &record.fact
            && measurement.is_laboratory()
        {
            results.entry(record.on).or_default().push(record.id.clone());
        }
    }
    for (on, results) in results {
        file.add(Holder::Hospital, on, Fact::Report { results }, draws);
    }
}

fn procedures(file: &mut File<'_>, draws: &mut Draws) {
    let stays = facts(file, |record| match &record.fact {
        Fact::Problem { code, admission: true, .. } => Some((record.on, *code)),
        _ => None,
    });
    for (on, reason) in stays {
        let Some((_, code, name)) = PROCEDURES.iter().find(|(of, ..)| *of == reason) else {
            continue;
        };
        file.add(Holder::Hospital, on, Fact::Procedure { code, name, reason }, draws);
    }
}

/// The vault keeps a summary of a third of those who have something to sum up.
fn summary(file: &mut File<'_>, draws: &mut Draws) {
    let mut entries: [Vec<String>; 4] = Default::default();
    for record in file.records.iter().filter(|record| record.holder == Holder::Vault) {
        let section = match record.fact {
            Fact::Problem { .. } => 0,
            Fact::Allergy { .. } => 1,
            Fact::MedicationLine { .. } => 2,
            Fact::Vaccination { .. } => 3,
            _ => continue,
        };
        entries[section].push(format!("{}/{}", record.fact.kind().name(), record.id));
    }
    if entries.iter().any(|section| !section.is_empty()) && draws.chance(330) {
        let on = draws.day(file.first_care_day().max(file.person.birth), file.today);
        file.add(Holder::Vault, on, Fact::Summary { entries }, draws);
    }
}

fn facts<T>(file: &File<'_>, wanted: impl Fn(&Record) -> Option<T>) -> Vec<T> {
    file.records.iter().filter_map(wanted).collect()
}
