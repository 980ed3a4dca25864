//! Draws the graph of a description.
//!
//! Every node has an IRI: the catalogue editor of HealthData@EU does not see what lies in nested
//! blank nodes, and two descriptions are compared line by line. The things a page tells of are
//! named by that page and a fragment. No `dcat:Catalog` is drawn, because the European validator
//! holds one to every rule of a dataset.

use oxrdf::{Graph, Literal, NamedNode, NamedNodeRef, Term, TripleRef};
use pipeline_domain::{ColumnKind, Language, Period, Timestamp};

use crate::{
    AccessLevel, Authority, HealthCategory, HealthTheme, Holder, Keywords, Place, PublisherType,
    Record, ReleaseRecord, Text, Variable, WebAddress,
    codes::CodingSystem,
    release::ReleaseFile,
    terms::{
        EHDS, FHIR, FILE_TYPES, MEDIA_TYPES, adms, concept, csvw, cv, dcat, dcatap, dct, dpv, eli,
        foaf, geo, geodcatap, healthdcatap, prov, rdf, rdfs, skos, vcard, xsd,
    },
};

impl Record {
    /// The page of the dataset.
    #[must_use]
    pub fn page(&self) -> WebAddress {
        self.authority.namespace.page(&["datasets", self.dataset.as_str()])
    }

    /// The description as a graph.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let mut drawing = Drawing::of(self.page());
        drawing.identity(self.dataset.as_str(), &self.title, &self.description);
        drawing.subject(&self.keywords, &self.health_categories, &self.health_themes);
        drawing.level(self.access, concept::TYPE_PERSONAL_DATA);
        drawing.authority(&self.authority);
        drawing.place(&self.authority.place);
        drawing.version(self);
        drawing.numbers(self);
        drawing.origin(self);
        drawing.use_again(self);
        drawing.provenance(&self.provenance);
        drawing.code_systems(&self.coding_systems, &self.variables);
        drawing.variables(&self.title, &self.variables);
        drawing.access_route(self);
        drawing.analytics(self);
        drawing.graph
    }
}

impl ReleaseRecord {
    /// The page of the release.
    #[must_use]
    pub fn page(&self) -> WebAddress {
        let id = self.facts.id.to_string();
        self.facts.base.page(&["releases", &id])
    }

    /// Where one of its files is.
    fn download(&self, file: &ReleaseFile) -> WebAddress {
        let id = self.facts.id.to_string();
        self.facts.base.page(&["files", "releases", &id, &file.name])
    }

    /// The description as a graph.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let facts = &self.facts;
        let mut drawing = Drawing::of(self.page());
        drawing.identity(&facts.id.to_string(), &facts.title, &facts.description);
        drawing.subject(&self.keywords, &self.health_categories, &self.health_themes);
        drawing.level(self.access, concept::TYPE_STATISTICAL);
        drawing.authority(&self.authority);
        drawing.place(&self.authority.place);
        drawing.provenance(&self.provenance);
        drawing.code_systems(&self.coding_systems, &facts.columns);
        drawing.variables(&facts.title, &facts.columns);
        drawing.source(self);
        if let Some(period) = facts.period {
            drawing.period(dct::TEMPORAL, "period", period);
        }
        for file in &facts.files {
            drawing.download(self, file);
        }
        drawing.graph
    }
}

/// A graph in the making, about the dataset that a page tells of.
struct Drawing {
    graph: Graph,
    page: WebAddress,
    dataset: NamedNode,
}

impl Drawing {
    fn of(page: WebAddress) -> Self {
        let dataset = page.thing("dataset");
        let mut drawing = Self { graph: Graph::new(), page, dataset };
        drawing.say(rdf::TYPE, dcat::DATASET);
        drawing.say(healthdcatap::HAS_STRUCTURED_DATA, typed("true", xsd::BOOLEAN));
        drawing.say(dcatap::APPLICABLE_LEGISLATION, EHDS);
        drawing.class(EHDS, eli::LEGAL_RESOURCE);
        drawing
    }

    fn identity(&mut self, identifier: &str, title: &Text, description: &Text) {
        let dataset = self.dataset.clone();
        self.say(dct::IDENTIFIER, Literal::new_simple_literal(identifier));
        self.texts(&dataset, dct::TITLE, title);
        self.texts(&dataset, dct::DESCRIPTION, description);
        let page = self.page.iri();
        for property in [dcat::LANDING_PAGE, foaf::PAGE] {
            self.say(property, &page);
        }
        self.class(page.as_ref(), foaf::DOCUMENT);
    }

