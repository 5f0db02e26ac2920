//! Tables of every shape, and every way to find an owner.

use sqlx::{Pool, Postgres, Sqlite};
use user_scope::Uuid;

use super::{Cluster, File};
use crate::databases::TestDb;

const SHOP: &str = r#"
CREATE SCHEMA "Crm";
CREATE TABLE "Crm"."Order" ("select" uuid PRIMARY KEY, "Üser" text, note text);
INSERT INTO "Crm"."Order" SELECT gen_random_uuid(), 'u', 'n' FROM generate_series(1, 300);
CREATE TABLE plain (note text);
INSERT INTO plain SELECT 'n' FROM generate_series(1, 300);
CREATE TABLE pair (a int, b int, note text, PRIMARY KEY (a, b));
INSERT INTO pair SELECT n, n, 'n' FROM generate_series(1, 300) n;
CREATE TABLE empty (id bigint PRIMARY KEY, pair_a int);
CREATE TABLE partly (id bigint PRIMARY KEY, user_id uuid);
INSERT INTO partly SELECT n, CASE WHEN n % 2 = 0 THEN '00000000-0000-0000-0000-00000000000a'::uuid END FROM generate_series(1, 300) n;
CREATE TABLE texts (id bigint PRIMARY KEY, user_id varchar(36) NOT NULL);
INSERT INTO texts SELECT n, '00000000-0000-0000-0000-00000000000a' FROM generate_series(1, 300) n;
CREATE TABLE mapped (id bigint PRIMARY KEY);
INSERT INTO mapped SELECT generate_series(1, 3);
CREATE TABLE profile (user_id uuid PRIMARY KEY, note text);
INSERT INTO profile VALUES ('00000000-0000-0000-0000-00000000000a', 'n');
CREATE VIEW notes AS SELECT note FROM plain;
"#;

const CONFIGURATION: &str = r#"
[[table]]
name = '"Crm"."Order"'
[[table]]
name = "plain"
backfill = "system"
[[table]]
name = "pair"
backfill = { expression = "md5(a::text || b)::uuid" }
[[table]]
name = "empty"
backfill = { constant = "00000000-0000-0000-0000-00000000000b" }
[[table]]
name = "partly"
backfill = { constant = "00000000-0000-0000-0000-00000000000b" }
[[table]]
name = "texts"
[[table]]
name = "mapped"
owner = "holder"
backfill = { file = "owners.csv", key = "id" }
[[table]]
name = "profile"
"#;

const OWNERS: &str = "id,owner
1,00000000-0000-0000-0000-00000000000c
2,00000000-0000-0000-0000-00000000000d
3,00000000-0000-0000-0000-00000000000c
";

