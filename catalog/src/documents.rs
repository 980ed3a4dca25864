//! Writes a graph down, in Turtle and in JSON-LD.
//!
//! Triples are sorted, so that equal graphs give equal bytes.

use std::io;

use oxjsonld::JsonLdSerializer;
use oxrdf::{Graph, GraphNameRef, TripleRef};
use oxttl::TurtleSerializer;

use crate::{
    CatalogError,
    terms::{PREFIXES, rdf},
    violations,
};

/// One description in the forms in which it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    /// In Turtle (`text/turtle`).
    pub turtle: String,
    /// In JSON-LD 1.1 (`application/ld+json`).
    pub json_ld: String,
}

/// Writes a description that keeps every rule of the profile; refuses any other.
pub fn publish(graph: &Graph) -> Result<Documents, CatalogError> {
    let violations = violations(graph);
    if !violations.is_empty() {
        return Err(CatalogError::Violations(violations));
    }
    Ok(Documents { turtle: to_turtle(graph)?, json_ld: to_json_ld(graph)? })
}

/// The graph in Turtle, also one that breaks rules.
pub fn to_turtle(graph: &Graph) -> Result<String, CatalogError> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(*prefix, *namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in sorted(graph) {
        writer.serialize_triple(triple)?;
    }
    text(writer.finish()?)
}

/// The graph in JSON-LD, also one that breaks rules.
pub fn to_json_ld(graph: &Graph) -> Result<String, CatalogError> {
    let mut serializer = JsonLdSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(*prefix, *namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in sorted(graph) {
        writer.serialize_quad(triple.in_graph(GraphNameRef::DefaultGraph))?;
    }
    let document: serde_json::Value =
        serde_json::from_slice(&writer.finish()?).map_err(io::Error::other)?;
    Ok(serde_json::to_string_pretty(&document).map_err(io::Error::other)? + "\n")
}

/// By subject, then the class, then the other properties, then by value.
fn sorted(graph: &Graph) -> Vec<TripleRef<'_>> {
    let mut triples: Vec<_> = graph.iter().collect();
    triples.sort_by_cached_key(|triple| {
        let class_first = triple.predicate != rdf::TYPE;
        let property = triple.predicate.as_str().to_owned();
        (triple.subject.to_string(), class_first, property, triple.object.to_string())
    });
    triples
}

fn text(bytes: Vec<u8>) -> Result<String, CatalogError> {
    Ok(String::from_utf8(bytes).map_err(io::Error::other)?)
}

#[cfg(test)]
mod tests {
    use oxjsonld::JsonLdParser;
    use oxrdf::Triple;
    use oxttl::TurtleParser;

    use super::*;
    use crate::{samples, terms::dct};

    fn graphs() -> [Graph; 2] {
        [samples::record().graph(), samples::release().graph()]
    }

    fn read_turtle(text: &str) -> Graph {
        TurtleParser::new().for_slice(text).map(Result::unwrap).collect()
    }

    fn read_json_ld(text: &str) -> Graph {
        let quads = JsonLdParser::new().for_slice(text).map(Result::unwrap);
        quads.map(|quad| Triple::new(quad.subject, quad.predicate, quad.object)).collect()
    }

    #[test]
    fn a_dataset_about_persons_reads_like_this() {
        insta::assert_snapshot!(publish(&samples::record().graph()).unwrap().turtle);
    }

    #[test]
    fn a_released_table_reads_like_this() {
        insta::assert_snapshot!(publish(&samples::release().graph()).unwrap().turtle);
    }

    #[test]
    fn a_released_table_reads_like_this_in_json_ld() {
        insta::assert_snapshot!(publish(&samples::release().graph()).unwrap().json_ld);
    }

    #[test]
    fn both_forms_say_what_the_graph_says() {
        for graph in graphs() {
            let documents = publish(&graph).unwrap();
            assert_eq!(read_turtle(&documents.turtle), graph);
            assert_eq!(read_json_ld(&documents.json_ld), graph);
        }
    }

    #[test]
    fn equal_records_give_equal_bytes() {
        let once = publish(&samples::record().graph()).unwrap();
        let json = serde_json::to_string(&samples::record()).unwrap();
        let again: crate::Record = serde_json::from_str(&json).unwrap();
        assert_eq!(again, samples::record());
        assert_eq!(publish(&again.graph()).unwrap(), once);
    }

    #[test]
    fn a_text_with_every_awkward_character_comes_back_as_it_was() {
        let awkward =
            "\"quoted\" \\ back, new\nline, \ttab, 'single', <a>, {b}, é, \u{1F489}, ^^x, @nl";
        let mut declared = samples::declared();
        declared.title = samples::text(awkward);
        declared.keywords = [(pipeline_domain::Language::De, vec![awkward.to_owned()])].into();
        let mut profile = samples::profile();
        profile.columns[0].name = "co lumn/<#>?\"é".to_owned();
        profile.columns[0].element = Some("Patient.extension('http://a b').value[x]".to_owned());
        profile.columns[0].code_system = Some(awkward.to_owned());
        let record =
            crate::describe(&profile, &declared, &samples::authority(), samples::THRESHOLD);
        let graph = record.unwrap().graph();
        let documents = publish(&graph).unwrap();
        for read in [read_turtle(&documents.turtle), read_json_ld(&documents.json_ld)] {
            assert_eq!(read, graph);
            let titles = read.triples_for_predicate(dct::TITLE);
            assert!(titles.into_iter().any(|t| t.object.to_string().contains("quoted")));
        }
    }

    #[test]
    fn every_builtin_dataset_can_be_published() {
        for name in crate::Declared::builtin_names() {
            let mut profile = samples::profile();
            profile.dataset = name.parse().unwrap();
            let declared = crate::Declared::builtin(&profile.dataset).unwrap();
            let record = crate::describe(&profile, &declared, &samples::authority(), 10).unwrap();
            assert!(publish(&record.graph()).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_breaks_a_rule_is_not_published() {
        let mut declared = samples::declared();
        declared.health_categories.clear();
        let record =
            crate::describe(&samples::profile(), &declared, &samples::authority(), 10).unwrap();
        let refused = publish(&record.graph()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the description breaks 1 rules of HealthDCAT-AP, first: healthdcatap:healthCategory \
             of <https://data.hda.example/datasets/vaccination#dataset> is missing"
        );
    }
}
