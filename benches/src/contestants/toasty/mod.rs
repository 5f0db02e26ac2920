//! Toasty, as its guide shows it: the owner is part of the key. PostgreSQL alone: its driver for SQLite asks for another
//! libsqlite3-sys than sqlx does, and Cargo lets one version of it be linked.

mod times;

use chrono::{DateTime, NaiveDate, Utc};
use toasty::Db;
use toasty::schema::Model;
use user_scope::Uuid;

use super::Contestant;
use super::by_hand::now;
use crate::databases::CONNECTIONS;
use crate::world::{self, Task};
use times::Stored;

#[derive(Debug, toasty::Model)]
#[table = "tasks"]
#[key(partition = user_id, local = id)]
struct Row {
    /// By itself, so that the cursor of a page need not hold the owner as well.
    #[unique]
    id: Uuid,
    user_id: Uuid,
    title: String,
    status: Status,
    due_on: Option<Stored<NaiveDate>>,
    created_at: Stored<DateTime<Utc>>,
    updated_at: Stored<DateTime<Utc>>,
}

#[derive(Debug, toasty::Embed)]
#[column(type = text)]
enum Status {
    Todo,
    Done,
}

impl From<Row> for Task {
    fn from(row: Row) -> Self {
        let Row { id, user_id, title, status, due_on, created_at, updated_at } = row;
        let status = match status {
            Status::Todo => world::Status::Todo,
            Status::Done => world::Status::Done,
        };
        let (due_on, created_at, updated_at) = (due_on.map(|day| day.0), created_at.0, updated_at.0);
        Self { id, user_id, title, status, due_on, created_at, updated_at }
    }
}

fn new(user: Uuid, title: String) -> <Row as Model>::Create {
    let now = now();
    let row = Row::create().id(Uuid::now_v7()).user_id(user).title(title).status(Status::Todo);
    row.created_at(Stored(now)).updated_at(Stored(now))
}

pub(crate) struct Toasty(Db);

impl Toasty {
    pub(crate) async fn connect(address: &str) -> Self {
        let mut database = Db::builder();
        database.models(toasty::models!(Row)).max_pool_size(CONNECTIONS as usize);
        Self(database.connect(address).await.expect("the server runs"))
    }

    /// A handle; its methods want one to change.
    fn db(&self) -> Db {
        self.0.clone()
    }
}

fn read(rows: Vec<Row>) -> Vec<Task> {
    rows.into_iter().map(Task::from).collect()
}

impl Contestant for Toasty {
    async fn get(&self, user: Uuid, id: Uuid) -> Task {
        Row::get_by_user_id_and_id(&mut self.db(), user, id).await.expect("the user's own task").into()
    }

    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let rows = Row::filter_by_user_id(user).order_by(Row::fields().created_at().desc()).limit(limit as usize);
        read(rows.exec(&mut self.db()).await.expect("tasks"))
    }

    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let rows = Row::filter_by_user_id(user).filter(Row::fields().status().eq(Status::Todo));
        let rows = rows.order_by(Row::fields().created_at().desc()).limit(limit as usize);
        read(rows.exec(&mut self.db()).await.expect("tasks"))
    }

    async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task> {
        let newest = (Row::fields().created_at().desc(), Row::fields().id().desc());
        let pages = Row::filter_by_user_id(user).order_by(newest).paginate(size as usize);
        let first = pages.exec(&mut self.db()).await.expect("tasks");
        let second = first.next(&mut self.db()).await.expect("tasks");
        read(second.expect("another page").items)
    }

    /// An update gives no rows back: the row is read first, as in its guide, and keeps what was changed.
    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let mut db = self.db();
        let mut row = Row::get_by_user_id_and_id(&mut db, user, id).await.expect("the user's own task");
        row.update().title(title).updated_at(Stored(now())).exec(&mut db).await.expect("a change");
        row.into()
    }

    /// The row that comes back is the one that was sent; the database is not asked for it.
    async fn insert(&self, user: Uuid, title: String) -> Task {
        new(user, title).exec(&mut self.db()).await.expect("a new task").into()
    }

    async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task> {
        let rows = titles.into_iter().fold(Row::create_many(), |rows, title| rows.item(new(user, title)));
        read(rows.exec(&mut self.db()).await.expect("new tasks"))
    }

    /// Whether there was a row to delete is not told.
    async fn delete(&self, user: Uuid, id: Uuid) {
        Row::delete_by_user_id_and_id(&mut self.db(), user, id).await.expect("a task");
    }
}
