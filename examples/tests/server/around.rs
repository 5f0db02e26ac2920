//! What is around the API: other origins, ids of requests, sizes and types, health and figures.

use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, ORIGIN};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Answer, Client};
use crate::home::{Home, Kind};
use crate::server::Server;

/// Asks as a browser does before it lets a page of `origin` send a request.
async fn preflight(client: &Client, origin: &str) -> Answer {
    let request = client.request(Method::OPTIONS, "/tasks").header(ORIGIN, origin);
    let request = request.header("access-control-request-method", "PATCH");
    client
        .send(request.header("access-control-request-headers", "authorization,content-type,if-match,access-reason"))
        .await
}

#[tokio::test]
async fn a_page_of_an_origin_that_was_named_may_ask_and_no_other() {
    let home = Home::of(Kind::Sqlite).await;
    let named = "https://app.example,http://localhost:3000";
    let server = Server::start_with(&home, &["--cors-origin", named]).await;
    let nobody = Client::nobody(&server);
    for origin in named.split(',') {
        let answer = preflight(&nobody, origin).await;
        assert!(answer.status.is_success(), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let allowed = answer.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
        assert!(
            ["authorization", "content-type", "if-match", "access-reason"].iter().all(|name| allowed.contains(name)),
            "{allowed}"
        );
        assert!(answer.header("access-control-allow-methods").is_some_and(|methods| methods.contains("PATCH")));
        let answer = nobody.send(nobody.request(Method::GET, "/tasks").header(ORIGIN, origin)).await.expect(401);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "errors can be read as well");
        let shown = answer.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
        assert!(["etag", "location", "retry-after", "x-request-id"].iter().all(|name| shown.contains(name)), "{shown}");
        assert!(answer.header_list("vary").contains(&"origin".to_owned()), "{answer:?}");
    }
    for origin in ["https://app.example.evil.example", "http://app.example", "https://app.example:444", "null"] {
        let answers = [
            preflight(&nobody, origin).await,
            nobody.send(nobody.request(Method::GET, "/tasks").header(ORIGIN, origin)).await,
        ];
        for answer in answers {
            let allowed = answer.header("access-control-allow-origin");
            assert!(allowed.is_none_or(|allowed| allowed != origin && allowed != "*"), "{origin}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn without_a_named_origin_no_page_of_another_may_ask() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let answer = preflight(&Client::nobody(&server), "https://app.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_or_a_sane_one_of_the_clients() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let nobody = Client::nobody(&server);
    let paths = ["/tasks", "//", "//healthz", "//metrics", "//nothing", "//api/openapi.json", "//assets/nothing"];
    let mut seen = std::collections::HashSet::new();
    for path in paths.iter().chain(&paths) {
        let id = nobody.get(path).await.header("x-request-id").expect("an id").to_owned();
        assert!(seen.insert(id.clone()), "{path}: {id} again");
    }
    let ask = async |id: &[u8]| {
        let answer = nobody.send(nobody.request(Method::GET, "//healthz").header("x-request-id", id)).await;
        answer.headers["x-request-id"].as_bytes().to_vec()
    };
    for sane in ["a", "01890a5d-ac96-774b-bcce-b302099a8057", "trace_7.1"] {
        assert_eq!(ask(sane.as_bytes()).await, sane.as_bytes());
    }
    for insane in [&b""[..], b"a b", b"<script>", b"a\"b", b"\xff\xfe", "é".as_bytes(), &[b'x'; 300], b"a;b=c", b"a\tb"]
    {
        let answered = ask(insane).await;
        assert_ne!(answered, insane, "{}", String::from_utf8_lossy(insane));
        assert!(!answered.is_empty() && answered.len() <= 64, "{answered:?}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_of_another_type_is_refused() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let alice = Client::register(&server, "alice-1").await;
    let send = async |size: usize| {
        let frame = r#"{"title":"A","description":""}"#.len();
        let text = "x".repeat(size - frame);
        alice.post("/tasks", &json!({ "title": "A", "description": text })).await
    };
    assert_eq!(send(1024 * 1024).await.fields(), ["description"]);
    send(1024 * 1024 + 1).await.expect(413);
    let (token, most) = (alice.bearer(), "x".repeat(1024 * 1024 + 1));
    let headers = format!("authorization: Bearer {token}\r\ncontent-length: 3000000");
    assert_eq!(unfinished(&server, &headers, &most).await, "HTTP/1.1 413", "the rest is not waited for");
    let sent = |kind: Option<&str>| {
        let request = alice.request(Method::POST, "/tasks").body(r#"{"title":"A"}"#);
        alice.send(match kind {
            Some(kind) => request.header(CONTENT_TYPE, kind),
            None => request,
        })
    };
    for kind in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx"), Some("json")]
    {
        sent(kind).await.expect(415);
    }
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        sent(Some(kind)).await.expect(201);
    }
    let task = alice.task("A").await;
    let request = alice.request(Method::PATCH, &format!("/tasks/{task}")).body("{}").header(CONTENT_TYPE, "text/plain");
    alice.send(request).await.expect(415);
}

#[tokio::test]
async fn nobody_is_waited_for_who_has_not_said_who_he_is() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    assert_eq!(unfinished(&server, "content-length: 1000000", "").await, "HTTP/1.1 401");
}

/// How a request begins to be answered whose body is not sent to its end.
async fn unfinished(server: &Server, headers: &str, beginning: &str) -> String {
    let address = server.url().trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(address).await.expect("the server listens");
    let head = "POST /api/v2/tasks HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
    let sent = format!("{head}\r\n{headers}\r\n\r\n{beginning}");
    connection.write_all(sent.as_bytes()).await.expect("the beginning is sent");
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_who_asks_for_it() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let alice = Client::register(&server, "alice-1").await;
    let new: Vec<_> = (0..100).map(|n| json!({ "title": format!("Task {n}") })).collect();
    alice.post("/tasks/bulk", &json!(new)).await.expect(201);
    let plain = alice.get("/tasks?limit=100").await.expect(200);
    assert_eq!(plain.header(CONTENT_ENCODING.as_str()), None);
    let request = alice.request(Method::GET, "/tasks?limit=100").header("accept-encoding", "gzip");
    let packed = alice.send(request).await.expect(200);
    assert_eq!(packed.header(CONTENT_ENCODING.as_str()), Some("gzip"));
    assert!(
        packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() * 3 < plain.body.len(),
        "{}",
        packed.body.len()
    );
}

#[tokio::test]
async fn a_closing_slash_makes_no_difference() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let alice = Client::register(&server, "alice-1").await;
    let task = alice.post("/tasks/", &json!({ "title": "A" })).await.expect(201).json();
    let path = format!("/tasks/{}", crate::client::text(&task["id"]));
    assert_eq!(alice.get(&format!("{path}/")).await.expect(200).json(), task);
    alice.post(&format!("{path}/subtasks/"), &json!({ "title": "A" })).await.expect(201);
    alice.post("/tasks/bulk/", &json!([{ "title": "B" }])).await.expect(201);
    assert_eq!(alice.get("/tasks/?limit=1").await.expect(200).items()[0]["title"], "B");
    alice.patch(&format!("{path}/"), &json!({ "title": "C" })).await.expect(200);
    alice.delete(&format!("{path}/")).await.expect(204);
    assert_eq!(alice.get(&format!("{path}/")).await.expect(404).traits(), alice.get(&path).await.traits());
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be_done_are_problems_as_well() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let alice = Client::register(&server, "alice-1").await;
    for path in ["//nothing", "/nothing", "/tasks/a/b", "/tasks/%ff", "//api/v3/tasks", "/tasks/../../../etc/passwd"] {
        alice.get(path).await.expect(404);
    }
    let id = alice.task("A").await;
    for (method, path) in [
        (Method::PUT, "/tasks".to_owned()),
        (Method::DELETE, "/tasks".to_owned()),
        (Method::PUT, format!("/tasks/{id}")),
        (Method::POST, format!("/tasks/{id}")),
        (Method::POST, "//healthz".to_owned()),
        (Method::GET, "/auth/token".to_owned()),
    ] {
        let answer = alice.send(alice.request(method.clone(), &path)).await.expect(405);
        assert!(
            answer.header("allow").is_some_and(|allowed| !allowed.contains(method.as_str())),
            "{method} {path}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn health_and_figures_are_there_for_machines() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let (nobody, alice) = (Client::nobody(&server), Client::register(&server, "alice-1").await);
    assert_eq!(nobody.get("//healthz").await.expect(200).json(), json!({ "status": "ok" }));
    let id = alice.task("A secret title").await;
    alice.get(&format!("/tasks/{id}")).await.expect(200);
    let metrics = nobody.get("//metrics").await.expect(200);
    assert!(metrics.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{metrics:?}");
    let metrics = metrics.text();
    let counter = |operation: &str| {
        let is_it = |line: &&str| {
            !line.starts_with('#') && line.contains("\"tasks\"") && line.contains(&format!("\"{operation}\""))
        };
        metrics.lines().find(is_it).and_then(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
    };
    for operation in ["insert", "get"] {
        assert!(counter(operation).is_some_and(|count| count >= 1.0), "{operation} is not counted:\n{metrics}");
    }
    for secret in ["A secret title", &id, &alice.id, "alice-1", alice.bearer()] {
        assert!(!metrics.contains(secret), "{secret} is among the figures");
    }
}
