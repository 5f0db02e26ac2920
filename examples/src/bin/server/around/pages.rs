//! The pages, which are built into the program, and the page that shows the API's document. Both work without the internet.

use std::borrow::Cow;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

/// Nothing but what comes from here, and nothing written into the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Swagger UI writes styles into its page, and has its pictures in its stylesheet.
const POLICY_OF_DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                              img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                              frame-ancestors 'none'";

macro_rules! pages {
    ($($name:literal),+ $(,)?) => {
        /// Names and contents.
        const PAGES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../pages/", $name)))),+];
    };
}

pages! {
    "admin.js",
    "api.js",
    "app.js",
    "chart.js",
    "dependencies.js",
    "dom.js",
    "editor.js",
    "favicon.svg",
    "form.js",
    "index.html",
    "list.js",
    "message.js",
    "signin.js",
    "style.css",
    "subtasks.js",
    "task.js",
    "tasks.js",
    "things.js",
    "trail.js",
}

/// In place of this the page of a demo says that it is one.
const DEMO: (&str, &str) = ("<!-- demo -->", "<meta name=\"demo\" content=\"yes\">");

pub fn pages<S: Clone + Send + Sync + 'static>(is_demo: bool) -> Router<S> {
    let index = move || async move { index(is_demo) };
    Router::new().route("/", get(index)).route("/assets/{name}", get(asset)).layer(policy(POLICY))
}

/// The document, and the page that shows it.
pub fn docs(document: OpenApi) -> Router {
    Router::from(SwaggerUi::new("/docs").url("/api/openapi.json", document)).layer(policy(POLICY_OF_DOCS))
}

fn policy(text: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(text))
}

fn index(is_demo: bool) -> Response {
    let Some((kind, text)) = page("index.html") else { return StatusCode::NOT_FOUND.into_response() };
    let text = if is_demo { text.replace(DEMO.0, DEMO.1).into() } else { text };
    answer(kind, text)
}

async fn asset(Path(name): Path<String>) -> Response {
    match page(&name) {
        Some((kind, text)) if name != "index.html" => answer(kind, text),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn page(name: &str) -> Option<(&'static str, Cow<'static, str>)> {
    let (known, text) = PAGES.iter().find(|(known, _)| *known == name)?;
    let kind = match known.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    // Who writes a page wants to see it without building the server again.
    #[cfg(debug_assertions)]
    if let Some(directory) = std::env::var_os("PAGES") {
        let text = std::fs::read_to_string(std::path::Path::new(&directory).join(known)).ok()?;
        return Some((kind, text.into()));
    }
    Some((kind, Cow::Borrowed(text)))
}

fn answer(kind: &'static str, text: Cow<'static, str>) -> Response {
    // They change with the program.
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text.into_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_there_is_is_served() -> std::io::Result<()> {
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/pages"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            assert!(name.ends_with(".md") || page(&name).is_some(), "{name} is not in the list of pages");
        }
        Ok(())
    }
}
