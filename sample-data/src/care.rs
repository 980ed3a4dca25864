//! What happens to a person: vaccinations, problems, prescriptions, stays, measurements,
//! referrals, assessments, and what follows from those. Each topic draws from its own stream, so the topics do not disturb each other.

mod followed;
mod hospital;
mod lifestyle;
mod medication;
mod vaccination;

use time::{Date, Duration, Month};

use crate::draw::{Draws, Topic};
use crate::person::{Person, World};
use crate::population::years_before;
use crate::record::{Fact, Naming, Record};
use crate::references::problems::{ALLERGENS, REACTIONS, REFERRALS, Referral, THERAPIES};
use crate::report::Holder;

/// Years of vaccination history the vault has.
const VACCINATION_YEARS: i32 = 5;
/// Full calendar years of prescriptions and stays before the one `today` is in.
const CARE_YEARS: i32 = 3;

/// All records about a person, at the holders that know them.
pub(crate) fn history(world: &World, person: &Person) -> Vec<Record> {
    let mut file = File { today: world.today, person, records: Vec::new() };
    problems(&mut file, &mut world.draws(person.index, Topic::Summary));
    vaccination::write(&mut file, &mut world.draws(person.index, Topic::Vaccination));
    medication::write(&mut file, &mut world.draws(person.index, Topic::Medication));
    hospital::write(&mut file, &mut world.draws(person.index, Topic::Hospital));
    referrals(&mut file, &mut world.draws(person.index, Topic::Referral));
    // These come last: what was there before them stays as it was, the bad rows too.
    therapies(&mut file, &mut world.draws(person.index, Topic::OtherReferral));
    lifestyle::write(&mut file, &mut world.draws(person.index, Topic::Lifestyle));
    lifestyle::assess(&mut file, &mut world.draws(person.index, Topic::Assessment));
    followed::write(&mut file, &mut world.draws(person.index, Topic::Followed));
    file.records
}

/// The records of a person in the making.
struct File<'a> {
    today: Date,
    person: &'a Person,
    records: Vec<Record>,
}

impl File<'_> {
    /// Adds what happened, if the holder knows the person and the day has come; the draws are the
    /// same either way.
    fn add(&mut self, holder: Holder, on: Date, fact: Fact, draws: &mut Draws) {
        let id = draws.uuid();
        let naming = Naming::draw(holder, draws);
        let minute = draws.between(8 * 60, 18 * 60);
        if self.person.is_known_to(holder) && on <= self.today && on >= self.person.birth {
            self.records.push(Record { holder, id, on, minute, naming, fact });
        }
    }

    /// The calendar years of care, the current one included.
    fn care_years(&self) -> std::ops::RangeInclusive<i32> {
        self.today.year() - CARE_YEARS..=self.today.year()
    }

    fn first_care_day(&self) -> Date {
        first_day_of(self.today.year() - CARE_YEARS).unwrap_or(self.today)
    }
}

fn first_day_of(year: i32) -> Option<Date> {
    Date::from_calendar_date(year, Month::January, 1).ok()
}

/// A day of a year; the ordinal runs from 1 to 365.
fn day_of(year: i32, ordinal: u32) -> Option<Date> {
    Date::from_ordinal_date(year, u16::try_from(ordinal).ok()?).ok()
}

/// Some days later.
fn later(day: Date, days: u32) -> Date {
    day.saturating_add(Duration::days(i64::from(days)))
}

/// The lasting problems and allergies, in the vault's summary and partly in the hospital's file.
fn problems(file: &mut File<'_>, draws: &mut Draws) {
    let person = file.person;
    for ailment in &person.ailments {
        let (code, name) = (ailment.problem.code, ailment.problem.name);
        for (holder, known) in [(Holder::Vault, 900), (Holder::Hospital, 550)] {
            if draws.chance(known) {
                let fact = Fact::Problem { code, name, admission: false };
                file.add(holder, ailment.since, fact, draws);
            }
        }
    }
    if draws.chance(170) {
        let allergen = draws.pick_by(&ALLERGENS, |allergen| allergen.3);
        let reaction = draws.pick(&REACTIONS);
        let severe = draws.chance(120);
        let since = draws.day(years_before(file.today, 15).max(person.birth), file.today);
        for (holder, known) in [(Holder::Vault, 950), (Holder::Hospital, 700)] {
            if draws.chance(known) {
                let fact = Fact::Allergy { allergen, reaction, severe };
                file.add(holder, since, fact, draws);
            }
        }
    }
}

/// Referrals: some twelve a hundred persons a year, more with age.
fn referrals(file: &mut File<'_>, draws: &mut Draws) {
    let per_mille = 40 + 2 * file.person.age;
    for year in file.care_years() {
        if !draws.chance(per_mille) {
            continue;
        }
        refer(file, &REFERRALS, year, draws);
    }
}

/// Referrals to a speech therapist, dietitian or occupational therapist: two a hundred persons a
/// year.
fn therapies(file: &mut File<'_>, draws: &mut Draws) {
    for year in file.care_years() {
        if draws.chance(20) {
            refer(file, &THERAPIES, year, draws);
        }
    }
}

fn refer(file: &mut File<'_>, kinds: &'static [Referral], year: i32, draws: &mut Draws) {
    let young = file.person.age < 40;
    let weight = |kind: &Referral| if young { kind.weights.0 } else { kind.weights.1 };
    let referral = draws.pick_by(kinds, weight);
    let Some(on) = day_of(year, draws.between(1, 365)) else { return };
    let identifier = draws.text(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 12);
    file.add(Holder::Prescriptions, on, Fact::Referral { referral, identifier }, draws);
}
