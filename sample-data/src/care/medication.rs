//! Prescriptions, what the pharmacy hands over, and the medication scheme.

use time::Date;

use super::{File, day_of, later};
use crate::draw::{Draws, mix};
use crate::population::{Sex, years_after, years_before};
use crate::record::{Fact, Prescription};
use crate::references::medicines::{Medicine, by_atc};
use crate::report::Holder;

/// The URIs under which product codes (CNK) are written in real data, and how often.
const PRODUCT_SYSTEMS: [(&str, u32); 4] = [
    ("https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes", 60),
    ("http://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes", 15),
    ("https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/cnk-codes", 15),
    ("https://cnk.apb.be/codings/cnk_product_codes", 10),
];

/// Antibiotics and other short courses: ATC, weight for children, men and women.
const SHORT_COURSES: [(&str, [u32; 3]); 11] = [
    ("J01CA04", [40, 14, 13]),
    ("J01CR02", [14, 14, 12]),
    ("J01FA10", [5, 6, 6]),
    ("J01FA09", [4, 3, 3]),
    ("J01XE01", [1, 1, 14]),
    ("J01MA02", [0, 4, 4]),
    ("M01AE01", [6, 18, 18]),
    ("N02BE01", [6, 20, 22]),
    ("N02AX02", [0, 6, 6]),
    ("R05CB01", [4, 5, 5]),
    ("N05CF02", [0, 4, 6]),
];

pub(super) fn write(file: &mut File<'_>, draws: &mut Draws) {
    let mut numbers = Numbers { person: file.person.index, next: 0 };
    for (medicine, since) in lasting_treatments(file, draws) {
        scheme_line(file, medicine, since, draws);
        renewals(file, medicine, since, (&mut numbers, draws));
    }
    short_courses(file, &mut numbers, draws);
}

/// Numbers of prescriptions: `BEP` and nine characters, never the same one twice.
struct Numbers {
    person: u64,
    next: u64,
}

impl Numbers {
    fn next(&mut self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        // Person and count side by side make the number unique; multiplying by an odd number
        // within 45 bits keeps it so and hides the counting.
        let place = (self.person << 8 | self.next & 0xff) + 1;
        let scattered = place.wrapping_mul(mix(1) | 1) & ((1 << 45) - 1);
        self.next += 1;
        let digits = (0..9).rev().map(|at| ALPHABET[(scattered >> (5 * at) & 31) as usize]);
        std::iter::once("BEP".to_owned()).chain(digits.map(|c| char::from(c).to_string())).collect()
    }
}

/// What a person takes for years: for each problem, and contraceptives.
fn lasting_treatments(file: &File<'_>, draws: &mut Draws) -> Vec<(&'static Medicine, Date)> {
    let person = file.person;
    let mut treatments: Vec<(&'static Medicine, Date)> = Vec::new();
    for ailment in &person.ailments {
        for (atc, per_mille) in ailment.problem.treatment {
            let medicine = by_atc(atc);
            let taken_already = treatments.iter().any(|(other, _)| other == &medicine);
            if draws.chance(*per_mille) && !taken_already {
                treatments.push((medicine, later(ailment.since, draws.below(60))));
            }
        }
    }
    if person.sex == Sex::Female && (15..46).contains(&person.age) && draws.chance(360) {
        let atc = if draws.chance(700) { "G03AA07" } else { "G03AA12" };
        let since = years_before(file.today, 5).max(years_after(person.birth, 14));
        treatments.push((by_atc(atc), since));
    }
    treatments
}

fn scheme_line(file: &mut File<'_>, medicine: &'static Medicine, since: Date, draws: &mut Draws) {
    if draws.chance(620) {
        let stopped = draws.chance(150);
        let end = later(since, draws.between(30, 900));
        let until = (stopped && end <= file.today).then_some(end);
        file.add(Holder::Vault, since, Fact::MedicationLine { medicine, until, rid: None }, draws);
    }
}

/// A lasting treatment is prescribed anew every 14 to 21 months, with repeats in between; a third
/// never pass this server, because a hospital's own pharmacy provides them.
fn renewals(
    file: &mut File<'_>,
    medicine: &'static Medicine,
    since: Date,
    (numbers, draws): (&mut Numbers, &mut Draws),
) {
    if draws.chance(330) {
        return;
    }
    let mut on = since.max(later(file.first_care_day(), draws.below(300)));
    while on <= file.today {
        let packs = draws.between(1, 2);
        prescribe(file, (medicine, packs, draws.between(1, 3)), on, (numbers, draws));
        on = later(on, draws.between(420, 640));
    }
}

fn short_courses(file: &mut File<'_>, numbers: &mut Numbers, draws: &mut Draws) {
    let group = match (file.person.age, file.person.sex) {
        (0..15, _) => 0,
        (_, Sex::Male) => 1,
        (_, Sex::Female) => 2,
    };
    for year in file.care_years() {
        if !draws.chance(230) {
            continue;
        }
        let (atc, _) = draws.pick_by(&SHORT_COURSES, |(_, weights)| weights[group]);
        let in_winter = atc.starts_with("J01") || atc.starts_with("R05");
        let Some(on) = day_of(year, season(in_winter, draws)) else { continue };
        prescribe(file, (by_atc(atc), 1, 0), on, (numbers, draws));
    }
}

/// A day of the year; two thirds of the winter ones fall in November to March.
fn season(in_winter: bool, draws: &mut Draws) -> u32 {
    if in_winter && draws.chance(660) {
        (draws.between(305, 455) - 1) % 365 + 1
    } else {
        draws.between(1, 365)
    }
}

/// One prescription, and mostly its dispense a few days on.
fn prescribe(
    file: &mut File<'_>,
    (medicine, packs, repeats): (&'static Medicine, u32, u32),
    on: Date,
    (numbers, draws): (&mut Numbers, &mut Draws),
) {
    let (product_system, _) = *draws.pick_by(&PRODUCT_SYSTEMS, |(_, weight)| *weight);
    let prescription = Prescription { rid: numbers.next(), packs, repeats, product_system };
    let dispensed = draws.chance(910);
    let days = if draws.chance(700) { draws.below(3) } else { draws.between(3, 25) };
    let holder = Holder::Prescriptions;
    let fact = Fact::Prescription { medicine, prescription: prescription.clone() };
    file.add(holder, on, fact, draws);
    if dispensed {
        file.add(holder, later(on, days), Fact::Dispense { medicine, prescription }, draws);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn prescription_numbers_are_twelve_characters_and_never_repeat() {
        let mut seen = HashSet::new();
        for person in (0..2_000).chain(9_998_000..10_000_000) {
            let mut numbers = Numbers { person, next: 0 };
            for _ in 0..10 {
                let number = numbers.next();
                assert_eq!(number.len(), 12);
                assert!(seen.insert(number));
            }
        }
    }
}
