//! A user who asks for one thing after the other, by chance from a seed, and keeps count of what he has done.

use reqwest::Method;
use serde_json::{Value, json};

use super::accesses::{Access, Ask, At, Whose, recorded};
use crate::client::{Answer, Client, text};
use crate::people::ABSENT;

/// What others try to reach, for it is never removed.
#[derive(Debug, Clone)]
pub struct Standing {
    owner: String,
    task: String,
    subtask: String,
    project: String,
}

/// A task, and what goes with it.
struct Task {
    id: String,
    subtasks: Vec<String>,
    project: Option<String>,
}

pub struct Player {
    client: Client,
    chance: Chance,
    standing: Standing,
    tasks: Vec<Task>,
    projects: Vec<String>,
    /// Each with the task that waits and the one that it waits for.
    dependencies: Vec<(String, String)>,
    accesses: Vec<Access>,
    made: usize,
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

impl Player {
    pub async fn new(client: Client, seed: u64) -> Self {
        let task = client.task("Standing").await;
        let subtask = client.make(&format!("/tasks/{task}/subtasks"), &json!({ "title": "Standing" })).await;
        let project = client.make("/projects", &json!({ "name": "Standing" })).await;
        let standing = Standing { owner: client.id.clone(), task, subtask, project };
        let mut player = Self {
            client,
            chance: Chance(seed),
            standing,
            tasks: Vec::new(),
            projects: Vec::new(),
            dependencies: Vec::new(),
            accesses: Vec::new(),
            made: 0,
        };
        player.did(Ask::Make(1), At::Top, "tasks", Whose::Own);
        player.did(Ask::Make(1), At::Task, "subtasks", Whose::Own);
        player.did(Ask::Make(1), At::Top, "projects", Whose::Own);
        player
    }

    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }

    pub fn id(&self) -> &str {
        &self.client.id
    }

    pub fn accesses(&self) -> impl Iterator<Item = Access> {
        self.accesses.iter().cloned()
    }

    /// Asks for so many things.
    pub async fn play(mut self, all: &[Standing], requests: usize) -> Self {
        let others: Vec<_> = all.iter().filter(|standing| standing.owner != self.client.id).cloned().collect();
        for _ in 0..requests {
            match self.chance.below(20) {
                0..=3 => self.make().await,
                4..=6 => self.look().await,
                7..=9 => self.list().await,
                10..=12 => self.change().await,
                13 => self.remove().await,
                14 => self.ask_for_nobodys().await,
                _ => {
                    let other = self.chance.of(&others).clone();
                    self.try_at(&other).await;
                }
            }
        }
        self
    }

    fn did(&mut self, ask: Ask, at: At, entity: &str, whose: Whose) {
        self.accesses.extend(recorded(ask, at, entity, whose, &[]));
    }

    fn title(&mut self) -> String {
        self.made += 1;
        format!("{} of {}", self.made, self.client.id)
    }

    /// Everything in an answer that belongs to somebody belongs to the one who asked.
    fn is_own(&self, answer: &Answer) {
        let rows = match answer.json() {
            Value::Object(page) if page.contains_key("items") => page["items"].as_array().expect("rows").clone(),
            row => vec![row],
        };
        assert!(rows.iter().all(|row| row["user_id"] == self.client.id), "a foreign row: {}", answer.text());
    }

