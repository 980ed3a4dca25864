//! What a view wants of one resource, read straight from its JSON text.
//!
//! A [`Frame`] is no tree of the resource: it holds the wanted elements alone, as places in the
//! text, in one list that is used again for the next resource. Everything else is skipped while it
//! is read, yet still checked to be JSON.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// The number of a JSON key within a program.
pub(crate) type Symbol = u16;

/// No node.
const NONE: u32 = u32::MAX;
/// The element of a `forEachOrNull` over nothing.
pub(crate) const NOWHERE: u32 = NONE;
/// The node of the resource itself.
pub(crate) const TOP: u32 = 0;

/// Which elements are wanted: the trie of all paths of a resource type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Projection(Vec<Wanted>);

/// The wanted children of one place.
#[derive(Debug, Clone, Default)]
struct Wanted {
    /// A bit for each length a name has: most keys that are not wanted are of another.
    lengths: u64,
    names: Vec<WantedName>,
}

#[derive(Debug, Clone)]
struct WantedName {
    name: Box<str>,
    ends: Ends,
    symbol: Symbol,
    place: u32,
}

/// Length, beginning and end of a name, which are all of it up to sixteen bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    len: usize,
    begin: u64,
    end: u64,
}

impl Ends {
    #[inline]
    fn of(name: &[u8]) -> Self {
        let len = name.len();
        let (begin, end) = if let (Some(first), Some(last)) =
            (name.first_chunk::<8>(), name.last_chunk::<8>())
        {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>())
        {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else {
            let at = |at: usize| u64::from(name.get(at).copied().unwrap_or_default());
            (at(0), at(1) << 8 | at(2))
        };
        Self { len, begin, end }
    }

    fn length_bit(len: usize) -> u64 {
        1 << len.min(63)
    }
}

impl Projection {
    pub(crate) fn new() -> Self {
        Self(vec![Wanted::default()])
    }

    /// The place of a wanted child, which is now wanted.
    pub(crate) fn want(&mut self, parent: u32, name: &str, symbols: &mut Symbols) -> (Symbol, u32) {
        if let Some(found) = self.find(parent, name) {
            return found;
        }
        let symbol = symbols.of(name);
        let place = u32::try_from(self.0.len()).unwrap_or(NONE);
        self.0.push(Wanted::default());
        if let Some(wanted) = self.0.get_mut(parent as usize) {
            wanted.lengths |= Ends::length_bit(name.len());
            let ends = Ends::of(name.as_bytes());
            wanted.names.push(WantedName { name: name.into(), ends, symbol, place });
        }
        (symbol, place)
    }

    #[inline]
    fn find(&self, parent: u32, name: &str) -> Option<(Symbol, u32)> {
        let wanted = self.0.get(parent as usize)?;
        if wanted.lengths & Ends::length_bit(name.len()) == 0 {
            return None;
        }
        let ends = Ends::of(name.as_bytes());
        let is_it =
            |known: &&WantedName| known.ends == ends && (ends.len <= 16 || *known.name == *name);
        wanted.names.iter().find(is_it).map(|found| (found.symbol, found.place))
    }
}

/// The JSON keys of a program, numbered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols(Vec<Box<str>>);

impl Symbols {
    fn of(&mut self, name: &str) -> Symbol {
        let known = self.0.iter().position(|known| **known == *name);
        let at = known.unwrap_or_else(|| {
            self.0.push(name.into());
            self.0.len() - 1
        });
        Symbol::try_from(at).unwrap_or(Symbol::MAX)
    }

    pub(crate) fn name(&self, symbol: Symbol) -> &str {
        self.0.get(usize::from(symbol)).map_or("", |name| &**name)
    }
}

/// The wanted elements of one resource.
#[derive(Default)]
pub struct Frame {
    nodes: Vec<Node>,
    /// Texts with escapes, unescaped.
    unescaped: String,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
struct Node {
    value: Value,
    symbol: Symbol,
    first: u32,
    next: u32,
}

/// A value as it stands in the text.
#[derive(Clone, Copy)]
enum Value {
    /// An object, or an array in an array, which FHIR does not have.
    Object,
    Text {
        start: u32,
        len: u32,
    },
    Unescaped {
        start: u32,
        len: u32,
    },
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
}

/// A value of an element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar<'f> {
    Text(&'f str),
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
}

/// A frame together with the text it points into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'f> {
    frame: &'f Frame,
    json: &'f str,
}

impl<'f> Scope<'f> {
    /// The elements directly inside, in the order of the text.
    #[inline]
    pub(crate) fn children(self, node: u32) -> impl Iterator<Item = (u32, Symbol)> + 'f {
        let first = self.frame.nodes.get(node as usize).map_or(NONE, |node| node.first);
        let nodes = &self.frame.nodes;
        let mut at = first;
        std::iter::from_fn(move || {
            let found = nodes.get(at as usize)?;
            let this = at;
            at = found.next;
            Some((this, found.symbol))
        })
    }