#[tokio::test]
async fn on_postgresql_tables_of_every_shape_come_under_isolation_and_leave_it_again() {
    let shop = Cluster::with("shop", SHOP, CONFIGURATION).await;
    shop.site.file("owners.csv", OWNERS);
    let before = shop.home.dump();
    shop.site.does(&["apply", "--yes"]);
    shop.site.does(&["verify"]);
    assert!(shop.site.does(&["plan"]).contains("-- nothing to do"));

    let surgeon = Pool::<Postgres>::connect_with(shop.home.superuser()).await.unwrap();
    let nil = Uuid::nil();
    for (sql, owner, rows) in [
        (r#"SELECT count(*) FROM "Crm"."Order" WHERE user_id = $1"#, nil, 300),
        ("SELECT count(*) FROM plain WHERE user_id = $1", nil, 300),
        ("SELECT count(*) FROM pair WHERE user_id = md5(a::text || b)::uuid AND $1 IS NOT NULL", nil, 300),
        ("SELECT count(*) FROM partly WHERE user_id = $1 AND id % 2 = 0", Uuid::from_u128(10), 150),
        ("SELECT count(*) FROM partly WHERE user_id = $1 AND id % 2 = 1", Uuid::from_u128(11), 150),
        ("SELECT count(*) FROM texts WHERE user_id = $1::text", Uuid::from_u128(10), 300),
        ("SELECT count(*) FROM mapped WHERE holder = $1", Uuid::from_u128(12), 2),
        ("SELECT count(*) FROM mapped WHERE holder = $1", Uuid::from_u128(13), 1),
    ] {
        let found: i64 = sqlx::query_scalar(sql).bind(owner).fetch_one(&surgeon).await.unwrap();
        assert_eq!(found, rows, "{sql}");
    }
    // Forced: its owner is filtered as anybody is.
    assert_eq!(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM plain").fetch_one(&shop.owner).await.unwrap(), 0);
    shop.owner.close().await;

    shop.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    // What was filled in a column that was there stays: it is data, and nobody could tell it from other data.
    let emptied = "UPDATE partly SET user_id = NULL WHERE id % 2 = 1";
    Postgres::run(&surgeon, emptied).await.unwrap();
    surgeon.close().await;
    assert_eq!(shop.home.dump(), before);
}

#[tokio::test]
async fn on_sqlite_tables_of_every_shape_come_under_isolation_and_leave_it_again() {
    let script = r#"
        CREATE TABLE "select" ("from" TEXT PRIMARY KEY, "ROWID" TEXT, note TEXT) STRICT;
        INSERT INTO "select" SELECT value, 'x', 'n' FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1200) SELECT value FROM n);
        CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
        INSERT INTO pair SELECT rowid, rowid FROM (SELECT _rowid_ AS rowid FROM "select");
        CREATE TABLE plain (note TEXT);
        INSERT INTO plain SELECT 'n' FROM pair;
        CREATE TABLE partly (id INTEGER PRIMARY KEY, user_id BLOB);
        INSERT INTO partly SELECT a, CASE WHEN a % 2 = 0 THEN x'0000000000000000000000000000000A' END FROM pair;
        CREATE TABLE mapped (id INTEGER PRIMARY KEY);
        INSERT INTO mapped VALUES (1), (2), (3);
        CREATE TABLE profile (user_id BLOB PRIMARY KEY, note TEXT);
        INSERT INTO profile VALUES (x'0000000000000000000000000000000A', 'n');
        CREATE VIEW notes AS SELECT note FROM plain;
    "#;
    let configuration = r#"
[[table]]
name = "select"
[[table]]
name = "pair"
backfill = { expression = "unhex(printf('%032x', a))" }
[[table]]
name = "plain"
[[table]]
name = "partly"
backfill = { constant = "00000000-0000-0000-0000-00000000000b" }
[[table]]
name = "mapped"
owner = "holder"
backfill = { file = "owners.csv", key = "id" }
[[table]]
name = "profile"
"#;
    let shop = File::with("shop", script, configuration).await;
    shop.site.file("owners.csv", OWNERS);
    let before = shop.dump().await;
    shop.site.does(&["apply", "--yes"]);
    shop.site.does(&["verify"]);
    for (sql, rows) in [
        (r#"SELECT count(*) FROM "select" WHERE user_id = zeroblob(16)"#, 1_200),
        ("SELECT count(*) FROM plain WHERE user_id = zeroblob(16)", 1_200),
        ("SELECT count(*) FROM pair WHERE user_id = unhex(printf('%032x', a))", 1_200),
        ("SELECT count(*) FROM partly WHERE user_id = x'0000000000000000000000000000000A' AND id % 2 = 0", 600),
        ("SELECT count(*) FROM partly WHERE user_id = x'0000000000000000000000000000000B' AND id % 2 = 1", 600),
        ("SELECT count(*) FROM mapped WHERE holder = x'0000000000000000000000000000000C'", 2),
    ] {
        assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&shop.pool).await.unwrap(), rows, "{sql}");
    }
    shop.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    Sqlite::run(&shop.pool, "UPDATE partly SET user_id = NULL WHERE id % 2 = 1").await.unwrap();
    assert_eq!(shop.dump().await, before);
}
