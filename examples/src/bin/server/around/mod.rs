//! What stands around the API: pages and their policy, health and figures, and the layers through which every request goes.

mod health;
mod layers;
mod pages;
mod problems;

use axum::http::StatusCode;
use axum::routing::get;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Content, ObjectBuilder, ResponseBuilder};

pub use health::figures;
pub use layers::layered;
pub use pages::{docs, pages};

use crate::api::{Api, Described};
use crate::database::AppDb;

/// Those that stand in the document.
pub fn routes<DB: AppDb>(api: Api<DB>) -> Api<DB> {
    let health = Described::new("health", "server", "Whether the database answers")
        .open()
        .answers::<health::Health>(StatusCode::OK, "It does");
    let text = ObjectBuilder::new().schema_type(Type::String);
    let figures = ResponseBuilder::new().description("Now").content("text/plain", Content::new(Some(text)));
    let metrics = Described::new("metrics", "server", "Figures, as Prometheus reads them")
        .open()
        .response(StatusCode::OK, figures);
    api.add("/healthz", HttpMethod::Get, get(health::health::<DB>), health).add(
        "/metrics",
        HttpMethod::Get,
        get(health::metrics::<DB>),
        metrics,
    )
}
