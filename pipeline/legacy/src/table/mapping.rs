//! What a holder declares about its table, checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::date::DateForm;
use super::path::Path;
use super::schema;
use crate::codes;
use crate::encoding::SingleByte;
use crate::error::LegacyError;
use crate::fhir;

/// How a table becomes resources.
///
/// ```
/// let mapping = pipeline_legacy::Mapping::from_toml(r#"
///     resource = "MedicationDispense"
///     delimiter = ";"
///     date = "dd/MM/yyyy"
///     [[fill]]
///     path = "subject.identifier"
///     column = "niss"
///     system = "ssin"
///     [[fill]]
///     path = "medicationCodeableConcept.coding[0]"
///     column = "cnk"
///     system = "cnk"
///     [[fill]]
///     path = "whenHandedOver"
///     column = "delivered"
///     [[fill]]
///     path = "status"
///     value = "completed"
/// "#)?;
/// let table = "niss;cnk;delivered\n00000000097;0318717;29/02/2024\n";
/// let (line, dispense) = pipeline_legacy::resources_of_csv(table.as_bytes(), &mapping).next().unwrap()?;
/// assert_eq!((line, dispense["whenHandedOver"].as_str()), (2, Some("2024-02-29")));
/// # Ok::<(), pipeline_legacy::LegacyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(super) resource: &'static str,
    pub(super) delimiter: u8,
    pub(super) quote: u8,
    /// `None`: UTF-8.
    pub(super) encoding: Option<SingleByte>,
    pub(super) columns: Vec<Column>,
    pub(super) constants: Vec<Constant>,
}

/// A column and the element it fills.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) path: Path,
    /// Set together with the code.
    pub(super) system: Option<(Path, String)>,
    pub(super) reading: Reading,
    pub(super) is_required: bool,
}

/// A value that is the same in every row.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    pub(super) path: Path,
    pub(super) value: Value,
    /// The columns that fill the same object: where all of them are empty, so is this.
    pub(super) with: Vec<usize>,
}

/// How a field becomes a value.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    Text,
    Decimal { comma: bool },
    Integer { least: i64 },
    Boolean,
    Date(Option<DateForm>),
    Table { values: BTreeMap<String, Value>, otherwise: Option<Value> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    resource: String,
    delimiter: Option<char>,
    quote: Option<char>,
    encoding: Option<String>,
    /// The form of every date that has none of its own.
    date: Option<String>,
    #[serde(default)]
    decimal_comma: bool,
    /// Short names of code systems.
    #[serde(default)]
    systems: BTreeMap<String, String>,
    fill: Vec<Fill>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    path: String,
    column: Option<String>,
    value: Option<toml::Value>,
    system: Option<String>,
    date: Option<String>,
    map: Option<BTreeMap<String, toml::Value>>,
    otherwise: Option<toml::Value>,
    #[serde(default)]
    required: bool,
}

impl Mapping {
    /// Reads and checks a mapping.
    pub fn from_toml(text: &str) -> Result<Self, LegacyError> {
        let written: Written =
            toml::from_str(text).map_err(|error| LegacyError::MappingForm(Box::new(error)))?;
        let unknown = || LegacyError::UnknownResource { resource: written.resource.clone() };
        let resource = schema::resource(&written.resource).ok_or_else(unknown)?;
        let mut mapping = Self {
            resource,
            delimiter: ascii(written.delimiter, ',', "delimiter")?,
            quote: ascii(written.quote, '"', "quote")?,
            encoding: encoding(written.encoding.as_deref())?,
            columns: Vec::new(),
            constants: Vec::new(),
        };
        for fill in &written.fill {
            mapping.add(fill, &written)?;
        }
        mapping.refuse_overlaps()?;
        mapping.require_subject()?;
        mapping.join_constants();
        Ok(mapping)
    }

