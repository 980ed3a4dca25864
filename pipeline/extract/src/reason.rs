//! Why a record was set aside, in words a data steward can act on.

use pipeline_identity::{InssError, SourceIdError, SubjectError};
use pipeline_views::FaultKind;

/// How much a reason asks of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The data is wrong or incomplete: repair it at the source.
    Error,
    /// The data is right but cannot be used yet.
    Warning,
    /// Nothing is wrong: it is no part of any dataset.
    Info,
}

/// Why a record, a line or a file was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The file is of no format that is read here, by its name.
    UnsupportedFormat,
    /// The file breaks off: what follows its last whole line is lost.
    Truncated,
    /// The file cannot be read any further.
    Unreadable,
    /// The line or file is not UTF-8.
    NotUtf8,
    /// The line is longer than any record.
    LineTooLong,
    /// The line or file is not JSON.
    NotJson,
    /// It is JSON, but no FHIR resource.
    NotAResource,
    /// The resource type does not exist in FHIR R4.
    UnknownResource,
    /// No view reads this resource type.
    NoView,
    /// The views of its type leave this record out, by their own conditions.
    LeftOutByView,
    /// The record says nothing of whom it is about.
    SubjectMissing,
    /// Whom it is about cannot be found: a display text, or a reference to nothing.
    SubjectUnresolved,
    /// The reference leads to several different patients.
    SubjectAmbiguous,
    /// The patient has identifiers, but none of a system that is used here.
    SubjectOtherSystem,
    /// The subject is an eHealth pseudonym, which the TTP has to convert first.
    EhealthPseudonym,
    /// The national number does not have eleven digits.
    InssNotElevenDigits,
    /// The check digits of the national number do not fit.
    InssCheckDigits,
    /// The birth date in the national number does not exist.
    InssDate,
    /// The birth date in the national number lies in the future.
    InssBornInFuture,
    /// The serial in the national number is given to nobody.
    InssSerial,
    /// The source's own identifier cannot be used.
    SourceIdentifier,
    /// A date lies after the day of extraction.
    DateInFuture,
    /// A date cannot be read, or lies before 1900.
    DateImplausible,
    /// A value is not of the type of its column.
    BadValue,
    /// A column that takes one value found several.
    SeveralValues,
    /// A value looks like a national number: it must not leave.
    IdentifierInPayload,
    /// The eHealth pseudonym can no longer be converted: it lives for a day.
    EhealthPseudonymExpired,
    /// The XML is no message that is read here.
    NotAMessage,
    /// An item of a message older than FHIR became no resource.
    LegacyItem,
    /// A table came without the mapping that says what its columns mean.
    NoMapping,
    /// A row of a table does not fit its mapping.
    TableRow,
    /// A record of an increment has no id: nobody could tell which earlier one it supersedes.
    NoRecordId,
    /// A record was deleted at the source, and the batch is no increment.
    DeletionNotApplied,
}

