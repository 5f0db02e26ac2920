//! SeaORM, as its book shows it: entities and active models. The owner is in each condition because somebody thought of it.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Condition, ExprTrait as _};
use sea_orm::{DatabaseConnection, QueryOrder as _, QuerySelect as _, Set};
use toolkit_db::secure::Scopable;

use super::Contestant;
use super::by_hand::now;
use crate::world::{self, Task};

/// `secure` is for [`toolkit_db`](super::toolkit_db) alone, whose entities are these.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Scopable)]
#[sea_orm(table_name = "tasks")]
#[secure(no_tenant, resource_col = "id", owner_col = "user_id", no_type)]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    user_id: Uuid,
    title: String,
    status: Status,
    due_on: Option<Date>,
    pub(super) created_at: DateTimeUtc,
    updated_at: DateTimeUtc,
}

#[derive(Debug, Clone, PartialEq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub(super) enum Status {
    #[sea_orm(string_value = "todo")]
    Todo,
    #[sea_orm(string_value = "done")]
    Done,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Task {
    fn from(model: Model) -> Self {
        let Model { id, user_id, title, status, due_on, created_at, updated_at } = model;
        let status = match status {
            Status::Todo => world::Status::Todo,
            Status::Done => world::Status::Done,
        };
        Self { id, user_id, title, status, due_on, created_at, updated_at }
    }
}

pub(super) fn new(user: Uuid, title: String) -> ActiveModel {
    let now = now();
    ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user),
        title: Set(title),
        status: Set(Status::Todo),
        due_on: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

pub(crate) struct SeaOrm(pub(crate) DatabaseConnection);

impl SeaOrm {
    async fn tasks(&self, select: Select<Entity>) -> Vec<Task> {
        select.all(&self.0).await.expect("tasks").into_iter().map(Task::from).collect()
    }
}

impl Contestant for SeaOrm {
    async fn get(&self, user: Uuid, id: Uuid) -> Task {
        let task = Entity::find_by_id(id).filter(Column::UserId.eq(user)).one(&self.0).await.expect("a row");
        task.expect("the user's own task").into()
    }

    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let tasks = Entity::find().filter(Column::UserId.eq(user)).order_by_desc(Column::CreatedAt);
        self.tasks(tasks.limit(u64::from(limit))).await
    }

    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let tasks = Entity::find().filter(Column::UserId.eq(user)).filter(Column::Status.eq(Status::Todo));
        self.tasks(tasks.order_by_desc(Column::CreatedAt).limit(u64::from(limit))).await
    }

    async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task> {
        let page = |behind: Option<(DateTimeUtc, Uuid)>| {
            let tasks = Entity::find().filter(Column::UserId.eq(user));
            let tasks = match behind {
                None => tasks,
                Some((at, id)) => tasks.filter(
                    Condition::any().add(Column::CreatedAt.lt(at)).add(Column::CreatedAt.eq(at).and(Column::Id.lt(id))),
                ),
            };
            tasks.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(u64::from(size) + 1)
        };
        let first = self.tasks(page(None)).await;
        let last = &first[size as usize - 1];
        let mut second = self.tasks(page(Some((last.created_at, last.id)))).await;
        second.truncate(size as usize);
        second
    }

    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let changed = Entity::update_many()
            .col_expr(Column::Title, Expr::value(title))
            .col_expr(Column::UpdatedAt, Expr::value(now()))
            .filter(Column::Id.eq(id))
            .filter(Column::UserId.eq(user));
        let mut rows = changed.exec_with_returning(&self.0).await.expect("a row");
        rows.pop().expect("the user's own task").into()
    }

    async fn insert(&self, user: Uuid, title: String) -> Task {
        new(user, title).insert(&self.0).await.expect("a new task").into()
    }

    async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task> {
        let insert = Entity::insert_many(titles.into_iter().map(|title| new(user, title)));
        insert.exec_with_returning(&self.0).await.expect("new tasks").into_iter().map(Task::from).collect()
    }

    async fn delete(&self, user: Uuid, id: Uuid) {
        let deleted = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user));
        assert_eq!(deleted.exec(&self.0).await.expect("a task").rows_affected, 1);
    }
}
