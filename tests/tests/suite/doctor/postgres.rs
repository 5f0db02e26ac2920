//! Faults of tables, and of what reaches them.

use sqlx::Postgres;
use user_scope::{Error, Uuid};

use super::patient::{Patient, faults};
use super::{first, tells, told};
use crate::databases::TestDb;

faults! { healthy:
    row_security_off: "ALTER TABLE albums DISABLE ROW LEVEL SECURITY" => "row-security-off" "public.albums";
    row_security_of_the_log_off: "ALTER TABLE user_access_log DISABLE ROW LEVEL SECURITY"
        => "row-security-off" "public.user_access_log";
    not_forced: "ALTER TABLE albums NO FORCE ROW LEVEL SECURITY" => "row-security-not-forced" "public.albums";
    owner_policy_missing: "DROP POLICY user_scope_owner ON secrets" => "policy-missing" "public.secrets";
    system_policy_missing: "DROP POLICY user_scope_system ON badges" => "policy-missing" "public.badges";
    log_policy_missing: "DROP POLICY user_scope_written ON user_access_log" => "policy-missing" "public.user_access_log";
    policy_of_another_condition: "ALTER POLICY user_scope_owner ON albums USING (user_id = \
        nullif(current_setting('user_scope.user_id', true), '')::uuid OR year IS NULL)" => "policy-altered" "public.albums";
    policy_checks_nothing: "ALTER POLICY user_scope_owner ON badges WITH CHECK (true)" => "policy-altered" "public.badges";
    system_policy_for_everybody: "ALTER POLICY user_scope_system ON albums TO PUBLIC" => "policy-altered" "public.albums";
    policy_for_reading_alone: "DROP POLICY user_scope_owner ON albums; CREATE POLICY user_scope_owner ON albums FOR SELECT \
        USING (user_id = nullif(current_setting('user_scope.user_id', true), '')::uuid)" => "policy-altered" "public.albums";
    log_policy_shows_denials: "ALTER POLICY user_scope_owner ON user_access_log USING \
        (user_id = nullif(current_setting('user_scope.user_id', true), '')::uuid)"
        => "policy-altered" "public.user_access_log";
    permissive_beside_ours: "CREATE POLICY \"of support\" ON albums USING (true)" => "policy-beside-ours" "public.albums";
    restrictive_beside_ours: "CREATE POLICY weekdays ON albums AS RESTRICTIVE USING (true)" => "policy-narrows" "public.albums";
    trigger_missing: "DROP TRIGGER user_scope_owner_is_fixed ON albums" => "trigger-missing" "public.albums";
    trigger_off: "ALTER TABLE albums DISABLE TRIGGER user_scope_owner_is_fixed" => "trigger-off" "public.albums";
    trigger_altered: "DROP TRIGGER user_scope_owner_is_fixed ON albums; CREATE TRIGGER user_scope_owner_is_fixed \
        BEFORE UPDATE ON albums FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id) \
        EXECUTE FUNCTION user_scope_owner_is_fixed('{login}')" => "trigger-altered" "public.albums";
    function_altered: "CREATE OR REPLACE FUNCTION user_scope_owner_is_fixed() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN RETURN NEW; END'" => "function-altered" "user_scope_owner_is_fixed";
    child_table: "CREATE TABLE old_albums () INHERITS (albums); GRANT SELECT ON old_albums TO {backup}" => "partition-reachable" "public.old_albums";
    child_table_not_forced: "CREATE TABLE old_albums () INHERITS (albums); \
        ALTER TABLE old_albums ENABLE ROW LEVEL SECURITY; GRANT SELECT ON old_albums TO {backup}" => "row-security-not-forced" "public.old_albums";
    table_above: "CREATE TABLE things (user_id uuid NOT NULL); ALTER TABLE albums INHERIT things"
        => "ancestor-unguarded" "public.things";
    truncate: "GRANT TRUNCATE ON albums TO {login}" => "dangerous-grant" "public.albums";
    references_and_triggers: "GRANT REFERENCES, TRIGGER ON albums TO PUBLIC" => "dangerous-grant" "public.albums";
    references_of_a_column: "GRANT REFERENCES (id) ON albums TO {login}" => "dangerous-grant" "public.albums";
    truncate_of_the_log: "GRANT TRUNCATE ON user_access_log TO {system}" => "dangerous-grant" "public.user_access_log";
    log_can_be_changed: "GRANT UPDATE, DELETE ON user_access_log TO {login}"
        => "log-granted-too-much" "public.user_access_log";
    log_can_be_forged: "GRANT INSERT ON user_access_log TO {login}" => "log-granted-too-much" "public.user_access_log";
    time_of_the_log_can_be_forged: "GRANT INSERT (timestamp) ON user_access_log TO {login}"
        => "log-granted-too-much" "public.user_access_log";
    figures_open: "GRANT SELECT, UPDATE ON user_access_daily TO {login}" => "own-table-open" "public.user_access_daily";
    figures_open_to_everybody: "GRANT SELECT (rows) ON user_access_by_user TO PUBLIC"
        => "own-table-open" "public.user_access_by_user";
    seals_can_be_removed: "GRANT DELETE ON user_access_seals TO {system}" => "own-table-open" "public.user_access_seals";
    steps_can_be_written: "GRANT INSERT ON user_scope_schema TO {login}" => "own-table-open" "public.user_scope_schema";
    ledger_open: "ALTER TABLE user_scope_isolation DISABLE ROW LEVEL SECURITY" => "ledger-open" "public.user_scope_isolation";
    view: "CREATE VIEW all_albums AS SELECT * FROM albums; GRANT SELECT ON all_albums TO {login}"
        => "view-without-security-invoker" "public.all_albums";
    view_of_a_view: "CREATE VIEW inner_view WITH (security_invoker = true) AS SELECT * FROM albums; \
        CREATE VIEW outer_view AS SELECT * FROM inner_view; GRANT SELECT ON inner_view, outer_view TO PUBLIC"
        => "view-without-security-invoker" "public.outer_view";
    materialized_view: "CREATE MATERIALIZED VIEW copied AS SELECT * FROM albums; GRANT SELECT ON copied TO {login}"
        => "materialized-view" "public.copied";
    definer_function: "CREATE FUNCTION \"All albums\"(of uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS \
        'SELECT count(*) FROM albums'" => "security-definer-function" "public.\"All albums\"(of uuid)";
    definer_function_that_makes_statements: "CREATE FUNCTION f(t text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS \
        'BEGIN EXECUTE t; END'" => "security-definer-function" "public.f(t text)";
    leakproof_function: "CREATE FUNCTION g(t text) RETURNS bool LANGUAGE sql LEAKPROOF AS 'SELECT true'"
        => "leakproof-function" "public.g(t text)";
    foreign_key_of_the_id_alone: "ALTER TABLE tracks ADD CONSTRAINT old FOREIGN KEY (album_id) REFERENCES albums"
        => "foreign-key-without-owner" "public.tracks";
    parent_key_missing: "ALTER TABLE takes DROP CONSTRAINT takes_user_id_track_id_fkey"
        => "parent-key-missing" "public.takes";
    unique_constraint: "ALTER TABLE albums ADD CONSTRAINT one_year UNIQUE (year)"
        => "unique-key-without-owner" "public.albums";
    unique_index: "CREATE UNIQUE INDEX one_title ON albums (lower(title)) WHERE year > 2000"
        => "unique-key-without-owner" "public.albums";
    owner_nullable: "ALTER TABLE reviews ALTER COLUMN user_id DROP NOT NULL" => "owner-nullable" "public.reviews";
    owner_index_missing: "ALTER TABLE secrets DROP CONSTRAINT secrets_user_id_value_key, \
        DROP CONSTRAINT secrets_user_scope_key" => "owner-index-missing" "public.secrets";
    column_not_filled: "ALTER TABLE albums ADD COLUMN label text NOT NULL" => "column-not-filled" "public.albums";
    backups: "REVOKE SELECT ON albums FROM {backup}" => "no-backup-role" "{owner}";
}

