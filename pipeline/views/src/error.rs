//! Why a view cannot be used.

use pipeline_exchange::ExchangeError;

use crate::ParseError;

/// Why a view cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The file is no ViewDefinition.
    #[error("{file} is not a ViewDefinition this runner can read, at {place}")]
    NotAView {
        /// The file.
        file: String,
        /// The element of the file, like `select[0].column`.
        place: String,
        /// Where it broke.
        source: serde_json::Error,
    },
    /// It says of itself that it is something else.
    #[error("{file} is not a ViewDefinition: its resourceType is another")]
    OtherResource {
        /// The file.
        file: String,
    },
    /// The name is no dataset name.
    #[error("{file}: the name of a view has lower-case letters, digits and '_'")]
    BadName {
        /// The file.
        file: String,
    },
    /// `resource` names no type of FHIR.
    #[error("view {view}: its resource is no type of resource, like Patient")]
    BadResource {
        /// The view.
        view: String,
    },
    /// A column, or a constant, has a name that no database takes.
    #[error("view {view}, {place}: a name has letters, digits and '_', and begins with a letter")]
    BadColumnName {
        /// The view.
        view: String,
        /// The column or the constant.
        place: String,
    },
    /// A constant without a name, or without one value of its type.
    #[error("view {view}, {place}: a constant has a name and one value of its type")]
    BadConstant {
        /// The view.
        view: String,
        /// The constant.
        place: String,
    },
    /// Two constants of the same name.
    #[error("view {view}: the constant {constant} stands there twice")]
    RepeatedConstant {
        /// The view.
        view: String,
        /// The constant.
        constant: String,
    },
    /// A path cannot be run.
    #[error("view {view}, {place}: {source}")]
    Path {
        /// The view.
        view: String,
        /// `column x`, or like `select[0].forEach`.
        place: String,
        /// The path.
        path: String,
        /// Why, and at which character.
        source: ParseError,
    },
    /// The type of a column is none of FHIR.
    #[error("view {view}, column {column}: there is no type {fhir_type}")]
    UnknownType {
        /// The view.
        view: String,
        /// The column.
        column: String,
        /// What was written.
        fhir_type: String,
    },
    /// A select that goes through elements in more than one way.
    #[error("view {view}, {place}: only one of forEach, forEachOrNull and repeat can be given")]
    SeveralIterations {
        /// The view.
        view: String,
        /// The select.
        place: String,
    },
    /// Two columns of the same name.
    #[error("view {view}: the column {column} stands there twice")]
    RepeatedColumn {
        /// The view.
        view: String,
        /// The column.
        column: String,
    },
    /// The branches of a `unionAll` have other columns.
    #[error(
        "view {view}, {place}: the branches of a unionAll must have the same columns in the same order"
    )]
    UnionColumns {
        /// The view.
        view: String,
        /// The branch that differs from the first.
        place: String,
    },
    /// Selects within selects within ...
    #[error("view {view}, {place}: selects are nested too deeply")]
    TooDeep {
        /// The view.
        view: String,
        /// The select.
        place: String,
    },
    /// Nothing is selected.
    #[error("view {view} has no column")]
    NoColumns {
        /// The view.
        view: String,
    },
    /// Two views of the same name.
    #[error("two views are called {view}")]
    RepeatedView {
        /// The view.
        view: String,
    },
    /// The folder of views cannot be read.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The folder has no view.
    #[error("{location} holds no ViewDefinition (*.json)")]
    NoViews {
        /// The folder.
        location: String,
    },
}

impl ViewError {
    /// The path that cannot be run, with a mark below the character where it fails.
    #[must_use]
    pub fn excerpt(&self) -> Option<String> {
        let Self::Path { path, source, .. } = self else {
            return None;
        };
        // A character that breaks the line would tear the mark from its place.
        let line: String = path.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(format!("{line}\n{}^", " ".repeat(source.at().saturating_sub(1))))
    }
}
