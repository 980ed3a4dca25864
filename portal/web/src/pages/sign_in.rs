//! Signing in.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use portal_store::LoginError;
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    csrf::Checked,
    error::PortalError,
    frame::{Frame, Section},
    portal::DemoAccount,
    router::App,
    routes, sessions,
};

/// Where to go afterwards.
#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct SignIn {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Frame,
    name: String,
    next: String,
    error: Option<&'static str>,
    accounts: Vec<DemoAccount>,
}

/// Shows the form.
pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    page: Frame,
    Query(Next { next }): Query<Next>,
) -> Result<Response, PortalError> {
    if page.account.is_some() {
        return Ok(Redirect::to(&routes::my_work(page.language)).into_response());
    }
    let html = form(&app, &session, page, String::new(), next, None).await?;
    Ok(html.into_response())
}

/// Lets somebody in, or says that name or password are wrong.
pub(crate) async fn sign_in(
    State(app): State<App>,
    session: Session,
    page: Frame,
    Checked(sent): Checked<SignIn>,
) -> Result<Response, PortalError> {
    let name = sent.name.trim();
    let known = app.store.authenticate(name, &sent.password, app.clock.now()).await;
    let (status, error) = match known {
        Ok(account) => {
            sessions::sign_in(&session, &account).await?;
            return Ok(Redirect::to(&destination(&page, &sent.next)).into_response());
        }
        Err(LoginError::WrongNameOrPassword) => (StatusCode::UNPROCESSABLE_ENTITY, "sign-in-wrong"),
        Err(LoginError::Locked) => (StatusCode::TOO_MANY_REQUESTS, "sign-in-locked"),
        Err(LoginError::Store(error)) => return Err(error.into()),
    };
    let html = form(&app, &session, page, name.to_owned(), sent.next, Some(error)).await?;
    Ok((status, html).into_response())
}

async fn form(
    app: &App,
    session: &Session,
    page: Frame,
    name: String,
    next: String,
    error: Option<&'static str>,
) -> Result<Html<String>, PortalError> {
    let page = page.with_token(sessions::token_or_new(session).await?);
    let accounts = app.demo_accounts.clone().unwrap_or_default();
    let next = if is_ours(&page, &next) { next } else { String::new() };
    Ok(Html(SignInPage { page, name, next, error, accounts }.render()?))
}

fn destination(page: &Frame, next: &str) -> String {
    if is_ours(page, next) { next.to_owned() } else { routes::my_work(page.language) }
}

/// Only a page of somebody's own work is worth going back to; this also keeps a link from
/// sending people to another site after they signed in.
fn is_ours(page: &Frame, next: &str) -> bool {
    let plain = next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-".contains(&byte));
    plain && next.starts_with(&routes::my_work(page.language))
}