    /// The resource each row becomes.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        self.resource
    }

    fn add(&mut self, fill: &Fill, written: &Written) -> Result<(), LegacyError> {
        let path = Path::parse(&fill.path, self.resource)?;
        let problem = |problem: &str| LegacyError::Entry {
            path: fill.path.clone(),
            problem: problem.to_owned(),
        };
        let system = system(&path, fill, &written.systems)?;
        let path = match path.leaf {
            "Coding" => path.child("code", "code"),
            "Identifier" => path.child("value", "string"),
            _ => path,
        };
        match (&fill.column, &fill.value) {
            (Some(column), None) => {
                let reading = reading(&path, fill, written)?;
                let (name, is_required) = (column.clone(), fill.required);
                self.columns.push(Column { name, path, system, reading, is_required });
            }
            (None, Some(value)) => {
                let is_plain = fill.date.is_none()
                    && fill.map.is_none()
                    && fill.otherwise.is_none()
                    && !fill.required;
                if !is_plain {
                    return Err(problem("only a column has a date form, a map or a need"));
                }
                let value = constant(&path, value)?;
                if let Some((path, system)) = system {
                    self.constants.push(Constant { path, value: system.into(), with: Vec::new() });
                }
                self.constants.push(Constant { path, value, with: Vec::new() });
            }
            _ => return Err(problem("has either a column or a value")),
        }
        Ok(())
    }

    /// Every element is filled once, and a choice in one of its types.
    fn refuse_overlaps(&self) -> Result<(), LegacyError> {
        let mut seen: Vec<&Path> = Vec::new();
        for path in self.paths() {
            let collides = |other: &&Path| {
                let mut pairs =
                    path.steps.iter().zip(&other.steps).skip_while(|(one, two)| one == two);
                match pairs.next() {
                    None => true,
                    Some((one, two)) => {
                        one.choice.is_some() && one.choice == two.choice && one.key != two.key
                    }
                }
            };
            if seen.iter().any(collides) {
                let problem = "is filled twice, or in two of its types".to_owned();
                return Err(LegacyError::Entry { path: path.written.clone(), problem });
            }
            seen.push(path);
        }
        Ok(())
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let systems =
            self.columns.iter().filter_map(|column| column.system.as_ref()).map(|(path, _)| path);
        let columns = self.columns.iter().map(|column| &column.path);
        columns.chain(systems).chain(self.constants.iter().map(|constant| &constant.path))
    }

    /// A row must say whose it is: the subject comes from a column, and that column is never empty.
    fn require_subject(&mut self) -> Result<(), LegacyError> {
        let written = schema::subject_of(self.resource).unwrap_or_default();
        let subject = Path::parse(written, self.resource)?;
        let (value, system) =
            (subject.child("value", "string").steps, subject.child("system", "uri").steps);
        let has_system = self.paths().any(|path| path.steps == system);
        let column = self.columns.iter_mut().find(|column| column.path.steps == value);
        let Some(column) = column.filter(|_| has_system) else {
            return Err(LegacyError::NoSubjectMapped { needed: written });
        };
        column.is_required = true;
        Ok(())
    }

    /// Binds each constant to the columns that fill the same object, or else the same place of an
    /// array: the system of a code that is empty says nothing, nor does half a component.
    fn join_constants(&mut self) {
        for constant in &mut self.constants {
            let steps = &constant.path.steps;
            let place =
                steps.iter().position(|step| step.index.is_some()).map_or(0, |place| place + 1);
            let place = steps.get(..place).unwrap_or_default();
            for object in [constant.path.parent(), place] {
                if constant.with.is_empty() && !object.is_empty() {
                    let columns = self.columns.iter().enumerate();
                    let beside =
                        columns.filter(|(_, column)| column.path.steps.starts_with(object));
                    constant.with = beside.map(|(place, _)| place).collect();
                }
            }
        }
    }

    /// The columns that are read, each once.
    pub(super) fn column_names(&self) -> BTreeSet<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }
}

fn ascii(written: Option<char>, usual: char, what: &str) -> Result<u8, LegacyError> {
    let letter = written.unwrap_or(usual);
    let byte = u8::try_from(letter)
        .ok()
        .filter(|byte| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0));
    byte.ok_or_else(|| LegacyError::Entry {
        path: what.to_owned(),
        problem: "is no single ASCII character".to_owned(),
    })
}

fn encoding(written: Option<&str>) -> Result<Option<SingleByte>, LegacyError> {
    match written.map(str::to_ascii_lowercase).as_deref() {
        None | Some("utf-8" | "utf8") => Ok(None),
        Some("latin-1" | "latin1" | "iso-8859-1" | "windows-1252") => {
            Ok(Some(SingleByte::Windows1252))
        }
        Some("latin-9" | "iso-8859-15") => Ok(Some(SingleByte::Latin9)),
        Some(_) => Err(LegacyError::UnknownEncoding),
    }
}

