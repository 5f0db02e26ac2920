//! Who reaches a handler, and how everybody else is turned away.

use axum::body::Body;
use axum::extract::FromRef;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::from_extractor_with_state;
use axum::routing::get;
use axum::{Router, http};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use user_scope::web::{Administrator, Caller, Problem, Verifier};
use user_scope::{Backend, ScopedPool, Uuid};

use super::super::captured::captured;
use super::super::databases::TestDb;
use super::super::entities::Task;
use super::super::world::{World, user};
use super::signer::{HMAC, RSA, base64url, changed, claims, now, verifier};

on_each_database!(
    an_administrator_reaches_everybodys_rows_and_has_left_a_receipt_by_then,
    who_is_no_administrator_or_says_no_reason_is_refused_and_leaves_no_receipt,
    a_reason_in_any_language_is_recorded,
    without_a_log_an_administrator_is_told_to_try_again,
);

/// What the requests of these tests are answered with.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of(router: &Router, request: Request<Body>) -> Self {
        let (parts, body) = router.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// The document of a problem, and its code.
    pub fn problem(&self) -> (Value, String) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text());
        let document: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(document["status"], self.status.as_u16());
        let code = document["code"].as_str().expect("a code").to_owned();
        (document, code)
    }

    fn challenge(&self) -> Option<&str> {
        let mut challenges = self.headers.get_all(header::WWW_AUTHENTICATE).iter();
        let first = challenges.next().map(|challenge| challenge.to_str().expect("ASCII"));
        assert!(challenges.next().is_none());
        first
    }
}

pub fn request(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().expect("a path");
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().expect("a name");
        request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    request
}

async fn who(caller: Caller) -> String {
    caller.user().to_string()
}

async fn who_if_anybody(caller: Option<Caller>) -> String {
    caller.map_or("nobody".into(), |caller| caller.into_inner().user().to_string())
}

async fn of_hmac() -> (Router, Uuid, String) {
    let router = Router::new().route("/who", get(who)).route("/anybody", get(who_if_anybody));
    let alice = Uuid::now_v7();
    (router.with_state(verifier::<Uuid>(HMAC.keys()).await), alice, HMAC.token(&claims(alice.to_string())))
}

#[tokio::test]
async fn a_token_in_its_header_is_the_caller() {
    let (router, alice, token) = of_hmac().await;
    for scheme in ["Bearer ", "bearer ", "BEARER ", "bEaReR   "] {
        for path in ["/who", "/anybody"] {
            let answer = Answer::of(&router, request(path, &[("authorization", &format!("{scheme}{token}"))])).await;
            assert_eq!((answer.status, answer.text()), (StatusCode::OK, &*alice.to_string()), "{scheme:?}");
        }
    }
}

#[tokio::test]
async fn who_has_no_token_is_challenged_and_told_nothing_more() {
    let (router, _, token) = of_hmac().await;
    let nothing: [&[(&str, &str)]; 6] = [
        &[],
        &[("authorization", "Basic YTpi")],
        &[("authorization", "")],
        &[("authorization", &token)],
        &[("authorization", "BearerX x")],
        &[("x-authorization", &format!("Bearer {token}")), ("cookie", &format!("token={token}"))],
    ];
    for headers in nothing {
        let answer = Answer::of(&router, request(&format!("/who?access_token={token}"), headers)).await;
        assert_eq!((answer.status, answer.challenge()), (StatusCode::UNAUTHORIZED, Some("Bearer")), "{headers:?}");
        assert_eq!(answer.problem().1, "token_required");
    }
}

