//! What goes wrong in a handler, and which page a person then sees.
//!
//! The page says what to do next and never what exactly failed; that goes to the log, once.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use pipeline_domain::Language;
use portal_store::StoreError;
use portal_workflow::Refusal;

use crate::routes;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortalError {
    /// Nothing is at this address, or nothing this person may know of.
    #[error("there is no such page")]
    NotFound,
    /// The person is signed in, but their role may not see or do this.
    #[error("this role may not do this")]
    Forbidden,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignInNeeded { language: Language, next: String },
    /// The form did not come from a page of this session.
    #[error("the form does not belong to this session")]
    Forged,
    /// The form cannot be read.
    #[error("the form cannot be read")]
    BadForm,
    /// The workflow refuses the command.
    #[error("the command is refused")]
    Refused(#[from] Refusal),
    /// The store did not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A file could not be read.
    #[error("a file could not be read")]
    Files(#[from] opendal::Error),
    /// A catalogue record is not one.
    #[error("a catalogue record could not be read")]
    Record(#[from] serde_json::Error),
    /// A page could not be made.
    #[error("a page could not be made")]
    Template(#[from] askama::Error),
    /// The session could not be kept.
    #[error("a session could not be kept")]
    Session(#[from] tower_sessions::session::Error),
    /// No randomness came from the system.
    #[error("no randomness came from the system")]
    NoRandomness,
}

/// What the error page is about; travels with the response to where the page is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    NotFound,
    Forbidden,
    Forged,
    BadRequest,
    TooLarge,
    TooSlow,
    Refused(Refusal),
    Failure,
}

impl Problem {
    /// The start of its translation keys.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::NotFound => "problem-not-found",
            Self::Forbidden => "problem-forbidden",
            Self::Forged => "problem-forged",
            Self::BadRequest => "problem-bad-request",
            Self::TooLarge => "problem-too-large",
            Self::TooSlow => "problem-too-slow",
            Self::Refused(_) => "problem-refused",
            Self::Failure => "problem-failure",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Refused(Refusal::AlreadyDecided | Refusal::OtherTable) => StatusCode::CONFLICT,
            Self::Forbidden | Self::Forged | Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Failure => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem behind a status that a layer or the router gave.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Self::NotFound,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::Failure,
        }
    }
}

impl IntoResponse for PortalError {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::SignInNeeded { language, next } => {
                return Redirect::to(&routes::sign_in(language, &next)).into_response();
            }
            Self::NotFound | Self::Store(StoreError::NoSuchRelease(_)) => Problem::NotFound,
            Self::Forbidden => Problem::Forbidden,
            Self::Forged => Problem::Forged,
            Self::BadForm => Problem::BadRequest,
            Self::Refused(refusal) => Problem::Refused(refusal),
            Self::Store(StoreError::DecidedMeanwhile(_)) => {
                Problem::Refused(Refusal::AlreadyDecided)
            }
            failure => {
                tracing::error!(error = ?failure, "a page could not be shown");
                Problem::Failure
            }
        };
        let mut response = problem.status().into_response();
        response.extensions_mut().insert(problem);
        response
    }
}
