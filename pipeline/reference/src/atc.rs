//! The ATC classification with its defined daily doses, as the index of the WHO lists them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map},
};

use pipeline_domain::ColumnKind;
use serde::{Deserialize, Serialize};

use crate::{
    AtcCode, Entry, Import, Kind, Names, Reason, Record, ReferenceError, SourceFile,
    csv_file::{At, CsvFile, CsvRow},
    names::clean,
};

/// A group or substance of the ATC classification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtcGroup {
    /// Its code.
    pub code: AtcCode,
    /// Its level, 1 (anatomical main group) to 5 (substance).
    pub level: u8,
    /// Its name in Dutch.
    pub name_nl: Option<String>,
    /// Its name in French.
    pub name_fr: Option<String>,
    /// Its name in English, the language of the index.
    pub name_en: Option<String>,
    /// Its defined daily doses by route, like `1.5 g O; 3 g P`.
    pub ddd: Option<String>,
}

impl AtcGroup {
    /// Its name in every language there is one for.
    #[must_use]
    pub fn names(&self) -> Names {
        let (nl, fr) = (self.name_nl.clone(), self.name_fr.clone());
        Names { nl, fr, de: None, en: self.name_en.clone() }
    }
}

impl Entry for AtcGroup {
    const KIND: Kind = Kind::Atc;
    const COLUMNS: &'static [(&'static str, ColumnKind)] = &[
        ("code", ColumnKind::Text),
        ("level", ColumnKind::Integer),
        ("name_nl", ColumnKind::Text),
        ("name_fr", ColumnKind::Text),
        ("name_en", ColumnKind::Text),
        ("ddd", ColumnKind::Text),
    ];

    fn order(&self, other: &Self) -> Ordering {
        self.code.cmp(&other.code)
    }
}

/// Where the columns of an index stand.
struct Columns {
    code: At,
    nl: At,
    fr: At,
    en: At,
    ddd: At,
    unit: At,
    route: At,
}

/// A group and the doses found for it, with where it stood first.
struct Found {
    group: AtcGroup,
    doses: Vec<String>,
    place: (String, u64),
}

/// Reads an ATC index: `code, name, ddd, unit, route`, one row a code and route.
pub fn import_atc(files: Vec<SourceFile>) -> Result<Import<AtcGroup>, ReferenceError> {
    let mut import = Import {
        rows: Vec::new(),
        read: 0,
        folded: 0,
        set_aside: Record::default(),
        files: vec![],
    };
    let mut found = BTreeMap::new();
    for file in files {
        let mut file = CsvFile::open(file)?;
        let columns = columns(&file)?;
        while let Some(row) = file.next(&mut import.read, &mut import.set_aside)? {
            let code = row.text(columns.code).unwrap_or_default();
            let added = group(&row, &columns).and_then(|(group, dose)| {
                add(&mut found, group, dose, (file.name().to_owned(), row.line))
            });
            match added {
                Ok(is_new) => import.folded += u64::from(!is_new),
                Err(reason) => import.set_aside.add(file.name(), row.line, code, reason),
            }
        }
        import.files.push(file.finish()?);
    }
    import.rows = with_parents(found, &mut import.set_aside);
    if import.rows.is_empty() {
        return Err(ReferenceError::NoRows { kind: Kind::Atc });
    }
    Ok(import)
}

fn columns(file: &CsvFile) -> Result<Columns, ReferenceError> {
    let code = file.require("ATC code", &["atccode", "atc", "code", "atccodes"])?;
    let en = ["nameen", "atclevelname", "levelname", "name", "atcname", "substance"];
    file.require("name", &[&en[..], &["namenl", "namefr"]].concat())?;
    Ok(Columns {
        code,
        nl: file.find(&["namenl", "naam"]),
        fr: file.find(&["namefr", "nom"]),
        en: file.find(&en),
        ddd: file.find(&["ddd", "dddvalue"]),
        unit: file.find(&["unit", "u", "dddunit", "uom"]),
        route: file.find(&["route", "admr", "admroute", "admcode"]),
    })
}

fn group(row: &CsvRow, at: &Columns) -> Result<(AtcGroup, Option<String>), Reason> {
    let code: AtcCode =
        row.text(at.code).unwrap_or_default().parse().map_err(|_| Reason::NotAnAtc)?;
    let name = |at| row.text(at).and_then(clean);
    let (name_nl, name_fr, name_en) = (name(at.nl), name(at.fr), name(at.en));
    if name_nl.is_none() && name_fr.is_none() && name_en.is_none() {
        return Err(Reason::NoName);
    }
    let dose = match (row.number(at.ddd)?, row.text(at.unit)) {
        (Some(amount), Some(unit)) => {
            let route = row.text(at.route).map(|route| format!(" {route}")).unwrap_or_default();
            clean(&format!("{amount} {unit}{route}"))
        }
        _ => None,
    };
    let level = code.level();
    Ok((AtcGroup { code, level, name_nl, name_fr, name_en, ddd: None }, dose))
}

/// Adds a row; a second one of the same code and name adds its dose. Was it a new code?
fn add(
    found: &mut BTreeMap<AtcCode, Found>,
    group: AtcGroup,
    dose: Option<String>,
    place: (String, u64),
) -> Result<bool, Reason> {
    match found.entry(group.code.clone()) {
        btree_map::Entry::Vacant(vacant) => {
            vacant.insert(Found { group, doses: dose.into_iter().collect(), place });
            Ok(true)
        }
        btree_map::Entry::Occupied(mut occupied) => {
            let known = occupied.get_mut();
            if known.group != group {
                return Err(Reason::Duplicate);
            }
            known.doses.extend(dose.filter(|dose| !known.doses.contains(dose)));
            Ok(false)
        }
    }
}

/// The groups whose whole line of parents is there. A parent sorts before its children.
fn with_parents(found: BTreeMap<AtcCode, Found>, set_aside: &mut Record) -> Vec<AtcGroup> {
    let mut rows: Vec<AtcGroup> = Vec::new();
    for (code, Found { mut group, mut doses, place: (file, line) }) in found {
        let has_parent = code.parent().is_none_or(|parent| {
            rows.binary_search_by(|known: &AtcGroup| known.code.cmp(&parent)).is_ok()
        });
        if !has_parent {
            set_aside.add(&file, line, code.as_str(), Reason::UnknownParent);
            continue;
        }
        doses.sort();
        group.ddd = (!doses.is_empty()).then(|| doses.join("; "));
        rows.push(group);
    }
    rows
}
