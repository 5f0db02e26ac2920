//! Seals over the log: what was done to it is found, and nobody is accused who did nothing.

mod restored;
mod tampering;

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Pool, Postgres};

use user_scope::audit::{ExportedSeal, PublicSealKey, SealFinding, SealKey, SealReport};
use user_scope::{Error, ScopedPool, SystemContext, UserContext, Uuid};

use super::databases::TestDb;
use super::entities::Task;
use super::world::{World, new_task, user};

on_each_database_and_through_pgbouncer!(
    a_log_that_nobody_has_touched_is_not_accused,
    rows_of_open_transactions_are_sealed_when_they_appear,
    whoever_seals_at_the_same_time_seals_nothing_twice,
    nobody_seals_or_proves_with_another_key,
    a_new_key_goes_on_from_the_one_before,
    an_end_that_was_cut_off_is_found_by_the_exported_seal,
    no_seal_covers_more_than_a_month_or_ten_thousand_rows,
    a_seal_says_nothing_where_nothing_is_new,
    a_seal_of_an_end_that_was_cut_off_does_not_fit_another_end,
    an_id_that_occurs_twice_is_found,
    nothing_is_sealed_in_the_place_of_an_end_that_was_cut_off,
    an_old_key_is_good_for_nothing_behind_a_seal_of_the_new_one,
    what_shows_something_else_than_is_stored_is_found,
);

/// A log with seals over it, and who seals it.
pub struct SealedLog<DB: TestDb> {
    pub world: World<DB>,
    pub system: SystemContext<DB>,
    pub key: SealKey,
}

impl<DB: TestDb> SealedLog<DB> {
    pub async fn open() -> Self {
        let world = World::<DB>::open().await;
        let system = world.system().await;
        Self { world, system, key: SealKey::generate().unwrap() }
    }

    pub fn public(&self) -> PublicSealKey {
        self.key.public()
    }

    pub async fn verify(&self, exported: Option<&ExportedSeal>) -> SealReport {
        self.system.audit().verify(&self.public(), exported).await.expect("the log can be verified")
    }

    /// Nothing is wrong with it.
    pub async fn verify_clean(&self) -> SealReport {
        let report = self.verify(None).await;
        assert_eq!(report.findings, [], "{report:?}");
        let again = self.verify(report.last.as_ref()).await;
        assert_eq!(again.findings, [], "{again:?}");
        report
    }

    /// Seals until all is sealed: on PostgreSQL transactions of other tests may delay it.
    pub async fn seal_all(&self) -> SealReport {
        self.world.pool.flush_audit().await;
        seal_all(&self.system, &self.key).await
    }

    /// Rows as a writer leaves them, every third as the background writer does.
    pub async fn write(&self, user: &UserContext, rows: usize) {
        for row in 0..rows {
            let (id, user) = (format!("{row}-{}", Uuid::now_v7()), user.user());
            let (columns, values) = match row % 3 {
                0 => (", event_id, occurred_at", format!(", '{}', CURRENT_TIMESTAMP", Uuid::now_v7())),
                _ => ("", String::new()),
            };
            let insert = format!(
                "INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details{columns}) \
                 VALUES ('{user}', 'tasks', '{id}', 'read', '{{\"rows\": {row}}}'{values})"
            );
            DB::run(&self.world.raw, &insert).await.unwrap();
        }
    }
}

