//! The rules of HealthDCAT-AP that a description must keep before it is published.
//!
//! They are the mandatory part of Release 8, as the official shapes have it for datasets,
//! distributions, agents, contacts, tables and periods: how often a property stands at a node and
//! what kind of value it has. Two rules are our own: no blank nodes, and no catalogue beside the
//! dataset. Whether a code is on its list is settled earlier, where codes are read; here only the
//! list is looked at.

use std::fmt;

use oxrdf::{Graph, LiteralRef, NamedNodeRef, NamedOrBlankNodeRef, TermRef};

use crate::{
    AccessLevel,
    codes::{CodingSystem, HealthCategory, HealthTheme, PersonalData},
    terms::{
        DATA_THEMES, DATASET_TYPES, FILE_TYPES, MEDIA_TYPES, adms, compact, concept, csvw, cv,
        dcat, dcatap, dct, dpv, eli, foaf, geodcatap, healthdcatap, prov, rdf, vcard, xsd,
    },
};

/// A rule that a description breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The node, as an IRI in angle brackets.
    pub node: String,
    /// The property, like `dct:title`.
    pub property: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a property of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It must be there.
    Missing,
    /// It may stand there once.
    Repeated,
    /// Its value is of another kind than the profile asks for.
    WrongValue,
    /// One document describes datasets of one access level.
    SecondLevel,
    /// The theme of health must be among the themes.
    NotHealth,
    /// A node has no IRI.
    BlankNode,
    /// A catalogue stands beside the dataset.
    CatalogueInside,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {}", self.property, self.node, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::Repeated => "stands there more than once",
            Self::WrongValue => "has a value of the wrong kind",
            Self::SecondLevel => "is not that of the other datasets in the document",
            Self::NotHealth => "does not include health",
            Self::BlankNode => "leads to or from a node without an IRI",
            Self::CatalogueInside => "makes it a catalogue, which is published apart",
        })
    }
}

/// How often a property stands at every node of a class, and with what value.
#[derive(Debug, Clone, Copy)]
struct Rule {
    class: NamedNodeRef<'static>,
    property: NamedNodeRef<'static>,
    /// Counts as the property when it asks whether there is one.
    or: Option<NamedNodeRef<'static>>,
    /// The levels at which there must be one.
    needed: &'static [AccessLevel],
    once: bool,
    value: Value,
}

