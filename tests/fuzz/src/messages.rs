//! Any bytes as a message older than FHIR, or as a table: nothing panics, and every item of a message
//! is a resource or set aside.
//!
//! An input that begins with `<` is XML, any other a table for the mapping of the samples. libFuzzer
//! and a test of `pipeline-legacy` run the same law.

use std::sync::LazyLock;

use pipeline_legacy::{Mapping, resources_of_csv, resources_of_xml};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| {
    let text = include_str!("../../../pipeline/legacy/samples/dispenses.toml");
    Mapping::from_toml(text).unwrap()
});

/// The law.
pub(crate) fn check(input: &[u8]) {
    if !input.starts_with(b"<") {
        return resources_of_csv(input, &MAPPING).for_each(drop);
    }
    if let Ok(converted) = resources_of_xml(input) {
        assert!(converted.tally.is_balanced(), "{:?}", converted.tally);
    }
}
