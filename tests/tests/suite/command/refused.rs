//! What `user-scope audit` says where something is in the way: what it is, and what to do.

use sqlx::{Postgres, Sqlite};
use user_scope_tests::command::run;

use super::{ADMIN, ask, asked, postgres_url, probed, sqlite_url};
use crate::databases::{TestDb, isolated};

/// The words of a command that could not do its work.
fn words(ended: user_scope_tests::command::Ended) -> String {
    assert_eq!((ended.code, ended.output.as_str()), (Some(2), ""), "{ended:?}");
    ended.errors
}

#[tokio::test]
async fn numbers_and_days_that_cannot_be_meant_are_refused_with_what_can() {
    let (_world, url, _) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let refused = |arguments: &[&str]| words(ask(&url, arguments, "user_scope_system"));
    for number in ["-1", "0", "many"] {
        for threshold in ["--denials", "--distinct", "--probing", "--excess", "--times-usual"] {
            assert!(refused(&["suspicious", threshold, number]).contains("a whole number from 1 on"), "{number}");
        }
    }
    assert!(refused(&["tail", "-n", "-5"]).contains("-5 is not in 1..=1000000"));
    assert!(refused(&["patterns", "--days", "-5"]).contains("-5 is not in 1..=3650"));
    assert!(refused(&["suspicious", "--within", "-5"]).contains("-5 is not in 1..=527040"));
    let later = ask(&url, &["purge", "--before", "2999-01-31"], "user_scope_system");
    let month = &user_scope::Moment::now().day()[..7];
    assert!(later.code == Some(0) && later.errors.contains(&format!("everything before {month}-01")), "{later:?}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_in_its_own_words() {
    let absent = words(asked("sqlite:/nowhere/app.db", &["tail"]));
    assert!(absent.contains("there is no file /nowhere/app.db"), "{absent}");
    let home = user_scope_tests::postgres::Database::create("unnamed").await;
    let absent = words(asked(&postgres_url(&home.owner().database("nodb")), &["tail"]));
    assert!(absent.contains("database \"nodb\" does not exist") && !absent.contains("at line"), "{absent}");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_says_why() {
    let (world, url, _) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let read_only = words(asked(&format!("{url}?mode=ro"), &["tail"]));
    assert!(read_only.contains("was opened only to be read"), "{read_only}");
    drop(world);

    isolated(async {
        let (world, url, _) = probed::<Postgres>(|home| postgres_url(&home.app())).await;
        let app = world.home.app().get_username().to_owned();
        let revoke = format!("REVOKE INSERT ON user_access_log FROM \"{app}\"");
        Postgres::run(&world.raw, &revoke).await.unwrap();
        let refused = words(asked(&url, &["tail"]));
        assert!(refused.contains("lacks the right") && !refused.contains("migrate"), "{refused}");
    })
    .await;

    let (world, url, _) = probed::<Postgres>(|home| postgres_url(&home.owner())).await;
    let partition = ["audit", "partition", "--database-url", &url, "--ahead", "1"];
    assert_eq!(run(&partition).code, Some(0));
    let names = "SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits \
                 WHERE inhparent = CAST('user_access_log' AS regclass)";
    for name in Postgres::texts(&world.raw, names).await.unwrap() {
        let detached = format!("ALTER TABLE user_access_log DETACH PARTITION {name}");
        Postgres::run(&world.raw, &detached).await.unwrap();
    }
    let full = words(asked(&url, &["tail"]));
    assert!(full.contains("`user-scope audit partition`") && !full.contains("migrate"), "{full}");
}

#[tokio::test]
async fn partitions_are_refused_where_there_is_no_log_and_not_needed_on_sqlite() {
    let (_world, url, _) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let nothing = run(&["audit", "partition", "--database-url", &url]);
    assert!(nothing.code == Some(0) && nothing.output.contains("SQLite has no partitions"), "{nothing:?}");
    let home = user_scope_tests::postgres::Database::create("no_partitions").await;
    let refused = words(run(&["audit", "partition", "--database-url", &postgres_url(&home.owner())]));
    assert!(refused.contains("there is no table user_access_log"), "{refused}");
    let helped = run(&["audit", "of-user", "--help"]).output;
    assert!(!helped.contains("--follow") && !helped.contains(ADMIN), "{helped}");
}
