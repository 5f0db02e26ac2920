//! Diesel on diesel-async, with deadpool as its documentation shows it; PostgreSQL alone.

use ::diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use user_scope::Uuid;

use super::Contestant;
use super::by_hand::now;
use crate::world::{Status, Task};

::diesel::table! {
    tasks (id) {
        id -> Uuid,
        user_id -> Uuid,
        title -> Text,
        status -> Text,
        due_on -> Nullable<Date>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tasks)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    title: String,
    status: String,
    due_on: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Task {
    fn from(row: Row) -> Self {
        let Row { id, user_id, title, status, due_on, created_at, updated_at } = row;
        let status = if status == "done" { Status::Done } else { Status::Todo };
        Self { id, user_id, title, status, due_on, created_at, updated_at }
    }
}

fn new(user_id: Uuid, title: String) -> Row {
    let now = now();
    let status = "todo".to_owned();
    Row { id: Uuid::now_v7(), user_id, title, status, due_on: None, created_at: now, updated_at: now }
}

pub(crate) struct Diesel(pub(crate) Pool<AsyncPgConnection>);

impl Diesel {
    async fn connection(&self) -> Object<AsyncPgConnection> {
        self.0.get().await.expect("the server runs")
    }
}

fn read(rows: Vec<Row>) -> Vec<Task> {
    rows.into_iter().map(Task::from).collect()
}

impl Contestant for Diesel {
    async fn get(&self, user: Uuid, id: Uuid) -> Task {
        let task = tasks::table.filter(tasks::id.eq(id)).filter(tasks::user_id.eq(user)).select(Row::as_select());
        task.first(&mut self.connection().await).await.expect("the user's own task").into()
    }

    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let rows = tasks::table.filter(tasks::user_id.eq(user)).order(tasks::created_at.desc()).limit(limit.into());
        read(rows.select(Row::as_select()).load(&mut self.connection().await).await.expect("tasks"))
    }

    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let rows = tasks::table.filter(tasks::user_id.eq(user)).filter(tasks::status.eq("todo"));
        let rows = rows.order(tasks::created_at.desc()).limit(limit.into());
        read(rows.select(Row::as_select()).load(&mut self.connection().await).await.expect("tasks"))
    }

    async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task> {
        let page = || {
            let rows = tasks::table.filter(tasks::user_id.eq(user));
            rows.order((tasks::created_at.desc(), tasks::id.desc())).limit(i64::from(size) + 1).select(Row::as_select())
        };
        let first: Vec<Row> = page().load(&mut self.connection().await).await.expect("tasks");
        let last = &first[size as usize - 1];
        let behind =
            tasks::created_at.lt(last.created_at).or(tasks::created_at.eq(last.created_at).and(tasks::id.lt(last.id)));
        let mut second = read(page().filter(behind).load(&mut self.connection().await).await.expect("tasks"));
        second.truncate(size as usize);
        second
    }

    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let one = tasks::table.filter(tasks::id.eq(id)).filter(tasks::user_id.eq(user));
        let changed = ::diesel::update(one).set((tasks::title.eq(title), tasks::updated_at.eq(now())));
        let changed = changed.returning(Row::as_returning());
        changed.get_result(&mut self.connection().await).await.expect("the user's own task").into()
    }

    async fn insert(&self, user: Uuid, title: String) -> Task {
        let insert = ::diesel::insert_into(tasks::table).values(new(user, title)).returning(Row::as_returning());
        insert.get_result(&mut self.connection().await).await.expect("a new task").into()
    }

    async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task> {
        let rows: Vec<_> = titles.into_iter().map(|title| new(user, title)).collect();
        let insert = ::diesel::insert_into(tasks::table).values(rows).returning(Row::as_returning());
        read(insert.get_results(&mut self.connection().await).await.expect("new tasks"))
    }

    async fn delete(&self, user: Uuid, id: Uuid) {
        let one = tasks::table.filter(tasks::id.eq(id)).filter(tasks::user_id.eq(user));
        assert_eq!(::diesel::delete(one).execute(&mut self.connection().await).await.expect("a task"), 1);
    }
}