    /// The value of an element; nothing for an object.
    #[inline]
    pub(crate) fn scalar(self, node: u32) -> Option<Scalar<'f>> {
        Some(match self.frame.nodes.get(node as usize)?.value {
            Value::Object => return None,
            Value::Text { start, len } => Scalar::Text(slice(self.json, start, len)),
            Value::Unescaped { start, len } => {
                Scalar::Text(slice(&self.frame.unescaped, start, len))
            }
            Value::Integer(number) => Scalar::Integer(number),
            Value::Decimal(number) => Scalar::Decimal(number),
            Value::Boolean(truth) => Scalar::Boolean(truth),
        })
    }
}

#[inline]
fn slice(text: &str, start: u32, len: u32) -> &str {
    text.get(start as usize..start as usize + len as usize).unwrap_or_default()
}

impl Frame {
    /// Reads a resource.
    pub(crate) fn read<'f>(
        &'f mut self,
        projection: &Projection,
        json: &'f str,
    ) -> Result<Scope<'f>, sonic_rs::Error> {
        self.nodes.clear();
        self.unescaped.clear();
        let mut deserializer = sonic_rs::Deserializer::from_json(json);
        let mut siblings = Siblings { parent: NONE, last: NONE };
        let mut filling = Filling { projection, frame: self, base: json.as_ptr() as usize };
        let seed = Seed {
            filling: &mut filling,
            siblings: &mut siblings,
            at: TOP,
            symbol: 0,
            inside: true,
        };
        seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(Scope { frame: self, json })
    }

    fn push(&mut self, siblings: &mut Siblings, symbol: Symbol, value: Value) -> u32 {
        let at = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.push(Node { value, symbol, first: NONE, next: NONE });
        if siblings.last != NONE {
            if let Some(last) = self.nodes.get_mut(siblings.last as usize) {
                last.next = at;
            }
        } else if let Some(parent) = self.nodes.get_mut(siblings.parent as usize) {
            parent.first = at;
        }
        siblings.last = at;
        at
    }
}

/// Where the next child of a node is hung.
struct Siblings {
    parent: u32,
    last: u32,
}

struct Filling<'s> {
    projection: &'s Projection,
    frame: &'s mut Frame,
    base: usize,
}

/// Reads one value into the frame.
struct Seed<'s, 'r> {
    filling: &'s mut Filling<'r>,
    siblings: &'s mut Siblings,
    at: u32,
    symbol: Symbol,
    /// Inside an array, whose elements stand beside each other; the resource itself is no array.
    inside: bool,
}

impl Seed<'_, '_> {
    #[inline]
    fn scalar(self, value: Value) {
        self.filling.frame.push(self.siblings, self.symbol, value);
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element of a resource")
    }

    #[inline]
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        let start = (text.as_ptr() as usize).wrapping_sub(self.filling.base);
        let (start, len) = (place(start), place(text.len()));
        self.scalar(Value::Text { start, len });
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let unescaped = &mut self.filling.frame.unescaped;
        let (start, len) = (place(unescaped.len()), place(text.len()));
        unescaped.push_str(text);
        self.scalar(Value::Unescaped { start, len });
        Ok(())
    }

    #[inline]
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.scalar(Value::Integer(number));
        Ok(())
    }

    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "beyond i64 a number is a decimal, as in JSON")]
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        let value = i64::try_from(number).map_or(Value::Decimal(number as f64), Value::Integer);
        self.scalar(value);
        Ok(())
    }

    #[inline]
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.scalar(Value::Decimal(number));
        Ok(())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.scalar(Value::Boolean(truth));
        Ok(())
    }

    /// `null` is no value.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Self { filling, siblings, at, symbol, inside } = self;
        if inside {
            filling.frame.push(siblings, symbol, Value::Object);
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        loop {
            let seed =
                Seed { filling: &mut *filling, siblings: &mut *siblings, at, symbol, inside: true };
            if elements.next_element_seed(seed)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { filling, siblings, at, symbol, .. } = self;
        let node = filling.frame.push(siblings, symbol, Value::Object);
        if node == NONE {
            return Err(A::Error::custom("too many elements"));
        }
        let mut inner = Siblings { parent: node, last: NONE };
        let projection = filling.projection;
        while let Some(found) = members.next_key_seed(Key { projection, at })? {
            match found {
                Some((symbol, at)) => members.next_value_seed(Seed {
                    filling: &mut *filling,
                    siblings: &mut inner,
                    at,
                    symbol,
                    inside: false,
                })?,
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The lines of a source are far below 4 GiB; what is not points nowhere.
#[inline]
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

/// Reads a key: is its value wanted?
struct Key<'s> {
    projection: &'s Projection,
    at: u32,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<(Symbol, u32)>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<(Symbol, u32)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.projection.find(self.at, key))
    }
}
