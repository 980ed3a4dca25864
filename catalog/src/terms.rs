//! The names of HealthDCAT-AP: its release, its namespaces and the terms we write.
//!
//! All of them stand here, so that a new release of the profile changes one file.

use oxrdf::NamedNodeRef;

/// The release of HealthDCAT-AP these descriptions follow.
pub const RELEASE: u8 = 8;

/// The profile, for people.
pub const PROFILE: &str = "HealthDCAT-AP Release 8";

/// The European Health Data Space, Regulation (EU) 2025/327.
pub(crate) const EHDS: NamedNodeRef<'_> = term("http://data.europa.eu/eli/reg/2025/327/oj");

const fn term(iri: &'static str) -> NamedNodeRef<'static> {
    NamedNodeRef::new_unchecked(iri)
}

macro_rules! vocabularies {
    ($($prefix:ident $iri:literal { $($name:ident $local:literal)* })*) => {
        /// Every namespace with its usual prefix.
        pub(crate) const PREFIXES: &[(&str, &str)] = &[$((stringify!($prefix), $iri)),*];

        $(pub(crate) mod $prefix {
            use oxrdf::NamedNodeRef;
            $(pub(crate) const $name: NamedNodeRef<'_> = super::term(concat!($iri, $local));)*
        })*
    };
}

vocabularies! {
    adms "http://www.w3.org/ns/adms#" {
        VERSION_NOTES "versionNotes"
    }
    csvw "http://www.w3.org/ns/csvw#" {
        COLUMN_CLASS "Column" TABLE_CLASS "Table" TABLE_GROUP "TableGroup"
        COLUMN "column" DATATYPE "datatype" NAME "name" PROPERTY_URL "propertyUrl" TABLE "table"
        TITLE "title" URL "url"
    }
    cv "http://data.europa.eu/m8g/" {
        CONTACT_POINT_CLASS "ContactPoint"
        CONTACT_PAGE "contactPage" CONTACT_POINT "contactPoint" EMAIL "email"
    }
    dcat "http://www.w3.org/ns/dcat#" {
        CATALOG "Catalog" DATASET "Dataset" DISTRIBUTION_CLASS "Distribution"
        ACCESS_URL "accessURL" BBOX "bbox" BYTE_SIZE "byteSize" CENTROID "centroid"
        CONTACT_POINT "contactPoint" DISTRIBUTION "distribution" DOWNLOAD_URL "downloadURL"
        END_DATE "endDate" KEYWORD "keyword" LANDING_PAGE "landingPage" MEDIA_TYPE "mediaType"
        START_DATE "startDate" TEMPORAL_RESOLUTION "temporalResolution" THEME "theme"
        VERSION "version"
    }
    dcatap "http://data.europa.eu/r5r/" {
        APPLICABLE_LEGISLATION "applicableLegislation" AVAILABILITY "availability"
    }
    dct "http://purl.org/dc/terms/" {
        FREQUENCY_CLASS "Frequency" LICENSE_DOCUMENT "LicenseDocument"
        LINGUISTIC_SYSTEM "LinguisticSystem" LOCATION "Location" MEDIA_TYPE_CLASS "MediaType"
        MEDIA_TYPE_OR_EXTENT "MediaTypeOrExtent" PERIOD_OF_TIME "PeriodOfTime"
        PROVENANCE_STATEMENT "ProvenanceStatement" RIGHTS_STATEMENT "RightsStatement"
        STANDARD "Standard"
        ACCESS_RIGHTS "accessRights" ACCRUAL_PERIODICITY "accrualPeriodicity"
        CONFORMS_TO "conformsTo" DESCRIPTION "description" FORMAT "format" IDENTIFIER "identifier"
        IS_REFERENCED_BY "isReferencedBy" ISSUED "issued" LANGUAGE "language" LICENSE "license"
        MODIFIED "modified" PROVENANCE "provenance" PUBLISHER "publisher" RELATION "relation"
        RIGHTS "rights" SOURCE "source" SPATIAL "spatial" TEMPORAL "temporal" TITLE "title"
        TYPE "type"
    }
    dpv "https://w3id.org/dpv#" {
        LEGAL_BASIS "LegalBasis" PERSONAL_DATA "PersonalData" PURPOSE "Purpose"
        HAS_LEGAL_BASIS "hasLegalBasis" HAS_PERSONAL_DATA "hasPersonalData"
        HAS_PURPOSE "hasPurpose"
    }
    eli "http://data.europa.eu/eli/ontology#" {
        LEGAL_RESOURCE "LegalResource"
    }
    foaf "http://xmlns.com/foaf/0.1/" {
        AGENT "Agent" DOCUMENT "Document"
        NAME "name" PAGE "page"
    }
    geodcatap "http://data.europa.eu/930/" {
        CUSTODIAN "custodian"
    }
    geo "http://www.opengis.net/ont/geosparql#" {
        WKT_LITERAL "wktLiteral"
    }
    // The release says that this namespace will change.
    healthdcatap "http://healthdataportal.eu/ns/health#" {
        ANALYTICS "analytics" HAS_CODE_VALUES "hasCodeValues" HAS_CODING_SYSTEM "hasCodingSystem"
        HAS_STRUCTURED_DATA "hasStructuredData" HAS_VARIABLES "hasVariables" HDAB "hdab"
        HDAB_COORDINATOR "hdabCoordinator" HEALTH_CATEGORY "healthCategory"
        HEALTH_THEME "healthTheme" MAX_TYPICAL_AGE "maxTypicalAge"
        MIN_TYPICAL_AGE "minTypicalAge" NUMBER_OF_RECORDS "numberOfRecords"
        NUMBER_OF_UNIQUE_INDIVIDUALS "numberOfUniqueIndividuals"
        POPULATION_COVERAGE "populationCoverage" RETENTION_PERIOD "retentionPeriod"
    }
    prov "http://www.w3.org/ns/prov#" {
        ACTIVITY "Activity"
        WAS_DERIVED_FROM "wasDerivedFrom" WAS_GENERATED_BY "wasGeneratedBy"
    }
    rdf "http://www.w3.org/1999/02/22-rdf-syntax-ns#" {
        TYPE "type"
    }
    rdfs "http://www.w3.org/2000/01/rdf-schema#" {
        LABEL "label"
    }
    skos "http://www.w3.org/2004/02/skos/core#" {
        CONCEPT "Concept"
        IN_SCHEME "inScheme" PREF_LABEL "prefLabel"
    }
    vcard "http://www.w3.org/2006/vcard/ns#" {
        KIND "Kind"
        HAS_EMAIL "hasEmail" HAS_URL "hasURL"
    }
    xsd "http://www.w3.org/2001/XMLSchema#" {
        BOOLEAN "boolean" DATE "date" DATE_TIME "dateTime" DURATION "duration"
        NON_NEGATIVE_INTEGER "nonNegativeInteger"
    }
}

/// Concepts of the EU's lists that every description uses.
pub(crate) mod concept {
    use oxrdf::NamedNodeRef;

    use super::term;

    pub(crate) const THEME_HEALTH: NamedNodeRef<'_> =
        term("http://publications.europa.eu/resource/authority/data-theme/HEAL");
    pub(crate) const TYPE_PERSONAL_DATA: NamedNodeRef<'_> =
        term("http://publications.europa.eu/resource/authority/dataset-type/PERSONAL_DATA");
    pub(crate) const TYPE_STATISTICAL: NamedNodeRef<'_> =
        term("http://publications.europa.eu/resource/authority/dataset-type/STATISTICAL");
    pub(crate) const AVAILABILITY_STABLE: NamedNodeRef<'_> =
        term("http://publications.europa.eu/resource/authority/planned-availability/STABLE");
    pub(crate) const LICENCE_CC_BY: NamedNodeRef<'_> =
        term("http://publications.europa.eu/resource/authority/licence/CC_BY_4_0");
    pub(crate) const STANDARD_FHIR: NamedNodeRef<'_> =
        term("https://hdeu-dcat.data.health.europa.eu/resource/authority/standard/FHIR");
    pub(crate) const LICENCE_TYPES: NamedNodeRef<'_> = term("http://purl.org/adms/licencetype/1.0");
    pub(crate) const LICENCE_TYPE_ATTRIBUTION: NamedNodeRef<'_> =
        term("http://purl.org/adms/licencetype/Attribution");
    pub(crate) const LICENCE_TYPE_RESTRICTIVE: NamedNodeRef<'_> =
        term("http://purl.org/adms/licencetype/OtherRestrictiveClauses");
}

/// What the IRIs of the EU's file types start with.
pub(crate) const FILE_TYPES: &str = "http://publications.europa.eu/resource/authority/file-type/";

/// What the IRIs of the EU's data themes start with.
pub(crate) const DATA_THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme/";

/// What the IRIs of the EU's dataset types start with.
pub(crate) const DATASET_TYPES: &str =
    "http://publications.europa.eu/resource/authority/dataset-type/";

/// What the IRIs of media types start with.
pub(crate) const MEDIA_TYPES: &str = "http://www.iana.org/assignments/media-types/";

/// What the IRIs of FHIR elements start with.
pub(crate) const FHIR: &str = "http://hl7.org/fhir/";

/// The IRI with its usual prefix, for people.
pub(crate) fn compact(iri: NamedNodeRef<'_>) -> String {
    let iri = iri.as_str();
    PREFIXES
        .iter()
        .find_map(|(prefix, namespace)| {
            iri.strip_prefix(namespace).map(|local| format!("{prefix}:{local}"))
        })
        .unwrap_or_else(|| format!("<{iri}>"))
}
