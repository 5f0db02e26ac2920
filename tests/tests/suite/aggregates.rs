//! What rows come to: how many of each value, the least, the greatest, the sum; and only one's own rows count.

use chrono::{DateTime, NaiveDate, Utc};
use user_scope::{Error, NotNull, Ordered, ScopedRepository, Stores, Summable, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::entities::{NewProject, NewTask, Project, Status, Task};
use super::world::{World, new_task, user};

on_each_database!(
    rows_are_counted_by_a_column_in_its_order_and_null_comes_last,
    the_least_and_the_greatest_value_are_of_the_columns_type,
    sums_are_whole_and_of_nothing_zero,
    a_sum_that_does_not_fit_is_refused_and_no_wrong_number,
    a_sum_that_was_refused_aborts_its_transaction,
    filters_hold_and_order_and_limit_do_not_matter,
    foreign_rows_do_not_count,
    a_system_context_counts_by_an_owner_that_is_stored_as_text,
    an_aggregate_is_audited_as_a_list_that_gives_none_of_the_rows_that_it_is_about,
    a_value_that_cannot_be_read_is_an_error_that_names_its_column,
);

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
pub(super) struct Cents(i64);

impl Ordered for Cents {}
impl Summable for Cents {
    type Total = i64;
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "measures")]
pub(super) struct Measure {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    small: i16,
    medium: i32,
    large: Option<i64>,
    cents: Cents,
    single: f32,
    pub(super) double: Option<f64>,
}

pub(super) async fn measured<DB: TestDb>() -> (World<DB>, UserContext) {
    let world = World::<DB>::open().await;
    let table = "CREATE TABLE measures (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, small SMALLINT NOT NULL, \
                 medium INTEGER NOT NULL, large BIGINT, cents BIGINT NOT NULL, single REAL NOT NULL, \
                 double DOUBLE PRECISION)";
    DB::run(&world.raw, &table.replace("{uuid}", DB::UUID)).await.unwrap();
    world.open_to_the_application().await;
    (world, user())
}

fn measure(large: Option<i64>, double: Option<f64>) -> NewMeasure {
    NewMeasure { small: 30_000, medium: i32::MAX, large, cents: Cents(250), single: 0.5, double }
}

pub(super) async fn of<DB: TestDb + Stores<Measure>>(
    measures: &ScopedRepository<'_, Measure, DB>,
    values: &[(Option<i64>, Option<f64>)],
) {
    for (large, double) in values {
        measures.insert(measure(*large, *double)).await.unwrap();
    }
}

async fn four_tasks<DB: TestDb>(world: &World<DB>, user: &UserContext) {
    let tasks = world.pool.repository::<Task>(user);
    for (title, status, day) in [
        ("b", Status::Todo, Some(2)),
        ("a", Status::Done, None),
        ("c", Status::Todo, None),
        ("d", Status::Todo, Some(1)),
    ] {
        let due_on = day.and_then(|day| NaiveDate::from_ymd_opt(2030, 1, day));
        tasks.insert(NewTask { title: title.into(), status, due_on }).await.unwrap();
    }
}

async fn rows_are_counted_by_a_column_in_its_order_and_null_comes_last<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    assert_eq!(tasks.query().count_by(Task::STATUS).await.unwrap(), []);
    four_tasks(&world, &alice).await;
    assert_eq!(tasks.query().count_by(Task::STATUS).await.unwrap(), [(Status::Done, 1), (Status::Todo, 3)]);
    let day = |day| NaiveDate::from_ymd_opt(2030, 1, day);
    assert_eq!(tasks.query().count_by(Task::DUE_ON).await.unwrap(), [(day(1), 1), (day(2), 1), (None, 2)]);
    assert_eq!(tasks.query().count_by(Task::USER_ID).await.unwrap(), [(*alice.user(), 4)]);
}

