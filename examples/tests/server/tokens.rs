//! Which tokens are believed: those that this server has signed, and that have not expired.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::client::Client;
use crate::home::{Home, Kind};
use crate::people::ABSENT;
use crate::server::Server;

const SECRET: &str = "jwt-secret-of-the-tests-which-is-longer-than-any-digest-that-could-be-asked-for";

/// A server whose secret is known to the test, and a user of it.
async fn world() -> (Home, Server, Client) {
    let home = Home::of(Kind::Sqlite).await;
    let file = home.file("secret", SECRET);
    let server = Server::start_with(&home, &["--jwt-secret-file", &file, "--sign-in-attempts", "1000"]).await;
    let alice = Client::register(&server, "alice-1").await;
    (home, server, alice)
}

/// What stands in a token, and how it was signed.
fn read(token: &str) -> (Header, Value) {
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).expect("a token of this secret").claims;
    (header, claims)
}

fn sign(header: &Header, claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
}

/// Seconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
}

#[tokio::test]
async fn a_token_holds_for_an_hour_and_says_who_its_bearer_is() {
    let (_home, _server, alice) = world().await;
    let (header, claims) = read(alice.bearer());
    assert_ne!(header.typ.as_deref(), Some("none"));
    assert_eq!(claims["sub"], alice.id);
    let expires = claims["exp"].as_u64().expect("it expires");
    assert!((3_500..=3_600).contains(&(expires - now())), "{claims}");
    // What this test can sign, the server takes: the refusals below are for what was changed.
    let same = alice.with_token(&sign(&header, &claims, SECRET));
    assert_eq!(same.get("/auth/me").await.expect(200).json()["id"], alice.id);
}

#[tokio::test]
async fn a_token_that_was_forged_is_refused() {
    let (_home, _server, alice) = world().await;
    let (header, claims) = read(alice.bearer());
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().expect("claims").remove(name);
        claims
    };
    let [head, body, signature] = alice.bearer().split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let mut other = Header::new(if header.alg == Algorithm::HS512 { Algorithm::HS256 } else { Algorithm::HS512 });
    other.typ = header.typ.clone();
    // {"alg":"none"}, {"alg":"None","typ":"JWT"}
    let (none, none_too) = ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIiwidHlwIjoiSldUIn0");
    let stranger =
        sign(&header, &with("sub", json!(ABSENT)), "another secret, which is long enough as well, and quite as good");
    let foreign_body = stranger.split('.').nth(1).expect("three parts");
    for (what, token) in [
        ("another key", sign(&header, &claims, "another secret, which is long enough as well, and quite as good")),
        ("the empty key", sign(&header, &claims, "")),
        ("expired", sign(&header, &with("exp", json!(now() - 3_600)), SECRET)),
        ("never expires", sign(&header, &without("exp"), SECRET)),
        ("expires at no time", sign(&header, &with("exp", json!("never")), SECRET)),
        ("nobody", sign(&header, &without("sub"), SECRET)),
        ("a subject that is no id", sign(&header, &with("sub", json!("alice")), SECRET)),
        ("the nil user", sign(&header, &with("sub", json!("00000000-0000-0000-0000-000000000000")), SECRET)),
        ("another algorithm", sign(&other, &claims, SECRET)),
        ("no algorithm", format!("{none}.{body}.")),
        ("no algorithm, with a signature", format!("{none}.{body}.{signature}")),
        ("no algorithm, otherwise written", format!("{none_too}.{body}.")),
        ("no signature", format!("{head}.{body}.")),
        ("another's claims", format!("{head}.{foreign_body}.{signature}")),
        ("half", format!("{head}.{body}")),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("very long", "x".repeat(6_000)),
    ] {
        let answer = alice.with_token(&token).get("/tasks").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert!(!answer.text().contains(SECRET), "{what}");
    }
}

#[tokio::test]
async fn a_token_is_taken_as_a_bearers_and_in_no_other_way() {
    let (_home, server, alice) = world().await;
    let nobody = Client::nobody(&server);
    let token = alice.bearer();
    for (scheme, status) in [("Bearer", 200), ("bearer", 200), ("Basic", 401), ("Token", 401), ("", 401)] {
        let request = nobody.request(Method::GET, "/auth/me").header(AUTHORIZATION, format!("{scheme} {token}"));
        nobody.send(request).await.expect(status);
    }
    let twice = nobody.request(Method::GET, "/auth/me").bearer_auth(token).header(AUTHORIZATION, "Bearer x");
    nobody.send(twice).await.expect(401);
    nobody.get(&format!("/auth/me?access_token={token}")).await.expect(401);
    nobody
        .send(nobody.request(Method::GET, "/auth/me").header("cookie", format!("access_token={token}")))
        .await
        .expect(401);
}

#[tokio::test]
async fn a_token_of_a_user_who_is_not_there_any_more_opens_nothing_of_anybodys() {
    let (_home, _server, alice) = world().await;
    let task = alice.task("Hers").await;
    let (header, claims) = read(alice.bearer());
    let mut stranger = claims;
    stranger["sub"] = json!(ABSENT);
    let stranger = alice.with_token(&sign(&header, &stranger, SECRET));
    stranger.get("/auth/me").await.expect(401);
    stranger.get(&format!("/tasks/{task}")).await.expect(404);
    assert!(stranger.get("/tasks").await.expect(200).items().is_empty());
    stranger.get("/admin/audit/suspicious").await.expect(403);
}

#[tokio::test]
async fn the_servers_own_secret_is_kept_for_its_next_start_and_from_others() {
    use std::os::unix::fs::PermissionsExt as _;

    let (home, server) = Server::on(Kind::Sqlite).await;
    let alice = Client::register(&server, "alice-1").await;
    let token = alice.bearer().to_owned();
    server.stop().await;
    let server = Server::start(&home).await;
    let again = Client::nobody(&server).with_token(&token);
    assert_eq!(again.get("/auth/me").await.expect(200).json()["id"], alice.id);
    let files = std::fs::read_dir(home.directory()).expect("a directory").map(|file| file.expect("a file"));
    let secrets: Vec<_> = files.filter(|file| file.file_name().to_string_lossy().contains("secret")).collect();
    assert_eq!(secrets.len(), 1, "{secrets:?}");
    let mode = secrets[0].metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may read the secret: {mode:o}");
}