    fn subject(
        &mut self,
        keywords: &Keywords,
        categories: &[HealthCategory],
        themes: &[HealthTheme],
    ) {
        for (language, words) in keywords {
            for word in words {
                self.say(dcat::KEYWORD, tagged(word, *language));
            }
        }
        self.say(dcat::THEME, concept::THEME_HEALTH);
        for category in categories {
            self.say(healthdcatap::HEALTH_CATEGORY, category.iri());
        }
        for theme in themes {
            self.say(healthdcatap::HEALTH_THEME, theme.iri());
        }
    }

    fn level(&mut self, access: AccessLevel, kind: NamedNodeRef<'_>) {
        self.say(dct::ACCESS_RIGHTS, access.iri());
        self.class(access.iri().as_ref(), dct::RIGHTS_STATEMENT);
        self.say(dct::TYPE, kind);
    }

    /// The authority publishes and is the health data access body. It is reached in two ways,
    /// because agents and datasets name their contact in different vocabularies.
    fn authority(&mut self, authority: &Authority) {
        let home = authority.namespace.here();
        let (agent, reached) = (home.thing("authority"), home.thing("authority-contact"));
        self.say(healthdcatap::HDAB, &agent);
        self.say(dct::PUBLISHER, &agent);
        self.class(agent.as_ref(), foaf::AGENT);
        self.texts(&agent, foaf::NAME, &authority.name);
        self.add(&agent, dct::TYPE, authority.kind.iri());
        self.contact(&agent, &reached, authority);

        let kind = home.thing("contact");
        self.say(dcat::CONTACT_POINT, &kind);
        self.class(kind.as_ref(), vcard::KIND);
        self.add(&kind, vcard::HAS_EMAIL, authority.email.iri());
        self.add(&kind, vcard::HAS_URL, authority.contact_page.iri());
    }

    fn contact(&mut self, agent: &NamedNode, contact: &NamedNode, authority: &Authority) {
        self.add(agent, cv::CONTACT_POINT, contact);
        self.class(contact.as_ref(), cv::CONTACT_POINT_CLASS);
        self.add(contact, cv::EMAIL, Literal::new_simple_literal(authority.email.as_str()));
        self.add(contact, cv::CONTACT_PAGE, authority.contact_page.iri());
    }

    fn place(&mut self, place: &Place) {
        let country = place.country.iri();
        self.say(dct::SPATIAL, &country);
        self.class(country.as_ref(), dct::LOCATION);
        let shapes = [(dcat::BBOX, &place.bounding_box), (dcat::CENTROID, &place.centroid)];
        for (property, shape) in shapes {
            if let Some(shape) = shape {
                self.add(&country, property, typed(shape, geo::WKT_LITERAL));
            }
        }
    }

    fn version(&mut self, record: &Record) {
        self.say(dcat::VERSION, Literal::new_simple_literal(record.version.as_str()));
        self.say(dct::MODIFIED, moment(record.made));
        self.say(dct::ACCRUAL_PERIODICITY, record.frequency.iri());
        self.class(record.frequency.iri().as_ref(), dct::FREQUENCY_CLASS);
        for language in &record.languages {
            self.say(dct::LANGUAGE, language.iri());
            self.class(language.iri().as_ref(), dct::LINGUISTIC_SYSTEM);
        }
    }

    /// What is hidden is left out: the profile has no word for "fewer than".
    fn numbers(&mut self, record: &Record) {
        let dataset = self.dataset.clone();
        self.texts(&dataset, healthdcatap::POPULATION_COVERAGE, &record.population);
        let counts = [
            (healthdcatap::NUMBER_OF_RECORDS, record.records.exact()),
            (healthdcatap::NUMBER_OF_UNIQUE_INDIVIDUALS, record.persons.exact()),
            (healthdcatap::MIN_TYPICAL_AGE, record.ages.map(|(lowest, _)| lowest.into())),
            (healthdcatap::MAX_TYPICAL_AGE, record.ages.map(|(_, highest)| highest.into())),
        ];
        for (property, count) in counts {
            if let Some(count) = count {
                self.say(property, number(count));
            }
        }
        if let Some(period) = record.period {
            self.period(dct::TEMPORAL, "period", period);
        }
        if record.variables.iter().any(|variable| variable.kind == ColumnKind::Date) {
            self.say(dcat::TEMPORAL_RESOLUTION, typed("P1D", xsd::DURATION));
        }
    }