/// The kinds of values the profile knows.
#[derive(Debug, Clone, Copy)]
enum Value {
    /// Any literal.
    Literal,
    /// A literal with a language.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number from nought.
    Count,
    /// A day or a moment.
    Date,
    /// An IRI.
    Iri,
    /// An IRI of this list.
    Listed(&'static str),
    /// A node that this very document says is of this class.
    Instance(NamedNodeRef<'static>),
}

const NON_PUBLIC: &[AccessLevel] = &[AccessLevel::NonPublic];

const fn may(class: NamedNodeRef<'static>, property: NamedNodeRef<'static>, value: Value) -> Rule {
    Rule { class, property, or: None, needed: &[], once: false, value }
}

const fn must(class: NamedNodeRef<'static>, property: NamedNodeRef<'static>, value: Value) -> Rule {
    may(class, property, value).needed(&AccessLevel::ALL)
}

impl Rule {
    const fn needed(self, levels: &'static [AccessLevel]) -> Self {
        Self { needed: levels, ..self }
    }

    const fn once(self) -> Self {
        Self { once: true, ..self }
    }

    const fn or(self, other: NamedNodeRef<'static>) -> Self {
        Self { or: Some(other), ..self }
    }
}

use Value::{Boolean, Count, Date, Instance, Iri, Listed, Literal, Text};

const RULES: &[Rule] = &[
    // what every dataset has
    must(dcat::DATASET, dct::TITLE, Text),
    must(dcat::DATASET, dct::DESCRIPTION, Text),
    must(dcat::DATASET, dct::IDENTIFIER, Literal),
    must(dcat::DATASET, dct::ACCESS_RIGHTS, Listed(AccessLevel::LIST)).once(),
    must(dcat::DATASET, dcatap::APPLICABLE_LEGISLATION, Instance(eli::LEGAL_RESOURCE)),
    must(dcat::DATASET, healthdcatap::HDAB, Instance(foaf::AGENT)).once(),
    must(dcat::DATASET, healthdcatap::HEALTH_CATEGORY, Listed(HealthCategory::LIST)),
    must(dcat::DATASET, healthdcatap::HAS_STRUCTURED_DATA, Boolean).once(),
    must(dcat::DATASET, dcat::THEME, Listed(DATA_THEMES)),
    must(dcat::DATASET, dcat::DISTRIBUTION, Instance(dcat::DISTRIBUTION_CLASS)),
    // what one about persons has besides
    may(dcat::DATASET, dcat::CONTACT_POINT, Instance(vcard::KIND)).needed(NON_PUBLIC),
    may(dcat::DATASET, dcat::KEYWORD, Literal).needed(NON_PUBLIC),
    may(dcat::DATASET, dct::PROVENANCE, Instance(dct::PROVENANCE_STATEMENT)).needed(NON_PUBLIC),
    may(dcat::DATASET, dct::TYPE, Listed(DATASET_TYPES)).needed(NON_PUBLIC),
    // what it may have, and then rightly
    may(dcat::DATASET, healthdcatap::HAS_VARIABLES, Instance(csvw::TABLE_GROUP)),
    may(dcat::DATASET, healthdcatap::HDAB_COORDINATOR, Instance(foaf::AGENT)).once(),
    may(dcat::DATASET, dct::PUBLISHER, Instance(foaf::AGENT)).once(),
    may(dcat::DATASET, geodcatap::CUSTODIAN, Instance(foaf::AGENT)).once(),
    may(dcat::DATASET, healthdcatap::HEALTH_THEME, Listed(HealthTheme::LIST)),
    may(dcat::DATASET, healthdcatap::HAS_CODING_SYSTEM, Listed(CodingSystem::LIST)),
    may(dcat::DATASET, healthdcatap::HAS_CODE_VALUES, Literal),
    may(dcat::DATASET, healthdcatap::NUMBER_OF_RECORDS, Count).once(),
    may(dcat::DATASET, healthdcatap::NUMBER_OF_UNIQUE_INDIVIDUALS, Count).once(),
    may(dcat::DATASET, healthdcatap::MIN_TYPICAL_AGE, Count).once(),
    may(dcat::DATASET, healthdcatap::MAX_TYPICAL_AGE, Count).once(),
    may(dcat::DATASET, healthdcatap::POPULATION_COVERAGE, Literal),
    may(dcat::DATASET, healthdcatap::RETENTION_PERIOD, Instance(dct::PERIOD_OF_TIME)).once(),
    may(dcat::DATASET, healthdcatap::ANALYTICS, Instance(dcat::DISTRIBUTION_CLASS)),
    may(dcat::DATASET, dpv::HAS_PERSONAL_DATA, Listed(PersonalData::LIST)),
    may(dcat::DATASET, dpv::HAS_LEGAL_BASIS, Instance(dpv::LEGAL_BASIS)),
    may(dcat::DATASET, dpv::HAS_PURPOSE, Instance(dpv::PURPOSE)),
    may(dcat::DATASET, dcat::LANDING_PAGE, Instance(foaf::DOCUMENT)),
    may(dcat::DATASET, adms::VERSION_NOTES, Literal),
    may(dcat::DATASET, dcat::VERSION, Literal).once(),
    may(dcat::DATASET, dct::ACCRUAL_PERIODICITY, Instance(dct::FREQUENCY_CLASS)).once(),
    may(dcat::DATASET, dct::CONFORMS_TO, Instance(dct::STANDARD)),
    may(dcat::DATASET, dct::ISSUED, Date).once(),
    may(dcat::DATASET, dct::LANGUAGE, Instance(dct::LINGUISTIC_SYSTEM)),
    may(dcat::DATASET, dct::MODIFIED, Date).once(),
    may(dcat::DATASET, dct::RELATION, Iri),
    may(dcat::DATASET, dct::SOURCE, Instance(dcat::DATASET)),
    may(dcat::DATASET, dct::SPATIAL, Instance(dct::LOCATION)),
    may(dcat::DATASET, dct::TEMPORAL, Instance(dct::PERIOD_OF_TIME)),
    may(dcat::DATASET, foaf::PAGE, Instance(foaf::DOCUMENT)),
    may(dcat::DATASET, prov::WAS_GENERATED_BY, Instance(prov::ACTIVITY)),
    // how to get at it
    must(dcat::DISTRIBUTION_CLASS, dcat::ACCESS_URL, Iri),
    must(dcat::DISTRIBUTION_CLASS, dcatap::APPLICABLE_LEGISLATION, Instance(eli::LEGAL_RESOURCE)),
    may(dcat::DISTRIBUTION_CLASS, dcat::DOWNLOAD_URL, Iri),
    may(dcat::DISTRIBUTION_CLASS, dcat::BYTE_SIZE, Count).once(),
    may(dcat::DISTRIBUTION_CLASS, dcat::MEDIA_TYPE, Listed(MEDIA_TYPES)).once(),
    may(dcat::DISTRIBUTION_CLASS, dct::FORMAT, Listed(FILE_TYPES)).once(),
    may(dcat::DISTRIBUTION_CLASS, dct::ISSUED, Date).once(),
    may(dcat::DISTRIBUTION_CLASS, dct::LICENSE, Instance(dct::LICENSE_DOCUMENT)).once(),
    may(dcat::DISTRIBUTION_CLASS, dct::RIGHTS, Instance(dct::RIGHTS_STATEMENT)).once(),
    // who
    must(foaf::AGENT, foaf::NAME, Literal),
    must(foaf::AGENT, cv::CONTACT_POINT, Instance(cv::CONTACT_POINT_CLASS)).once(),
    may(foaf::AGENT, dct::TYPE, Iri).once(),
    must(cv::CONTACT_POINT_CLASS, cv::EMAIL, Literal).or(cv::CONTACT_PAGE),
    may(cv::CONTACT_POINT_CLASS, cv::CONTACT_PAGE, Iri),
    must(vcard::KIND, vcard::HAS_EMAIL, Iri).or(vcard::HAS_URL).once(),
    may(vcard::KIND, vcard::HAS_URL, Iri).once(),
    // what is in the table
    must(csvw::TABLE_GROUP, dct::TITLE, Literal),
    must(csvw::TABLE_GROUP, csvw::TABLE, Instance(csvw::TABLE_CLASS)),
    must(csvw::TABLE_CLASS, dct::TITLE, Literal),
    must(csvw::TABLE_CLASS, csvw::COLUMN, Instance(csvw::COLUMN_CLASS)),
    may(csvw::TABLE_CLASS, csvw::URL, Iri).once(),
    must(csvw::COLUMN_CLASS, csvw::NAME, Literal).once(),
    must(csvw::COLUMN_CLASS, csvw::TITLE, Literal),
    must(csvw::COLUMN_CLASS, csvw::DATATYPE, Literal).once(),
    must(csvw::COLUMN_CLASS, dct::DESCRIPTION, Literal),
    may(csvw::COLUMN_CLASS, csvw::PROPERTY_URL, Iri).once(),
    // when
    may(dct::PERIOD_OF_TIME, dcat::START_DATE, Date).once(),
    may(dct::PERIOD_OF_TIME, dcat::END_DATE, Date).once(),
];

/// The rules that the graph breaks; none, if it may be published.
#[must_use]
pub fn violations(graph: &Graph) -> Vec<Violation> {
    let mut found = Vec::new();
    let datasets = instances(graph, dcat::DATASET);
    if datasets.is_empty() {
        found.push(Violation {
            node: "the document".to_owned(),
            property: compact(dcat::DATASET),
            problem: Problem::Missing,
        });
    }
    let level = datasets.iter().find_map(|dataset| level(graph, *dataset));
    for rule in RULES {
        for node in instances(graph, rule.class) {
            rule.check(graph, node, level, &mut found);
        }
    }
    for dataset in datasets {
        check_dataset(graph, dataset, level, &mut found);
    }
    check_document(graph, &mut found);
    found
}

impl Rule {
    fn check(
        &self,
        graph: &Graph,
        node: NamedOrBlankNodeRef<'_>,
        level: Option<AccessLevel>,
        found: &mut Vec<Violation>,
    ) {
        let values: Vec<_> = values(graph, node, self.property).collect();
        let instead = self.or.is_some_and(|other| values_exist(graph, node, other));
        // Without a level of its own a document is held to the strictest.
        let needed = self.needed.contains(&level.unwrap_or(AccessLevel::NonPublic));
        if values.is_empty() && needed && !instead {
            found.push(violation(node, self.property, Problem::Missing));
        }
        if values.len() > 1 && self.once {
            found.push(violation(node, self.property, Problem::Repeated));
        }
        if !values.iter().all(|value| self.value.fits(graph, *value)) {
            found.push(violation(node, self.property, Problem::WrongValue));
        }
    }
}

impl Value {
    fn fits(self, graph: &Graph, value: TermRef<'_>) -> bool {
        match (self, value) {
            (Self::Literal, TermRef::Literal(literal)) => !literal.value().is_empty(),
            (Self::Text, TermRef::Literal(text)) => {
                text.language().is_some() && !text.value().is_empty()
            }
            (Self::Boolean, TermRef::Literal(literal)) => {
                has_type(literal, &[xsd::BOOLEAN]) && ["true", "false"].contains(&literal.value())
            }
            (Self::Count, TermRef::Literal(literal)) => {
                has_type(literal, &[xsd::NON_NEGATIVE_INTEGER])
                    && literal.value().parse::<u64>().is_ok()
            }
            (Self::Date, TermRef::Literal(literal)) => {
                has_type(literal, &[xsd::DATE, xsd::DATE_TIME])
            }
            (Self::Iri, TermRef::NamedNode(_)) => true,
            (Self::Listed(list), TermRef::NamedNode(iri)) => {
                iri.as_str().strip_prefix(list).is_some_and(|code| !code.is_empty())
            }
            (Self::Instance(class), TermRef::NamedNode(node)) => {
                values(graph, node.into(), rdf::TYPE).any(|is| is == class.into())
            }
            _ => false,
        }
    }
}

/// The rules in which one property depends on another.
fn check_dataset(
    graph: &Graph,
    dataset: NamedOrBlankNodeRef<'_>,
    expected: Option<AccessLevel>,
    found: &mut Vec<Violation>,
) {
    if level(graph, dataset) != expected {
        found.push(violation(dataset, dct::ACCESS_RIGHTS, Problem::SecondLevel));
    }
    let mut themes = values(graph, dataset, dcat::THEME).peekable();
    if themes.peek().is_some() && !themes.any(|theme| theme == concept::THEME_HEALTH.into()) {
        found.push(violation(dataset, dcat::THEME, Problem::NotHealth));
    }
    let structured = values(graph, dataset, healthdcatap::HAS_STRUCTURED_DATA)
        .any(|value| matches!(value, TermRef::Literal(literal) if literal.value() == "true"));
    if structured && !values_exist(graph, dataset, healthdcatap::HAS_VARIABLES) {
        found.push(violation(dataset, healthdcatap::HAS_VARIABLES, Problem::Missing));
    }
}

fn check_document(graph: &Graph, found: &mut Vec<Violation>) {
    for catalogue in instances(graph, dcat::CATALOG) {
        found.push(violation(catalogue, rdf::TYPE, Problem::CatalogueInside));
    }
    for triple in graph {
        if triple.subject.is_blank_node() || triple.object.is_blank_node() {
            found.push(violation(triple.subject, triple.predicate, Problem::BlankNode));
        }
    }
}

/// The nodes of a class, sorted, so that equal graphs give equal findings.
fn instances<'a>(graph: &'a Graph, class: NamedNodeRef<'a>) -> Vec<NamedOrBlankNodeRef<'a>> {
    let mut nodes: Vec<_> = graph.subjects_for_predicate_object(rdf::TYPE, class).collect();
    nodes.sort_by_cached_key(ToString::to_string);
    nodes
}

fn values<'a>(
    graph: &'a Graph,
    node: NamedOrBlankNodeRef<'a>,
    property: NamedNodeRef<'a>,
) -> impl Iterator<Item = TermRef<'a>> {
    graph.objects_for_subject_predicate(node, property)
}

