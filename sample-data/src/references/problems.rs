//! Problems people live with (SNOMED CT), how common they are by age and sex, and what is
//! prescribed for them.

use crate::population::Sex;

/// A lasting problem.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// Persons in ten thousand who have it, at 0-17, 18-39, 40-64 and 65 years and over.
    pub(crate) men: [u32; 4],
    pub(crate) women: [u32; 4],
    /// Where smoking and poverty weigh more, it is a third more common (Hainaut, Liège, Brussels).
    pub(crate) deprivation: bool,
    /// ATC codes, and how many of a thousand with the problem take them.
    pub(crate) treatment: &'static [(&'static str, u32)],
}

impl Problem {
    /// Persons in ten thousand.
    pub(crate) fn prevalence(&self, sex: Sex, age: u32) -> u32 {
        let by_age = match sex {
            Sex::Male => self.men,
            Sex::Female => self.women,
        };
        match age {
            0..18 => by_age[0],
            18..40 => by_age[1],
            40..65 => by_age[2],
            _ => by_age[3],
        }
    }
}

const fn problem(
    code: &'static str,
    name: &'static str,
    men: [u32; 4],
    women: [u32; 4],
    deprivation: bool,
    treatment: &'static [(&'static str, u32)],
) -> Problem {
    Problem { code, name, men, women, deprivation, treatment }
}

/// The lasting problems of the sample. Treatments follow on each other: a person with diabetes
/// takes metformin, and mostly a statin with it.
pub(crate) const PROBLEMS: [Problem; 31] = [
    problem(
        "38341003",
        "Hypertension",
        [5, 250, 2100, 5200],
        [4, 200, 1900, 5400],
        true,
        &[("C09AA04", 270), ("C09CA01", 180), ("C07AB07", 260), ("C08CA01", 220), ("C07AB12", 90)],
    ),
    problem(
        "44054006",
        "Type 2 diabetes mellitus",
        [1, 60, 750, 1800],
        [1, 60, 560, 1500],
        true,
        &[("A10BA02", 780), ("C10AA05", 450), ("A10BK03", 200), ("A10BB09", 170), ("A10AE04", 130)],
    ),
    problem(
        "46635009",
        "Type 1 diabetes mellitus",
        [28, 45, 45, 35],
        [25, 40, 40, 30],
        false,
        &[("A10AE04", 950)],
    ),
    problem(
        "55822004",
        "Hyperlipidemia",
        [2, 120, 1500, 3100],
        [2, 90, 1150, 2900],
        false,
        &[("C10AA05", 320), ("C10AA07", 250), ("C10AA01", 180)],
    ),
    problem(
        "195967001",
        "Asthma",
        [900, 600, 500, 550],
        [700, 700, 700, 650],
        true,
        &[("R03AC02", 420), ("R03AK07", 460)],
    ),
    problem(
        "13645005",
        "Chronic obstructive lung disease",
        [0, 15, 420, 1150],
        [0, 15, 330, 750],
        true,
        &[("R03BB04", 560), ("R03AC02", 380)],
    ),
    problem(
        "61582004",
        "Allergic rhinitis",
        [600, 1000, 700, 350],
        [550, 1000, 800, 400],
        false,
        &[("R06AE07", 250), ("R01AD09", 180)],
    ),
    problem(
        "35489007",
        "Depressive disorder",
        [60, 500, 750, 700],
        [120, 900, 1350, 1300],
        true,
        &[("N06AB10", 270), ("N06AB06", 230), ("N06AB05", 70), ("N06AX16", 130)],
    ),
    problem(
        "197480006",
        "Anxiety disorder",
        [120, 500, 550, 450],
        [200, 850, 950, 800],
        false,
        &[("N05BA12", 240), ("N06AB10", 160)],
    ),
    problem(
        "40930008",
        "Hypothyroidism",
        [10, 60, 160, 350],
        [20, 260, 750, 1250],
        false,
        &[("H03AA01", 880)],
    ),
    problem(
        "235595009",
        "Gastroesophageal reflux disease",
        [80, 400, 1000, 1500],
        [70, 400, 1050, 1700],
        false,
        &[("A02BC02", 460), ("A02BC01", 240)],
    ),
    problem(
        "49436004",
        "Atrial fibrillation",
        [0, 10, 200, 1300],
        [0, 5, 90, 1000],
        false,
        &[("B01AF02", 720), ("C07AB07", 520)],
    ),
    problem(
        "53741008",
        "Coronary arteriosclerosis",
        [0, 15, 450, 1800],
        [0, 5, 150, 900],
        true,
        &[("B01AC06", 780), ("C10AA05", 620)],
    ),
    problem(
        "84114007",
        "Heart failure",
        [0, 5, 110, 800],
        [0, 5, 70, 800],
        true,
        &[("C03CA01", 640), ("C07AB07", 450)],
    ),
    problem(
        "709044004",
        "Chronic kidney disease",
        [5, 20, 250, 1600],
        [5, 20, 220, 1650],
        true,
        &[("C09AA05", 300)],
    ),
    problem(
        "396275006",
        "Osteoarthritis",
        [0, 60, 1100, 2700],
        [0, 70, 1500, 4200],
        false,
        &[("N02BE01", 330), ("M01AB05", 120)],
    ),
    problem(
        "64859006",
        "Osteoporosis",
        [0, 5, 60, 450],
        [0, 10, 350, 2100],
        false,
        &[("M05BA04", 340), ("A11CC05", 520)],
    ),
    problem(
        "37796009",
        "Migraine",
        [200, 500, 450, 150],
        [300, 1600, 1500, 450],
        false,
        &[("N02CC01", 160)],
    ),
    problem("90560007", "Gout", [0, 60, 400, 950], [0, 5, 60, 350], false, &[("M04AA01", 520)]),
    problem(
        "266569009",
        "Benign prostatic hyperplasia",
        [0, 5, 700, 3200],
        [0, 0, 0, 0],
        false,
        &[("G04CA02", 480)],
    ),
    problem("414916001", "Obesity", [350, 1100, 1800, 1800], [330, 1100, 1700, 1900], true, &[]),
    problem(
        "9014002",
        "Psoriasis",
        [60, 220, 320, 320],
        [60, 200, 280, 280],
        false,
        &[("D07AC01", 300), ("L04AX03", 60)],
    ),
    problem(
        "26929004",
        "Alzheimer's disease",
        [0, 0, 15, 500],
        [0, 0, 15, 850],
        false,
        &[("N06DA02", 300)],
    ),
    problem(
        "49049000",
        "Parkinson's disease",
        [0, 0, 35, 280],
        [0, 0, 25, 190],
        false,
        &[("N04BA02", 780)],
    ),
    problem("24700007", "Multiple sclerosis", [0, 10, 18, 12], [0, 24, 38, 25], false, &[]),
    problem("34000006", "Crohn's disease", [10, 40, 40, 25], [10, 40, 45, 30], false, &[]),
    problem("190905008", "Cystic fibrosis", [3, 2, 0, 0], [3, 2, 0, 0], false, &[("R05CB01", 500)]),
    problem(
        "254837009",
        "Malignant neoplasm of breast",
        [0, 0, 1, 2],
        [0, 15, 210, 480],
        false,
        &[],
    ),
    problem("399068003", "Malignant tumor of prostate", [0, 0, 90, 650], [0, 0, 0, 0], false, &[]),
    problem("363406005", "Malignant tumor of colon", [0, 2, 45, 210], [0, 2, 38, 170], false, &[]),
    problem(
        "57676002",
        "Joint pain",
        [60, 200, 500, 700],
        [70, 250, 650, 900],
        false,
        &[("N02BE01", 200)],
    ),
];

