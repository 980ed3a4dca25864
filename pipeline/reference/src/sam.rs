//! The XML exports of SAM v2, the Belgian authentic source of medicines, read as a stream.
//!
//! An `Amp` (a product) holds `Ampp` (its packages), each with its `Dmpp` (a CNK code for a place of
//! delivery). The file of virtual medicines tells which `Vmp` belongs to which `VmpGroup`. What can
//! change stands in `Data` blocks with a validity. Name spaces differ between exports and are not
//! looked at; elements are known by their local name and by where they stand.

use std::collections::HashMap;

use pipeline_domain::Language;
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};
use time::Date;

use crate::{
    Medicine, Names, Reason, ReferenceError, SourceFile,
    csv_file::{day, number},
    medicine::{Reading, stream},
    names::clean,
    version::SourceDigest,
};

/// The longest text of an element that is kept, in bytes: names and amounts stay far below.
const LONGEST_TEXT: usize = 2_000;

/// What is known of virtual medicines.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// The group of each virtual medicine.
    of: HashMap<String, String>,
    /// What a group is called.
    names: HashMap<String, Names>,
}

/// Is it the export of virtual medicines? Its root element says so.
pub(crate) fn is_virtual(file: &mut SourceFile) -> Result<bool, ReferenceError> {
    let line = file.line();
    let name = file.name().to_owned();
    let head = file.peek();
    let head = head.map_err(|source| ReferenceError::Stream { file: name, line, source })?;
    Ok(String::from_utf8_lossy(&head[..head.len().min(4096)]).contains("VirtualMedicines"))
}

/// Reads the groups of virtual medicines.
pub(crate) fn groups(
    file: SourceFile,
    on: Date,
    groups: &mut Groups,
) -> Result<SourceDigest, ReferenceError> {
    let mut export = Export::new(on);
    let digest = walk(file, &mut export, |_, _, _| {})?;
    groups.of.extend(export.virtuals);
    groups.names.extend(export.groups.into_iter().map(|(code, block)| (code, block.names)));
    Ok(digest)
}

/// Reads the packages.
pub(crate) fn packages(
    file: SourceFile,
    on: Date,
    groups: &Groups,
    reading: &mut Reading,
) -> Result<SourceDigest, ReferenceError> {
    let mut export = Export::new(on);
    walk(file, &mut export, |file, product, package| {
        let group = product.virtual_code.as_ref().and_then(|code| groups.of.get(code));
        for cnk in &package.cnks {
            reading.read += 1;
            let kept = medicine(cnk, product, package, group, groups);
            if let Err(reason) = kept.and_then(|medicine| reading.keep(medicine)) {
                reading.set_aside.add(file, package.line, cnk, reason);
            }
        }
    })
}

fn medicine(
    cnk: &str,
    product: &Product,
    package: &Package,
    group: Option<&String>,
    groups: &Groups,
) -> Result<Medicine, Reason> {
    let block = package.block.clone().unwrap_or_default();
    let cnk = cnk.parse().map_err(|_| Reason::NotACnk)?;
    let atc = block.atc.as_deref().map(str::parse).transpose();
    let amount = |amount: Option<&str>| {
        amount.map(|text| number(text).ok_or(Reason::NotANumber)).transpose()
    };
    let of_product = product.block.as_ref().map(|block| &block.names);
    let known = [Some(&block.names), Some(&block.other_names), of_product];
    let names = first_known(&known);
    if names.is_empty() {
        return Err(Reason::NoName);
    }
    let group_name = |language| {
        groups.names.get(group?).and_then(|names| names.get(language)).map(str::to_owned)
    };
    Ok(Medicine {
        cnk,
        atc: atc.map_err(|_| Reason::NotAnAtc)?,
        ddd: amount(block.ddd.as_deref())?,
        ddd_unit: block.ddd_unit,
        pack_size: amount(block.pack_size.as_deref())?,
        pack: block.pack,
        names,
        vmp_group: group.cloned(),
        vmp_group_nl: group_name(Language::Nl),
        vmp_group_fr: group_name(Language::Fr),
    })
}

/// In each language the first name there is.
fn first_known(known: &[Option<&Names>]) -> Names {
    let mut names = Names::default();
    for language in Language::ALL {
        let found = known.iter().flatten().find_map(|names| names.get(language));
        names.set(language, found.unwrap_or_default());
    }
    names
}

/// The elements that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Amp,
    Ampp,
    Dmpp,
    Vmp,
    VmpGroup,
    Data,
    Atc,
    Name,
    PrescriptionName,
    PrescriptionNameFamhp,
    PackDisplayValue,
    PackAmount,
    DefinedDailyDose,
    Language(Language),
    Other,
}

