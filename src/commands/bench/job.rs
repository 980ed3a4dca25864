//! The job of the benchmark: its plans, and its table in the words every peer writes.
//!
//! A dispense that was completed counts by ATC group, quarter, province, sex and age; one table for
//! each of the five levels of the ATC. Cells of fewer than ten persons are left out.

use std::path::Path;

use anyhow::{Context, bail};
use pipeline_disclosure::{Amount, Number, ProtectedCube, Rules, Value};
use pipeline_plan::Plan;
use serde_json::json;

/// The levels of the ATC, by how many characters of a code they leave.
pub(super) const LEVELS: [(u8, u8); 5] = [(1, 1), (2, 3), (3, 4), (4, 5), (5, 7)];

const HEADER: [&str; 10] = [
    "level",
    "code",
    "quarter",
    "province",
    "sex",
    "age_band",
    "persons",
    "dispensations",
    "quantity",
    "days",
];

/// Our codes of provinces, and the words of the job.
const PROVINCES: [(&str, &str); 11] = [
    ("BE-VAN", "ANT"),
    ("BE-BRU", "BRU"),
    ("BE-VBR", "VBR"),
    ("BE-WBR", "WBR"),
    ("BE-VWV", "WVL"),
    ("BE-VOV", "OVL"),
    ("BE-WHT", "HAI"),
    ("BE-WLG", "LIE"),
    ("BE-VLI", "LIM"),
    ("BE-WLX", "LUX"),
    ("BE-WNA", "NAM"),
];

/// A row of the job's table: level, code, quarter, province, sex, age band.
type Row = (u8, [String; 5], [i128; 4]);

/// The plan of one level. Its period takes in every day there is: it tells whose day an age is at.
pub(super) fn plan(characters: u8) -> anyhow::Result<Plan> {
    let plan = json!({
        "title": {"en": "Dispensed medicines by ATC group"},
        "dataset": "dispense",
        "period": {"column": "handed_over", "within": "1900-01-01/2999-12-31"},
        "cohort": [{"column": "status", "is": ["completed"]}],
        "dimensions": [
            {"column": "atc", "by": {"prefix": characters}},
            {"column": "handed_over", "by": "quarter"},
            {"column": "person.nis", "by": "province"},
            {"column": "person.sex"},
            {"column": "person.birth_month", "by": {"age_from": [18, 40, 65, 80]}}
        ],
        "measures": ["persons", "records", {"sum": "quantity"}, {"sum": "days_supply"}]
    });
    Ok(Plan::from_json(plan.to_string().as_bytes())?)
}

/// The rules of the job: ten persons, and the dominance rule at its loosest, since the job has none.
pub(super) fn rules() -> anyhow::Result<Rules> {
    Ok(Rules::new(10, 1)?)
}

/// The table of the job.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<Row>);

impl Table {
    /// Adds the cells of one level that are shown.
    pub(super) fn add(&mut self, level: u8, cube: &ProtectedCube) -> anyhow::Result<()> {
        for cell in cube.cells() {
            let numbers: Vec<Number> = cell.values.iter().filter_map(Value::number).collect();
            if numbers.is_empty() {
                continue;
            }
            let [persons, records, quantity, days] = numbers.as_slice() else {
                bail!("the dominance rule hid a number, which the job does not know");
            };
            let codes: Vec<&str> = cube.codes(cell).collect();
            let [code, quarter, province, sex, age] = codes.as_slice() else {
                bail!("a table has other sides than its plan");
            };
            let words = [
                (*code).to_owned(),
                quarter.replace('-', ""),
                province_word(province).to_owned(),
                (*sex).to_owned(),
                if *age == "0-17" { "00-17".to_owned() } else { (*age).to_owned() },
            ];
            let numbers = [whole(persons), whole(records), whole(quantity), whole(days)];
            self.0.push((level, words, numbers));
        }
        Ok(())
    }

    /// Writes the table, in the order of its key columns.
    pub(super) fn write(mut self, path: &Path) -> anyhow::Result<usize> {
        self.0.sort_unstable();
        let failed = || format!("writing {}", path.display());
        let mut csv = csv::Writer::from_path(path).with_context(failed)?;
        csv.write_record(HEADER).with_context(failed)?;
        for (level, words, numbers) in &self.0 {
            let level = level.to_string();
            let numbers = numbers.map(|number| number.to_string());
            let words = words.iter().chain(&numbers).map(String::as_str);
            csv.write_record(std::iter::once(level.as_str()).chain(words)).with_context(failed)?;
        }
        csv.flush().with_context(failed)?;
        Ok(self.0.len())
    }
}

fn province_word(code: &str) -> &'static str {
    PROVINCES.iter().find(|(ours, _)| *ours == code).map_or("UNK", |(_, theirs)| theirs)
}

/// The job counts in whole numbers.
fn whole(number: &Number) -> i128 {
    match number {
        Number::Count(count) => i128::from(*count),
        Number::Sum(sum) => sum.millionths() / 10_i128.pow(u32::from(Amount::DECIMALS)),
    }
}
