//! What is written is what is read, in bytes that depend on the rows alone.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{
        ArrayRef, AsArray, Date32Array, FixedSizeBinaryArray, RecordBatch, StringArray, UInt64Array,
    },
    compute::{cast, concat_batches},
    datatypes::{DataType, Int32Type},
};
use parquet::file::reader::{FileReader, SerializedFileReader};
use pipeline_domain::ColumnKind;
use rayon::prelude::*;

use crate::{
    EncodedRows, FileEntry, Location, ParquetFile, ParquetSink, Store,
    parquet_file::GROUP_ROWS,
    read_parquet,
    wire::{ColumnSpec, payload_schema},
};

fn columns() -> Vec<ColumnSpec> {
    let column = |name: &str, kind| ColumnSpec {
        name: name.to_owned(),
        kind,
        description: BTreeMap::new(),
        element: None,
        code_system: None,
    };
    vec![
        column("day", ColumnKind::Date),
        column("code", ColumnKind::Text),
        column("prescriber", ColumnKind::Linked),
    ]
}

/// Rows whose values follow from their number.
fn rows(numbers: std::ops::Range<u64>) -> RecordBatch {
    let numbers = UInt64Array::from_iter_values(numbers);
    let hash = |number: u64| u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * 0x1_0000_0001;
    let each = || numbers.values().iter().copied();
    let tokens = each().map(|number| hash(number).to_be_bytes());
    let linked = each().map(|number| (number % 5 != 0).then(|| hash(number % 40).to_le_bytes()));
    let codes = each().map(|number| (number % 7 != 0).then(|| format!("J{:02}", number % 90)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(
            FixedSizeBinaryArray::try_from_sparse_iter_with_size(tokens.map(Some), 16).unwrap(),
        ),
        Arc::new(Date32Array::from_iter_values(
            each().map(|number| 20_000 + i32::try_from(number % 900).unwrap()),
        )),
        Arc::new(codes.collect::<StringArray>()),
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(linked, 16).unwrap()),
    ];
    RecordBatch::try_new(payload_schema(&self::columns()), columns).unwrap()
}

fn in_a_store(test: impl FnOnce(&Store)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    test(&Store::open(&"memory:".parse::<Location>().unwrap()).unwrap());
}

fn write(store: &Store, name: &str, batches: &[RecordBatch]) -> FileEntry {
    let mut sink = ParquetSink::create(store, "", name, payload_schema(&columns())).unwrap();
    for batch in batches {
        sink.write(batch).unwrap();
    }
    sink.finish().unwrap()
}

fn read(store: &Store, name: &str) -> RecordBatch {
    let batches: Vec<RecordBatch> =
        read_parquet(store, name).unwrap().map(Result::unwrap).collect();
    concat_batches(&payload_schema(&columns()), &batches).unwrap()
}

#[test]
fn rows_come_back_however_they_were_cut() {
    let count = GROUP_ROWS as u64 + 70_000;
    let all = rows(0..count);
    in_a_store(|store| {
        let at_once = write(store, "a", std::slice::from_ref(&all));
        let cut = write(store, "b", &[rows(0..1), rows(1..99_999), rows(99_999..count)]);
        assert_eq!((at_once.rows, cut.rows), (count, count));
        assert!(read(store, "b") == all);
        assert_eq!(ParquetFile::open(store, "a").unwrap().groups(), [GROUP_ROWS as u64, 70_000]);
        assert!(read(store, "a") == all);
    });
}

#[test]
fn groups_encoded_beside_each_other_give_the_same_bytes_on_any_number_of_threads() {
    let portions = [0..40_000, 40_000..40_000, 40_000..140_000, 140_000..150_000];
    in_a_store(|store| {
        let mut digests = Vec::new();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let entry = pool.install(|| {
                let schema = payload_schema(&columns());
                let mut sink = ParquetSink::create(store, "", "a", schema).unwrap();
                sink.write(&rows(0..10)).unwrap();
                let encoder = sink.encoder();
                let encode = |range: &std::ops::Range<u64>| -> EncodedRows {
                    encoder.encode([Ok(rows(range.clone()))].into_iter()).unwrap()
                };
                let groups: Vec<EncodedRows> = portions.par_iter().map(encode).collect();
                for rows in groups {
                    sink.append(rows).unwrap();
                }
                sink.finish().unwrap()
            });
            assert_eq!(entry.rows, 150_010);
            digests.push(entry.sha256);
        }
        digests.dedup();
        assert_eq!(digests.len(), 1);
        assert_eq!(ParquetFile::open(store, "a").unwrap().groups(), [10, 40_000, 100_000, 10_000]);
        assert!(read(store, "a").slice(10, 150_000) == rows(0..150_000));
    });
}

#[test]
fn texts_are_read_as_codes_where_that_is_asked() {
    in_a_store(|store| {
        write(store, "a", &[rows(0..1_000)]);
        let file = ParquetFile::open(store, "a").unwrap().with_codes().unwrap();
        let batch = file.read_group(0).unwrap().next().unwrap().unwrap();
        let codes = batch.column(2);
        assert!(codes.as_dictionary::<Int32Type>().values().len() < 100);
        assert_eq!(&cast(codes, &DataType::Utf8).unwrap(), rows(0..1_000).column(2));
        assert_eq!(batch.column(3), rows(0..1_000).column(3));
    });
}

#[test]
fn the_footer_tells_no_value_that_stands_for_somebody() {
    in_a_store(|store| {
        write(store, "a", &[rows(0..1_000)]);
        let file = SerializedFileReader::new(bytes::Bytes::from(store.read("a").unwrap())).unwrap();
        let group = file.metadata().row_group(0);
        let told = |at: usize| {
            let column = group.column(at);
            (column.statistics().is_some(), column.dictionary_page_offset().is_some())
        };
        assert_eq!(
            [0, 1, 2, 3].map(told),
            // Parquet 1.0 has no dictionary for bytes of fixed length.
            [(false, false), (true, true), (false, true), (false, false)]
        );
    });
}

#[test]
fn what_is_no_whole_parquet_file_is_refused() {
    in_a_store(|store| {
        write(store, "a", &[rows(0..1_000)]);
        let whole = store.read("a").unwrap();
        for len in [0, 3, 8, whole.len() / 2, whole.len() - 1] {
            store.write("b", whole[..len].to_vec()).unwrap();
            let error = ParquetFile::open(store, "b").unwrap_err();
            assert!(error.to_string().starts_with("b is not a Parquet file"), "{len}: {error}");
        }
        // A footer that speaks of more than there is.
        let moved = [whole[..4].to_vec(), whole[1_000..].to_vec()].concat();
        store.write("b", moved).unwrap();
        assert!(ParquetFile::open(store, "b").is_err());
        let missing = ParquetFile::open(store, "c").unwrap_err();
        assert!(missing.to_string().starts_with("looking at c failed"));
    });
}
