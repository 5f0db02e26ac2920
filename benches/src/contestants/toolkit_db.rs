//! toolkit-db, of the Gears toolkit, as its documentation shows it: SeaORM's entities behind a scope, which is the owner's here, and
//! pages by its pager. It has no audit.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Condition;
use sea_orm::{Order, TryIntoModel as _};
use toolkit_db::odata::FieldMap;
use toolkit_db::odata::pager::OPager;
use toolkit_db::secure::{
    AccessScope, ScopeConstraint, ScopeFilter, Scoped, SecureDeleteExt as _, SecureEntityExt as _, SecureSelect,
    SecureUpdateExt as _, pep_properties, secure_insert, secure_insert_many,
};
use toolkit_db::{ConnectOpts, Db, DbConn, connect_db};
use toolkit_odata::filter::FieldKind;
use toolkit_odata::{CursorV1, ODataOrderBy, ODataQuery, OrderKey, SortDir};

use super::Contestant;
use super::by_hand::now;
use super::sea_orm::{Column, Entity, Status, new};
use crate::databases::CONNECTIONS;
use crate::world::Task;

pub(crate) struct ToolkitDb {
    db: Db,
    /// What a page may be ordered by, and how its cursor holds it.
    fields: FieldMap<Entity>,
}

impl ToolkitDb {
    pub(crate) async fn connect(address: &str) -> Self {
        let connections =
            ConnectOpts { max_conns: Some(CONNECTIONS), min_conns: Some(CONNECTIONS), ..ConnectOpts::default() };
        let fields = FieldMap::<Entity>::new()
            .insert_with_extractor("id", Column::Id, FieldKind::Uuid, |task| task.id.to_string())
            .insert_with_extractor("created_at", Column::CreatedAt, FieldKind::DateTimeUtc, |task| {
                task.created_at.to_rfc3339()
            });
        Self { db: connect_db(address, connections).await.expect("the database is there"), fields }
    }

    fn connection(&self) -> DbConn<'_> {
        self.db.conn().expect("no transaction is open")
    }

    async fn tasks(&self, select: SecureSelect<Entity, Scoped>) -> Vec<Task> {
        select.all(&self.connection()).await.expect("tasks").into_iter().map(Task::from).collect()
    }
}

fn owner(user: Uuid) -> AccessScope {
    AccessScope::single(ScopeConstraint::new(vec![ScopeFilter::eq(pep_properties::OWNER_ID, user)]))
}

fn of(user: Uuid) -> SecureSelect<Entity, Scoped> {
    Entity::find().secure().scope_with(&owner(user))
}

fn one(id: Uuid) -> Condition {
    Condition::all().add(Column::Id.eq(id))
}

impl Contestant for ToolkitDb {
    async fn get(&self, user: Uuid, id: Uuid) -> Task {
        let task = of(user).and_id(id).expect("tasks have ids").one(&self.connection()).await.expect("a row");
        task.expect("the user's own task").into()
    }

    async fn newest(&self, user: Uuid, limit: u32) -> Vec<Task> {
        self.tasks(of(user).order_by(Column::CreatedAt, Order::Desc).limit(u64::from(limit))).await
    }

    async fn newest_open(&self, user: Uuid, limit: u32) -> Vec<Task> {
        let open = of(user).filter(Condition::all().add(Column::Status.eq(Status::Todo)));
        self.tasks(open.order_by(Column::CreatedAt, Order::Desc).limit(u64::from(limit))).await
    }

    async fn second_page(&self, user: Uuid, size: u32) -> Vec<Task> {
        let (owner, connection) = (owner(user), self.connection());
        let pager = || OPager::new(&owner, &connection, &self.fields).tiebreaker("id", SortDir::Desc);
        let newest = ODataOrderBy(vec![OrderKey { field: "created_at".to_owned(), dir: SortDir::Desc }]);
        let page = ODataQuery::new().with_limit(u64::from(size));
        let first = pager().fetch(&page.clone().with_order(newest), Task::from).await.expect("tasks");
        let end = CursorV1::decode(&first.page_info.next_cursor.expect("another page")).expect("a cursor of its own");
        // The cursor knows the order.
        pager().fetch(&page.with_cursor(end), Task::from).await.expect("tasks").items
    }

    async fn rename(&self, user: Uuid, id: Uuid, title: String) -> Task {
        let changed = Entity::update_many()
            .secure()
            .scope_with(&owner(user))
            .filter(one(id))
            .col_expr(Column::Title, Expr::value(title))
            .col_expr(Column::UpdatedAt, Expr::value(now()));
        let mut rows = changed.exec_with_returning(&self.connection()).await.expect("a row");
        rows.pop().expect("the user's own task").into()
    }

    async fn insert(&self, user: Uuid, title: String) -> Task {
        let task = new(user, title);
        secure_insert::<Entity>(task, &owner(user), &self.connection()).await.expect("a new task").into()
    }

    /// The rows that come back are those that were sent; it does not give them.
    async fn insert_many(&self, user: Uuid, titles: Vec<String>) -> Vec<Task> {
        let rows: Vec<_> = titles.into_iter().map(|title| new(user, title)).collect();
        let sent = rows.clone().into_iter().map(|row| row.try_into_model().expect("a whole task").into()).collect();
        // One statement, as long as its values are not too many for one.
        secure_insert_many::<Entity>(rows, &owner(user), &self.connection()).await.expect("new tasks");
        sent
    }

    async fn delete(&self, user: Uuid, id: Uuid) {
        let deleted = Entity::delete_many().secure().scope_with(&owner(user)).filter(one(id));
        assert_eq!(deleted.exec(&self.connection()).await.expect("a task").rows_affected, 1);
    }
}
