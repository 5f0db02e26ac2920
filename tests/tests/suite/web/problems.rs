//! What errors come to at the edge of a service, and what is told to whom.

use axum::body::Body;
use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use user_scope::web::{Caller, Problem, Verifier};
use user_scope::{Backend, Error, ScopedPool, Uuid};

use super::super::captured::captured;
use super::super::databases::TestDb;
use super::super::entities::Task;
use super::super::world::{World, user};
use super::extractors::{Answer, request};
use super::signer::{HMAC, claims, verifier};

on_each_database!(
    a_foreign_row_and_an_absent_one_are_the_same_bytes,
    what_the_database_says_is_in_the_log_and_not_in_the_answer,
    a_key_that_is_taken_and_a_value_that_is_refused_are_no_faults_of_the_service,
);

/// A state that is a tuple.
struct Shared<DB: Backend>(ScopedPool<DB>, Verifier);

impl<DB: Backend> Clone for Shared<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

impl<DB: Backend> FromRef<Shared<DB>> for Verifier {
    fn from_ref(shared: &Shared<DB>) -> Self {
        shared.1.clone()
    }
}

async fn title<DB: TestDb>(
    caller: Caller,
    State(Shared(pool, _)): State<Shared<DB>>,
    Path(id): Path<Uuid>,
) -> Result<Json<String>, Problem> {
    Ok(Json(pool.repository::<Task>(&caller).get(&id).await?.title))
}

async fn of_titles<DB: TestDb>() -> (World<DB>, Router) {
    let world = World::<DB>::open().await;
    let shared = Shared(world.pool.clone(), verifier(HMAC.keys()).await);
    (world, Router::new().route("/tasks/{id}", get(title::<DB>)).with_state(shared))
}

async fn answer(router: &Router, user: Uuid, id: Uuid) -> Answer {
    let bearer = format!("Bearer {}", HMAC.token(&claims(user.to_string())));
    Answer::of(router, request(&format!("/tasks/{id}"), &[("authorization", &bearer)])).await
}

async fn a_foreign_row_and_an_absent_one_are_the_same_bytes<DB: TestDb>() {
    let (world, router) = of_titles::<DB>().await;
    let (alice, bob) = (user(), user());
    let task = world.task(&alice, "hers").await;
    let hers = answer(&router, *alice.user(), task.id).await;
    assert_eq!((hers.status, hers.text()), (StatusCode::OK, "\"hers\""));
    let foreign = answer(&router, *bob.user(), task.id).await;
    let absent = answer(&router, *bob.user(), Uuid::now_v7()).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!((foreign.status, foreign.headers, foreign.body), (absent.status, absent.headers, absent.body));
}

async fn what_the_database_says_is_in_the_log_and_not_in_the_answer<DB: TestDb>() {
    let (world, router) = of_titles::<DB>().await;
    DB::run(&world.raw, "DROP TABLE subtasks").await.unwrap();
    DB::run(&world.raw, "ALTER TABLE tasks RENAME TO elsewhere").await.unwrap();
    let (answer, records) = captured(answer(&router, *user().user(), Uuid::now_v7())).await;
    let (document, code) = answer.problem();
    assert_eq!((answer.status.as_u16(), &*code), (500, "internal"));
    assert!(!answer.text().contains("tasks"), "{document}");
    let causes: Vec<&String> = records.iter().filter_map(|record| record.fields.get("cause")).collect();
    assert!(causes.iter().any(|cause| cause.contains("500") && cause.contains("tasks")), "{causes:?}");
}

async fn a_key_that_is_taken_and_a_value_that_is_refused_are_no_faults_of_the_service<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let alice = user();
    let tasks = world.pool.repository::<Task>(&alice);
    let refused = tasks.insert(super::super::world::new_task("nul\0")).await;
    if let Err(error) = refused {
        let problem = Problem::from(error);
        assert_eq!((problem.status().as_u16(), problem.code()), (422, "rejected"));
    }
    DB::run(&world.raw, "CREATE UNIQUE INDEX one_title ON tasks (user_id, title)").await.unwrap();
    tasks.insert(super::super::world::new_task("once")).await.unwrap();
    let problem = Problem::from(tasks.insert(super::super::world::new_task("once")).await.unwrap_err());
    assert_eq!((problem.status().as_u16(), problem.code()), (409, "duplicate"));
    let (document, _) = read(problem).await;
    assert!(!document.to_string().contains("one_title"), "{document}");
}

async fn read(problem: Problem) -> (Value, Response) {
    let response = problem.into_response();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    (serde_json::from_slice(&body).expect("JSON"), Response::from_parts(parts, Body::empty()))
}