async fn the_least_and_the_greatest_value_are_of_the_columns_type<DB: TestDb + Stores<Measure>>() {
    let (world, alice) = measured::<DB>().await;
    let tasks = world.pool.repository::<Task>(&alice);
    assert_eq!(tasks.query().min(Task::TITLE).await.unwrap(), None);
    four_tasks(&world, &alice).await;
    assert_eq!(tasks.query().min(Task::TITLE).await.unwrap().as_deref(), Some("a"));
    assert_eq!(tasks.query().max(Task::TITLE).await.unwrap().as_deref(), Some("d"));
    // NULL is neither the least nor the greatest.
    assert_eq!(tasks.query().min(Task::DUE_ON).await.unwrap(), NaiveDate::from_ymd_opt(2030, 1, 1));
    assert_eq!(tasks.query().max(Task::DUE_ON).await.unwrap(), NaiveDate::from_ymd_opt(2030, 1, 2));
    assert_eq!(tasks.query().filter(Task::STATUS.eq(Status::Done)).max(Task::DUE_ON).await.unwrap(), None);
    let newest: Option<DateTime<Utc>> = tasks.query().max(Task::CREATED_AT).await.unwrap();
    let rows = tasks.query().order_by(Task::CREATED_AT.desc()).all().await.unwrap();
    assert_eq!(newest, Some(rows[0].created_at));

    let measures = world.pool.repository::<Measure>(&alice);
    of(&measures, &[(Some(-3), Some(1.5)), (Some(7), None), (None, Some(-0.25))]).await;
    assert_eq!(measures.query().min(Measure::LARGE).await.unwrap(), Some(-3));
    assert_eq!(measures.query().max(Measure::LARGE).await.unwrap(), Some(7));
    assert_eq!(measures.query().min(Measure::DOUBLE).await.unwrap(), Some(-0.25));
    assert_eq!(measures.query().max(Measure::CENTS).await.unwrap(), Some(Cents(250)));
    assert_eq!(measures.query().max(Measure::SINGLE).await.unwrap(), Some(0.5));
}

async fn sums_are_whole_and_of_nothing_zero<DB: TestDb + Stores<Measure>>() {
    let (world, alice) = measured::<DB>().await;
    let measures = world.pool.repository::<Measure>(&alice);
    assert_eq!(measures.query().sum(Measure::LARGE).await.unwrap(), 0);
    assert_eq!(measures.query().sum(Measure::DOUBLE).await.unwrap(), 0.0);
    of(&measures, &[(None, None)]).await;
    assert_eq!(measures.query().sum(Measure::LARGE).await.unwrap(), 0);
    assert_eq!(measures.query().sum(Measure::DOUBLE).await.unwrap(), 0.0);
    of(&measures, &[(Some(i64::MAX), Some(1.5)), (Some(-1), Some(2.25))]).await;
    // None of these fits in its column's own type.
    assert_eq!(measures.query().sum(Measure::SMALL).await.unwrap(), 90_000);
    assert_eq!(measures.query().sum(Measure::MEDIUM).await.unwrap(), 3 * i64::from(i32::MAX));
    assert_eq!(measures.query().sum(Measure::LARGE).await.unwrap(), i64::MAX - 1);
    assert_eq!(measures.query().sum(Measure::CENTS).await.unwrap(), 750);
    assert_eq!(measures.query().sum(Measure::SINGLE).await.unwrap(), 1.5);
    assert_eq!(measures.query().sum(Measure::DOUBLE).await.unwrap(), 3.75);
}

async fn a_sum_that_does_not_fit_is_refused_and_no_wrong_number<DB: TestDb + Stores<Measure>>() {
    let (world, alice) = measured::<DB>().await;
    let measures = world.pool.repository::<Measure>(&alice);
    of(&measures, &[(Some(i64::MAX), Some(f64::MAX)), (Some(1), Some(f64::MAX))]).await;
    let error = measures.query().sum(Measure::LARGE).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { entity: "measures", .. }), "{error:?}");
    let error = measures.query().sum(Measure::DOUBLE).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { entity: "measures", .. }), "{error:?}");
    // What is infinite already adds up to nothing that could be said; SQLite answers with NULL.
    let infinite = [(None, Some(f64::INFINITY)), (None, Some(f64::NEG_INFINITY))];
    let bob = user();
    let his = world.pool.repository::<Measure>(&bob);
    of(&his, &infinite).await;
    let error = his.query().sum(Measure::DOUBLE).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
    assert_eq!(his.query().sum(Measure::CENTS).await.unwrap(), 500);
}

async fn a_sum_that_was_refused_aborts_its_transaction<DB: TestDb + Stores<Measure>>() {
    let (world, alice) = measured::<DB>().await;
    let tx = world.pool.begin(&alice).await.unwrap();
    let measures = tx.repository::<Measure>();
    of(&measures, &[(Some(i64::MAX), None), (Some(1), None)]).await;
    assert!(matches!(measures.query().sum(Measure::LARGE).await, Err(Error::Rejected { .. })));
    assert!(matches!(measures.query().count_by(Measure::SMALL).await, Err(Error::TransactionAborted)));
    assert!(matches!(tx.commit().await, Err(Error::TransactionAborted)));
}

