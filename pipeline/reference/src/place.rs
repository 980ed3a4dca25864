//! Municipalities and the areas they lie in, from Statbel's REFNIS list and a list of zones.
//!
//! Arrondissement, province and region follow from the digits of the NIS code. Primary-care zones
//! (eerstelijnszones) do not, and a large city lies in several: it then stands under all of them
//! together, because a municipality is the finest place there is here.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use pipeline_domain::{ColumnKind, Language};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    Entry, Import, Kind, Names, NisCode, Reason, Record, ReferenceError, SourceFile,
    csv_file::{At, CsvFile, CsvRow},
    sample,
};

/// What joins the codes of the zones of a city that lies in several.
const ZONES_TOGETHER: &str = "+";
/// The longest chain of mergers that is followed.
const MOST_MERGERS: usize = 8;

/// What kind of place it is, from large to small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceLevel {
    /// A region.
    Region,
    /// A province.
    Province,
    /// An administrative arrondissement.
    Arrondissement,
    /// A primary-care zone, or several together for a city that lies in all of them.
    PrimaryCareZone,
    /// A municipality, of today or of before a merger.
    Municipality,
}

/// A place of one level, with those it lies in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its NIS code, or the code of its zone.
    pub code: String,
    /// What kind of place it is.
    pub level: PlaceLevel,
    /// What it is called.
    #[serde(flatten)]
    pub names: Names,
    /// The arrondissement a municipality lies in.
    pub arrondissement: Option<NisCode>,
    /// The province it lies in; Brussels lies in none.
    pub province: Option<NisCode>,
    /// The region it lies in.
    pub region: Option<NisCode>,
    /// The primary-care zone a municipality lies in, where there are zones.
    pub primary_care_zone: Option<String>,
    /// Its first day.
    #[serde(with = "day::option", default)]
    pub valid_from: Option<Date>,
    /// Its last day.
    #[serde(with = "day::option", default)]
    pub valid_to: Option<Date>,
    /// The municipality it was merged into.
    pub merged_into: Option<NisCode>,
}

time::serde::format_description!(day, Date, "[year]-[month]-[day]");

impl Entry for Place {
    const KIND: Kind = Kind::Municipality;
    const COLUMNS: &'static [(&'static str, ColumnKind)] = &[
        ("code", ColumnKind::Text),
        ("level", ColumnKind::Text),
        ("name_nl", ColumnKind::Text),
        ("name_fr", ColumnKind::Text),
        ("name_de", ColumnKind::Text),
        ("name_en", ColumnKind::Text),
        ("arrondissement", ColumnKind::Text),
        ("province", ColumnKind::Text),
        ("region", ColumnKind::Text),
        ("primary_care_zone", ColumnKind::Text),
        ("valid_from", ColumnKind::Date),
        ("valid_to", ColumnKind::Date),
        ("merged_into", ColumnKind::Text),
    ];

    fn order(&self, other: &Self) -> Ordering {
        (self.level, &self.code).cmp(&(other.level, &other.code))
    }
}

/// The list while it is being read.
#[derive(Default)]
struct Reading {
    places: BTreeMap<(PlaceLevel, String), Found>,
    zones: BTreeMap<String, Names>,
    /// The zones of each municipality, with where each was named.
    members: Vec<(NisCode, String, (String, u64))>,
    import: Counts,
}

#[derive(Default)]
struct Counts {
    read: u64,
    folded: u64,
    set_aside: Record,
    files: Vec<crate::version::SourceDigest>,
}

struct Found {
    place: Place,
    at: (String, u64),
}

/// Reads REFNIS lists and lists of zones; the header tells which is which. Where the list has no
/// arrondissements, provinces or regions of its own, those of [`sample::areas`] stand in.
pub fn import_places(files: Vec<SourceFile>, on: Date) -> Result<Import<Place>, ReferenceError> {
    let mut reading = Reading::default();
    for file in files {
        let mut file = CsvFile::open(file)?;
        if file.find(ZONE_CODE).is_some() {
            reading.zones(&mut file, on)?;
        } else {
            reading.places(&mut file)?;
        }
        reading.import.files.push(file.finish()?);
    }
    reading.complete_areas()?;
    reading.check_parents();
    reading.check_mergers();
    reading.assign_zones();
    reading.finish()
}

const ZONE_CODE: &[&str] =
    &["zonecode", "elzcode", "eerstelijnszonecode", "codeelz", "zone", "elz"];
const CODE: &[&str] =
    &["code", "nis", "niscode", "codenis", "codeins", "ins", "cdrefnis", "cdmuntyrefnis", "refnis"];