/// The system that is set together with a code or an identifier.
fn system(
    path: &Path,
    fill: &Fill,
    named: &BTreeMap<String, String>,
) -> Result<Option<(Path, String)>, LegacyError> {
    let problem = |problem: String| LegacyError::Entry { path: fill.path.clone(), problem };
    let takes_system = matches!(path.leaf, "Coding" | "Identifier");
    match &fill.system {
        None if takes_system => Err(problem(format!("a {} needs a system", path.leaf))),
        None => Ok(None),
        Some(_) if !takes_system => {
            Err(problem("only a whole coding or identifier has a system".to_owned()))
        }
        Some(name) => {
            let known = named.get(name).map(String::as_str).or_else(|| codes::system_named(name));
            let uri = known.or_else(|| name.contains(':').then_some(name));
            let uri = uri.ok_or_else(|| {
                problem(format!("the system `{name}` is not named under [systems]"))
            })?;
            Ok(Some((path.child("system", "uri"), uri.to_owned())))
        }
    }
}

fn reading(path: &Path, fill: &Fill, written: &Written) -> Result<Reading, LegacyError> {
    let problem =
        |problem: &str| LegacyError::Entry { path: fill.path.clone(), problem: problem.to_owned() };
    let is_date = matches!(path.leaf, "date" | "dateTime" | "instant");
    if fill.date.is_some() && !is_date {
        return Err(problem("is no date, so it has no date form"));
    }
    if let Some(map) = &fill.map {
        let values = map.iter().map(|(from, to)| Ok((from.clone(), constant(path, to)?)));
        let otherwise = fill.otherwise.as_ref().map(|value| constant(path, value)).transpose()?;
        return Ok(Reading::Table {
            values: values.collect::<Result<_, LegacyError>>()?,
            otherwise,
        });
    }
    if fill.otherwise.is_some() {
        return Err(problem("has an `otherwise` without a map"));
    }
    match path.leaf {
        "decimal" => Ok(Reading::Decimal { comma: written.decimal_comma }),
        "integer" => Ok(Reading::Integer { least: i64::from(i32::MIN) }),
        "positiveInt" => Ok(Reading::Integer { least: 1 }),
        "boolean" => Ok(Reading::Boolean),
        _ if is_date => {
            let form = fill.date.as_deref().or(written.date.as_deref());
            Ok(Reading::Date(form.map(DateForm::parse).transpose().map_err(problem)?))
        }
        _ => Ok(Reading::Text),
    }
}

/// A value that the mapping itself gives, in the type of its element.
fn constant(path: &Path, value: &toml::Value) -> Result<Value, LegacyError> {
    let converted = match (path.leaf, value) {
        ("decimal", toml::Value::Float(number)) => {
            serde_json::Number::from_f64(*number).map(Value::Number)
        }
        ("decimal" | "integer", toml::Value::Integer(number)) => Some((*number).into()),
        ("positiveInt", toml::Value::Integer(number)) if *number > 0 => Some((*number).into()),
        ("boolean", toml::Value::Boolean(value)) => Some((*value).into()),
        ("date" | "dateTime" | "instant", toml::Value::String(text)) => {
            fhir::date_time(text).map(Value::from)
        }
        ("code" | "string" | "uri" | "time", toml::Value::String(text))
            if !text.trim().is_empty() =>
        {
            Some(text.trim().into())
        }
        _ => None,
    };
    let problem = || format!("has a value that is no {}", path.leaf);
    converted.ok_or_else(|| LegacyError::Entry { path: path.written.clone(), problem: problem() })
}

impl Reading {
    /// The value of a field that is not empty; `Err` says what was expected.
    pub(super) fn read(&self, text: &str) -> Result<Value, &'static str> {
        match self {
            Self::Text => Ok(text.into()),
            Self::Decimal { comma: false } => fhir::number(text).ok_or("number"),
            Self::Decimal { comma: true } if text.contains('.') => Err("number with a comma"),
            Self::Decimal { comma: true } => {
                fhir::number(&text.replacen(',', ".", 1)).ok_or("number with a comma")
            }
            Self::Integer { least } => {
                let number =
                    text.parse::<i32>().map(i64::from).ok().filter(|number| number >= least);
                number.map(Value::from).ok_or("whole number")
            }
            Self::Boolean => match text {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => Err("true or false"),
            },
            Self::Date(None) => fhir::date_time(text).map(Value::from).ok_or("date"),
            Self::Date(Some(form)) => {
                form.read(text).map(Value::from).ok_or("date of the declared form")
            }
            Self::Table { values, otherwise } => values
                .get(text)
                .or(otherwise.as_ref())
                .cloned()
                .ok_or("value that the mapping knows"),
        }
    }
}
