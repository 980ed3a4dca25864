//! The plan in plain sentences, as the reviewer reads it and as it stands above the release.

use pipeline_domain::{Language, Period};
use time::Date;

use crate::{Bound, Dimension, EventPeriod, Filter, Measure, Plan, Test, Value, dataset_label};

/// The words of one language; sentences are put together in the same order in all of them.
struct Phrases {
    shows: &'static str,
    from_dataset: &'static str,
    newest: &'static str,
    version: &'static str,
    in_period: &'static str,
    every_day: &'static str,
    conditions: &'static str,
    is: &'static str,
    starts_with: &'static str,
    numbers: [&'static str; 2],
    days: [&'static str; 2],
    separator: &'static str,
    lines: &'static str,
    one_line: &'static str,
    hidden: &'static str,
    and: &'static str,
    or: &'static str,
    months: [&'static str; 12],
}

const NL: Phrases = Phrases {
    shows: "Deze tabel toont ",
    from_dataset: " uit de dataset ",
    newest: "nieuwste versie",
    version: "versie ",
    in_period: "Alleen registraties van deze dagen tellen mee – ",
    every_day: "Registraties van alle dagen tellen mee.",
    conditions: "Ze voldoen aan elk van deze voorwaarden – ",
    is: ": ",
    starts_with: ": begint met ",
    numbers: [": van ", " tot en met "],
    days: [": van ", " tot en met "],
    separator: "; ",
    lines: "Er is een regel voor elke combinatie van: ",
    one_line: "De tabel heeft een enkele regel.",
    hidden: "Cellen over te weinig personen worden verborgen en er worden geen totalen gepubliceerd.",
    and: " en ",
    or: " of ",
    months: [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
};

const FR: Phrases = Phrases {
    shows: "Ce tableau présente : ",
    from_dataset: ", à partir du jeu de données ",
    newest: "dernière version",
    version: "version ",
    in_period: "Seuls comptent les enregistrements de ces jours – ",
    every_day: "Les enregistrements de tous les jours comptent.",
    conditions: "Ils remplissent chacune de ces conditions – ",
    is: " : ",
    starts_with: " : commence par ",
    numbers: [" : de ", " à "],
    days: [" : du ", " au "],
    separator: " ; ",
    lines: "Il y a une ligne pour chaque combinaison de : ",
    one_line: "Le tableau a une seule ligne.",
    hidden: "Les cellules portant sur trop peu de personnes sont masquées et aucun total n’est publié.",
    and: " et ",
    or: " ou ",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
};

const DE: Phrases = Phrases {
    shows: "Diese Tabelle zeigt: ",
    from_dataset: ", aus dem Datensatz ",
    newest: "neueste Version",
    version: "Version ",
    in_period: "Gezählt werden nur Einträge dieser Tage – ",
    every_day: "Gezählt werden Einträge aller Tage.",
    conditions: "Sie erfüllen jede dieser Bedingungen – ",
    is: ": ",
    starts_with: ": beginnt mit ",
    numbers: [": von ", " bis "],
    days: [": vom ", " bis zum "],
    separator: "; ",
    lines: "Es gibt eine Zeile für jede Kombination von: ",
    one_line: "Die Tabelle hat eine einzige Zeile.",
    hidden: "Zellen über zu wenige Personen werden verborgen und es werden keine Gesamtzahlen \
             veröffentlicht.",
    and: " und ",
    or: " oder ",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
};

const EN: Phrases = Phrases {
    shows: "This table shows ",
    from_dataset: " from the dataset ",
    newest: "newest version",
    version: "version ",
    in_period: "Only records of these days count – ",
    every_day: "Records of all days count.",
    conditions: "They meet every one of these conditions – ",
    is: ": ",
    starts_with: ": starts with ",
    numbers: [": from ", " to "],
    days: [": from ", " to "],
    separator: "; ",
    lines: "There is one line for every combination of: ",
    one_line: "The table has a single line.",
    hidden: "Cells about too few persons are hidden and no totals are published.",
    and: " and ",
    or: " or ",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

impl Plan {
    /// What the plan asks, in plain sentences.
    #[must_use]
    pub fn describe(&self, language: Language) -> String {
        let words = Words { language, phrases: phrases(language) };
        let mut sentences = vec![words.subject(self), words.days(self.period())];
        if !self.cohort().is_empty() {
            sentences.push(words.conditions(self.cohort()));
        }
        sentences.push(words.lines(self.dimensions()));
        sentences.push(words.phrases.hidden.to_owned());
        sentences.join(" ")
    }
}

fn phrases(language: Language) -> &'static Phrases {
    match language {
        Language::Nl => &NL,
        Language::Fr => &FR,
        Language::De => &DE,
        Language::En => &EN,
    }
}

/// One language at work.
struct Words {
    language: Language,
    phrases: &'static Phrases,
}

impl Words {
    fn subject(&self, plan: &Plan) -> String {
        let measures: Vec<String> = plan.measures().iter().map(|m| self.measure(m)).collect();
        let dataset = self.quoted(&dataset_label(plan.dataset().as_str(), self.language));
        let version = match plan.version() {
            Some(version) => format!("{}{version}", self.phrases.version),
            None => self.phrases.newest.to_owned(),
        };
        let Phrases { shows, from_dataset, and, .. } = self.phrases;
        format!("{shows}{}{from_dataset}{dataset} ({version}).", list(&measures, and))
    }

    fn measure(&self, measure: &Measure) -> String {
        // Only Dutch and English need an article to make a sentence of it.
        let article = match (self.language, measure) {
            (Language::Nl, Measure::Sum(_)) => "de ",
            (Language::Nl, _) => "het ",
            (Language::En, _) => "the ",
            _ => "",
        };
        format!("{article}{}", measure.label(self.language))
    }

    fn days(&self, period: Option<&EventPeriod>) -> String {
        match period {
            None => self.phrases.every_day.to_owned(),
            Some(EventPeriod { column, within }) => format!(
                "{}{}{}.",
                self.phrases.in_period,
                column.label(self.language),
                self.period(*within)
            ),
        }
    }

    fn period(&self, period: Period) -> String {
        let [from, to] = self.phrases.days;
        format!("{from}{}{to}{}", self.day(period.first()), self.day(period.last()))
    }

    fn day(&self, day: Date) -> String {
        let number = match (self.language, day.day()) {
            (Language::Fr, 1) => "1er".to_owned(),
            (Language::De, number) => format!("{number}."),
            (_, number) => number.to_string(),
        };
        let month = self.phrases.months[usize::from(u8::from(day.month())) - 1];
        format!("{number} {month} {}", day.year())
    }

    fn conditions(&self, cohort: &[Filter]) -> String {
        let conditions: Vec<String> = cohort.iter().map(|filter| self.condition(filter)).collect();
        format!("{}{}.", self.phrases.conditions, conditions.join(self.phrases.separator))
    }

    fn condition(&self, filter: &Filter) -> String {
        let column = filter.column.label(self.language);
        let Phrases { is, starts_with, numbers, or, .. } = self.phrases;
        match &filter.test {
            Test::Is(values) => {
                let values: Vec<String> = values.iter().map(|v| self.value(filter, v)).collect();
                format!("{column}{is}{}", list(&values, or))
            }
            Test::StartsWith(prefixes) => format!("{column}{starts_with}{}", list(prefixes, or)),
            Test::Between(Bound::Integer(first), Bound::Integer(last)) => {
                format!("{column}{}{first}{}{last}", numbers[0], numbers[1])
            }
            Test::Between(first, last) => {
                let [from, to] = self.phrases.days;
                format!("{column}{from}{}{to}{}", self.bound(*first), self.bound(*last))
            }
        }
    }

    fn value(&self, filter: &Filter, value: &Value) -> String {
        match value {
            Value::Boolean(flag) => flag.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => filter.column.value_label(text, self.language),
        }
    }

    fn bound(&self, bound: Bound) -> String {
        match bound {
            Bound::Integer(number) => number.to_string(),
            Bound::Day(day) => self.day(day),
        }
    }

    fn lines(&self, dimensions: &[Dimension]) -> String {
        if dimensions.is_empty() {
            return self.phrases.one_line.to_owned();
        }
        let sides: Vec<String> = dimensions.iter().map(|side| side.label(self.language)).collect();
        format!("{}{}.", self.phrases.lines, list(&sides, self.phrases.and))
    }

    fn quoted(&self, text: &str) -> String {
        match self.language {
            Language::Fr => format!("« {text} »"),
            Language::De => format!("„{text}“"),
            Language::Nl | Language::En => format!("“{text}”"),
        }
    }
}

/// `a, b and c`.
fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{}{last}{end}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::plan::tests::FULL;

    use super::*;

    #[test]
    fn a_plan_reads_as_sentences_in_four_languages() {
        let full = Plan::from_json(FULL.as_bytes()).unwrap();
        let mut draft = full.to_draft();
        draft.version = Some("20261125T141900Z-0123abcd".parse().unwrap());
        draft.period = None;
        draft.cohort.clear();
        draft.dimensions.clear();
        draft.measures.truncate(1);
        let bare = draft.validate().unwrap();
        let mut text = String::new();
        for language in Language::ALL {
            for plan in [&full, &bare] {
                writeln!(text, "{language}: {}", plan.describe(language)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }
}
