//! What a holder fetches over HTTP: FHIR Bulk Data exports, and stable pseudonyms for those of the
//! eHealth platform.
//!
//! # Exports
//!
//! [`export()`] asks a FHIR server for an export, waits until it is ready, and brings its files into a
//! folder, `<run>/<Type>.<n>.ndjson`, which `hda extract --source` reads. Whatever cuts it, the same
//! call again goes on where it stood: what was fetched stays, what was begun is continued, nothing is
//! there twice. What the server deleted stands in `<run>/.deleted`, what it says went wrong in
//! `<run>/.errors`, hidden so that no extraction takes them for records.
//!
//! The folder is the holder's own source data and holds identifiers: only its owner may read it. No
//! error or report repeats what a server said; its words are kept in the folder (`.refusal`). The
//! token goes to the very origin that was asked and nowhere else.
//!
//! ```no_run
//! use pipeline_fetch::{Clock, Export, ExportRequest, FetchError, Patience, export};
//!
//! fn fetch_everything(clock: &dyn Clock) -> Result<u64, FetchError> {
//!     let server = "https://fhir.hospital.example/r4".parse().map_err(|_| FetchError::NotHttp)?;
//!     let report = export(
//!         &Export {
//!             server: &server,
//!             request: &ExportRequest::default(),
//!             sign_in: None,
//!             allowed_hosts: &[],
//!             allow_http: false,
//!             folder: "exports".as_ref(),
//!             parallel: 4,
//!             restart: false,
//!             patience: Patience::default(),
//!             software: "hda",
//!         },
//!         clock,
//!         &|_| (),
//!     )?;
//!     Ok(report.total().lines)
//! }
//! ```
//!
//! # Conversion of pseudonyms
//!
//! [`ConversionService`] speaks to the TTP, which holds the right to convert at the platform. The
//! contract: one `POST` with at most ten pseudonyms, as JSON, signed in as above where the TTP asks
//! for it.
//!
//! ```json
//! { "domain": "hda_v1",
//!   "pseudonyms": [ { "id": "6f…-0", "value": "urn:be:fgov:ehealth:pseudo:v2:…" },
//!                   { "id": "6f…-1", "value": "…" } ] }
//! ```
//!
//! The answer has status 200 and one result for each pseudonym, in their order, under their ids:
//!
//! ```json
//! { "domain": "hda_v1",
//!   "results": [ { "id": "6f…-0", "status": "converted", "value": "BAEx…" },
//!                { "id": "6f…-1", "status": "expired" } ] }
//! ```
//!
//! `status` is `converted` (with `value`: 1 to 160 printable ASCII characters, the same for a person
//! each time, no `urn:` and no national number), `expired` (the transit info has run out) or `refused`
//! (of another domain, or no pseudonym). Ids are new in each call. 429, 502, 503, 504, or 5xx with an
//! `OperationOutcome` that says `transient`, are asked again, honouring `Retry-After`. An answer that
//! is short, reordered, doubled or of another domain is refused whole. A stable pseudonym is an
//! identifier of id type 05 under the system `urn:be:fgov:ehealth:pseudo:<domain>`.

mod conversion;
mod download;
mod error;
mod export;
mod folder;
mod hosts;
mod http;
mod key;
mod manifest;
mod outcome;
mod pace;
mod report;
mod request;
mod sign_in;
mod state;

pub use conversion::ConversionService;
pub use error::{Cut, FetchError, ServerWords, Step};
pub use export::{Export, Progress, export};
pub use key::{KeyError, SigningKey};
pub use pace::{Clock, Patience};
pub use report::{Count, Deleted, FetchReport, Miscount};
pub use request::{ExportRequest, Level, Since};
pub use sign_in::BackendSignIn;
pub use url::Url;