fn values_exist(graph: &Graph, node: NamedOrBlankNodeRef<'_>, property: NamedNodeRef<'_>) -> bool {
    values(graph, node, property).next().is_some()
}

fn level(graph: &Graph, dataset: NamedOrBlankNodeRef<'_>) -> Option<AccessLevel> {
    let stated = values(graph, dataset, dct::ACCESS_RIGHTS).next()?;
    AccessLevel::ALL.into_iter().find(|level| stated == level.iri().as_ref().into())
}

fn has_type(literal: LiteralRef<'_>, types: &[NamedNodeRef<'_>]) -> bool {
    types.contains(&literal.datatype())
}

fn violation(
    node: NamedOrBlankNodeRef<'_>,
    property: NamedNodeRef<'_>,
    problem: Problem,
) -> Violation {
    Violation { node: node.to_string(), property: compact(property), problem }
}

#[cfg(test)]
mod tests {
    use oxrdf::{BlankNode, NamedNode, Triple, TripleRef};

    use super::*;
    use crate::samples;

    /// Every sample with the name of its level.
    fn valid_graphs() -> [(AccessLevel, Graph); 2] {
        [
            (AccessLevel::NonPublic, samples::record().graph()),
            (AccessLevel::Public, samples::release().graph()),
        ]
    }

