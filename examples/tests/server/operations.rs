//! The operations of the server, as the tests ask for them: a line such as `PATCH /tasks/{}`, rows for it to be about, and a
//! body that is good.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::people::{ABSENT, name};

/// A method and a path, in which `{}` stands for an id.
pub struct Operation {
    method: Method,
    path: &'static str,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Operation {
    pub fn of(line: &'static str) -> Self {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        Self { method: method.parse().expect("a method"), path: path.trim_start() }
    }

    /// Asks for it, with a body that is good wherever there is one. What a dependency depends on is `user`'s.
    pub async fn ask(&self, asker: &Client, user: &Client, ids: &[String]) -> Answer {
        let path = ids.iter().fold(self.path.to_owned(), |path, id| path.replacen("{}", id, 1));
        let request = asker.request(self.method.clone(), &path).header("access-reason", "the table of routes");
        if self.path == "/auth/token" {
            let known = [("grant_type", "password"), ("username", "bob-1"), ("password", PASSWORD)];
            return asker.send(request.form(&known)).await;
        }
        let body = match self.method {
            Method::POST => new(self.collection(), user).await,
            Method::PATCH => changed(self.collection()),
            _ => return asker.send(request).await,
        };
        let body = if self.path.ends_with("/bulk") { json!([body]) } else { body };
        asker.send(request.json(&body)).await
    }

    /// The word for the rows that it is about.
    fn collection(&self) -> &'static str {
        self.path.split('/').rfind(|word| !["{}", "bulk"].contains(word)).expect("a word")
    }
}

/// Rows for an operation to be about.
pub struct Place {
    /// The ids of the operation's path.
    pub ids: Vec<String>,
    /// Where their owner finds them.
    paths: Vec<String>,
}

impl Place {
    /// Makes what the operation's path leads to.
    pub async fn make(owner: &Client, operation: &Operation) -> Self {
        let (mut ids, mut paths) = (Vec::new(), Vec::<String>::new());
        let words: Vec<_> = operation.path.trim_start_matches('/').split('/').collect();
        for pair in words.windows(2).filter(|pair| pair[1] == "{}") {
            let path = format!("{}/{}", paths.last().map_or("", String::as_str), pair[0]);
            let id = owner.make(&path, &new(pair[0], owner).await).await;
            paths.push(format!("{path}/{id}"));
            ids.push(id);
        }
        Self { ids, paths }
    }

    /// Ids that are nobody's.
    pub fn absent(operation: &Operation) -> Self {
        Self { ids: vec![ABSENT.to_owned(); operation.path.matches("{}").count()], paths: Vec::new() }
    }

    /// What their owner sees of the rows, and below them.
    pub async fn state(&self, owner: &Client) -> Vec<String> {
        let mut seen = Vec::new();
        for path in &self.paths {
            seen.push(owner.get(path).await.expect(200).text());
        }
        if let Some(task) = self.paths.first().filter(|path| path.starts_with("/tasks/")) {
            for below in ["subtasks", "dependencies"] {
                seen.push(owner.get(&format!("{task}/{below}")).await.expect(200).text());
            }
        }
        seen
    }
}

/// A row that can be made.
pub async fn new(collection: &str, user: &Client) -> Value {
    match collection {
        "register" => json!({ "username": name(), "password": PASSWORD }),
        "tasks" | "subtasks" => json!({ "title": "New" }),
        "dependencies" => json!({ "depends_on_id": user.task("Needed").await }),
        "projects" => json!({ "name": name(), "description": "" }),
        "agents" => json!({ "name": "New", "role": "helps" }),
        "rules" => json!({ "name": "New", "content": "Be kind.", "globs": "**" }),
        _ => unreachable!("a collection without a body: {collection}"),
    }
}

/// A change that can be made to it.
fn changed(collection: &str) -> Value {
    match collection {
        "tasks" | "subtasks" => json!({ "title": "Changed" }),
        "dependencies" => json!({ "note": "Changed" }),
        "projects" => json!({ "description": "Changed" }),
        "agents" => json!({ "role": "changes" }),
        "rules" => json!({ "active": false }),
        _ => unreachable!("a collection without a change: {collection}"),
    }
}

/// The path of an operation without the names of its parameters, as a client asks for it: those of the API without what
/// they all begin with, others behind a further slash.
pub fn without_names(path: &str) -> String {
    let path = path.strip_prefix("/api/v2").map_or_else(|| format!("/{path}"), str::to_owned);
    let words = path.split('/').map(|word| if word.starts_with('{') { "{}" } else { word });
    words.collect::<Vec<_>>().join("/")
}
