//! How a medicine is taken, as far as codes and numbers say it.
//!
//! KMEHR and the pharmacies' messages share the same structure: a frequency, and a regimen that is a
//! flat row of days, times and quantities. Each quantity ends one entry. Words are left behind.

use serde_json::{Map, Value, json};

use crate::codes;
use crate::fhir;
use crate::xml::Element;

/// The dosages of an item (KMEHR) or of its instructions (PCDH).
pub(crate) fn dosages(item: &Element) -> Vec<Value> {
    let common = Common::of(item);
    let mut dosages: Vec<Value> =
        item.children("regimen").flat_map(|regimen| common.regimen(regimen)).collect();
    if dosages.is_empty() {
        dosages.extend(common.alone(item.child("posology")));
    }
    dosages
}

/// What holds for every entry of the regimen.
struct Common {
    repeat: Map<String, Value>,
    as_needed: bool,
    route: Option<Value>,
}

/// One entry of a regimen while it is being read.
#[derive(Default)]
struct Entry {
    repeat: Map<String, Value>,
    event: Option<Value>,
    cycle_day: Option<String>,
}

impl Common {
    fn of(item: &Element) -> Self {
        let periodicity = code_at(item, &["frequency", "periodicity", "cd"]);
        let oneshot = code_at(item, &["temporality", "cd"]).as_deref() == Some("ONESHOT");
        let mut repeat = Map::new();
        if let Some((period, unit)) = periodicity.as_deref().and_then(codes::periodicity) {
            repeat.insert("frequency".to_owned(), 1.into());
            repeat.insert("period".to_owned(), whole_or_half(period));
            repeat.insert("periodUnit".to_owned(), unit.into());
        }
        let route = item.value_at(&["route", "cd"]);
        Self {
            repeat,
            as_needed: oneshot || periodicity.as_deref() == Some("ONDEMAND"),
            route: route.map(|route| fhir::concept(&codes::kmehr_table("CD-DRUG-ROUTE"), route)),
        }
    }

    fn regimen(&self, regimen: &Element) -> Vec<Value> {
        let mut dosages = Vec::new();
        let mut entry = Entry::default();
        for part in &regimen.children {
            match part.name.as_str() {
                "daynumber" => entry.on_cycle_day(part),
                "date" => entry.event = part.value().and_then(fhir::day).map(|day| json!([day])),
                "weekday" => entry.on_weekday(part),
                "daytime" => entry.at_time(part),
                "quantity" => {
                    let done = std::mem::take(&mut entry);
                    dosages.extend(self.dosage(done, quantity(part)));
                }
                _ => {}
            }
        }
        dosages
    }

    fn alone(&self, posology: Option<&Element>) -> Option<Value> {
        let dose = posology.and_then(|posology| {
            let unit = posology.value_at(&["unit", "cd"]);
            let low = amount(posology.value_at(&["low"])?, unit)?;
            match posology.value_at(&["high"]).and_then(|high| amount(high, unit)) {
                Some(high) => Some(json!({ "doseRange": { "low": low, "high": high } })),
                None => Some(json!({ "doseQuantity": low })),
            }
        });
        self.dosage(Entry::default(), dose)
    }

    fn dosage(&self, entry: Entry, dose: Option<Value>) -> Option<Value> {
        let mut dosage = Map::new();
        let mut timing = Map::new();
        let mut repeat = entry.repeat;
        repeat.extend(self.repeat.clone());
        if !repeat.is_empty() {
            timing.insert("repeat".to_owned(), repeat.into());
        }
        if let Some(event) = entry.event {
            timing.insert("event".to_owned(), event);
        }
        if !timing.is_empty() {
            dosage.insert("timing".to_owned(), timing.into());
        }
        if let Some(day) = entry.cycle_day {
            // FHIR R4 has no code for it; the sentence is ours, not the holder's
            let text = format!("Day {day} of treatment cycle");
            dosage.insert("additionalInstruction".to_owned(), json!([{ "text": text }]));
        }
        if self.as_needed {
            dosage.insert("asNeededBoolean".to_owned(), true.into());
        }
        if let Some(dose) = dose {
            dosage.insert("doseAndRate".to_owned(), json!([dose]));
        }
        if let Some(route) = &self.route {
            dosage.insert("route".to_owned(), route.clone());
        }
        (!dosage.is_empty()).then_some(Value::Object(dosage))
    }
}

impl Entry {
    fn on_cycle_day(&mut self, part: &Element) {
        self.cycle_day = part.value().filter(|day| is_small_number(day)).map(str::to_owned);
    }

    fn on_weekday(&mut self, part: &Element) {
        let code = part.value_at(&["cd"]).map(str::to_ascii_lowercase);
        if let Some(day) = code.as_deref().and_then(codes::weekday) {
            self.repeat.insert("dayOfWeek".to_owned(), json!([day]));
        }
    }

    fn at_time(&mut self, part: &Element) {
        if let Some(time) = part.value_at(&["time"]).and_then(fhir::time_of_day) {
            self.repeat.insert("timeOfDay".to_owned(), json!([time]));
        }
        let period = part.value_at(&["dayperiod", "cd"]).map(str::to_ascii_lowercase);
        if let Some(when) = period.as_deref().and_then(codes::day_period) {
            self.repeat.insert("when".to_owned(), json!([when]));
        }
    }
}

fn quantity(part: &Element) -> Option<Value> {
    let quantity = amount(part.value_at(&["decimal"])?, part.value_at(&["unit", "cd"]))?;
    Some(json!({ "doseQuantity": quantity }))
}

/// An amount in a unit that FHIR knows; in no unit where it does not, as the FHIR side has it.
fn amount(text: &str, unit: Option<&str>) -> Option<Value> {
    let value = fhir::number(text)?;
    let unit = unit.map(str::to_ascii_lowercase);
    match unit.as_deref().and_then(codes::unit) {
        Some((system, code)) => Some(json!({ "value": value, "system": system, "code": code })),
        None => Some(json!({ "value": value })),
    }
}

fn code_at(item: &Element, path: &[&str]) -> Option<String> {
    item.value_at(path).map(str::to_ascii_uppercase)
}

fn whole_or_half(period: f64) -> Value {
    fhir::number(&period.to_string()).unwrap_or_default()
}

fn is_small_number(text: &str) -> bool {
    text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}
