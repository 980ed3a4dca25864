//! How people live and fare outside hospital: smoking, birth, what is measured at home, and the
//! assessments of the old. The vault has it.

use super::{File, day_of, later};
use crate::draw::Draws;
use crate::record::{Answers, Fact};
use crate::references::measurements::{
    BIRTH_WEIGHT, GESTATIONAL_AGE, HOME_GLUCOSE, SMOKING_ANSWERS,
};
use crate::report::Holder;

pub(super) fn write(file: &mut File<'_>, draws: &mut Draws) {
    smoking(file, draws);
    birth(file, draws);
    glucose_at_home(file, draws);
}

fn smoking(file: &mut File<'_>, draws: &mut Draws) {
    if file.person.age < 14 || !draws.chance(180) {
        return;
    }
    let group = match file.person.age {
        0..18 => 0,
        18..65 => 1,
        _ => 2,
    };
    let (answer, _) = *draws.pick_by(&SMOKING_ANSWERS, |(_, weights)| weights[group]);
    let on = draws.day(file.first_care_day(), file.today);
    file.add(Holder::Vault, on, Fact::Lifestyle { answer }, draws);
}

/// Weight and weeks at birth, for those whose birth the vault has seen.
fn birth(file: &mut File<'_>, draws: &mut Draws) {
    if file.person.birth < file.first_care_day() || !draws.chance(900) {
        return;
    }
    let weeks = 36 + draws.below(6);
    let grams = 2_100 + (weeks - 36) * 220 + draws.below(900);
    for (measurement, tenths) in [(&GESTATIONAL_AGE, weeks * 10), (&BIRTH_WEIGHT, grams * 10)] {
        file.add(Holder::Vault, file.person.birth, Fact::Value { measurement, tenths }, draws);
    }
}

/// A week of values from the meter that some people with diabetes share with their caregivers.
fn glucose_at_home(file: &mut File<'_>, draws: &mut Draws) {
    let diabetic = file.person.has("44054006") || file.person.has("46635009");
    if !diabetic || !draws.chance(120) {
        return;
    }
    let start = draws.day(file.first_care_day(), file.today);
    for day in 0..7 {
        let tenths = (80 + draws.below(70) + draws.below(70)) * 10;
        let fact = Fact::Telemonitoring { measurement: &HOME_GLUCOSE, tenths };
        file.add(Holder::Vault, later(start, day), fact, draws);
    }
}

/// A third of those over eighty are assessed once a year.
pub(super) fn assess(file: &mut File<'_>, draws: &mut Draws) {
    if file.person.age < 80 || !draws.chance(330) {
        return;
    }
    let frailty = draws.below(4);
    for year in file.care_years() {
        let Some(on) = day_of(year, draws.between(1, 365)) else { continue };
        let activities = std::array::from_fn(|_| (frailty + draws.below(3)).min(6));
        let falls = if draws.chance(300) { draws.between(1, 3) } else { 0 };
        let weight_tenths = 480 + draws.below(400);
        let answers = Answers { activities, falls, weight_tenths };
        file.add(Holder::Vault, on, Fact::Assessment { answers }, draws);
    }
}