/// Reasons for a stay in hospital: code, name, weight for the young (under 40) and the others.
pub(crate) const ADMISSIONS: [(&str, &str, u32, u32); 10] = [
    ("74400008", "Appendicitis", 30, 8),
    ("233604007", "Pneumonia", 20, 40),
    ("5913000", "Fracture of neck of femur", 1, 25),
    ("22298006", "Myocardial infarction", 1, 18),
    ("230690007", "Cerebrovascular accident", 2, 22),
    ("840539006", "Disease caused by severe acute respiratory syndrome coronavirus 2", 6, 14),
    ("45816000", "Pyelonephritis", 14, 12),
    ("235919008", "Gallbladder calculus", 10, 18),
    ("125605004", "Fracture of bone", 34, 22),
    ("82271004", "Injury of head", 20, 12),
];

/// Substances people react to (SNOMED CT): code, name, FHIR category, weight.
pub(crate) const ALLERGENS: [(&str, &str, &str, u32); 12] = [
    ("764146007", "Penicillin", "medication", 30),
    ("372687004", "Amoxicillin", "medication", 14),
    ("387207008", "Ibuprofen", "medication", 7),
    ("387458008", "Aspirin", "medication", 6),
    ("111088007", "Latex", "environment", 5),
    ("256277009", "Grass pollen", "environment", 16),
    ("260147004", "House dust mite", "environment", 14),
    ("288328004", "Bee venom", "environment", 3),
    ("762952008", "Peanut", "food", 5),
    ("3718001", "Cow's milk", "food", 4),
    ("102263004", "Eggs", "food", 3),
    ("735029006", "Shellfish", "food", 3),
];

