//! What is asked of the log, and how it is sealed and let go: by an administrator, about everybody.

use sqlx::{Postgres, Sqlite};
use user_scope::Moment;
use user_scope::audit::{AuditSettings, MemorySink, Operation, SealKey, Window};

use super::Golden;
use crate::databases::TestDb;
use crate::golden::assert_golden;
use crate::world::{World, user};

#[tokio::test]
async fn every_question_on_postgresql_is_as_kept() {
    assert_golden("questions_postgres.sql", &every_question::<Postgres>().await);
}

#[tokio::test]
async fn every_question_on_sqlite_is_as_kept() {
    assert_golden("questions_sqlite.sql", &every_question::<Sqlite>().await);
}

async fn every_question<DB: TestDb>() -> String {
    let audit = AuditSettings::default().sink(MemorySink::new());
    let (world, alice) = (World::<DB>::with(audit, 1).await, user());
    // How often it is looked and rolled up in between, others decide who write on the same server meanwhile.
    let mut golden = Golden { once: true, ..Golden::default() };
    let system = world.system().await;
    let log = system.audit();
    let then = Moment::of_day("2020-02-29").unwrap();
    let day = Window::between(then, then.midnight(1));

    golden.add("log.rows().all()", false, log.rows().all()).await;
    golden.add("log.rows().of_user(&alice).all()", false, log.rows().of_user(alice.user()).all()).await;
    golden.add("log.rows().of_entity(…).all()", false, log.rows().of_entity("tasks", "7").all()).await;
    let denials = log.rows().operation(Operation::UnauthorizedAccess).within(day);
    golden.add("log.rows().operation(…).within(day).all()", false, denials.all()).await;
    let mut follower = log.follow();
    golden.add("log.follow().next(), the first", false, follower.next()).await;
    world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), then).await;
    let appeared = async {
        while follower.next().await?.is_empty() {}
        Ok(())
    };
    golden.add("log.follow().next()", false, appeared).await;
    golden.add("log.roll_up()", false, log.roll_up()).await;
    golden.add("log.patterns(day).all()", false, log.patterns(day).all()).await;
    let hers = log.patterns(day).of_user(alice.user()).of_entity_type("tasks");
    golden.add("log.patterns(day).of_user(…).of_entity_type(…).all()", false, hers.all()).await;
    golden.add("log.activity(day).by_day()", false, log.activity(day).by_day()).await;
    golden.add("log.activity(day).by_user()", false, log.activity(day).by_user()).await;
    golden.add("log.suspicious(day).all()", false, log.suspicious(day).all()).await;
    golden.add("log.export(day).next()", false, async { log.export(day).next().await }).await;

    let key = SealKey::generate().unwrap();
    let sealed = async {
        while log.seal(&key).await?.last.is_none() {}
        Ok(())
    };
    golden.add("log.seal(&key)", false, sealed).await;
    golden.add("log.verify(&public, None)", false, log.verify(&key.public(), None)).await;
    if DB::UUID == "BLOB" {
        let purge = || log.purge_before(then.midnight(32)).key(&key);
        golden.add("log.purge_before(…).plan()", false, purge().plan()).await;
        golden.add("log.purge_before(…).carry_out()", false, purge().carry_out()).await;
    }
    golden.text
}