    /// Where the data came from: the holders, the standard and the activity.
    fn origin(&mut self, record: &Record) {
        if !record.holders.is_empty() {
            self.custodian(&record.holders, &record.authority);
        }
        self.say(dct::CONFORMS_TO, concept::STANDARD_FHIR);
        self.class(concept::STANDARD_FHIR, dct::STANDARD);
        for activity in &record.activities {
            let node = self.page.thing(&format!("activity-{activity}"));
            self.say(prov::WAS_GENERATED_BY, &node);
            self.class(node.as_ref(), prov::ACTIVITY);
            self.add(&node, dct::TYPE, activity.iri());
        }
        for other in &record.related {
            let page = record.authority.namespace.page(&["datasets", other.as_str()]);
            self.say(dct::RELATION, page.thing("dataset"));
        }
        for publication in &record.publications {
            self.say(dct::IS_REFERENCED_BY, publication.iri());
        }
    }

    /// The profile allows one data holder: several stand as one agent with all their names, and
    /// requests for their data go through the access body (Art 57).
    fn custodian(&mut self, holders: &[Holder], authority: &Authority) {
        let (agent, reached) = (self.page.thing("holders"), self.page.thing("holders-contact"));
        self.say(geodcatap::CUSTODIAN, &agent);
        self.class(agent.as_ref(), foaf::AGENT);
        for holder in holders {
            self.add(&agent, foaf::NAME, Literal::new_simple_literal(&holder.name));
        }
        if let Some(kind) = common_kind(holders) {
            self.add(&agent, dct::TYPE, kind.iri());
        }
        self.contact(&agent, &reached, authority);
    }

    /// What allows the second use and for what.
    fn use_again(&mut self, record: &Record) {
        let basis = self.page.thing("legal-basis");
        self.say(dpv::HAS_LEGAL_BASIS, &basis);
        self.class(basis.as_ref(), dpv::LEGAL_BASIS);
        self.texts(&basis, dct::DESCRIPTION, &record.legal_basis);
        self.add(&basis, dct::SOURCE, EHDS);
        for stated in &record.purposes {
            let purpose = self.page.thing(&format!("purpose-{}", stated.purpose));
            self.say(dpv::HAS_PURPOSE, &purpose);
            self.class(purpose.as_ref(), dpv::PURPOSE);
            self.texts(&purpose, dct::DESCRIPTION, &stated.text);
        }
        for kind in &record.personal_data {
            self.say(dpv::HAS_PERSONAL_DATA, kind.iri());
            self.class(kind.iri().as_ref(), dpv::PERSONAL_DATA);
        }
        if let Some(retention) = record.retention {
            self.period(healthdcatap::RETENTION_PERIOD, "retention", retention);
        }
    }

    fn provenance(&mut self, provenance: &Text) {
        let statement = self.page.thing("provenance");
        self.say(dct::PROVENANCE, &statement);
        self.class(statement.as_ref(), dct::PROVENANCE_STATEMENT);
        self.texts(&statement, rdfs::LABEL, provenance);
    }

    /// Code systems of the list by their entry; which column uses which one, also a national one
    /// that is on no list, in words.
    fn code_systems(&mut self, listed: &[CodingSystem], variables: &[Variable]) {
        for system in listed {
            self.say(healthdcatap::HAS_CODING_SYSTEM, system.iri());
            self.class(system.iri().as_ref(), dct::STANDARD);
        }
        for variable in variables {
            if let Some(system) = &variable.code_system {
                let text = format!("{}: codes of {system}", variable.name);
                self.say(healthdcatap::HAS_CODE_VALUES, tagged(&text, Language::En));
            }
        }
    }

    fn variables(&mut self, title: &Text, variables: &[Variable]) {
        let (group, table) = (self.page.thing("variables"), self.page.thing("table"));
        self.say(healthdcatap::HAS_VARIABLES, &group);
        self.class(group.as_ref(), csvw::TABLE_GROUP);
        self.texts(&group, dct::TITLE, title);
        self.add(&group, csvw::TABLE, &table);
        self.class(table.as_ref(), csvw::TABLE_CLASS);
        self.texts(&table, dct::TITLE, title);
        for variable in variables {
            let column = self.page.thing(&format!("column-{}", variable.name));
            self.add(&table, csvw::COLUMN, &column);
            self.column(&column, variable);
        }
    }