#[tokio::test]
async fn what_does_not_concern_the_tables_is_not_told() {
    let patient = Patient::healthy("unrelated").await;
    patient
        .operate(
            "CREATE TABLE news (id int UNIQUE, user_id uuid); GRANT ALL ON news TO {login}; CREATE VIEW latest AS \
             SELECT * FROM news; GRANT ALL ON latest TO {login}; CREATE MATERIALIZED VIEW kept AS SELECT * FROM news; \
             GRANT ALL ON kept TO {login}; CREATE VIEW hidden AS SELECT * FROM albums; CREATE POLICY p ON news USING (true); \
             CREATE FUNCTION f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM news'; \
             CREATE FUNCTION g() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM albums'; \
             REVOKE EXECUTE ON FUNCTION g() FROM PUBLIC; \
             CREATE VIEW own WITH (security_invoker = true) AS SELECT * FROM albums; GRANT ALL ON own TO {login}",
        )
        .await;
    assert_eq!(told(&patient.report().await), [""; 0]);
}

#[tokio::test]
async fn a_key_from_a_table_that_is_not_isolated_is_left_to_a_person() {
    let patient = Patient::healthy("outer_key").await;
    patient.operate("CREATE TABLE stickers (album uuid REFERENCES albums (id))").await;
    let report = patient.report().await;
    tells(&report, "foreign-key-without-owner", "public.stickers");
    assert_eq!(first(&report).mend(), "");
}