#[tokio::test]
async fn each_error_has_a_status_and_a_code() {
    let entity = "task";
    for (error, status, code) in [
        (Error::NotFound { entity }, 404, "not_found"),
        (Error::ParentNotFound { entity, source: None }, 422, "parent_not_found"),
        (Error::Duplicate { entity, source: sqlx::Error::RowNotFound.into() }, 409, "duplicate"),
        (Error::Deleted { entity }, 409, "deleted"),
        (Error::Referenced { entity, source: None }, 409, "referenced"),
        (Error::Stale { entity }, 412, "stale"),
        (Error::NoVersion { entity }, 428, "no_version"),
        (Error::Rejected { entity, source: sqlx::Error::RowNotFound.into() }, 422, "rejected"),
        (Error::Encode { entity, source: sqlx::Error::RowNotFound.into() }, 422, "rejected"),
        (Error::TooManyValues { entity, values: 2, limit: 1 }, 400, "too_many_values"),
        (Error::TooDeep { entity }, 400, "too_deep"),
        (Error::InvalidCursor { entity, source: None }, 400, "invalid_cursor"),
        (Error::CursorTooLong { entity }, 400, "cursor_too_long"),
        (Error::EmptyPage { entity }, 400, "empty_page"),
        (Error::InvalidReason, 400, "invalid_reason"),
        (Error::ReservedUser, 403, "reserved_user"),
        (Error::SealExpired, 400, "seal_expired"),
        (Error::SealRefused, 400, "seal_refused"),
        (Error::Unavailable { source: sqlx::Error::PoolTimedOut.into() }, 503, "unavailable"),
        (Error::Audit { source: sqlx::Error::PoolTimedOut.into() }, 503, "unavailable"),
        (Error::Database { entity, source: sqlx::Error::RowNotFound.into() }, 500, "internal"),
        (Error::Decode { entity, source: sqlx::Error::RowNotFound.into() }, 500, "internal"),
        (Error::TransactionAborted, 500, "internal"),
        (Error::TransactionEnded, 500, "internal"),
        (Error::Busy, 500, "internal"),
        (Error::InvalidKey, 500, "internal"),
        (Error::NoRandomness, 500, "internal"),
        (Error::InvalidSealKey, 500, "internal"),
        (Error::InvalidExportedSeal, 500, "internal"),
        (Error::Seals { problem: "x" }, 500, "internal"),
        (Error::Schema { problem: "is missing a column" }, 500, "internal"),
        (Error::SecretInCursor { entity, column: "key" }, 500, "internal"),
    ] {
        let text = error.to_string();
        let problem = Problem::from(error);
        assert_eq!((problem.status().as_u16(), problem.code()), (status, code), "{text}");
        assert!(std::error::Error::source(&problem).is_some());
        let (document, response) = read(problem).await;
        assert_eq!(document["detail"] == *text, status < 500, "{document}");
        assert_eq!(response.headers().contains_key(header::RETRY_AFTER), status == 503);
    }
}

#[tokio::test]
async fn what_may_succeed_if_it_is_tried_again_says_so() {
    for (code, status) in [
        ("40001", 503),
        ("40P01", 503),
        ("55P03", 503),
        ("5", 503),
        ("6", 503),
        ("261", 503),
        ("517", 503),
        ("773", 503),
        ("1", 500),
        ("42P01", 500),
        ("53100", 500),
    ] {
        let source = sqlx::Error::Database(Box::new(Answered(code))).into();
        assert_eq!(Problem::from(Error::Database { entity: "task", source }).status().as_u16(), status, "{code}");
    }
}

/// What a database answers with this code.
#[derive(Debug)]
struct Answered(&'static str);

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the database says no")
    }
}

impl std::error::Error for Answered {}

impl sqlx::error::DatabaseError for Answered {
    fn message(&self) -> &str {
        "the database says no"
    }

    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        Some(self.0.into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}

#[tokio::test]
async fn a_problem_is_the_document_that_it_was_told_to_be() {
    let problem = Problem::new(StatusCode::CONFLICT, "overbooked")
        .detail("no free place")
        .with("places", 16)
        .with("status", "forged")
        .with("code", "forged")
        .header(header::RETRY_AFTER, HeaderValue::from_static("60"))
        .header(header::SET_COOKIE, HeaderValue::from_static("a=1"))
        .header(header::SET_COOKIE, HeaderValue::from_static("b=2"))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("text/html"))
        .caused_by(std::io::Error::other("a secret of the service"));
    assert_eq!(problem.to_string(), "409 Conflict (overbooked): no free place");
    let (document, response) = read(problem).await;
    assert_eq!(
        document,
        json!({ "title": "Conflict", "status": 409, "code": "overbooked", "detail": "no free place", "places": 16 })
    );
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let types: Vec<_> = response.headers().get_all(header::CONTENT_TYPE).iter().collect();
    assert_eq!(types, ["application/problem+json"]);
    assert_eq!(response.headers()[header::RETRY_AFTER], "60");
    assert_eq!(response.headers().get_all(header::SET_COOKIE).iter().count(), 2);
    let (bare, _) = read(Problem::new(StatusCode::NOT_FOUND, "not_found")).await;
    assert_eq!(bare, json!({ "title": "Not Found", "status": 404, "code": "not_found" }));
}

#[tokio::test]
async fn a_failure_is_logged_with_all_that_was_behind_it() {
    let failing = async || drop(read(Problem::new(StatusCode::BAD_GATEWAY, "no_mail").caused_by(Outer)).await);
    let ((), records) = captured(failing()).await;
    let [_, record] = &records[..] else { panic!("{records:?}") };
    assert_eq!(record.target, "user_scope");
    assert_eq!(record.fields["cause"], "502 Bad Gateway (no_mail): no mail was sent: connection refused");

    #[derive(Debug)]
    struct Outer;
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no mail was sent")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            static REFUSED: Refused = Refused;
            Some(&REFUSED)
        }
    }
    #[derive(Debug)]
    struct Refused;
    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("connection refused")
        }
    }
    impl std::error::Error for Refused {}
}
