//! The handlers of the README, as an application has them. A test holds both texts together.

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use sqlx::Postgres;
use user_scope::ScopedPool;
use user_scope::web::{Administrator, Caller, Keys, Problem, Verifier};

use super::super::entities::Task;
use super::super::world::{World, user};
use super::extractors::{Answer, request};
use super::signer::{HMAC, changed, claims, verifier};

// README: state
#[derive(Clone)]
struct App {
    pool: ScopedPool<Postgres>,
    verifier: Verifier,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

impl FromRef<App> for ScopedPool<Postgres> {
    fn from_ref(app: &App) -> Self {
        app.pool.clone()
    }
}
// README: end of state

#[rustfmt::skip]
mod handlers {
use super::*;
// README: begin
async fn titles(caller: Caller, State(app): State<App>) -> Result<Json<Vec<String>>, Problem> {
    let tasks = app.pool.repository::<Task>(&caller).query().all().await?;     // from the bearer token that was verified
    Ok(Json(tasks.into_iter().map(|task| task.title).collect()))               // a foreign row and an absent one: the same 404
}

async fn count(admin: Administrator<Postgres>) -> Result<String, Problem> {    // a role, a reason, a receipt by now
    Ok(admin.repository::<Task>().query().count().await?.to_string())
}
// README: end
/// Compiled, and not run: there is no such file.
#[expect(dead_code, reason = "it is compiled")]
async fn served(pool: ScopedPool<Postgres>) -> Result<Router, user_scope::web::KeyError> {
// README: setup
let keys = Keys::key_set_file("/etc/app/jwks.json");     // or a secret, a PEM, a URL; read again as they rotate
let verifier = Verifier::builder(keys).issuer("https://idp.example").audience("tasks").build().await?;
let app = App { pool, verifier };
let router = Router::new().route("/titles", get(titles)).route("/count", get(count)).with_state(app);
// README: end of setup
    Ok(router)
}

pub(super) fn router() -> Router<App> {
    Router::new().route("/titles", get(titles)).route("/count", get(count))
}
}

#[tokio::test]
async fn the_readmes_handlers_do_what_it_says() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    world.task(&alice, "hers").await;
    world.task(&user(), "his").await;
    let app = App { pool: world.pool.clone(), verifier: verifier(HMAC.keys()).await };
    let router = handlers::router().with_state(app);
    let token = HMAC.token(&changed(&claims(alice.user().to_string()), &json!({ "roles": ["admin"] })));
    let headers = [("authorization", &*format!("Bearer {token}")), ("access-reason", "because%20I%20can")];
    for (path, body) in [("/titles", r#"["hers"]"#), ("/count", "2")] {
        let answer = Answer::of(&router, request(path, &headers)).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, body));
        assert_eq!(Answer::of(&router, request(path, &[])).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn the_readme_shows_these_handlers() {
    for (begin, end) in [("begin", "end"), ("setup", "end of setup"), ("state", "end of state")] {
        let (_, code) = include_str!("readme.rs").split_once(&format!("// README: {begin}\n")).expect("a mark");
        let (code, _) = code.split_once(&format!("// README: {end}\n")).expect("a mark");
        assert!(include_str!("../../../../README.md").contains(code), "the README's handlers are not these:\n{code}");
    }
}
