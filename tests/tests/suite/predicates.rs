//! Conditions mean the same on every database.

use chrono::NaiveDate;
use user_scope::{Predicate, UserContext};

use super::databases::TestDb;
use super::entities::{NewTask, Status, Task};
use super::world::{World, user};

on_each_database!(
    comparisons_mean_what_they_say,
    an_empty_list_matches_nothing_and_its_negation_everything,
    lists_of_any_length_match,
    like_tells_upper_from_lower_case_and_takes_escapes,
    null_satisfies_is_null_alone,
    order_puts_null_last_either_way,
    limits_and_first_take_from_the_front,
    a_list_too_long_for_a_statement_is_an_error,
    a_condition_too_deep_is_an_error_and_a_long_chain_is_not,
);

async fn world_of_five<DB: TestDb>() -> (World<DB>, UserContext) {
    let (world, alice) = (World::<DB>::open().await, user());
    let tasks = world.pool.repository::<Task>(&alice);
    for (title, status, due_on) in [
        ("a", Status::Todo, Some(1)),
        ("b", Status::Done, Some(3)),
        ("C_d", Status::Todo, None),
        ("c%d", Status::Done, Some(2)),
        ("e*?[x]\\", Status::Todo, None),
    ] {
        let due_on = due_on.and_then(|day| NaiveDate::from_ymd_opt(2030, 1, day));
        tasks.insert(NewTask { title: title.into(), status, due_on }).await.unwrap();
    }
    // Somebody else has the same.
    let bob = user();
    world.pool.repository::<Task>(&bob).insert(super::world::new_task("a")).await.unwrap();
    (world, alice)
}

async fn titles<DB: TestDb>(world: &World<DB>, user: &UserContext, predicate: Predicate<Task>) -> Vec<String> {
    let tasks = world.pool.repository::<Task>(user);
    let rows = tasks.query().filter(predicate.clone()).order_by(Task::ID.asc()).all().await.unwrap();
    assert_eq!(tasks.query().filter(predicate).count().await.unwrap(), rows.len() as u64);
    rows.into_iter().map(|task| task.title).collect()
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2030, 1, day).unwrap()
}

async fn comparisons_mean_what_they_say<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    for (predicate, expected) in [
        (Task::TITLE.eq("a"), vec!["a"]),
        (Task::STATUS.ne(Status::Todo), vec!["b", "c%d"]),
        (Task::DUE_ON.lt(day(2)), vec!["a"]),
        (Task::DUE_ON.le(day(2)), vec!["a", "c%d"]),
        (Task::DUE_ON.gt(day(2)), vec!["b"]),
        (Task::DUE_ON.ge(day(2)), vec!["b", "c%d"]),
        (Task::DUE_ON.between(day(1), day(2)), vec!["a", "c%d"]),
        (Task::STATUS.eq(Status::Todo).and(Task::DUE_ON.is_null()), vec!["C_d", "e*?[x]\\"]),
        (Task::TITLE.eq("a").or(Task::TITLE.eq("b")), vec!["a", "b"]),
        (!Task::STATUS.eq(Status::Todo), vec!["b", "c%d"]),
        (Task::TITLE.eq("a").or(Task::TITLE.eq("b")).and(Task::STATUS.eq(Status::Done)), vec!["b"]),
        (!(Task::TITLE.eq("a").or(Task::TITLE.eq("b")).or(Task::TITLE.eq("C_d"))), vec!["c%d", "e*?[x]\\"]),
    ] {
        let shape = format!("{predicate:?}");
        assert_eq!(titles(&world, &alice, predicate).await, expected, "{shape}");
    }
}

async fn an_empty_list_matches_nothing_and_its_negation_everything<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    let nothing: [&str; 0] = [];
    assert_eq!(titles(&world, &alice, Task::TITLE.is_in(nothing)).await, [""; 0]);
    assert_eq!(titles(&world, &alice, !Task::TITLE.is_in(nothing)).await.len(), 5);
    assert_eq!(titles(&world, &alice, Task::TITLE.is_in(nothing).or(Task::TITLE.eq("a"))).await, ["a"]);
}

async fn lists_of_any_length_match<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    let all = ["a", "b", "C_d", "c%d", "e*?[x]\\", "x", "y", "z", "w"];
    for length in 1..=all.len() {
        let expected = length.min(5);
        let found = titles(&world, &alice, Task::TITLE.is_in(all.iter().take(length).copied())).await;
        assert_eq!(found, all[..expected]);
    }
}

