//! A bounded walk over XML: events outside, small trees inside.
//!
//! A message is never built as one tree: the converters walk to a patient, a transaction or an event
//! and take that alone as an [`Element`]. Depth, size and number are bounded. A document type
//! declaration is refused before anything is expanded, and an entity that XML does not define by
//! itself is refused where it stands.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::encoding::newlines;
use crate::error::LegacyError;

/// KMEHR and SMOA nest some fifteen deep.
const DEEPEST: u32 = 64;
/// A SUMEHR with documents inside is a few megabytes.
pub(crate) const LARGEST_MESSAGE: usize = 64 << 20;
/// Elements in one patient, transaction or event.
const MOST_ELEMENTS: u32 = 200_000;
/// Attributes of one element.
const MOST_ATTRIBUTES: usize = 64;
/// What is kept of a text: every code, date and identifier is shorter, words are not wanted.
const TEXT_KEPT: usize = 512;

/// An element as it opens.
pub(crate) struct Head {
    /// Its name without prefix.
    pub(crate) name: String,
    /// Its namespace; looked up for the root alone.
    pub(crate) namespace: Option<String>,
    /// The line on which it opens.
    pub(crate) line: u32,
    attributes: Vec<(String, String)>,
}

/// One element with everything below it.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) line: u32,
    attributes: Vec<(String, String)>,
    text: String,
    /// Longer than anything coded is: words, or a document.
    overlong: bool,
    pub(crate) children: Vec<Element>,
}

/// What comes next in the message.
pub(crate) enum Step {
    Open(Head),
    Text(String),
    Close,
    End,
}

/// Walks over a message.
pub(crate) struct Walker<'x> {
    reader: NsReader<&'x [u8]>,
    bytes: &'x [u8],
    /// Line ends are counted up to here.
    counted: usize,
    line: u32,
    depth: u32,
}

impl<'x> Walker<'x> {
    pub(crate) fn new(text: &'x str) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, bytes: text.as_bytes(), counted: 0, line: 1, depth: 0 }
    }

    /// The next element that opens; nothing else may come before it.
    pub(crate) fn root(&mut self) -> Result<Head, LegacyError> {
        loop {
            match self.step()? {
                Step::Open(head) => return Ok(head),
                Step::Text(_) => {}
                Step::Close | Step::End => return Err(LegacyError::NotXml { line: self.line }),
            }
        }
    }

    /// The next child of the element the walk stands in; `None` at its end.
    pub(crate) fn child(&mut self) -> Result<Option<Head>, LegacyError> {
        loop {
            match self.step()? {
                Step::Open(head) => return Ok(Some(head)),
                Step::Text(_) => {}
                Step::Close => return Ok(None),
                Step::End => return Err(LegacyError::NotXml { line: self.line }),
            }
        }
    }

    /// Reads on to the end of an element that was opened, and drops it.
    pub(crate) fn skip(&mut self) -> Result<(), LegacyError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.step()?, Step::End) {
                return Err(LegacyError::NotXml { line: self.line });
            }
        }
        Ok(())
    }

    /// Takes an element that was opened, with everything below it.
    pub(crate) fn take(&mut self, head: Head) -> Result<Element, LegacyError> {
        let mut open = vec![Element::from(head)];
        let mut elements = 0_u32;
        loop {
            match self.step()? {
                Step::Open(head) => {
                    elements += 1;
                    if elements > MOST_ELEMENTS {
                        return Err(LegacyError::TooLarge {
                            line: head.line,
                            limit: "200000 elements in one part",
                        });
                    }
                    open.push(Element::from(head));
                }
                Step::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.add_text(&text);
                    }
                }
                Step::Close => {
                    let Some(done) = open.pop() else {
                        return Err(LegacyError::NotXml { line: self.line });
                    };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Step::End => return Err(LegacyError::NotXml { line: self.line }),
            }
        }
    }

    /// Reads to the end of the message: what is cut off is refused even if all its items were read.
    pub(crate) fn finish(&mut self) -> Result<(), LegacyError> {
        while !matches!(self.step()?, Step::End) {}
        Ok(())
    }

    /// The next thing that matters. Comments and processing instructions do not.
    pub(crate) fn step(&mut self) -> Result<Step, LegacyError> {
        loop {
            self.count_lines();
            let line = self.line;
            let at_root = self.depth == 0;
            let (namespace, event) =
                self.reader.read_resolved_event().map_err(|_| LegacyError::NotXml { line })?;
            let namespace = match namespace {
                ResolveResult::Bound(Namespace(name)) if at_root || self.depth == 1 => {
                    Some(name.to_owned())
                }
                _ => None,
            };
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(LegacyError::TooDeep { line, most: DEEPEST });
                    }
                    return head(&start, namespace, line).map(Step::Open);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::Close);
                }
                Event::Text(text) if !at_root => return Ok(Step::Text(kept(text.xml10_content()))),
                Event::Text(text) if text.trim_ascii().is_empty() => {}
                Event::CData(text) if !at_root => {
                    return Ok(Step::Text(kept(text.xml10_content())));
                }
                Event::GeneralRef(reference) if !at_root => {
                    let resolved = reference
                        .resolve_char_ref()
                        .map_err(|_| LegacyError::UnknownEntity { line })?;
                    let resolved = resolved
                        .map(String::from)
                        .or_else(|| predefined(&reference).map(str::to_owned));
                    return resolved.map(Step::Text).ok_or(LegacyError::UnknownEntity { line });
                }
                Event::DocType(_) => return Err(LegacyError::DocumentType { line }),
                Event::Eof if at_root => return Ok(Step::End),
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) | Event::Eof => {
                    return Err(LegacyError::NotXml { line });
                }
                Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            }
        }
    }

    fn count_lines(&mut self) {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let passed = self.bytes.get(self.counted..position).unwrap_or_default();
        self.line = self.line.saturating_add(u32::try_from(newlines(passed)).unwrap_or(u32::MAX));
        self.counted = position.max(self.counted);
    }
}

