//! The layers through which every request goes, from the outside in.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::normalize_path::NormalizePathLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tower_layer::Layer;
use user_scope::Uuid;

use super::{health, problems};

const BODY: usize = 1024 * 1024;
const TIME: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ACCESS_REASON: HeaderName = HeaderName::from_static("access-reason");

/// The whole service: the API and the pages, of which `/tasks/` is `/tasks`, and the docs, which tell the two apart.
pub fn layered(router: Router, docs: Router, origins: Vec<HeaderValue>, figures: PrometheusHandle) -> Router {
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request| {
        let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
        // Without its question: what was searched for is nobody's business.
        tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
    });
    let counted = from_fn_with_state(figures, health::counted);
    let router = NormalizePathLayer::trim_trailing_slash().layer(router.layer(counted));
    docs.fallback_service(router)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIME))
        .layer(CatchPanicLayer::custom(problems::fault))
        .layer(from_fn(problems::as_problems))
        .layer(CompressionLayer::new())
        .layer(cors(origins))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        // What is one user's is kept by nobody on the way.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .layer(trace)
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, NewId))
        .layer(from_fn(sane_id))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]))
}

/// An id of the client's is kept, if it is one that a log can hold.
async fn sane_id(mut request: Request, next: axum::middleware::Next) -> axum::response::Response {
    let is_sane = |id: &HeaderValue| {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        !id.is_empty() && id.len() <= 64 && id.as_bytes().iter().all(is_plain)
    };
    if request.headers().get(REQUEST_ID).is_some_and(|id| !is_sane(id)) {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

#[derive(Clone, Copy)]
struct NewId;

impl MakeRequestId for NewId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&Uuid::now_v7().to_string()).ok().map(RequestId::new)
    }
}

/// Nobody else's pages may call, unless they are named.
fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH, ACCESS_REASON, REQUEST_ID])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, REQUEST_ID])
        .max_age(Duration::from_secs(600))
}
