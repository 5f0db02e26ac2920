//! What somebody who means no good, or a database that has seen much, brings along.

use sqlx::{Connection as _, PgConnection, Pool, Postgres, Sqlite};
use user_scope_tests::command;
use user_scope_tests::postgres::server;

use super::{Cluster, File};
use crate::databases::TestDb;

const TEAM: &str = "[[table]]\nname = 'team'\n";

async fn surgeon(house: &Cluster) -> Pool<Postgres> {
    Pool::connect_with(house.home.superuser()).await.unwrap()
}

#[tokio::test]
async fn a_ledger_that_somebody_else_has_made_is_not_executed() {
    let house = Cluster::with("planted", "CREATE TABLE team (id bigint PRIMARY KEY)", TEAM).await;
    let surgeon = surgeon(&house).await;
    Postgres::run(&surgeon, &format!("GRANT CREATE ON SCHEMA public TO {}", house.login)).await.unwrap();
    let mut attacker = PgConnection::connect_with(&house.application()).await.unwrap();
    let planted = "CREATE TABLE user_scope_isolation (step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, object text NOT NULL, \
                   change text NOT NULL, undo text NOT NULL, done_at timestamptz NOT NULL DEFAULT now()); \
                   ALTER TABLE user_scope_isolation ENABLE ROW LEVEL SECURITY; \
                   INSERT INTO user_scope_isolation (object, change, undo) VALUES ('team', '', 'DROP TABLE team')";
    sqlx::raw_sql(planted).execute(&mut attacker).await.unwrap();
    for command in [&["apply", "--yes"][..], &["rollback", "--yes"]] {
        let refused = house.site.run(command);
        assert_eq!(refused.code, Some(2), "{}", refused.output);
        assert!(refused.errors.contains(&format!("belongs to {}", house.login)), "{}", refused.errors);
    }
    sqlx::query("SELECT FROM team").execute(&surgeon).await.unwrap();
}