impl Reading {
    fn places(&mut self, file: &mut CsvFile) -> Result<(), ReferenceError> {
        let code = file.require("NIS code", CODE)?;
        let level = file.find(&["niveau", "level", "lvlrefnis", "niv"]);
        let names = name_columns(file)?;
        let from = file.find(&["validfrom", "dtvldtstrt", "dtvldtstart", "dtstrt", "van", "from"]);
        let to = file.find(&["validto", "dtvldtend", "dtvldtstop", "dtstop", "tot", "to"]);
        let merged = file.find(&["mergedinto", "newcode", "nieuweniscode", "nouveaucodeins"]);
        let Counts { read, set_aside, .. } = &mut self.import;
        let mut rows = Vec::new();
        while let Some(row) = file.next(read, set_aside)? {
            let read = place(&row, code, level, &names, (from, to), merged);
            rows.push((row.line, row.text(code).unwrap_or_default().to_owned(), read));
        }
        for (line, code, read) in rows {
            let at = (file.name().to_owned(), line);
            if let Err(reason) = read.and_then(|place| self.keep(place, at)) {
                self.import.set_aside.add(file.name(), line, &code, reason);
            }
        }
        Ok(())
    }

    /// Keeps a place. Of two with one code the later one stands, and the other is set aside.
    fn keep(&mut self, place: Place, at: (String, u64)) -> Result<(), Reason> {
        let key = (place.level, place.code.clone());
        let Some(known) = self.places.get_mut(&key) else {
            self.places.insert(key, Found { place, at });
            return Ok(());
        };
        if known.place == place {
            self.import.folded += 1;
            return Ok(());
        }
        match until(&place).cmp(&until(&known.place)) {
            Ordering::Less => Err(Reason::Superseded),
            Ordering::Equal => Err(Reason::Duplicate),
            Ordering::Greater => {
                let (file, line) = &known.at;
                self.import.set_aside.add(file, *line, &key.1, Reason::Superseded);
                *known = Found { place, at };
                Ok(())
            }
        }
    }

    fn zones(&mut self, file: &mut CsvFile, on: Date) -> Result<(), ReferenceError> {
        let zone = file.require("code of the zone", ZONE_CODE)?;
        let code = file.require("NIS code", CODE)?;
        let names = zone_name_columns(file);
        let from = file.find(&["validfrom", "van", "from"]);
        let to = file.find(&["validto", "tot", "to"]);
        while let Some(row) = file.next(&mut self.import.read, &mut self.import.set_aside)? {
            let text = row.text(code).unwrap_or_default();
            match member(&row, code, zone, (from, to)) {
                Ok((nis, zone, (from, to))) => {
                    let valid = from.is_none_or(|day| day <= on) && to.is_none_or(|day| day >= on);
                    if !valid {
                        self.import.set_aside.add(file.name(), row.line, text, Reason::Superseded);
                        continue;
                    }
                    let read = names_of(&row, &names);
                    let known = self.zones.entry(zone.clone()).or_default();
                    if known.is_empty() {
                        *known = read;
                    }
                    self.members.push((nis, zone, (file.name().to_owned(), row.line)));
                }
                Err(reason) => self.import.set_aside.add(file.name(), row.line, text, reason),
            }
        }
        Ok(())
    }

