//! Pages: every row once, in order, and only one's own.

use std::collections::HashSet;

use user_scope::audit::AuditSettings;
use user_scope::{
    Caller, Cursor, Error, Identifier, Order, Predicate, ScopedRepository, Select, Stores, UserContext, UserScoped,
    Uuid,
};

use super::databases::TestDb;
use super::entities::{Account, Document, NewAccount, NewDocument, NewNote, NewProject, Note, Project, Task, UserId};
use super::world::{World, user};

on_each_database_and_in_partitions!(
    pages_give_every_row_once_and_then_end,
    owners_and_ids_of_every_type_have_pages,
    rows_that_come_and_go_disturb_no_others,
    a_limit_is_the_largest_page,
    a_page_of_nothing_is_an_error,
    a_system_context_pages_across_owners_with_equal_ids,
    a_page_is_recorded_as_a_list,
    a_page_can_be_awaited_in_a_task,
    a_null_that_no_field_can_hold_ends_in_an_error,
    a_page_can_be_sent_as_json,
);

/// All pages of the caller's rows, each of `size`.
pub async fn pages<T, DB, C>(
    repository: ScopedRepository<'_, T, DB, C>,
    filter: Option<Predicate<T>>,
    order: &[Order<T>],
    size: u32,
) -> Vec<Vec<T>>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let mut query = repository.query();
        if let Some(filter) = &filter {
            query = query.filter(filter.clone());
        }
        query = order.iter().cloned().fold(query, |query, order| query.order_by(order));
        let page = query.page(size, cursor).await.unwrap();
        pages.push(page.rows);
        match page.next {
            // As it travels.
            Some(next) => cursor = Some(next.to_string().parse::<Cursor>().unwrap()),
            None => return pages,
        }
    }
}

/// `count` tasks, of which many are equal in everything but the id.
pub async fn tasks<DB: TestDb>(world: &World<DB>, user: &UserContext, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(world.task(user, &format!("{}", number / 5)).await.id);
    }
    DB::run(&world.raw, "UPDATE tasks SET created_at = (SELECT min(created_at) FROM tasks)").await.unwrap();
    ids
}

async fn pages_give_every_row_once_and_then_end<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let ids = tasks(&world, &alice, 12).await;
    world.task(&bob, "0").await;
    let hers = world.pool.repository::<Task>(&alice);
    for size in [1, 4, 5, 11, 12, 13, u32::MAX] {
        let orders = [
            (vec![], false),
            (vec![Task::CREATED_AT.desc()], true),
            (vec![Task::DUE_ON.desc(), Task::TITLE.asc()], false),
        ];
        // Equal rows go on in the direction of the last column before the id.
        for (order, is_reversed) in orders {
            let pages = pages(hers, None, &order, size).await;
            let lengths: Vec<_> = pages.iter().map(Vec::len).collect();
            let (last, full) = lengths.split_last().unwrap();
            assert!(full.iter().all(|length| *length == size as usize), "{order:?} by {size}: {lengths:?}");
            // The last page may be full; an empty one is given only if there is no row at all.
            assert!((1..=size as usize).contains(last), "{order:?} by {size}: {lengths:?}");
            let seen: Vec<_> = pages.concat().iter().map(|task| task.id).collect();
            let expected: Vec<_> = if is_reversed { ids.iter().rev().copied().collect() } else { ids.clone() };
            assert_eq!(seen, expected, "{order:?} by {size}");
        }
    }
    let newest: Vec<_> = pages(hers, None, &[Task::ID.desc(), Task::TITLE.asc(), Task::ID.asc()], 5).await.concat();
    assert!(newest.iter().map(|task| task.id).eq(ids.iter().rev().copied()));
    let filtered = pages(hers, Some(Task::TITLE.eq("0").or(Task::TITLE.eq("2"))), &[Task::TITLE.desc()], 2).await;
    let titles: Vec<_> = filtered.concat().into_iter().map(|task| task.title).collect();
    assert_eq!(titles, ["2", "2", "0", "0", "0", "0", "0"]);
    let nobody = user();
    assert_eq!(pages(world.pool.repository::<Task>(&nobody), None, &[], 5).await, [[]; 1]);
}

