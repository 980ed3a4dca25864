//! The hospital: stays with their diagnosis and medicines, and what is measured at contacts.

use time::Date;

use super::{File, day_of, later};
use crate::draw::Draws;
use crate::population::Sex;
use crate::record::Fact;
use crate::references::measurements::{
    CHOLESTEROL, CREATININE, HBA1C, HEIGHT, Measurement, WEIGHT,
};
use crate::references::medicines::by_atc;
use crate::references::problems::ADMISSIONS;
use crate::report::Holder;

pub(super) fn write(file: &mut File<'_>, draws: &mut Draws) {
    let per_mille = match file.person.age {
        0..40 => 60,
        40..65 => 100,
        _ => 220,
    };
    for year in file.care_years() {
        let stays = draws.chance(per_mille);
        let Some(on) = day_of(year, draws.between(1, 365)) else { continue };
        if stays {
            stay(file, on, draws);
        } else if draws.chance(100) {
            contact(file, on, draws);
        }
    }
}

fn stay(file: &mut File<'_>, on: Date, draws: &mut Draws) {
    let young = file.person.age < 40;
    let admission =
        draws.pick_by(&ADMISSIONS, |admission| if young { admission.2 } else { admission.3 });
    let fact = Fact::Problem { code: admission.0, name: admission.1, admission: true };
    file.add(Holder::Hospital, on, fact, draws);
    let given: &[&str] = match admission.0 {
        "233604007" | "45816000" => &["J01DD04", "N02BE01", "B01AB05"],
        "74400008" | "235919008" => &["J01DC02", "N02BE01", "A04AA01"],
        "5913000" | "125605004" => &["N02AA01", "N02BE01", "B01AB05"],
        "22298006" | "230690007" => &["B01AC06", "B01AB05", "C10AA05"],
        "840539006" => &["B01AB05", "N02BE01", "J01CR05"],
        _ => &["N02BE01"],
    };
    for atc in given {
        let fact = Fact::Administration { medicine: by_atc(atc), prescription: None };
        let day = later(on, draws.below(5));
        file.add(Holder::Hospital, day, fact, draws);
    }
    contact(file, on, draws);
}

/// What is measured when somebody is seen.
fn contact(file: &mut File<'_>, on: Date, draws: &mut Draws) {
    let person = file.person;
    let (height, weight) = body(file, draws);
    value(file, (&HEIGHT, height), on, draws);
    value(file, (&WEIGHT, weight), on, draws);
    if person.age < 16 {
        return;
    }
    let raised = if person.has("38341003") { 14 } else { 0 };
    let systolic = 98 + raised + person.age / 3 + draws.below(30);
    let diastolic = 58 + raised / 2 + person.age / 8 + draws.below(18);
    file.add(Holder::Hospital, on, Fact::BloodPressure { systolic, diastolic }, draws);
    let kidneys = if person.has("709044004") { 6 } else { 0 };
    value(file, (&CREATININE, 6 + kidneys + draws.below(6)), on, draws);
    if person.has("44054006") || person.has("46635009") {
        value(file, (&HBA1C, 58 + draws.below(20) + draws.below(18)), on, draws);
    }
    if person.has("55822004") || draws.chance(120) {
        value(file, (&CHOLESTEROL, 1400 + draws.below(600) + draws.below(700)), on, draws);
    }
}

fn value(
    file: &mut File<'_>,
    (measurement, tenths): (&'static Measurement, u32),
    on: Date,
    draws: &mut Draws,
) {
    file.add(Holder::Hospital, on, Fact::Value { measurement, tenths }, draws);
}

/// Height in tenths of a centimetre and weight in tenths of a kilogram.
fn body(file: &File<'_>, draws: &mut Draws) -> (u32, u32) {
    let person = file.person;
    let grown = match person.sex {
        Sex::Male => 1700,
        Sex::Female => 1580,
    };
    let height = match person.age {
        0..18 => 520 + person.age * (grown - 480) / 18 + draws.below(90),
        _ => grown + draws.below(180),
    };
    // Body mass index in tenths: slim children, heavier with age and with obesity.
    let index = match person.age {
        0..18 => 155 + person.age * 3 + draws.below(35),
        age => 205 + age.min(60) / 2 + draws.below(60),
    } + if person.has("414916001") { 70 } else { 0 };
    (height, index * (height / 10) * (height / 10) / 10_000)
}
