//! What is made of other records: the report of a laboratory, a procedure, an assessment, a summary.

use serde::Serialize;

use super::By;
use super::urls::{DIAGNOSTIC_SERVICE, FREQUENCY, HOME_CARE, REPORT_ID};
use crate::fhir::{
    Actor, Coding, Concept, Day, Identifier, LOINC, Moment, Quantity, Reference, SNOMED,
};
use crate::record::Answers;

/// The sections of a summary (LOINC), in the order in which they are counted.
const SECTIONS: [(&str, &str); 4] = [
    ("11450-4", "Problem list"),
    ("48765-2", "Allergies and adverse reactions"),
    ("10160-0", "History of medication use"),
    ("11369-6", "History of immunization"),
];
/// The activities that an assessment asks about.
const ACTIVITIES: [&str; 6] = ["G1a", "G1b", "G1c", "G2a", "G2b", "G2c"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    identifier: [Identifier; 1],
    status: &'static str,
    category: [Concept; 1],
    code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    effective_date_time: Moment,
    issued: Moment,
    performer: [Reference; 2],
    results_interpreter: [Reference; 1],
    result: Vec<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Procedure {
    status: &'static str,
    code: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    performed_date_time: Moment,
    recorder: Reference,
    performer: [Actor; 1],
    reason_code: [Concept; 1],
}

#[derive(Serialize)]
pub(super) struct Assessment {
    questionnaire: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    authored: Moment,
    author: Reference,
    #[serde(rename = "item")]
    items: Vec<Item>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Item {
    link_id: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answer: Vec<Answer>,
    #[serde(rename = "item", skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    value_boolean: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_integer: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_date: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_coding: Option<Coding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_quantity: Option<Quantity>,
    #[serde(rename = "item", skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item>,
}

#[derive(Serialize)]
pub(super) struct Summary {
    status: &'static str,
    r#type: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    date: Moment,
    author: [Reference; 1],
    title: &'static str,
    section: Vec<Section>,
}

#[derive(Serialize)]
struct Section {
    title: &'static str,
    code: Concept,
    entry: Vec<Reference>,
}

impl By<'_> {
    pub(super) fn report(self, results: &[String]) -> Report {
        let result = |id: &String| Reference::local(&format!("Observation/{id}"));
        Report {
            identifier: self.own_id(REPORT_ID),
            status: "final",
            category: [Concept::new(DIAGNOSTIC_SERVICE, "LAB")],
            code: Concept::named(LOINC, ("11502-2", "Laboratory report")),
            effective_date_time: self.moment(),
            issued: self.moment(),
            performer: self.laboratory(),
            results_interpreter: [self.doctor()],
            result: results.iter().map(result).collect(),
            subject: self.subject,
        }
    }

    pub(super) fn procedure(
        self,
        code: (&'static str, &'static str),
        reason: &'static str,
    ) -> Procedure {
        Procedure {
            status: "completed",
            code: Concept::named(SNOMED, code),
            performed_date_time: self.moment(),
            recorder: self.doctor(),
            performer: [Actor { actor: self.doctor() }],
            reason_code: [Concept::new(SNOMED, reason)],
            subject: self.subject,
        }
    }

    /// Items stand in a group and below an answer; the last is answered in words, with a name, as
    /// such answers are.
    pub(super) fn assessment(self, answers: &Answers) -> Assessment {
        let activities = ACTIVITIES.into_iter().zip(answers.activities);
        let activities = activities.map(|(link_id, score)| {
            item(link_id, Answer { value_integer: Some(score), ..Answer::default() })
        });
        let weight = Quantity::ucum(answers.weight_tenths, "kg");
        let helper = format!("{} is helped by a neighbour", self.person.full_name());
        Assessment {
            questionnaire: HOME_CARE,
            status: "completed",
            authored: self.moment(),
            author: self.doctor(),
            items: vec![
                item("A9", Answer { value_date: Some(Day(self.record.on)), ..Answer::default() }),
                Item { link_id: "G", items: activities.collect(), ..Item::default() },
                item("J1", fell(answers.falls)),
                item("K1", Answer { value_quantity: Some(weight), ..Answer::default() }),
                item("P2", Answer { value_string: Some(helper), ..Answer::default() }),
            ],
            subject: self.subject,
        }
    }

    pub(super) fn summary(self, entries: &[Vec<String>; 4]) -> Summary {
        let sections = SECTIONS.into_iter().zip(entries).filter(|(_, entries)| !entries.is_empty());
        let section = sections.map(|(code, entries)| Section {
            title: code.1,
            code: Concept::named(LOINC, code),
            entry: entries.iter().map(|entry| Reference::local(entry)).collect(),
        });
        Summary {
            status: "final",
            r#type: Concept::named(LOINC, ("60591-5", "Patient summary Document")),
            date: self.moment(),
            author: [self.doctor()],
            title: "Patient summary",
            section: section.collect(),
            subject: self.subject,
        }
    }
}

fn item(link_id: &'static str, answer: Answer) -> Item {
    Item { link_id, answer: vec![answer], ..Item::default() }
}

/// Whether the person fell; who did is asked how often.
fn fell(falls: u32) -> Answer {
    let often = match falls {
        0 => return Answer { value_boolean: Some(false), ..Answer::default() },
        1 => "once",
        _ => "more",
    };
    let coding = Coding { system: FREQUENCY, code: often, display: None };
    let often = item("J1a", Answer { value_coding: Some(coding), ..Answer::default() });
    Answer { value_boolean: Some(true), items: vec![often], ..Answer::default() }
}
