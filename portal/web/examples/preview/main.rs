//! Serves the portal with invented data, to look at its pages while changing them.
//!
//! `cargo run -p portal-web --example preview -- 8080`, then open <http://127.0.0.1:8080/>. Sign
//! in as `otto` with the password the page shows. Everything lies in a temporary folder and in
//! memory, and is gone when the program ends.

mod invented;

use std::{error::Error, time::Duration};

use portal_workflow::Actor;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8080), |port| port.parse::<u16>())?;
    let folder = tempfile::tempdir()?;
    let portal = invented::portal(&folder.path().join("portal.sqlite"), now).await?;
    tokio::spawn(publish_what_is_approved(portal.clone()));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, portal_web::router(portal)).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the preview is its own shell and asks the clock")]
fn now() -> pipeline_domain::Timestamp {
    time::OffsetDateTime::now_utc()
}

/// Stands in for the worker.
async fn publish_what_is_approved(portal: portal_web::Portal) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        for release in portal.store.approved_unpublished().await.unwrap_or_default() {
            let Ok(event) = release.case.publish(&Actor::System, now()) else { continue };
            let _ = invented::seal(&portal.releases, &release.proposal).await;
            let _ = portal.store.record(release.id(), &event).await;
        }
    }
}