impl Reason {
    /// The code, as it stands in the quarantine and the report.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnsupportedFormat => "unsupported-format",
            Self::Truncated => "truncated",
            Self::Unreadable => "unreadable",
            Self::NotUtf8 => "not-utf8",
            Self::LineTooLong => "line-too-long",
            Self::NotJson => "not-json",
            Self::NotAResource => "not-a-resource",
            Self::UnknownResource => "unknown-resource",
            Self::NoView => "no-view",
            Self::LeftOutByView => "left-out-by-view",
            Self::SubjectMissing => "subject-missing",
            Self::SubjectUnresolved => "subject-unresolved",
            Self::SubjectAmbiguous => "subject-ambiguous",
            Self::SubjectOtherSystem => "subject-other-system",
            Self::EhealthPseudonym => "ehealth-pseudonym",
            Self::InssNotElevenDigits => "inss-not-eleven-digits",
            Self::InssCheckDigits => "inss-check-digits",
            Self::InssDate => "inss-date",
            Self::InssBornInFuture => "inss-born-in-future",
            Self::InssSerial => "inss-serial",
            Self::SourceIdentifier => "source-identifier",
            Self::DateInFuture => "date-in-future",
            Self::DateImplausible => "date-implausible",
            Self::BadValue => "bad-value",
            Self::SeveralValues => "several-values",
            Self::IdentifierInPayload => "identifier-in-payload",
            Self::EhealthPseudonymExpired => "ehealth-pseudonym-expired",
            Self::NotAMessage => "not-a-message",
            Self::LegacyItem => "legacy-item",
            Self::NoMapping => "no-mapping",
            Self::TableRow => "table-row",
            Self::NoRecordId => "no-record-id",
            Self::DeletionNotApplied => "deletion-not-applied",
        }
    }

    /// Every reason there is.
    pub const ALL: [Self; 33] = [
        Self::UnsupportedFormat,
        Self::Truncated,
        Self::Unreadable,
        Self::NotUtf8,
        Self::LineTooLong,
        Self::NotJson,
        Self::NotAResource,
        Self::UnknownResource,
        Self::NoView,
        Self::LeftOutByView,
        Self::SubjectMissing,
        Self::SubjectUnresolved,
        Self::SubjectAmbiguous,
        Self::SubjectOtherSystem,
        Self::EhealthPseudonym,
        Self::InssNotElevenDigits,
        Self::InssCheckDigits,
        Self::InssDate,
        Self::InssBornInFuture,
        Self::InssSerial,
        Self::SourceIdentifier,
        Self::DateInFuture,
        Self::DateImplausible,
        Self::BadValue,
        Self::SeveralValues,
        Self::IdentifierInPayload,
        Self::EhealthPseudonymExpired,
        Self::NotAMessage,
        Self::LegacyItem,
        Self::NoMapping,
        Self::TableRow,
        Self::NoRecordId,
        Self::DeletionNotApplied,
    ];

    /// The reason with this code.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::UnsupportedFormat => "give NDJSON, JSON, XML or CSV, plain or as .gz or .zst",
            Self::Truncated | Self::Unreadable => "fetch the file from its source again",
            Self::NotUtf8 => "write the file as UTF-8",
            Self::LineTooLong => "split the record; a line has at most 64 MiB",
            Self::NotJson => "repair the line at the source",
            Self::NotAResource => "give resources, or Bundles of them",
            Self::UnknownResource => "check the resourceType; it is not one of FHIR R4",
            Self::NoView => "nothing to do, or add a view for this type with --views",
            Self::LeftOutByView => "nothing to do: such as a record entered in error",
            Self::SubjectMissing | Self::SubjectUnresolved => {
                "give the subject as a national number, or as a reference to a Patient in the source"
            }
            Self::SubjectAmbiguous => "give every Patient an id of its own",
            Self::SubjectOtherSystem => "name the patient identifier with --identifier-system",
            Self::EhealthPseudonym => {
                "let the TTP convert it with --conversion; it is never hashed"
            }
            Self::InssNotElevenDigits
            | Self::InssCheckDigits
            | Self::InssDate
            | Self::InssBornInFuture
            | Self::InssSerial => "correct the national number at the source",
            Self::SourceIdentifier => "give identifiers of 1 to 255 bytes",
            Self::DateInFuture | Self::DateImplausible | Self::BadValue => {
                "correct the value at the source"
            }
            Self::SeveralValues => "make the path of the column end in first()",
            Self::IdentifierInPayload => "take the identifier out of the coded element",
            Self::EhealthPseudonymExpired => "fetch the record again and extract it within a day",
            Self::NotAMessage => "give KMEHR or PCDH messages; see the guide on legacy sources",
            Self::LegacyItem => "see the guide on legacy sources for the reason in the path",
            Self::NoMapping => "declare what the columns mean with --csv-mapping",
            Self::TableRow => "correct the row at the source, or the mapping",
            Self::NoRecordId => "give the record an id, or send everything with --mode replace",
            Self::DeletionNotApplied => "extract it with --mode increment",
        }
    }

    /// How much it asks.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::NoView | Self::LeftOutByView | Self::LegacyItem => Severity::Info,
            Self::EhealthPseudonym | Self::UnsupportedFormat | Self::SubjectOtherSystem => {
                Severity::Warning
            }
            _ => Severity::Error,
        }
    }
}

impl Severity {
    /// The word, as it stands in the quarantine.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl From<FaultKind> for Reason {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::DateInFuture => Self::DateInFuture,
            FaultKind::DateImplausible => Self::DateImplausible,
            FaultKind::BadValue => Self::BadValue,
            FaultKind::SeveralValues => Self::SeveralValues,
            FaultKind::IdentifierInPayload => Self::IdentifierInPayload,
        }
    }
}

impl From<SubjectError> for Reason {
    fn from(error: SubjectError) -> Self {
        match error {
            SubjectError::Inss(InssError::NotElevenDigits) => Self::InssNotElevenDigits,
            SubjectError::Inss(InssError::BadCheck) => Self::InssCheckDigits,
            SubjectError::Inss(InssError::BadDate) => Self::InssDate,
            SubjectError::Inss(InssError::BornInFuture) => Self::InssBornInFuture,
            SubjectError::Inss(InssError::BadSerial) => Self::InssSerial,
            SubjectError::Source(SourceIdError::BadLength) => Self::SourceIdentifier,
            SubjectError::EhealthPseudonym => Self::EhealthPseudonym,
            SubjectError::OtherSystem => Self::SubjectOtherSystem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_has_a_row_for_every_reason_with_its_advice() {
        let guide = include_str!("../../../docs/guides/holder.md");
        for reason in Reason::ALL {
            let start = format!("| `{}` | {} | ", reason.code(), reason.severity().name());
            let end = format!(" | {} |", reason.advice());
            let is_told =
                guide.lines().any(|line| line.starts_with(&start) && line.ends_with(&end));
            assert!(is_told, "{start} ... {end}");
            assert_eq!(Reason::named(reason.code()), Some(reason));
        }
    }
}
