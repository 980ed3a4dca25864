//! Vaccines: SNOMED CT codes of the Belgian value set `be-vs-vaccine-code`, ATC J07, and the
//! ages at which children are offered them.

/// A vaccine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Vaccine {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) atc: &'static str,
    /// Like a CNK; never a real one.
    pub(crate) cnk: &'static str,
}

const fn vaccine(
    code: &'static str,
    name: &'static str,
    atc: &'static str,
    cnk: &'static str,
) -> Vaccine {
    Vaccine { code, name, atc, cnk }
}

pub(crate) const HEXAVALENT: Vaccine = vaccine(
    "871895005",
    "Diphtheria, tetanus, pertussis, polio, Hib and hepatitis B",
    "J07CA09",
    "9200019",
);
pub(crate) const ROTAVIRUS: Vaccine = vaccine("871761004", "Rotavirus", "J07BH01", "9200027");
pub(crate) const PNEUMOCOCCUS_CHILD: Vaccine =
    vaccine("1119254000", "Pneumococcus, 13-valent", "J07AL02", "9200035");
pub(crate) const PNEUMOCOCCUS_ADULT: Vaccine =
    vaccine("1252709000", "Pneumococcus, 20-valent", "J07AL02", "9200043");
pub(crate) const MEASLES: Vaccine =
    vaccine("871831003", "Measles, mumps and rubella", "J07BD52", "9200050");
pub(crate) const MENINGOCOCCUS: Vaccine =
    vaccine("871873006", "Meningococcus A, C, W and Y", "J07AH08", "9200068");
pub(crate) const DTP_POLIO: Vaccine =
    vaccine("871878002", "Diphtheria, tetanus, pertussis and polio", "J07CA02", "9200076");
pub(crate) const PAPILLOMA: Vaccine =
    vaccine("911000221103", "Human papillomavirus", "J07BM03", "9200084");
pub(crate) const DTP_BOOSTER: Vaccine =
    vaccine("871875004", "Diphtheria, tetanus and pertussis", "J07AJ52", "9200092");
pub(crate) const TETANUS: Vaccine =
    vaccine("871826000", "Diphtheria and tetanus", "J07AM51", "9200100");
pub(crate) const INFLUENZA: Vaccine = vaccine("1181000221105", "Influenza", "J07BB02", "9200118");
pub(crate) const COVID: Vaccine = vaccine("28531000087107", "COVID-19", "J07BN01", "9200126");
pub(crate) const HEPATITIS_A: Vaccine = vaccine("871751006", "Hepatitis A", "J07BC02", "9200134");
pub(crate) const YELLOW_FEVER: Vaccine = vaccine("871717007", "Yellow fever", "J07BL01", "9200142");

/// Every vaccine of the sample.
pub(crate) const VACCINES: [&Vaccine; 14] = [
    &HEXAVALENT,
    &ROTAVIRUS,
    &PNEUMOCOCCUS_CHILD,
    &PNEUMOCOCCUS_ADULT,
    &MEASLES,
    &MENINGOCOCCUS,
    &DTP_POLIO,
    &PAPILLOMA,
    &DTP_BOOSTER,
    &TETANUS,
    &INFLUENZA,
    &COVID,
    &HEPATITIS_A,
    &YELLOW_FEVER,
];

/// A dose of the childhood schedule.
#[derive(Debug)]
pub(crate) struct ScheduledDose {
    pub(crate) vaccine: &'static Vaccine,
    pub(crate) number: u32,
    /// Age in weeks when it is offered.
    pub(crate) week: u32,
    /// Children in a thousand who get it.
    pub(crate) coverage: u32,
}

const fn dose(vaccine: &'static Vaccine, number: u32, week: u32, coverage: u32) -> ScheduledDose {
    ScheduledDose { vaccine, number, week, coverage }
}

/// The basic schedule of both communities, simplified to one.
pub(crate) const SCHEDULE: [ScheduledDose; 17] = [
    dose(&HEXAVALENT, 1, 8, 980),
    dose(&HEXAVALENT, 2, 12, 975),
    dose(&HEXAVALENT, 3, 16, 970),
    dose(&HEXAVALENT, 4, 65, 940),
    dose(&ROTAVIRUS, 1, 8, 880),
    dose(&ROTAVIRUS, 2, 12, 860),
    dose(&PNEUMOCOCCUS_CHILD, 1, 8, 970),
    dose(&PNEUMOCOCCUS_CHILD, 2, 16, 960),
    dose(&PNEUMOCOCCUS_CHILD, 3, 52, 940),
    dose(&MEASLES, 1, 52, 955),
    dose(&MEASLES, 2, 400, 850),
    dose(&MENINGOCOCCUS, 1, 65, 930),
    dose(&DTP_POLIO, 5, 310, 880),
    dose(&PAPILLOMA, 1, 640, 780),
    dose(&PAPILLOMA, 2, 668, 730),
    dose(&DTP_BOOSTER, 6, 770, 740),
    dose(&MENINGOCOCCUS, 2, 800, 320),
];