#[tokio::test]
async fn who_has_a_token_that_is_not_valid_is_told_that_and_no_reason() {
    let (router, alice, token) = of_hmac().await;
    let bearer = |token: &str| format!("Bearer {token}");
    let with = |changes: Value| bearer(&HMAC.token(&changed(&claims(alice.to_string()), &changes)));
    let good = bearer(&token);
    let long = "x".repeat(8 * 1024 + 1);
    let bad: Vec<Vec<(&str, String)>> = vec![
        vec![("authorization", good.clone()), ("authorization", good.clone())],
        vec![("authorization", good.clone()), ("authorization", "Basic YTpi".into())],
        vec![("authorization", "Basic YTpi".into()), ("authorization", good.clone())],
        vec![("authorization", "Bearer".into())],
        vec![("authorization", "Bearer ".into())],
        vec![("authorization", format!("{good} {token}"))],
        vec![("authorization", format!("{good}, Bearer {token}"))],
        vec![("authorization", format!("Bearer\t{token}"))],
        vec![("authorization", format!("Bearer \t{token}"))],
        vec![("authorization", format!("{good}\u{e9}"))],
        vec![("authorization", bearer(&long))],
        vec![("authorization", bearer("x.y.z"))],
        vec![("authorization", bearer(&RSA.token(&claims(alice.to_string()))))],
        vec![("authorization", bearer(&format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(b"{}"))))],
        vec![("authorization", with(json!({ "iss": "other" })))],
        vec![("authorization", with(json!({ "aud": "other" })))],
        vec![("authorization", with(json!({ "sub": "alice" })))],
        vec![("authorization", with(json!({ "nbf": now() + 1_000 })))],
    ];
    let mut bodies = std::collections::BTreeSet::new();
    for headers in bad {
        // `Bearer\t` is no scheme that is known here.
        let is_other_scheme = headers[0].1.starts_with("Bearer\t");
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in ["/who", "/anybody"] {
            let answer = Answer::of(&router, request(path, &headers)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{headers:?}");
            if is_other_scheme {
                assert_eq!(answer.challenge(), Some("Bearer"), "{headers:?}");
            } else {
                assert_eq!(answer.challenge(), Some(r#"Bearer error="invalid_token""#), "{headers:?}");
                bodies.insert(answer.text().to_owned());
            }
        }
    }
    assert_eq!(bodies.len(), 1, "they read alike: {bodies:?}");
    let expired = with(json!({ "exp": now() - 100 }));
    let answer = Answer::of(&router, request("/who", &[("authorization", &expired)])).await;
    assert_eq!(answer.challenge(), Some(r#"Bearer error="invalid_token""#));
    let (document, code) = answer.problem();
    assert_eq!((code.as_str(), &document["detail"]), ("invalid_token", &json!("the token has expired")));
}

#[tokio::test]
async fn nobody_is_one_who_has_no_header_at_all() {
    let (router, ..) = of_hmac().await;
    let answer = Answer::of(&router, request("/anybody", &[])).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "nobody"));
    for header in ["Basic YTpi", "Bearer", "Bearer x", ""] {
        let answer = Answer::of(&router, request("/anybody", &[("authorization", header)])).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header:?}");
    }
}

/// A state whose routers do not believe one another's tokens.
#[derive(Clone)]
struct Two {
    outer: Verifier,
    inner: Verifier,
}

#[derive(Clone)]
struct Inner(Two);

impl FromRef<Two> for Verifier {
    fn from_ref(two: &Two) -> Self {
        two.outer.clone()
    }
}

impl FromRef<Inner> for Verifier {
    fn from_ref(inner: &Inner) -> Self {
        inner.0.inner.clone()
    }
}

#[tokio::test]
async fn a_router_within_a_router_asks_its_own_verifier() {
    let two = Two { outer: verifier(HMAC.keys()).await, inner: verifier(RSA.keys()).await };
    let router = |inner: Router| {
        let guard = from_extractor_with_state::<Caller, _>(two.clone());
        Router::new().route("/outer", get(who)).with_state(two.clone()).nest("/inner", inner).layer(guard)
    };
    let of_inner = || Router::new().route("/who", get(who)).with_state(Inner(two.clone()));
    let same = || Router::new().route("/who", get(who)).with_state(two.clone());
    let alice = Uuid::now_v7();
    let (hmac, rsa) = (HMAC.token(&claims(alice.to_string())), RSA.token(&claims(alice.to_string())));
    let status = async |router: &Router, path: &str, token: &str| {
        Answer::of(router, request(path, &[("authorization", &format!("Bearer {token}"))])).await.status
    };
    let (strict, lax) = (router(of_inner()), router(same()));
    assert_eq!(status(&strict, "/outer", &hmac).await, StatusCode::OK);
    assert_eq!(status(&strict, "/inner/who", &hmac).await, StatusCode::UNAUTHORIZED, "the inner one is not satisfied");
    assert_eq!(status(&strict, "/inner/who", &rsa).await, StatusCode::UNAUTHORIZED, "the outer one is not satisfied");
    assert_eq!(status(&lax, "/inner/who", &hmac).await, StatusCode::OK);
    assert_eq!(status(&lax, "/inner/who", &rsa).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_verifier_that_looks_the_same_is_another() {
    // Same keys, other audience.
    let outer = verifier(HMAC.keys()).await;
    let inner = Verifier::builder(HMAC.keys()).issuer("issuer").audience("notes").build().await.unwrap();
    let two = Two { outer, inner };
    let inner = Router::new().route("/who", get(who)).with_state(Inner(two.clone()));
    let router = Router::new().merge(inner).layer(from_extractor_with_state::<Caller, _>(two));
    let both = changed(&claims(Uuid::now_v7().to_string()), &json!({ "aud": ["tasks", "notes"] }));
    for (claims, status) in [(both, StatusCode::OK), (claims(Uuid::now_v7().to_string()), StatusCode::UNAUTHORIZED)] {
        let bearer = format!("Bearer {}", HMAC.token(&claims));
        assert_eq!(Answer::of(&router, request("/who", &[("authorization", &bearer)])).await.status, status);
    }
}

#[tokio::test]
async fn a_header_that_has_changed_on_the_way_is_read_again() {
    async fn becomes(mut request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
        if let Some(other) = request.headers_mut().remove("x-becomes") {
            request.headers_mut().insert(header::AUTHORIZATION, other);
        }
        next.run(request).await
    }
    let verifier = verifier::<Uuid>(HMAC.keys()).await;
    let router = Router::new()
        .route("/who", get(who))
        .layer(axum::middleware::from_fn(becomes))
        .layer(from_extractor_with_state::<Caller, _>(verifier.clone()))
        .with_state(verifier);
    let (alice, bob) = (Uuid::now_v7(), Uuid::now_v7());
    let bearer = |user: Uuid| format!("Bearer {}", HMAC.token(&claims(user.to_string())));
    let headers = [("authorization", &*bearer(alice)), ("x-becomes", &*bearer(bob))];
    assert_eq!(Answer::of(&router, request("/who", &headers)).await.text(), bob.to_string());
}

#[tokio::test]
async fn the_reason_of_a_refusal_is_in_the_log_and_no_token_is() {
    let (router, alice, _) = of_hmac().await;
    let token = HMAC.token(&changed(&claims(alice.to_string()), &json!({ "aud": "other" })));
    let bearer = format!("Bearer {token}");
    let (answer, records) = captured(Answer::of(&router, request("/who", &[("authorization", &bearer)]))).await;
    assert!(!answer.text().contains("audience"), "{}", answer.text());
    let record = records.iter().find(|record| record.target == "user_scope").expect("an event");
    let shown = format!("{records:?}");
    assert!(record.fields["cause"].contains("the token is for another audience"), "{record:?}");
    assert!(!shown.contains(&token) && !shown.contains(token.rsplit('.').next().unwrap()), "{shown}");
}

#[tokio::test]
async fn keys_that_are_not_there_are_no_fault_of_the_token() {
    let problem = Problem::from(user_scope::web::TokenError::KeysUnavailable);
    let answer = axum::response::IntoResponse::into_response(problem);
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "10");
    assert!(answer.headers().get(header::WWW_AUTHENTICATE).is_none());
}

/// The state of an application.
struct App<DB: Backend> {
    pool: ScopedPool<DB>,
    verifier: Verifier,
}

impl<DB: Backend> Clone for App<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), verifier: self.verifier.clone() }
    }
}