fn tag(name: &str) -> Tag {
    match name {
        "Amp" => Tag::Amp,
        "Ampp" => Tag::Ampp,
        "Dmpp" => Tag::Dmpp,
        "Vmp" => Tag::Vmp,
        "VmpGroup" => Tag::VmpGroup,
        "Data" => Tag::Data,
        "Atc" => Tag::Atc,
        "Name" => Tag::Name,
        "PrescriptionName" => Tag::PrescriptionName,
        "PrescriptionNameFamhp" => Tag::PrescriptionNameFamhp,
        "PackDisplayValue" => Tag::PackDisplayValue,
        "PackAmount" => Tag::PackAmount,
        "DefinedDailyDose" => Tag::DefinedDailyDose,
        "Nl" => Tag::Language(Language::Nl),
        "Fr" => Tag::Language(Language::Fr),
        "De" => Tag::Language(Language::De),
        "En" => Tag::Language(Language::En),
        _ => Tag::Other,
    }
}

/// What is said of something for some time.
#[derive(Debug, Clone, Default)]
struct Block {
    from: Option<Date>,
    to: Option<Date>,
    names: Names,
    other_names: Names,
    atc: Option<String>,
    pack: Option<String>,
    pack_size: Option<String>,
    ddd: Option<String>,
    ddd_unit: Option<String>,
    group: Option<String>,
}

impl Block {
    /// The one of two that holds on a day; where none does, the later one.
    fn better(self, other: Option<Self>, on: Date) -> Self {
        let rank = |block: &Self| {
            let begun = block.from.is_none_or(|from| from <= on);
            let holds = begun && block.to.is_none_or(|to| to >= on);
            (holds, block.from)
        };
        match other {
            Some(other) if rank(&other) >= rank(&self) => other,
            _ => self,
        }
    }
}

/// A product while its packages are read.
#[derive(Debug, Default)]
struct Product {
    virtual_code: Option<String>,
    block: Option<Block>,
}

/// A package while it is read.
#[derive(Debug, Default)]
struct Package {
    line: u64,
    cnks: Vec<String>,
    block: Option<Block>,
}

/// An export while it is read.
struct Export {
    on: Date,
    path: Vec<Tag>,
    product: Product,
    package: Package,
    /// The virtual medicine that is being read.
    virtual_code: Option<String>,
    virtual_block: Option<Block>,
    virtuals: HashMap<String, String>,
    /// The group that is being read, inside a virtual medicine or beside them.
    group: Option<String>,
    groups: HashMap<String, Block>,
    blocks: Vec<(Tag, Block)>,
    text: String,
}

impl Export {
    fn new(on: Date) -> Self {
        Self {
            on,
            path: Vec::new(),
            product: Product::default(),
            package: Package::default(),
            virtual_code: None,
            virtual_block: None,
            virtuals: HashMap::new(),
            group: None,
            groups: HashMap::new(),
            blocks: Vec::new(),
            text: String::new(),
        }
    }

    fn open(&mut self, element: &BytesStart<'_>, line: u64) {
        let tag = tag(element.local_name().into_inner());
        let parent = self.path.last().copied().unwrap_or(Tag::Other);
        self.text.clear();
        match tag {
            Tag::Amp => {
                let virtual_code = attribute(element, "vmpCode");
                self.product = Product { virtual_code, block: None };
            }
            Tag::Ampp => self.package = Package { line, ..Package::default() },
            Tag::Dmpp if parent == Tag::Ampp => self.delivered(element),
            Tag::Vmp => {
                self.virtual_code = attribute(element, "code");
                self.virtual_block = None;
            }
            Tag::VmpGroup => {
                self.group = attribute(element, "code");
                let group = self.group.clone();
                if let Some((Tag::Vmp, block)) = self.blocks.last_mut() {
                    block.group = group;
                }
            }
            Tag::Data => {
                let date = |name| attribute(element, name).and_then(|text| day(&text));
                let (from, to) = (date("from"), date("to"));
                self.blocks.push((parent, Block { from, to, ..Block::default() }));
            }
            Tag::Atc if parent == Tag::Data => {
                if let Some((Tag::Ampp, block)) = self.blocks.last_mut() {
                    block.atc = attribute(element, "code");
                }
            }
            Tag::DefinedDailyDose => {
                if let Some((Tag::Ampp, block)) = self.blocks.last_mut() {
                    block.ddd_unit = attribute(element, "unit").as_deref().and_then(clean);
                }
            }
            _ => {}
        }
        self.path.push(tag);
    }