    /// What Release 8 says must be there, by class, written down apart from the rules: the
    /// property, the level that asks for it where not all do, and whether it stands there once.
    const MANDATORY: &[(NamedNodeRef<'_>, &str, &[AccessLevel], bool)] = &[
        (dcat::DATASET, "dct:title", &AccessLevel::ALL, false),
        (dcat::DATASET, "dct:description", &AccessLevel::ALL, false),
        (dcat::DATASET, "dct:identifier", &AccessLevel::ALL, false),
        (dcat::DATASET, "dct:accessRights", &AccessLevel::ALL, true),
        (dcat::DATASET, "dcatap:applicableLegislation", &AccessLevel::ALL, false),
        (dcat::DATASET, "healthdcatap:hdab", &AccessLevel::ALL, true),
        (dcat::DATASET, "healthdcatap:healthCategory", &AccessLevel::ALL, false),
        (dcat::DATASET, "healthdcatap:hasStructuredData", &AccessLevel::ALL, true),
        (dcat::DATASET, "healthdcatap:hasVariables", &AccessLevel::ALL, false),
        (dcat::DATASET, "dcat:theme", &AccessLevel::ALL, false),
        (dcat::DATASET, "dcat:distribution", &AccessLevel::ALL, false),
        (dcat::DATASET, "dcat:contactPoint", NON_PUBLIC, false),
        (dcat::DATASET, "dcat:keyword", NON_PUBLIC, false),
        (dcat::DATASET, "dct:provenance", NON_PUBLIC, false),
        (dcat::DATASET, "dct:type", NON_PUBLIC, false),
        (dcat::DISTRIBUTION_CLASS, "dcat:accessURL", &AccessLevel::ALL, false),
        (dcat::DISTRIBUTION_CLASS, "dcatap:applicableLegislation", &AccessLevel::ALL, false),
        (foaf::AGENT, "foaf:name", &AccessLevel::ALL, false),
        (foaf::AGENT, "cv:contactPoint", &AccessLevel::ALL, true),
        (csvw::TABLE_GROUP, "dct:title", &AccessLevel::ALL, false),
        (csvw::TABLE_GROUP, "csvw:table", &AccessLevel::ALL, false),
        (csvw::TABLE_CLASS, "dct:title", &AccessLevel::ALL, false),
        (csvw::TABLE_CLASS, "csvw:column", &AccessLevel::ALL, false),
        (csvw::COLUMN_CLASS, "csvw:name", &AccessLevel::ALL, true),
        (csvw::COLUMN_CLASS, "csvw:title", &AccessLevel::ALL, false),
        (csvw::COLUMN_CLASS, "csvw:datatype", &AccessLevel::ALL, true),
        (csvw::COLUMN_CLASS, "dct:description", &AccessLevel::ALL, false),
    ];

    fn without(graph: &Graph, class: NamedNodeRef<'_>, properties: &[&str]) -> Graph {
        let nodes = instances(graph, class);
        let gone = |triple: &TripleRef<'_>| {
            nodes.contains(&triple.subject)
                && properties.contains(&compact(triple.predicate).as_str())
        };
        graph.iter().filter(|triple| !gone(triple)).collect()
    }

