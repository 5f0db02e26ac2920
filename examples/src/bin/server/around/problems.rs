//! Errors that are not the application's own, as problems: no such address, another method, too slow, a fault.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use user_scope::web::Problem;

/// Gives an answer of the layers below a body like that of every other error.
pub async fn as_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_told = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if is_told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut problem = told(status);
    if let Some(allowed) = allowed {
        let methods = String::from_utf8_lossy(allowed.as_bytes()).replace(',', ", ");
        problem = problem.detail(format!("this address knows other methods: {methods}")).header(header::ALLOW, allowed);
    }
    problem.into_response()
}

fn told(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("no_route", "there is no such address; /docs shows those that there are"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "this address knows other methods"),
        StatusCode::REQUEST_TIMEOUT => ("too_slow", "the request took too long, and was given up"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is larger than 1 MiB; send less at once"),
        status if status.is_server_error() => ("internal", "something went wrong here; it is in the server's log"),
        _ => ("refused", "the request was not accepted"),
    };
    Problem::new(status, code).detail(detail)
}

/// What a fault in the code becomes. The panic itself is in the log.
pub fn fault(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
}
