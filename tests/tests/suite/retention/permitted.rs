//! Who may let the log go, and how much of it can go.

use sqlx::{Pool, Postgres};
use user_scope::audit::{AuditSettings, Operation, SealKey, partition};
use user_scope::{Enforcement, Error, Uuid, isolation};
use user_scope_tests::postgres::server;

use super::{carried_out, month, months_of_partitions, next_month, old_log};
use crate::databases::{TestDb, isolated};
use crate::entities::Task;
use crate::world::{World, user};

/// Neither signed nor recorded.
#[tokio::test]
async fn who_may_not_purge_has_said_nothing() {
    let world = old_log::<Postgres>(months_of_partitions).await;
    let key = SealKey::generate().unwrap();
    let system = world.system().await;
    let log = system.audit();
    while log.verify(&key.public(), None).await.unwrap().rows < 16 {
        log.seal(&key).await.unwrap();
    }
    let seals = log.verify(&key.public(), None).await.unwrap().seals;
    let refused = log.purge_before(month(1)).key(&key).carry_out().await.unwrap_err();
    assert!(matches!(refused, Error::Schema { .. }) && refused.to_string().contains("owner"), "{refused}");
    let report = log.verify(&key.public(), None).await.unwrap();
    assert_eq!((report.seals, report.to_purge, report.findings), (seals, 0, vec![]));
    assert_eq!(log.rows().operation(Operation::Purge).all().await.unwrap(), []);
}

/// By a login that neither owns the log nor inherits from who does, but may become him.
#[tokio::test]
async fn under_row_level_security_a_login_for_retention_moves_the_log_and_lets_months_go() {
    isolated(async {
        let (world, alice) = (World::<Postgres>::with(AuditSettings::default(), 2).await, user());
        world.task(&alice, "x").await;
        let login = format!("retention_{}", Uuid::now_v7().simple());
        let (owner, system_role) = (world.home.owner(), server().system_role());
        let made = format!("CREATE ROLE {login} LOGIN NOINHERIT; GRANT {} TO {login}", owner.get_username());
        Postgres::run(&world.raw, &made).await.unwrap();
        let isolation = isolation![Task].application(&login).system_role(&system_role);
        isolation.apply(&world.raw).await.unwrap();
        let raw = Pool::<Postgres>::connect_with(owner.clone().username(&login)).await.unwrap();
        let first = partition(&raw, 2).await.unwrap().moved.unwrap();
        let builder = user_scope::ScopedPool::builder(raw.clone()).enforcement(Enforcement::Database);
        let library = builder.system_role(system_role).build().await.unwrap();
        let system = library.system("retention of a year").requested_by(&user()).await.unwrap();
        let log = system.audit();
        // The first partition holds this month as well, and so nothing of it goes.
        world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), month(2)).await;
        let plan = log.purge_before(month(0)).plan().await.unwrap();
        assert_eq!((plan.rows, plan.kept, plan.partitions.len()), (0, 1, 0), "{plan:?}");
        let cut = format!(
            "ALTER TABLE user_access_log DETACH PARTITION {first}; DELETE FROM {first} WHERE timestamp < '{now}'; \
             CREATE TABLE old PARTITION OF user_access_log FOR VALUES FROM ('2020-01-01Z') TO ('{now}'); \
             ALTER TABLE user_access_log ATTACH PARTITION {first} FOR VALUES FROM ('{now}') TO ('{next}')",
            now = month(0),
            next = next_month(),
        );
        Postgres::run(&world.raw, &cut).await.unwrap();
        Postgres::run(&world.raw, &format!("ALTER TABLE old OWNER TO {}", owner.get_username())).await.unwrap();
        world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), month(2)).await;
        let gone = carried_out(&log.purge_before(month(0))).await;
        assert_eq!((gone.rows, gone.kept, gone.partitions), (1, 0, vec!["old".to_owned()]));
        library.close().await;
        raw.close().await;
        Postgres::run(&world.raw, &format!("DROP OWNED BY {login}; DROP ROLE {login}")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_plain_log_of_postgresql_is_not_purged_row_by_row() {
    let world = World::<Postgres>::open().await;
    let system = world.system().await;
    let refused = system.audit().purge_before(month(1)).plan().await.unwrap_err();
    assert!(matches!(refused, Error::Schema { .. }) && refused.to_string().contains("partition"), "{refused}");
}