impl<DB: Backend> FromRef<App<DB>> for Verifier {
    fn from_ref(app: &App<DB>) -> Self {
        app.verifier.clone()
    }
}

impl<DB: Backend> FromRef<App<DB>> for ScopedPool<DB> {
    fn from_ref(app: &App<DB>) -> Self {
        app.pool.clone()
    }
}

async fn count<DB: TestDb>(admin: Administrator<DB>) -> Result<String, Problem> {
    Ok(format!("{} {}", admin.repository::<Task>().query().count().await?, admin.receipt_id()))
}

async fn nothing<DB: TestDb>(admin: Administrator<DB>) -> String {
    let shown = format!("{admin:?}");
    format!("{shown}; {}", admin.into_inner().reason())
}

async fn of_administrators<DB: TestDb>() -> (World<DB>, Router) {
    let world = World::<DB>::open().await;
    let app = App { pool: world.pool.clone(), verifier: verifier(HMAC.keys()).await };
    let router = Router::new().route("/count", get(count::<DB>)).route("/nothing", get(nothing::<DB>));
    (world, router.with_state(app))
}

fn bearer(user: Uuid, roles: Value) -> String {
    format!("Bearer {}", HMAC.token(&changed(&claims(user.to_string()), &json!({ "roles": roles }))))
}

