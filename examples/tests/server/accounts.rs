//! Accounts: who can be registered, and who gets a token.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::home::{Home, Kind};
use crate::server::Server;

on_each_database!(
    who_registers_gets_in_with_his_own_password_alone,
    a_name_is_taken_however_it_is_written,
    names_and_passwords_that_are_not_good_are_refused_by_field,
    an_unknown_user_and_a_wrong_password_read_alike,
    of_many_who_register_the_same_name_at_once_one_gets_it,
);

async fn who_registers_gets_in_with_his_own_password_alone(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let nobody = Client::nobody(&server);
    let user = json!({ "username": "Carol.C-1_x", "password": PASSWORD });
    let account = nobody.post("/auth/register", &user).await.expect(201);
    assert!(!account.text().contains(PASSWORD));
    let account = account.json();
    assert_eq!((&account["username"], &account["administrator"]), (&json!("Carol.C-1_x"), &json!(false)));
    let carol = Client::sign_in(&server, "carol.c-1_X", PASSWORD).await;
    assert_eq!(carol.get("/auth/me").await.expect(200).json(), account);
    let form = [("grant_type", "password"), ("username", "Carol.C-1_x"), ("password", PASSWORD)];
    let token = nobody.token(&form).await.expect(200);
    assert!(token.header("cache-control").is_some_and(|how| how.contains("no-store")), "{token:?}");
    let token = token.json();
    assert_eq!((&token["token_type"], &token["expires_in"]), (&json!("bearer"), &json!(3600)));
    for other in ["", "x", &PASSWORD.to_uppercase(), &format!("{PASSWORD} "), &PASSWORD[1..]] {
        let form = [("grant_type", "password"), ("username", "Carol.C-1_x"), ("password", other)];
        refused(&nobody.token(&form).await);
    }
    let stored: Vec<[String; 1]> = home.rows("SELECT password_hash FROM accounts").await;
    assert!(stored.iter().all(|[hash]| hash.starts_with("$argon2id$") && !hash.contains(PASSWORD)), "{stored:?}");
}

/// A token was not given, and it is not told why.
#[track_caller]
fn refused(answer: &Answer) {
    let problem = answer.clone().expect(400).json();
    assert_eq!(problem["code"], "invalid_grant", "{problem}");
}

async fn a_name_is_taken_however_it_is_written(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let nobody = Client::nobody(&server);
    Client::register(&server, "carol").await;
    for name in ["carol", "Carol", "CAROL"] {
        nobody.post("/auth/register", &json!({ "username": name, "password": "another password" })).await.expect(409);
    }
    Client::sign_in(&server, "Carol", PASSWORD).await;
}

async fn names_and_passwords_that_are_not_good_are_refused_by_field(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let nobody = Client::nobody(&server);
    let (long, good) = ("a".repeat(65), "a".repeat(64));
    for name in ["", " ", "a b", "a\0", "-a", ".a", "_a", "é", "a/b", "a\n", "аlice", &long] {
        let user = json!({ "username": name, "password": PASSWORD });
        assert_eq!(nobody.post("/auth/register", &user).await.fields(), ["username"], "{name:?}");
    }
    for password in ["", "1234567", &"é".repeat(201)] {
        let user = json!({ "username": "carol", "password": password });
        assert_eq!(nobody.post("/auth/register", &user).await.fields(), ["password"], "{password:?}");
    }
    for (body, field) in [
        (json!({ "username": "carol" }), "password"),
        (json!({ "password": PASSWORD }), "username"),
        (json!({ "username": 1, "password": PASSWORD }), "username"),
        (json!({ "username": "carol", "password": null }), "password"),
        (json!({ "username": "carol", "password": PASSWORD, "administrator": true }), "administrator"),
        (json!({ "username": "carol", "password": PASSWORD, "id": crate::people::ABSENT }), "id"),
    ] {
        assert_eq!(nobody.post("/auth/register", &body).await.fields(), [field], "{body}");
    }
    for (name, password) in [(good.as_str(), "12345678"), ("0", &"é".repeat(200))] {
        nobody.post("/auth/register", &json!({ "username": name, "password": password })).await.expect(201);
        Client::sign_in(&server, name, password).await;
    }
}