    fn column(&mut self, column: &NamedNode, variable: &Variable) {
        self.class(column.as_ref(), csvw::COLUMN_CLASS);
        self.add(column, csvw::NAME, Literal::new_simple_literal(&variable.name));
        self.add(column, csvw::TITLE, tagged(&variable.name.replace('_', " "), Language::En));
        self.add(column, csvw::DATATYPE, Literal::new_simple_literal(datatype(variable.kind)));
        self.texts(column, dct::DESCRIPTION, &variable.description);
        if let Some(element) = &variable.element {
            let element = format!("{FHIR}{}", crate::address::escape(element));
            self.add(column, csvw::PROPERTY_URL, NamedNode::new_unchecked(element));
        }
    }

    /// For rows about persons the distribution is the way to ask for them, not a file.
    fn access_route(&mut self, record: &Record) {
        let route = self.distribution(dcat::DISTRIBUTION, "access", "PARQUET");
        self.texts(&route, dct::TITLE, &record.title);
        self.texts(&route, dct::DESCRIPTION, &record.conditions);
        self.add(&route, dcat::ACCESS_URL, record.authority.request_page.iri());
        let permit = self.page.thing("permit");
        self.add(&route, dct::LICENSE, &permit);
        self.texts(&permit, dct::DESCRIPTION, &record.conditions);
        self.licence(permit.as_ref(), concept::LICENCE_TYPE_RESTRICTIVE, "Restrictive clauses");
        self.rights(&route, &record.conditions);
    }

    /// The page shows how many records and persons there are and how full each column is.
    fn analytics(&mut self, record: &Record) {
        let numbers = self.distribution(healthdcatap::ANALYTICS, "numbers", "HTML");
        self.texts(&numbers, dct::TITLE, &record.title);
        self.texts(&numbers, dct::DESCRIPTION, &record.numbers);
        self.add(&numbers, dcat::ACCESS_URL, self.page.iri());
        self.public_licence(&numbers);
    }

    fn download(&mut self, record: &ReleaseRecord, file: &ReleaseFile) {
        let name = format!("file-{}", file.name);
        let node = self.distribution(dcat::DISTRIBUTION, &name, file.format.code());
        self.add(&node, dct::TITLE, Literal::new_simple_literal(&file.name));
        self.texts(&node, dct::DESCRIPTION, &record.facts.description);
        self.add(&node, dcat::ACCESS_URL, self.page.iri());
        self.add(&node, dcat::DOWNLOAD_URL, record.download(file).iri());
        self.add(&node, dcat::BYTE_SIZE, number(file.bytes));
        self.add(&node, dct::ISSUED, moment(record.facts.issued));
        let media = NamedNode::new_unchecked(format!("{MEDIA_TYPES}{}", file.format.media_type()));
        self.add(&node, dcat::MEDIA_TYPE, &media);
        self.class(media.as_ref(), dct::MEDIA_TYPE_CLASS);
        self.public_licence(&node);
        self.rights(&node, &record.conditions);
    }

    fn distribution(
        &mut self,
        property: NamedNodeRef<'_>,
        name: &str,
        file_type: &str,
    ) -> NamedNode {
        let node = self.page.thing(name);
        self.say(property, &node);
        self.class(node.as_ref(), dcat::DISTRIBUTION_CLASS);
        self.add(&node, dcatap::APPLICABLE_LEGISLATION, EHDS);
        self.add(&node, dcatap::AVAILABILITY, concept::AVAILABILITY_STABLE);
        let format = NamedNode::new_unchecked(format!("{FILE_TYPES}{file_type}"));
        self.add(&node, dct::FORMAT, &format);
        self.class(format.as_ref(), dct::MEDIA_TYPE_OR_EXTENT);
        node
    }

    fn rights(&mut self, distribution: &NamedNode, text: &Text) {
        let rights = self.page.thing("rights");
        self.add(distribution, dct::RIGHTS, &rights);
        self.class(rights.as_ref(), dct::RIGHTS_STATEMENT);
        self.texts(&rights, rdfs::LABEL, text);
    }

    fn public_licence(&mut self, distribution: &NamedNode) {
        self.add(distribution, dct::LICENSE, concept::LICENCE_CC_BY);
        self.licence(concept::LICENCE_CC_BY, concept::LICENCE_TYPE_ATTRIBUTION, "Attribution");
    }