async fn owners_and_ids_of_every_type_have_pages<DB: TestDb>() {
    async fn world<DB: TestDb, Id: Identifier>(user: Id) -> (World<DB, Id>, UserContext<Id>) {
        (World::of(AuditSettings::default(), 3).await, UserContext::new(user).unwrap())
    }
    // An owner that is stored as text.
    let (uuids, alice) = world::<DB, Uuid>(Uuid::now_v7()).await;
    let projects = uuids.pool.repository::<Project>(&alice);
    for name in ["a", "a", "b", "a", "a"] {
        projects.insert(NewProject { name: name.into(), main_task: None }).await.unwrap();
    }
    let names: Vec<_> = pages(projects, None, &[Project::MAIN_TASK.asc(), Project::NAME.desc()], 2).await.concat();
    assert!(names.iter().map(|project| project.name.as_str()).eq(["b", "a", "a", "a", "a"]));

    let (integers, alice) = world::<DB, i64>(7).await;
    let notes = integers.pool.repository::<Note>(&alice);
    for text in ["x", "y", "x", "x", "y"] {
        notes.insert(NewNote { text: text.into() }).await.unwrap();
    }
    let found = pages(notes, None, &[Note::TEXT.desc()], 2).await.concat();
    assert!(found.iter().map(|note| note.text.as_str()).eq(["y", "y", "x", "x", "x"]));
    assert!(found[2..].is_sorted_by_key(|note| std::cmp::Reverse(note.id)));

    let (texts, alice) = world::<DB, String>("auth0|alice".to_owned()).await;
    let accounts = texts.pool.repository::<Account>(&alice);
    for email in [Some("a"), None, Some("b"), None, None, Some("a")] {
        accounts.insert(NewAccount { email: email.map(str::to_owned) }).await.unwrap();
    }
    let found = pages(accounts, None, &[Account::EMAIL.asc()], 2).await.concat();
    let emails: Vec<_> = found.iter().map(|account| account.email.as_deref()).collect();
    assert_eq!(emails, [Some("a"), Some("a"), Some("b"), None, None, None]);

    let (newtypes, alice) = world::<DB, UserId>(UserId(Uuid::now_v7())).await;
    let documents = newtypes.pool.repository::<Document>(&alice);
    for _ in 0..5 {
        documents.insert(NewDocument { body: "same".into() }).await.unwrap();
    }
    let found = pages(documents, None, &[Document::BODY.desc(), Document::USER_ID.asc()], 2).await.concat();
    assert_eq!(found.iter().map(|document| document.id.0).collect::<HashSet<_>>().len(), 5);
}

async fn rows_that_come_and_go_disturb_no_others<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let ids = tasks(&world, &alice, 24).await;
    let hers = world.pool.repository::<Task>(&alice);
    let (mut seen, mut gone, mut cursor) = (Vec::new(), HashSet::new(), None);
    loop {
        let page = hers.query().order_by(Task::CREATED_AT.asc()).page(4, cursor).await.unwrap();
        seen.extend(page.rows.iter().map(|task| task.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
        // The very row at which the next page begins, the one behind it, and a new one at the end.
        let at = ids.iter().position(|id| Some(id) == seen.last()).unwrap_or(ids.len());
        for id in ids.get(at..(at + 2).min(ids.len())).unwrap_or_default() {
            hers.delete(id).await.unwrap();
            gone.insert(*id);
        }
        if gone.len() < 6 {
            world.task(&alice, "new").await;
        }
    }
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "a row came twice");
    assert!(ids.iter().all(|id| seen.contains(id) || gone.contains(id)), "a row was lost");
    assert!(seen.is_sorted());
}

async fn a_limit_is_the_largest_page<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let ids = tasks(&world, &alice, 7).await;
    let query = || world.pool.repository::<Task>(&alice).query().limit(3);
    let page = query().page(1_000, None).await.unwrap();
    assert!(page.rows.iter().map(|task| task.id).eq(ids[..3].iter().copied()));
    let page = query().page(1_000, page.next).await.unwrap();
    assert!(page.rows.iter().map(|task| task.id).eq(ids[3..6].iter().copied()));
    assert_eq!(query().page(2, page.next).await.unwrap().rows.len(), 1);
}

async fn a_page_of_nothing_is_an_error<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    for query in [tasks.query().page(0, None).await, tasks.query().limit(0).page(5, None).await] {
        assert!(matches!(query, Err(Error::EmptyPage { entity: "tasks" })), "{query:?}");
    }
}

