//! Somebody who speaks to the server, and what he hears, kept to the last byte.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::server::Server;

/// A user who is signed in, or somebody who is not.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    /// Empty for who is not signed in.
    pub id: String,
}

/// The password of everybody whom a test registers.
pub const PASSWORD: &str = "correct horse battery";

impl Client {
    /// Somebody without a token.
    pub fn nobody(server: &Server) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Self { http: http.expect("a client"), server: server.url().to_owned(), token: None, id: String::new() }
    }

    /// A new user, signed in.
    pub async fn register(server: &Server, name: &str) -> Self {
        let user = json!({ "username": name, "password": PASSWORD });
        Self::nobody(server).post("/auth/register", &user).await.expect(201);
        Self::sign_in(server, name, PASSWORD).await
    }

    /// A user who is there, signed in.
    pub async fn sign_in(server: &Server, name: &str, password: &str) -> Self {
        let nobody = Self::nobody(server);
        let answer = nobody.token(&[("grant_type", "password"), ("username", name), ("password", password)]).await;
        let token = answer.expect(200).json()["access_token"].as_str().expect("a token").to_owned();
        let client = nobody.with_token(&token);
        let id = text(&client.get("/auth/me").await.expect(200).json()["id"]);
        Self { id, ..client }
    }

    /// The same with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// His token, to be looked into.
    pub fn bearer(&self) -> &str {
        self.token.as_deref().expect("he is signed in")
    }

    /// Asks for a token by a form of these fields.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, "/auth/token").form(fields)).await
    }

    /// A request to a path of the API, or, by a leading `//`, of the server. It is to be sent by [`send`](Self::send).
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix("/") {
            Some(path) if path.starts_with('/') => format!("{}{path}", self.server),
            _ => format!("{}/api/v2{path}", self.server),
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends it. Of whatever is answered it is made sure that it has an id, and that an error is a problem.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_to_send(request).await.expect("the server answers")
    }

    /// The same of a server that may have gone.
    pub async fn try_to_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status, headers, body: response.bytes().await?.to_vec() };
        answer.assert_form();
        Ok(answer)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Makes a row, and gives its id.
    pub async fn make(&self, path: &str, body: &Value) -> String {
        text(&self.post(path, body).await.expect(201).json()["id"])
    }

    /// Makes a task, and gives its id.
    pub async fn task(&self, title: &str) -> String {
        self.make("/tasks", &json!({ "title": title })).await
    }
}

/// What the server has answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// This answer, which is to have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| panic!("no JSON ({fault}): {}", self.text()))
    }

    /// The header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header is text"))
    }

    /// What all headers of this name say.
    pub fn header_list(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).iter().map(|value| value.to_str().expect("a header is text"));
        values.flat_map(|value| value.split(',')).map(|value| value.trim().to_lowercase()).collect()
    }

    /// The rows of a list.
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().unwrap_or_else(|| panic!("no items: {}", self.text())).clone()
    }

    /// The fields that a 422 names.
    #[track_caller]
    pub fn fields(self) -> Vec<String> {
        let problem = self.expect(422).json();
        problem["errors"].as_array().expect("errors").iter().map(|error| text(&error["field"])).collect()
    }

    /// Everything that a client could tell two answers apart by, but for what differs between any two.
    pub fn traits(&self) -> (StatusCode, Vec<(String, String)>, String) {
        let differ = ["x-request-id", "date"];
        let headers = self.headers.iter().filter(|(name, _)| !differ.contains(&name.as_str()));
        let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
        headers.sort();
        (self.status, headers, self.text())
    }

    /// What holds of every answer: it has an id, and an error is a problem document that says the same as its status.
    #[track_caller]
    fn assert_form(&self) {
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "an answer without an id: {self:?}");
        assert!(self.status.as_u16() != 500, "the server failed: {}", self.text());
        if !self.status.is_client_error() && !self.status.is_server_error() {
            return;
        }
        let kind = self.headers.get(CONTENT_TYPE).map(|kind| kind.to_str().expect("text"));
        assert_eq!(kind, Some("application/problem+json"), "{} is no problem: {}", self.status, self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{problem}");
        for member in ["title", "detail", "code"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "no {member}: {problem}");
        }
        if self.status == StatusCode::UNPROCESSABLE_ENTITY {
            let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {problem}"));
            let is_told = |error: &Value| error["field"].is_string() && error["message"].is_string();
            assert!(!errors.is_empty() && errors.iter().all(is_told), "{problem}");
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = self.header("www-authenticate").unwrap_or_default();
            assert!(scheme.starts_with("Bearer"), "{scheme:?}");
        }
    }
}

/// A text of a JSON value, which is to be one.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
