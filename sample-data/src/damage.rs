//! Bad rows, made from good ones.
//!
//! A bad row is an extra row: a spoiled copy, under an id of its own, right after the good row it
//! was made from. So the good rows are the same at every share of bad ones, and what a reader
//! should get from a sample is exactly what it gets from the same sample without bad rows.

use time::{Date, Duration};

use crate::draw::Draws;
use crate::fhir::SSIN;
use crate::person::Person;
use crate::record::{Record, Subject};
use crate::report::{BadReason, Holder};
use crate::write::{patient_line, record_line};

/// Resource types that FHIR R4 does not have: of R5, of the legacy, and plain wrong.
const UNKNOWN: [&str; 4] =
    ["MedicationUsage", "Vaccination", "Prescription", "PharmaceuticalCareEvent"];
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends a spoiled copy of a record.
pub(crate) fn spoil_record(
    line: &mut Vec<u8>,
    reason: BadReason,
    (person, record): (&Person, &mut Record),
    draws: &mut Draws,
) -> Result<(), serde_json::Error> {
    record.id = draws.uuid();
    let mut resource_type = record.fact.kind().name();
    let mut subject = Subject::of(person, record.holder, record.naming);
    match reason {
        BadReason::InssInvalid => {
            subject = Subject::logical(SSIN, person.inss.with_wrong_check().digits());
        }
        BadReason::SubjectUnresolved => subject = Subject::display_only(person.full_name()),
        BadReason::EhealthPseudonym => subject = Subject::logical(SSIN, pseudonym(draws)),
        BadReason::SubjectMissing => subject = Subject::default(),
        BadReason::UnknownResource => resource_type = draws.pick(&UNKNOWN),
        BadReason::DateInFuture => record.on = decades_ahead(record.on, draws),
        BadReason::NotJson => {}
    }
    let start = line.len();
    record_line(line, resource_type, (person, record), subject)?;
    if reason == BadReason::NotJson {
        cut(line, start, draws);
    }
    Ok(())
}

/// Appends a spoiled copy of a Patient.
pub(crate) fn spoil_patient(
    line: &mut Vec<u8>,
    reason: BadReason,
    (person, holder): (&Person, Holder),
    draws: &mut Draws,
) -> Result<(), serde_json::Error> {
    let id = draws.uuid();
    let resource_type = match reason {
        BadReason::UnknownResource => draws.pick(&UNKNOWN),
        _ => "Patient",
    };
    let number = match reason {
        BadReason::InssInvalid => person.inss.with_wrong_check().digits(),
        BadReason::EhealthPseudonym => pseudonym(draws),
        _ => person.inss.digits(),
    };
    let start = line.len();
    patient_line(line, resource_type, (person, holder), (&id, number))?;
    if reason == BadReason::NotJson {
        cut(line, start, draws);
    }
    Ok(())
}

/// Like the pseudonyms of the eHealth platform: a point and sealed transit information.
fn pseudonym(draws: &mut Draws) -> String {
    let parts = [88, 60, 16, 120, 22].map(|length| draws.text(BASE64, length));
    format!(
        "urn:be:fgov:ehealth:pseudo:v2:{}:{}..{}.{}.{}",
        parts[0], parts[1], parts[2], parts[3], parts[4]
    )
}

/// A typing error in the year, so far ahead that the row stays wrong for as long as it is used.
fn decades_ahead(day: Date, draws: &mut Draws) -> Date {
    day.saturating_add(Duration::days(365 * i64::from(draws.between(40, 70))))
}

/// Cuts a line somewhere in its second half, between two characters.
fn cut(line: &mut Vec<u8>, start: usize, draws: &mut Draws) {
    let length = u32::try_from(line.len() - start).unwrap_or(u32::MAX);
    let mut end = start + draws.between(length / 2, length.saturating_sub(3)) as usize;
    while line.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    line.truncate(end);
    line.push(b'\n');
}
