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

/// All single-valued measurements.
pub(crate) const MEASUREMENTS: [&Measurement; 5] =
    [&WEIGHT, &HEIGHT, &HBA1C, &CREATININE, &CHOLESTEROL];

/// The panel of two blood pressures, and its parts.
pub(crate) const BLOOD_PRESSURE: (&str, &str) =
    ("85354-9", "Blood pressure panel with all children optional");
pub(crate) const SYSTOLIC: (&str, &str) = ("8480-6", "Systolic blood pressure");
pub(crate) const DIASTOLIC: (&str, &str) = ("8462-4", "Diastolic blood pressure");
