//! Entities that are at odds with their tables, or with one another, and tables of which no entity is known.

use sqlx::{Postgres, Sqlite};
use user_scope::{Isolation, UserScoped, Uuid, isolation};
use user_scope_tests::postgres::server;

use super::patient::Patient;
use super::sqlite::Animal;
use super::{first, tells, told};
use crate::databases::TestDb;
use crate::entities::{Project, Subtask, Task};
use crate::shelf::{self, Loan, Setting, Track};

#[allow(dead_code, reason = "no row of it is read")]
/// The table has the owner and the id as UUIDs, and no colour.
#[derive(Debug, Clone, UserScoped)]
#[user_scoped(table = "secrets")]
pub struct Odd {
    #[user_scoped(id)]
    pub id: String,
    #[user_scoped(owner, as = "text")]
    pub user_id: Uuid,
    pub key_name: String,
    pub value: String,
    pub colour: String,
}

#[tokio::test]
async fn entity_and_table_at_odds() {
    let odd = ["column-missing", "id-type-at-odds", "owner-type-at-odds"];
    let patient = Patient::healthy("odd").await;
    let isolation = isolation![Odd].system_role(server().system_role());
    let report = patient.report_of(&isolation).await;
    for name in odd {
        let mut found = report.findings().filter(|finding| finding.name() == name);
        assert_eq!(found.next().map(|finding| finding.object()), Some("public.secrets"), "{report}");
    }
    let animal = Animal::healthy("odd").await;
    let report = isolation.examine(&animal.pool).await.unwrap();
    let found = told(&report);
    assert!(found.contains(&"column-missing secrets".to_owned()), "{report}");
}

#[tokio::test]
async fn a_column_that_its_field_cannot_be_read_from() {
    let patient = Patient::healthy("types").await;
    let isolation = shelf::isolated(isolation![Setting, Loan, Task]).system_role(server().system_role());
    assert_eq!(told(&patient.report_of(&isolation).await), [""; 0]);
    // sqlx writes an enum of text there, and cannot read it.
    patient.operate("ALTER TABLE tasks ALTER COLUMN status TYPE varchar(20)").await;
    let report = patient.report_of(&isolation).await;
    tells(&report, "column-type-at-odds", "public.tasks");
    assert!(first(&report).why().contains("status is of type character varying"), "{report}");
    patient.operate(first(&report).mend()).await;
    assert_eq!(told(&patient.report_of(&isolation).await), [""; 0]);
    // What is to become of a date, a person decides.
    patient.operate("ALTER TABLE tasks ALTER COLUMN due_on TYPE timestamptz").await;
    let report = patient.report_of(&isolation).await;
    tells(&report, "column-type-at-odds", "public.tasks");
    assert_eq!(first(&report).mend(), "");
    // Text reads from varchar, whatever its name.
    patient.operate("ALTER TABLE tasks ALTER COLUMN due_on TYPE date").await;
    patient.operate("ALTER TABLE loans ALTER COLUMN to_whom TYPE varchar(20)").await;
    assert_eq!(told(&patient.report_of(&isolation).await), [""; 0]);
}

#[tokio::test]
async fn a_parent_that_is_not_isolated_or_does_not_list_its_child() {
    let patient = Patient::healthy("family").await;
    let of = |isolation: Isolation| isolation.system_role(server().system_role());
    tells(&patient.report_of(&of(isolation![Track])).await, "parent-not-isolated", "tracks");
    // A task does not say who is to follow it.
    let report = patient.report_of(&of(isolation![Task, Subtask])).await;
    tells(&report, "child-not-listed", "tasks");
    assert!(first(&report).why().contains("subtasks"));
    let animal = Animal::healthy("family").await;
    tells(&isolation![Track].examine(&animal.pool).await.unwrap(), "parent-not-isolated", "tracks");
}

#[tokio::test]
async fn a_parent_whose_owner_is_stored_otherwise_is_kept_by_a_trigger() {
    let patient = Patient::healthy("otherwise").await;
    let isolation = isolation![Task, Project].system_role(server().system_role());
    patient.operate("DROP TRIGGER user_scope_main_task ON projects").await;
    let report = patient.report_of(&isolation).await;
    assert_eq!(told(&report), ["trigger-missing public.projects", "child-not-listed tasks"]);
    patient.operate(first(&report).mend()).await;
    tells(&patient.report_of(&isolation).await, "child-not-listed", "tasks");
}

#[tokio::test]
async fn tables_that_are_known_by_name_are_looked_at_and_isolated() {
    let plain = || Isolation::<Uuid>::default().with_table("public.secrets", "user_id").with_table("badges", "user_id");
    let plain = || plain().with_table("settings", "user_id").system_role(server().system_role());
    let patient = Patient::healthy("plain").await;
    assert_eq!(told(&patient.report_of(&plain()).await), [""; 0]);
    patient.operate("ALTER TABLE secrets DISABLE ROW LEVEL SECURITY; CREATE TABLE bare (mine bigint)").await;
    tells(&patient.report_of(&plain()).await, "row-security-off", "public.secrets");
    let bare = plain().with_table("bare", "mine").with_table("badges", "whose");
    let application = bare.clone().application(&patient.login);
    let _ = application.apply(&patient.surgeon).await.unwrap();
    patient.operate("GRANT SELECT ON bare TO {backup}").await;
    assert_eq!(told(&patient.report_of(&bare).await), [""; 0]);
    let policy =
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'bare'::regclass AND polroles = '{0}'";
    assert!(Postgres::texts(&patient.surgeon, policy).await.unwrap()[0].contains("::bigint"));
    // The owner's column is not there.
    let wrong = plain().with_table("bare", "whose");
    tells(&patient.report_of(&wrong).await, "column-missing", "public.bare");
    let animal = Animal::healthy("plain").await;
    assert_eq!(told(&plain().examine(&animal.pool).await.unwrap()), [""; 0]);
    Sqlite::run(&animal.pool, "CREATE TABLE bare (mine BIGINT)").await.unwrap();
    let _ = bare.apply(&animal.pool).await.unwrap();
    assert_eq!(told(&bare.examine(&animal.pool).await.unwrap()), [""; 0]);
    // An entity knows the same of a table as its name and owner tell.
    assert_eq!(told(&isolation![Setting].examine(&animal.pool).await.unwrap()), [""; 0]);
}
