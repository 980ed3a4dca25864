//! Makes the committed sample anew: `cargo run -p sample-data --example small`.

use std::path::Path;

use sample_data::{SampleError, SampleOptions, generate};

fn main() -> Result<(), SampleError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("small");
    generate(&SampleOptions::small(), &folder, &mut |_done| {}).map(|_report| ())
}
