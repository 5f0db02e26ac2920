//! The code of the README, run on each database. A test holds both texts together.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Pool, Postgres};
use user_scope::audit::Window;
use user_scope::{Change, Enforcement, Error, Result, ScopedPool, UserContext, Uuid, isolation};

use super::databases::TestDb;
use super::entities::{NewSubtask, NewTask, Status, Subtask, Task, TaskChanges};
use super::world::{World, user};

on_each_database!(the_readmes_code_does_what_it_says, the_readmes_other_code_does_what_it_says);

async fn the_readmes_other_code_does_what_it_says<DB: TestDb>() {
    let world = World::<DB>::open().await;
    more_code_of_the_readme(world.pool.clone(), user(), user(), user()).await.unwrap();
}

async fn the_readmes_code_does_what_it_says<DB: TestDb>() {
    let world = World::<DB>::open().await;
    let (alice, bob, admin) = (user(), user(), user());
    let ids = (*alice.user(), *bob.user(), *admin.user());
    code_of_the_readme(world.raw.clone(), ids).await.unwrap();
    assert_eq!(DB::texts(&world.raw, "SELECT title FROM subtasks").await.unwrap(), ["Write the README"]);
}

#[rustfmt::skip]
async fn code_of_the_readme<DB: TestDb>(sqlx_pool: Pool<DB>, ids: (Uuid, Uuid, Uuid)) -> Result<()> {
    let (alice_id, bob_id, admin_id) = ids;
    // README: begin
    let pool = ScopedPool::new(sqlx_pool);                   // a PgPool or a SqlitePool
    pool.migrate().await?;                                   // makes the audit table

    let alice = UserContext::new(alice_id)?;                 // from a verified token; the nil user is refused
    let tasks = pool.repository::<Task>(&alice);             // ScopedRepository<'_, Task, _>

    let task = tasks.insert(NewTask { title: "Ship it".into(), status: Status::Todo, due_on: None }).await?;
    let task = tasks.get(&task.id).await?;                   // Err(NotFound): absent and foreign alike
    let done = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    let task = tasks.update(&task.id, done).await?;
    assert_eq!(task.user_id, alice_id);                      // written from the context; it is never input

    let open = tasks.query()
        .filter(Task::STATUS.eq(Status::Todo).and(Task::DUE_ON.is_null()))
        .order_by(Task::CREATED_AT.desc())
        .limit(50)
        .all().await?;
    let count = tasks.query().filter(Task::TITLE.like("%hip%")).count().await?;
    assert_eq!((open.len(), count), (0, 1));

    let tx = pool.begin(&alice).await?;                      // one transaction, one caller
    let (tasks, subtasks) = (tx.repository::<Task>(), tx.repository::<Subtask>());
    let task = tasks.insert(NewTask { title: "Tell them".into(), status: Status::Todo, due_on: None }).await?;
    subtasks.insert(NewSubtask { task_id: task.id, title: "Write the README".into() }).await?;
    tx.commit().await?;                                      // the borrowed repositories end here: the compiler says so

    let bob = UserContext::new(bob_id)?;
    let his = pool.repository::<Task>(&bob);
    assert!(matches!(his.get(&task.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(his.delete(&task.id).await, Err(Error::NotFound { .. })));

    let admin = UserContext::new(admin_id)?;
    let system = pool.system("support case 4711").requested_by(&admin).await?;   // its receipt is committed first
    let everyone = system.repository::<Task>();              // only this one can cross owners
    assert_eq!(everyone.query().count().await?, 2);
    // README: end
    Ok(())
}

#[rustfmt::skip]
async fn more_code_of_the_readme<DB: TestDb>(
    pool: ScopedPool<DB>, alice: UserContext, bob: UserContext, admin: UserContext,
) -> Result<()> {
    let tasks = pool.repository::<Task>(&alice);
    // README: more
    let titles = ["Write it", "Test it", "Ship it"].map(|title| title.to_owned());
    let new = titles.map(|title| NewTask { title, status: Status::Todo, due_on: None });
    let three = tasks.insert_many(new).await?;               // all or none, one statement, an audit row each
    let done = TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    let changed = tasks.update_where(Task::TITLE.like("% it").and(!Task::TITLE.eq("Ship it")), done).await?;
    assert_eq!((three.len(), changed), (3, 2));

    let newest = || tasks.query().order_by(Task::CREATED_AT.desc());
    let page = newest().page(2, None).await?;                // page.next goes to the client: an opaque text
    let rest = newest().page(2, page.next).await?;           // keyset: as fast on the thousandth page
    assert_eq!((page.rows.len(), rest.rows.len()), (2, 1));
    let by_status = tasks.query().count_by(Task::STATUS).await?;
    assert_eq!(by_status.len(), 2);
    let mut rows = tasks.query().stream();                   // constant memory
    while let Some(task) = rows.try_next().await? {
        assert_eq!(task.user_id, *alice.user());
    }

    let subtasks = pool.repository::<Subtask>(&alice);
    subtasks.insert(NewSubtask { task_id: three[0].id, title: "Begin".into() }).await?;
    let below = tasks.children::<Subtask>(&three[0].id).all().await?;
    let of_each = tasks.children_of::<Subtask>(&three).await?;   // one statement for a whole page of parents
    assert_eq!((below.len(), of_each.iter().map(Vec::len).collect()), (1, vec![1, 0, 0]));

    let system = pool.system("alice leaves the team").requested_by(&admin).await?;
    let hers = system.owned_by(alice.user());                // her rows, in the administrator's name
    hers.repository::<Subtask>().delete_where(Subtask::TITLE.eq("Begin")).await?;
    system.repository::<Task>().transfer(&three[2].id, bob.user()).await?;
    assert_eq!(tasks.query().count().await?, 2);
    // README: end of more

    let task = &three[2];
    // README: audit
    let log = system.audit();
    let history = log.rows().of_entity("tasks", task.id).all().await?;      // who touched this row, and what they changed
    let month = Window::last(Duration::from_secs(30 * 86_400));
    let patterns = log.patterns(month).all().await?;                        // per user, day, entity and operation
    let found = log.suspicious(month).all().await?;                         // denials, enumeration, far more than usual, …
    // README: end of audit
    assert!(history.len() >= 2 && !patterns.is_empty() && found.is_empty());
    Ok(())
}

/// Compiled, and not run: it would make roles of these names on a server that may be somebody's. `guarded` runs the same with
/// roles of its own.
#[rustfmt::skip]
#[expect(dead_code, reason = "it is compiled")]
async fn wall_of_the_readme(
    owner: Pool<Postgres>, app: PgConnectOptions, alice: UserContext,
) -> Result<(), Box<dyn std::error::Error>> {
    // README: wall
    let isolation = isolation![Task, Subtask].application("my_app");    // the application's login
    println!("{}", isolation.plan(&owner).await?);           // the SQL that would be run, each step with its reason
    isolation.apply(&owner).await?;                          // as a whole or not at all; again at any time
    assert!(isolation.plan(&owner).await?.is_empty());       // nothing is missing

    let pool = ScopedPool::builder(app)                      // logs in as my_app: no superuser, not the tables' owner
        .enforcement(Enforcement::Database)                  // each operation tells the database who is asking
        .isolated(&isolation)                                // and the pool refuses to start where that does not hold
        .build().await?;
    user_scope::doctor(&pool, &isolation).await?.into_result()?;        // so does the server, on an ill database
    // README: end of wall

    // README: report
    let mut tx = pool.begin(&alice).await?;
    let report = sqlx::query("SELECT t.title, count(*) FROM tasks t JOIN subtasks s ON s.task_id = t.id GROUP BY t.id, t.title");
    let rows = report.fetch_all(tx.connection().await?).await?;     // hers, without a WHERE; fails unless the database proves it
    tx.commit().await?;                                      // fails if the SQL has ended the transaction
    // README: end of report
    drop(rows);
    Ok(())
}

#[test]
fn the_readme_shows_this_code() {
    let readme = include_str!("../../../README.md");
    for (begin, end) in [
        ("begin", "end"),
        ("more", "end of more"),
        ("audit", "end of audit"),
        ("wall", "end of wall"),
        ("report", "end of report"),
    ] {
        let code = include_str!("readme.rs");
        let code = between(code, &format!("// README: {begin}\n"), &format!("    // README: {end}\n"));
        let code: String =
            code.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n").collect();
        assert!(readme.contains(&code), "the README's code is not this:\n{code}");
    }
    let entities = between(include_str!("entities.rs"), "// README: begin\n", "// README: end");
    assert!(readme.contains(entities.trim_end()), "the README's entities are not these:\n{entities}");
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    text.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).expect("the marks stand in the file").0
}
