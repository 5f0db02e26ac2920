//! What the pool itself rests on.

use sqlx::{Postgres, Sqlite};
use user_scope::{Enforcement, Error, ScopedPool, doctor};
use user_scope_tests::postgres::server;

use super::patient::Patient;
use super::sqlite::{self, Animal};
use super::told;

#[tokio::test]
async fn a_healthy_pool_starts() {
    let patient = Patient::healthy("starts").await;
    let pool = ScopedPool::builder(patient.home.app())
        .enforcement(Enforcement::Database)
        .system_role(server().system_role())
        .isolated(&patient.isolation)
        .build()
        .await
        .unwrap();
    let report = doctor(&pool, &patient.isolation).await.unwrap();
    assert_eq!(told(&report), [""; 0]);
    // A finding of the server's version is right where it is old, and wrong elsewhere.
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&patient.surgeon)
        .await
        .unwrap();
    assert_eq!(report.is_healthy(), !(150_000..150_019).contains(&version), "{version}");
    let animal = Animal::healthy("starts").await;
    let pool: ScopedPool<Sqlite> = ScopedPool::new(animal.pool.clone());
    let report = doctor(&pool, &sqlite::isolation()).await.unwrap();
    assert!(report.is_healthy(), "{report}");
    assert_eq!(report.to_string(), "nothing was found\n");
    report.into_result().unwrap();
}

/// It refuses every operation, and can be asked why.
#[tokio::test]
async fn a_pool_that_does_not_say_who_is_asking() {
    let patient = Patient::healthy("silent").await;
    let pool = ScopedPool::new(patient.application().await);
    let report = doctor(&pool, &patient.isolation).await.unwrap();
    let found = told(&report);
    assert_eq!(found.len(), 1, "{report}");
    assert!(found[0].starts_with("enforcement-at-odds public."), "{report}");
    assert!(
        matches!(report.into_result(), Err(Error::Isolation { problem, .. }) if problem.contains("Enforcement::Database"))
    );
}

#[tokio::test]
async fn a_pool_that_takes_another_role_for_system_mode() {
    let patient = Patient::with_login("other_role").await;
    let role = server().role_name("other_role_own");
    patient.operate(&format!("CREATE ROLE {role}; GRANT {role} TO {{login}}")).await;
    let pool: ScopedPool<Postgres> = ScopedPool::builder(patient.application().await)
        .enforcement(Enforcement::Database)
        .system_role(&role)
        .build()
        .await
        .unwrap();
    let report = doctor(&pool, &patient.isolation).await.unwrap();
    assert_eq!(told(&report), [format!("system-role-at-odds {role}")], "{report}");
}

#[tokio::test]
async fn who_cannot_look_says_so() {
    let patient = Patient::healthy("blind").await;
    let pool = patient.application().await;
    pool.close().await;
    assert!(matches!(patient.isolation.examine(&pool).await, Err(Error::Unavailable { .. })));
}