async fn an_administrator_reaches_everybodys_rows_and_has_left_a_receipt_by_then<DB: TestDb>() {
    let (world, router) = of_administrators::<DB>().await;
    world.task(&user(), "hers").await;
    world.task(&user(), "his").await;
    let admin = Uuid::now_v7();
    let headers = [("authorization", &*bearer(admin, json!(["admin"]))), ("access-reason", "support%20case%204711")];
    let answer = Answer::of(&router, request("/count", &headers)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let log = world.log().await;
    let [.., receipt, read] = &log[..] else { panic!("{log:?}") };
    assert_eq!(answer.text(), format!("2 {}", receipt.entity_id));
    assert_eq!((&*receipt.operation, &receipt.user_id), ("system_access", &admin.to_string()));
    assert_eq!(receipt.details, r#"{"reason":"support case 4711"}"#);
    assert_eq!(read.user_id, admin.to_string());
    assert!(read.details.contains(&receipt.entity_id), "{read:?}");
}

async fn who_is_no_administrator_or_says_no_reason_is_refused_and_leaves_no_receipt<DB: TestDb>() {
    let (world, router) = of_administrators::<DB>().await;
    let admin = bearer(Uuid::now_v7(), json!(["admin"]));
    let reader = bearer(Uuid::now_v7(), json!(["reader"]));
    let good = ("access-reason", "a good reason");
    let long = "x".repeat(1_001);
    type Refused<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);
    let refused: [Refused<'_>; 14] = [
        (&[], 401, "token_required"),
        (&[good], 401, "token_required"),
        (&[("authorization", "Bearer x"), good], 401, "invalid_token"),
        (&[("authorization", "Bearer x")], 401, "invalid_token"),
        (&[("authorization", &reader), good], 403, "not_an_administrator"),
        (&[("authorization", &reader)], 403, "not_an_administrator"),
        (&[("authorization", &admin)], 400, "reason_required"),
        (&[("authorization", &admin), good, good], 400, "reason_required"),
        (&[("authorization", &admin), ("access-reason", "")], 400, "reason_required"),
        (&[("authorization", &admin), ("access-reason", "%20%20")], 400, "reason_required"),
        (&[("authorization", &admin), ("access-reason", "...")], 400, "reason_required"),
        (&[("authorization", &admin), ("access-reason", "line%0Abreak")], 400, "reason_required"),
        (&[("authorization", &admin), ("access-reason", "no%FFtext")], 400, "reason_required"),
        (&[("authorization", &admin), ("access-reason", &long)], 400, "reason_required"),
    ];
    for (headers, status, code) in refused {
        for path in ["/count", "/nothing"] {
            let answer = Answer::of(&router, request(path, headers)).await;
            assert_eq!((answer.status.as_u16(), &*answer.problem().1), (status, code), "{headers:?}");
        }
    }
    assert_eq!(world.operations().await, [""; 0]);
}

async fn a_reason_in_any_language_is_recorded<DB: TestDb>() {
    let (world, router) = of_administrators::<DB>().await;
    let admin = Uuid::now_v7();
    let bearer = bearer(admin, json!("reader admin"));
    for (written, read) in [
        ("Beschwerde%20%C3%BCber%20%22Gr%C3%B6%C3%9Fe%22", "Beschwerde über \"Größe\""),
        ("%E8%8B%A6%E6%83%85%E5%87%A6%E7%90%86", "苦情処理"),
        ("100% sure, 5%", "100% sure, 5%"),
        ("plain words, as they are", "plain words, as they are"),
        ("größer", "größer"),
        ("a+b%2Bc", "a+b+c"),
    ] {
        let answer =
            Answer::of(&router, request("/nothing", &[("authorization", &bearer), ("access-reason", written)])).await;
        let shown = format!("Administrator(SystemContext({read:?}, asked for by UserContext({admin}))); {read}");
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, &*shown));
        let log = world.log().await;
        let details: Value = serde_json::from_str(&log.last().expect("a receipt").details).expect("JSON");
        assert_eq!(details, json!({ "reason": read }));
    }
    assert_eq!(world.operations().await, ["system_access system_context"; 6], "the receipts, and nothing else");
}

