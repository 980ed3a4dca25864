//! A person: number, name, home, the holders that know them and what they live with.

use std::fmt;

use time::Date;

use crate::draw::{Draws, Topic, mix};
use crate::inss::{Inss, Register};
use crate::population::{Population, Sex, age_on, years_after, years_before};
use crate::references::municipalities::{MUNICIPALITIES, Municipality};
use crate::references::names;
use crate::references::problems::{PROBLEMS, Problem};
use crate::report::Holder;

/// What all persons share: the options that shape them, and the seats they take.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) today: Date,
    pub(crate) population: Population,
    hundreds: u32,
}

impl World {
    pub(crate) fn new(seed: u64, today: Date) -> Self {
        let hundreds = MUNICIPALITIES.iter().map(|place| place.hundreds).sum();
        Self { seed, today, population: Population::new(seed, today), hundreds }
    }

    pub(crate) fn draws(&self, person: u64, topic: Topic) -> Draws {
        Draws::new(self.seed, person, topic)
    }

    fn home(&self, draws: &mut Draws) -> &'static Municipality {
        let mut left = draws.below(self.hundreds);
        for place in &MUNICIPALITIES {
            if left < place.hundreds {
                return place;
            }
            left -= place.hundreds;
        }
        &MUNICIPALITIES[0]
    }
}

/// A lasting problem of a person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ailment {
    pub(crate) problem: &'static Problem,
    pub(crate) since: Date,
}

/// A person of the sample.
pub(crate) struct Person {
    pub(crate) index: u64,
    pub(crate) inss: Inss,
    pub(crate) sex: Sex,
    pub(crate) birth: Date,
    pub(crate) age: u32,
    pub(crate) home: &'static Municipality,
    pub(crate) family: &'static str,
    pub(crate) given: &'static str,
    pub(crate) street: String,
    pub(crate) ailments: Vec<Ailment>,
    /// The general practitioner, by NIHDI number.
    pub(crate) doctor: String,
    /// The usual pharmacy, by NIHDI number.
    pub(crate) pharmacy: String,
    /// The laboratory of the hospital nearby.
    pub(crate) laboratory: Organization,
    known_to: [bool; 3],
    record_base: u64,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({}, hidden)", self.index)
    }
}

impl Person {
    pub(crate) fn new(world: &World, index: u64) -> Self {
        let seat = world.population.seat(index);
        let mut draws = world.draws(index, Topic::Identity);
        let register = match draws.below(1000) {
            0..8 => Register::BisSexUnknown,
            8..35 => Register::BisSexKnown,
            _ => Register::National,
        };
        let home = world.home(&mut draws);
        let language = home.language();
        let age = age_on(seat.birth, world.today);
        Self {
            index,
            inss: Inss::new(seat.birth, seat.serial, register),
            sex: seat.sex,
            birth: seat.birth,
            age,
            home,
            family: draws.pick(names::family_names(language)),
            given: draws.pick(names::given_names(language, seat.sex)),
            street: format!("{} {}", draws.pick(names::streets(language)), draws.between(1, 240)),
            ailments: ailments(world, index, (seat.birth, seat.sex, age), home),
            doctor: nihdi(&mut draws, home, 100_000),
            pharmacy: nihdi(&mut draws, home, 200_000),
            laboratory: Organization::laboratory_of(home),
            known_to: known_to(&mut draws, age),
            record_base: mix(world.seed),
        }
    }

    /// The number of the pharmacy as an enterprise.
    pub(crate) fn pharmacy_enterprise(&self) -> String {
        enterprise(400_000 + number_of(&self.pharmacy))
    }

    /// Whether a holder has a file on this person.
    pub(crate) fn is_known_to(&self, holder: Holder) -> bool {
        self.known_to[holder as usize]
    }

    /// The id of the Patient resource of this person at a holder; holders share no ids.
    pub(crate) fn patient_id(&self, holder: Holder) -> String {
        // Mixing is one-to-one, so no two persons of a holder ever share an id.
        let salt = self.record_base ^ mix(holder as u64 + 1);
        format!("{:016x}", mix(self.index ^ salt))
    }

    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    pub(crate) fn has(&self, code: &str) -> bool {
        self.ailments.iter().any(|ailment| ailment.problem.code == code)
    }
}

fn known_to(draws: &mut Draws, age: u32) -> [bool; 3] {
    let hospital = draws.chance(if age < 60 { 300 } else { 480 });
    let vault = draws.chance(840);
    let prescriptions = draws.chance(890);
    [hospital, vault || !(hospital || prescriptions), prescriptions]
}

/// The problems a person has by now, in the order of the list.
fn ailments(
    world: &World,
    index: u64,
    (birth, sex, age): (Date, Sex, u32),
    home: &Municipality,
) -> Vec<Ailment> {
    let mut draws = world.draws(index, Topic::Problems);
    let deprived = matches!(home.province(), "Hainaut" | "Liège" | "Brussels");
    let mut found = Vec::new();
    for problem in &PROBLEMS {
        let mut per_ten_thousand = problem.prevalence(sex, age);
        if problem.deprivation && deprived {
            per_ten_thousand = per_ten_thousand * 4 / 3;
        }
        if draws.below(10_000) < per_ten_thousand {
            let earliest =
                years_before(world.today, 18).max(years_after(birth, 1)).min(world.today);
            found.push(Ailment { problem, since: draws.day(earliest, world.today) });
        }
    }
    found
}

/// An organisation, by its two numbers.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    /// NIHDI: eight digits.
    pub(crate) nihdi: String,
    /// CBE: ten digits.
    pub(crate) cbe: String,
}

impl Organization {
    fn laboratory_of(home: &Municipality) -> Self {
        let place = MUNICIPALITIES.iter().position(|other| other.nis == home.nis).unwrap_or(0);
        // A laboratory serves some eight municipalities.
        let first_six = 810_000 + u32::try_from(place / 8).unwrap_or(0);
        Self { nihdi: with_check(first_six), cbe: enterprise(first_six) }
    }
}

/// The number of an enterprise (CBE): `0`, seven digits, and the check.
fn enterprise(number: u32) -> String {
    let first_eight = 4_000_000 + number;
    format!("{first_eight:08}{:02}", 97 - first_eight % 97)
}

/// The first six digits of a NIHDI number.
fn number_of(nihdi: &str) -> u32 {
    nihdi.get(..6).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A NIHDI number of eight digits: six, from `first` on, then the check; the bigger the
/// municipality, the more doctors and pharmacies it has.
fn nihdi(draws: &mut Draws, home: &Municipality, first: u32) -> String {
    let place = MUNICIPALITIES.iter().position(|other| other.nis == home.nis).unwrap_or(0);
    let offices = (home.hundreds / 20).clamp(2, 60);
    let first_six = first + u32::try_from(place).unwrap_or(0) * 100 + draws.below(offices);
    with_check(first_six)
}

fn with_check(first_six: u32) -> String {
    format!("{first_six}{:02}", 97 - first_six % 97)
}
