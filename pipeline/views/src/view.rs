//! Views: SQL-on-FHIR v2 `ViewDefinition` files, read once and checked before any data passes.

use std::collections::BTreeMap;

use pipeline_domain::{ColumnKind, DatasetId};
use pipeline_exchange::{Store, wire::ColumnSpec};

use crate::{
    ViewError,
    compiler::compile,
    fhirpath::{Expr, Literal},
};

/// A view that can run: its name is the dataset its rows belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub(crate) name: DatasetId,
    pub(crate) resource: String,
    pub(crate) constants: BTreeMap<String, Literal>,
    pub(crate) conditions: Vec<Expr>,
    /// The texts of the conditions.
    pub(crate) condition_paths: Vec<String>,
    pub(crate) select: Vec<Select>,
    pub(crate) columns: Vec<ColumnSpec>,
    /// What each column takes, beside its description.
    pub(crate) outputs: Vec<Output>,
    /// The column that says when it happened: it may not lie in the future.
    pub(crate) event_column: Option<usize>,
}

/// What a column takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    /// The type of one value; that of a collection column is the text all of them become.
    pub(crate) kind: ColumnKind,
    pub(crate) collection: bool,
    pub(crate) fhir_type: Option<String>,
    /// What the identifiers of a linked column name: tag `hda/link`.
    pub(crate) link: Option<String>,
}

/// One `select` of a view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    /// The elements it goes through; of a `repeat`, an [`Expr::Repeat`].
    pub(crate) each: Option<(Expr, WhenNone)>,
    /// Expression, its text, and which column of the view it fills.
    pub(crate) columns: Vec<(Expr, String, usize)>,
    pub(crate) nested: Vec<Select>,
    pub(crate) union_all: Vec<Select>,
}

/// What a `forEach` over nothing gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenNone {
    /// `forEach` and `repeat`: no row.
    NoRow,
    /// `forEachOrNull`: one row, as of an element that has nothing.
    NullRow,
}

fn gather_paths<'v>(selects: &'v [Select], paths: &mut [Vec<&'v str>]) {
    for select in selects {
        for (_, path, column) in &select.columns {
            if let Some(paths) = paths.get_mut(*column) {
                paths.push(path);
            }
        }
        gather_paths(&select.nested, paths);
        gather_paths(&select.union_all, paths);
    }
}

const BUILT_IN: [(&str, &str); 17] = [
    ("person.json", include_str!("../definitions/person.json")),
    ("vaccination.json", include_str!("../definitions/vaccination.json")),
    ("allergy.json", include_str!("../definitions/allergy.json")),
    ("problem.json", include_str!("../definitions/problem.json")),
    ("procedure.json", include_str!("../definitions/procedure.json")),
    ("observation.json", include_str!("../definitions/observation.json")),
    ("laboratory.json", include_str!("../definitions/laboratory.json")),
    ("diagnostic-report.json", include_str!("../definitions/diagnostic-report.json")),
    ("questionnaire.json", include_str!("../definitions/questionnaire.json")),
    ("prescription.json", include_str!("../definitions/prescription.json")),
    ("dispense.json", include_str!("../definitions/dispense.json")),
    ("administration.json", include_str!("../definitions/administration.json")),
    ("medication-line.json", include_str!("../definitions/medication-line.json")),
    ("referral.json", include_str!("../definitions/referral.json")),
    ("patient-summary.json", include_str!("../definitions/patient-summary.json")),
    ("care-plan.json", include_str!("../definitions/care-plan.json")),
    ("care-team.json", include_str!("../definitions/care-team.json")),
];

/// The views for the CareSets and prescriptions that come with the program.
pub fn built_in_views() -> Result<Vec<View>, ViewError> {
    BUILT_IN.iter().map(|(file, text)| View::parse(file, text.as_bytes())).collect()
}

/// The views in a folder of ViewDefinition files.
pub fn views_in(folder: &Store) -> Result<Vec<View>, ViewError> {
    let mut views: Vec<View> = Vec::new();
    for file in folder.list("")?.iter().filter(|file| is_json(file)) {
        let view = View::parse(file, &folder.read(file)?)?;
        if views.iter().any(|known| known.name == view.name) {
            return Err(ViewError::RepeatedView { view: view.name.to_string() });
        }
        views.push(view);
    }
    if views.is_empty() {
        return Err(ViewError::NoViews { location: folder.location().to_owned() });
    }
    Ok(views)
}

pub(crate) fn is_json(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|extension| extension == "json")
}

impl View {
    /// Reads a ViewDefinition; tells the first thing that is wrong with one that cannot run.
    pub fn parse(file: &str, json: &[u8]) -> Result<Self, ViewError> {
        Self::check(file, json).map_err(|mut errors| errors.swap_remove(0))
    }

    /// Reads a ViewDefinition; tells everything that is wrong with one that cannot run.
    pub fn check(file: &str, json: &[u8]) -> Result<Self, Vec<ViewError>> {
        compile(file, json)
    }

    /// The dataset its rows belong to.
    #[must_use]
    pub fn name(&self) -> &DatasetId {
        &self.name
    }

    /// The type of the resources it reads.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The paths that fill each column: several where a union has several branches.
    #[must_use]
    pub fn paths(&self) -> Vec<Vec<&str>> {
        let mut paths = vec![Vec::new(); self.columns.len()];
        gather_paths(&self.select, &mut paths);
        paths
    }