    async fn make(&mut self) {
        let title = self.title();
        let known = (!self.tasks.is_empty()).then(|| self.chance.below(self.tasks.len()));
        match (self.chance.below(6), known) {
            (0, _) => {
                self.projects.push(self.client.make("/projects", &json!({ "name": title })).await);
                self.did(Ask::Make(1), At::Top, "projects", Whose::Own);
            }
            (1, Some(task)) => {
                let path = format!("/tasks/{}/subtasks", self.tasks[task].id);
                let id = self.client.make(&path, &json!({ "title": title })).await;
                self.tasks[task].subtasks.push(id);
                self.did(Ask::Make(1), At::Task, "subtasks", Whose::Own);
            }
            (2, Some(task)) => {
                let needed = self.client.task(&title).await;
                self.did(Ask::Make(1), At::Top, "tasks", Whose::Own);
                let waits = self.tasks[task].id.clone();
                self.client.make(&format!("/tasks/{waits}/dependencies"), &json!({ "depends_on_id": needed })).await;
                self.did(Ask::Make(1), At::Task, "task_dependencies", Whose::Own);
                self.dependencies.push((waits, needed.clone()));
                self.tasks.push(Task { id: needed, subtasks: Vec::new(), project: None });
            }
            (3, _) => {
                let rows = 1 + self.chance.below(9);
                let new: Vec<_> = (0..rows).map(|row| json!({ "title": format!("{title}, {row}") })).collect();
                let made = self.client.post("/tasks/bulk", &json!(new)).await.expect(201);
                self.is_own(&made);
                let made = made.items().into_iter().map(|row| text(&row["id"]));
                self.tasks.extend(made.map(|id| Task { id, subtasks: Vec::new(), project: None }));
                self.did(Ask::Make(rows), At::Top, "tasks", Whose::Own);
            }
            _ => {
                let project = (!self.projects.is_empty()).then(|| self.chance.of(&self.projects).clone());
                let id = self.client.make("/tasks", &json!({ "title": title, "project_id": project })).await;
                self.tasks.push(Task { id, subtasks: Vec::new(), project });
                self.did(Ask::Make(1), At::Top, "tasks", Whose::Own);
            }
        }
    }

    async fn look(&mut self) {
        let with_subtasks: Vec<_> = self.tasks.iter().filter(|task| !task.subtasks.is_empty()).collect();
        if self.chance.below(2) == 0 && !with_subtasks.is_empty() {
            let task = self.chance.of(&with_subtasks);
            let path = format!("/tasks/{}/subtasks/{}", task.id, self.chance.of(&task.subtasks));
            self.is_own(&self.client.get(&path).await.expect(200));
            return self.did(Ask::Get, At::Task, "subtasks", Whose::Own);
        }
        let id = if self.tasks.is_empty() { &self.standing.task } else { &self.chance.of(&self.tasks).id };
        self.is_own(&self.client.get(&format!("/tasks/{id}")).await.expect(200));
        self.did(Ask::Get, At::Top, "tasks", Whose::Own);
    }

    async fn list(&mut self) {
        let below = format!("/tasks/{}/subtasks?done=false", self.standing.task);
        let lists = [
            ("/tasks?limit=7&order=title", At::Top, "tasks"),
            ("/tasks?q=1&status=todo", At::Top, "tasks"),
            ("/projects", At::Top, "projects"),
            ("/agents", At::Top, "agents"),
            ("/rules?active=true", At::Top, "cursor_rules"),
            (&below, At::Task, "subtasks"),
        ];
        let (path, at, entity) = *self.chance.of(&lists);
        self.is_own(&self.client.get(path).await.expect(200));
        self.did(Ask::List, at, entity, Whose::Own);
    }

    async fn change(&mut self) {
        let title = self.title();
        let id = if self.tasks.is_empty() { &self.standing.task } else { &self.chance.of(&self.tasks).id };
        let path = format!("/tasks/{id}");
        if self.chance.below(4) == 0 {
            let request = self.client.request(Method::PATCH, &path).header("if-match", "\"0\"");
            self.client.send(request.json(&json!({ "title": title }))).await.expect(412);
            return self.did(Ask::ChangeStale, At::Top, "tasks", Whose::Own);
        }
        self.is_own(&self.client.patch(&path, &json!({ "title": title })).await.expect(200));
        self.did(Ask::Change, At::Top, "tasks", Whose::Own);
    }

