//! What a copy of the log has given is on record, however it ends.

use user_scope::Moment;
use user_scope::audit::Window;

use crate::databases::TestDb;
use crate::world::{World, user};

on_each_database!(an_export_that_is_dropped_before_its_end_is_on_record_with_what_it_gave);

async fn an_export_that_is_dropped_before_its_end_is_on_record_with_what_it_gave<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    world.task(&alice, "hers").await;
    let system = world.system().await;
    let log = system.audit();
    let [from, until] = [-1, 1].map(|days| Moment::now().midnight(days));
    let mut export = log.export(Window::between(from, until));
    let given = export.next().await.unwrap().unwrap().len();
    assert!(given >= 2, "her row and the receipt");
    drop(export);
    // One that was never asked has given nothing.
    drop(log.export(Window::between(from, until)));
    let lists = world.log().await.into_iter().filter(|line| line.operation == "list");
    let lists: Vec<_> = lists.map(|line| line.details).collect();
    assert_eq!(lists.len(), 1, "{lists:?}");
    assert!(lists[0].contains(&format!("\"rows\":{given}")), "{lists:?}");
}
