//! A PostgreSQL database that is healthy, until something is planted.

use sqlx::{Pool, Postgres};
use tokio::sync::OnceCell;
use user_scope::{Isolation, Report, Uuid};
use user_scope_tests::postgres::{Database, server};

use super::{first, tells, told};
use crate::databases::{TestDb, isolated};
use crate::entities::Secret;
use crate::shelf;

pub struct Patient {
    pub home: Database,
    /// Whom nothing stops.
    pub surgeon: Pool<Postgres>,
    /// As whom the application logs in.
    pub login: String,
    pub isolation: Isolation,
}

impl Patient {
    /// With the login that all tests share. Roles are of the whole cluster: faults of a login take one of their own.
    pub async fn healthy(hint: &str) -> Self {
        // Of the whole cluster, and made once; what it may read is of this database.
        static BACKUP: OnceCell<()> = OnceCell::const_new();

        let mut home = None;
        isolated(async { home = Some(Postgres::home::<Uuid>(hint).await) }).await;
        let home = home.unwrap();
        let surgeon = Pool::connect_with(home.superuser()).await.unwrap();
        let backup = server().role_name("backup");
        let make = format!("CREATE ROLE {backup} LOGIN BYPASSRLS");
        BACKUP.get_or_init(|| async { Postgres::run(&surgeon, &make).await.map(drop).unwrap() }).await;
        let grant = format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {backup}");
        Postgres::run(&surgeon, &grant).await.unwrap();
        let isolation = shelf::isolated(Isolation::default().with::<Secret>()).system_role(server().system_role());
        Self { home, surgeon, login: server().app_role(), isolation }
    }

    /// With a login of its own, which is set up by the isolation.
    pub async fn with_login(hint: &str) -> Self {
        let mut patient = Self::healthy(hint).await;
        patient.login = server().role_name(hint);
        let login = &patient.login;
        Postgres::run(&patient.surgeon, &format!("CREATE ROLE {login} LOGIN PASSWORD 'x'")).await.unwrap();
        let _ = patient.isolation.clone().application(login).apply(&patient.surgeon).await.unwrap();
        patient
    }

    /// Each look is by a new connection, which meets what is preset.
    pub async fn report(&self) -> Report {
        self.report_of(&self.isolation).await
    }

    pub async fn report_of(&self, isolation: &Isolation) -> Report {
        let pool = self.application().await;
        let report = isolation.examine(&pool).await.unwrap();
        pool.close().await;
        report
    }

    pub async fn application(&self) -> Pool<Postgres> {
        let options = self.home.app();
        let options =
            if self.login == server().app_role() { options } else { options.username(&self.login).password("x") };
        Pool::connect_with(options).await.unwrap()
    }

    pub async fn operate(&self, sql: &str) {
        let sql = self.told(sql);
        Postgres::run(&self.surgeon, &sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// With the names of roles in place.
    pub fn told(&self, text: &str) -> String {
        let (system, owner) = (server().system_role(), server().owner_role());
        let text = text.replace("{login}", &self.login).replace("{system}", &system).replace("{owner}", &owner);
        text.replace("{database}", self.home.name()).replace("{backup}", &server().role_name("backup"))
    }

    /// Plants, looks, mends, and looks again.
    pub async fn suffers(&self, plant: &str, name: &str, object: &str) {
        assert_eq!(told(&self.report().await), [""; 0]);
        self.operate(plant).await;
        let report = self.report().await;
        tells(&report, name, &self.told(object));
        let finding = first(&report);
        assert_ne!(finding.mend(), "", "{report}");
        self.operate(finding.mend()).await;
        let after = self.report().await;
        assert_eq!(told(&after), [""; 0], "after {}: {after}", finding.mend());
    }
}

/// Makes a test of each fault: what is planted, and which finding of which object that gives.
macro_rules! faults {
    ($patient:ident: $($test:ident: $plant:expr => $name:literal $object:literal;)+) => {
        $(#[tokio::test]
        async fn $test() {
            Patient::$patient(stringify!($test)).await.suffers($plant, $name, $object).await;
        })+
    };
}
pub(super) use faults;
