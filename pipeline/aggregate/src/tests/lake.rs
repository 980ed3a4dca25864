//! A small lake of dispenses and persons, made for one test.

use std::{collections::BTreeMap, sync::Arc};

use arrow::array::{
    ArrayRef, Date32Array, FixedSizeBinaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use pipeline_domain::{ColumnKind, DatasetId, Sha256Digest, VersionId};
use pipeline_exchange::{
    Location, ParquetSink, Store,
    lake::{self, Part, VersionManifest},
    wire::{ColumnSpec, lake_schema, with_record_ids},
};
use tempfile::TempDir;
use time::macros::datetime;
use tokio::runtime::Runtime;

/// A row of `dispense`.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) person: u8,
    /// Days since 1 January 1970.
    pub(crate) day: Option<i32>,
    pub(crate) status: &'static str,
    pub(crate) atc: Option<String>,
    pub(crate) quantity: Option<f64>,
    pub(crate) pieces: Option<i64>,
}

/// A row of `person`.
#[derive(Debug, Clone)]
pub(crate) struct PersonRow {
    pub(crate) person: u8,
    pub(crate) sex: Option<String>,
    pub(crate) birth_year: Option<i64>,
    pub(crate) nis: Option<String>,
}

pub(crate) struct Lake {
    pub(crate) folder: TempDir,
    pub(crate) runtime: Runtime,
    pub(crate) store: Store,
}

impl Lake {
    /// A lake with these parts of `dispense`, and with `person` where there are any.
    pub(crate) fn new(events: &[&[Event]], persons: &[PersonRow]) -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = {
            let _entered = runtime.enter();
            let location: Location = folder.path().join("lake").to_str().unwrap().parse().unwrap();
            Store::open(&location).unwrap()
        };
        let lake = Self { folder, runtime, store };
        let batches = events.iter().map(|events| event_columns(events)).collect();
        lake.publish("dispense", event_specs(), batches);
        if !persons.is_empty() {
            lake.publish("person", person_specs(), vec![person_columns(persons)]);
        }
        lake
    }

    /// A lake with these dispenses, and with a person of whom the day of birth is known.
    pub(crate) fn with_birth(events: &[Event], person: u8, day: i32) -> Self {
        let lake = Self::new(&[events], &[]);
        let days: ArrayRef = Arc::new(Date32Array::from(vec![day]));
        let columns = vec![ids(std::iter::once(person)), days];
        lake.publish("person", vec![spec("birth", ColumnKind::Date)], vec![columns]);
        lake
    }

    /// Publishes the newest version again with another manifest.
    pub(crate) fn rewrite(&self, dataset: &str, change: impl FnOnce(&mut VersionManifest)) {
        let _entered = self.runtime.enter();
        let dataset: DatasetId = dataset.parse().unwrap();
        let version = lake::head(&self.store, &dataset).unwrap().unwrap();
        let mut manifest = lake::manifest(&self.store, &dataset, &version).unwrap();
        change(&mut manifest);
        manifest.publish(&self.store).unwrap();
    }

    pub(crate) fn version(&self, dataset: &str) -> VersionId {
        let _entered = self.runtime.enter();
        lake::head(&self.store, &dataset.parse().unwrap()).unwrap().unwrap()
    }

    fn publish(&self, dataset: &str, columns: Vec<ColumnSpec>, batches: Vec<Vec<ArrayRef>>) {
        let _entered = self.runtime.enter();
        let dataset: DatasetId = dataset.parse().unwrap();
        let made = datetime!(2026-11-25 14:19 UTC);
        let version = VersionId::new(made, &Sha256Digest::of(dataset.as_str().as_bytes()));
        let parts = batches
            .into_iter()
            .enumerate()
            .map(|(at, arrays)| {
                // Holders that send increments have the ids of records in their parts, others not.
                let record_ids = at % 2 == 1;
                let (mut schema, mut arrays) = (lake_schema(&columns), arrays);
                if record_ids {
                    schema = with_record_ids(&schema);
                    arrays.push(Arc::clone(&arrays[0]));
                }
                let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap();
                let name = format!("part-{at:05}.parquet");
                let folder = lake::folder(&dataset, &version);
                let mut sink = ParquetSink::create(&self.store, &folder, &name, schema).unwrap();
                sink.write(&batch).unwrap();
                let file = sink.finish().unwrap();
                Part {
                    name,
                    rows: file.rows,
                    bytes: file.bytes,
                    sha256: file.sha256,
                    batch: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
                    holder: "hospital".parse().unwrap(),
                    record_ids,
                }
            })
            .collect();
        let manifest = VersionManifest {
            dataset,
            version,
            rekeyed: None,
            domain: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
            made,
            resource: "MedicationDispense".to_owned(),
            columns,
            parts,
            software: "test".to_owned(),
        };
        manifest.publish(&self.store).unwrap();
    }
}

fn spec(name: &str, kind: ColumnKind) -> ColumnSpec {
    ColumnSpec {
        name: name.to_owned(),
        kind,
        description: BTreeMap::new(),
        element: None,
        code_system: None,
    }
}

fn event_specs() -> Vec<ColumnSpec> {
    vec![
        spec("handed_over", ColumnKind::Date),
        spec("status", ColumnKind::Text),
        spec("atc", ColumnKind::Text),
        spec("quantity", ColumnKind::Decimal),
        spec("pieces", ColumnKind::Integer),
    ]
}

fn person_specs() -> Vec<ColumnSpec> {
    vec![
        spec("sex", ColumnKind::Text),
        spec("birth_year", ColumnKind::Integer),
        spec("nis", ColumnKind::Text),
    ]
}

fn ids(persons: impl Iterator<Item = u8>) -> ArrayRef {
    let ids: Vec<[u8; 16]> = persons.map(|person| [person; 16]).collect();
    if ids.is_empty() {
        return arrow::array::new_empty_array(&arrow::datatypes::DataType::FixedSizeBinary(16));
    }
    Arc::new(FixedSizeBinaryArray::try_from_iter(ids.into_iter()).unwrap())
}

fn event_columns(rows: &[Event]) -> Vec<ArrayRef> {
    vec![
        ids(rows.iter().map(|row| row.person)),
        Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>()),
        Arc::new(rows.iter().map(|row| Some(row.status)).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.atc.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.quantity).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.pieces).collect::<Int64Array>()),
    ]
}

fn person_columns(rows: &[PersonRow]) -> Vec<ArrayRef> {
    vec![
        ids(rows.iter().map(|row| row.person)),
        Arc::new(rows.iter().map(|row| row.sex.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.birth_year).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.nis.as_deref()).collect::<StringArray>()),
    ]
}
