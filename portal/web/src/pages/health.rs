//! Is the portal well? For whatever watches it.

use axum::{extract::State, http::StatusCode};

use crate::router::App;

/// Answers 200 while the database answers, 503 otherwise.
pub(crate) async fn health(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.store.is_well().await {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}