/// What a reaction looks like (SNOMED CT).
pub(crate) const REACTIONS: [(&str, &str); 4] = [
    ("126485001", "Urticaria"),
    ("271807003", "Eruption of skin"),
    ("267036007", "Dyspnea"),
    ("39579001", "Anaphylaxis"),
];

/// What one caregiver asks of another (SNOMED CT): category, its name, code, name, reason, its
/// name, weight for the young (under 40) and the others.
pub(crate) const REFERRALS: [Referral; 12] = [
    referral(
        ("91251008", "Physical therapy"),
        ("91251008", "Physical therapy"),
        ("161891005", "Backache"),
        (30, 34),
    ),
    referral(
        ("91251008", "Physical therapy"),
        ("91251008", "Physical therapy"),
        ("57676002", "Joint pain"),
        (14, 26),
    ),
    referral(
        ("9632001", "Nursing procedure"),
        ("225358003", "Wound care"),
        ("416462003", "Wound"),
        (4, 20),
    ),
    referral(
        ("9632001", "Nursing procedure"),
        ("18629005", "Administration of drug or medicament"),
        ("44054006", "Type 2 diabetes mellitus"),
        (2, 18),
    ),
    referral(
        ("363679005", "Imaging"),
        ("77477000", "Computed tomography"),
        ("161891005", "Backache"),
        (5, 12),
    ),
    referral(
        ("363679005", "Imaging"),
        ("113091000", "Magnetic resonance imaging"),
        ("57676002", "Joint pain"),
        (8, 12),
    ),
    referral(
        ("363679005", "Imaging"),
        ("16310003", "Ultrasonography"),
        ("21522001", "Abdominal pain"),
        (12, 12),
    ),
    referral(
        ("363679005", "Imaging"),
        ("168537006", "Plain radiography"),
        ("125605004", "Fracture of bone"),
        (14, 10),
    ),
    referral(
        ("15220000", "Laboratory test"),
        ("26604007", "Complete blood count"),
        ("84229001", "Fatigue"),
        (34, 44),
    ),
    referral(
        ("15220000", "Laboratory test"),
        ("43396009", "Hemoglobin A1c measurement"),
        ("44054006", "Type 2 diabetes mellitus"),
        (2, 20),
    ),
    referral(
        ("312856000", "Referral to diabetes nurse"),
        ("312856000", "Referral to diabetes nurse"),
        ("44054006", "Type 2 diabetes mellitus"),
        (1, 6),
    ),
    referral(
        ("69377005", "Patient referral for rehabilitation, psychological"),
        ("69377005", "Patient referral for rehabilitation, psychological"),
        ("197480006", "Anxiety disorder"),
        (10, 5),
    ),
];

/// Referrals to therapists that the list above lacks.
pub(crate) const THERAPIES: [Referral; 3] = [
    referral(
        ("5154007", "Speech therapy"),
        ("5154007", "Speech therapy"),
        ("230690007", "Cerebrovascular accident"),
        (20, 8),
    ),
    referral(
        ("103699006", "Patient referral to dietitian"),
        ("103699006", "Patient referral to dietitian"),
        ("414916001", "Obesity"),
        (12, 16),
    ),
    referral(
        ("84478008", "Occupational therapy"),
        ("84478008", "Occupational therapy"),
        ("396275006", "Osteoarthritis"),
        (3, 9),
    ),
];

/// What is done in hospital for the reason of a stay (SNOMED CT): reason, code, name.
pub(crate) const PROCEDURES: [(&str, &str, &str); 5] = [
    ("74400008", "80146002", "Appendectomy"),
    ("235919008", "38102005", "Cholecystectomy"),
    ("22298006", "415070008", "Percutaneous coronary intervention"),
    ("5913000", "52734007", "Total replacement of hip"),
    ("82271004", "303653007", "Computed tomography of head"),
];

/// A kind of referral; pairs are code and name.
#[derive(Debug)]
pub(crate) struct Referral {
    pub(crate) category: (&'static str, &'static str),
    pub(crate) code: (&'static str, &'static str),
    pub(crate) reason: (&'static str, &'static str),
    pub(crate) weights: (u32, u32),
}

const fn referral(
    category: (&'static str, &'static str),
    code: (&'static str, &'static str),
    reason: (&'static str, &'static str),
    weights: (u32, u32),
) -> Referral {
    Referral { category, code, reason, weights }
}

impl Referral {
    /// How often the patient comes, where it is a treatment.
    pub(crate) fn sessions(&self) -> Option<u32> {
        match self.category.0 {
            "91251008" => Some(18),
            "9632001" => Some(21),
            "5154007" => Some(30),
            "103699006" => Some(4),
            "84478008" => Some(12),
            _ => None,
        }
    }
}
