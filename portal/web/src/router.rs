//! Every address, and what stands between it and the world.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use tower_http::{
    compression::CompressionLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
    trace::TraceLayer,
};

use crate::{
    assets, csrf, error::PortalError, error_pages, headers, packages, pages, portal::Portal,
    sessions,
};

/// The portal as handlers see it.
pub(crate) type App = Arc<Portal>;

/// No form of the portal is longer.
const LONGEST_FORM: usize = 64 * 1024;
/// No page takes longer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The portal, ready to be served.
pub fn router(portal: Portal) -> Router {
    let app: App = Arc::new(portal);
    Router::new()
        .route("/", get(pages::root::root))
        .route("/healthz", get(pages::health::health))
        .route("/static/{hash}/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::favicon))
        .route("/files/datasets/{dataset}/{name}", get(pages::record_file::record_file))
        .route("/files/releases/{release}/{name}", get(packages::download))
        .route("/{language}/", get(pages::home::home))
        .route("/{language}", get(pages::home::home))
        .route("/{language}/datasets", get(pages::datasets::datasets))
        .route("/{language}/datasets/{dataset}", get(pages::dataset::dataset))
        .route("/{language}/releases", get(pages::releases::releases))
        .route("/{language}/releases/{release}", get(pages::release::release))
        .route("/{language}/opt-out", get(pages::opt_out::opt_out))
        .route("/{language}/accessibility", get(pages::accessibility::accessibility))
        .route("/{language}/privacy", get(pages::privacy::privacy))
        .route("/{language}/sign-in", get(pages::sign_in::show).post(pages::sign_in::sign_in))
        .route("/{language}/sign-out", post(pages::sign_out::sign_out))
        .route("/{language}/my-work", get(pages::my_work::my_work))
        .route("/{language}/my-work/{release}", get(pages::pending_release::pending_release))
        .route("/{language}/my-work/{release}/approve", post(pages::approve::approve))
        .route("/{language}/my-work/{release}/return", post(pages::hand_back::hand_back))
        .fallback(async || PortalError::NotFound)
        .layer(sessions::layer(&app))
        .layer(from_fn(csrf::refuse_other_sites))
        .layer(RequestBodyLimitLayer::new(LONGEST_FORM))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST_WAIT))
        .layer(from_fn_with_state(Arc::clone(&app), error_pages::say_what_to_do_next))
        .layer(from_fn_with_state(Arc::clone(&app), headers::protect))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}
