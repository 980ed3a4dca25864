//! What the quality of a batch is held against.

use pipeline_domain::quality::QualityRules;

use crate::{PolicyError, read, said};

const NAME: &str = "quality";
const IN_FORCE: &str = include_str!("../rules/quality.toml");

/// The rules of quality that are compiled in.
pub fn quality() -> Result<QualityRules, PolicyError> {
    quality_from(IN_FORCE)
}

/// The rules of quality in this text. A threshold that names no known source does not load.
fn quality_from(text: &str) -> Result<QualityRules, PolicyError> {
    let rules: QualityRules = read(NAME, text)?;
    said(NAME, "version", &rules.version)?;
    for short_name in rules.sources_used() {
        let source = rules.sources.get(short_name).map_or("", String::as_str);
        said(NAME, "source for each short name it uses", source)?;
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_the_rules_are_views_that_come_with_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipeline/views/definitions");
        for view in quality().unwrap().views.keys() {
            let file = std::path::Path::new(folder).join(format!("{view}.json"));
            assert!(file.is_file(), "{view}");
        }
    }

    #[test]
    fn a_threshold_without_a_known_source_does_not_load() {
        assert!(quality_from(&IN_FORCE.replace("dqd = ", "other = ")).is_err());
    }
}
