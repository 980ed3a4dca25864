//! KMEHR: a header, and folders of one patient with transactions of items.
//!
//! A message is read one patient and one transaction at a time. What an item becomes depends on its
//! kind and on the transaction it stands in: a medicine in a medication scheme is used, in a
//! prescription it is prescribed. Suspensions are kept until the end of the folder, because they may
//! come before the line they suspend.

mod clinical;
mod medicine;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::codes;
use crate::converted::{Converted, Format, Outcome, Place, Reason};
use crate::error::LegacyError;
use crate::fhir::{self, Resource, Subject};
use crate::xml::{Element, Walker};

pub(crate) use medicine::masked;

/// NIS code of a municipality, on an address.
const NIS_CODE: &str =
    "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-ext-nis-code";

/// Elements whose text is words.
const WORDS: [&str; 9] = [
    "text",
    "intendedname",
    "deliveredname",
    "compoundprescription",
    "magistraltext",
    "instructionforpatient",
    "instructionforoverdosing",
    "instructionforreimbursement",
    "comment",
];

/// Converts a message whose root was opened.
pub(crate) fn convert(walker: &mut Walker<'_>) -> Result<Converted, LegacyError> {
    let mut converted = Converted::new(Format::Kmehr);
    let mut transactions = 0;
    while let Some(part) = walker.child()? {
        if part.name == "folder" {
            folder(walker, &mut converted, &mut transactions)?;
        } else {
            walker.skip()?;
        }
    }
    walker.finish()?;
    Ok(converted)
}

fn folder(
    walker: &mut Walker<'_>,
    converted: &mut Converted,
    transactions: &mut u32,
) -> Result<(), LegacyError> {
    let mut folder =
        Folder { converted, subject: None, lines: BTreeMap::new(), suspensions: Vec::new() };
    while let Some(part) = walker.child()? {
        match part.name.as_str() {
            "patient" => {
                let patient = walker.take(part)?;
                folder.patient(&patient);
            }
            "transaction" => {
                *transactions += 1;
                let transaction = walker.take(part)?;
                folder.transaction(&transaction, *transactions);
            }
            _ => walker.skip()?,
        }
    }
    folder.settle_suspensions();
    Ok(())
}

/// One patient's part of the message.
struct Folder<'c> {
    converted: &'c mut Converted,
    subject: Option<Subject>,
    /// The resource of a medication line, by the number of its transaction.
    lines: BTreeMap<String, usize>,
    suspensions: Vec<Suspension>,
}

struct Suspension {
    extension: Outcome,
    line: Option<String>,
    place: Place,
}

/// What the transaction says about each of its items.
struct Context<'t> {
    subject: &'t Subject,
    kind: &'t str,
    transaction: &'t Element,
    /// When the transaction was recorded.
    recorded: Option<String>,
    author: Option<Value>,
}

