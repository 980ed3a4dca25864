//! Packaged medicines by CNK code, from a SAM v2 export or a flat list.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map},
};

use pipeline_domain::{ColumnKind, Language};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    AtcCode, Cnk, Entry, Import, Kind, Names, Reason, Record, ReferenceError, SourceFile,
    csv_file::{At, CsvFile, CsvRow},
    names::clean,
    sam::{self, Groups},
};

/// A package that can be prescribed or dispensed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Medicine {
    /// Its CNK code.
    pub cnk: Cnk,
    /// Its ATC code, where it has one.
    pub atc: Option<AtcCode>,
    /// The defined daily dose, in the unit beside it.
    pub ddd: Option<f64>,
    /// The unit of the defined daily dose.
    pub ddd_unit: Option<String>,
    /// How many units the package holds, where the list says it as a number.
    pub pack_size: Option<f64>,
    /// The content of the package as people read it, like `100 ml`.
    pub pack: Option<String>,
    /// What the package is called.
    #[serde(flatten)]
    pub names: Names,
    /// The group of medicines a doctor may prescribe by substance (VMP group).
    pub vmp_group: Option<String>,
    /// The name of that group in Dutch.
    pub vmp_group_nl: Option<String>,
    /// The name of that group in French.
    pub vmp_group_fr: Option<String>,
}

impl Entry for Medicine {
    const KIND: Kind = Kind::Medicine;
    const COLUMNS: &'static [(&'static str, ColumnKind)] = &[
        ("cnk", ColumnKind::Text),
        ("atc", ColumnKind::Text),
        ("ddd", ColumnKind::Decimal),
        ("ddd_unit", ColumnKind::Text),
        ("pack_size", ColumnKind::Decimal),
        ("pack", ColumnKind::Text),
        ("name_nl", ColumnKind::Text),
        ("name_fr", ColumnKind::Text),
        ("name_de", ColumnKind::Text),
        ("name_en", ColumnKind::Text),
        ("vmp_group", ColumnKind::Text),
        ("vmp_group_nl", ColumnKind::Text),
        ("vmp_group_fr", ColumnKind::Text),
    ];

    fn order(&self, other: &Self) -> Ordering {
        self.cnk.cmp(&other.cnk)
    }
}

/// The list while it is being read.
#[derive(Default)]
pub(crate) struct Reading {
    found: BTreeMap<Cnk, Medicine>,
    pub(crate) read: u64,
    folded: u64,
    pub(crate) set_aside: Record,
}

impl Reading {
    /// Keeps a row. One that says the very same as another is folded into it; one that says
    /// something else of the same code is set aside.
    pub(crate) fn keep(&mut self, medicine: Medicine) -> Result<(), Reason> {
        match self.found.entry(medicine.cnk.clone()) {
            btree_map::Entry::Vacant(vacant) => {
                vacant.insert(medicine);
            }
            btree_map::Entry::Occupied(known) if *known.get() == medicine => self.folded += 1,
            btree_map::Entry::Occupied(_) => return Err(Reason::Duplicate),
        }
        Ok(())
    }
}

/// Reads exports of SAM v2 (the file of virtual medicines for the groups, that of actual medicines
/// for the packages) and flat CSV lists. Of what changes over time, what holds on the day counts.
pub fn import_medicines(
    files: Vec<SourceFile>,
    on: Date,
) -> Result<Import<Medicine>, ReferenceError> {
    let mut reading = Reading::default();
    let mut digests = Vec::new();
    let (mut actual, mut groups) = (Vec::new(), Groups::default());
    for mut file in files {
        let is_xml = file.is_xml().map_err(|source| stream(&file, source))?;
        if !is_xml {
            digests.push(flat(file, &mut reading)?);
        } else if sam::is_virtual(&mut file)? {
            digests.push(sam::groups(file, on, &mut groups)?);
        } else {
            actual.push(file);
        }
    }
    for file in actual {
        digests.push(sam::packages(file, on, &groups, &mut reading)?);
    }
    let Reading { found, read, folded, set_aside } = reading;
    if found.is_empty() {
        return Err(ReferenceError::NoRows { kind: Kind::Medicine });
    }
    digests.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Import { rows: found.into_values().collect(), read, folded, set_aside, files: digests })
}

pub(crate) fn stream(file: &SourceFile, source: std::io::Error) -> ReferenceError {
    ReferenceError::Stream { file: file.name().to_owned(), line: file.line(), source }
}

/// Where the columns of a flat list stand.
struct Columns {
    cnk: At,
    atc: At,
    ddd: At,
    ddd_unit: At,
    pack_size: At,
    pack: At,
    names: [At; 4],
    any_name: At,
    group: At,
    group_nl: At,
    group_fr: At,
}

fn flat(
    file: SourceFile,
    reading: &mut Reading,
) -> Result<crate::version::SourceDigest, ReferenceError> {
    let mut file = CsvFile::open(file)?;
    let columns = columns(&file)?;
    while let Some(row) = file.next(&mut reading.read, &mut reading.set_aside)? {
        let code = row.text(columns.cnk).unwrap_or_default();
        if let Err(reason) = medicine(&row, &columns).and_then(|row| reading.keep(row)) {
            reading.set_aside.add(file.name(), row.line, code, reason);
        }
    }
    file.finish()
}

fn columns(file: &CsvFile) -> Result<Columns, ReferenceError> {
    Ok(Columns {
        cnk: file.require("CNK code", &["cnk", "cnkcode", "codecnk", "productcode"])?,
        atc: file.require("ATC code", &["atc", "atccode", "codeatc"])?,
        ddd: file.find(&["ddd", "dddvalue"]),
        ddd_unit: file.find(&["dddunit", "unit"]),
        pack_size: file.find(&["packsize", "packagesize", "packamount"]),
        pack: file.find(&["pack", "packdisplayvalue"]),
        names: [
            file.find(&["namenl"]),
            file.find(&["namefr"]),
            file.find(&["namede"]),
            file.find(&["nameen"]),
        ],
        any_name: file.find(&["name"]),
        group: file.find(&["vmpgroup", "vmpgroupcode"]),
        group_nl: file.find(&["vmpgroupnl", "vmpgroupnamenl"]),
        group_fr: file.find(&["vmpgroupfr", "vmpgroupnamefr"]),
    })
}

fn medicine(row: &CsvRow, at: &Columns) -> Result<Medicine, Reason> {
    let cnk = row.text(at.cnk).unwrap_or_default().parse().map_err(|_| Reason::NotACnk)?;
    let atc = row.text(at.atc).map(str::parse).transpose().map_err(|_| Reason::NotAnAtc)?;
    let mut names = row.text(at.any_name).map(Names::everywhere).unwrap_or_default();
    for (language, at) in Language::ALL.into_iter().zip(at.names) {
        if let Some(name) = row.text(at) {
            names.set(language, name);
        }
    }
    if names.is_empty() {
        return Err(Reason::NoName);
    }
    let text = |at| row.text(at).and_then(clean);
    Ok(Medicine {
        cnk,
        atc,
        ddd: row.number(at.ddd)?,
        ddd_unit: text(at.ddd_unit),
        pack_size: row.number(at.pack_size)?,
        pack: text(at.pack),
        names,
        vmp_group: text(at.group),
        vmp_group_nl: text(at.group_nl),
        vmp_group_fr: text(at.group_fr),
    })
}
