//! What an element says of a person, and what of it a view may let go.

use std::collections::BTreeMap;

use pipeline_domain::{ElementClass, Treatment};
use serde::Deserialize;

use crate::{PolicyError, read, said};

const NAME: &str = "elements";
const IN_FORCE: &str = include_str!("../rules/elements.toml");

/// The rules about elements: their classes, their treatments, and what no view may read out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementRules {
    version: String,
    source: String,
    links: Vec<String>,
    paths: Paths,
    #[serde(rename = "element")]
    elements: Vec<Entry>,
    #[serde(default, rename = "column")]
    columns: Vec<ColumnEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paths {
    direct: Vec<String>,
    free_text: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    of: Vec<String>,
    class: ElementClass,
    #[serde(default)]
    free_text: bool,
    treatment: Option<Treatment>,
    why: String,
    source: String,
}

/// What a view does otherwise than its elements say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnEntry {
    view: String,
    column: String,
    treatment: Treatment,
    why: String,
}

/// A column of a view, as its definition states it.
#[derive(Debug, Clone, Copy)]
pub struct ViewColumn<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its FHIRPath.
    pub path: &'a str,
    /// The element it says it reads: tag `hda/element`.
    pub element: Option<&'a str>,
    /// What its identifiers name, where they leave as research ids: tag `hda/link`.
    pub link: Option<&'a str>,
}

/// Why a column may not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("view {view}, column {column}: {kind}")]
pub struct ViewRefusal {
    /// The view.
    pub view: String,
    /// The column.
    pub column: String,
    /// Why.
    pub kind: ViewRefusalKind,
}

/// What is wrong with a column. A new kind should make every page that explains them think.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewRefusalKind {
    /// It does not say what it reads.
    #[error("it names no element (hda/element), so no rule can speak for it")]
    NoElement,
    /// No entry speaks for the element.
    #[error("no rule gives {element} a class; silence is no permission")]
    NoClass {
        /// The element.
        element: String,
    },
    /// The element identifies.
    #[error("{element} is a direct identifier ({rule}): {why}")]
    DirectIdentifier {
        /// The element.
        element: String,
        /// The entry of the rules.
        rule: String,
        /// Its reason.
        why: String,
    },
    /// The element is free text.
    #[error("{element} is free text ({rule}): {why}")]
    FreeText {
        /// The element.
        element: String,
        /// The entry of the rules.
        rule: String,
        /// Its reason.
        why: String,
    },
    /// The path reads an identifier, whatever the element says.
    #[error("its path reads {word}, which identifies (rule paths.direct)")]
    IdentifyingPath {
        /// The word in the path.
        word: String,
    },
    /// The path reads free text, whatever the element says.
    #[error("its path reads {word}, which may be free text (rule paths.free_text)")]
    FreeTextPath {
        /// The word in the path.
        word: String,
    },
    /// There is no such link.
    #[error("{link} is no kind of number that can be linked (rule links)")]
    UnknownLink {
        /// The link asked.
        link: String,
    },
    /// A linked column must read the value of an identifier.
    #[error("a linked column reads the value of an identifier, and its element is one")]
    NotAnIdentifier,
    /// An override names a column the view lacks.
    #[error("the rules treat this column, but the view has none of that name")]
    NoSuchColumn,
}

impl ElementRules {
    /// The rules that are compiled in.
    pub fn in_force() -> Result<Self, PolicyError> {
        Self::from_text(IN_FORCE)
    }

    /// The rules in this text.
    pub fn from_text(text: &str) -> Result<Self, PolicyError> {
        let rules: Self = read(NAME, text)?;
        said(NAME, "version", &rules.version)?;
        said(NAME, "source", &rules.source)?;
        for entry in &rules.elements {
            said(NAME, "why", &entry.why)?;
            said(NAME, "source", &entry.source)?;
            for pattern in &entry.of {
                said(NAME, "element", pattern.trim_start_matches(['*', '.']))?;
            }
        }
        rules.columns.iter().try_for_each(|column| said(NAME, "why", &column.why))?;
        // Without these words nothing stands between a view and a name.
        if rules.paths.direct.is_empty() || rules.paths.free_text.is_empty() {
            return Err(PolicyError::Unsaid { rules: NAME, what: "paths" });
        }
        Ok(rules)
    }