#[tokio::test]
async fn a_row_that_is_seen_without_a_caller_is_told_beside_its_cause() {
    let patient = Patient::healthy("probe").await;
    let row = format!("INSERT INTO secrets VALUES ('{0}', '{0}', 'a', 'b')", Uuid::now_v7());
    patient.operate(&row).await;
    assert_eq!(told(&patient.report().await), [""; 0]);
    patient.operate("CREATE POLICY open ON secrets FOR SELECT USING (true)").await;
    let report = patient.report().await;
    assert_eq!(told(&report), ["policy-beside-ours public.secrets", "rows-without-caller public.secrets"]);
    assert!(matches!(report.into_result(), Err(Error::Isolation { .. })));
}

#[tokio::test]
async fn a_table_that_is_gone_is_told_and_the_rest_is_looked_at() {
    let patient = Patient::healthy("gone").await;
    patient.operate("DROP TABLE loans; ALTER TABLE pages DISABLE ROW LEVEL SECURITY").await;
    assert_eq!(told(&patient.report().await), ["row-security-off public.pages", "table-missing loans"]);
    patient.operate("DROP TABLE user_access_log").await;
    assert!(told(&patient.report().await).contains(&"table-missing user_access_log".to_owned()));
}

#[tokio::test]
async fn a_partition_is_reached_around_its_parent() {
    let patient = Patient::healthy("partition").await;
    patient
        .operate(
            "CREATE TABLE visits (id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (user_id, id)) \
             PARTITION BY HASH (user_id); CREATE TABLE visits_0 PARTITION OF visits FOR VALUES WITH (MODULUS 1, REMAINDER 0); \
             GRANT SELECT ON visits, visits_0 TO {backup}",
        )
        .await;
    let mut patient = patient;
    patient.isolation = patient.isolation.with_table("visits", "user_id");
    let _ = patient.isolation.clone().application(&patient.login).apply(&patient.surgeon).await.unwrap();
    let plant = "ALTER TABLE visits_0 DISABLE ROW LEVEL SECURITY; GRANT SELECT ON visits_0 TO {login}";
    patient.suffers(plant, "partition-reachable", "public.visits_0").await;
}

#[tokio::test]
async fn the_doctor_changes_nothing() {
    let patient = Patient::healthy("nothing").await;
    let state = "SELECT coalesce(string_agg(t::text, ',' ORDER BY t::text), '') FROM \
                 (SELECT relname, relacl, xmin FROM pg_class UNION ALL SELECT polname, NULL, xmin FROM pg_policy) t";
    let before = Postgres::texts(&patient.surgeon, state).await.unwrap();
    let _ = patient.report().await;
    assert_eq!(Postgres::texts(&patient.surgeon, state).await.unwrap(), before);
}

#[tokio::test]
async fn a_log_whose_next_month_has_no_partition_is_told_before_nothing_can_be_written() {
    let patient = Patient::healthy("log_ends").await;
    // Superusers pass for owners.
    let _ = user_scope::audit::partition(&patient.surgeon, 0).await.unwrap();
    assert_eq!(told(&patient.report().await), ["log-ends public.user_access_log"]);
    let _ = user_scope::audit::partition(&patient.surgeon, 1).await.unwrap();
    assert_eq!(told(&patient.report().await), [""; 0]);
}
