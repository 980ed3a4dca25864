//! Vaccinations: the childhood schedule, influenza in autumn, COVID-19, boosters, travel.

use time::Date;

use super::{File, VACCINATION_YEARS, day_of, first_day_of, later};
use crate::draw::Draws;
use crate::population::age_on;
use crate::record::Fact;
use crate::references::vaccines::{
    COVID, DTP_BOOSTER, HEPATITIS_A, INFLUENZA, PNEUMOCOCCUS_ADULT, SCHEDULE, TETANUS, Vaccine,
    YELLOW_FEVER,
};
use crate::report::Holder;

pub(super) fn write(file: &mut File<'_>, draws: &mut Draws) {
    childhood(file, draws);
    influenza(file, draws);
    covid(file, draws);
    boosters(file, draws);
}

fn vaccinate(
    file: &mut File<'_>,
    (vaccine, number): (&'static Vaccine, u32),
    on: Date,
    draws: &mut Draws,
) {
    let known_since = first_day_of(file.today.year() - VACCINATION_YEARS);
    let lot = format!("{}{}", draws.text(b"ABCDEFGHKLMRTVX", 2), draws.between(1000, 99_999));
    let (coded, refused) = (draws.chance(400), draws.chance(6));
    if known_since.is_some_and(|since| on >= since) {
        let fact = Fact::Vaccination { vaccine, number, lot, coded, refused };
        file.add(Holder::Vault, on, fact, draws);
    }
}

fn childhood(file: &mut File<'_>, draws: &mut Draws) {
    for dose in &SCHEDULE {
        let given = draws.chance(dose.coverage);
        let delay = draws.below(30);
        if given && file.person.age <= 18 {
            let on = later(file.person.birth, dose.week * 7 + delay);
            vaccinate(file, (dose.vaccine, dose.number), on, draws);
        }
    }
}

/// From October to mid December; who takes the vaccine one year mostly takes it the next.
fn influenza(file: &mut File<'_>, draws: &mut Draws) {
    let frail = file.person.has("44054006") || file.person.has("13645005");
    let per_mille = match file.person.age {
        0..18 => 15,
        18..50 => 60,
        50..65 => 190,
        _ => 600,
    };
    let usually = draws.chance(if frail { per_mille + 200 } else { per_mille });
    for year in file.today.year() - VACCINATION_YEARS..=file.today.year() {
        let this_year = draws.chance(if usually { 820 } else { 8 });
        let on = day_of(year, draws.between(274, 348));
        if let (true, Some(on)) = (this_year, on) {
            vaccinate(file, (&INFLUENZA, 1), on, draws);
        }
    }
}

/// The campaign of 2021 by age, oldest first, a first booster, then autumn doses for the old.
fn covid(file: &mut File<'_>, draws: &mut Draws) {
    let age_then = match day_of(2021, 1) {
        Some(then) if then > file.person.birth => age_on(file.person.birth, then),
        _ => return,
    };
    let (per_mille, earliest) = match age_then {
        0..5 => (0, 365),
        5..12 => (250, 350),
        12..18 => (650, 200),
        18..65 => (810, 130),
        65..80 => (910, 75),
        _ => (900, 35),
    };
    if !draws.chance(per_mille) {
        return;
    }
    let Some(first) = day_of(2021, (earliest + draws.below(45)).min(365)) else { return };
    vaccinate(file, (&COVID, 1), first, draws);
    let second = later(first, draws.between(28, 70));
    vaccinate(file, (&COVID, 2), second, draws);
    if draws.chance(if age_then < 18 { 120 } else { 560 }) {
        vaccinate(file, (&COVID, 3), later(second, draws.between(120, 200)), draws);
    }
    for (number, year) in (4..).zip(2022..=file.today.year()) {
        let again = draws.chance(if age_then >= 65 { 480 } else { 45 });
        let on = day_of(year, draws.between(258, 340));
        if let (true, Some(on)) = (again, on) {
            vaccinate(file, (&COVID, number), on, draws);
        }
    }
}

fn boosters(file: &mut File<'_>, draws: &mut Draws) {
    let first = first_day_of(file.today.year() - VACCINATION_YEARS).unwrap_or(file.today);
    let adult = file.person.age >= 25;
    for (vaccine, per_mille, wanted) in [
        (&TETANUS, 90, adult),
        (&DTP_BOOSTER, 110, adult),
        (&PNEUMOCOCCUS_ADULT, 260, file.person.age >= 65),
        (&HEPATITIS_A, 45, adult),
        (&YELLOW_FEVER, 12, adult),
    ] {
        let given = draws.chance(per_mille);
        let on = draws.day(first, file.today);
        if given && wanted {
            vaccinate(file, (vaccine, 1), on, draws);
        }
    }
}