fn head(start: &BytesStart<'_>, namespace: Option<String>, line: u32) -> Result<Head, LegacyError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| LegacyError::NotXml { line })?;
        if attributes.len() == MOST_ATTRIBUTES {
            return Err(LegacyError::TooLarge { line, limit: "64 attributes of one element" });
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| LegacyError::UnknownEntity { line })?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), kept(value)));
    }
    Ok(Head { name: start.local_name().as_ref().to_owned(), namespace, line, attributes })
}

/// The beginning of a text. One byte more than is kept, so that a longer one is known to be longer.
fn kept(text: Cow<'_, str>) -> String {
    if text.len() <= TEXT_KEPT {
        return text.into_owned();
    }
    text.get(..text.floor_char_boundary(TEXT_KEPT + 4)).unwrap_or_default().to_owned()
}

fn predefined(name: &str) -> Option<&'static str> {
    match name {
        "amp" => Some("&"),
        "lt" => Some("<"),
        "gt" => Some(">"),
        "apos" => Some("'"),
        "quot" => Some("\""),
        _ => None,
    }
}

impl From<Head> for Element {
    fn from(head: Head) -> Self {
        let Head { name, line, attributes, .. } = head;
        Self { name, line, attributes, text: String::new(), overlong: false, children: Vec::new() }
    }
}

impl Element {
    fn add_text(&mut self, text: &str) {
        if self.overlong {
            return;
        }
        // the white space between elements says nothing, and there can be much of it
        if self.text.is_empty() {
            self.text.push_str(text.trim_start());
        } else {
            self.text.push_str(text);
        }
        self.overlong = self.text.trim_end().len() > TEXT_KEPT;
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub(crate) fn children(&self, name: &'static str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at the end of a path of first children.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The attribute of that name, without its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    /// The text, where it is short enough to be a code, a date, a number or an identifier.
    pub(crate) fn value(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !self.overlong && !text.is_empty())
    }

    /// The value at the end of a path of first children.
    pub(crate) fn value_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.value()
    }

    /// Whether there is text at all, however long.
    pub(crate) fn has_text(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// This element and all below it.
    pub(crate) fn descendants(&self) -> impl Iterator<Item = &Self> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(next.children.iter().rev());
            Some(next)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Element, LegacyError> {
        let mut walker = Walker::new(text);
        let root = walker.root()?;
        let element = walker.take(root)?;
        walker.finish()?;
        Ok(element)
    }

    #[test]
    fn an_element_keeps_its_line_its_attributes_and_its_short_text() {
        let root = tree("<?xml version='1.0'?>\n<!-- c -->\n<a xmlns:p='u'>\n <p:b S='x &amp; y'> 1&#50;<![CDATA[3]]> </p:b>\n <c/></a>\n").unwrap();
        assert_eq!((root.name.as_str(), root.line), ("a", 3));
        let b = root.child("b").unwrap();
        assert_eq!((b.line, b.attribute("S"), b.value()), (4, Some("x & y"), Some("123")));
        assert_eq!(root.child("c").unwrap().line, 5);
        let long = tree(&format!("<a>{}</a>", "w".repeat(2000))).unwrap();
        assert!(long.value().is_none() && long.has_text());
    }

    #[test]
    fn hostile_or_broken_text_is_refused_where_it_goes_wrong() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let wide = format!("<a>{}</a>", "<b/>".repeat(200_001));
        let attributes =
            format!("<a {}/>", (0..65).map(|n| format!("a{n}=''")).collect::<Vec<_>>().join(" "));
        let cases = [
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document-type"),
            ("<a>&b;</a>", "unknown-entity"),
            ("<a b='&c;'/>", "unknown-entity"),
            ("<a>&#xFFFFFFFF;</a>", "unknown-entity"),
            ("<a><b></a>", "not-xml"),
            ("<a>", "not-xml"),
            ("<a></a><b></b", "not-xml"),
            ("<a/>tail", "not-xml"),
            ("", "not-xml"),
            ("words", "not-xml"),
            ("<a b='1' b='2'/>", "not-xml"),
            ("<p:a/>", "fine"),
            (&deep, "too-deep"),
            (&wide, "too-large"),
            (&attributes, "too-large"),
        ];
        for (text, want) in cases {
            let got = tree(text).map_or_else(|error| error.code(), |_| "fine");
            assert_eq!(got, want, "{}", text.get(..40).unwrap_or(text));
        }
    }
}
