//! Words that name a person: parsed here, never printed.
//!
//! Only a holder links this crate; past the holder nobody can even name these types. An [`Inss`]
//! has no `Display`, no `Serialize`, and a `Debug` that says nothing; it leaves as the bytes that
//! stage 1 hashes and in no other way. The rules are those of the Belgian National Register and of
//! the KSZ/BCSS for BIS numbers.
//!
//! ```
//! use pipeline_identity::{Inss, InssError};
//!
//! let inss: Inss = "93.05.18-223.61".parse()?;
//! assert_eq!(format!("{inss:?}"), "Inss(hidden)");
//! assert_eq!("93051822360".parse::<Inss>(), Err(InssError::BadCheck));
//! # Ok::<(), InssError>(())
//! ```

mod conversion;
mod inss;
mod linked;
mod subject;

pub use conversion::{
    AnswerFault, Conversion, ConversionError, PseudonymConversion, PseudonymError,
    STABLE_PSEUDONYM_SYSTEM, StablePseudonym, TransitPseudonym,
};
pub use inss::{Inss, InssError};
pub use linked::{LinkedId, LinkedIdError, LinkedKind};
pub use subject::{SourceId, SourceIdError, Subject, SubjectError, classify};
