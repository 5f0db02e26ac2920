//! How the log is kept and let go: moved into months ([`moved`]), exported ([`export`]), purged ([`purged`]) by whoever may
//! ([`permitted`]), and all that while others are at work ([`meanwhile`]).

mod export;
mod meanwhile;
mod moved;
mod permitted;
mod purged;

use sqlx::{Pool, Postgres};
use user_scope::Moment;
use user_scope::audit::{AuditSettings, LogPurge, Purgeable, partition};

use super::databases::TestDb;
use super::world::{World, user};

/// The first moment of the month so many before this one.
pub fn month(before: u32) -> Moment {
    let first = |moment: Moment| Moment::of_day(&format!("{}-01", &moment.day()[..7])).unwrap();
    (0..before).fold(first(Moment::now()), |month, _| first(month.midnight(-1)))
}

pub fn next_month() -> Moment {
    Moment::of_day(&format!("{}-01", &month(0).midnight(32).day()[..7])).unwrap()
}

pub async fn owner(world: &World<Postgres>) -> Pool<Postgres> {
    Pool::connect_with(world.home.owner()).await.unwrap()
}

/// A log with rows of three months ago and of this one; on PostgreSQL each month is a partition.
pub async fn old_log<DB: TestDb>(months: impl AsyncFnOnce(&World<DB>)) -> World<DB> {
    let (world, alice) = (World::<DB>::with(AuditSettings::default(), 2).await, user());
    months(&world).await;
    for before in 0..=3 {
        for _ in 0..4 {
            world.plant(&format!("'{}', 'tasks', '7', 'read', NULL", alice.user()), month(before)).await;
        }
    }
    world
}

pub async fn months_of_partitions(world: &World<Postgres>) {
    let owner = owner(world).await;
    let first = partition(&owner, 1).await.unwrap().moved.unwrap();
    let old = format!("ALTER TABLE user_access_log DETACH PARTITION {first}; DROP TABLE {first}");
    Postgres::run(&owner, &old).await.unwrap();
    for before in 0..=3_u32 {
        let (from, until) = (month(before), if before == 0 { Moment::now().midnight(32) } else { month(before - 1) });
        let until = Moment::of_day(&format!("{}-01", &until.day()[..7])).unwrap();
        let made = format!(
            "CREATE TABLE month_{before} PARTITION OF user_access_log FOR VALUES FROM ('{from}') TO ('{until}')"
        );
        Postgres::run(&owner, &made).await.unwrap();
    }
    owner.close().await;
}

/// Carries it out as soon as all of it is final: tests beside this one have transactions open on the same server.
pub async fn carried_out<DB: TestDb>(purge: &LogPurge<'_, DB>) -> Purgeable {
    loop {
        match purge.carry_out().await {
            Err(error) if error.to_string().contains("not final") => tokio::task::yield_now().await,
            purged => return purged.unwrap(),
        }
    }
}