async fn like_tells_upper_from_lower_case_and_takes_escapes<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    for (pattern, expected) in [
        ("%d", vec!["C_d", "c%d"]),
        ("c%", vec!["c%d"]),
        ("C%", vec!["C_d"]),
        ("C_d", vec!["C_d"]),
        ("_", vec!["a", "b"]),
        (r"%\%%", vec!["c%d"]),
        (r"%\_%", vec!["C_d"]),
        ("e*%", vec!["e*?[x]\\"]),
        ("[ab]", vec![]),
        ("*", vec![]),
        // In the middle of an escape: a pattern like any other, and on no database an error, which would tell
        // whether some row, be it another user's, matches up to there.
        (r"e*?[x]\\\", vec![]),
        (r"e*?[x]\", vec!["e*?[x]\\"]),
        (r"a\", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(titles(&world, &alice, Task::TITLE.like(pattern)).await, expected, "{pattern}");
    }
}

async fn null_satisfies_is_null_alone<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    assert_eq!(titles(&world, &alice, Task::DUE_ON.is_null()).await.len(), 2);
    assert_eq!(titles(&world, &alice, !Task::DUE_ON.is_null()).await.len(), 3);
    assert_eq!(titles(&world, &alice, Task::DUE_ON.ne(day(1))).await, ["b", "c%d"]);
    assert_eq!(titles(&world, &alice, !Task::DUE_ON.eq(day(1))).await, ["b", "c%d"]);
}

async fn order_puts_null_last_either_way<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    let tasks = world.pool.repository::<Task>(&alice);
    for (order, expected) in [
        (Task::DUE_ON.asc(), ["a", "c%d", "b", "C_d", "e*?[x]\\"]),
        (Task::DUE_ON.desc(), ["b", "c%d", "a", "C_d", "e*?[x]\\"]),
    ] {
        let rows = tasks.query().order_by(order).order_by(Task::ID.asc()).all().await.unwrap();
        assert_eq!(rows.iter().map(|task| task.title.as_str()).collect::<Vec<_>>(), expected);
    }
}

async fn limits_and_first_take_from_the_front<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    let tasks = world.pool.repository::<Task>(&alice);
    let newest = || tasks.query().order_by(Task::ID.desc());
    assert_eq!(newest().limit(2).all().await.unwrap().len(), 2);
    assert_eq!(newest().limit(0).all().await.unwrap().len(), 0);
    assert_eq!(newest().first().await.unwrap().unwrap().title, "e*?[x]\\");
    assert_eq!(newest().limit(0).first().await.unwrap(), None);
    assert_eq!(newest().limit(1).count().await.unwrap(), 5);
}

async fn a_list_too_long_for_a_statement_is_an_error<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    let many: Vec<_> = (0..30_000).map(|_| user_scope::Uuid::now_v7()).collect();
    assert_eq!(world.pool.repository::<Task>(&alice).query().filter(Task::ID.is_in(&many)).count().await.unwrap(), 0);
    let ids: Vec<_> = (0..70_000).map(|_| user_scope::Uuid::now_v7()).collect();
    let tasks = world.pool.repository::<Task>(&alice);
    let error = tasks.query().filter(Task::ID.is_in(&ids)).all().await.unwrap_err();
    assert!(matches!(error, user_scope::Error::TooManyValues { .. }), "{error:?}");
}

async fn a_condition_too_deep_is_an_error_and_a_long_chain_is_not<DB: TestDb>() {
    let (world, alice) = world_of_five::<DB>().await;
    let tasks = world.pool.repository::<Task>(&alice);
    let chain = (0..3_000).fold(Task::TITLE.eq("a"), |chain, number| chain.or(Task::TITLE.eq(format!("{number}"))));
    assert_eq!(tasks.query().filter(chain.and(Task::STATUS.eq(Status::Todo))).count().await.unwrap(), 1);
    let deep = (0..100_000).fold(Task::TITLE.eq("a"), |deep, _| !deep);
    for error in [
        tasks.query().filter(deep.clone()).all().await.unwrap_err(),
        tasks.query().filter(!deep).count().await.unwrap_err(),
    ] {
        assert!(matches!(error, user_scope::Error::TooDeep { entity: "tasks" }), "{error:?}");
    }
}
