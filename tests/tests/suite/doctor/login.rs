//! Faults of the login, and of roles around it. Roles are of the whole cluster: each test has its own.

use user_scope_tests::postgres::server;

use super::patient::{Patient, faults};
use super::{first, tells, told};

faults! { with_login:
    bypasses: "ALTER ROLE {login} BYPASSRLS" => "login-bypasses-row-security" "{login}";
    creates_roles: "ALTER ROLE {login} CREATEROLE" => "login-creates-roles" "{login}";
    replicates: "ALTER ROLE {login} REPLICATION" => "login-replicates" "{login}";
    belongs_to_one_who_bypasses: "CREATE ROLE {login}_b BYPASSRLS; GRANT {login}_b TO {login}"
        => "login-can-bypass-row-security" "{login}";
    predefined: "GRANT pg_read_server_files TO {login}" => "predefined-role" "{login}";
    predefined_by_another: "CREATE ROLE {login}_r; GRANT pg_write_all_data TO {login}_r; GRANT {login}_r TO {login}"
        => "predefined-role" "{login}";
    owns: "ALTER TABLE loans OWNER TO {login}" => "login-owns-table" "public.loans";
    belongs_to_an_owner: "CREATE ROLE {login}_o; ALTER TABLE loans OWNER TO {login}_o; GRANT {login}_o TO {login}"
        => "login-owns-table" "public.loans";
    out_of_reach: "REVOKE {system} FROM {login}" => "system-role-out-of-reach" "{login}";
    preset_caller: "ALTER ROLE {login} SET user_scope.user_id = '0198a000-0000-7000-8000-000000000000'"
        => "preset-setting" "{login}";
    preset_in_the_database: "ALTER ROLE {login} IN DATABASE {database} SET row_security = off" => "preset-setting" "{login}";
    preset_by_the_database: "ALTER DATABASE {database} SET user_scope.user_id = '0198a000-0000-7000-8000-000000000000'"
        => "preset-setting" "{database}";
}

#[tokio::test]
async fn a_superuser_is_told_as_one_and_for_nothing_else() {
    let patient = Patient::with_login("super").await;
    patient.suffers("ALTER ROLE {login} SUPERUSER", "login-is-superuser", "{login}").await;
}

/// On PostgreSQL 16 a grant says whether it is inherited, before it the member.
#[tokio::test]
async fn system_mode_that_is_inherited() {
    let patient = Patient::with_login("inherits").await;
    let plant = "DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN \
                 EXECUTE 'GRANT {system} TO {login} WITH INHERIT TRUE'; ELSE ALTER ROLE {login} INHERIT; END IF; END $$";
    patient.suffers(plant, "system-role-inherited", "{login}").await;
}

#[tokio::test]
async fn a_role_of_system_mode_that_is_missing_or_can_log_in() {
    let mut patient = Patient::with_login("system_role").await;
    let role = server().role_name("system_role_own");
    patient.isolation = patient.isolation.clone().system_role(&role);
    let report = patient.report().await;
    let finding = report.findings().find(|finding| finding.name() == "system-role-missing").unwrap();
    assert_eq!(finding.object(), role);
    patient.operate(finding.mend()).await;
    assert!(!told(&patient.report().await).iter().any(|told| told.starts_with("system-role-missing")));
    let patient = Patient::with_login("system_login").await;
    let role = server().role_name("system_login_own");
    patient.operate(&format!("CREATE ROLE {role} LOGIN")).await;
    let of_it = patient.isolation.clone().system_role(&role);
    let report = patient.report_of(&of_it).await;
    let finding = report.findings().find(|finding| finding.name() == "system-role-can-log-in").unwrap();
    patient.operate(finding.mend()).await;
    assert!(!told(&patient.report_of(&of_it).await).iter().any(|told| told.starts_with("system-role-can-log-in")));
}

#[tokio::test]
async fn system_mode_with_a_login_of_its_own_is_shared_with_nobody() {
    let mut patient = Patient::with_login("shared").await;
    patient.isolation = patient.isolation.clone().system_login(server().role_name("shared_by"));
    let report = patient.report().await;
    tells(&report, "system-role-shared", &patient.login);
    patient.operate(first(&report).mend()).await;
    assert_eq!(told(&patient.report().await), [""; 0]);
}