#[tokio::test]
async fn a_ledger_where_the_search_path_does_not_look_is_not_overlooked() {
    let tables = "CREATE SCHEMA elsewhere; CREATE TABLE team (id bigint PRIMARY KEY)";
    let house = Cluster::with("elsewhere", tables, TEAM).await;
    house.site.does(&["apply", "--yes"]);
    let surgeon = surgeon(&house).await;
    let moved = "ALTER TABLE user_scope_isolation SET SCHEMA elsewhere";
    Postgres::run(&surgeon, moved).await.unwrap();
    let refused = house.site.run(&["rollback", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.errors.contains("user_scope_isolation is in elsewhere"), "{}", refused.errors);
}

#[tokio::test]
async fn a_login_of_two_databases_keeps_what_the_other_rests_on() {
    let table = "CREATE TABLE team (id bigint PRIMARY KEY)";
    let one = Cluster::with("shared", table, TEAM).await;
    one.site.does(&["apply", "--yes"]);
    let surgeon = surgeon(&one).await;
    let other = server().role_name("shared_other");
    // As a second database with a role of its own would leave it.
    let second = format!("CREATE ROLE {other} NOLOGIN; GRANT {other} TO {}", one.login);
    Postgres::run(&surgeon, &second).await.unwrap();
    one.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    let inherits = "SELECT rolinherit FROM pg_roles WHERE rolname = $1";
    let inherits: bool = sqlx::query_scalar(inherits).bind(&one.login).fetch_one(&surgeon).await.unwrap();
    let version: i32 =
        sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(&surgeon).await.unwrap();
    assert_eq!(inherits, version >= 160_000, "its rows would be open to the login");
    Postgres::run(&surgeon, &format!("REVOKE {other} FROM {}; DROP ROLE {other}", one.login)).await.unwrap();
}

#[tokio::test]
async fn verify_tells_what_was_altered_since_and_what_reaches_around() {
    let tables = "CREATE TABLE team (id bigint PRIMARY KEY, name text); INSERT INTO team VALUES (1, 'a')";
    let house = Cluster::with("altered", tables, TEAM).await;
    house.site.does(&["apply", "--yes"]);
    let surgeon = surgeon(&house).await;
    let function = "CREATE OR REPLACE FUNCTION user_scope_owner_is_fixed() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN RETURN NEW; END $$";
    for (alteration, name, mended) in [
        ("CREATE POLICY everyone ON team USING (true)", "policy-beside-ours", "DROP POLICY everyone ON team"),
        (
            "ALTER POLICY user_scope_owner ON team USING (true)",
            "policy-altered",
            "ALTER POLICY user_scope_owner ON team USING (user_id = nullif(current_setting('user_scope.user_id', true), '')::uuid)",
        ),
        ("GRANT TRUNCATE ON team TO PUBLIC", "dangerous-grant", "REVOKE TRUNCATE ON team FROM PUBLIC"),
        (function, "function-altered", "SELECT 1"),
    ] {
        Postgres::run(&surgeon, alteration).await.unwrap();
        let verified = house.site.run(&["verify", "--json"]);
        assert_eq!(verified.code, Some(1), "{alteration}: {}{}", verified.output, verified.errors);
        let told: serde_json::Value = serde_json::from_str(&verified.output).unwrap();
        assert_eq!(told["findings"][0]["name"], name, "{alteration}: {told}");
        assert!(house.site.run(&["verify"]).output.contains("public.team") || name == "function-altered");
        Postgres::run(&surgeon, mended).await.unwrap();
    }
}

#[tokio::test]
async fn privileges_come_back_as_they_were() {
    let tables = "CREATE TABLE team (id bigint PRIMARY KEY, name text, note text)";
    let house = Cluster::with("privileges", tables, TEAM).await;
    let login = &house.login;
    let granted = format!(
        "GRANT SELECT (id), UPDATE (note) ON team TO {login}; GRANT TRUNCATE ON team TO {login} WITH GRANT OPTION; \
         GRANT TRIGGER ON team TO {login}"
    );
    Postgres::run(&house.owner, &granted).await.unwrap();
    let before = house.home.dump();
    house.site.does(&["apply", "--yes"]);
    house.site.does(&["verify"]);
    house.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    assert_eq!(house.home.dump(), before);

    let other = server().role_name("privileges_other");
    let surgeon = surgeon(&house).await;
    Postgres::run(&surgeon, &format!("CREATE ROLE {other}")).await.unwrap();
    let mut app = PgConnection::connect_with(&house.application()).await.unwrap();
    let onward = format!("GRANT TRUNCATE ON team TO {other}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(onward)).execute(&mut app).await.unwrap();
    let refused = house.site.run(&["plan"]);
    assert!(refused.errors.contains(&format!("has granted TRUNCATE on public.team to {other}")), "{}", refused.errors);
    Postgres::run(&surgeon, &format!("REVOKE TRUNCATE ON team FROM {login} CASCADE; DROP ROLE {other}")).await.unwrap();
}

#[tokio::test]
async fn a_log_of_somebody_elses_is_not_dropped() {
    let tables = "CREATE TABLE user_access_log (x int); INSERT INTO user_access_log VALUES (1)";
    let house = Cluster::with("kept_log", tables, TEAM).await;
    let file = File::with("kept_log", tables, TEAM).await;
    for site in [&house.site, &file.site] {
        let refused = site.run(&["rollback", "--yes", "--drop-audit-log"]);
        assert_eq!(refused.code, Some(2), "{}", refused.output);
        assert!(refused.errors.contains("was not made by this library, and is not dropped"), "{}", refused.errors);
    }
    assert_eq!(
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM user_access_log").fetch_one(&file.pool).await.unwrap(),
        1
    );
}

#[tokio::test]
async fn a_key_that_follows_its_parent_or_waits_for_the_commit_goes_on_to() {
    let tables = "
        CREATE TABLE team (id bigint PRIMARY KEY);
        CREATE TABLE task (id bigint PRIMARY KEY, team_id bigint REFERENCES team ON UPDATE CASCADE);
        CREATE TABLE note (id bigint PRIMARY KEY, team_id bigint REFERENCES team DEFERRABLE INITIALLY DEFERRED);
        CREATE TABLE moved (id bigint PRIMARY KEY DEFERRABLE);
        INSERT INTO team VALUES (1); INSERT INTO task VALUES (1, 1); INSERT INTO moved VALUES (1), (2);
    ";
    let configuration = "[[table]]\nname = 'task'\n[[table]]\nname = 'note'\n[[table]]\nname = 'moved'\n";
    let house = Cluster::with("follows", tables, &format!("{TEAM}{configuration}")).await;
    let before = house.home.dump();
    house.site.does(&["apply", "--yes", "--phase", "expand"]);
    Postgres::run(&house.owner, "UPDATE moved SET id = id + 1").await.unwrap();
    house.site.does(&["apply", "--yes"]);
    house.site.does(&["verify"]);
    let surgeon = surgeon(&house).await;
    Postgres::run(&surgeon, "UPDATE team SET id = 2").await.unwrap();
    let nil = "00000000-0000-0000-0000-000000000000";
    let child_first = format!(
        "BEGIN; INSERT INTO note (id, team_id, user_id) VALUES (1, 3, '{nil}'); INSERT INTO team VALUES (3, '{nil}'); COMMIT"
    );
    Postgres::run(&surgeon, &child_first).await.unwrap();
    let undo = "DELETE FROM note; DELETE FROM team WHERE id = 3; UPDATE team SET id = 1; UPDATE moved SET id = id - 1";
    Postgres::run(&surgeon, undo).await.unwrap();
    house.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    assert_eq!(house.home.dump(), before);
}

#[tokio::test]
async fn what_would_be_refused_half_way_is_refused_first() {
    let tables = "
        CREATE TABLE ruled (id bigint PRIMARY KEY);
        CREATE RULE nothing AS ON UPDATE TO ruled DO INSTEAD NOTHING;
        CREATE TYPE shape AS (id bigint);
        CREATE TABLE typed OF shape;
        CREATE TABLE open (id bigint PRIMARY KEY);
        CREATE POLICY everyone ON open USING (true);
        CREATE TABLE users (id uuid PRIMARY KEY);
        CREATE TABLE theirs (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
        INSERT INTO theirs VALUES (1, NULL);
        CREATE TABLE texts (id bigint PRIMARY KEY, user_id text);
    ";
    let house = Cluster::with("half_way", tables, "").await;
    let before = house.home.dump();
    for (configuration, said) in [
        ("[[table]]\nname = 'ruled'", "ruled has rules that rewrite its writes"),
        ("[[table]]\nname = 'typed'", "typed is of a type"),
        ("[[table]]\nname = 'open'", "open has permissive policies of its own"),
        ("[[table]]\nname = 'theirs'", "theirs.user_id refers to public.users, which has no row for 00000000"),
        ("[[table]]\nname = 'texts'\nbackfill = { constant = 'banana' }", "texts: banana is no"),
        ("[owner]\ntype = 'text'\n[[table]]\nname = 'texts'\nbackfill = { constant = '' }", "texts:  is no Text"),
    ] {
        house.site.file("user-scope.toml", configuration);
        let refused = house.site.run(&["apply", "--yes"]);
        assert_eq!(refused.code, Some(2), "{configuration}: {}{}", refused.output, refused.errors);
        assert!(refused.errors.contains(said), "{configuration}: {}", refused.errors);
    }
    house.site.file("user-scope.toml", "[[table]]\nname = 'texts'");
    let mut as_owner = house.site.prepared(&["apply", "--yes", "--app-role", &house.owner_name]);
    let refused = command::ended(&mut as_owner);
    assert!(refused.errors.contains("give the application a login that owns nothing"), "{}", refused.errors);
    assert_eq!(house.home.dump(), before);
}

#[tokio::test]
async fn on_sqlite_rows_and_names_of_every_kind_are_reached_and_stubborn_ones_are_told() {
    let tables = "
        CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO team VALUES (-9223372036854775808, 'first'), (9223372036854775807, 'last'), (0, 'none');
        CREATE TABLE upper (id INTEGER PRIMARY KEY, USER_ID BLOB);
        INSERT INTO upper VALUES (1, NULL);
    ";
    let file = File::with("stubborn", tables, &format!("{TEAM}[[table]]\nname = 'upper'")).await;
    let before = file.dump().await;
    file.site.does(&["apply", "--yes"]);
    file.site.does(&["verify"]);
    file.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    Sqlite::run(&file.pool, "UPDATE upper SET user_id = NULL").await.unwrap();
    assert_eq!(file.dump().await, before);

    let trigger = "CREATE TRIGGER stubborn BEFORE UPDATE ON team BEGIN SELECT RAISE(IGNORE); END";
    Sqlite::run(&file.pool, trigger).await.unwrap();
    let refused = file.site.run(&["apply", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.errors.contains("3 rows of team stay without an owner though they get one"), "{}", refused.errors);
    Sqlite::run(&file.pool, "INSERT INTO team (name) VALUES ('writers go on')").await.unwrap();
}

#[tokio::test]
async fn a_mapping_names_rows_as_they_are_written() {
    let tables = "CREATE TABLE place (id TEXT PRIMARY KEY); INSERT INTO place VALUES ('a'), (' a')";
    let configuration = "[[table]]\nname = 'place'\nbackfill = { file = 'owners.csv', key = 'id' }";
    let file = File::with("spaces", tables, configuration).await;
    let owner = |last: &str| format!("00000000-0000-0000-0000-00000000000{last}");
    file.site.file("owners.csv", &format!("id,owner\n\" a\",{}\na, {}\n", owner("1"), owner("2")));
    file.site.does(&["apply", "--yes"]);
    let owners: Vec<String> =
        sqlx::query_scalar("SELECT hex(user_id) FROM place ORDER BY id").fetch_all(&file.pool).await.unwrap();
    assert_eq!(owners, ["00000000000000000000000000000001", "00000000000000000000000000000002"]);
}

#[test]
fn a_password_is_not_printed_wherever_the_url_was_given() {
    for arguments in [
        &["plan", "postgres://user:secret-word@localhost/app"][..],
        &["postgres://user:secret-word@localhost/app"],
        &["apply", "--lock-bound", "postgres://user:secret-word@localhost/app"],
        &[
            "plan",
            "--database-url",
            "postgres://user:secret-word@localhost:1/app",
            "--config",
            "postgres://u:secret-word@h/d",
        ],
    ] {
        let ended = command::run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(!ended.errors.contains("secret-word") && !ended.output.contains("secret-word"), "{}", ended.errors);
    }
    let ended = command::run(&["verify", "--json", "--table", "t", "--database-url", "sqlite:/nowhere/at/all.db"]);
    let told: serde_json::Value = serde_json::from_str(&ended.output).unwrap();
    assert!(told["error"].as_str().unwrap().contains("cannot be reached"), "{told}");
}

#[tokio::test]
async fn a_table_that_was_dropped_since_is_told_and_does_not_keep_the_others() {
    let tables = "CREATE TABLE team (id INTEGER PRIMARY KEY); CREATE TABLE task (id INTEGER PRIMARY KEY)";
    let configuration = format!("{TEAM}[[table]]\nname = 'task'");
    let house = Cluster::with("dropped", tables, &configuration).await;
    let file = File::with("dropped", tables, &configuration).await;
    for site in [&house.site, &file.site] {
        site.does(&["apply", "--yes"]);
    }
    Postgres::run(&house.owner, "DROP TABLE task").await.unwrap();
    Sqlite::run(&file.pool, "DROP TABLE task").await.unwrap();
    for (site, task) in [(&house.site, "public.task"), (&file.site, "task")] {
        let refused = site.run(&["rollback", "--yes"]);
        assert_eq!(refused.code, Some(2), "{}", refused.output);
        let said = format!("DELETE FROM user_scope_isolation WHERE object = '{task}'");
        assert!(refused.errors.contains(&said), "{}", refused.errors);
    }
    Postgres::run(&house.owner, "DELETE FROM user_scope_isolation WHERE object = 'public.task'").await.unwrap();
    Sqlite::run(&file.pool, "DELETE FROM user_scope_isolation WHERE object = 'task'").await.unwrap();
    for site in [&house.site, &file.site] {
        site.does(&["rollback", "--yes"]);
    }
    sqlx::query("INSERT INTO team (id) VALUES (1)").execute(&file.pool).await.unwrap();
    sqlx::query("INSERT INTO team (id) VALUES (1)").execute(&house.owner).await.unwrap();
}

#[tokio::test]
async fn a_login_that_may_not_change_roles_is_told_first_what_somebody_else_has_to_run() {
    let house = Cluster::with("no_roles", "CREATE TABLE team (id bigint PRIMARY KEY)", TEAM).await;
    let surgeon = surgeon(&house).await;
    Postgres::run(&surgeon, &format!("ALTER ROLE {} NOCREATEROLE", house.owner_name)).await.unwrap();
    let before = house.home.dump();
    let refused = house.site.run(&["apply", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert_eq!(house.home.dump(), before);
    let (_, statements) = refused.errors.split_once("apply it again: ").unwrap();
    assert!(statements.starts_with("CREATE ROLE"), "{statements}");
    Postgres::run(&surgeon, statements).await.unwrap();
    house.site.does(&["apply", "--yes"]);
    house.site.does(&["verify"]);
}
