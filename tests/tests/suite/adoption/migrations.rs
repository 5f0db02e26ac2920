//! The plan as migrations: sqlx runs them, and takes them back.

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Pool, Postgres, Sqlite};

use super::{Cluster, File};
use crate::databases::TestDb;

const CONFIGURATION: &str = r#"
[[table]]
name = "customer"
backfill = { file = "owners.csv", key = "id" }
[[table]]
name = "invoice"
backfill = { parent = "customer", through = "customer_id" }
[[table]]
name = "note's"
"#;

const OWNERS: &str = "id,owner
1,00000000-0000-0000-0000-00000000000c
2,00000000-0000-0000-0000-00000000000d
";

/// Files that are there already, with a version that lies far ahead, come first.
const OLDER: &str = "20990101000000_made.sql";

async fn up_and_down<DB: sqlx::Database>(pool: &Pool<DB>, folder: &std::path::Path, verified: impl FnOnce())
where
    DB::Connection: Migrate,
    for<'c> &'c Pool<DB>: sqlx::Acquire<'c, Database = DB>,
{
    let migrator = Migrator::new(folder).await.unwrap();
    migrator.run(pool).await.unwrap();
    verified();
    migrator.undo(pool, 20_990_101_000_000).await.unwrap();
}

/// What stays when the migrations are taken back.
const OURS: [&str; 7] = [
    "user_access_log",
    "user_access_daily",
    "user_access_by_user",
    "user_access_rolled_up",
    "user_access_seals",
    "user_scope_schema",
    "_sqlx_migrations",
];

#[tokio::test]
async fn on_postgresql_the_migrations_do_what_apply_does_and_take_it_back() {
    let tables = r#"
        CREATE TABLE customer (id bigint PRIMARY KEY, name text);
        INSERT INTO customer VALUES (1, 'a'), (2, 'b');
        CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE, note text);
        INSERT INTO invoice SELECT n, n % 2 + 1, repeat('x', 200) FROM generate_series(1, 5000) n;
        CREATE TABLE "note's" (text text);
        INSERT INTO "note's" VALUES ('n');
    "#;
    let house = Cluster::with("migrations", tables, CONFIGURATION).await;
    house.site.file("owners.csv", OWNERS);
    let before = house.home.dump();
    let folder = house.site.folder("migrations");
    std::fs::write(folder.join(OLDER), "SELECT 1").unwrap();
    let told = house.site.does(&["plan", "--migrations", "migrations", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told["migrations"].as_array().unwrap().len() > 20, "{told}");
    assert_eq!(house.home.dump(), before, "a plan changes nothing");

    up_and_down(&house.owner, &folder, || {
        house.site.does(&["verify"]);
        assert!(house.site.does(&["plan"]).contains("-- nothing to do"));
    })
    .await;
    let surgeon = Pool::<Postgres>::connect_with(house.home.superuser()).await.unwrap();
    Postgres::run(&surgeon, &format!("DROP TABLE {}", OURS.join(", "))).await.unwrap();
    surgeon.close().await;
    assert_eq!(house.home.dump(), before);
}

#[tokio::test]
async fn on_postgresql_a_migration_refuses_rows_that_get_no_owner() {
    let tables = "
        CREATE TABLE customer (id bigint PRIMARY KEY, name text);
        INSERT INTO customer VALUES (1, 'a'), (2, 'b'), (3, 'nobody''s');
    ";
    let configuration = "[[table]]\nname = 'customer'\nbackfill = { file = 'owners.csv', key = 'id' }";
    let house = Cluster::with("refusing", tables, configuration).await;
    house.site.file("owners.csv", OWNERS);
    let folder = house.site.folder("migrations");
    house.site.does(&["plan", "--migrations", "migrations"]);
    let refused = Migrator::new(folder.as_path()).await.unwrap().run(&house.owner).await.unwrap_err().to_string();
    assert!(refused.contains("1 rows of public.customer get no owner by the backfill that was given"), "{refused}");
}

#[tokio::test]
async fn on_sqlite_the_migrations_do_what_apply_does_and_take_it_back() {
    let tables = r#"
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO customer VALUES (1, 'a'), (2, 'b');
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id), note TEXT);
        INSERT INTO invoice VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 2, 'z');
        CREATE TABLE "note's" (text TEXT);
        INSERT INTO "note's" VALUES ('n');
    "#;
    let file = File::with("migrations", tables, CONFIGURATION).await;
    file.site.file("owners.csv", OWNERS);
    let before = file.dump().await;
    let folder = file.site.folder("migrations");
    std::fs::write(folder.join(OLDER), "SELECT 1").unwrap();
    file.site.does(&["plan", "--migrations", "migrations"]);

    up_and_down(&file.pool, &folder, || {
        file.site.does(&["verify"]);
        assert!(file.site.does(&["plan"]).contains("-- nothing to do"));
    })
    .await;
    for table in OURS {
        Sqlite::run(&file.pool, &format!("DROP TABLE {table}")).await.unwrap();
    }
    assert_eq!(file.dump().await, before);
}