impl Folder<'_> {
    fn patient(&mut self, patient: &Element) {
        let number = national_number(patient, "ID-PATIENT");
        self.subject = number.map(Subject::new);
        if let Some(subject) = &self.subject {
            self.converted.add_person(person(patient, subject));
        }
        self.converted.tally.texts_dropped += words(patient);
    }

    fn transaction(&mut self, transaction: &Element, number: u32) {
        let kind = table_code(transaction, "CD-TRANSACTION").unwrap_or_default();
        let items: Vec<(Place, &Element)> = items(transaction)
            .zip(1..)
            .map(|(item, count)| {
                (Place { transaction: number, item: count, line: item.line }, item)
            })
            .collect();
        self.converted.tally.texts_dropped += words(transaction);
        let Some(subject) = self.subject.clone() else {
            for (place, _) in items {
                self.converted.enter(Err(Reason::NoSubject), place);
            }
            return;
        };
        let context = Context::new(&subject, &kind, transaction);
        match kind.as_str() {
            "medicationschemeelement" => self.scheme_element(&context, &items),
            "treatmentsuspension" => self.suspension(&context, &items),
            _ => {
                for (place, item) in items {
                    self.converted.enter(context.convert(item), place);
                }
            }
        }
    }

    /// A line of the scheme. The other items of its transaction say something about the line.
    fn scheme_element(&mut self, context: &Context<'_>, items: &[(Place, &Element)]) {
        let is_medicine =
            |item: &Element| table_code(item, "CD-ITEM").as_deref() == Some("medication");
        let mut line = None;
        let mut notes = Vec::new();
        for (place, item) in items {
            if is_medicine(item) {
                line = self.converted.enter(medicine::line(item, context), *place).or(line);
            } else {
                notes.push((*place, *item));
            }
        }
        if let (Some(line), Some(number)) = (line, table_id(context.transaction, "ID-KMEHR")) {
            self.lines.insert(number.to_owned(), line);
        }
        for (place, item) in notes {
            let reasons = clinical::codings(item);
            match line.and_then(|line| self.converted.resources.get_mut(line)) {
                Some(resource) if !reasons.is_empty() => {
                    push(resource, "reasonCode", json!({ "coding": reasons }));
                    self.converted.enter_folded();
                }
                _ => drop(self.converted.enter(Err(clinical::unsaid(item)), place)),
            }
        }
    }

    fn suspension(&mut self, context: &Context<'_>, items: &[(Place, &Element)]) {
        for (place, item) in items {
            if table_code(item, "CD-ITEM").as_deref() == Some("medication") {
                let extension = medicine::suspension(item);
                let line =
                    linked_transaction(item).or_else(|| linked_transaction(context.transaction));
                self.suspensions.push(Suspension { extension, line, place: *place });
            } else {
                self.converted.enter(Err(clinical::unsaid(item)), *place);
            }
        }
    }

    /// Puts each suspension into the line it suspends.
    fn settle_suspensions(&mut self) {
        for Suspension { extension, line, place } in std::mem::take(&mut self.suspensions) {
            let line = line.and_then(|number| self.lines.get(&number)).copied();
            match (extension, line.and_then(|line| self.converted.resources.get_mut(line))) {
                (Ok(extension), Some(resource)) => {
                    push(resource, "extension", extension);
                    self.converted.enter_folded();
                }
                (Err(reason), _) => drop(self.converted.enter(Err(reason), place)),
                (Ok(_), None) => drop(self.converted.enter(Err(Reason::NoTreatment), place)),
            }
        }
    }
}

impl<'t> Context<'t> {
    fn new(subject: &'t Subject, kind: &'t str, transaction: &'t Element) -> Self {
        let recorded = transaction.value_at(&["date"]);
        let recorded =
            recorded.and_then(|date| fhir::at_time(date, transaction.value_at(&["time"])));
        Self { subject, kind, transaction, recorded, author: author(transaction) }
    }

    /// What an item becomes outside a medication scheme.
    fn convert(&self, item: &Element) -> Outcome {
        let kind = table_code(item, "CD-ITEM").unwrap_or_default();
        match (self.kind, kind.as_str()) {
            ("pharmaceuticalprescription" | "prescription", "medication") => {
                medicine::prescribed(item, self)
            }
            ("productdelivery", "medication") => medicine::delivered(item, self),
            (_, "medication") => medicine::used(item, self),
            (_, "treatment") => match medicine::used(item, self) {
                Ok(resource) if medicine::is_coded(&resource) => Ok(resource),
                _ => Err(Reason::UnmappedKind),
            },
            (
                _,
                "problem" | "healthissue" | "healthcareelement" | "diagnosis" | "risk"
                | "socialrisk",
            ) => clinical::problem(item, self),
            (_, "allergy" | "adr") => clinical::allergy(item, &kind, self),
            (_, "vaccine") => clinical::vaccination(item, self),
            (_, "transactionreason") => Err(clinical::unsaid(item)),
            _ => Err(Reason::UnmappedKind),
        }
    }

