//! The pages of the portal: the catalogue, the register of releases, and the officer's desk.
//!
//! Pages are made on the server, work without script, ask nothing of any other host and exist in
//! every language. This crate runs no plan and seals no package: it records an officer's decision
//! and the worker picks it up. What may happen to a case is decided in `portal-workflow`, kept in
//! `portal-store`.
//!
//! `cargo run -p portal-web --example preview -- 8080` serves it with invented data.

// The preview's invented data name this crate from outside; the tests share them.
#[cfg(test)]
extern crate self as portal_web;

mod assets;
mod catalogue;
mod chart;
mod csrf;
mod error;
mod error_pages;
mod frame;
mod headers;
mod numbers;
mod packages;
mod pages;
mod portal;
mod router;
mod routes;
mod sessions;
mod table;
mod text;

#[cfg(test)]
mod tests;

pub use portal::{Clock, DemoAccount, Portal, Transport};
pub use router::router;
