//! Faults of a SQLite database.

use sqlx::{Pool, Sqlite};
use user_scope::{Isolation, Uuid};

use super::{first, tells, told};
use crate::databases::TestDb;
use crate::entities::Secret;
use crate::shelf;

/// A SQLite database that is healthy, until something is planted.
pub struct Animal {
    pub pool: Pool<Sqlite>,
    home: <Sqlite as TestDb>::Home,
}

pub fn isolation() -> Isolation {
    shelf::isolated(Isolation::default().with::<Secret>())
}

impl Animal {
    pub async fn healthy(hint: &str) -> Self {
        let home = Sqlite::home::<Uuid>(hint).await;
        let pool = Sqlite::owner(&home).await;
        let _ = isolation().apply(&pool).await.unwrap();
        Self { pool, home }
    }

    async fn operate(&self, sql: &str) {
        Sqlite::run(&self.pool, sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    async fn suffers(&self, plant: &str, name: &str, object: &str) {
        assert_eq!(told(&isolation().examine(&self.pool).await.unwrap()), [""; 0]);
        self.operate(plant).await;
        let report = isolation().examine(&self.pool).await.unwrap();
        tells(&report, name, object);
        let mend = first(&report).mend();
        assert_ne!(mend, "", "{report}");
        self.operate(mend).await;
        assert_eq!(told(&isolation().examine(&self.pool).await.unwrap()), [""; 0], "after {mend}");
    }
}

macro_rules! faults {
    ($($test:ident: $plant:expr => $name:literal $object:literal;)+) => {
        $(#[tokio::test]
        async fn $test() {
            Animal::healthy(stringify!($test)).await.suffers($plant, $name, $object).await;
        })+
    };
}

faults! {
    trigger_missing: "DROP TRIGGER user_scope_albums_fixed_update" => "trigger-missing" "albums";
    trigger_altered: "DROP TRIGGER user_scope_albums_fixed_update; CREATE TRIGGER user_scope_albums_fixed_update \
        BEFORE UPDATE ON albums WHEN 0 BEGIN SELECT RAISE(ABORT, 'never'); END" => "trigger-altered" "albums";
    owner_index_missing: "DROP INDEX user_scope_takes_owner" => "owner-index-missing" "takes";
    transfers_missing: "DROP TABLE user_scope_transfer" => "transfer-table-missing" "user_scope_transfer";
    transfer_left_open: "INSERT INTO user_scope_transfer VALUES (1)" => "transfer-left-open" "user_scope_transfer";
    log_missing: "DROP TABLE user_access_log" => "table-missing" "user_access_log";
}

#[tokio::test]
async fn an_owner_may_be_null_and_no_trigger_refuses_it() {
    let animal = Animal::healthy("nullable").await;
    let named = || Isolation::<Uuid>::default().with_table("visits", "user_id");
    animal.operate("CREATE TABLE visits (id BLOB PRIMARY KEY, user_id BLOB)").await;
    let _ = named().apply(&animal.pool).await.unwrap();
    assert_eq!(told(&named().examine(&animal.pool).await.unwrap()), [""; 0]);
    animal.operate("DROP TRIGGER user_scope_visits_owner_insert").await;
    let report = named().examine(&animal.pool).await.unwrap();
    tells(&report, "owner-nullable", "visits");
    // What came in meanwhile stays a finding.
    animal.operate("INSERT INTO visits VALUES (x'01', NULL)").await;
    animal.operate(first(&report).mend()).await;
    tells(&named().examine(&animal.pool).await.unwrap(), "rows-without-owner", "visits");
    animal.operate("DELETE FROM visits").await;
    assert_eq!(told(&named().examine(&animal.pool).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn rows_that_violate_already_are_counted() {
    let animal = Animal::healthy("strays").await;
    let keyless =
        Pool::<Sqlite>::connect_with((*animal.pool.connect_options()).clone().foreign_keys(false)).await.unwrap();
    let stray = "INSERT INTO user_scope_transfer VALUES (1); INSERT INTO reviews VALUES (x'01', x'02', x'03', ''); \
                 DELETE FROM user_scope_transfer";
    Sqlite::run(&keyless, stray).await.unwrap();
    let report = isolation().examine(&animal.pool).await.unwrap();
    tells(&report, "rows-with-foreign-parent", "reviews");
    assert!(first(&report).why().starts_with("1 rows"));
    // Those connections do not look at keys.
    let found = told(&isolation().examine(&keyless).await.unwrap());
    assert!(found.contains(&"foreign-keys-off reviews".to_owned()), "{found:?}");
    assert!(!found.contains(&"foreign-keys-off secrets".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_column_that_no_insert_fills() {
    let animal = Animal::healthy("unfilled").await;
    animal.operate("DROP TABLE secrets").await;
    animal
        .operate(
            "CREATE TABLE secrets (id BLOB PRIMARY KEY, user_id BLOB NOT NULL, key_name TEXT NOT NULL, value TEXT NOT NULL, \
             label TEXT NOT NULL, UNIQUE (user_id, value))",
        )
        .await;
    let _ = isolation().apply(&animal.pool).await.unwrap();
    tells(&isolation().examine(&animal.pool).await.unwrap(), "column-not-filled", "secrets");
}

#[tokio::test]
async fn a_table_that_is_gone() {
    let animal = Animal::healthy("gone").await;
    animal.operate("DROP TABLE secrets").await;
    tells(&isolation().examine(&animal.pool).await.unwrap(), "table-missing", "secrets");
    drop(animal.home);
}