    fn names(graph: &Graph, problem: Problem, property: &str) -> bool {
        violations(graph).iter().any(|v| v.problem == problem && v.property == property)
    }

    #[test]
    fn the_samples_break_no_rule() {
        for (level, graph) in valid_graphs() {
            assert_eq!(violations(&graph), [], "{level:?}");
        }
    }

    #[test]
    fn a_mandatory_property_is_missed_when_its_level_asks_for_it() {
        for (level, graph) in valid_graphs() {
            for (class, property, levels, _) in MANDATORY {
                let cut = without(&graph, *class, &[property]);
                assert!(cut.len() < graph.len(), "{level:?} {property} was never there");
                let missed = names(&cut, Problem::Missing, property);
                // Without its level a document is held to the strictest one.
                let asked = levels.contains(&level) || *property == "dct:accessRights";
                assert_eq!(missed, asked, "{level:?} {property}");
                assert!(!asked || crate::publish(&cut).is_err(), "{level:?} {property}");
            }
        }
    }

    #[test]
    fn the_rules_ask_for_nothing_that_the_release_does_not() {
        let either = ["cv:email", "vcard:hasEmail"];
        for rule in RULES.iter().filter(|rule| !rule.needed.is_empty()) {
            let property = compact(rule.property);
            let listed = MANDATORY.iter().any(|(class, name, levels, once)| {
                *class == rule.class
                    && *name == property
                    && *levels == rule.needed
                    && *once == rule.once
            });
            assert!(listed || either.contains(&property.as_str()), "{property}");
        }
    }

