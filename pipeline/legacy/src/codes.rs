//! The tables of KMEHR in the words of FHIR.
//!
//! The systems are those of the Belgian FHIR guides, so that a code means the same row whichever way
//! it came. A table of KMEHR that no guide names keeps its name under [`KMEHR_TABLE`].

use std::borrow::Cow;

/// The Belgian national number.
pub(crate) const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";
/// The number of a care professional at the NIHDI.
pub(crate) const NIHDI: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi";
/// The number of a pharmacy or a hospital at the NIHDI.
pub(crate) const NIHDI_ORGANIZATION: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi-organization";
/// A prescription on the national server (RID).
pub(crate) const PRESCRIPTION: &str =
    "http://ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-prescription";
/// One handing over in the shared pharmaceutical file.
pub(crate) const DGUID: &str = "https://www.gfd-dpp.be/fhir/reference/dguid";
/// Units in which the shared pharmaceutical file counts.
pub(crate) const PACKAGING: &str = "https://www.gfd-dpp.be/fhir/reference/packaging";
/// Medicine packages.
pub(crate) const CNK: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes";
/// Kinds of medicine that have no package: magistral preparations.
pub(crate) const MEDICATION_TYPE: &str =
    "https://www.ehealth.fgov.be/standards/fhir/medication/CodeSystem/medication-type";
/// Whether a medicine is taken.
pub(crate) const ADHERENCE: &str = "https://www.ehealth.fgov.be/standards/fhir/terminology/CodeSystem/BeMedicationLineAdherenceStatus";
/// SNOMED CT.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";

const ATC: &str = "http://www.whocc.no/atc";
const UCUM: &str = "http://unitsofmeasure.org";
const VMP_GROUP: &str = "https://www.ehealth.fgov.be/standards/fhir/medication/CodeSystem/vmpg";
/// What stands before the name of a table of KMEHR that no FHIR guide names.
const KMEHR_TABLE: &str = "urn:be:fgov:ehealth:kmehr:";

/// The system of a table that names medicines.
pub(crate) fn medicine_system(table: &str) -> Option<Cow<'static, str>> {
    match table {
        "CD-DRUG-CNK" => Some(CNK.into()),
        "CD-ATC" => Some(ATC.into()),
        "CD-VMPGROUP" => Some(VMP_GROUP.into()),
        "CD-INNCLUSTER" | "CD-VMP" | "CD-AMP" | "CD-EAN" => Some(kmehr_table(table).into()),
        _ => None,
    }
}

/// The system of a table that names problems, allergies, risks and vaccines. `version` tells the
/// revisions of ICD and ICPC apart.
pub(crate) fn clinical_system(table: &str, version: Option<&str>) -> Option<Cow<'static, str>> {
    let version = version.unwrap_or_default();
    match table {
        "ICD" | "ICD-9" | "ICD9" if version.starts_with('9') || table != "ICD" => {
            Some("http://hl7.org/fhir/sid/icd-9-cm".into())
        }
        "ICD" | "ICD-10" | "ICD10" => Some("http://hl7.org/fhir/sid/icd-10".into()),
        "ICPC" | "ICPC-2" | "ICPC2" => Some("http://hl7.org/fhir/sid/icpc-2".into()),
        "CD-SNOMED" | "SNOMED-CT" | "SNOMED" => Some(SNOMED.into()),
        "CD-CLINICAL" | "CD-VACCINEINDICATION" => Some(kmehr_table(table).into()),
        _ => medicine_system(table),
    }
}

/// The systems that a mapping of a table may call by a short name.
pub(crate) fn system_named(name: &str) -> Option<&'static str> {
    match name {
        "ssin" => Some(SSIN),
        "nihdi" => Some(NIHDI),
        "nihdi-organization" => Some(NIHDI_ORGANIZATION),
        "prescription" => Some(PRESCRIPTION),
        "dguid" => Some(DGUID),
        "cnk" => Some(CNK),
        "atc" => Some(ATC),
        "vmp-group" => Some(VMP_GROUP),
        "snomed" => Some(SNOMED),
        "icd-10" => Some("http://hl7.org/fhir/sid/icd-10"),
        "icpc-2" => Some("http://hl7.org/fhir/sid/icpc-2"),
        "loinc" => Some("http://loinc.org"),
        "ucum" => Some(UCUM),
        _ => None,
    }
}

/// The system of a table of KMEHR that no FHIR guide names.
pub(crate) fn kmehr_table(table: &str) -> String {
    format!("{KMEHR_TABLE}{}", table.to_ascii_lowercase())
}

/// `CD-ADMINISTRATIONUNIT` as system and code.
pub(crate) fn unit(code: &str) -> Option<(&'static str, &'static str)> {
    let snomed = |code| Some((SNOMED, code));
    let ucum = |code| Some((UCUM, code));
    match code {
        "00001" => ucum("5.mL"),
        "00002" => snomed("732978007"),
        "00003" => snomed("413568008"),
        "00004" => snomed("428641000"),
        "00005" | "00014" => snomed("336624003"),
        "00006" => snomed("408102007"),
        "00007" => ucum("[drp]"),
        "00008" => snomed("419672006"),
        "00009" => snomed("732996003"),
        "00010" => snomed("129331004"),
        "00011" => snomed("422237004"),
        "00012" => snomed("257867005"),
        "00013" => snomed("732989000"),
        "00015" => snomed("337087003"),
        "00016" => ucum("mL"),
        "00017" => snomed("73153001"),
        "00018" => snomed("34258004"),
        "00019" => snomed("429587008"),
        "00020" => snomed("419702001"),
        "00021" => snomed("732988008"),
        "00022" | "00025" => snomed("733006000"),
        "00023" => snomed("415215001"),
        "00024" => snomed("429671000"),
        "00026" => snomed("430293001"),
        "00027" => snomed("418530008"),
        "00028" => snomed("116251003"),
        "00029" => snomed("428672001"),
        "00030" => snomed("426148002"),
        "measure" => snomed("767524001"),
        "cm" => ucum("cm"),
        "dropsperminute" => ucum("[drp]/min"),
        "gm" => ucum("g"),
        "internationalunits" => ucum("[IU]"),
        "mg" => ucum("mg"),
        "mg/ml" => ucum("mg/mL"),
        "mg/h" => ucum("mg/h"),
        "ml/h" => ucum("ml/h"),
        "mck/h" => ucum("ug/h"),
        "mck/kg/minute" => ucum("ug/kg/min"),
        "tbl" => ucum("{TBL}"),
        "tsp" => ucum("[tsp_m]"),
        "unt/h" => ucum("[IU]/h"),
        _ => None,
    }
}