    async fn remove(&mut self) {
        if self.chance.below(4) == 0 && !self.projects.is_empty() {
            let project = self.projects.swap_remove(self.chance.below(self.projects.len()));
            self.client.delete(&format!("/projects/{project}")).await.expect(204);
            let mut along = Vec::new();
            for task in self.tasks.iter_mut().filter(|task| task.project.as_ref() == Some(&project)) {
                task.project = None;
                along.push(("update", "tasks"));
            }
            return self.accesses.extend(recorded(Ask::Remove, At::Top, "projects", Whose::Own, &along));
        }
        if self.tasks.is_empty() {
            return;
        }
        let task = self.tasks.swap_remove(self.chance.below(self.tasks.len()));
        self.client.delete(&format!("/tasks/{}", task.id)).await.expect(204);
        let before = self.dependencies.len();
        self.dependencies.retain(|(waits, needed)| *waits != task.id && *needed != task.id);
        let mut along = vec![("delete", "subtasks"); task.subtasks.len()];
        along.extend(vec![("delete", "task_dependencies"); before - self.dependencies.len()]);
        self.accesses.extend(recorded(Ask::Remove, At::Top, "tasks", Whose::Own, &along));
    }

    async fn ask_for_nobodys(&mut self) {
        let (method, ask) = self.chance.of(&[(Method::GET, Ask::Get), (Method::DELETE, Ask::Remove)]).clone();
        let path = format!("/tasks/{ABSENT}");
        self.client.send(self.client.request(method, &path)).await.expect(404);
        self.did(ask, At::Top, "tasks", Whose::Nobodys);
    }

    /// Everything that can be tried at what is another's, with the ids that only he can know.
    async fn try_at(&mut self, other: &Standing) {
        let (theirs, own) = (format!("/tasks/{}", other.task), format!("/tasks/{}", self.standing.task));
        let (below, child) = (format!("{theirs}/subtasks"), format!("subtasks/{}", other.subtask));
        let tries = [
            (Ask::Get, theirs.clone(), At::Top, "tasks", Whose::Foreign),
            (Ask::Change, theirs.clone(), At::Top, "tasks", Whose::Foreign),
            (Ask::Remove, theirs.clone(), At::Top, "tasks", Whose::Foreign),
            (Ask::List, below.clone(), At::Task, "subtasks", Whose::Foreign),
            (Ask::Make(1), below, At::Task, "subtasks", Whose::Foreign),
            (Ask::Get, format!("{theirs}/{child}"), At::Task, "subtasks", Whose::Foreign),
            (Ask::Get, format!("{own}/{child}"), At::Task, "subtasks", Whose::ForeignBelowOwn),
            (Ask::Change, format!("{own}/{child}"), At::Task, "subtasks", Whose::ForeignBelowOwn),
            (Ask::Remove, format!("{own}/{child}"), At::Task, "subtasks", Whose::ForeignBelowOwn),
            (Ask::Remove, format!("/projects/{}", other.project), At::Top, "projects", Whose::Foreign),
            (Ask::Make(1), "/tasks".to_owned(), At::Top, "tasks", Whose::ForeignProject),
        ];
        let (ask, path, at, entity, whose) = self.chance.of(&tries).clone();
        let request = |method| self.client.request(method, &path);
        let title = json!({ "title": "Mine now" });
        let request = match (ask, whose) {
            (_, Whose::ForeignProject) => {
                request(Method::POST).json(&json!({ "title": "Mine", "project_id": other.project }))
            }
            (Ask::Make(_), _) => request(Method::POST).json(&title),
            (Ask::Change | Ask::ChangeStale, _) => request(Method::PATCH).json(&title),
            (Ask::Remove, _) => request(Method::DELETE),
            (Ask::List | Ask::Get, _) => request(Method::GET),
        };
        let status = if whose == Whose::ForeignProject { 422 } else { 404 };
        let answer = self.client.send(request).await.expect(status);
        assert!(!answer.text().contains("Standing") && !answer.text().contains(&other.owner), "{}", answer.text());
        self.did(ask, at, entity, whose);
    }
}