async fn without_a_log_an_administrator_is_told_to_try_again<DB: TestDb>() {
    let (world, router) = of_administrators::<DB>().await;
    DB::run(&world.raw, "DROP TABLE user_access_log").await.unwrap();
    let headers = [("authorization", &*bearer(Uuid::now_v7(), json!("admin"))), ("access-reason", "a good reason")];
    let (answer, records) = captured(Answer::of(&router, request("/nothing", &headers))).await;
    assert_eq!((answer.status.as_u16(), &*answer.problem().1), (503, "unavailable"));
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert!(!answer.text().contains("audit"), "{}", answer.text());
    let logged = records.iter().any(|record| {
        record.target == "user_scope"
            && record.fields.get("cause").is_some_and(|cause| cause.contains("pool.migrate()"))
    });
    assert!(logged, "{records:?}");
}

#[tokio::test]
async fn a_state_may_hold_a_verifier_of_users_and_one_of_others() {
    #[derive(Clone)]
    struct Both(Verifier, Verifier<String>);
    impl FromRef<Both> for Verifier {
        fn from_ref(both: &Both) -> Self {
            both.0.clone()
        }
    }
    impl FromRef<Both> for Verifier<String> {
        fn from_ref(both: &Both) -> Self {
            both.1.clone()
        }
    }
    async fn partner(partner: Caller<String>) -> String {
        partner.user().clone()
    }
    let both = Both(verifier(HMAC.keys()).await, verifier(RSA.keys()).await);
    let router = Router::new().route("/who", get(who)).route("/partner", get(partner)).with_state(both);
    let of = |token: String| format!("Bearer {token}");
    let (hmac, rsa) = (of(HMAC.token(&claims(Uuid::now_v7().to_string()))), of(RSA.token(&claims("shop"))));
    for (path, bearer, status) in
        [("/who", &hmac, 200), ("/partner", &rsa, 200), ("/who", &rsa, 401), ("/partner", &hmac, 401)]
    {
        assert_eq!(Answer::of(&router, request(path, &[("authorization", bearer)])).await.status, status, "{path}");
    }
}