    /// Takes the areas the list does not have from the shipped one.
    fn complete_areas(&mut self) -> Result<(), ReferenceError> {
        let levels = [PlaceLevel::Region, PlaceLevel::Province, PlaceLevel::Arrondissement];
        let has = |level| self.places.keys().any(|(known, _)| *known == level);
        let missing: BTreeSet<PlaceLevel> = levels.into_iter().filter(|l| !has(*l)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut shipped = Self::default();
        let mut file = CsvFile::open(sample::areas())?;
        shipped.places(&mut file)?;
        let wanted = shipped.places.into_iter().filter(|((level, _), _)| missing.contains(level));
        self.places.extend(wanted);
        Ok(())
    }

    /// Sets aside what lies in an area that is not in the list.
    fn check_parents(&mut self) {
        let known: BTreeSet<(PlaceLevel, String)> = self.places.keys().cloned().collect();
        let has = |level, code: &Option<NisCode>| match code {
            Some(code) => known.contains(&(level, code.to_string())),
            None => true,
        };
        let set_aside = &mut self.import.set_aside;
        self.places.retain(|(level, code), Found { place, at: (file, line) }| {
            let fits = has(PlaceLevel::Arrondissement, &place.arrondissement)
                && has(PlaceLevel::Province, &place.province)
                && has(PlaceLevel::Region, &place.region)
                // Outside Brussels every municipality lies in a province, and all in a region.
                && (*level < PlaceLevel::Arrondissement || place.region.is_some());
            if !fits {
                set_aside.add(file, *line, code, Reason::UnknownParent);
            }
            fits
        });
    }

    /// Sets aside municipalities whose merger leads nowhere or in a circle.
    fn check_mergers(&mut self) {
        loop {
            let bad: Vec<(PlaceLevel, String)> = self
                .places
                .iter()
                .filter(|(_, found)| found.place.merged_into.is_some())
                .filter(|((_, code), _)| self.today(code).is_none())
                .map(|(key, _)| key.clone())
                .collect();
            if bad.is_empty() {
                return;
            }
            for key in bad {
                if let Some(Found { at: (file, line), .. }) = self.places.remove(&key) {
                    self.import.set_aside.add(&file, line, &key.1, Reason::UnknownMerger);
                }
            }
        }
    }

    /// The municipality that stands for a code now.
    fn today(&self, code: &str) -> Option<&Place> {
        let find = |code: &str| {
            let key = (PlaceLevel::Municipality, code.to_owned());
            self.places.get(&key).map(|found| &found.place)
        };
        today(code, find)
    }

    /// Tells each municipality its zone; one that lies in several gets a zone of all of them.
    fn assign_zones(&mut self) {
        let mut zones_of: BTreeMap<NisCode, BTreeSet<String>> = BTreeMap::new();
        for (nis, zone, (file, line)) in std::mem::take(&mut self.members) {
            // A list of zones may name a municipality as it was called before a merger.
            let today = self.today(nis.as_str()).map(|place| place.code.parse());
            match today {
                Some(Ok(nis)) => {
                    if !zones_of.entry(nis).or_default().insert(zone) {
                        self.import.folded += 1;
                    }
                }
                _ => self.import.set_aside.add(
                    &file,
                    line,
                    nis.as_str(),
                    Reason::UnknownMunicipality,
                ),
            }
        }
        let mut used: BTreeMap<String, Names> = BTreeMap::new();
        for (nis, zones) in zones_of {
            let code = zones.iter().cloned().collect::<Vec<_>>().join(ZONES_TOGETHER);
            let names = zones.iter().filter_map(|zone| self.zones.get(zone));
            used.insert(code.clone(), together(&names.collect::<Vec<_>>()));
            let key = (PlaceLevel::Municipality, nis.to_string());
            if let Some(found) = self.places.get_mut(&key) {
                found.place.primary_care_zone = Some(code);
            }
        }
        for (code, names) in used {
            let at = (String::new(), 0);
            let place = area(code.clone(), PlaceLevel::PrimaryCareZone, names);
            self.places.insert((PlaceLevel::PrimaryCareZone, code), Found { place, at });
        }
    }

    fn finish(self) -> Result<Import<Place>, ReferenceError> {
        let Counts { read, folded, set_aside, files } = self.import;
        let rows: Vec<Place> = self.places.into_values().map(|found| found.place).collect();
        if !rows.iter().any(|place| place.level == PlaceLevel::Municipality) {
            return Err(ReferenceError::NoRows { kind: Kind::Municipality });
        }
        Ok(Import { rows, read, folded, set_aside, files })
    }
}

/// The municipality that stands for a code after all its mergers; none where they lead nowhere, or in
/// a circle.
pub(crate) fn today<'a>(code: &str, find: impl Fn(&str) -> Option<&'a Place>) -> Option<&'a Place> {
    let mut place = find(code)?;
    for _ in 0..MOST_MERGERS {
        match &place.merged_into {
            Some(next) => place = find(next.as_str())?,
            None => return Some(place),
        }
    }
    None
}

/// What the later of two validities is told by: one without an end goes on.
fn until(place: &Place) -> (bool, Option<Date>, Option<Date>) {
    (place.valid_to.is_none(), place.valid_to, place.valid_from)
}

/// The columns with the names, in the order of [`Language::ALL`], and one for all of them.
struct NameColumns {
    each: [At; 4],
    any: At,
}

fn name_columns(file: &CsvFile) -> Result<NameColumns, ReferenceError> {
    let nl =
        ["namenl", "naamnl", "naam", "administratieveeenheden", "txrefnisnl", "txmuntydescrnl"];
    let fr = ["namefr", "nomfr", "nom", "entitésadministratives", "txrefnisfr", "txmuntydescrfr"];
    let de = ["namede", "txrefnisde", "txmuntydescrde"];
    let en = ["nameen", "txrefnisen", "txmuntydescren"];
    let any = ["name"];
    file.require("name", &[&nl[..], &fr, &any].concat())?;
    let each = [file.find(&nl), file.find(&fr), file.find(&de), file.find(&en)];
    Ok(NameColumns { each, any: file.find(&any) })
}