/// `CD-PERIODICITY` as a number of FHIR's units of time. Source: eHealth, reference table
/// "periodicity" of the BCFI/CBIP.
pub(crate) fn periodicity(code: &str) -> Option<(f64, &'static str)> {
    // the second letter is a number, in French or Dutch
    let count = |letter: &str| match letter {
        "" => Some(1.0),
        "T" => Some(2.0),
        "D" => Some(3.0),
        "V" => Some(4.0),
        "Q" => Some(5.0),
        "Z" => Some(6.0),
        "S" => Some(7.0),
        "A" => Some(8.0),
        "N" => Some(9.0),
        "X" => Some(10.0),
        "E" => Some(11.0),
        "W" => Some(12.0),
        _ => None,
    };
    match code {
        "UH" => Some((0.5, "h")),
        "O1" => Some((2.0, "d")),
        "WP" => Some((24.0, "wk")),
        "JH2" | "MZ2" => Some((6.0, "mo")),
        "MC" => Some((18.0, "mo")),
        _ => {
            let unit = match code.get(..1)? {
                "U" => "h",
                "D" => "d",
                "W" => "wk",
                "M" => "mo",
                "J" => "a",
                _ => return None,
            };
            Some((count(code.get(1..)?)?, unit))
        }
    }
}

/// `CD-DAYPERIOD` as FHIR's event timing. What lies between two meals has no code there, so the part
/// of the day it lies in stands for it.
pub(crate) fn day_period(code: &str) -> Option<&'static str> {
    match code {
        "morning" => Some("MORN"),
        "beforebreakfast" => Some("ACM"),
        "duringbreakfast" => Some("CM"),
        "afterbreakfast" => Some("PCM"),
        "betweenbreakfastandlunch" => Some("MORN.late"),
        "noon" => Some("NOON"),
        "beforelunch" => Some("ACD"),
        "duringlunch" => Some("CD"),
        "afterlunch" => Some("PCD"),
        "afternoon" | "betweenlunchanddinner" => Some("AFT"),
        "evening" | "betweendinnerandsleep" => Some("EVE"),
        "beforedinner" => Some("ACV"),
        "duringdinner" => Some("CV"),
        "afterdinner" => Some("PCV"),
        "night" => Some("NIGHT"),
        "thehourofsleep" => Some("HS"),
        _ => None,
    }
}

/// `CD-WEEKDAY` as FHIR's day of the week.
pub(crate) fn weekday(code: &str) -> Option<&'static str> {
    match code {
        "monday" => Some("mon"),
        "tuesday" => Some("tue"),
        "wednesday" => Some("wed"),
        "thursday" => Some("thu"),
        "friday" => Some("fri"),
        "saturday" => Some("sat"),
        "sunday" => Some("sun"),
        _ => None,
    }
}

/// `CD-SEX` as FHIR's administrative gender.
pub(crate) fn gender(code: &str) -> Option<&'static str> {
    match code {
        "male" => Some("male"),
        "female" => Some("female"),
        "undefined" | "changed" => Some("other"),
        "unknown" => Some("unknown"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periodicity_reads_as_the_reference_table_says() {
        let cases = [
            ("UH", Some((0.5, "h"))),
            ("U", Some((1.0, "h"))),
            ("UW", Some((12.0, "h"))),
            ("D", Some((1.0, "d"))),
            ("DT", Some((2.0, "d"))),
            ("O1", Some((2.0, "d"))),
            ("DN", Some((9.0, "d"))),
            ("W", Some((1.0, "wk"))),
            ("WP", Some((24.0, "wk"))),
            ("MD", Some((3.0, "mo"))),
            ("MC", Some((18.0, "mo"))),
            ("MZ2", Some((6.0, "mo"))),
            ("J", Some((1.0, "a"))),
            ("JZ", Some((6.0, "a"))),
            ("ondemand", None),
            ("", None),
            ("é", None),
        ];
        for (code, want) in cases {
            assert_eq!(periodicity(code), want, "{code}");
        }
    }

    #[test]
    fn the_revision_of_icd_follows_from_the_version() {
        let icd = |table, version| clinical_system(table, version).unwrap_or_default().into_owned();
        assert_eq!(icd("ICD", Some("10")), "http://hl7.org/fhir/sid/icd-10");
        assert_eq!(icd("ICD", None), "http://hl7.org/fhir/sid/icd-10");
        assert_eq!(icd("ICD", Some("9")), "http://hl7.org/fhir/sid/icd-9-cm");
        assert_eq!(icd("ICPC", Some("2")), "http://hl7.org/fhir/sid/icpc-2");
        assert_eq!(icd("CD-ATC", None), "http://www.whocc.no/atc");
        assert!(clinical_system("LOCAL", None).is_none());
    }
}
