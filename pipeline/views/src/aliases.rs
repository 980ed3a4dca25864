//! Under which URIs the same code system is met, and which one stands for all of them.
//!
//! The table is data: `definitions/aliases.toml`. A view names the canonical URI alone.

use std::sync::LazyLock;

use serde::Deserialize;

const TABLE: &str = include_str!("../definitions/aliases.toml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    version: String,
    #[serde(rename = "source")]
    _source: String,
    system: Vec<System>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct System {
    #[serde(rename = "name")]
    _name: String,
    canonical: String,
    aliases: Vec<String>,
}

/// Alias and canonical URI. Lengths come first in the order: most comparisons look no further.
#[derive(Debug, Default)]
struct Aliases {
    version: String,
    sorted: Vec<(String, String)>,
}

static ALIASES: LazyLock<Aliases> = LazyLock::new(|| {
    // A test reads the table that is compiled in, so a build that passes has one that can be read.
    let table: Table = toml::from_str(TABLE).unwrap_or_default();
    let pairs = table.system.into_iter().flat_map(|system| {
        let System { canonical, aliases, .. } = system;
        aliases.into_iter().map(move |alias| (alias, canonical.clone()))
    });
    let mut sorted: Vec<(String, String)> = pairs.collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| order(a, b));
    Aliases { version: table.version, sorted }
});

fn order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// The URI that stands for a code or identifier system; one without aliases stands for itself.
///
/// ```
/// let apb = "https://cnk.apb.be/codings/cnk_product_codes";
/// let guide = "http://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes";
/// assert_eq!(pipeline_views::canonical(apb), pipeline_views::canonical(guide));
/// assert_eq!(pipeline_views::canonical("http://loinc.org"), "http://loinc.org");
/// ```
#[must_use]
pub fn canonical(system: &str) -> &str {
    let sorted = &ALIASES.sorted;
    match sorted.binary_search_by(|(alias, _)| order(alias, system)) {
        Ok(at) => &sorted[at].1,
        Err(_) => system,
    }
}

/// All URIs under which a system is met, its canonical one first.
///
/// A comparison with a constant can be compiled to these once, so that no look-up is made a row.
#[must_use]
pub fn spellings(system: &str) -> Vec<&str> {
    let canonical = canonical(system);
    let aliases = ALIASES.sorted.iter().filter(|(_, known)| known == canonical);
    std::iter::once(canonical).chain(aliases.map(|(alias, _)| alias.as_str())).collect()
}

/// Which version of the table is compiled in.
#[must_use]
pub fn aliases_version() -> &'static str {
    &ALIASES.version
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_can_be_read_and_names_no_uri_twice() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert_eq!(table.version, aliases_version());
        let mut seen = BTreeSet::new();
        for system in &table.system {
            assert!(!system.aliases.is_empty(), "{}", system.canonical);
            for uri in std::iter::once(&system.canonical).chain(&system.aliases) {
                assert!(seen.insert(uri.clone()), "{uri}");
            }
        }
    }

    #[test]
    fn one_medicine_has_one_code_system_whoever_wrote_it() {
        let cnk =
            "https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes";
        let cases = [
            (cnk, cnk),
            (
                "http://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-cnk-codes",
                cnk,
            ),
            ("https://www.ehealth.fgov.be/standards/fhir/medication/NamingSystem/cnk-codes", cnk),
            ("https://cnk.apb.be/codings/cnk_product_codes", cnk),
            (
                "https://cnk.apb.be/codings/cnk_product_code",
                "https://cnk.apb.be/codings/cnk_product_code",
            ),
            ("http://whocc.no/atc", "http://www.whocc.no/atc"),
            ("", ""),
        ];
        for (system, want) in cases {
            assert_eq!(canonical(system), want, "{system}");
        }
    }

    #[test]
    fn a_canonical_uri_is_its_own_and_every_spelling_leads_to_it() {
        for (alias, known) in &ALIASES.sorted {
            assert_eq!(canonical(alias), known);
            assert_eq!(canonical(known), known);
            assert!(spellings(known).contains(&alias.as_str()));
            assert_eq!(spellings(alias), spellings(known));
        }
        assert_eq!(spellings("http://loinc.org"), ["http://loinc.org"]);
    }
}