    fn licence(&mut self, licence: NamedNodeRef<'_>, kind: NamedNodeRef<'_>, label: &str) {
        self.class(licence, dct::LICENSE_DOCUMENT);
        self.add(&licence.into_owned(), dct::TYPE, kind);
        let kind = kind.into_owned();
        self.class(kind.as_ref(), skos::CONCEPT);
        self.add(&kind, skos::IN_SCHEME, concept::LICENCE_TYPES);
        self.add(&kind, skos::PREF_LABEL, tagged(label, Language::En));
    }

    /// `dct:source` would have to point to a dataset of this document, and every dataset of a
    /// document has the same level; the source of a public table is not public. So it is named by
    /// `prov:wasDerivedFrom`, as DCAT 3 has it, and by `dct:relation`, which every catalogue shows.
    fn source(&mut self, record: &ReleaseRecord) {
        let facts = &record.facts;
        let page = record.authority.namespace.page(&["datasets", facts.source.as_str()]);
        let source = page.thing("dataset");
        self.say(prov::WAS_DERIVED_FROM, &source);
        self.say(dct::RELATION, &source);
        self.say(dct::ISSUED, moment(facts.issued));
        let counted = format!("counted from {} {}", facts.source, facts.source_version);
        self.say(adms::VERSION_NOTES, tagged(&counted, Language::En));
    }

    fn period(&mut self, property: NamedNodeRef<'_>, name: &str, period: Period) {
        let node = self.page.thing(name);
        self.say(property, &node);
        self.class(node.as_ref(), dct::PERIOD_OF_TIME);
        self.add(&node, dcat::START_DATE, typed(&period.first().to_string(), xsd::DATE));
        self.add(&node, dcat::END_DATE, typed(&period.last().to_string(), xsd::DATE));
    }

    fn texts(&mut self, subject: &NamedNode, property: NamedNodeRef<'_>, text: &Text) {
        for (language, text) in text {
            self.add(subject, property, tagged(text, *language));
        }
    }

    fn class(&mut self, subject: NamedNodeRef<'_>, class: NamedNodeRef<'_>) {
        self.graph.insert(TripleRef::new(subject, rdf::TYPE, class));
    }

    fn say(&mut self, property: NamedNodeRef<'_>, object: impl IntoTerm) {
        let dataset = self.dataset.clone();
        self.add(&dataset, property, object);
    }

    fn add(&mut self, subject: &NamedNode, property: NamedNodeRef<'_>, object: impl IntoTerm) {
        self.graph.insert(TripleRef::new(subject, property, &object.into_term()));
    }
}

/// What can stand at the end of a triple here: an IRI or a literal, never a blank node.
trait IntoTerm {
    fn into_term(self) -> Term;
}

impl IntoTerm for NamedNode {
    fn into_term(self) -> Term {
        self.into()
    }
}

impl IntoTerm for &NamedNode {
    fn into_term(self) -> Term {
        self.clone().into()
    }
}

impl IntoTerm for NamedNodeRef<'_> {
    fn into_term(self) -> Term {
        self.into_owned().into()
    }
}

impl IntoTerm for Literal {
    fn into_term(self) -> Term {
        self.into()
    }
}

fn tagged(text: &str, language: Language) -> Literal {
    // The tags of `Language` are well-formed.
    Literal::new_language_tagged_literal_unchecked(text, language.tag())
}

fn typed(value: &str, datatype: NamedNodeRef<'_>) -> Literal {
    Literal::new_typed_literal(value, datatype)
}

fn number(count: u64) -> Literal {
    typed(&count.to_string(), xsd::NON_NEGATIVE_INTEGER)
}

fn moment(at: Timestamp) -> Literal {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second) = at.to_hms();
    let text = format!("{}T{hour:02}:{minute:02}:{second:02}Z", at.date());
    typed(&text, xsd::DATE_TIME)
}

/// The datatypes of "Metadata Vocabulary for Tabular Data", section 5.11.1.
fn datatype(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "string",
        ColumnKind::Date => "date",
        ColumnKind::Integer => "integer",
        ColumnKind::Decimal => "decimal",
        ColumnKind::Boolean => "boolean",
        ColumnKind::Linked => "hexBinary",
    }
}

/// The kind of body all the holders are, if it is one.
fn common_kind(holders: &[Holder]) -> Option<PublisherType> {
    let kind = holders.first()?.kind?;
    holders.iter().all(|holder| holder.kind == Some(kind)).then_some(kind)
}