    /// A package has a CNK code for each place of delivery, mostly one and the same.
    fn delivered(&mut self, element: &BytesStart<'_>) {
        let is_cnk = attribute(element, "codeType").is_none_or(|kind| kind == "CNK");
        let code = attribute(element, "code").unwrap_or_default();
        if is_cnk && !self.package.cnks.contains(&code) {
            self.package.cnks.push(code);
        }
    }

    fn text(&mut self, text: &str) {
        if self.text.len() + text.len() <= LONGEST_TEXT {
            self.text.push_str(text);
        }
    }

    /// Leaves an element; the package, where one has ended.
    fn close(&mut self) -> Option<Package> {
        let tag = self.path.pop()?;
        let text = clean(&std::mem::take(&mut self.text));
        let parent = self.path.last().copied();
        match tag {
            Tag::Data => self.close_block(),
            Tag::Ampp => return Some(std::mem::take(&mut self.package)),
            Tag::VmpGroup => self.group = None,
            Tag::Vmp => {
                let group = self.virtual_block.take().and_then(|block| block.group);
                if let Some((code, group)) = self.virtual_code.take().zip(group) {
                    self.virtuals.insert(code, group);
                }
            }
            Tag::Language(language) => self.name(language, text),
            Tag::PackDisplayValue | Tag::PackAmount | Tag::DefinedDailyDose
                if parent == Some(Tag::Data) =>
            {
                if let Some((Tag::Ampp, block)) = self.blocks.last_mut() {
                    match tag {
                        Tag::PackDisplayValue => block.pack = text,
                        Tag::PackAmount => block.pack_size = text,
                        _ => block.ddd = text,
                    }
                }
            }
            _ => {}
        }
        None
    }

    fn close_block(&mut self) {
        let Some((owner, block)) = self.blocks.pop() else { return };
        let on = self.on;
        match owner {
            Tag::Amp => self.product.block = Some(block.better(self.product.block.take(), on)),
            Tag::Ampp => self.package.block = Some(block.better(self.package.block.take(), on)),
            Tag::Vmp => self.virtual_block = Some(block.better(self.virtual_block.take(), on)),
            Tag::VmpGroup => {
                if let Some(code) = self.group.clone() {
                    let block = block.better(self.groups.remove(&code), on);
                    self.groups.insert(code, block);
                }
            }
            _ => {}
        }
    }

    /// A name counts where it stands right in a block: `Data/Name/Nl`, not deeper.
    fn name(&mut self, language: Language, text: Option<String>) {
        let [.., Tag::Data, kind] = self.path[..] else { return };
        let (Some((_, block)), Some(text)) = (self.blocks.last_mut(), text) else { return };
        match kind {
            Tag::Name | Tag::PrescriptionName => block.names.set(language, &text),
            Tag::PrescriptionNameFamhp => block.other_names.set(language, &text),
            _ => {}
        }
    }
}

/// Reads a file to its end. One that is not well formed is refused whole: after the break nothing
/// says what belongs to what.
fn walk(
    file: SourceFile,
    export: &mut Export,
    mut package: impl FnMut(&str, &Product, &Package),
) -> Result<SourceDigest, ReferenceError> {
    let name = file.name().to_owned();
    let mut reader = Reader::from_reader(file);
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let broken = |line, source| ReferenceError::Xml { file: name.clone(), line, source };
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(broken(reader.get_ref().line(), Box::new(error))),
        };
        match event {
            Event::Start(element) => export.open(&element, reader.get_ref().line()),
            Event::End(_) => {
                if let Some(ended) = export.close() {
                    package(&name, &export.product, &ended);
                }
            }
            Event::Text(text) => export.text(&text.xml10_content()),
            Event::CData(text) => export.text(&text.xml10_content()),
            Event::GeneralRef(entity) => {
                let named = resolve_predefined_entity(&entity).map(str::to_owned);
                let numbered = entity.resolve_char_ref();
                let numbered =
                    numbered.map_err(|error| broken(reader.get_ref().line(), Box::new(error)))?;
                if let Some(text) = named.or_else(|| numbered.map(String::from)) {
                    export.text(&text);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !export.path.is_empty() {
        let ended = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        return Err(stream(reader.get_ref(), ended));
    }
    let file = reader.into_inner();
    let line = file.line();
    file.finish().map_err(|source| ReferenceError::Stream { file: name, line, source })
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.trim().to_owned())
}
