//! The SQL that is run, for a person to read.

use super::{Cluster, File};
use crate::golden::assert_golden;

#[tokio::test]
async fn on_postgresql_the_plan_is_as_kept() {
    let tables = "
        CREATE TABLE customer (id bigint PRIMARY KEY, name text);
        CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE);
        CREATE TABLE note (text text);
        CREATE TABLE visit (id uuid PRIMARY KEY, user_id varchar(36));
        CREATE TABLE letter (id bigint PRIMARY KEY, invoice_id bigint REFERENCES invoice ON DELETE SET NULL);
    ";
    let configuration = r#"
        [[table]]
        name = "customer"
        backfill = { expression = "md5('customer' || id)::uuid" }
        [[table]]
        name = "invoice"
        backfill = { parent = "customer", through = "customer_id" }
        [[table]]
        name = "note"
        [[table]]
        name = "visit"
        backfill = { constant = "00000000-0000-0000-0000-00000000000b" }
        [[table]]
        name = "letter"
        backfill = { file = "owners.csv", key = "id" }
    "#;
    let house = Cluster::with("kept", tables, configuration).await;
    house.site.file("owners.csv", "id,owner\n");
    let plan = house.site.does(&["plan"]);
    let plan = plan.replace(&house.login, "my_app").replace(&house.system, "user_scope_system");
    let plan = plan.replace(&house.owner_name, "me");
    assert_golden("adoption_postgres.sql", &trimmed(&plan));
}

#[tokio::test]
async fn on_sqlite_the_plan_is_as_kept() {
    let tables = "
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id));
        INSERT INTO customer VALUES (1, 'a');
        INSERT INTO invoice VALUES (1, 1);
        CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
        INSERT INTO pair VALUES (1, 1);
    ";
    let configuration = r#"
        [[table]]
        name = "customer"
        backfill = { expression = "unhex(printf('%032x', id))" }
        [[table]]
        name = "invoice"
        backfill = { parent = "customer", through = "customer_id" }
        [[table]]
        name = "pair"
    "#;
    let file = File::with("kept", tables, configuration).await;
    assert_golden("adoption_sqlite.sql", &trimmed(&file.site.does(&["plan"])));
}

fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