    /// When the item was recorded: its own word, or else that of its transaction.
    fn recorded(&self, item: &Element) -> Result<Option<String>, Reason> {
        match item.value_at(&["recorddatetime"]) {
            Some(text) => fhir::date_time(text).map(Some).ok_or(Reason::BadDate),
            None => Ok(self.recorded.clone()),
        }
    }
}

/// Sex, year of birth and municipality of a patient: what a table of persons counts by.
fn person(patient: &Element, subject: &Subject) -> Value {
    let gender = patient.value_at(&["sex", "cd"]).map(str::to_ascii_lowercase);
    let born = fhir::moment(patient.child("birthdate")).ok().flatten();
    let died = fhir::moment(patient.child("deathdate")).ok().flatten();
    let nis = patient.value_at(&["address", "nis"]);
    Resource::new("Patient")
        .with("identifier", json!([subject.identifier()]))
        .with("gender", gender.as_deref().and_then(codes::gender).map(Value::from))
        .with(
            "birthDate",
            born.as_deref().and_then(|born| born.get(..born.len().min(10))).map(Value::from),
        )
        .with("deceasedDateTime", died.map(Value::from))
        .with(
            "address",
            nis.map(|nis| json!([{ "extension": [{ "url": NIS_CODE, "valueCode": nis }] }])),
        )
        .finish()
}

/// The national number of a party: by its own table first, then by the one named.
fn national_number<'e>(party: &'e Element, table: &str) -> Option<&'e str> {
    table_id(party, "INSS").or_else(|| table_id(party, table))
}

/// Who recorded the transaction: the first person or organisation with a number of the NIHDI.
fn author(transaction: &Element) -> Option<Value> {
    let parties =
        || transaction.child("author").into_iter().flat_map(|author| author.children("hcparty"));
    let professional = parties().find_map(|party| table_id(party, "ID-HCPARTY"));
    let person = || parties().find_map(|party| table_id(party, "INSS"));
    match professional {
        Some(number) => Some(fhir::by_identifier(codes::NIHDI, number)),
        None => person().map(|number| fhir::by_identifier(codes::SSIN, number)),
    }
}

/// The items of a transaction, also those under headings.
fn items(transaction: &Element) -> impl Iterator<Item = &Element> {
    transaction.descendants().filter(|element| element.name == "item")
}

/// The code of an element in a table, in lower case.
fn table_code(element: &Element, table: &str) -> Option<String> {
    let mut codes = element.children("cd").filter(|cd| in_table(cd, table));
    codes.find_map(Element::value).map(str::to_ascii_lowercase)
}

/// The identifier of an element in a table.
fn table_id<'e>(element: &'e Element, table: &str) -> Option<&'e str> {
    element.children("id").filter(|id| in_table(id, table)).find_map(Element::value)
}

fn in_table(element: &Element, table: &str) -> bool {
    element.attribute("S").is_some_and(|own| own.eq_ignore_ascii_case(table))
}

/// The number of the transaction a link points to: `//transaction[id[@S='ID-KMEHR']='2']`.
fn linked_transaction(element: &Element) -> Option<String> {
    let mut links = element.children("lnk").filter_map(|link| link.attribute("URL"));
    links.find_map(|url| {
        let (_, rest) = url.split_once("transaction[id[")?;
        let (_, number) = rest.split_once("]=")?;
        let quote = number.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        number.get(1..)?.split_once(quote).map(|(number, _)| number.to_owned())
    })
}

/// How many elements hold words.
fn words(element: &Element) -> u64 {
    let holds_words =
        |element: &&Element| WORDS.contains(&element.name.as_str()) && element.has_text();
    element.descendants().filter(holds_words).map(|_| 1).sum()
}

/// Adds to an array of a resource.
fn push(resource: &mut Value, member: &str, value: Value) {
    if let Some(Value::Array(items)) = resource
        .as_object_mut()
        .map(|members| &mut *members.entry(member).or_insert_with(|| json!([])))
    {
        items.push(value);
    }
}