    /// Which version of the rules this is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where they come from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What an element says of a person; nothing where no entry speaks for it.
    #[must_use]
    pub fn class_of(&self, element: &str) -> Option<ElementClass> {
        self.entry(element).map(|(_, entry)| entry.class)
    }

    /// What is done with each column of a view, or why it may not run.
    pub fn check_view(
        &self,
        view: &str,
        columns: &[ViewColumn<'_>],
    ) -> Result<BTreeMap<String, Treatment>, Vec<ViewRefusal>> {
        let refusal = |column: &str, kind| ViewRefusal {
            view: view.to_owned(),
            column: column.to_owned(),
            kind,
        };
        let (mut treatments, mut refused) = (BTreeMap::new(), Vec::new());
        for column in columns {
            match self.treatment(view, column) {
                Ok(treatment) => drop(treatments.insert(column.name.to_owned(), treatment)),
                Err(kind) => refused.push(refusal(column.name, kind)),
            }
        }
        for entry in self.columns.iter().filter(|entry| entry.view == view) {
            if !columns.iter().any(|column| column.name == entry.column) {
                refused.push(refusal(&entry.column, ViewRefusalKind::NoSuchColumn));
            }
        }
        if refused.is_empty() { Ok(treatments) } else { Err(refused) }
    }

    fn treatment(&self, view: &str, column: &ViewColumn<'_>) -> Result<Treatment, ViewRefusalKind> {
        let element = column.element.ok_or(ViewRefusalKind::NoElement)?;
        let (rule, entry) = self
            .entry(element)
            .ok_or_else(|| ViewRefusalKind::NoClass { element: element.to_owned() })?;
        if column.link.is_none() && entry.class == ElementClass::DirectIdentifier {
            let (element, rule, why) = (element.to_owned(), rule.to_owned(), entry.why.clone());
            return Err(if entry.free_text {
                ViewRefusalKind::FreeText { element, rule, why }
            } else {
                ViewRefusalKind::DirectIdentifier { element, rule, why }
            });
        }
        self.check_path(column)?;
        let names_one = entry.class == ElementClass::DirectIdentifier && !entry.free_text;
        let treatment = match column.link {
            Some(_) if !names_one => return Err(ViewRefusalKind::NotAnIdentifier),
            // What leaves is the research id.
            Some(_) => Treatment::Keep,
            None => entry.treatment.unwrap_or(Treatment::Keep),
        };
        let own = self.columns.iter();
        let own = own.filter(|entry| entry.view == view).find(|entry| entry.column == column.name);
        Ok(own.map_or(treatment, |entry| entry.treatment))
    }

    /// The second lock: what the path reads, whatever the column says of itself.
    fn check_path(&self, column: &ViewColumn<'_>) -> Result<(), ViewRefusalKind> {
        let words = words(column.path);
        if let Some(link) = column.link {
            if !self.links.iter().any(|known| known == link) {
                return Err(ViewRefusalKind::UnknownLink { link: link.to_owned() });
            }
            let reads_value = words.contains(&"identifier") && words.contains(&"value");
            if !reads_value {
                return Err(ViewRefusalKind::NotAnIdentifier);
            }
        }
        let is_linked = |word: &str| column.link.is_some() && word == "identifier";
        for word in &words {
            let listed = |list: &[String]| list.iter().any(|known| known == word);
            if listed(&self.paths.direct) && !is_linked(word) {
                return Err(ViewRefusalKind::IdentifyingPath { word: (*word).to_owned() });
            }
            if listed(&self.paths.free_text) {
                return Err(ViewRefusalKind::FreeTextPath { word: (*word).to_owned() });
            }
        }
        match open_value(&words) {
            Some(word) if column.link.is_none() => {
                Err(ViewRefusalKind::FreeTextPath { word: word.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// The entry that speaks for an element: the one that goes furthest along it, then the one that
    /// names more of it, then the stricter one.
    fn entry(&self, element: &str) -> Option<(&str, &Entry)> {
        let entries = self.elements.iter();
        let patterns = entries.flat_map(|entry| entry.of.iter().map(move |of| (of, entry)));
        patterns
            .filter_map(|(of, entry)| Some((reach(of, element)?, of, entry)))
            .max_by_key(|(reach, of, entry)| (*reach, of.matches('.').count(), strictness(entry)))
            .map(|(_, of, entry)| (of.as_str(), entry))
    }
}

fn strictness(entry: &Entry) -> u8 {
    match entry.class {
        ElementClass::DirectIdentifier => 3,
        ElementClass::QuasiIdentifier => 2,
        ElementClass::Sensitive => 1,
        ElementClass::Plain => 0,
    }
}

/// How many steps of an element a pattern covers; nothing where it does not speak for it.
fn reach(pattern: &str, element: &str) -> Option<usize> {
    let element: Vec<&str> = element.split('.').collect();
    let Some(tail) = pattern.strip_prefix("*.") else {
        let pattern: Vec<&str> = pattern.split('.').collect();
        return element.starts_with(&pattern).then_some(pattern.len());
    };
    let tail: Vec<&str> = tail.split('.').collect();
    // A resource stands first, so a tail begins at its second step or later.
    (1..element.len())
        .rev()
        .find_map(|start| element[start..].starts_with(&tail).then_some(start + tail.len()))
}

/// The names a path reads out: not texts, not constants, not what only chooses inside `where()`
/// and `exists()`. `ofType(string)` gives `string`.
fn words(path: &str) -> Vec<&str> {
    let (mut words, mut rest) = (Vec::new(), path);
    let (mut depth, mut silent) = (0_usize, None::<usize>);
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '\'' => text_len(rest),
            '%' => 1 + name_len(&rest[1..]),
            _ if first.is_ascii_alphabetic() || first == '_' => name_len(rest),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(len);
        match first {
            '(' => {
                let chooses = matches!(words.last(), Some(&("where" | "exists")));
                if silent.is_none() && chooses {
                    silent = Some(depth);
                }
                depth += 1;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                if silent == Some(depth) {
                    silent = None;
                }
            }
            _ if silent.is_none() && name_len(token) == len => words.push(token),
            _ => {}
        }
        rest = after;
    }
    words
}

fn name_len(text: &str) -> usize {
    text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len())
}

/// The length of a text in quotes; what never ends goes to the end.
fn text_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A value whose type is open, or a text: it may be free text.
fn open_value<'a>(words: &[&'a str]) -> Option<&'a str> {
    for (at, word) in words.iter().enumerate() {
        if *word == "ofType" && matches!(words.get(at + 1), Some(&("string" | "markdown"))) {
            return words.get(at + 1).copied();
        }
        let choice = match at.checked_sub(1).map(|before| words[before]) {
            None | Some("extension" | "where" | "answer" | "component" | "first") => {
                *word == "value"
            }
            _ => false,
        };
        let typed = matches!(words.get(at + 1), Some(&("ofType" | "exists" | "empty" | "count")));
        if choice && !typed {
            return Some(*word);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn rules() -> ElementRules {
        ElementRules::in_force().unwrap()
    }

    fn column<'a>(path: &'a str, element: &'a str, link: &'a str) -> ViewColumn<'a> {
        let given = |text: &'a str| (!text.is_empty()).then_some(text);
        ViewColumn { name: "c", path, element: given(element), link: given(link) }
    }

    #[test]
    fn an_element_has_the_class_of_the_entry_that_says_most_of_it() {
        use ElementClass::{DirectIdentifier, Plain, QuasiIdentifier, Sensitive};
        let cases = [
            ("Patient.name", Some(DirectIdentifier)),
            ("Patient.name.family", Some(DirectIdentifier)),
            ("Patient.birthDate", Some(QuasiIdentifier)),
            ("Patient.address", Some(QuasiIdentifier)),
            ("Patient.address.line", Some(DirectIdentifier)),
            ("Observation.code", Some(Sensitive)),
            ("Observation.code.text", Some(DirectIdentifier)),
            ("Observation.component.note", Some(DirectIdentifier)),
            ("MedicationStatement.dosage.timing", Some(Sensitive)),
            ("MedicationStatement.dosage.text", Some(DirectIdentifier)),
            ("Immunization.extension:recorder", Some(DirectIdentifier)),
            ("Immunization.status", Some(Plain)),
            ("Immunization.extension:unheardOf", None),
            ("Encounter.class", None),
            ("name", None),
        ];
        for (element, want) in cases {
            assert_eq!(rules().class_of(element), want, "{element}");
        }
    }

    #[test]
    fn a_view_that_gives_somebody_away_is_refused_in_a_sentence() {
        let cases = [
            (
                "name.family",
                "Patient.name",
                "",
                "column c: Patient.name is a direct identifier (*.name)",
            ),
            ("name.family", "Patient.gender", "", "its path reads name"),
            ("note.text", "Observation.code", "", "its path reads note"),
            ("code", "Observation.note", "", "Observation.note is free text (*.note)"),
            ("identifier.value", "Observation.status", "", "its path reads identifier"),
            ("code.text", "Observation.code", "", "its path reads text"),
            ("code.coding.display.first()", "Observation.code", "", "its path reads display"),
            ("value.ofType(string)", "Observation.value[x]", "", "its path reads string"),
            ("value", "Observation.value[x]", "", "its path reads value"),
            ("answer.value", "QuestionnaireResponse.item.answer.value[x]", "", "reads value"),
            (
                "extension('u').value",
                "Immunization.extension:administeredProduct",
                "",
                "reads value",
            ),
            ("subject.getReferenceKey()", "Observation.status", "", "its path reads subject"),
            ("getResourceKey()", "Observation.status", "", "its path reads getResourceKey"),
            (
                "identifier.value.first()",
                "MedicationRequest.identifier",
                "",
                "MedicationRequest.identifier is a direct identifier (*.identifier)",
            ),
            ("identifier.value.first()", "MedicationRequest.identifier", "inss", "inss is no kind"),
            ("subject.identifier.value", "Observation.subject", "nihdi", "its path reads subject"),
            (
                "status",
                "MedicationRequest.identifier",
                "prescription",
                "reads the value of an identifier",
            ),
            ("identifier.value", "MedicationRequest.status", "prescription", "its element is one"),
            ("code.coding.code", "", "", "names no element"),
            ("class.code", "Encounter.class", "", "no rule gives Encounter.class a class"),
            ("iif(true, name.family, status)", "Patient.gender", "", "its path reads name"),
            ("select(telecom.value)", "Patient.gender", "", "its path reads telecom"),
        ];
        for (path, element, link, want) in cases {
            let refused = rules().check_view("v", &[column(path, element, link)]).unwrap_err();
            let told = refused[0].to_string();
            assert!(
                told.starts_with("view v, column c: ") && told.contains(want),
                "{path}: {told}"
            );
        }
    }

    #[test]
    fn what_only_chooses_or_leaves_as_a_research_id_passes() {
        let cases = [
            (
                "identifier.where(system = %rid).value.first()",
                "MedicationRequest.identifier",
                "prescription",
            ),
            (
                "contained.where(resourceType = 'Location' and id = 'text').type.coding.code",
                "Immunization.contained:Location.type",
                "",
            ),
            ("code.coding.where(system = 'http://x/name(1)').code", "Observation.code", ""),
            ("value.ofType(Quantity).value", "Observation.value[x]", ""),
            ("$this.where(name.exists()).status", "Observation.status", ""),
        ];
        for (path, element, link) in cases {
            let checked = rules().check_view("v", &[column(path, element, link)]);
            assert!(checked.is_ok(), "{path}: {checked:?}");
        }
    }

    #[test]
    fn a_view_may_be_treated_otherwise_than_its_elements() {
        let text = format!(
            "{IN_FORCE}\n[[column]]\nview = \"v\"\ncolumn = \"c\"\ntreatment = {{ shift-days = {{ most = 30 }} }}\nwhy = \"w\"\n"
        );
        let rules = ElementRules::from_text(&text).unwrap();
        let own = column("authoredOn", "MedicationRequest.authoredOn", "");
        let treatments = |view| rules.check_view(view, &[own]).unwrap();
        assert_eq!(treatments("v")["c"], Treatment::ShiftDays { most: 30 });
        assert_eq!(treatments("w")["c"], Treatment::Keep);
        let refused = rules.check_view("v", &[]).unwrap_err();
        assert_eq!(refused[0].kind, ViewRefusalKind::NoSuchColumn);
    }

    #[test]
    fn rules_that_say_nothing_do_not_load() {
        for (old, new) in [
            ("why = \"names a person by itself\"", "why = \"\""),
            ("version = \"2026-1\"", "version = \"\""),
            ("\"*.photo\"", "\"*.\""),
            ("class = \"plain\"", "class = \"harmless\""),
        ] {
            let text = IN_FORCE.replacen(old, new, 1);
            assert_ne!(text, IN_FORCE, "{old}");
            assert!(ElementRules::from_text(&text).is_err(), "{new}");
        }
    }

    /// A built-in view, as far as the rules look at it.
    #[derive(Deserialize)]
    struct View {
        name: String,
        select: Vec<Select>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Select {
        #[serde(default)]
        column: Vec<Column>,
        #[serde(default)]
        #[serde(rename = "select")]
        nested: Vec<Select>,
        #[serde(default)]
        union_all: Vec<Select>,
    }

    #[derive(Deserialize)]
    struct Column {
        name: String,
        path: String,
        tag: Vec<Tag>,
    }

    #[derive(Deserialize)]
    struct Tag {
        name: String,
        value: String,
    }

    fn gather<'a>(selects: &'a [Select], found: &mut Vec<ViewColumn<'a>>) {
        for select in selects {
            for column in &select.column {
                let tag = |name| {
                    let tag = column.tag.iter().find(|tag| tag.name == name);
                    tag.map(|tag| tag.value.as_str())
                };
                let (element, link) = (tag("hda/element"), tag("hda/link"));
                found.push(ViewColumn { name: &column.name, path: &column.path, element, link });
            }
            gather(&select.nested, found);
            gather(&select.union_all, found);
        }
    }

    #[test]
    fn the_views_that_come_with_the_program_pass_and_are_coarsened_where_they_must() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/views/definitions");
        let mut coarsened = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let view: View = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let mut columns = Vec::new();
            gather(&view.select, &mut columns);
            let treatments = rules().check_view(&view.name, &columns);
            let treatments = treatments.unwrap_or_else(|refused| panic!("{refused:#?}"));
            for (column, treatment) in treatments {
                if treatment != Treatment::Keep {
                    coarsened.push(format!("{}.{column} {treatment:?}", view.name));
                }
            }
        }
        coarsened.sort();
        assert_eq!(
            coarsened,
            [
                "allergy.last_occurrence Month",
                "allergy.onset Month",
                "person.birth_year Year",
                "person.nis Municipality",
                "problem.abatement Month",
                "problem.code Rare { persons: 3, characters: 0 }",
                "problem.icd10 Rare { persons: 3, characters: 0 }",
                "problem.icpc2 Rare { persons: 3, characters: 0 }",
                "problem.onset Month",
                "procedure.code Rare { persons: 3, characters: 0 }",
            ]
        );
    }
}