/// Ids that are unique for each owner alone.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "slots")]
struct Slot {
    #[user_scoped(id)]
    id: String,
    #[user_scoped(owner, as = "text")]
    user_id: Uuid,
    size: i64,
}

async fn a_system_context_pages_across_owners_with_equal_ids<DB: TestDb + Stores<Slot>>() {
    let world = World::<DB>::open().await;
    let table = "CREATE TABLE slots (id TEXT, user_id TEXT, size BIGINT NOT NULL, PRIMARY KEY (user_id, id))";
    DB::run(&world.raw, table).await.unwrap();
    world.open_to_the_application().await;
    for _ in 0..4 {
        let rows =
            format!("INSERT INTO slots VALUES ('a', '{0}', 1), ('b', '{0}', 1), ('c', '{0}', 2)", Uuid::now_v7());
        DB::run(&world.raw, &rows).await.unwrap();
    }
    let system = world.system().await;
    let slots = system.repository::<Slot>();
    for order in [vec![], vec![Slot::SIZE.desc()], vec![Slot::USER_ID.asc()], vec![Slot::ID.desc()]] {
        let found = pages(slots, None, &order, 2).await.concat();
        let distinct: HashSet<_> = found.iter().map(|slot| (slot.user_id, slot.id.as_str())).collect();
        assert_eq!((found.len(), distinct.len()), (12, 12), "{order:?}");
    }
}

async fn a_page_is_recorded_as_a_list<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    tasks(&world, &alice, 3).await;
    let query = || world.pool.repository::<Task>(&alice).query().order_by(Task::CREATED_AT.desc());
    let cursor = query().page(2, None).await.unwrap().next;
    query().page(2, cursor).await.unwrap();
    let log = world.log().await;
    let lists: Vec<_> = log.iter().filter(|line| line.operation == "list").map(|line| line.details.as_str()).collect();
    assert_eq!(lists, [r#"{"rows":2}"#, r#"{"rows":1}"#]);
}

async fn a_page_can_be_awaited_in_a_task<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (pool, caller) = (world.pool.clone(), alice.clone());
    let work = async move { pool.repository::<Task>(&caller).query().page(2, None).await.map(|page| page.rows.len()) };
    assert_eq!(tokio::spawn(work).await.unwrap().unwrap(), 0);
}

/// The table is at odds with the struct; SQLite would read the NULL as an empty text.
async fn a_null_that_no_field_can_hold_ends_in_an_error<DB: TestDb>() {
    let world = World::<DB, i64>::of(AuditSettings::off(), 2).await;
    let drop = "DROP TABLE notes; CREATE TABLE notes (id BIGINT, user_id BIGINT, text TEXT)";
    DB::run(&world.raw, drop).await.unwrap();
    world.open_to_the_application().await;
    DB::run(&world.raw, "INSERT INTO notes VALUES (1, 7, NULL), (2, 7, NULL), (3, 7, NULL)").await.unwrap();
    let alice = UserContext::new(7).unwrap();
    let refused = world.pool.repository::<Note>(&alice).query().order_by(Note::TEXT.asc()).page(2, None).await;
    assert!(matches!(refused, Err(Error::Decode { entity: "notes", .. })), "{refused:?}");
}

async fn a_page_can_be_sent_as_json<DB: TestDb>() {
    #[derive(serde::Serialize, Select)]
    #[user_scoped(from = Task)]
    struct Title {
        title: String,
    }
    let (world, alice) = (World::<DB>::open().await, user());
    for title in ["a", "b"] {
        world.task(&alice, title).await;
    }
    let tasks = world.pool.repository::<Task>(&alice);
    let titles = || tasks.query().order_by(Task::TITLE.asc()).select::<Title>();
    let first = serde_json::to_value(titles().page(1, None).await.unwrap()).unwrap();
    assert_eq!(first["rows"], serde_json::json!([{"title": "a"}]));
    let next: Cursor = serde_json::from_value(first["next"].clone()).unwrap();
    let last = serde_json::to_value(titles().page(1, next).await.unwrap()).unwrap();
    assert_eq!(last, serde_json::json!({"rows": [{"title": "b"}], "next": null}));
}
