//! What stands in the way is said, in a person's words, before anything is changed.

use sqlx::Postgres;
use user_scope::{Enforcement, ScopedPool};

use super::{Cluster, File};

const TABLES: &str = "
CREATE TABLE team (id bigint PRIMARY KEY, name text);
INSERT INTO team VALUES (1, 'a'), (2, 'b');
CREATE TABLE task (id bigint PRIMARY KEY, team_id bigint REFERENCES team, code text);
INSERT INTO task VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, 'z');
CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE flag (id bigint PRIMARY KEY, user_id boolean);
CREATE TABLE made (id bigint PRIMARY KEY, user_id bigint GENERATED ALWAYS AS IDENTITY);
CREATE TABLE parts (id bigint) PARTITION BY RANGE (id);
CREATE TABLE mother (id bigint); CREATE TABLE daughter () INHERITS (mother);
CREATE VIEW tasks AS SELECT * FROM task;
";

#[tokio::test]
async fn whatever_stands_in_the_way_is_said_before_anything_is_changed() {
    let site = Cluster::with("obstacles", TABLES, "").await;
    let before = site.home.dump();
    let team = "[[table]]\nname = 'team'\n";
    for (configuration, said) in [
        ("[[table]]\nname = 'Team'", "there is no table Team; did you mean team?"),
        ("[[table]]\nname = 'nowhere.team'", "there is no table nowhere.team"),
        ("[[table]]\nname = 'tasks'", "tasks is a view: name the tables that it shows"),
        ("[[table]]\nname = 'parts'", "parts is partitioned"),
        ("[[table]]\nname = 'mother'", "mother has child tables"),
        ("[[table]]\nname = 'pg_catalog.pg_class'", "pg_class belongs to"),
        ("[[table]]\nname = 'flag'", "flag.user_id is of type boolean"),
        ("[owner]\ntype = 'bigint'\n[[table]]\nname = 'made'", "made.user_id is generated"),
        ("[[table]]\nname = 'team'\n[[table]]\nname = 'public.team'", "public.team was named twice"),
        ("[[table]]\nname = 'team'\nbackfill = { constant = 'me' }", "team: me is no Uuid"),
        (
            "[[table]]\nname = 'team'\nbackfill = { expression = 'nam' }",
            "team: the expression for its owner cannot be used",
        ),
        (
            "[[table]]\nname = 'team'\nbackfill = { expression = 'name' }",
            "team: the expression for its owner cannot be used",
        ),
        ("[[table]]\nname = 'task'\nbackfill = { parent = 'team', through = 'team_id' }", "team is a parent of task"),
        (
            &format!("{team}[[table]]\nname = 'task'\nbackfill = {{ parent = 'team', through = 'nix' }}"),
            "task has no column nix",
        ),
        (
            &format!("{team}[[table]]\nname = 'task'\nbackfill = {{ parent = 'team', through = 'code' }}"),
            "task.code is text, and team.id is bigint",
        ),
        (
            "[[table]]\nname = 'pair'\n[[table]]\nname = 'task'\nbackfill = { parent = 'pair', through = 'id' }",
            "pair has no primary key of one column",
        ),
        ("[[table]]\nname = 'team'\nbackfill = 'nobody'", "the backfill of team is none of"),
        ("[[table]]\nname = 'team'\nbackfil = 'system'", "unknown field `backfil`"),
        ("[[table]]\nname = 'team'\nbackfill = { file = 'no.csv', key = 'id' }", "no.csv"),
        ("[owner]\ntype = 'int'\n[[table]]\nname = 'team'", "unknown variant `int`"),
    ] {
        site.site.file("user-scope.toml", configuration);
        for command in [&["plan"][..], &["apply", "--yes"]] {
            let ended = site.site.run(command);
            assert_eq!(ended.code, Some(2), "{configuration}: {}{}", ended.output, ended.errors);
            assert!(ended.errors.contains(said), "{configuration}: {}", ended.errors);
        }
    }
    assert_eq!(site.home.dump(), before);
}