fn zone_name_columns(file: &CsvFile) -> NameColumns {
    let nl = ["zonenamenl", "elznaam", "eerstelijnszone", "zonenaam", "namenl"];
    let each = [
        file.find(&nl),
        file.find(&["zonenamefr", "namefr"]),
        file.find(&["zonenamede", "namede"]),
        file.find(&["zonenameen", "nameen"]),
    ];
    NameColumns { each, any: file.find(&["zonename", "name"]) }
}

fn names_of(row: &CsvRow, columns: &NameColumns) -> Names {
    let mut names = row.text(columns.any).map(Names::everywhere).unwrap_or_default();
    for (language, at) in Language::ALL.into_iter().zip(columns.each) {
        if let Some(name) = row.text(at) {
            names.set(language, name);
        }
    }
    names
}

fn place(
    row: &CsvRow,
    code: At,
    level: At,
    names: &NameColumns,
    (from, to): (At, At),
    merged: At,
) -> Result<Place, Reason> {
    let nis: NisCode = row.text(code).unwrap_or_default().parse().map_err(|_| Reason::NotANis)?;
    let level = match row.text(level) {
        Some(text) => level_named(text).ok_or(Reason::OtherLevel)?,
        None => level_of(nis.as_str()).ok_or(Reason::OtherLevel)?,
    };
    let names = names_of(row, names);
    if names.is_empty() {
        return Err(Reason::NoName);
    }
    let (valid_from, valid_to) = (row.day(from)?, row.day(to)?);
    if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
        return Err(Reason::EndsBeforeItBegins);
    }
    let merged_into = row.text(merged).map(str::parse).transpose().map_err(|_| Reason::NotANis)?;
    let mut place = area(nis.to_string(), level, names);
    place.valid_from = valid_from;
    place.valid_to = valid_to;
    place.merged_into = merged_into;
    if level >= PlaceLevel::Arrondissement {
        place.province = nis.province();
        place.region = nis.region();
    }
    if level == PlaceLevel::Municipality {
        place.arrondissement = Some(nis.arrondissement());
    }
    Ok(place)
}

fn area(code: String, level: PlaceLevel, names: Names) -> Place {
    Place {
        code,
        level,
        names,
        arrondissement: None,
        province: None,
        region: None,
        primary_care_zone: None,
        valid_from: None,
        valid_to: None,
        merged_into: None,
    }
}

/// A level as lists write it: as a number of Statbel's (1 country, 2 region, ...) or as a word.
fn level_named(text: &str) -> Option<PlaceLevel> {
    match text.to_lowercase().as_str() {
        "2" | "region" | "gewest" | "région" => Some(PlaceLevel::Region),
        "3" | "province" | "provincie" => Some(PlaceLevel::Province),
        "4" | "arrondissement" => Some(PlaceLevel::Arrondissement),
        "5" | "municipality" | "gemeente" | "commune" => Some(PlaceLevel::Municipality),
        _ => None,
    }
}

/// The level a code has by its shape, where the list does not say it.
fn level_of(code: &str) -> Option<PlaceLevel> {
    match code {
        "01000" => None,
        "02000" | "03000" | "04000" => Some(PlaceLevel::Region),
        "20001" | "20002" => Some(PlaceLevel::Province),
        _ if code.starts_with('0') => None,
        _ if code.ends_with("0000") => Some(PlaceLevel::Province),
        _ if code.ends_with("000") => Some(PlaceLevel::Arrondissement),
        _ => Some(PlaceLevel::Municipality),
    }
}

type Days = (Option<Date>, Option<Date>);

fn member(
    row: &CsvRow,
    code: At,
    zone: At,
    (from, to): (At, At),
) -> Result<(NisCode, String, Days), Reason> {
    let nis = row.text(code).unwrap_or_default().parse().map_err(|_| Reason::NotANis)?;
    let zone = row.text(zone).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=20).contains(&zone.len()) || !zone.chars().all(is_plain) {
        return Err(Reason::NotAZone);
    }
    Ok((nis, zone.to_owned(), (row.day(from)?, row.day(to)?)))
}

/// The names of several zones as one.
fn together(zones: &[&Names]) -> Names {
    let mut names = Names::default();
    for language in Language::ALL {
        let each: Option<Vec<&str>> = zones.iter().map(|zone| zone.get(language)).collect();
        names.set(language, &each.unwrap_or_default().join(" + "));
    }
    names
}
