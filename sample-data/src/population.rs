//! Who lives in the sample: birth date, sex and serial number, after the Belgian age pyramid.
//!
//! Every (birth date, serial number) is a seat, and a person takes the seat the shuffle gives to
//! its index. So no two persons share a number, the pyramid comes out by itself, and person
//! `i` is the same in a sample of ten and of ten million.

use time::{Date, Duration};

use crate::draw::{Draws, Shuffle, Topic};

/// Serial numbers in use per birth day, men and women, by band of five years of age (0-4, 5-9, ...):
/// the shape of the population of Belgium in the 2020s, scaled to the 499 a day can hold for a sex.
const SEATS_A_DAY: [(u32, u32); 21] = [
    (350, 335),
    (385, 370),
    (415, 395),
    (410, 390),
    (415, 400),
    (440, 430),
    (455, 450),
    (460, 455),
    (450, 450),
    (440, 435),
    (465, 460),
    (470, 465),
    (455, 460),
    (400, 420),
    (340, 375),
    (260, 315),
    (150, 210),
    (90, 155),
    (35, 85),
    (6, 24),
    (1, 4),
];

/// Administrative sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sex {
    Male,
    Female,
}

impl Sex {
    /// The FHIR code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// A place in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) birth: Date,
    pub(crate) sex: Sex,
    /// Odd for men, even for women.
    pub(crate) serial: u32,
}

#[derive(Debug)]
struct Band {
    /// The seats of younger bands.
    seats_before: u64,
    first_birth: Date,
    men_a_day: u32,
    women_a_day: u32,
}

/// All seats, and who sits where.
#[derive(Debug)]
pub(crate) struct Population {
    bands: Vec<Band>,
    shuffle: Shuffle,
}

impl Population {
    pub(crate) fn new(seed: u64, today: Date) -> Self {
        let mut bands = Vec::new();
        let mut seats = 0;
        let mut end = today + Duration::days(1);
        for (age, (men_a_day, women_a_day)) in (5..).step_by(5).zip(SEATS_A_DAY) {
            let first_birth = years_before(today, age) + Duration::days(1);
            bands.push(Band { seats_before: seats, first_birth, men_a_day, women_a_day });
            let days = u64::try_from((end - first_birth).whole_days()).unwrap_or(0);
            seats += days * u64::from(men_a_day + women_a_day);
            end = first_birth;
        }
        let shuffle = Shuffle::new(seats, &mut Draws::new(seed, u64::MAX, Topic::Population));
        Self { bands, shuffle }
    }

    /// How many persons there can be at most.
    pub(crate) fn seats(&self) -> u64 {
        self.shuffle.size()
    }

    /// The seat of a person whose index is below `seats`.
    pub(crate) fn seat(&self, person: u64) -> Seat {
        let seat = self.shuffle.at(person);
        let after = self.bands.partition_point(|band| band.seats_before <= seat);
        let band = &self.bands[after.saturating_sub(1)];
        let a_day = u64::from(band.men_a_day + band.women_a_day);
        let in_band = seat - band.seats_before;
        let days = i64::try_from(in_band / a_day).unwrap_or(0);
        let rank = u32::try_from(in_band % a_day).unwrap_or(0);
        let birth = band.first_birth + Duration::days(days);
        if rank < band.men_a_day {
            Seat { birth, sex: Sex::Male, serial: 2 * rank + 1 }
        } else {
            Seat { birth, sex: Sex::Female, serial: 2 * (rank - band.men_a_day) + 2 }
        }
    }
}

/// The same day some years earlier; 28 February stands in for a missing 29.
pub(crate) fn years_before(date: Date, years: i32) -> Date {
    years_after(date, -years)
}

/// The same day some years later; 28 February stands in for a missing 29.
pub(crate) fn years_after(date: Date, years: i32) -> Date {
    let year = date.year() + years;
    date.replace_year(year)
        .or_else(|_| (date - Duration::days(1)).replace_year(year))
        .unwrap_or(date)
}

/// Completed years between two days.
pub(crate) fn age_on(birth: Date, day: Date) -> u32 {
    let years = day.year() - birth.year();
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    u32::try_from(if had_birthday { years } else { years - 1 }).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::date;

    use super::*;

    #[test]
    fn there_are_seats_for_ten_million_and_no_two_share_one() {
        let population = Population::new(1, date!(2026 - 11 - 01));
        assert!(population.seats() > 10_000_000, "{}", population.seats());
        let seats: HashSet<_> = (0..50_000)
            .map(|person| population.seat(person))
            .map(|seat| (seat.birth, seat.serial))
            .collect();
        assert_eq!(seats.len(), 50_000);
    }

    #[test]
    fn sex_follows_parity_and_nobody_is_born_after_today() {
        let today = date!(2024 - 02 - 29);
        let population = Population::new(3, today);
        for person in 0..20_000 {
            let seat = population.seat(person);
            assert_eq!(seat.sex == Sex::Male, seat.serial % 2 == 1);
            assert!((1..=998).contains(&seat.serial));
            assert!(seat.birth <= today && age_on(seat.birth, today) < 105);
        }
    }

    #[test]
    fn the_pyramid_is_belgian() {
        let today = date!(2026 - 11 - 01);
        let population = Population::new(5, today);
        let ages: Vec<u32> =
            (0..20_000).map(|person| age_on(population.seat(person).birth, today)).collect();
        let share = |from, to| {
            ages.iter().filter(|age| (from..to).contains(*age)).count() * 100 / ages.len()
        };
        assert!((18..=22).contains(&share(0, 18)), "minors: {}", share(0, 18));
        assert!((17..=22).contains(&share(65, 105)), "65+: {}", share(65, 105));
    }

    #[test]
    fn age_counts_birthdays() {
        let cases = [
            (date!(2000 - 05 - 10), date!(2026 - 05 - 09), 25),
            (date!(2000 - 05 - 10), date!(2026 - 05 - 10), 26),
            (date!(2026 - 01 - 01), date!(2026 - 11 - 01), 0),
        ];
        for (birth, day, want) in cases {
            assert_eq!(age_on(birth, day), want);
        }
    }
}
