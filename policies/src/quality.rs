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
pub fn quality_from(text: &str) -> Result<QualityRules, PolicyError> {
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
    use pipeline_domain::quality::Verdict;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cases {
        code: Vec<Code>,
        filled: Vec<Filled>,
        refused: Vec<Refused>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Code {
        system: String,
        holds: Vec<String>,
        lacks: Vec<String>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filled {
        view: String,
        column: String,
        share: f64,
        verdict: Verdict,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Refused {
        replace: String,
        by: String,
        says: String,
    }

    fn cases() -> Cases {
        toml::from_str(include_str!("../cases/quality.toml")).unwrap()
    }

    #[test]
    fn code_systems_hold_their_codes_and_no_others() {
        let rules = quality().unwrap();
        for Code { system, holds, lacks } in cases().code {
            let codes = &rules.systems[&system];
            assert_eq!(holds.iter().find(|code| !codes.holds(code)), None, "{system}");
            assert_eq!(lacks.iter().find(|code| codes.holds(code)), None, "{system}");
        }
    }

    #[test]
    fn required_columns_are_judged_by_how_full_they_are() {
        let rules = quality().unwrap();
        for Filled { view, column, share, verdict } in cases().filled {
            let rules = rules.view(&view.parse().unwrap());
            let own = rules.columns.get(&column);
            let floor = own.and_then(|own| own.filled.as_ref());
            let required = own.is_some_and(|own| own.required);
            let floor = floor.or(rules.filled.as_ref().filter(|_| required));
            let judged = floor.map_or(Verdict::Pass, |floor| floor.judge(share).verdict);
            assert_eq!(judged, verdict, "{view} {column} {share}");
        }
    }

    #[test]
    fn rules_that_cannot_be_applied_do_not_load() {
        for Refused { replace, by, says } in cases().refused {
            let text = IN_FORCE.replacen(&replace, &by, 1);
            assert_ne!(text, IN_FORCE, "{replace}");
            let error = quality_from(&text).unwrap_err().to_string();
            assert!(error.contains(&says), "{by}: {error}");
        }
    }
}
