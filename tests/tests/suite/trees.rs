//! Trees: what is below a row goes with it, however far down.

use sqlx::Postgres;
use user_scope::Uuid;

use super::captured::{captured, statements};
use super::databases::TestDb;
use super::household::rows;
use super::shelf::Badge;
use super::world::{World, user};

on_each_database!(a_tree_goes_with_its_root, a_circle_in_a_tree_comes_to_an_end,);

/// Ids and owners are stored as text here.
async fn a_tree_goes_with_its_root<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    for by_condition in [false, true] {
        let root = world.badge(&alice, None, "root").await;
        let (mut line, mut expected) = (root.id, vec![root.id]);
        for depth in 0..5 {
            expected.push(world.badge(&alice, Some(line), &format!("leaf {depth}")).await.id);
            line = world.badge(&alice, Some(line), &format!("line {depth}")).await.id;
            expected.push(line);
        }
        let other = world.badge(&alice, None, "other").await;
        let his = world.badge(&bob, None, "root").await;
        let stray = world.badge(&bob, Some(his.id), "stray").await;
        let sql = format!("UPDATE badges SET under = '{}' WHERE id = '{}'", root.id, stray.id);
        world.against_the_keys("badges", &sql).await;
        let before = world.log().await.len();
        let badges = world.pool.repository::<Badge>(&alice);
        if by_condition {
            badges.delete_where(Badge::NAME.eq("root")).await.unwrap();
        } else {
            badges.delete(&root.id).await.unwrap();
        }
        let log = world.log().await;
        let mut gone: Vec<Uuid> = log[before..].iter().map(|line| line.entity_id.parse().unwrap()).collect();
        gone.sort();
        expected.sort();
        assert_eq!(gone, expected);
        assert!(badges.query().filter(Badge::ID.is_in(expected)).all().await.unwrap().is_empty());
        badges.delete(&other.id).await.unwrap();
        assert_eq!(world.pool.repository::<Badge>(&bob).query().count().await.unwrap(), 2);
        world.against_the_keys("badges", "DELETE FROM badges").await;
    }
}

async fn a_circle_in_a_tree_comes_to_an_end<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let root = world.badge(&alice, None, "a").await;
    let middle = world.badge(&alice, Some(root.id), "b").await;
    let last = world.badge(&alice, Some(middle.id), "c").await;
    let own = world.badge(&alice, None, "its own parent").await;
    for (row, parent) in [(&root, &last), (&own, &own)] {
        let sql = format!("UPDATE badges SET under = '{}' WHERE id = '{}'", parent.id, row.id);
        DB::run(&world.raw, &sql).await.unwrap();
    }
    let badges = world.pool.repository::<Badge>(&alice);
    badges.delete(&middle.id).await.unwrap();
    badges.delete(&own.id).await.unwrap();
    assert_eq!(badges.query().count().await.unwrap(), 0);
    let ids = [root.id, middle.id, last.id, own.id];
    assert_eq!(world.recorded("delete").await, rows(ids.map(|id| ("badges", id))));
}

/// It reads more than the rows that it waits for: they are locked first, as often as there are more of them.
#[tokio::test]
async fn a_tree_is_locked_before_it_goes_on_postgresql() {
    let (world, alice) = (World::<Postgres>::open().await, user());
    let root = world.badge(&alice, None, "root").await;
    world.badge(&alice, Some(root.id), "leaf").await;
    let (deleted, records) = captured(world.pool.repository::<Badge>(&alice).delete(&root.id)).await;
    deleted.unwrap();
    let statements = statements(&records);
    let [first, second, delete] = statements.iter().filter(|sql| *sql != "COMMIT").collect::<Vec<_>>()[..] else {
        panic!("{statements:#?}");
    };
    assert!(first == second && first.ends_with("FOR UPDATE") && delete.contains("DELETE"), "{statements:#?}");
}
