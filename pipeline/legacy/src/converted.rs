//! What a conversion hands back, and the account that nothing was lost.

use std::fmt;

use serde_json::Value;

/// The XML formats read here, told apart by root element and namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A KMEHR message: medication schemes, prescriptions, SUMEHR and other transactions.
    Kmehr,
    /// A `single-message` of the pharmacies (PCDH), with what they handed over.
    Pcdh,
}

/// The resources of one message, and what did not become one.
#[derive(Clone)]
pub struct Converted {
    /// What the message was.
    pub format: Format,
    /// FHIR R4 resources, in the order of the message; each names its subject by identifier.
    pub resources: Vec<Value>,
    /// What did not become a resource, in the order of the message.
    pub set_aside: Vec<SetAside>,
    /// The account of both.
    pub tally: Tally,
}

/// An item that became no resource, and where it stands. Never what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// Why.
    pub reason: Reason,
    /// Which transaction (KMEHR) or event (PCDH) of the message, from 1.
    pub transaction: u32,
    /// Which item (KMEHR) or product (PCDH) within it, from 1.
    pub item: u32,
    /// The line of the message on which the item begins.
    pub line: u32,
}

/// Why an item became no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The message does not say whose record this is.
    NoSubject,
    /// A kind of item that no view reads.
    UnmappedKind,
    /// Only words say what it is, and words never leave.
    FreeTextOnly,
    /// Nothing says what it is, or only in a code system that means nothing outside its software.
    NoCode,
    /// A date that is none.
    BadDate,
    /// A suspension of a treatment that is not in the message.
    NoTreatment,
    /// Planned, proposed or ordered: it has not happened.
    NotDone,
    /// Withdrawn by its author.
    Retracted,
}

impl Reason {
    /// Every reason there is.
    pub const ALL: [Self; 8] = [
        Self::NoSubject,
        Self::UnmappedKind,
        Self::FreeTextOnly,
        Self::NoCode,
        Self::BadDate,
        Self::NoTreatment,
        Self::NotDone,
        Self::Retracted,
    ];

    /// The short code, as reports and the quarantine write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSubject => "no-subject",
            Self::UnmappedKind => "unmapped-kind",
            Self::FreeTextOnly => "free-text-only",
            Self::NoCode => "no-code",
            Self::BadDate => "bad-date",
            Self::NoTreatment => "no-treatment",
            Self::NotDone => "not-done",
            Self::Retracted => "retracted",
        }
    }
}

/// The account of one message. Every item stands in exactly one of three places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items (KMEHR) or products (PCDH) read.
    pub items: u64,
    /// Items that became a resource of their own.
    pub mapped: u64,
    /// Items that became part of another item's resource: a suspension of its medication line, the
    /// coded reason for a medicine.
    pub folded: u64,
    /// Items set aside.
    pub set_aside: u64,
    /// Patients, which are resources but no items.
    pub persons: u64,
    /// Elements of free text that were left behind.
    pub texts_dropped: u64,
}

impl Tally {
    /// Whether every item is accounted for.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.items == self.mapped + self.folded + self.set_aside
    }
}

impl Converted {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, resources: Vec::new(), set_aside: Vec::new(), tally: Tally::default() }
    }

    pub(crate) fn add_person(&mut self, patient: Value) {
        self.tally.persons += 1;
        self.resources.push(patient);
    }

    /// Enters what became of one item. Returns the place of its resource, if it has one.
    pub(crate) fn enter(&mut self, outcome: Outcome, place: Place) -> Option<usize> {
        self.tally.items += 1;
        match outcome {
            Ok(resource) => {
                self.tally.mapped += 1;
                self.resources.push(resource);
                Some(self.resources.len() - 1)
            }
            Err(reason) => {
                self.tally.set_aside += 1;
                let Place { transaction, item, line } = place;
                self.set_aside.push(SetAside { reason, transaction, item, line });
                None
            }
        }
    }

    /// Enters an item whose content was put into the resource of another.
    pub(crate) fn enter_folded(&mut self) {
        self.tally.items += 1;
        self.tally.folded += 1;
    }
}

/// What became of an item.
pub(crate) type Outcome = Result<Value, Reason>;

/// Where an item stands in its message.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) transaction: u32,
    pub(crate) item: u32,
    pub(crate) line: u32,
}

// The resources hold identifiers: only their number is shown.
impl fmt::Debug for Converted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Converted")
            .field("format", &self.format)
            .field("resources", &self.resources.len())
            .field("set_aside", &self.set_aside)
            .field("tally", &self.tally)
            .finish()
    }
}
