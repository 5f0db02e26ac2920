//! The Chinook database, as it is: invoices of customers, and what does not belong to anybody.

use std::path::Path;

use sqlx::{Pool, Postgres, Sqlite};
use user_scope::{Enforcement, ScopedPool, UserContext, UserScoped, Uuid};

use super::{Cluster, File};

const CHINOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/chinook");

/// The script of a dialect, but for what makes and chooses a database. It is not part of this repository.
pub(super) fn script(dialect: &str) -> Option<String> {
    let file = Path::new(CHINOOK).join(format!("chinook_{dialect}.sql"));
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("NOT TESTED: there is no {}; get it from github.com/lerocha/chinook-database", file.display());
        return None;
    };
    let chooses = |line: &&str| {
        line.starts_with("DROP DATABASE") || line.starts_with("CREATE DATABASE") || line.starts_with("\\c ")
    };
    Some(text.trim_start_matches('\u{feff}').lines().filter(|line| !chooses(line)).collect::<Vec<_>>().join("\n"))
}

/// An `INT` of PostgreSQL, which sqlx reads as nothing wider: an id is an `i64`.
#[derive(Debug, Clone, PartialEq, user_scope::Identifier)]
struct Int(i64);

impl sqlx::Type<Postgres> for Int {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <i32 as sqlx::Type<Postgres>>::type_info()
    }
}

impl sqlx::Decode<'_, Postgres> for Int {
    fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(<i32 as sqlx::Decode<'_, Postgres>>::decode(value)?.into()))
    }
}

impl sqlx::Encode<'_, Postgres> for Int {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <i32 as sqlx::Encode<'_, Postgres>>::encode(i32::try_from(self.0)?, buffer)
    }
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "invoice")]
struct PostgresInvoice {
    #[user_scoped(id, generated = "database", column = "invoice_id")]
    id: Int,
    #[user_scoped(owner)]
    user_id: Uuid,
    billing_city: Option<String>,
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "Invoice")]
struct SqliteInvoice {
    #[user_scoped(id, generated = "database", column = "InvoiceId")]
    id: i64,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(column = "BillingCity")]
    billing_city: Option<String>,
}

const POSTGRES: &str = r#"
[[table]]
name = "customer"
backfill = { expression = "md5('customer' || customer_id)::uuid" }

[[table]]
name = "invoice"
backfill = { parent = "customer", through = "customer_id" }

[[table]]
name = "invoice_line"
backfill = { parent = "invoice", through = "invoice_id" }
"#;

const SQLITE: &str = r#"
[[table]]
name = "InvoiceLine"
backfill = { parent = "Invoice", through = "InvoiceId" }

[[table]]
name = "Invoice"
backfill = { parent = "Customer", through = "CustomerId" }

[[table]]
name = "Customer"
backfill = { expression = "unhex(printf('%032x', CustomerId))" }
"#;

async fn counted<DB: user_scope::Backend>(pool: &Pool<DB>, sql: &'static str) -> i64
where
    for<'c> &'c Pool<DB>: sqlx::Executor<'c, Database = DB>,
    (i64,): for<'r> sqlx::FromRow<'r, DB::Row>,
    DB::Arguments: sqlx::IntoArguments<DB>,
{
    sqlx::query_as::<DB, (i64,)>(sql).fetch_one(pool).await.unwrap().0
}

#[tokio::test]
async fn on_postgresql_every_invoice_comes_to_belong_to_its_customer_and_all_can_be_taken_back() {
    let Some(script) = script("postgres") else { return };
    let chinook = Cluster::with("chinook", &script, POSTGRES).await;
    let before = chinook.home.dump();
    chinook.site.does(&["apply", "--yes"]);

    assert!(chinook.site.does(&["verify"]).contains("isolated"));
    let surgeon = Pool::<Postgres>::connect_with(chinook.home.superuser()).await.unwrap();
    let invoices = "SELECT count(*) FROM invoice WHERE user_id = md5('customer' || customer_id)::uuid";
    assert_eq!(counted(&surgeon, invoices).await, 412);
    let lines = "SELECT count(*) FROM invoice_line l JOIN invoice i USING (invoice_id) WHERE l.user_id = i.user_id";
    assert_eq!(counted(&surgeon, lines).await, 2_240);
    let left_alone = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'user_id' \
                      AND table_name IN ('employee', 'playlist')";
    assert_eq!(counted(&surgeon, left_alone).await, 0);

    let pool: ScopedPool<Postgres> = ScopedPool::builder(chinook.application())
        .enforcement(Enforcement::Database)
        .system_role(&chinook.system)
        .isolated(&user_scope::Isolation::default().with::<PostgresInvoice>())
        .build()
        .await
        .unwrap();
    for customer in [1, 2, 59] {
        let user: Uuid = sqlx::query_scalar("SELECT md5('customer' || $1::int)::uuid")
            .bind(customer)
            .fetch_one(&surgeon)
            .await
            .unwrap();
        let his: i64 = sqlx::query_scalar("SELECT count(*) FROM invoice WHERE customer_id = $1")
            .bind(customer)
            .fetch_one(&surgeon)
            .await
            .unwrap();
        let user = UserContext::new(user).unwrap();
        let seen = pool.repository::<PostgresInvoice>(&user).query().all().await.unwrap();
        assert_eq!((seen.len() as i64, his > 0), (his, true));
        let mut transaction = pool.begin(&user).await.unwrap();
        let connection = transaction.connection().await.unwrap();
        let raw: i64 = sqlx::query_scalar("SELECT count(*) FROM invoice").fetch_one(connection).await.unwrap();
        assert_eq!(raw, his);
    }
    pool.close().await;
    let nobody = Pool::<Postgres>::connect_with(chinook.application()).await.unwrap();
    assert_eq!(counted(&nobody, "SELECT count(*) FROM invoice").await, 0);
    nobody.close().await;
    surgeon.close().await;

    chinook.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    assert_eq!(chinook.home.dump(), before);
}

#[tokio::test]
async fn on_sqlite_every_invoice_comes_to_belong_to_its_customer_and_all_can_be_taken_back() {
    let Some(script) = script("sqlite") else { return };
    let chinook = File::with("chinook", &script, SQLITE).await;
    let before = chinook.dump().await;
    chinook.site.does(&["apply", "--yes"]);

    assert!(chinook.site.does(&["verify"]).contains("isolated"));
    let invoices = "SELECT count(*) FROM Invoice WHERE user_id = unhex(printf('%032x', CustomerId))";
    assert_eq!(counted::<Sqlite>(&chinook.pool, invoices).await, 412);
    let lines = "SELECT count(*) FROM InvoiceLine l JOIN Invoice i USING (InvoiceId) WHERE l.user_id = i.user_id";
    assert_eq!(counted::<Sqlite>(&chinook.pool, lines).await, 2_240);

    let pool: ScopedPool<Sqlite> = ScopedPool::new(chinook.pool.clone());
    let user = UserContext::new(Uuid::from_u128(1)).unwrap();
    let seen = pool.repository::<SqliteInvoice>(&user).query().all().await.unwrap();
    assert_eq!(
        seen.len() as i64,
        counted::<Sqlite>(&chinook.pool, "SELECT count(*) FROM Invoice WHERE CustomerId = 1").await
    );
    let given_away =
        sqlx::query("UPDATE Invoice SET user_id = x'000000000000000000000000000000FF' WHERE InvoiceId = 1");
    assert!(given_away.execute(&chinook.pool).await.unwrap_err().to_string().contains("is fixed"));

    chinook.site.does(&["rollback", "--yes", "--drop-audit-log"]);
    assert_eq!(chinook.dump().await, before);
}
