//! The rows that are shipped: own samples and plain facts, so that the joins can be tried before a
//! published list is imported.

use crate::SourceFile;

/// The licence of the sample rows.
pub const LICENCE: &str = "EUPL-1.2";
/// Who made the sample rows.
pub const SOURCE: &str = "own sample rows";

/// The municipalities in which generated persons live, and invented primary-care zones.
#[must_use]
pub fn places() -> Vec<SourceFile> {
    vec![
        areas(),
        SourceFile::of_text("municipalities.csv", include_str!("../sample/municipalities.csv")),
        SourceFile::of_text("zones.csv", include_str!("../sample/zones.csv")),
    ]
}

/// The regions, provinces and arrondissements of Belgium.
#[must_use]
pub fn areas() -> SourceFile {
    SourceFile::of_text("areas.csv", include_str!("../sample/areas.csv"))
}

/// ATC groups under own short names.
#[must_use]
pub fn atc() -> Vec<SourceFile> {
    vec![SourceFile::of_text("atc.csv", include_str!("../sample/atc.csv"))]
}

/// Invented packages of medicines.
#[must_use]
pub fn medicines() -> Vec<SourceFile> {
    vec![SourceFile::of_text("medicines.csv", include_str!("../sample/medicines.csv"))]
}