    /// What the identifiers of a column name, where it is a linked one: `nihdi`, `cbe`,
    /// `prescription`.
    #[must_use]
    pub fn link(&self, column: usize) -> Option<&str> {
        self.outputs.get(column)?.link.as_deref()
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSpec] {
        &self.columns
    }
}

#[cfg(test)]
mod tests {
    use pipeline_domain::Language;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_views_that_come_with_the_program_can_run_and_explain_themselves() {
        for view in built_in_views().unwrap() {
            assert!(!view.columns.is_empty(), "{}", view.name);
            for column in &view.columns {
                let languages = column.description.len();
                assert_eq!(languages, Language::ALL.len(), "{} {}", view.name, column.name);
                assert!(column.element.is_some(), "{} {}", view.name, column.name);
            }
        }
    }

    fn view(changes: &Value) -> Vec<u8> {
        let mut view = json!({
            "name": "v", "resource": "Patient",
            "select": [{"column": [{"name": "id", "path": "id"}]}],
        });
        for (key, value) in changes.as_object().unwrap() {
            view[key] = value.clone();
        }
        view.to_string().into_bytes()
    }

    #[test]
    fn a_view_that_cannot_run_is_refused_with_view_column_and_place() {
        let column = |column: Value| json!({"select": [{"column": [column]}]});
        let constant = |constant: Value| json!({"constant": [constant]});
        let cases = [
            (
                column(json!({"name": "a", "path": "name.memberOf('x')"})),
                "view v, column a: this runner has no function memberOf() (character 6)",
            ),
            (
                json!({"select": [{"column": [{"name": "a", "path": "x"}, {"name": "a", "path": "y"}]}]}),
                "view v: the column a stands there twice",
            ),
            (column(json!({"name": "_a", "path": "x"})), "column _a: a name has letters"),
            (column(json!({"name": "a b", "path": "x"})), "column a b: a name has letters"),
            (column(json!({"name": "a", "path": "x", "type": "int"})), "there is no type int"),
            (column(json!({"name": "a", "path": 1})), "at select[0].column[0].path"),
            (
                json!({"select": [{"unionAll": [
                    {"column": [{"name": "a", "path": "x"}]}, {"column": [{"name": "b", "path": "x"}]},
                ]}]}),
                "view v, select[0].unionAll[1]: the branches of a unionAll must have the same columns",
            ),
            (
                json!({"select": [{"unionAll": [
                    {"column": [{"name": "a", "path": "x", "type": "date"}]},
                    {"column": [{"name": "a", "path": "x", "type": "code"}]},
                ]}]}),
                "the same columns",
            ),
            (
                json!({"select": [{"forEach": "name", "repeat": ["item"]}]}),
                "view v, select[0]: only one of forEach",
            ),
            (json!({"select": [{"forEach": "@@"}]}), "view v, select[0].forEach: there is no such"),
            (json!({"where": [{"path": "a = %b"}]}), "view v, where[0]: the view defines no"),
            (json!({"select": []}), "view v has no column"),
            (json!({"resource": "patient"}), "its resource is no type"),
            (json!({"resourceType": "Patient"}), "its resourceType is another"),
            (json!({"name": "../v"}), "lower-case"),
            (constant(json!({"name": "c"})), "view v, constant c: a constant has a name and one"),
            (constant(json!({"valueCode": "c"})), "view v, constant[0]: a constant has a name"),
            (constant(json!({"name": "c", "valueCode": 1})), "constant c: a constant has"),
            (constant(json!({"name": "c", "valueDate": "soon"})), "constant c: a constant has"),
            (constant(json!({"name": "c", "valuePositiveInt": 0})), "constant c: a constant has"),
            (constant(json!({"name": "c", "valueThing": "x"})), "constant c: a constant has"),
            (
                constant(json!({"name": "c", "valueCode": "x", "valueId": "y"})),
                "constant c: a constant has",
            ),
            (
                json!({"constant": [{"name": "c", "valueId": "x"}, {"name": "c", "valueId": "y"}]}),
                "the constant c stands there twice",
            ),
        ];
        for (changes, want) in cases {
            let error = View::parse("v.json", &view(&changes)).unwrap_err().to_string();
            assert!(error.contains(want), "{changes}: {error}");
        }
        let error = View::parse("v.json", b"{}").unwrap_err().to_string();
        assert!(error.contains("v.json is not a ViewDefinition"), "{error}");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_a_mark_at_its_place() {
        let json = view(&json!({"where": [{"path": "name.frist()"}], "select": [
            {"column": [{"name": "1a", "path": "id"}, {"name": "b", "path": "id.matches('[')"}]},
            {"forEach": "name[", "column": [{"name": "c", "path": "family", "type": "txt"}]},
        ]}));
        let errors = View::check("v.json", &json).unwrap_err();
        let told: Vec<String> = errors
            .iter()
            .map(|error| format!("{error}\n{}", error.excerpt().unwrap_or_default()))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn the_name_of_a_view_becomes_one_of_a_dataset() {
        let cases = [
            ("blood_pressure", "blood-pressure"),
            ("BloodPressure", "blood-pressure"),
            ("UsCoreBMI", "us-core-bmi"),
        ];
        for (name, want) in cases {
            let view = View::parse("v.json", &view(&json!({"name": name}))).unwrap();
            assert_eq!(view.name.to_string(), want);
        }
        let nameless =
            br#"{"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id"}]}]}"#;
        let view = View::parse("views/my_people.json", nameless).unwrap();
        assert_eq!(view.name.to_string(), "my-people");
    }
}