pub async fn seal_all<DB: TestDb>(system: &SystemContext<DB>, key: &SealKey) -> SealReport {
    let begun = Instant::now();
    loop {
        system.audit().seal(key).await.expect("the log can be sealed");
        let report = system.audit().verify(&key.public(), None).await.unwrap();
        assert_eq!(report.findings, [], "{report:?}");
        if report.unsealed == 0 {
            return report;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it is not sealed: {report:?}");
        tokio::task::yield_now().await;
    }
}

fn is_postgres<DB: TestDb>() -> bool {
    DB::UUID == "UUID"
}

/// Writers, a sealer and somebody who verifies, all at once.
async fn a_log_that_nobody_has_touched_is_not_accused<DB: TestDb>() {
    let log = SealedLog::<DB>::open().await;
    let write = |writer: usize| {
        let pool = log.world.pool.clone();
        async move {
            let alice = user();
            for turn in 0..12 {
                let tasks = pool.repository::<Task>(&alice);
                let task = tasks.insert(new_task("x")).await.unwrap();
                tasks.get(&task.id).await.unwrap();
                if (writer + turn).is_multiple_of(3) {
                    let tx = pool.begin(&alice).await.unwrap();
                    tx.repository::<Task>().insert(new_task("y")).await.unwrap();
                    tokio::task::yield_now().await;
                    tx.repository::<Task>().delete(&task.id).await.unwrap();
                    if turn % 2 == 0 { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
                }
            }
        }
    };
    let seal = async {
        for _ in 0..25 {
            log.system.audit().seal(&log.key).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let verify = async {
        let mut last = None;
        for _ in 0..25 {
            let report = log.verify(last.as_ref()).await;
            assert_eq!(report.findings, [], "{report:?}");
            last = report.last.or(last);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(write(0), write(1), write(2), seal, verify);
    let report = log.seal_all().await;
    let rows = DB::number(&log.world.raw, "SELECT count(*) FROM user_access_log").await;
    assert_eq!(report.rows, u64::try_from(rows).unwrap());
    log.verify_clean().await;
}

/// On SQLite nobody seals while somebody writes.
async fn rows_of_open_transactions_are_sealed_when_they_appear<DB: TestDb>() {
    if !is_postgres::<DB>() {
        return;
    }
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    log.seal_all().await;
    let tx = log.world.pool.begin(&alice).await.unwrap();
    tx.repository::<Task>().insert(new_task("early")).await.unwrap();
    log.write(&alice, 5).await;
    for _ in 0..3 {
        log.system.audit().seal(&log.key).await.unwrap();
        log.verify_clean().await;
    }
    assert_eq!(log.verify_clean().await.unsealed, 5);
    tx.repository::<Task>().insert(new_task("late")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(log.verify_clean().await.unsealed, 7);
    log.seal_all().await;
    assert_eq!(log.verify_clean().await.rows, 8);
}

async fn whoever_seals_at_the_same_time_seals_nothing_twice<DB: TestDb>() {
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    for _ in 0..5 {
        log.write(&alice, 6).await;
        let audit = log.system.audit();
        let passes = futures_util::future::join_all((0..4).map(|_| audit.seal(&log.key))).await;
        let rows: u64 = passes.into_iter().map(|pass| pass.unwrap().rows).sum();
        assert!(rows <= 31, "{rows}");
        log.verify_clean().await;
    }
    assert_eq!(log.seal_all().await.rows, 31);
}

async fn nobody_seals_or_proves_with_another_key<DB: TestDb>() {
    let (log, alice, other) = (SealedLog::<DB>::open().await, user(), SealKey::generate().unwrap());
    let seals = log.seal_all().await.seals;
    log.write(&alice, 3).await;
    let refused = log.system.audit().seal(&other).await;
    assert!(matches!(refused, Err(Error::Seals { .. })), "{refused:?}");
    let report = log.system.audit().verify(&other.public(), None).await.unwrap();
    let forged: Vec<_> = (1..=i64::try_from(seals).unwrap()).map(|number| SealFinding::SealForged { number }).collect();
    assert_eq!((report.findings, report.last), (forged, None));
    // A thief without the key, who throws the seals away and makes others.
    DB::run(&log.world.raw, "DELETE FROM user_access_seals").await.unwrap();
    seal_all(&log.system, &other).await;
    let report = log.verify(None).await;
    assert!(report.findings.contains(&SealFinding::SealForged { number: 1 }), "{report:?}");
}

async fn a_new_key_goes_on_from_the_one_before<DB: TestDb>() {
    let (mut log, alice) = (SealedLog::<DB>::open().await, user());
    log.seal_all().await;
    log.write(&alice, 3).await;
    log.key = SealKey::generate().unwrap().with_previous(&log.public());
    log.seal_all().await;
    let report = log.verify_clean().await;
    assert_eq!((report.rows, report.unsealed), (4, 0));
    let both: PublicSealKey = log.public().to_string().parse().unwrap();
    assert_eq!(both, log.public());
}

async fn an_end_that_was_cut_off_is_found_by_the_exported_seal<DB: TestDb>() {
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    let before = log.seal_all().await.last.unwrap();
    let rows = DB::number(&log.world.raw, "SELECT max(id) FROM user_access_log").await;
    log.write(&alice, 3).await;
    let last = log.seal_all().await.last.unwrap();
    let cut = format!(
        "DELETE FROM user_access_log WHERE id > {rows}; DELETE FROM user_access_seals WHERE number > {}",
        before.number()
    );
    DB::run(&log.world.raw, &cut).await.unwrap();
    assert_eq!(log.verify(Some(&before)).await.findings, []);
    let last: ExportedSeal = last.to_string().parse().unwrap();
    let removed = SealFinding::TailRemoved { number: last.number(), sealed_at: last.sealed_at() };
    assert_eq!(log.verify(Some(&last)).await.findings, std::slice::from_ref(&removed));
    // Nor does it help to write something else there.
    log.write(&alice, 4).await;
    log.system.audit().seal(&log.key).await.unwrap();
    assert_eq!(log.verify(Some(&last)).await.findings, [removed]);
    let of_another = SealedLog::<DB>::open().await.seal_all().await.last.unwrap();
    let forged = SealFinding::ExportForged { number: of_another.number() };
    assert_eq!(log.verify(Some(&of_another)).await.findings, [forged]);
}

async fn no_seal_covers_more_than_a_month_or_ten_thousand_rows<DB: TestDb>() {
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    log.seal_all().await;
    let (series, first, second) = if is_postgres::<DB>() {
        (
            "SELECT generate_series(1, 20002) AS n",
            "'2026-01-31 23:59:59.9Z'::timestamptz",
            "'2026-02-01 00:00Z'::timestamptz",
        )
    } else {
        let series = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20002) SELECT n FROM s";
        (series, "'2026-01-31T23:59:59.900000+00:00'", "'2026-02-01T00:00:00.000000+00:00'")
    };
    // The rows of two months, mixed.
    let insert = format!(
        "INSERT INTO user_access_log (user_id, entity_type, operation, timestamp) SELECT '{}', 'tasks', 'list', \
         CASE WHEN n % 2 = 0 THEN {first} ELSE {second} END FROM ({series}) AS series",
        alice.user()
    );
    DB::run(&log.world.raw, &insert).await.unwrap();
    // That they are from another time is true of them, and found. They were all written at once.
    let begun = Instant::now();
    while log.system.audit().seal(&log.key).await.unwrap().rows == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
    let report = log.verify(None).await;
    assert_eq!((report.rows, report.unsealed), (20_003, 0));
    assert!(
        matches!(&report.findings[..], [SealFinding::RowsBackdated { ids }] if ids.count() == 20_002),
        "{report:?}"
    );
    let months = "SELECT CAST(count(*) AS TEXT) || ' ' || CAST(newest - oldest AS TEXT) FROM user_access_seals \
                  WHERE number > 1 GROUP BY oldest, newest ORDER BY oldest";
    assert_eq!(DB::texts(&log.world.raw, months).await.unwrap(), ["2 0", "2 0"]);
}

/// A thief cuts off the end, waits until it is sealed anew, and puts a seal of the old end into the new one.
async fn a_seal_of_an_end_that_was_cut_off_does_not_fit_another_end<DB: TestDb>() {
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    let before = log.seal_all().await.last.unwrap().number();
    let next = before + 2;
    let write_two_ends = async |keep: &str| {
        for _ in 0..2 {
            log.write(&alice, 1).await;
            let begun = Instant::now();
            while log.system.audit().seal(&log.key).await.unwrap().rows == 0 {
                assert!(begun.elapsed() < Duration::from_secs(60));
                tokio::task::yield_now().await;
            }
        }
        DB::run(&log.world.raw, keep).await.unwrap();
    };
    let cut = format!(
        "CREATE TABLE kept AS SELECT * FROM user_access_seals WHERE number = {next}; \
         DELETE FROM user_access_seals WHERE number > {before}"
    );
    write_two_ends(&cut).await;
    let put_back = format!(
        "DELETE FROM user_access_seals WHERE number >= {next}; INSERT INTO user_access_seals SELECT * FROM kept"
    );
    write_two_ends(&put_back).await;
    let report = log.verify(None).await;
    assert!(report.findings.contains(&SealFinding::SealOutOfOrder { number: next }), "{report:?}");
}

/// By who seals and knows what was exported last.
async fn nothing_is_sealed_in_the_place_of_an_end_that_was_cut_off<DB: TestDb>() {
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    let before = log.seal_all().await.last.unwrap();
    log.write(&alice, 3).await;
    let last = log.seal_all().await.last.unwrap();
    let goes_on = log.system.audit().seal_behind(&log.key, [&before, &last]).await.unwrap();
    assert_eq!(goes_on.last, Some(last.clone()));
    DB::run(&log.world.raw, &format!("DELETE FROM user_access_seals WHERE number > {}", before.number()))
        .await
        .unwrap();
    log.write(&alice, 3).await;
    for _ in 0..2 {
        let refused = log.system.audit().seal_behind(&log.key, [&last]).await.unwrap_err();
        assert!(matches!(refused, Error::Seals { .. }) && refused.to_string().contains("cut off"), "{refused}");
        // Who does not know of it seals something else there, which is not that.
        log.system.audit().seal(&log.key).await.unwrap();
    }
    let removed = SealFinding::TailRemoved { number: last.number(), sealed_at: last.sealed_at() };
    let report = log.system.audit().verify(&log.public(), [&before, &last]).await.unwrap();
    assert_eq!(report.findings, [removed]);
}

async fn an_old_key_is_good_for_nothing_behind_a_seal_of_the_new_one<DB: TestDb>() {
    let (mut log, alice) = (SealedLog::<DB>::open().await, user());
    log.seal_all().await;
    let old = std::mem::replace(&mut log.key, SealKey::generate().unwrap());
    log.key = SealKey::from_str(&log.key.to_text()).unwrap().with_previous(&old.public());
    log.write(&alice, 3).await;
    let last = log.seal_all().await.last.unwrap().number();
    // Whoever has stolen it names the new one as the one before.
    log.write(&alice, 3).await;
    let stolen = old.with_previous(&log.public());
    let begun = Instant::now();
    while log.system.audit().seal(&stolen).await.unwrap().rows == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
    let findings = log.verify(None).await.findings;
    assert_eq!(findings, [SealFinding::SealForged { number: last + 1 }]);
}

/// A view that shows what was sealed, over a table of which nobody knows.
async fn what_shows_something_else_than_is_stored_is_found<DB: TestDb>() {
    let log = SealedLog::<DB>::open().await;
    log.seal_all().await;
    let hidden = "ALTER TABLE user_access_log RENAME TO hidden; CREATE VIEW user_access_log AS SELECT * FROM hidden";
    let granted = if is_postgres::<DB>() { "; GRANT SELECT, INSERT ON user_access_log TO PUBLIC" } else { "" };
    DB::run(&log.world.raw, &format!("{hidden}{granted}")).await.unwrap();
    let findings = log.verify(None).await.findings;
    assert!(
        matches!(&findings[..], [SealFinding::NotAsStored { what }] if what.contains("user_access_log")),
        "{findings:?}"
    );
    let refused = log.system.audit().seal(&log.key).await.unwrap_err();
    assert!(matches!(refused, Error::Seals { .. }), "{refused}");
    if is_postgres::<DB>() {
        let policy = "DROP VIEW user_access_log; ALTER TABLE hidden RENAME TO user_access_log; \
                      CREATE POLICY less ON user_access_log AS RESTRICTIVE USING (operation <> 'delete')";
        DB::run(&log.world.raw, policy).await.unwrap();
        let findings = log.verify(None).await.findings;
        assert!(
            matches!(&findings[..], [SealFinding::NotAsStored { what }] if what.contains("policy")),
            "{findings:?}"
        );
    }
}

/// A clock of somebody's own, that is found before the database's, or another cluster.
#[tokio::test]
async fn on_postgresql_what_is_built_in_is_asked_whatever_the_path_says() {
    let (log, alice) = (SealedLog::<Postgres>::open().await, user());
    log.seal_all().await;
    let evil = "CREATE SCHEMA evil; \
                CREATE FUNCTION evil.pg_control_system(OUT system_identifier bigint) LANGUAGE sql AS 'SELECT 42::bigint'; \
                CREATE FUNCTION evil.transaction_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT '2000-01-01Z'::timestamptz$$; \
                GRANT USAGE ON SCHEMA evil TO PUBLIC";
    Postgres::run(&log.world.raw, evil).await.unwrap();
    let path = |options: PgConnectOptions| options.options([("search_path", "evil, pg_catalog, public")]);
    let pool: ScopedPool<Postgres> =
        ScopedPool::new(Pool::connect_with(path(log.world.home.superuser())).await.unwrap());
    let shadowed = Postgres::number(
        &Pool::connect_with(path(log.world.home.superuser())).await.unwrap(),
        "SELECT system_identifier FROM pg_control_system()",
    )
    .await;
    assert_eq!(shadowed, 42, "the path is as it was meant");
    let system = pool.system("by another path").requested_by(&alice).await.unwrap();
    log.write(&alice, 3).await;
    let report = seal_all(&system, &log.key).await;
    assert_eq!(report.clusters, 1);
    let years = "SELECT count(*) FROM user_access_seals WHERE sealed_at < extract(epoch FROM now() - interval '1 day') * 1000000";
    assert_eq!(Postgres::number(&log.world.raw, years).await, 0);
    pool.close().await;
}

/// Where the key of the table was thrown away, or holds more than the id: SQLite's cannot be.
async fn an_id_that_occurs_twice_is_found<DB: TestDb>() {
    if !is_postgres::<DB>() {
        return;
    }
    let (log, alice) = (SealedLog::<DB>::open().await, user());
    log.write(&alice, 5).await;
    log.seal_all().await;
    let twice = "ALTER TABLE user_access_log DROP CONSTRAINT user_access_log_pkey; \
                 INSERT INTO user_access_log (id, user_id, entity_type, operation, xid) OVERRIDING SYSTEM VALUE \
                 SELECT id, user_id, entity_type, 'delete', xid FROM user_access_log WHERE id = 3";
    DB::run(&log.world.raw, twice).await.unwrap();
    let findings = log.verify(None).await.findings;
    let names =
        |finding: &SealFinding| matches!(finding, SealFinding::RowsRepeated { ids } if ids.ranges().eq([(3, 3)]));
    assert!(findings.iter().any(names), "{findings:?}");
}

async fn a_seal_says_nothing_where_nothing_is_new<DB: TestDb>() {
    let log = SealedLog::<DB>::open().await;
    let empty = log.verify(None).await;
    assert_eq!((empty.seals, empty.rows, empty.unsealed, empty.last), (0, 0, 1, None));
    let last = log.seal_all().await.last;
    let again = log.system.audit().seal(&log.key).await.unwrap();
    assert_eq!((again.seals, again.rows, again.last), (0, 0, last));
}

#[test]
fn keys_and_seals_are_read_as_they_print_and_tell_no_secret() {
    let key = SealKey::generate().unwrap();
    let (secret, public) = (key.to_text(), key.public().to_string());
    assert!(!format!("{key:?}").contains(&secret) && format!("{key:?}").contains(&public));
    assert_eq!(format!(" {secret}\n").parse::<SealKey>().unwrap().public(), key.public());
    let weak = "0100000000000000000000000000000000000000000000000000000000000000";
    for text in ["", "x", &secret[1..], &secret.to_uppercase().replace(char::is_numeric, "A"), &format!("{secret}0")] {
        assert!(matches!(text.parse::<SealKey>(), Err(Error::InvalidSealKey)), "{text}");
        assert!(matches!(text.parse::<PublicSealKey>(), Err(Error::InvalidSealKey)), "{text}");
    }
    assert!(matches!(weak.parse::<PublicSealKey>(), Err(Error::InvalidSealKey)));
    let line = format!("user-scope-seal 1 7 1767225600000000 {} {}", "0a".repeat(32), "0b".repeat(64));
    assert_eq!(line.parse::<ExportedSeal>().unwrap().to_string(), line);
    let hostile = [
        "",
        "user-scope-seal 1",
        &line[1..],
        &line.replace(" 7 ", " 0 "),
        &line.replace('a', "A"),
        &format!("{line} x"),
    ];
    for text in hostile {
        assert!(matches!(text.parse::<ExportedSeal>(), Err(Error::InvalidExportedSeal)), "{text}");
    }
}
