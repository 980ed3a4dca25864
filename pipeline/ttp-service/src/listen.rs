//! Health and figures over HTTP, for this machine alone.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use pipeline_party::clock;

use crate::status::Shared;

/// An address that only this machine can reach; for clap, which says the rest.
pub(crate) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "an address and a port are wanted, like 127.0.0.1:9464".to_owned())?;
    // The figures tell how much is going on, and nobody signs in here.
    if !address.ip().is_loopback() {
        return Err("only a loopback address is allowed, like 127.0.0.1:9464".to_owned());
    }
    Ok(address)
}

/// Answers `GET /healthz` and `GET /metrics` until the process ends; tells where. Needs a tokio
/// runtime to be entered.
pub(crate) fn listen(address: SocketAddr, status: Shared) -> anyhow::Result<SocketAddr> {
    let bound = TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .and_then(tokio::net::TcpListener::from_std);
    let listener =
        bound.with_context(|| format!("cannot listen on {address}; choose another port"))?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .with_state(status);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "nobody can ask for health and figures any more");
        }
    });
    Ok(address)
}

async fn health(State(status): State<Shared>) -> impl IntoResponse {
    let health = status.lock().health(clock::now());
    match health {
        Ok(text) => (StatusCode::OK, text + "\n"),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n"),
    }
}

async fn metrics(State(status): State<Shared>) -> impl IntoResponse {
    let page = status.lock().metrics();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_this_machine_is_taken() {
        let cases = [
            ("127.0.0.1:9464", true),
            ("127.8.8.8:0", true),
            ("[::1]:9464", true),
            ("0.0.0.0:9464", false),
            ("[::]:9464", false),
            ("192.168.1.10:9464", false),
            // The other form of an address is refused too: nobody has to wonder what it means.
            ("[::ffff:127.0.0.1]:9464", false),
            ("localhost:9464", false),
            ("127.0.0.1", false),
            ("", false),
        ];
        for (text, want) in cases {
            assert_eq!(loopback(text).is_ok(), want, "{text}");
        }
    }
}