    #[test]
    fn a_contact_needs_one_of_its_two_ways() {
        let contacts = [
            (cv::CONTACT_POINT_CLASS, "cv:email", "cv:contactPage"),
            (vcard::KIND, "vcard:hasEmail", "vcard:hasURL"),
        ];
        let (_, graph) = &valid_graphs()[0];
        for (class, first, second) in contacts {
            assert_eq!(violations(&without(graph, class, &[first])), [], "{first}");
            assert_eq!(violations(&without(graph, class, &[second])), [], "{second}");
            let neither = without(graph, class, &[first, second]);
            assert!(names(&neither, Problem::Missing, first));
        }
    }

    #[test]
    fn what_stands_there_once_may_not_stand_there_twice() {
        for (level, graph) in valid_graphs() {
            for rule in RULES.iter().filter(|rule| rule.once) {
                let Some(node) = instances(&graph, rule.class)
                    .into_iter()
                    .find(|node| values_exist(&graph, *node, rule.property))
                else {
                    continue;
                };
                let mut twice = graph.clone();
                let second = NamedNode::new("https://example.org/second").unwrap();
                twice.insert(TripleRef::new(node, rule.property, &second));
                let property = compact(rule.property);
                assert!(names(&twice, Problem::Repeated, &property), "{level:?} {property}");
            }
        }
    }

    #[test]
    fn a_value_of_another_kind_is_named() {
        let elsewhere = || NamedNode::new("https://example.org/elsewhere").unwrap();
        let words = || oxrdf::Literal::new_simple_literal("words");
        let (_, graph) = &valid_graphs()[0];
        for rule in RULES {
            let Some(node) = instances(graph, rule.class).into_iter().next() else { continue };
            let mut wrong = graph.clone();
            match rule.value {
                Literal => wrong.insert(TripleRef::new(node, rule.property, &elsewhere())),
                Listed(_) | Instance(_) => {
                    wrong.insert(TripleRef::new(node, rule.property, &words()));
                    wrong.insert(TripleRef::new(node, rule.property, &elsewhere()))
                }
                Text | Boolean | Count | Date | Iri => {
                    wrong.insert(TripleRef::new(node, rule.property, &words()))
                }
            };
            let property = compact(rule.property);
            assert!(names(&wrong, Problem::WrongValue, &property), "{property}");
        }
    }

    #[test]
    fn the_theme_of_health_is_among_the_themes() {
        let (_, graph) = &valid_graphs()[1];
        let mut other = without(graph, dcat::DATASET, &["dcat:theme"]);
        let theme = NamedNode::new(format!("{DATA_THEMES}EDUC")).unwrap();
        for dataset in instances(graph, dcat::DATASET) {
            other.insert(TripleRef::new(dataset, dcat::THEME, &theme));
        }
        assert!(names(&other, Problem::NotHealth, "dcat:theme"));
    }

    #[test]
    fn a_document_has_one_level_no_catalogue_and_no_blank_node() {
        let [(_, non_public), (_, public)] = valid_graphs();
        let both: Graph = non_public.iter().chain(public.iter()).collect();
        assert!(names(&both, Problem::SecondLevel, "dct:accessRights"));

        let mut catalogue = public.clone();
        let node = NamedNode::new("https://example.org/catalogue").unwrap();
        catalogue.insert(&Triple::new(node, rdf::TYPE, dcat::CATALOG));
        assert!(names(&catalogue, Problem::CatalogueInside, "rdf:type"));

        let mut blank = public;
        for dataset in instances(&non_public, dcat::DATASET) {
            blank.insert(TripleRef::new(dataset, dct::RELATION, &BlankNode::default()));
        }
        assert!(names(&blank, Problem::BlankNode, "dct:relation"));

        assert!(names(&Graph::new(), Problem::Missing, "dcat:Dataset"));
    }
}
