//! Gives every refused or failed request a page in the reader's language.

use askama::Template;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};

use crate::{
    error::Problem,
    frame::{Frame, Section},
    pages,
    router::App,
};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    page: Frame,
    title: String,
    what: String,
    next: String,
}

/// Turns bare error responses into pages; responses that are pages already pass.
pub(crate) async fn say_what_to_do_next(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let accepted = pages::root::preferred(request.headers());
    let method = request.method().clone();
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if !is_error || is_page(&response) || path == "/healthz" {
        return response;
    }
    let problem = response.extensions().get::<Problem>().copied();
    let problem = problem.unwrap_or_else(|| Problem::of_status(response.status()));
    // Only an address that can be asked for again may stand behind the language links.
    let shown = if method == Method::GET { path.as_str() } else { "" };
    with_page(response, problem, Frame::bare(&app, shown, accepted))
}

fn with_page(response: Response, problem: Problem, page: Frame) -> Response {
    let title = page.t(&format!("{}-title", problem.key()));
    let what = match problem {
        Problem::Refused(refusal) => page.t(&format!("refusal-{}", refusal.name())),
        _ => page.t(&format!("{}-what", problem.key())),
    };
    let next = page.t(&format!("{}-next", problem.key()));
    let (mut head, _) = response.into_parts();
    let Ok(html) = (ProblemPage { page, title, what, next }).render() else {
        return Response::from_parts(head, Body::empty());
    };
    head.headers.remove(header::CONTENT_LENGTH);
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    head.headers.insert(header::CONTENT_TYPE, html_type);
    Response::from_parts(head, Body::from(html))
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
