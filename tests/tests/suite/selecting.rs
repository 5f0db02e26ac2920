//! Fewer columns, read as a struct of the application: no more is read from the table, and no more rows are seen.

use chrono::NaiveDate;
use user_scope::{Error, Select, Stores, Uuid};

use super::captured::{captured, statements};
use super::databases::TestDb;
use super::entities::{NewProject, NewTask, Project, Secret, Status, Task};
use super::world::{World, new_task, user};

on_each_database!(
    only_the_columns_of_the_selection_are_read_and_only_rows_of_the_caller,
    a_selection_may_rename_and_reorder_and_holds_null,
    an_identifier_that_is_stored_as_text_is_selected_as_what_it_is,
    a_selection_obeys_order_limit_and_transaction,
    a_system_context_selects_from_all_users,
    a_selection_is_audited_as_a_list,
    a_value_that_does_not_fit_is_an_error_that_names_its_column,
    code_that_is_generic_over_the_database_selects,
);

#[derive(Debug, PartialEq, Select)]
#[user_scoped(from = Task)]
struct Headline {
    id: Uuid,
    title: String,
}

#[derive(Debug, PartialEq, Select)]
#[user_scoped(from = Task)]
struct Due {
    #[user_scoped(column = DUE_ON)]
    on: Option<NaiveDate>,
    status: Status,
    #[user_scoped(column = TITLE)]
    what: String,
}

#[derive(Debug, PartialEq, Select)]
#[user_scoped(from = Project)]
struct Membership {
    name: String,
    user_id: Uuid,
    main_task: Option<Uuid>,
}

#[derive(Debug, PartialEq, Select)]
#[user_scoped(from = Secret)]
struct Name {
    name: String,
}

async fn only_the_columns_of_the_selection_are_read_and_only_rows_of_the_caller<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let hers = world.task(&alice, "hers").await;
    world.task(&bob, "his").await;
    let tasks = world.pool.repository::<Task>(&alice);
    let anything = Task::TITLE.eq("his").or(Task::STATUS.eq(Status::Todo));
    let (found, records) = captured(tasks.query().filter(anything).select::<Headline>().all()).await;
    assert_eq!(found.unwrap(), [Headline { id: hers.id, title: "hers".into() }]);
    let [statement] = &statements(&records)[..] else { panic!("{records:?}") };
    let statement = statement.replace(['"', '`'], "");
    let (columns, condition) = statement.split_once(" FROM tasks WHERE ").unwrap();
    assert_eq!(columns, "SELECT id, title");
    assert!(condition.starts_with("user_id = $1 AND ("), "{condition}");
}

async fn a_selection_may_rename_and_reorder_and_holds_null<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    let first = NaiveDate::from_ymd_opt(2030, 1, 1);
    tasks.insert(NewTask { title: "a".into(), status: Status::Done, due_on: first }).await.unwrap();
    tasks.insert(new_task("b")).await.unwrap();
    let due = tasks.query().order_by(Task::TITLE.asc()).select::<Due>().all().await.unwrap();
    assert_eq!(
        due,
        [
            Due { on: first, status: Status::Done, what: "a".into() },
            Due { on: None, status: Status::Todo, what: "b".into() },
        ]
    );
    // A column that is called otherwise than its field.
    let secrets = world.pool.repository::<Secret>(&alice);
    secrets.insert(super::entities::NewSecret { name: "mail".into(), value: "x".into() }).await.unwrap();
    assert_eq!(secrets.query().select::<Name>().all().await.unwrap(), [Name { name: "mail".into() }]);
}

async fn an_identifier_that_is_stored_as_text_is_selected_as_what_it_is<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "x").await;
    let projects = world.pool.repository::<Project>(&alice);
    projects.insert(NewProject { name: "a".into(), main_task: Some(task.id) }).await.unwrap();
    projects.insert(NewProject { name: "b".into(), main_task: None }).await.unwrap();
    let found = projects.query().order_by(Project::NAME.asc()).select::<Membership>().all().await.unwrap();
    let user_id = *alice.user();
    assert_eq!(
        found,
        [
            Membership { name: "a".into(), user_id, main_task: Some(task.id) },
            Membership { name: "b".into(), user_id, main_task: None },
        ]
    );
}

async fn a_selection_obeys_order_limit_and_transaction<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    for title in ["a", "b", "c"] {
        world.task(&alice, title).await;
    }
    let tx = world.pool.begin(&alice).await.unwrap();
    let tasks = tx.repository::<Task>();
    let last = tasks.insert(new_task("d")).await.unwrap();
    let newest = tasks.query().select::<Headline>().order_by(Task::TITLE.desc());
    assert_eq!(newest.first().await.unwrap(), Some(Headline { id: last.id, title: "d".into() }));
    let two = tasks.query().order_by(Task::TITLE.asc()).limit(2).select::<Headline>().all().await.unwrap();
    assert_eq!(two.iter().map(|headline| headline.title.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(tasks.query().select::<Headline>().count().await.unwrap(), 4);
    tx.commit().await.unwrap();
}

async fn a_system_context_selects_from_all_users<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    world.task(&alice, "hers").await;
    world.task(&bob, "his").await;
    let system = world.system().await;
    let all = system.repository::<Task>().query().order_by(Task::TITLE.asc()).select::<Headline>().all().await.unwrap();
    assert_eq!(all.iter().map(|headline| headline.title.as_str()).collect::<Vec<_>>(), ["hers", "his"]);
}

async fn a_selection_is_audited_as_a_list<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.task(&alice, "x").await;
    world.pool.repository::<Task>(&alice).query().select::<Headline>().all().await.unwrap();
    let log = world.log().await;
    assert_eq!((log[1].operation.as_str(), log[1].details.as_str()), ("list", r#"{"rows":1}"#));
}

async fn a_value_that_does_not_fit_is_an_error_that_names_its_column<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.task(&alice, "x").await;
    DB::run(&world.raw, "UPDATE tasks SET status = 'of a newer version'").await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    let error = tasks.query().select::<Due>().all().await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "column `status` could not be decoded");
    // What is not selected is not read.
    assert_eq!(tasks.query().select::<Headline>().all().await.unwrap().len(), 1);

    let projects = world.pool.repository::<Project>(&alice);
    projects.insert(NewProject { name: "a".into(), main_task: None }).await.unwrap();
    DB::run(&world.raw, "ALTER TABLE projects RENAME TO old; CREATE TABLE projects AS SELECT * FROM old")
        .await
        .unwrap();
    DB::run(&world.raw, "UPDATE projects SET name = NULL").await.unwrap();
    world.open_to_the_application().await;
    let error = projects.query().select::<Membership>().all().await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "column `name` could not be decoded", "{error:?}");
}

async fn code_that_is_generic_over_the_database_selects<DB: TestDb>() {
    async fn titles<DB: Stores<Task>>(tasks: user_scope::ScopedRepository<'_, Task, DB>) -> Vec<String> {
        let headlines = tasks.query().select::<Headline>().all().await.unwrap();
        headlines.into_iter().map(|headline| headline.title).collect()
    }
    let (world, alice) = (World::<DB>::open().await, user());
    world.task(&alice, "x").await;
    assert_eq!(titles(world.pool.repository::<Task>(&alice)).await, ["x"]);
}
