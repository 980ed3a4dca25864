//! What datasets, columns, measures and categories are called, in the four languages.
//!
//! A dictionary for the pages and the captions, not a list of what exists: a name that is not in it
//! is shown as it stands.

use pipeline_domain::Language;

use crate::{Column, Dimension, Measure, Province, Region, Step};

/// The category of records that have no usable value.
pub const UNKNOWN: &str = "unknown";

/// One thing in nl, fr, de and en.
type Words = [&'static str; 4];

const DATASETS: &[(&str, Words)] = &[
    ("person", ["personen", "personnes", "Personen", "persons"]),
    ("vaccination", ["vaccinaties", "vaccinations", "Impfungen", "vaccinations"]),
    ("allergy", ["allergieën", "allergies", "Allergien", "allergies"]),
    (
        "problem",
        ["gezondheidsproblemen", "problèmes de santé", "Gesundheitsprobleme", "health problems"],
    ),
    ("observation", ["observaties", "observations", "Beobachtungen", "observations"]),
    (
        "prescription",
        [
            "voorgeschreven geneesmiddelen",
            "médicaments prescrits",
            "verschriebene Arzneimittel",
            "prescribed medicines",
        ],
    ),
    (
        "dispense",
        [
            "afgeleverde geneesmiddelen",
            "médicaments délivrés",
            "abgegebene Arzneimittel",
            "dispensed medicines",
        ],
    ),
    (
        "administration",
        [
            "toegediende geneesmiddelen",
            "médicaments administrés",
            "verabreichte Arzneimittel",
            "administered medicines",
        ],
    ),
    (
        "medication-line",
        [
            "gebruikte geneesmiddelen",
            "médicaments utilisés",
            "verwendete Arzneimittel",
            "medicines in use",
        ],
    ),
    ("referral", ["verwijsvoorschriften", "prescriptions de renvoi", "Überweisungen", "referrals"]),
    (
        "laboratory",
        [
            "laboratoriumresultaten",
            "résultats de laboratoire",
            "Laborergebnisse",
            "laboratory results",
        ],
    ),
    (
        "diagnostic-report",
        [
            "diagnostische verslagen",
            "rapports diagnostiques",
            "Diagnostische Berichte",
            "diagnostic reports",
        ],
    ),
    (
        "patient-summary",
        [
            "patiëntsamenvattingen",
            "résumés du dossier patient",
            "Patientenkurzakten",
            "patient summaries",
        ],
    ),
    ("procedure", ["ingrepen", "interventions", "Eingriffe", "procedures"]),
    (
        "questionnaire",
        [
            "vragenlijsten en beoordelingen",
            "questionnaires et évaluations",
            "Fragebögen und Beurteilungen",
            "questionnaires and assessments",
        ],
    ),
    ("care-plan", ["zorgplannen", "plans de soins", "Pflegepläne", "care plans"]),
    ("care-team", ["zorgteams", "équipes de soins", "Betreuungsteams", "care teams"]),
];

const COLUMNS: &[(&str, Words)] = &[
    ("sex", ["geslacht", "sexe", "Geschlecht", "sex"]),
    ("birth_year", ["geboortejaar", "année de naissance", "Geburtsjahr", "year of birth"]),
    ("birth_month", ["geboortemaand", "mois de naissance", "Geburtsmonat", "month of birth"]),
    (
        "nis",
        [
            "gemeente (NIS-code)",
            "commune (code INS)",
            "Gemeinde (NIS-Code)",
            "municipality (NIS code)",
        ],
    ),
    ("occurrence", ["datum van toediening", "date d’administration", "Impfdatum", "date given"]),
    (
        "recorded",
        ["datum van registratie", "date d’enregistrement", "Datum der Erfassung", "date recorded"],
    ),
    ("onset", ["begindatum", "date de début", "Beginn", "date of onset"]),
    ("effective", ["datum", "date", "Datum", "date"]),
    (
        "authored",
        ["datum van voorschrift", "date de prescription", "Verschreibungsdatum", "date prescribed"],
    ),
    (
        "handed_over",
        ["datum van aflevering", "date de délivrance", "Abgabedatum", "date dispensed"],
    ),
    ("start", ["begindatum", "date de début", "Beginn", "first day"]),
    ("end", ["einddatum", "date de fin", "Ende", "last day"]),
    ("status", ["status", "statut", "Status", "status"]),
    (
        "clinical_status",
        ["klinische status", "statut clinique", "klinischer Status", "clinical status"],
    ),
    (
        "vaccine",
        [
            "vaccin (SNOMED CT)",
            "vaccin (SNOMED CT)",
            "Impfstoff (SNOMED CT)",
            "vaccine (SNOMED CT)",
        ],
    ),
    ("atc", ["ATC-code", "code ATC", "ATC-Code", "ATC code"]),
    ("cnk", ["CNK-code", "code CNK", "CNK-Code", "CNK code"]),
    ("code", ["code", "code", "Code", "code"]),
    ("category", ["categorie", "catégorie", "Kategorie", "category"]),
    ("criticality", ["ernst", "criticité", "Kritikalität", "criticality"]),
    ("severity", ["ernst", "gravité", "Schweregrad", "severity"]),
    ("dose_number", ["dosisnummer", "numéro de dose", "Dosisnummer", "dose number"]),
    ("value", ["waarde", "valeur", "Wert", "value"]),
    ("unit", ["eenheid", "unité", "Einheit", "unit"]),
    ("quantity", ["hoeveelheid", "quantité", "Menge", "quantity"]),
    ("days_supply", ["aantal dagen", "nombre de jours", "Reichweite in Tagen", "days of supply"]),
    ("dose", ["dosis", "dose", "Dosis", "dose"]),
    (
        "dose_unit",
        ["eenheid van de dosis", "unité de la dose", "Einheit der Dosis", "unit of the dose"],
    ),
];

const SEXES: &[(&str, Words)] = &[
    ("female", ["vrouw", "femme", "weiblich", "female"]),
    ("male", ["man", "homme", "männlich", "male"]),
    ("other", ["ander", "autre", "divers", "other"]),
];

const NOT_KNOWN: Words = ["onbekend", "inconnu", "unbekannt", "unknown"];

/// What a dataset is called.
#[must_use]
pub fn dataset_label(dataset: &str, language: Language) -> String {
    found(DATASETS, dataset).map_or_else(|| dataset.to_owned(), |words| pick(words, language))
}

impl Column {
    /// What the column is called.
    #[must_use]
    pub fn label(&self, language: Language) -> String {
        let plain = || self.name().replace('_', " ");
        found(COLUMNS, self.name()).map_or_else(plain, |words| pick(words, language))
    }

    /// What one of its values is called.
    #[must_use]
    pub fn value_label(&self, value: &str, language: Language) -> String {
        if value == UNKNOWN {
            return pick(&NOT_KNOWN, language);
        }
        match found(SEXES, value) {
            Some(words) if self.name() == "sex" => pick(words, language),
            _ => value.to_owned(),
        }
    }
}

impl Dimension {
    /// What this side of the table is called.
    #[must_use]
    pub fn label(&self, language: Language) -> String {
        let column = self.column.label(language);
        match self.by {
            Step::Whole => column,
            Step::Prefix(length) => {
                let [before, after] = match language {
                    Language::Nl => ["eerste ", " tekens"],
                    Language::Fr => ["", " premiers caractères"],
                    Language::De => ["erste ", " Zeichen"],
                    Language::En => ["first ", " characters"],
                };
                format!("{column} ({before}{length}{after})")
            }
            Step::AgeBand(years) => {
                let [before, after] = match language {
                    Language::Nl => ["leeftijd (klassen van ", " jaar)"],
                    Language::Fr => ["âge (classes de ", " ans)"],
                    Language::De => ["Alter (Klassen von ", " Jahren)"],
                    Language::En => ["age (bands of ", " years)"],
                };
                format!("{before}{years}{after}")
            }
            Step::AgeFrom(starts) => {
                let age = pick(&["leeftijd", "âge", "Alter", "age"], language);
                format!("{age} ({})", starts.names().join(", "))
            }
            Step::Year => step_of(&column, ["jaar", "année", "Jahr", "year"], language),
            Step::Quarter => {
                step_of(&column, ["kwartaal", "trimestre", "Quartal", "quarter"], language)
            }
            Step::Month => step_of(&column, ["maand", "mois", "Monat", "month"], language),
            Step::Province => pick(&["provincie", "province", "Provinz", "province"], language),
            Step::Region => pick(&["gewest", "région", "Region", "region"], language),
            Step::Arrondissement => pick(
                &["arrondissement", "arrondissement", "Arrondissement", "arrondissement"],
                language,
            ),
            Step::PrimaryCareZone => pick(
                &[
                    "eerstelijnszone",
                    "zone de première ligne",
                    "Zone der Primärversorgung",
                    "primary-care zone",
                ],
                language,
            ),
            Step::AtcLevel(level) => atc_group(level, language),
            Step::AtcOfCnk(level) => {
                let group = atc_group(level, language);
                let by = [
                    "ATC-code, of anders CNK-code",
                    "code ATC, sinon code CNK",
                    "ATC-Code, sonst CNK-Code",
                    "ATC code, or else CNK code",
                ];
                format!("{group} ({})", pick(&by, language))
            }
        }
    }

    /// What one of its categories is called. Categories that come from the reference data have
    /// their names there, not here.
    #[must_use]
    pub fn category_label(&self, code: &str, language: Language) -> String {
        if code == UNKNOWN {
            return pick(&NOT_KNOWN, language);
        }
        let place = match self.by {
            Step::Province => {
                Province::ALL.iter().find(|p| p.code() == code).map(|p| p.label(language))
            }
            Step::Region => {
                Region::ALL.iter().find(|r| r.code() == code).map(|r| r.label(language))
            }
            _ => None,
        };
        match place {
            Some(name) => name.to_owned(),
            None => self.column.value_label(code, language),
        }
    }
}

impl Measure {
    /// What it is called.
    #[must_use]
    pub fn label(&self, language: Language) -> String {
        match self {
            Self::Persons => pick(
                &["aantal personen", "nombre de personnes", "Anzahl Personen", "number of persons"],
                language,
            ),
            Self::Records => pick(
                &[
                    "aantal registraties",
                    "nombre d’enregistrements",
                    "Anzahl Einträge",
                    "number of records",
                ],
                language,
            ),
            Self::Sum(column) => {
                let sum = pick(&["som", "somme", "Summe", "sum"], language);
                format!("{sum} ({})", column.label(language))
            }
        }
    }
}

fn step_of(column: &str, words: Words, language: Language) -> String {
    format!("{} ({column})", pick(&words, language))
}

fn atc_group(level: u8, language: Language) -> String {
    let group = [
        "ATC-groep van niveau",
        "groupe ATC de niveau",
        "ATC-Gruppe der Ebene",
        "ATC group of level",
    ];
    format!("{} {level}", pick(&group, language))
}

fn found(dictionary: &'static [(&str, Words)], name: &str) -> Option<&'static Words> {
    dictionary.iter().find(|(known, _)| *known == name).map(|(_, words)| words)
}

fn pick([nl, fr, de, en]: &Words, language: Language) -> String {
    let word = match language {
        Language::Nl => nl,
        Language::Fr => fr,
        Language::De => de,
        Language::En => en,
    };
    (*word).to_owned()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::{Plan, plan::tests::FULL};

    use super::*;

    #[test]
    fn every_side_and_measure_has_a_name_in_every_language() {
        let plan = Plan::from_json(FULL.as_bytes()).unwrap();
        let mut table = String::new();
        for language in Language::ALL {
            let sides = plan.dimensions().iter().map(|side| side.label(language));
            let measures = plan.measures().iter().map(|measure| measure.label(language));
            let line: Vec<String> = sides.chain(measures).collect();
            writeln!(table, "{language}: {}", line.join(" | ")).unwrap();
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_plan_by_reference_data_reads_as_a_sentence_in_every_language() {
        let sides = r#"[
            {"column": "person.nis", "by": "arrondissement"},
            {"column": "residence", "by": "primary_care_zone"},
            {"column": "atc", "by": {"atc_level": 2}},
            {"column": "cnk", "by": {"atc_of_cnk": 4}}
        ]"#;
        let json = format!(
            r#"{{"title":{{"en":"t"}},"dataset":"dispense","dimensions":{sides},
                "measures":["persons"]}}"#
        );
        let plan = Plan::from_json(json.as_bytes()).unwrap();
        let names: Vec<String> = plan.dimensions().iter().map(Dimension::name).collect();
        let mut text = format!("{}\n{}\n", plan.canonical_json(), names.join(" "));
        for language in Language::ALL {
            writeln!(text, "{}", plan.describe(language)).unwrap();
        }
        insta::assert_snapshot!(text);
        let characters = plan.dimensions().iter().map(|side| side.by.code_characters());
        assert!(characters.eq([None, None, Some(3), Some(5)]));
    }

    #[test]
    fn categories_are_named_and_other_codes_stand_as_they_are() {
        let plan = Plan::from_json(FULL.as_bytes()).unwrap();
        let [province, age, sex, _, atc] = plan.dimensions() else { panic!() };
        let cases = [
            (province, "BE-WLG", Language::De, "Lüttich"),
            (age, "40-49", Language::Nl, "40-49"),
            (sex, "female", Language::Fr, "femme"),
            (sex, "unknown", Language::En, "unknown"),
            (atc, "unknown", Language::Nl, "onbekend"),
            (atc, "male", Language::Nl, "male"),
        ];
        for (side, code, language, want) in cases {
            assert_eq!(side.category_label(code, language), want, "{code}");
        }
        let strange: Column = "no_such_thing".parse().unwrap();
        assert_eq!(strange.label(Language::Nl), "no such thing");
    }
}