async fn filters_hold_and_order_and_limit_do_not_matter<DB: TestDb + Stores<Measure>>() {
    let (world, alice) = measured::<DB>().await;
    let measures = world.pool.repository::<Measure>(&alice);
    of(&measures, &[(Some(1), None), (Some(2), None), (Some(2), None), (None, None)]).await;
    let some = || measures.query().filter(Measure::LARGE.ge(2)).order_by(Measure::LARGE.desc()).limit(1);
    assert_eq!(some().count_by(Measure::LARGE).await.unwrap(), [(Some(2), 2)]);
    assert_eq!(some().sum(Measure::LARGE).await.unwrap(), 4);
    assert_eq!(some().min(Measure::LARGE).await.unwrap(), Some(2));
    let others = || measures.query().filter(!Measure::LARGE.ge(2)).order_by(Measure::LARGE.desc()).limit(0);
    assert_eq!(others().max(Measure::LARGE).await.unwrap(), Some(1));
    // A condition with OR reaches no further than its bracket.
    let either = Measure::LARGE.eq(1).or(Measure::LARGE.eq(2));
    assert_eq!(measures.query().filter(either).count_by(Measure::LARGE).await.unwrap(), [(Some(1), 1), (Some(2), 2)]);
}

async fn foreign_rows_do_not_count<DB: TestDb + Stores<Measure>>() {
    let (world, alice) = measured::<DB>().await;
    let bob = user();
    of(&world.pool.repository::<Measure>(&alice), &[(Some(1), Some(1.0)), (Some(100), Some(100.0))]).await;
    let his = world.pool.repository::<Measure>(&bob);
    of(&his, &[(Some(5), Some(5.0))]).await;
    let anything = || his.query().filter(Measure::LARGE.ge(0).or(!Measure::LARGE.ge(0)));
    assert_eq!(anything().count_by(Measure::LARGE).await.unwrap(), [(Some(5), 1)]);
    assert_eq!(anything().min(Measure::LARGE).await.unwrap(), Some(5));
    assert_eq!(anything().max(Measure::LARGE).await.unwrap(), Some(5));
    assert_eq!(anything().sum(Measure::LARGE).await.unwrap(), 5);
    assert_eq!(anything().sum(Measure::DOUBLE).await.unwrap(), 5.0);
}

async fn a_system_context_counts_by_an_owner_that_is_stored_as_text<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for (user, name) in [(&alice, "a"), (&bob, "b"), (&alice, "c")] {
        let project = NewProject { name: name.into(), main_task: None };
        world.pool.repository::<Project>(user).insert(project).await.unwrap();
    }
    let system = world.system().await;
    let everyone = system.repository::<Project>();
    let expected = [(*alice.user(), 2), (*bob.user(), 1)];
    assert_eq!(everyone.query().count_by(Project::USER_ID).await.unwrap(), expected);
    assert_eq!(everyone.query().max(Project::NAME).await.unwrap().as_deref(), Some("c"));
}

async fn an_aggregate_is_audited_as_a_list_that_gives_none_of_the_rows_that_it_is_about<
    DB: TestDb + Stores<Measure>,
>() {
    let (world, alice) = measured::<DB>().await;
    let measures = world.pool.repository::<Measure>(&alice);
    of(&measures, &[(Some(1), None), (Some(2), None), (None, None)]).await;
    measures.query().count_by(Measure::SMALL).await.unwrap();
    measures.query().sum(Measure::LARGE).await.unwrap();
    measures.query().max(Measure::LARGE).await.unwrap();
    measures.query().max(Measure::DOUBLE).await.unwrap();
    let log = world.log().await;
    let lists = log.iter().filter(|line| line.operation == "list" && line.entity_type == "measures");
    let details: Vec<_> = lists.map(|line| line.details.as_str()).collect();
    assert_eq!(
        details,
        [
            r#"{"rows":0,"counted":3}"#,
            r#"{"rows":0,"counted":2}"#,
            // The value of one row was given.
            r#"{"rows":1}"#,
            r#"{"rows":0}"#
        ]
    );
}

async fn a_value_that_cannot_be_read_is_an_error_that_names_its_column<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.pool.repository::<Task>(&alice).insert(new_task("x")).await.unwrap();
    DB::run(&world.raw, "UPDATE tasks SET status = 'of a newer version'").await.unwrap();
    let tasks = world.pool.repository::<Task>(&alice);
    let error = tasks.query().count_by(Task::STATUS).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "column `status` could not be decoded");
}

/// What a column gives is said by its type.
#[test]
fn nullability_is_in_the_type() {
    fn gives<T, V, N: user_scope::Nullability<Of<V> = G>, G>(_: user_scope::Column<T, V, N>) -> &'static str {
        std::any::type_name::<G>()
    }
    assert_eq!(gives(Measure::CENTS), std::any::type_name::<<NotNull as user_scope::Nullability>::Of<Cents>>());
    assert_eq!(gives(Measure::LARGE), "core::option::Option<i64>");
}
