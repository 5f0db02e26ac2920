//! Whether the server is well, and its figures.

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use user_scope::web::Problem;
use utoipa::ToSchema;

use crate::App;
use crate::accounts::unavailable;
use crate::database::AppDb;

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

pub async fn health<DB: AppDb>(State(app): State<App<DB>>) -> Result<Json<Health>, Problem> {
    DB::answers(&app.accounts).await.map_err(unavailable)?;
    Ok(Json(Health { status: "ok" }))
}

/// Where figures go, from now on: to be there before the pool is made, which describes its own.
pub fn figures() -> Result<PrometheusHandle, BuildError> {
    const SECONDS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];
    PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()
}

pub async fn metrics<DB: AppDb>(State(app): State<App<DB>>) -> Response {
    app.figures.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.figures.render()).into_response()
}

/// Counts requests and how long they take, by route and not by address: no id, and no user, is in a figure.
pub async fn counted(State(figures): State<PrometheusHandle>, request: Request, next: Next) -> Response {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    // Durations pile up until they are put together, which would be never where nobody asks for the figures.
    if REQUESTS.fetch_add(1, Ordering::Relaxed) % 4_096 == 4_095 {
        figures.run_upkeep();
    }
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    // Any word can be sent as a method.
    let method = match request.method().as_str() {
        method @ ("GET" | "POST" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => method.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("http_requests_total", "method" => method.clone(), "route" => route.clone(), "status" => status)
        .increment(1);
    histogram!("http_request_seconds", "method" => method, "route" => route).record(begun.elapsed());
    response
}
