//! The plans of the demonstration: two are released, one waits for the officer.

use std::collections::BTreeMap;

use pipeline_domain::{Period, Purpose, Timestamp};
use pipeline_plan::{Approval, Plan};
use serde_json::{Value, json};
use time::Duration;

/// A plan of the demonstration and the name of its approval.
pub(crate) struct DemoPlan {
    pub(crate) approval: &'static str,
    title: [(&'static str, &'static str); 4],
    dataset: &'static str,
    date: &'static str,
    cohort: fn() -> Value,
    dimensions: fn() -> Value,
    measures: fn() -> Value,
}

/// Released by the demonstration itself.
pub(crate) const RELEASED: DemoPlan = DemoPlan {
    approval: "influenza-vaccination",
    title: [
        ("en", "Vaccination against influenza, by province and age"),
        ("nl", "Vaccinatie tegen griep, per provincie en leeftijd"),
        ("fr", "Vaccination contre la grippe, par province et âge"),
        ("de", "Impfung gegen Grippe, nach Provinz und Alter"),
    ],
    dataset: "vaccination",
    date: "occurrence",
    cohort: || json!([{ "column": "atc", "starts_with": ["J07BB"] }, { "column": "status", "is": ["completed"] }]),
    dimensions: || {
        json!([
            { "column": "person.nis", "by": "province" },
            { "column": "person.birth_year", "by": { "age_band": 20 } },
        ])
    },
    measures: || json!(["persons", "records"]),
};

/// Released too: its sides come from the reference data, the ATC group by way of the product.
pub(crate) const BY_REFERENCE: DemoPlan = DemoPlan {
    approval: "medicines-by-arrondissement",
    title: [
        ("en", "Medicines dispensed, by arrondissement and main ATC group"),
        ("nl", "Afgeleverde geneesmiddelen, per arrondissement en ATC-hoofdgroep"),
        ("fr", "Médicaments délivrés, par arrondissement et groupe ATC principal"),
        ("de", "Abgegebene Arzneimittel, nach Arrondissement und ATC-Hauptgruppe"),
    ],
    dataset: "dispense",
    date: "handed_over",
    cohort: || json!([{ "column": "status", "is": ["completed"] }]),
    dimensions: || {
        json!([
            { "column": "person.nis", "by": "arrondissement" },
            { "column": "cnk", "by": { "atc_of_cnk": 1 } },
        ])
    },
    measures: || json!(["persons", "records"]),
};

/// Left on the officer's desk.
pub(crate) const PENDING: DemoPlan = DemoPlan {
    approval: "antibiotics-dispensed",
    title: [
        ("en", "Antibiotics dispensed, by province, sex and quarter"),
        ("nl", "Afgeleverde antibiotica, per provincie, geslacht en kwartaal"),
        ("fr", "Antibiotiques délivrés, par province, sexe et trimestre"),
        ("de", "Abgegebene Antibiotika, nach Provinz, Geschlecht und Quartal"),
    ],
    dataset: "dispense",
    date: "handed_over",
    cohort: || json!([{ "column": "atc", "starts_with": ["J01"] }]),
    dimensions: || {
        json!([
            { "column": "person.nis", "by": "province" },
            { "column": "person.sex" },
            { "column": "handed_over", "by": "quarter" },
        ])
    },
    measures: || json!(["persons", "records", { "sum": "quantity" }]),
};

impl DemoPlan {
    /// The plan over the two years before this moment, as an approval of it.
    pub(crate) fn approval(&self, now: Timestamp) -> anyhow::Result<Approval> {
        let within = Period::new(now.date() - Duration::days(730), now.date())?;
        let title: BTreeMap<_, _> = self.title.into_iter().collect();
        let plan = json!({
            "title": title,
            "dataset": self.dataset,
            "period": { "column": self.date, "within": within },
            "cohort": (self.cohort)(),
            "dimensions": (self.dimensions)(),
            "measures": (self.measures)(),
        });
        Ok(Approval {
            id: self.approval.parse()?,
            requester: "policy-analyst".to_owned(),
            purpose: Purpose::PolicyMaking,
            legal_basis: "Regulation (EU) 2025/327, Art 69".to_owned(),
            valid: Period::new(now.date() - Duration::days(1), now.date() + Duration::days(365))?,
            runs: None,
            plan: Plan::from_json(plan.to_string().as_bytes())?,
        })
    }
}
