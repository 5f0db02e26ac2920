//! The log, copied out.

use user_scope::audit::{Operation, Window};

use super::month;
use crate::databases::TestDb;
use crate::world::{World, user};

on_each_database_and_through_pgbouncer!(an_export_gives_every_row_of_a_time_once);

async fn an_export_gives_every_row_of_a_time_once<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (inside, outside) = (month(2), month(1));
    for number in 0..4_500 {
        if number % 500 == 0 {
            world.plant(&format!("'{}', 'tasks', 'out', 'read', NULL", alice.user()), outside).await;
        }
    }
    let many = (0..4_500).map(|number| format!("('{}', 'tasks', '{number}', 'read', '{inside}')", alice.user()));
    let insert = format!(
        "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, timestamp) VALUES {}",
        many.collect::<Vec<_>>().join(", ")
    );
    DB::run(&world.raw, &insert).await.unwrap();
    let system = world.system().await;
    let log = system.audit();
    let mut export = log.export(Window::between(inside, inside.midnight(1)));
    let mut seen = Vec::new();
    while let Some(rows) = export.next().await.unwrap() {
        assert!(rows.len() <= 2_000);
        seen.extend(rows.into_iter().map(|row| row.entity_id.unwrap()));
    }
    assert_eq!(seen, (0..4_500).map(|number| number.to_string()).collect::<Vec<_>>());
    assert!(export.next().await.unwrap().is_none());
    world.pool.flush_audit().await;
    let asked = log.rows().operation(Operation::List).all().await.unwrap();
    assert!(asked.len() == 1 && asked[0].details.as_deref().unwrap().contains("4500"), "{asked:?}");
}
