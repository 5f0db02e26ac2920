//! Who may do what: each operation on one's own row, a foreign one, an absent one, and in system mode.
//!
//! The table is kept in `tests/golden/access_matrix.txt` and read by people. An operation of the repository that
//! has no line in it makes the test fail.

use std::collections::BTreeSet;
use std::path::Path;

use comfy_table::{Table, presets::ASCII_MARKDOWN};
use user_scope::{Change, Error, Result, UserContext, Uuid};

use super::databases::TestDb;
use super::entities::{Task, TaskChanges};
use super::golden::assert_golden;
use super::world::{World, new_task, user};

on_each_database!(the_access_matrix_is_as_kept);

async fn the_access_matrix_is_as_kept<DB: TestDb>() {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header([
        "operation",
        "own",
        "foreign",
        "absent",
        "system, any user's",
        "system, absent",
    ]);
    let mut covered = BTreeSet::new();
    for operation in OPERATIONS {
        covered.insert(operation.split(['.', '(']).next().unwrap().to_owned());
        covered.extend(operation.split(['.', '(']).nth(1).filter(|part| !part.is_empty()).map(str::to_owned));
        let mut line = vec![operation.to_owned()];
        for case in [Case::Own, Case::Foreign, Case::Absent, Case::System, Case::SystemAbsent] {
            line.push(outcome::<DB>(operation, case).await);
        }
        table.add_row(line);
    }
    assert_eq!(public_operations().difference(&covered).collect::<Vec<_>>(), [""; 0], "operations without a line");
    assert_golden("access_matrix.txt", &format!("{table}\n"));
}

const OPERATIONS: [&str; 11] = [
    "get",
    "find",
    "exists",
    "insert",
    "insert_for",
    "update",
    "update(nothing)",
    "delete",
    "query.all",
    "query.first",
    "query.count",
];

#[derive(Clone, Copy)]
enum Case {
    Own,
    Foreign,
    Absent,
    System,
    SystemAbsent,
}

/// Each in a database of its own, with one row of Alice's.
async fn outcome<DB: TestDb>(operation: &str, case: Case) -> String {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    let id = match case {
        Case::Own | Case::Foreign | Case::System => task.id,
        Case::Absent | Case::SystemAbsent => Uuid::now_v7(),
    };
    let shown = match case {
        Case::Own | Case::Absent => of_user(&world, &alice, operation, &id).await,
        Case::Foreign => of_user(&world, &bob, operation, &id).await,
        Case::System | Case::SystemAbsent => of_system(&world, &alice, operation, &id).await,
    };
    // Whatever was answered: what a stranger did has changed nothing.
    if matches!(case, Case::Foreign) {
        assert_eq!(world.pool.repository::<Task>(&alice).query().all().await.unwrap(), [task], "{operation}");
    }
    shown
}

fn changes(operation: &str) -> TaskChanges {
    if operation == "update" {
        TaskChanges { title: Change::Set("changed".into()), ..Default::default() }
    } else {
        TaskChanges::default()
    }
}

async fn of_user<DB: TestDb>(world: &World<DB>, user: &UserContext, operation: &str, id: &Uuid) -> String {
    let tasks = world.pool.repository::<Task>(user);
    let by_id = || tasks.query().filter(Task::ID.eq(id));
    match operation {
        "get" => show(tasks.get(id).await.map(|_| "the row")),
        "find" => show(tasks.find(id).await.map(|row| row.map_or("none", |_| "the row"))),
        "exists" => show(tasks.exists(id).await.map(|there| if there { "yes" } else { "no" })),
        "insert" => show(tasks.insert(new_task("new")).await.map(|_| "a row of his own")),
        "insert_for" => "does not compile".into(),
        "update" | "update(nothing)" => show(tasks.update(id, changes(operation)).await.map(|_| "the row")),
        "delete" => show(tasks.delete(id).await.map(|()| "done")),
        "query.all" => show(by_id().all().await.map(|rows| rows.len())),
        "query.first" => show(by_id().first().await.map(|row| row.map_or("none", |_| "the row"))),
        "query.count" => show(by_id().count().await),
        other => panic!("{other} is not in the matrix"),
    }
}

async fn of_system<DB: TestDb>(world: &World<DB>, owner: &UserContext, operation: &str, id: &Uuid) -> String {
    let system = world.system().await;
    let tasks = system.repository::<Task>();
    let by_id = || tasks.query().filter(Task::ID.eq(id));
    match operation {
        "get" => show(tasks.get(id).await.map(|_| "the row")),
        "find" => show(tasks.find(id).await.map(|row| row.map_or("none", |_| "the row"))),
        "exists" => show(tasks.exists(id).await.map(|there| if there { "yes" } else { "no" })),
        "insert" => "does not compile".into(),
        "insert_for" => show(tasks.insert_for(owner.user(), new_task("new")).await.map(|_| "a row of that user")),
        "update" | "update(nothing)" => show(tasks.update(id, changes(operation)).await.map(|_| "the row")),
        "delete" => show(tasks.delete(id).await.map(|()| "done")),
        "query.all" => show(by_id().all().await.map(|rows| rows.len())),
        "query.first" => show(by_id().first().await.map(|row| row.map_or("none", |_| "the row"))),
        "query.count" => show(by_id().count().await),
        other => panic!("{other} is not in the matrix"),
    }
}

fn show(outcome: Result<impl std::fmt::Display>) -> String {
    match outcome {
        Ok(value) => value.to_string(),
        Err(Error::NotFound { .. }) => "NotFound".into(),
        Err(other) => format!("{other:?}"),
    }
}

/// The public methods that run a statement, read from the source: one that is new cannot be overlooked.
fn public_operations() -> BTreeSet<String> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../user-scope/src");
    let mut sources = Vec::new();
    read_all(&house, &mut sources);
    let methods = sources.iter().flat_map(|source| source.split("pub async fn ").skip(1));
    let mut operations: BTreeSet<String> =
        methods.map(|rest| rest.split(['(', '<']).next().unwrap().to_owned()).collect();
    for exempt in ABOUT_NO_ROW {
        assert!(operations.remove(exempt), "{exempt} is exempt, and not there any more");
    }
    assert!(operations.len() >= 10, "the source was not read: {operations:?}");
    operations
}

/// These touch no row of an entity; tests of their own say what they do. The trail's `all` has the name of a query's.
const ABOUT_NO_ROW: [&str; 7] = ["begin", "build", "close", "commit", "flush_audit", "migrate", "rollback"];

fn read_all(folder: &Path, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}
