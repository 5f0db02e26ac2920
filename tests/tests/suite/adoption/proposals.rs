//! Where there is no configuration, one is proposed, with what is unsure.

use sqlx::{Connection as _, PgConnection};

use super::chinook::script;
use super::{Cluster, File};

const APPLICATION: &str = "
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE projects (id bigint PRIMARY KEY, owner_id uuid NOT NULL REFERENCES users, reviewer_id uuid REFERENCES users);
CREATE TABLE tasks (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES projects, parent_id bigint REFERENCES tasks);
CREATE TABLE comments (id bigint PRIMARY KEY, task_id bigint NOT NULL REFERENCES tasks, project_id bigint REFERENCES projects);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid);
CREATE TABLE countries (code text PRIMARY KEY);
CREATE SCHEMA billing;
CREATE TABLE billing.\"Line Items\" (id bigint PRIMARY KEY, task_id bigint NOT NULL REFERENCES tasks);
";

const PROPOSED: &str = r#"# A proposal, from the schema alone: read it, mend it, and save it as user-scope.toml.
# What it is unsure of is marked by a question.

[owner]
column = "user_id"
type = "uuid"    # users.id identifies users

# unsure: each row is a user: is it his alone, and is nothing read in it before he has logged in?
# [[table]]
# name = "users"
# owner = "id"

# unsure: no key says that user_id names a user
# unsure: rows without user_id get the system user
[[table]]
name = "notes"

# unsure: or is its owner in reviewer_id?
[[table]]
name = "projects"
owner = "owner_id"

[[table]]
name = "tasks"
backfill = { parent = "projects", through = "project_id" }

[[table]]
name = "billing.Line Items"
backfill = { parent = "tasks", through = "task_id" }

# unsure: or does it belong to its projects through project_id?
[[table]]
name = "comments"
backfill = { parent = "tasks", through = "task_id" }

# Nothing in the schema says whose these are. What everybody shares is left alone; what belongs to users needs a way
# to them, or goes to the system user for now:
# [[table]]
# name = "countries"
# backfill = "system"
"#;

#[tokio::test]
async fn a_schema_of_an_application_is_proposed_with_what_is_unsure() {
    let house = Cluster::without_configuration("proposal", APPLICATION).await;
    let before = house.home.dump();
    let proposed = house.site.does(&["plan"]);
    assert_eq!(proposed, PROPOSED);
    house.site.file("user-scope.toml", &proposed);
    house.site.does(&["apply", "--yes"]);
    house.site.does(&["verify"]);
    house.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    assert_eq!(house.home.dump(), before);
}

#[tokio::test]
async fn on_postgresql_what_is_proposed_for_chinook_can_be_applied_as_it_is() {
    let Some(script) = script("postgres") else { return };
    let chinook = Cluster::without_configuration("proposed", &script).await;
    let proposed = chinook.site.does(&["plan"]);
    chinook.site.file("user-scope.toml", &proposed);
    chinook.site.does(&["apply", "--yes"]);
    let verified = chinook.site.does(&["verify", "--json"]);
    let verified: serde_json::Value = serde_json::from_str(&verified).unwrap();
    let names: Vec<_> = verified["tables"].as_array().unwrap().iter().map(|table| &table["name"]).collect();
    assert_eq!(names, ["customer", "invoice", "invoice_line"]);

    // Customers are the users: whoever would be another's row is none, and so nobody's invoice has another's customer.
    let mut connection = PgConnection::connect_with(&chinook.application()).await.unwrap();
    let mut made = async |caller: &str, id: i32| {
        let mut transaction = connection.begin().await?;
        let caller = format!("SET LOCAL user_scope.user_id = '{caller}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(caller)).execute(&mut *transaction).await?;
        let insert = "INSERT INTO customer (customer_id, first_name, last_name, email) VALUES ($1, 'a', 'b', 'c')";
        sqlx::query(insert).bind(id).execute(&mut *transaction).await?;
        transaction.commit().await
    };
    assert!(made("3", 70).await.unwrap_err().to_string().contains("row-level security"));
    made("70", 70).await.unwrap();
    // What it finds is advice, of the server and its roles.
    let found = chinook.as_application().run(&["doctor", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&found.output).unwrap();
    let severe = found["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "advice");
    assert_eq!(severe.count(), 0, "{found:#}");
}

#[tokio::test]
async fn on_sqlite_what_is_proposed_for_chinook_can_be_applied_as_it_is() {
    let Some(script) = script("sqlite") else { return };
    let chinook = File::without_configuration("proposed", &script).await;
    let proposed = chinook.site.does(&["plan"]);
    chinook.site.file("user-scope.toml", &proposed);
    chinook.site.does(&["apply", "--yes"]);
    let verified = chinook.site.does(&["verify", "--json"]);
    assert!(verified.contains("\"InvoiceLine\"") && verified.contains("\"isolated\": true"), "{verified}");
}

#[tokio::test]
async fn a_proposal_can_be_written_over_the_empty_file_that_a_shell_has_made() {
    let tables = "CREATE TABLE tasks (id INTEGER PRIMARY KEY, user_id BLOB NOT NULL)";
    let file = File::without_configuration("empty", tables).await;
    file.site.file("user-scope.toml", "");
    let proposed = file.site.does(&["plan"]);
    assert!(proposed.contains("[[table]]\nname = \"tasks\"\n"), "{proposed}");
}

#[tokio::test]
async fn where_nothing_tells_of_users_a_person_is_asked() {
    let file = File::without_configuration("nobody", "CREATE TABLE countries (code TEXT PRIMARY KEY)").await;
    let ended = file.site.run(&["plan"]);
    assert_eq!(ended.code, Some(2), "{}", ended.output);
    assert!(ended.errors.contains("neither a table of users nor a column of owners was found"), "{}", ended.errors);
    let ended = file.site.run(&["apply", "--yes"]);
    assert!(ended.errors.contains("`user-scope plan` without either proposes one"), "{}", ended.errors);
}
