//! What is measured: LOINC codes with UCUM units and the range of ordinary values.

/// A measured quantity. Values are in tenths of the unit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Measurement {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// Values outside this range are flagged high or low; none for vital signs.
    pub(crate) normal_tenths: Option<(u32, u32)>,
}

impl Measurement {
    /// A laboratory makes it, and tells which values are ordinary.
    pub(crate) fn is_laboratory(&self) -> bool {
        self.normal_tenths.is_some()
    }
}

pub(crate) const WEIGHT: Measurement =
    Measurement { code: "29463-7", name: "Body weight", unit: "kg", normal_tenths: None };
pub(crate) const HEIGHT: Measurement =
    Measurement { code: "8302-2", name: "Body height", unit: "cm", normal_tenths: None };
pub(crate) const HBA1C: Measurement = Measurement {
    code: "4548-4",
    name: "Hemoglobin A1c/Hemoglobin.total in Blood",
    unit: "%",
    normal_tenths: Some((40, 60)),
};
pub(crate) const CREATININE: Measurement = Measurement {
    code: "2160-0",
    name: "Creatinine [Mass/volume] in Serum or Plasma",
    unit: "mg/dL",
    normal_tenths: Some((5, 12)),
};
pub(crate) const CHOLESTEROL: Measurement = Measurement {
    code: "2093-3",
    name: "Cholesterol [Mass/volume] in Serum or Plasma",
    unit: "mg/dL",
    normal_tenths: Some((1200, 1900)),
};

pub(crate) const BIRTH_WEIGHT: Measurement =
    Measurement { code: "8339-4", name: "Birth weight Measured", unit: "g", normal_tenths: None };
pub(crate) const GESTATIONAL_AGE: Measurement = Measurement {
    code: "11884-4",
    name: "Gestational age Estimated",
    unit: "wk",
    normal_tenths: None,
};
pub(crate) const HOME_GLUCOSE: Measurement = Measurement {
    code: "41653-7",
    name: "Glucose [Mass/volume] in Capillary blood by Glucometer",
    unit: "mg/dL",
    normal_tenths: None,
};

/// All single-valued measurements.
pub(crate) const MEASUREMENTS: [&Measurement; 8] = [
    &WEIGHT,
    &HEIGHT,
    &HBA1C,
    &CREATININE,
    &CHOLESTEROL,
    &BIRTH_WEIGHT,
    &GESTATIONAL_AGE,
    &HOME_GLUCOSE,
];

/// The panel of two blood pressures, and its parts.
pub(crate) const BLOOD_PRESSURE: (&str, &str) =
    ("85354-9", "Blood pressure panel with all children optional");
pub(crate) const SYSTOLIC: (&str, &str) = ("8480-6", "Systolic blood pressure");
pub(crate) const DIASTOLIC: (&str, &str) = ("8462-4", "Diastolic blood pressure");

/// Whether somebody smokes (LOINC), and the answers (SNOMED CT) with their weight at each age: under
/// 18, 18 to 64, older.
pub(crate) const SMOKING: (&str, &str) = ("72166-2", "Tobacco smoking status");
pub(crate) const SMOKING_ANSWERS: [((&str, &str), [u32; 3]); 3] = [
    (("266919005", "Never smoked tobacco"), [95, 55, 50]),
    (("8517006", "Ex-smoker"), [1, 22, 38]),
    (("77176002", "Smoker"), [4, 23, 12]),
];

/// The meter that people with diabetes have at home (SNOMED CT).
pub(crate) const GLUCOSE_METER: (&str, &str) = ("337414009", "Blood glucose meter");