async fn an_unknown_user_and_a_wrong_password_read_alike(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    Client::register(&server, "carol").await;
    let nobody = Client::nobody(&server);
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut answers = Vec::new();
    for _ in 0..7 {
        for (name, times) in [("carol", &mut known), ("nobody-of-us", &mut unknown)] {
            let form = [("grant_type", "password"), ("username", name), ("password", "a wrong password")];
            let begun = Instant::now();
            answers.push(nobody.token(&form).await);
            times.push(begun.elapsed());
        }
    }
    answers.iter().for_each(refused);
    assert!(answers.iter().all(|answer| answer.traits() == answers[0].traits()), "{answers:?}");
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (known, unknown) = (median(&mut known), median(&mut unknown));
    assert!(known < unknown * 3 && unknown < known * 3, "who is there costs {known:?}, who is not {unknown:?}");
}

async fn of_many_who_register_the_same_name_at_once_one_gets_it(kind: Kind) {
    let (_home, server) = Server::on(kind).await;
    let nobody = Client::nobody(&server);
    let user = json!({ "username": "carol", "password": PASSWORD });
    let all = futures_util::future::join_all((0..6).map(|_| nobody.post("/auth/register", &user))).await;
    let mut statuses: Vec<_> = all.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn whoever_tries_too_often_is_told_when_to_come_back() {
    let home = Home::of(Kind::Sqlite).await;
    let server = Server::start_with(&home, &["--sign-in-attempts", "3"]).await;
    let nobody = Client::nobody(&server);
    let wrong = [("grant_type", "password"), ("username", "alice"), ("password", "a wrong password")];
    for _ in 0..3 {
        refused(&nobody.token(&wrong).await);
    }
    for password in ["a wrong password", "alice-demo-1"] {
        let form = [("grant_type", "password"), ("username", "alice"), ("password", password)];
        let answer = nobody.token(&form).await.expect(429);
        let seconds = answer.header(RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse::<u64>().ok());
        assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer:?}");
    }
    // What is limited is signing in, and nothing else.
    nobody.get("//healthz").await.expect(200);
}

#[tokio::test]
async fn a_form_that_is_none_is_told_what_it_lacks() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let nobody = Client::nobody(&server);
    let user = [("username", "alice"), ("password", "alice-demo-1")];
    for grant in ["", "client_credentials", "refresh_token", "Password"] {
        let form: Vec<_> = [("grant_type", grant)].into_iter().chain(user).collect();
        assert_eq!(nobody.token(&form).await.fields(), ["grant_type"], "{grant:?}");
    }
    for lacking in ["grant_type", "username", "password"] {
        let whole = [("grant_type", "password")].into_iter().chain(user);
        let form: Vec<_> = whole.filter(|(name, _)| *name != lacking).collect();
        assert_eq!(nobody.token(&form).await.fields(), [lacking]);
    }
    let whole = "grant_type=password&username=alice&password=alice-demo-1";
    for (body, field) in [
        ("", "grant_type"),
        ("=", ""),
        ("&&&", "grant_type"),
        ("%", "%"),
        ("grant_type", "username"),
        (&format!("{whole}&username=bob"), "username"),
        (&format!("{whole}&administrator=true"), "administrator"),
    ] {
        let request = nobody.request(Method::POST, "/auth/token");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.to_owned());
        assert_eq!(nobody.send(request).await.fields(), [field], "{body}");
    }
    for body in ["grant_type=password&username=%00&password=%00", "grant_type=password&username=%ff&password=%ff"] {
        let request = nobody.request(Method::POST, "/auth/token");
        refused(&nobody.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await);
    }
    let with_type = |kind: &str| nobody.request(Method::POST, "/auth/token").header(CONTENT_TYPE, kind).body(whole);
    nobody.send(with_type("application/x-www-form-urlencoded; charset=utf-8")).await.expect(200);
    nobody.send(with_type("application/json")).await.expect(415);
    nobody.send(with_type("text/plain")).await.expect(415);
    let as_json: Value = json!({ "grant_type": "password", "username": "alice", "password": "alice-demo-1" });
    nobody.post("/auth/token", &as_json).await.expect(415);
}