#[tokio::test]
async fn rows_that_get_no_owner_are_told_and_keep_contract_from_beginning() {
    let configuration =
        "[[table]]\nname = 'team'\n[[table]]\nname = 'task'\nbackfill = { parent = 'team', through = 'team_id' }";
    let site = Cluster::with("orphans", TABLES, configuration).await;
    site.site.does(&["apply", "--yes", "--phase", "expand"]);
    let verified = site.site.run(&["verify", "--json"]);
    assert_eq!(verified.code, Some(1));
    let told: serde_json::Value = serde_json::from_str(&verified.output).unwrap();
    assert_eq!((&told["tables"][1]["name"], &told["tables"][1]["rows_without_owner"]), (&"task".into(), &1.into()));
    let refused = site.site.run(&["apply", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.errors.contains("1 rows of public.task get no owner by the backfill"), "{}", refused.errors);
    // Old writers still go on.
    sqlx::query("INSERT INTO task VALUES (4, NULL, 'n')").execute(&site.owner).await.unwrap();
    sqlx::query("UPDATE task SET team_id = 1 WHERE team_id IS NULL").execute(&site.owner).await.unwrap();
    site.site.does(&["apply", "--yes"]);
    site.site.does(&["verify"]);
}

#[tokio::test]
async fn a_parent_of_another_owner_is_told_and_can_be_unlinked() {
    let tables = "
        [[table]]
        name = 'team'
        [[table]]
        name = 'task'
        backfill = { constant = '00000000-0000-0000-0000-00000000000b' }
    ";
    let site = Cluster::with("odds", TABLES, tables).await;
    let refused = site.site.run(&["apply", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    let said = "2 rows of public.task belong to another than the row of public.team that they name in team_id";
    assert!(refused.errors.contains(said), "{}", refused.errors);
    site.site.file("user-scope.toml", &format!("{tables}\nunlinked = ['team_id']"));
    site.site.does(&["apply", "--yes"]);
    site.site.does(&["verify"]);
}

#[tokio::test]
async fn on_sqlite_whatever_stands_in_the_way_is_said_before_anything_is_changed() {
    let tables = "
        CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO team VALUES (1, 'a');
        CREATE TABLE task (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES team (id));
        CREATE TABLE flag (id INTEGER PRIMARY KEY, user_id REAL);
        CREATE TABLE texts (id INTEGER PRIMARY KEY, user_id TEXT, team_id INTEGER REFERENCES team (id));
        CREATE TABLE bad (id INTEGER PRIMARY KEY, user_id BLOB);
        INSERT INTO bad VALUES (1, 'no uuid');
        CREATE VIEW tasks AS SELECT * FROM task;
    ";
    let site = File::with("obstacles", tables, "").await;
    let before = site.dump().await;
    let team = "[[table]]\nname = 'team'\n";
    for (configuration, said) in [
        ("[[table]]\nname = 'nowhere'", "there is no table nowhere"),
        ("[[table]]\nname = 'tasks'", "there is no table tasks"),
        ("[[table]]\nname = 'flag'", "flag.user_id is of type REAL"),
        ("[[table]]\nname = 'team'\n[[table]]\nname = 'TEAM'", "TEAM was named twice"),
        ("[[table]]\nname = 'team'\nbackfill = { expression = 'nam' }", "the expression for its owner cannot be used"),
        ("[[table]]\nname = 'task'\nbackfill = { parent = 'team', through = 'team_id' }", "team is a parent of task"),
        (
            &format!("{team}[[table]]\nname = 'texts'\nbackfill = {{ parent = 'team', through = 'team_id' }}"),
            "texts and team store owners differently",
        ),
    ] {
        site.site.file("user-scope.toml", configuration);
        for command in [&["plan"][..], &["apply", "--yes"]] {
            let ended = site.site.run(command);
            assert_eq!(ended.code, Some(2), "{configuration}: {}{}", ended.output, ended.errors);
            assert!(ended.errors.contains(said), "{configuration}: {}", ended.errors);
        }
    }
    assert_eq!(site.dump().await, before);
    site.site.file("user-scope.toml", "[[table]]\nname = 'bad'");
    let ended = site.site.run(&["apply", "--yes"]);
    assert_eq!(ended.code, Some(2), "{}", ended.output);
    assert!(ended.errors.contains("1 rows of bad have an owner in user_id that is no Uuid"), "{}", ended.errors);
}

#[tokio::test]
async fn a_log_of_somebody_elses_is_not_taken_for_ours() {
    let tables = "CREATE TABLE user_access_log (id bigint, what text); CREATE TABLE team (id bigint PRIMARY KEY)";
    let site = Cluster::with("foreign", tables, "[[table]]\nname = 'team'").await;
    let before = site.home.dump();
    for command in [&["plan"][..], &["verify"], &["apply", "--yes"]] {
        let ended = site.site.run(command);
        assert_eq!(ended.code, Some(2), "{}{}", ended.output, ended.errors);
        assert!(ended.errors.contains("user_access_log` was not made by this library"), "{}", ended.errors);
    }
    assert_eq!(site.home.dump(), before);
}

#[tokio::test]
async fn a_pool_that_announces_needs_the_role_of_system_mode_and_nothing_else() {
    let site = Cluster::with("announced", TABLES, "[[table]]\nname = 'team'").await;
    let build = |enforcement| {
        ScopedPool::<Postgres>::builder(site.application()).enforcement(enforcement).system_role(&site.system).build()
    };
    let refused = build(Enforcement::Announced).await.unwrap_err();
    assert!(format!("{refused:?}").contains("may not become"), "{refused:?}");
    site.site.does(&["apply", "--yes", "--phase", "expand"]);
    build(Enforcement::Announced).await.unwrap().close().await;
    assert!(format!("{:?}", build(Enforcement::Database).await.unwrap_err()).contains("no table is isolated"));
    site.site.does(&["apply", "--yes"]);
    build(Enforcement::Announced).await.unwrap().close().await;
    build(Enforcement::Database).await.unwrap().close().await;
}

#[tokio::test]
async fn whoever_reads_may_go_away_and_it_goes_on() {
    let tables = "CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO team VALUES (1, 'a')";
    let site = File::with("alone", tables, "[[table]]\nname = 'team'").await;
    site.site.does(&["plan"]);
    let piped = std::process::Stdio::piped;
    let mut child = site.site.prepared(&["apply", "--yes"]).stdout(piped()).stderr(piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    site.site.does(&["verify"]);
}

#[tokio::test]
async fn only_the_owner_of_the_tables_takes_back_what_was_applied() {
    let site = Cluster::with("others", TABLES, "[[table]]\nname = 'team'").await;
    site.site.does(&["apply", "--yes"]);
    let refused = site.as_application().run(&["rollback", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.errors.contains("Log in as who has applied the isolation"), "{}", refused.errors);
    site.site.does(&["verify"]);
    let refused = site.site.run(&["rollback", "--yes", "--table", "team"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.errors.contains("unexpected argument '--table'"), "{}", refused.errors);
}
