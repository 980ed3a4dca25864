//! Medicines: real ATC codes, strengths, pack sizes and defined daily doses (WHO), under product
//! codes of our own. A real CNK never starts with 9, so a sample row is never taken for a product
//! on the market.

/// A packaged medicine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Medicine {
    pub(crate) atc: &'static str,
    pub(crate) name: &'static str,
    /// Like a CNK: seven digits.
    pub(crate) cnk: &'static str,
    pub(crate) strength: &'static str,
    /// Dose units (tablets, puffs, ...) in the pack.
    pub(crate) pack: u32,
    /// Dose units a day.
    pub(crate) a_day: u32,
    /// Days a pack lasts, where that is not `pack / a_day` (once a week, when needed).
    pub(crate) lasts_days: u32,
    /// Defined daily doses in the pack, times ten; 0 where the WHO defines none.
    pub(crate) ddd_tenths: u32,
}

const fn medicine(
    code: (&'static str, &'static str, &'static str),
    strength: &'static str,
    (pack, a_day, lasts_days): (u32, u32, u32),
    ddd_tenths: u32,
) -> Medicine {
    let (atc, name, cnk) = code;
    Medicine { atc, name, cnk, strength, pack, a_day, lasts_days, ddd_tenths }
}

/// All medicines of the sample, by ATC code.
pub(crate) const MEDICINES: [Medicine; 60] = [
    medicine(("A02BC01", "omeprazole", "9100011"), "20 mg", (56, 1, 56), 560),
    medicine(("A02BC02", "pantoprazole", "9100029"), "40 mg", (56, 1, 56), 560),
    medicine(("A04AA01", "ondansetron", "9100037"), "8 mg", (10, 2, 5), 50),
    medicine(("A10AE04", "insulin glargine", "9100045"), "100 U/ml", (5, 1, 37), 375),
    medicine(("A10BA02", "metformin", "9100052"), "850 mg", (120, 2, 60), 510),
    medicine(("A10BB09", "gliclazide", "9100060"), "60 mg", (60, 1, 60), 600),
    medicine(("A10BK03", "empagliflozin", "9100078"), "10 mg", (90, 1, 90), 514),
    medicine(("A11CC05", "colecalciferol", "9100086"), "25000 IU", (12, 1, 84), 3750),
    medicine(("B01AB05", "enoxaparin", "9100094"), "40 mg", (10, 1, 10), 200),
    medicine(("B01AC06", "acetylsalicylic acid", "9100102"), "80 mg", (168, 1, 168), 1680),
    medicine(("B01AF02", "apixaban", "9100110"), "5 mg", (168, 2, 84), 840),
    medicine(("B03BA01", "cyanocobalamin", "9100128"), "1 mg", (10, 1, 90), 5000),
    medicine(("C03CA01", "furosemide", "9100136"), "40 mg", (50, 1, 50), 500),
    medicine(("C07AB07", "bisoprolol", "9100144"), "5 mg", (98, 1, 98), 490),
    medicine(("C07AB12", "nebivolol", "9100151"), "5 mg", (98, 1, 98), 980),
    medicine(("C08CA01", "amlodipine", "9100169"), "5 mg", (98, 1, 98), 980),
    medicine(("C09AA04", "perindopril", "9100177"), "5 mg", (90, 1, 90), 1125),
    medicine(("C09AA05", "ramipril", "9100185"), "5 mg", (56, 1, 56), 1120),
    medicine(("C09CA01", "losartan", "9100193"), "50 mg", (98, 1, 98), 980),
    medicine(("C10AA01", "simvastatin", "9100201"), "20 mg", (84, 1, 84), 560),
    medicine(("C10AA05", "atorvastatin", "9100219"), "20 mg", (98, 1, 98), 980),
    medicine(("C10AA07", "rosuvastatin", "9100227"), "10 mg", (98, 1, 98), 980),
    medicine(("D07AC01", "betamethasone", "9100235"), "0.05 % cream", (1, 1, 30), 0),
    medicine(
        ("G03AA07", "levonorgestrel and ethinylestradiol", "9100243"),
        "150/30 µg",
        (273, 1, 364),
        0,
    ),
    medicine(
        ("G03AA12", "drospirenone and ethinylestradiol", "9100250"),
        "3/0.03 mg",
        (273, 1, 364),
        0,
    ),
    medicine(("G04CA02", "tamsulosin", "9100268"), "0.4 mg", (90, 1, 90), 900),
    medicine(("H03AA01", "levothyroxine sodium", "9100276"), "75 µg", (112, 1, 112), 560),
    medicine(("J01CA04", "amoxicillin", "9100284"), "500 mg", (16, 3, 5), 53),
    medicine(
        ("J01CR02", "amoxicillin and beta-lactamase inhibitor", "9100292"),
        "875/125 mg",
        (10, 2, 5),
        58,
    ),
    medicine(
        ("J01CR05", "piperacillin and beta-lactamase inhibitor", "9100300"),
        "4 g",
        (12, 3, 4),
        34,
    ),
    medicine(("J01DC02", "cefuroxime", "9100318"), "500 mg", (10, 2, 5), 100),
    medicine(("J01DD04", "ceftriaxone", "9100326"), "2 g", (5, 1, 5), 50),
    medicine(("J01FA09", "clarithromycin", "9100334"), "500 mg", (14, 2, 7), 140),
    medicine(("J01FA10", "azithromycin", "9100342"), "500 mg", (3, 1, 3), 50),
    medicine(("J01MA02", "ciprofloxacin", "9100359"), "500 mg", (10, 2, 5), 50),
    medicine(("J01XE01", "nitrofurantoin", "9100367"), "100 mg", (15, 3, 5), 75),
    medicine(("L04AX03", "methotrexate", "9100375"), "2.5 mg", (30, 1, 30), 300),
    medicine(("M01AB05", "diclofenac", "9100383"), "75 mg", (30, 1, 20), 225),
    medicine(("M01AE01", "ibuprofen", "9100391"), "600 mg", (30, 2, 15), 150),
    medicine(("M04AA01", "allopurinol", "9100409"), "300 mg", (90, 1, 90), 675),
    medicine(("M05BA04", "alendronic acid", "9100417"), "70 mg", (12, 1, 84), 840),
    medicine(("N02AA01", "morphine", "9100425"), "10 mg", (10, 3, 3), 33),
    medicine(("N02AX02", "tramadol", "9100433"), "50 mg", (30, 2, 15), 50),
    medicine(("N02BE01", "paracetamol", "9100441"), "1 g", (60, 2, 30), 200),
    medicine(("N02CC01", "sumatriptan", "9100458"), "50 mg", (12, 1, 60), 120),
    medicine(("N03AX16", "pregabalin", "9100466"), "75 mg", (56, 2, 28), 140),
    medicine(
        ("N04BA02", "levodopa and decarboxylase inhibitor", "9100474"),
        "125 mg",
        (100, 3, 33),
        167,
    ),
    medicine(("N05BA12", "alprazolam", "9100482"), "0.5 mg", (50, 1, 50), 250),
    medicine(("N05CF02", "zolpidem", "9100490"), "10 mg", (30, 1, 30), 300),
    medicine(("N06AB05", "paroxetine", "9100508"), "20 mg", (56, 1, 56), 560),
    medicine(("N06AB06", "sertraline", "9100516"), "50 mg", (60, 1, 60), 600),
    medicine(("N06AB10", "escitalopram", "9100524"), "10 mg", (56, 1, 56), 560),
    medicine(("N06AX16", "venlafaxine", "9100532"), "75 mg", (56, 1, 56), 420),
    medicine(("N06DA02", "donepezil", "9100540"), "10 mg", (98, 1, 98), 1307),
    medicine(("R01AD09", "mometasone", "9100557"), "50 µg/dose", (140, 4, 35), 350),
    medicine(("R03AC02", "salbutamol", "9100565"), "100 µg/dose", (200, 2, 60), 250),
    medicine(("R03AK07", "formoterol and budesonide", "9100573"), "160/4.5 µg", (120, 4, 30), 300),
    medicine(("R03BB04", "tiotropium bromide", "9100581"), "18 µg", (90, 1, 90), 900),
    medicine(("R05CB01", "acetylcysteine", "9100599"), "600 mg", (30, 1, 30), 360),
    medicine(("R06AE07", "cetirizine", "9100607"), "10 mg", (40, 1, 40), 400),
];

/// The medicine with an ATC code of the list; the first of the list for any other code.
pub(crate) fn by_atc(atc: &str) -> &'static Medicine {
    let found = MEDICINES.iter().find(|medicine| medicine.atc == atc);
    found.unwrap_or(&MEDICINES[0])
}
