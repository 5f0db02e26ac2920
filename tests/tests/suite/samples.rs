//! Random rows, and properties that are to hold for all of them.

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use user_scope::audit::AuditSettings;
use user_scope::{Order, Stores, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::world::World;

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "samples", new(derive(Debug, Clone)))]
pub struct Sample {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    /// Letters that are ordered alike everywhere.
    pub word: String,
    /// Anything, which only the database can order.
    pub text: String,
    pub at: DateTime<Utc>,
    pub number: Option<i64>,
    pub share: Option<f64>,
    pub day: Option<NaiveDate>,
}

pub trait SampleDb: TestDb + Stores<Sample> {}
impl<DB: TestDb + Stores<Sample>> SampleDb for DB {}

pub async fn world<DB: SampleDb>() -> World<DB> {
    let world = World::<DB>::with(AuditSettings::off(), 2).await;
    let table = "CREATE TABLE samples (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, word VARCHAR(9) NOT NULL, \
                 text TEXT NOT NULL, at TIMESTAMPTZ NOT NULL, number BIGINT, share DOUBLE PRECISION, day DATE)";
    DB::run(&world.raw, &table.replace("{uuid}", DB::UUID)).await.unwrap();
    world.open_to_the_application().await;
    world
}

/// Few different values, so that many are equal.
pub fn rows(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<NewSample>> {
    let text = prop_oneof![Just("é".to_owned()), Just("E\u{301}".to_owned()), "[^\0]{0,3}"];
    let at = (0..3_i64).prop_map(|second| DateTime::from_timestamp(1_900_000_000 + second, 0).unwrap());
    let day = (1..4_u32).prop_map(|day| NaiveDate::from_ymd_opt(2030, 1, day).unwrap());
    let share = prop::sample::select(vec![-1.5, 0.0, 2.25e300]);
    let row = ("[ab]{0,2}", text, at, prop::option::of(-1..2_i64), prop::option::of(share), prop::option::of(day));
    let row = row.prop_map(|(word, text, at, number, share, day)| NewSample { word, text, at, number, share, day });
    prop::collection::vec(row, count)
}

pub async fn insert<DB: SampleDb>(world: &World<DB>, user: &UserContext, rows: Vec<NewSample>) -> Vec<Sample> {
    let tx = world.pool.begin(user).await.unwrap();
    let (samples, mut inserted) = (tx.repository::<Sample>(), Vec::new());
    for row in rows {
        inserted.push(samples.insert(row).await.unwrap());
    }
    tx.commit().await.unwrap();
    inserted
}

/// A column to order by, and whether the greatest comes first.
pub type Key = (usize, bool);
pub const TEXT: usize = 0;

pub fn order((column, descending): Key) -> Order<Sample> {
    macro_rules! of {
        ($column:ident) => {
            if descending { Sample::$column.desc() } else { Sample::$column.asc() }
        };
    }
    match column {
        TEXT => of!(TEXT),
        1 => of!(WORD),
        2 => of!(AT),
        3 => of!(NUMBER),
        4 => of!(SHARE),
        5 => of!(DAY),
        _ => of!(ID),
    }
}

/// Runs `property` for `cases` values, on a thread from which the runtime can be waited for.
pub async fn for_all<V: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = V> + Send + 'static,
    property: impl Fn(&Handle, V) + Send + 'static,
) {
    let handle = Handle::current();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let run = move || {
        let test = |value| {
            property(&handle, value);
            Ok(())
        };
        TestRunner::new(config).run(&strategy, test).map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(run).await.unwrap().unwrap_or_else(|fault| panic!("{fault}"));
}
